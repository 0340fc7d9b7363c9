"""How well a rule's figures follow what happened: what certificates say of harm."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]


def slope(x: Floats, y: Floats) -> float:
    """Least-squares slope of y on x; through the origin where x does not vary."""
    if np.ptp(x) < 1e-9:
        return float((x * y).sum() / (x * x).sum()) if x.any() else float("nan")
    return float(stats.linregress(x, y).slope)


def rank_correlation(x: Floats, y: Floats) -> float:
    """Spearman's rank correlation; NaN where one of them does not vary."""
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(stats.spearmanr(x, y).statistic)
