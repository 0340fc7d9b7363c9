"""Fish, food and the charter's arithmetic under the settings of Steward."""

from __future__ import annotations

from typing import Any

from gyges.envs.fishery.rules import grown, surplus
from gyges.envs.rules import inline, rule, threefry


@inline
def words(k0: int, k1: int, month: int, stream: int) -> tuple[int, int]:
    """Two words of a month's luck: the same in every fork, however many steps its months took."""
    return threefry(k0, k1, month, 0x10000 + stream)


@rule
def growth(p: Any, left: int, weather: int) -> int:
    """Next stock of a ground under these settings."""
    return grown(left, p.capacity, p.rate, weather)


@rule
def sustainable(p: Any, stock: int) -> int:
    """Sustainable catch of a ground under these settings, in sixteenths of a tonne."""
    return surplus(stock, p.capacity, p.rate, p.target)


@rule
def months_left(s: Any, p: Any) -> int:
    """Expected months after this one, in sixteenths."""
    tail = (65536 - p.hazard) * 16 // max(p.hazard, 1)
    sure = max(p.months - 1 - s.month[0], 0) * 16
    cut = max(p.horizon - s.tick[0], 0) * 16 // 5
    return min(sure + tail, cut)
