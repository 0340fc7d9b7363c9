"""How well a rule's figures follow what happened: what certificates say of harm. Needs no compiler."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def slope(x: Floats, y: Floats) -> float:
    """Least-squares slope of y on x; through the origin where x does not vary."""
    if np.ptp(x) < 1e-9:
        return float((x * y).sum() / (x * x).sum()) if x.any() else float("nan")
    return float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())


def ranks(x: Floats) -> Floats:
    """Ranks, ties shared."""
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray(((ends - counts + ends - 1) / 2.0)[inverse])


def spearman(x: Floats, y: Floats) -> float:
    """Rank correlation; NaN where one of them does not vary."""
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(ranks(x), ranks(y))[0, 1])
