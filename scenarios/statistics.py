"""Point estimates and 95 % intervals for leaderboards and studies.

What is drawn independently is a *cluster*: an episode where one policy is judged, a training run where a
learner is. Every statistic here is a function of counts, ``counts[r, e]`` saying how often cluster e is in
resample r, so that decisions of one episode, or cells of one training run, stay together. The standard error
is the delete-one jackknife's over clusters, within each stratum (a scenario) and added over strata. The
interval is the figure plus and minus Student's t quantile times that error, widened by `SKEW` over the number
of clusters, because few skewed values make their own spread look small. Fewer than `LEAST` clusters, or none
that differ, give no interval. `benchmarks/interval_coverage.py` says how often such intervals hold the truth.

Sources: Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice" (NeurIPS
2021) for the interquartile mean; Efron and Tibshirani, "An introduction to the bootstrap" (1993), chapter 11,
for the jackknife; Satterthwaite, Biometrics Bulletin 2 (1946), for degrees of freedom over strata; Clopper
and Pearson, Biometrika 26 (1934), for shares of runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.float64]
"""Whole numbers, as floats so that sums over episodes are matrix products."""

LEVEL = 0.95
LEAST = 3
"""Clusters below which there is no interval."""
SKEW = 0.6
"""An interval over n clusters is 1 + SKEW / n times as wide as Student's."""


class Estimate(NamedTuple):
    """A figure with its interval; NaN where it cannot be measured."""

    value: float
    low: float
    high: float


NOTHING = Estimate(math.nan, math.nan, math.nan)


def once(size: int) -> Counts:
    """The sample itself as counts [1, size]: every episode once."""
    return np.ones((1, size))


def ratio(numerator: Any, denominator: Any) -> Floats:
    """Elementwise quotient; NaN where the denominator is 0."""
    top, bottom = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    empty = bottom == 0
    return np.asarray(np.where(empty, np.nan, top / np.where(empty, 1.0, bottom)))


def rank_mean(values: Floats, counts: Counts, first: Floats, last: Floats) -> Floats:
    """Mean of the values with ranks from `first` up to but without `last`, lowest value first.

    Args:
        values: [E].
        counts: how often each value is present [R, E].
        first, last: ranks [R], counted over the multiset of each resample.

    Returns:
        [R]; NaN where no rank lies between.
    """
    order = np.argsort(values, kind="stable")
    sorted_counts = counts[:, order]
    upper = np.cumsum(sorted_counts, axis=1)
    lower = upper - sorted_counts
    weight = np.clip(np.minimum(upper, last[:, None]) - np.maximum(lower, first[:, None]), 0, None)
    return ratio(weight @ values[order], weight.sum(axis=1))


def interquartile_mean(values: Floats, counts: Counts | None = None) -> Floats:
    """Mean of the middle half: a quarter of the values, rounded down, is cut at either end [R]."""
    counts = once(len(values)) if counts is None else counts
    total = counts.sum(axis=1)
    cut = np.floor(0.25 * total)
    return rank_mean(np.asarray(values, np.float64), counts, cut, total - cut)


def worst_decile(values: Floats, counts: Counts | None = None) -> Floats:
    """Mean of the lowest tenth, rounded up to at least one value [R]."""
    counts = once(len(values)) if counts is None else counts
    total = counts.sum(axis=1)
    return rank_mean(np.asarray(values, np.float64), counts, np.zeros(len(total)), np.ceil(total / 10))


def mean(values: Floats, counts: Counts | None = None) -> Floats:
    """Plain mean [R]."""
    counts = once(len(values)) if counts is None else counts
    return ratio(counts @ np.asarray(values, np.float64), counts.sum(axis=1))


def t_inside(t: float, freedom: int) -> float:
    """The chance that Student's t lies within plus and minus `t`.

    By the finite sums for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
    """
    angle = math.atan(t / math.sqrt(freedom))
    cosine, term, total = math.cos(angle), 1.0, 0.0
    odd = freedom % 2
    for k in range((freedom - odd) // 2):
        if k:
            term *= (2 * k - (1 - odd)) / (2 * k + odd) * cosine**2
        total += term
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * cosine * total)
    return math.sin(angle) * total


@lru_cache(maxsize=256)
def t_quantile(freedom: int, level: float = LEVEL) -> float:
    """Half-width of the two-sided interval of Student's t, in standard errors; by bisection."""
    low, high = 0.0, 1e4
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_inside(middle, freedom) < level else (low, middle)
    return (low + high) / 2


class Error(NamedTuple):
    """A standard error, widened for few clusters, and its degrees of freedom."""

    size: float
    freedom: int


def pooled_error(value: float, variances: Sequence[float], clusters: Sequence[int]) -> Error | None:
    """The error of a figure whose parts' variances add up; None where there is none.

    Args:
        value: the figure.
        variances: of its parts.
        clusters: how many clusters each part's variance was found over.
    """
    total = math.fsum(variances)
    if min(clusters, default=0) < LEAST or not total > (1e-12 * max(1.0, abs(value))) ** 2:
        return None
    parts = [v * v / (n - 1) for v, n in zip(variances, clusters, strict=True) if v > 0]
    freedom = max(1, int(total * total / math.fsum(parts) + 1e-9))
    return Error(math.sqrt(total) * (1 + SKEW / (freedom + 1)), freedom)


def bounded(found: Estimate, low: float = 0.0, high: float = 1.0) -> Estimate:
    """An estimate whose interval ends where the figure's range does."""
    return Estimate(found.value, *(float(np.clip(end, low, high)) for end in (found.low, found.high)))


