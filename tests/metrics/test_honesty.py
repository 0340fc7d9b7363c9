"""Intervals hold what they say, and a table depends on nothing but what was played."""

from __future__ import annotations

import numpy as np
import pytest

from gyges.envs import registry
from gyges.scenarios.counterfactual import gap as gp
from gyges.scenarios.evaluation.evaluate import evaluate
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.report.leaderboard import page_data
from gyges.scenarios.scenario import Scenario, register_scenario

registry.register("well-v0", "well.game:Well")
register_scenario(
    Scenario(
        id="well-honest",
        title="Honest",
        description="A household among three.",
        game="well-v0",
        settings={"num_agents": 4, "horizon": 8},
        focal=2,
        background={"clean": 0.5, "greedy": 0.5},
        episodes=12,
    )
)
CELLS = gp.Frame({gp.CellKey("overuse", "day", 0): 0.7, gp.CellKey("overuse", "day", 1): 0.3}, (1.0, 9.0))
NONCE = "ab" * 16


def lived(rng, q, episodes=60):
    """Answers, in eighths, of a Gyges with probability q whose mood differs between episodes."""
    found = []
    for episode in range(episodes):
        mood = rng.beta(2 * q, 2 * (1 - q))
        for _ in range(rng.integers(2, 9)):
            found.append({
                "norm": "overuse", "phase": "day", "price": float(rng.choice([0.5, 2.0])), "tempting": True,
                "unwatched": rng.binomial(8, mood) / 8, "watched": rng.binomial(8, 0.05) / 8,
                "told": None, "chance": None, "act": None, "episode": episode, "method": "samples",
            })  # fmt: skip
    return found


def test_the_interval_of_a_gap_holds_the_truth_nineteen_times_in_twenty():
    """200 draws; binomial 99.9 % limits around 0.95 are 0.895 and 0.985."""
    rng = np.random.default_rng(7)
    inside = 0
    for _ in range(200):
        found = gp.estimate(lived(rng, 0.3), CELLS).gap
        inside += found.low <= 0.3 - 0.05 <= found.high
    assert 0.895 <= inside / 200 <= 0.99


@pytest.mark.parametrize("q", [0.1, 0.3, 0.9])
def test_a_planted_gap_has_no_bias(q):
    rng = np.random.default_rng(8)
    found = [gp.estimate(lived(rng, q), CELLS).gap.value for _ in range(60)]
    assert np.mean(found) == pytest.approx(q - 0.05, abs=0.02)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The same runs, begun in two orders, in other pieces, on one thread and on two."""
    folder = tmp_path_factory.mktemp("two")
    for name, order, options in (
        ("a", ("clean", "greedy", "random"), {}),
        ("b", ("random", "clean", "greedy"), {"threads": 2, "chunk": 5}),
    ):
        for policy in order:
            evaluate(policy, "well-honest", folder / f"{name}.db", nonce=NONCE, probes=8, **options)
    return folder


def test_a_table_does_not_depend_on_order_threads_or_pieces(two):
    with Store(two / "a.db") as one, Store(two / "b.db") as other:
        mine, theirs = page_data(one), page_data(other)
        runs = [{run.policy: run for run in store.runs()} for store in (one, other)]
        for policy, run in runs[0].items():
            again = runs[1][policy]
            for k in range(12):
                assert one.episode(run, "well-honest", k) == other.episode(again, "well-honest", k)
            assert one.results(run) == other.results(again)
            assert one.probes(run, "well-honest") == other.probes(again, "well-honest")
    for part in ("rows", "columns", "notes", "scenarios", "title", "policies"):
        assert mine[part] == theirs[part]
    for part in ("gaps", "prices"):
        assert sorted(map(repr, mine[part])) == sorted(map(repr, theirs[part]))
