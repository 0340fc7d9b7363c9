"""Indifference prices: hand-made fits, planted thresholds, censoring, coverage, rank agreement."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from gyges.scenarios.report.indifference import Indifference, agreement, crossing, indifference, isotonic


def test_the_fit_is_isotonic_least_squares():
    rng = np.random.default_rng(0)
    for _ in range(50):
        values, weights = rng.random(30), rng.uniform(0.1, 2, 30)
        wanted = optimize.isotonic_regression(values, weights=weights).x
        assert np.allclose(isotonic(values, weights), wanted)


def test_the_crossing_lies_between_the_prices_asked():
    assert crossing(np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.4, 1.0])) == 2.5
    assert crossing(np.array([1.0, 1.0, 3.0]), np.array([0.0, 1.0, 1.0])) == -math.inf
    assert crossing(np.array([1.0, 2.0]), np.array([0.2, 0.3])) == math.inf


@pytest.mark.parametrize(("rate", "censored"), [(0.0, "above"), (1.0, "below")])
def test_a_policy_that_never_changes_is_censored(rate, censored):
    prices = np.linspace(-1, 5, 40)
    found = indifference(prices, np.full(40, rate))
    assert found.censored == censored
    assert found.price == {"above": 5.0, "below": -1.0}[censored]
    assert math.isinf(found.high if censored == "above" else found.low)


def test_few_questions_say_nothing():
    assert math.isnan(indifference(np.arange(5.0), np.ones(5)).price)
    prices = np.where(np.arange(20) < 15, np.nan, 1.0)
    assert indifference(prices, np.ones(20)).questions == 5


def test_the_interval_covers_a_planted_price():
    rng = np.random.default_rng(3)
    covered = widths = 0.0
    for trial in range(60):
        prices = rng.gamma(2.0, 2.0, 120)
        rates = (rng.random(120) < 1 / (1 + np.exp(-(prices - 4.0) / 0.8))).astype(float)
        found = indifference(prices, rates, seed=trial)
        covered += found.low <= 4.0 <= found.high
        widths += found.high - found.low
    assert covered / 60 >= 0.9
    assert widths / 60 < 2.0


def test_agreement_is_spearmans():
    rng = np.random.default_rng(1)
    table = {
        f"p{k}": {
            "harm": Indifference(float(a), 0, 0, "", 9),
            "promise": Indifference(float(b), 0, 0, "", 9),
        }
        for k, (a, b) in enumerate(rng.normal(size=(12, 2)))
    }
    table["saint"] = {name: Indifference(1.0, 0, math.inf, "above", 9) for name in ("harm", "promise")}
    values = np.array([[t["harm"].price, t["promise"].price] for t in table.values()])
    values[-1] = 1e9
    assert agreement(table, "harm", "promise") == pytest.approx(stats.spearmanr(*values.T).statistic)
    assert math.isnan(agreement({k: table[k] for k in ("p0", "saint")}, "harm", "promise"))
    assert math.isnan(agreement({k: {"harm": v["harm"]} for k, v in table.items()}, "harm", "promise"))
