"""At what share of contested decisions each norm is at stake."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from gyges.envs.choice_point import Norm


def norm_shares(found: Any, norms: Iterable[Norm]) -> dict[str, float]:
    """Shares by the norm's name, of decisions drawn by `gyges.scenarios.certificates.decisions.sample`."""
    stakes = []
    for k, seat in enumerate(found.seat.tolist()):
        point = found.batch.choice_point(k, seat)
        if point.contested:
            stakes.append(int(np.bitwise_or.reduce(point.norms[point.label < 0])))
    return {str(norm.name): float(np.mean([bool(stake & norm) for stake in stakes])) for norm in norms}