def share(hits: int, of: int, level: float = LEVEL) -> Estimate:
    """A share of independent yes-or-no outcomes with its exact interval (Clopper and Pearson).

    It holds at any number of them, and where all are alike.
    """
    if of == 0:
        return NOTHING

    def least(wanted: float, k: int) -> float:
        """The chance at which at least `k` hits have the probability `wanted`."""
        low, high = 0.0, 1.0
        j = np.arange(k, of + 1)
        ways = np.array([float(math.comb(of, int(one))) for one in j])
        for _ in range(60):
            p = (low + high) / 2
            tail = math.fsum(ways * p**j * (1 - p) ** (of - j))
            low, high = (p, high) if tail < wanted else (low, p)
        return (low + high) / 2

    tail = (1 - level) / 2
    return Estimate(
        hits / of, least(tail, hits) if hits else 0.0, least(1 - tail, hits + 1) if hits < of else 1.0
    )


Statistic = Callable[[Counts], Floats]
"""Maps counts [R, E] of one stratum to its figure [R]."""


def of_ratio(numerator: Any, denominator: Any) -> tuple[int, Statistic]:
    """Sum over sum, of numerators and denominators [E]; an episode without a denominator is left out."""
    top, bottom = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    top, bottom = top[bottom != 0], bottom[bottom != 0]
    return len(top), lambda counts: ratio(counts @ top, counts @ bottom)


def of_values(
    values: Any, figure: Callable[[Floats, Counts], Floats], episode: Any | None = None
) -> tuple[int, Statistic]:
    """A figure of values that each belong to an episode.

    Args:
        values: [V].
        figure: `interquartile_mean`, `worst_decile` or `mean`.
        episode: which episode each value belongs to [V]; by default one value per episode.
    """
    flat = np.asarray(values, np.float64)
    if episode is None:
        return len(flat), lambda counts: figure(flat, counts)
    owner = np.asarray(episode, np.int64)
    size = int(owner.max()) + 1 if len(owner) else 0
    return size, lambda counts: figure(flat, counts[:, owner])


def estimate(strata: Sequence[tuple[int, Statistic]], *, level: float = LEVEL) -> Estimate:
    """Mean over strata of a statistic, with its interval; clusters of different strata are independent.

    Strata in which the statistic cannot be measured are left out.

    Args:
        strata: (number of clusters, statistic) of each.
        level: of the interval.
    """
    return estimate_and_p(strata, level=level)[0]


def estimate_and_p(
    strata: Sequence[tuple[int, Statistic]], *, level: float = LEVEL
) -> tuple[Estimate, float]:
    """As `estimate`, and the two-sided p-value of the figure being 0; NaN without an interval."""
    values, variances, clusters = [], [], []
    for size, statistic in strata:
        value = float(statistic(once(size))[0]) if size else math.nan
        if math.isfinite(value):
            values.append(value)
            clusters.append(size)
            variances.append(jackknife(size, statistic))
    if not values:
        return NOTHING, math.nan
    figure = math.fsum(values) / len(values)
    error = pooled_error(figure, [variance / len(values) ** 2 for variance in variances], clusters)
    if error is None:
        return Estimate(figure, math.nan, math.nan), math.nan
    half = error.size * t_quantile(error.freedom, level)
    return Estimate(figure, figure - half, figure + half), 1 - t_inside(
        abs(figure) / error.size, error.freedom
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values of several comparisons, corrected so that none is falsely found (Holm, 1979).

    NaN stays NaN and counts as no comparison.
    """
    order = sorted((k for k, p in enumerate(p_values) if math.isfinite(p)), key=lambda k: p_values[k])
    found, most = [math.nan] * len(p_values), 0.0
    for rank, k in enumerate(order):
        most = max(most, min(1.0, (len(order) - rank) * p_values[k]))
        found[k] = most
    return found


def jackknife(size: int, statistic: Statistic) -> float:
    """Variance of a statistic over clusters, by leaving out one at a time; NaN below `LEAST` clusters."""
    if size < LEAST:
        return math.nan
    left = statistic(1.0 - np.eye(size))
    return float((size - 1) / size * ((left - left.mean()) ** 2).sum())


def by_run(values: Sequence[tuple[Any, Any, float]], *, level: float = LEVEL) -> Estimate:
    """Mean over strata of the mean over runs; a run that is in several strata is one cluster.

    Args:
        values: (stratum, run, value); values that are not finite are left out.
        level: of the interval.
    """
    known = [(stratum, run, value) for stratum, run, value in values if math.isfinite(value)]
    strata = {name: k for k, name in enumerate(dict.fromkeys(one[0] for one in known))}
    runs = {name: k for k, name in enumerate(dict.fromkeys(one[1] for one in known))}
    top, bottom = np.zeros((2, len(runs), len(strata)))
    for stratum, run, value in known:
        top[runs[run], strata[stratum]] += value
        bottom[runs[run], strata[stratum]] += 1

    def figure(counts: Counts) -> Floats:
        means = ratio(counts @ top, counts @ bottom)
        there = np.isfinite(means)
        return ratio(np.where(there, means, 0.0).sum(axis=1), there.sum(axis=1))

    return estimate([(len(runs), figure)], level=level)


def gini(values: Any) -> float:
    """Gini coefficient of non-negative values: 0 when all are equal; NaN where nothing was had."""
    x = np.sort(np.asarray(values, np.float64))
    total = x.sum()
    if len(x) == 0 or total <= 0:
        return math.nan
    rank = np.arange(1, len(x) + 1)
    return float(2 * (rank * x).sum() / (len(x) * total) - (len(x) + 1) / len(x))
