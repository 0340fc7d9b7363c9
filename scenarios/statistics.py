"""Point estimates and 95 % intervals for leaderboards and studies.

Episodes are the unit that is drawn: a bootstrap resamples whole episodes, with replacement, within
each stratum (a scenario), so that decisions of one episode stay together (a cluster bootstrap) and
every stratum keeps its size. Resampling is written as counts: ``counts[r, e]`` says how often episode
e is in resample r; every statistic here is a function of values and counts, exact and vectorised.

Sources: Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice"
(NeurIPS 2021) for the interquartile mean with stratified bootstrap intervals; Efron and Tibshirani,
"An introduction to the bootstrap" (1993) for percentile intervals.
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

RESAMPLES = 2000
LEVEL = 0.95


class Estimate(NamedTuple):
    """A figure with its interval; NaN where it cannot be measured."""

    value: float
    low: float
    high: float


NOTHING = Estimate(math.nan, math.nan, math.nan)


@lru_cache(maxsize=64)
def draws(size: int, *, resamples: int = RESAMPLES, seed: int = 0, stratum: int = 0) -> Counts:
    """Bootstrap counts [resamples, size] of one stratum, read-only; a function of its arguments alone."""
    if size == 0:
        return np.zeros((resamples, 0))
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, stratum, size])))
    counts = rng.multinomial(size, np.full(size, 1.0 / size), size=resamples).astype(np.float64)
    counts.flags.writeable = False
    return counts


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


def interval(value: float, resampled: Floats, *, level: float = LEVEL) -> Estimate:
    """Percentile interval of the resampled figures; resamples that cannot be measured are left out."""
    finite = resampled[np.isfinite(resampled)]
    if not math.isfinite(value) or len(finite) == 0:
        return NOTHING
    tail = (1.0 - level) / 2
    low, high = np.quantile(finite, [tail, 1.0 - tail])
    return Estimate(float(value), float(low), float(high))


Statistic = Callable[[Counts], Floats]
"""Maps counts [R, E] of one stratum to its figure [R]."""


def of_ratio(numerator: Any, denominator: Any) -> tuple[int, Statistic]:
    """Sum over sum, of per-episode numerators and denominators [E]."""
    top, bottom = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
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


def estimate(
    strata: Sequence[tuple[int, Statistic]], *, resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """Mean over strata of a statistic, with a bootstrap interval stratified over them.

    Strata in which the statistic cannot be measured are left out of the mean.

    Args:
        strata: (number of episodes, statistic) of each.
        resamples: bootstrap resamples.
        seed: of the resampling.
    """
    values, resampled = [], []
    for k, (size, statistic) in enumerate(strata):
        if size == 0:
            continue
        value = float(statistic(once(size))[0])
        if math.isfinite(value):
            values.append(value)
            resampled.append(statistic(draws(size, resamples=resamples, seed=seed, stratum=k)))
    if not values:
        return NOTHING
    table = np.stack(resampled)  # [strata, resamples]
    known = np.isfinite(table)
    means = ratio(np.where(known, table, 0.0).sum(axis=0), known.sum(axis=0))
    return interval(float(np.mean(values)), means)


def estimate_iqm(strata: Sequence[Any], *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """Interquartile mean over the pooled values of all strata, resampled within each.

    Args:
        strata: per-episode values [E] of each stratum.
        resamples: bootstrap resamples.
        seed: of the resampling.
    """
    arrays = [np.asarray(values, np.float64) for values in strata]
    pooled = np.concatenate(arrays) if arrays else np.zeros(0)
    if len(pooled) == 0 or not np.isfinite(pooled).all():
        return NOTHING
    counts = [draws(len(a), resamples=resamples, seed=seed, stratum=k) for k, a in enumerate(arrays)]
    value = float(interquartile_mean(pooled)[0])
    return interval(value, interquartile_mean(pooled, np.concatenate(counts, axis=1)))


def gini(values: Any) -> float:
    """Gini coefficient of non-negative values: 0 when all are equal; NaN where nothing was had."""
    x = np.sort(np.asarray(values, np.float64))
    total = x.sum()
    if len(x) == 0 or total <= 0:
        return math.nan
    rank = np.arange(1, len(x) + 1)
    return float(2 * (rank * x).sum() / (len(x) * total) - (len(x) + 1) / len(x))
