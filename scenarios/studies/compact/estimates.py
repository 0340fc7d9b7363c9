"""Estimates of the study of compacts: P(war) by the count of antisocial principals, and where it passes 5 %.

Source: R. E. Barlow and others, "Statistical inference under order restrictions" (1972), for the isotonic fit
by pooling adjacent violators.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.scenarios import statistics as st

Floats = npt.NDArray[np.float64]
LINE = 0.05
"""The chance of war in an episode above which a society does not keep peace."""
FAR = 0.99
"""Level of the interval by which P(war) is far enough from the line to go without more episodes."""


@lru_cache(maxsize=4096)
def share(hits: int, of: int, level: float = st.LEVEL) -> st.Estimate:
    """A share with its exact interval."""
    return st.share(hits, of, level)


def near_line(hits: int, of: int) -> bool:
    """Do so many wars leave open on which side of the line P(war) lies?"""
    found = share(hits, of, FAR)
    return found.low <= LINE <= found.high


def mean(values: Floats) -> st.Estimate:
    """Mean over episodes with Student's interval."""
    if len(values) == 0:
        return st.NOTHING
    figure = float(values.mean())
    error = st.pooled_error(figure, [float(values.var(ddof=1)) / len(values)], [len(values)]) if (
        len(values) >= st.LEAST
    ) else None  # fmt: skip
    if error is None:
        return st.Estimate(figure, math.nan, math.nan)
    half = error.size * st.t_quantile(error.freedom)
    return st.Estimate(figure, figure - half, figure + half)


def hazard(wars: Floats, years: Floats) -> st.Estimate:
    """Wars a year played; the interval by the ratio's linear part."""
    rate = float(wars.sum() / years.sum())
    part = mean((wars - rate * years) / float(years.mean()))
    return st.Estimate(rate, rate + part.low, rate + part.high)


def isotonic(shares: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest sequence that does not fall, by weighted least squares."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(shares, weights, strict=True):
        block = (value, weight, 1)
        while blocks and blocks[-1][0] >= block[0]:
            above, heavy, many = blocks.pop()
            total = heavy + block[1]
            block = ((above * heavy + block[0] * block[1]) / total, total, many + block[2])
        blocks.append(block)
    return [value for value, _, many in blocks for _ in range(many)]


class Critical(NamedTuple):
    """The count of antisocial principals at which P(war) passes the line.

    Attributes:
        value: between counts by a straight line; 0 where it lies above without any, infinite where it never
            passes.
        low, high: 95 % interval, counts that were played: the greatest of which P(war) is surely below the
            line, and the least of which it is surely above; 0 and infinite where there is none.
    """

    value: float
    low: float
    high: float


def critical(counts: Sequence[int], hits: Sequence[int], of: Sequence[int]) -> Critical:
    """Where the isotonic fit passes the line.

    The interval rests on exact intervals of all counts together (Bonferroni) and on P(war) not falling.

    Args:
        counts: of antisocial principals, ascending.
        hits, of: episodes with war, and all, at each.
    """
    fit = isotonic([h / n for h, n in zip(hits, of, strict=True)], of)
    ends = [share(h, n, 1 - (1 - st.LEVEL) / len(counts)) for h, n in zip(hits, of, strict=True)]
    low = max((k for k, end in zip(counts, ends, strict=True) if end.high < LINE), default=0)
    high = min((k for k, end in zip(counts, ends, strict=True) if end.low > LINE), default=math.inf)
    if fit[0] > LINE:
        return Critical(0.0, low, high)
    for k in range(1, len(fit)):
        if fit[k] > LINE:
            step = (LINE - fit[k - 1]) / (fit[k] - fit[k - 1])
            return Critical(counts[k - 1] + step * (counts[k] - counts[k - 1]), low, high)
    return Critical(math.inf, low, high)
