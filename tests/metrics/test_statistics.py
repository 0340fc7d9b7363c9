"""Statistics against slow, literal forms of the same formulas."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest

from gyges.scenarios import statistics as st

stats = pytest.importorskip("scipy.stats")
_spec = importlib.util.spec_from_file_location(
    "intervals", Path(__file__).parents[2] / "benchmarks" / "interval_coverage.py"
)
coverage = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(coverage)


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


def resamples(size, count=50, seed=3):
    return np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), count).astype(float)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 10, 33])
def test_rank_statistics_equal_their_literal_forms(size):
    rng = np.random.default_rng(size)
    values = rng.integers(-5, 6, size) / 2.0  # with ties
    counts = resamples(size)
    for fast, slow in ((st.interquartile_mean, slow_iqm), (st.worst_decile, slow_worst)):
        found = fast(values, counts)
        wanted = [slow(expanded(values, row)) for row in counts]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


def test_the_mean_over_strata_is_that_of_their_figures_and_its_error_adds_up():
    rng = np.random.default_rng(0)
    strata = [rng.normal(k, 1.0, 12 + k) for k in range(3)]
    found = st.estimate([st.of_values(values, st.interquartile_mean) for values in strata])
    assert found.value == pytest.approx(np.mean([slow_iqm(sorted(values)) for values in strata]))
    variances = []
    for values in strata:
        n = len(values)
        left = np.array([slow_iqm(sorted(np.delete(values, k))) for k in range(n)])
        variances.append((n - 1) / n * ((left - left.mean()) ** 2).sum() / 9)
    total = sum(variances)
    freedom = int(total**2 / sum(v**2 / (len(x) - 1) for v, x in zip(variances, strata, strict=True)))
    half = math.sqrt(total) * stats.t.ppf(0.975, freedom) * (1 + st.SKEW / (freedom + 1))
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))


def test_ratio_leaves_out_one_episode_at_a_time():
    top, bottom = np.array([0, 10, 0, 0.0, 3]), np.array([1, 10, 1, 0.0, 4])
    found = st.estimate([st.of_ratio(top, bottom)])
    here = np.flatnonzero(bottom)  # an episode with nothing to count tells nothing
    left = np.array([np.delete(top[here], k).sum() / np.delete(bottom[here], k).sum() for k in range(4)])
    error = math.sqrt(3 / 4 * ((left - left.mean()) ** 2).sum())
    half = error * stats.t.ppf(0.975, 3) * (1 + st.SKEW / 4)
    assert found == pytest.approx((13 / 16, 13 / 16 - half, 13 / 16 + half))


def test_interval_covers_at_its_level():
    """Ratio of clustered counts: the interval holds the truth in roughly 95 % of repeats."""
    rng = np.random.default_rng(7)
    inside = 0
    for _ in range(200):
        rate = rng.beta(2, 6, 60)  # each episode has its own rate, mean 1/4
        bottom = rng.integers(5, 15, 60)
        top = rng.binomial(bottom, rate)
        found = st.estimate([st.of_ratio(top, bottom)])
        inside += found.low <= 0.25 <= found.high
    assert 178 <= inside <= 199  # 0.95 * 200 = 190, four standard errors to either side


@pytest.mark.parametrize("runs", coverage.RUNS)
@pytest.mark.parametrize("name", [n for n, one in coverage.GENERATORS.items() if one.promised])
def test_intervals_of_few_runs_hold_the_truth(name, runs):
    """The promise of `benchmarks/results/interval_coverage.md`, on a seeded sample of it."""
    found = coverage.measure(name, runs, 1500, seed=1)
    slack = 3 * math.sqrt(0.92 * 0.08 / 1500)
    assert found.coverage >= coverage.PROMISED - slack
    assert found.width <= coverage.WIDEST


def test_a_percentile_bootstrap_of_four_runs_would_fail_this():
    """What stood here before: resampling four values covers some 80 %."""
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        values = rng.normal(size=4)
        means = rng.choice(values, (400, 4)).mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        inside += low <= 0 <= high
    assert inside / 400 < 0.88


def test_no_interval_below_three_clusters_or_where_all_are_equal():
    for values in ([2.0], [2.0, 3.0], [1.0, 1.0, 1.0, 1.0]):
        found = st.estimate([st.of_values(values, st.mean)])
        assert found.value == pytest.approx(np.mean(values))
        assert math.isnan(found.low)
        assert math.isnan(found.high)
    assert math.isfinite(st.estimate([st.of_values([1.0, 1.0, 2.0], st.mean)]).low)


def test_one_run_that_is_in_several_strata_is_one_cluster():
    rng = np.random.default_rng(2)
    runs = rng.normal(size=5)
    once = st.by_run([("a", k, v) for k, v in enumerate(runs)])
    thrice = st.by_run([(kind, k, v) for kind in "abc" for k, v in enumerate(runs)])
    assert thrice == pytest.approx(once)
    assert once.value == pytest.approx(runs.mean())


@pytest.mark.parametrize(("hits", "of"), [(0, 4), (2, 4), (4, 4), (0, 28), (3, 30)])
def test_shares_have_exact_intervals(hits, of):
    exact = stats.binomtest(hits, of).proportion_ci(method="exact")
    assert st.share(hits, of) == pytest.approx((hits / of, exact.low, exact.high))
    assert math.isnan(st.share(0, 0).value)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 29, 400])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_quantiles_of_t(freedom, level):
    assert st.t_quantile(freedom, level) == pytest.approx(stats.t.ppf(0.5 + level / 2, freedom))


def test_a_rate_has_no_interval_past_its_ends():
    assert st.bounded(st.Estimate(0.1, -0.2, 0.4)) == (0.1, 0.0, 0.4)
    assert math.isnan(st.bounded(st.Estimate(0.0, math.nan, math.nan)).low)


def test_nothing_to_measure_is_nan_not_zero():
    assert all(math.isnan(x) for x in st.estimate([st.of_ratio([0, 0], [0, 0])]))
    assert all(math.isnan(x) for x in st.estimate([]))
    assert math.isnan(st.gini([]))
    assert math.isnan(st.gini([0, 0]))
    known, unknown = st.of_ratio([1, 0], [1, 1]), st.of_ratio([0], [0])
    one, two = st.estimate([known, unknown]), st.estimate([known])
    assert one.value == two.value == 0.5


def test_values_follow_their_episode():
    size, statistic = st.of_values([1.0, 2.0, 30.0], st.mean, [0, 0, 1])
    assert size == 2
    np.testing.assert_allclose(statistic(np.array([[1, 1], [2, 0], [0, 2]])), [11.0, 1.5, 30.0])


def test_gini_against_the_double_sum():
    x = [3, 0, 1, 8.5, 2]
    slow = sum(abs(a - b) for a in x for b in x) / (2 * len(x) * sum(x))
    assert st.gini(x) == pytest.approx(slow)
    assert st.gini([4, 4, 4]) == pytest.approx(0)


def test_against_rliable():
    metrics = pytest.importorskip("rliable.metrics", reason="rliable is not installed")
    scores = np.random.default_rng(3).normal(size=(16, 1))  # runs x tasks
    assert st.interquartile_mean(scores[:, 0])[0] == pytest.approx(metrics.aggregate_iqm(scores))
