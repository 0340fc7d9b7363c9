"""Exact optima against plain enumeration and against play, and what cannot be solved."""

import numpy as np
import pytest
from well.game import Well

from gyges.agents.load import load
from gyges.agents.rewards import Step
from gyges.envs import make
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, PolicyError
from gyges.envs.rollout import play
from gyges.scenarios.cli.raters import Raters, audits, tables
from gyges.scenarios.raters import dynamic_programming
from gyges.scenarios.raters.audit import Meter, audit_rater
from gyges.scenarios.raters.raters import RATERS, Drifting, Rater, Tail, rater

WEIGHT = 3.0
"""With two boats a catch harms half as many others as with five: gold is clean from here on."""


@pytest.fixture(scope="module")
def game():
    """Two boats, three months: small enough for a test."""
    return make("tabular_steward", num_agents=2, horizon=9)


@pytest.fixture(scope="module")
def graph(game):
    return dynamic_programming.explore(game, load("clean", game))


def enumerate_best(game, judge, batch, memory, luck):
    """The same optimum the slow way: every act, then every watch bit, one row at a time."""
    if bool(batch.over[0]):
        return 0.0
    clean = load("clean", game)
    from gyges.envs.rollout import Seating

    others = Seating(batch, [clean] * game.num_agents).decide()
    best = -np.inf
    codes, first = batch.codes.copy(), batch.first.copy()
    for action in batch.legal(0, 0):
        acts = others.copy()
        acts[0, 0] = action
        one = batch.fork([0])
        one.step(acts)
        step = Step(game, codes[:, :1], acts[:, :1], one.reward[:, :1], one.welfare[:, :1],
                    one.ledger[:, :1], first, one.over)  # fmt: skip
        score, after = judge(step, memory)
        value = float(score[0, 0])
        if not one.over[0]:
            for bit in luck:
                one.state.watched[0, 0] = one.state.cue_shown[0, 0] = bit
                one.refresh()
                value += enumerate_best(game, judge, one, after, luck) / len(luck)
        best = max(best, value)
    return best


@pytest.mark.parametrize(("name", "steps"), [("gold", 3), ("flattered", 3), ("biased", 3)])
def test_it_is_the_best_of_all_plays(name, steps):
    """One month: every play of it, under every watch bit."""
    small = make("tabular_steward", num_agents=2, horizon=steps)
    judge = rater(name, weight=WEIGHT)
    found = dynamic_programming.solve(dynamic_programming.explore(small, load("clean", small)), judge)
    total = 0.0
    for bit in (0, 1):
        batch = Batch(small, 1, labels="full")
        batch.state.watched[0, 0] = batch.state.cue_shown[0, 0] = bit
        batch.refresh()
        total += enumerate_best(small, judge, batch, judge.initial(1, 1), (0, 1)) / 2
    assert found.value == pytest.approx(total, abs=1e-5)


@pytest.mark.parametrize("name", list(RATERS))
def test_the_optimum_earns_its_value_in_play(game, graph, name):
    """Its policy, played in the real game and scored by the real rater, earns what was computed."""
    judge = rater(name, weight=WEIGHT).mean()
    found = dynamic_programming.solve(graph, judge)
    rows = 1000
    batch = Batch(game, rows, seed=5, labels="full")
    meter = Meter(batch, (judge, Rater(WEIGHT)))
    play(batch, [found.policy, load("clean", game)], on_step=meter)
    for computed, totals in zip((found.value, found.gold), meter.totals, strict=True):
        earned = totals[:, 0]
        assert abs(earned.mean() - computed) <= 4 * earned.std() / len(earned) ** 0.5 + 1e-3
    people = [load(n, game) for n in ("clean", "greedy", "gyges", "random")]
    for policy in people:
        other = Batch(game, rows, seed=5, labels="full")
        meter = Meter(other, (judge,))
        play(other, [policy, people[0]], on_step=meter)
        earned = meter.totals[0][:, 0]
        assert earned.mean() <= found.value + 4 * earned.std() / rows**0.5 + 1e-3


def test_without_luck_the_value_is_met_to_the_meal():
    still = make("tabular_steward", num_agents=2, horizon=9, rota=True)
    found = dynamic_programming.solve(dynamic_programming.explore(still, load("clean", still)), Tail(WEIGHT))
    batch = Batch(still, 3, labels="full")
    meter = Meter(batch, (Tail(WEIGHT), Rater(WEIGHT)))
    play(batch, [found.policy, load("clean", still)], on_step=meter)
    assert meter.totals[0][:, 0] == pytest.approx(found.value, abs=1e-4)
    assert meter.totals[1][:, 0] == pytest.approx(found.gold, abs=1e-4)
    assert found.value > 90  # the chain was completed


def test_gold_is_flawless_and_the_flawed_raters_are_flawed_exactly(graph):
    best = dynamic_programming.solve(graph, Rater(WEIGHT))
    assert best.violations == 0
    assert best.value == pytest.approx(best.gold)
    for name in ("biased", "tail", "flattered"):
        judge = rater(name, weight=WEIGHT)
        found = audit_rater(judge, {}, graph=graph)
        assert found.how == "exact"
        assert found.flawed, name
        assert found.exact.gold < found.exact.best
        assert found.exact.proxy > found.exact.best
        assert found.as_dict()["exact"]["violations"] > 0
    assert not audit_rater(Rater(WEIGHT), {}, graph=graph).flawed
    assert not audit_rater(rater("noisy", weight=WEIGHT), {}, graph=graph).flawed


def test_a_rater_that_has_grown_lax_is_solved_from_where_it_stands(graph):
    lax = Drifting(WEIGHT, span=100)
    young = dynamic_programming.solve(graph, lax)
    old = dynamic_programming.solve(graph, lax, begin=np.full((1, 1), 100.0))
    assert old.value > young.value
    assert old.gold < young.gold


def test_what_cannot_be_solved_is_said(game, graph):
    with pytest.raises(ConfigError, match="told wrongly"):
        dynamic_programming.explore(make("tabular_steward", cue=0.9), load("clean", game))
    well = Well()
    with pytest.raises(ConfigError, match="begin by luck"):
        dynamic_programming.explore(well, load("clean", well))
    with pytest.raises(ConfigError, match="too many"):
        dynamic_programming.explore(game, load("clean", game), most=50)
    with pytest.raises(ConfigError, match="draw lots"):
        dynamic_programming.explore(game, load("random", game))
    optimum = dynamic_programming.solve(graph, Rater(WEIGHT)).policy
    with pytest.raises(PolicyError, match="neighbours"):
        play(Batch(game, 20), [optimum, load("greedy", game)])


def test_the_table_has_every_rater_and_dataset(tmp_path):
    from gyges.scenarios.scenario import register_scenario, scenario

    tiny = scenario("tabular-visitor").with_(id="tabular-tiny", settings={"num_agents": 2, "horizon": 6})
    register_scenario(tiny)
    args = Raters(scenario="tabular-tiny", decisions=2000, raters=("gold", "biased", "tail"))
    found = audits(args, tmp_path)
    assert list(found[1].agreement) == ["behaviour", "matched", "thin", "lucky"]
    assert found[1].exploits["thin"] > found[1].exploits["matched"] > 0
    assert found[0].agreement["thin"]["episode"].pearson == pytest.approx(1)
    text = tables(found)
    assert text.count("\n| biased |") == 2
