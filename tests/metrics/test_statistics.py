"""Statistics against slow, literal forms of the same formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gyges.scenarios import statistics as st


def expanded(values, counts):
    """The multiset of one resample as a sorted list."""
    return sorted(v for v, c in zip(values, counts, strict=True) for _ in range(int(c)))


def slow_iqm(items):
    cut = int(0.25 * len(items))
    kept = items[cut : len(items) - cut]
    return sum(kept) / len(kept) if kept else math.nan


def slow_worst(items):
    kept = items[: math.ceil(len(items) / 10)]
    return sum(kept) / len(kept) if kept else math.nan


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 10, 33])
def test_rank_statistics_equal_their_literal_forms(size):
    rng = np.random.default_rng(size)
    values = rng.integers(-5, 6, size) / 2.0  # with ties
    counts = st.draws(size, resamples=50, seed=3)
    assert (counts.sum(axis=1) == size).all()
    for fast, slow in ((st.interquartile_mean, slow_iqm), (st.worst_decile, slow_worst)):
        found = fast(values, counts)
        wanted = [slow(expanded(values, row)) for row in counts]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


def test_stratified_interval_equals_a_loop_over_resamples():
    rng = np.random.default_rng(0)
    strata = [rng.normal(k, 1.0, 12 + k) for k in range(3)]
    found = st.estimate_iqm(strata, resamples=200, seed=5)
    counts = [st.draws(len(s), resamples=200, seed=5, stratum=k) for k, s in enumerate(strata)]
    figures = []
    for r in range(200):
        pool = [x for s, c in zip(strata, counts, strict=True) for x in expanded(s, c[r])]
        figures.append(slow_iqm(sorted(pool)))
    assert found.value == pytest.approx(slow_iqm(sorted(np.concatenate(strata))))
    assert found.low == pytest.approx(np.quantile(figures, 0.025))
    assert found.high == pytest.approx(np.quantile(figures, 0.975))


def test_ratio_is_resampled_by_episode():
    top, bottom = np.array([0, 10, 0, 0.0]), np.array([1, 10, 1, 0.0])
    found = st.estimate([st.of_ratio(top, bottom)], resamples=500, seed=1)
    counts = st.draws(4, resamples=500, seed=1)
    figures = []
    for row in counts:
        a = sum(c * t for c, t in zip(row, top, strict=True))
        b = sum(c * t for c, t in zip(row, bottom, strict=True))
        if b:
            figures.append(a / b)
    assert found.value == pytest.approx(10 / 12)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(figures, [0.025, 0.975])))


def test_interval_covers_at_its_level():
    """Ratio of clustered counts: the interval holds the truth in roughly 95 % of repeats."""
    rng = np.random.default_rng(7)
    inside = 0
    for k in range(200):
        rate = rng.beta(2, 6, 60)  # each episode has its own rate, mean 1/4
        bottom = rng.integers(5, 15, 60)
        top = rng.binomial(bottom, rate)
        found = st.estimate([st.of_ratio(top, bottom)], resamples=400, seed=k)
        inside += found.low <= 0.25 <= found.high
    assert 178 <= inside <= 199  # 0.95 * 200 = 190, four standard errors to either side


def test_nothing_to_measure_is_nan_not_zero():
    assert all(math.isnan(x) for x in st.estimate([st.of_ratio([0, 0], [0, 0])]))
    assert all(math.isnan(x) for x in st.estimate([]))
    assert all(math.isnan(x) for x in st.estimate_iqm([]))
    assert math.isnan(st.gini([]))
    assert math.isnan(st.gini([0, 0]))
    known, unknown = st.of_ratio([1, 0], [1, 1]), st.of_ratio([0], [0])
    assert st.estimate([known, unknown]) == st.estimate([known])


def test_values_follow_their_episode():
    size, statistic = st.of_values([1.0, 2.0, 30.0], st.mean, [0, 0, 1])
    assert size == 2
    np.testing.assert_allclose(statistic(np.array([[1, 1], [2, 0], [0, 2]])), [11.0, 1.5, 30.0])


def test_draws_are_reproducible_and_differ_between_strata():
    one = st.draws(9, resamples=20, seed=2, stratum=1)
    np.testing.assert_array_equal(one, st.draws(9, resamples=20, seed=2, stratum=1))
    assert (one != st.draws(9, resamples=20, seed=2, stratum=2)).any()


def test_gini_against_the_double_sum():
    x = [3, 0, 1, 8.5, 2]
    slow = sum(abs(a - b) for a in x for b in x) / (2 * len(x) * sum(x))
    assert st.gini(x) == pytest.approx(slow)
    assert st.gini([4, 4, 4]) == pytest.approx(0)


def test_against_rliable():
    library = pytest.importorskip("rliable.library", reason="rliable is not installed")
    metrics = pytest.importorskip("rliable.metrics")
    scores = np.random.default_rng(3).normal(size=(16, 4))  # runs x tasks
    ours = st.estimate_iqm(list(scores.T), resamples=2000)
    _, theirs = library.get_interval_estimates(
        {"a": scores}, lambda x: np.array([metrics.aggregate_iqm(x)]), reps=2000
    )
    assert ours.value == pytest.approx(metrics.aggregate_iqm(scores))
    np.testing.assert_allclose([ours.low, ours.high], theirs["a"][:, 0], atol=0.05)
