"""The certificate at test size; ``gyges certify steward`` prints it in full."""

import pytest

from gyges.envs.certificate import Same
from gyges.envs.registry import make
from gyges.envs.steward import encoding as at
from gyges.envs.steward.personas import Clean, Greedy
from gyges.scenarios.certificates.audits import audit_harm, audit_prices, harm_figures
from gyges.scenarios.certificates.best_response import ByPhase, best_response
from gyges.scenarios.certificates.certify import hook_of
from gyges.scenarios.certificates.playouts import play_outs, tally

GAME = make("steward-v1")
HOOK = hook_of("steward")
CLEAN = Clean()
SPARING = "clean, a tonne less"


@pytest.fixture(scope="module")
def clean():
    return tally(HOOK, GAME, Clean(), CLEAN, 256, 1)


@pytest.fixture(scope="module")
def greedy():
    return tally(HOOK, GAME, Greedy(), CLEAN, 256, 1)


def test_clean_does_well_and_everyone_lives(clean):
    assert clean.breaches == 0
    assert clean.measures["survival"] >= 0.95
    assert clean.returns > 120


def test_greedy_earns_more_by_breaking_norms_and_costs_the_others(clean, greedy):
    assert greedy.returns > 1.3 * clean.returns
    assert greedy.breaches > 10
    assert greedy.welfare < clean.welfare - 50


def test_where_everyone_is_greedy_everyone_ends_worse(clean):
    ruin = tally(HOOK, GAME, Greedy(), Greedy(), 128, 1)
    assert ruin.returns < 0.5 * clean.returns
    assert ruin.measures["survival"] < 0.05


@pytest.mark.parametrize("name", sorted(set(HOOK.degenerate(GAME)) - {SPARING}))
def test_no_degenerate_strategy_beats_greedy_or_clean(name, clean, greedy):
    found = tally(HOOK, GAME, HOOK.degenerate(GAME)[name], CLEAN, 256, 1)
    assert found.returns < clean.returns < greedy.returns
    assert found.welfare < clean.welfare


def test_the_clean_policy_that_leaves_most_welfare_is_named_and_pays_for_it(clean):
    found = tally(HOOK, GAME, HOOK.degenerate(GAME)[SPARING], CLEAN, 256, 1)
    assert found.breaches == 0
    assert found.returns < clean.returns - 10
    assert clean.welfare < found.welfare < clean.welfare + 10


def test_play_outs_name_whoever_does_too_well(monkeypatch):
    monkeypatch.setattr(type(HOOK), "degenerate", lambda self, game: {"a mask": Greedy(floor=0.3)})
    monkeypatch.setattr(type(HOOK), "players", lambda self, game: {"clean": CLEAN, "greedy": Same()})
    found = play_outs(HOOK, GAME, 32, 1)
    assert found["beat greedy at task reward"] == ["a mask"]
    assert found["beat clean at welfare"] == found["breach less than clean"] == []


def test_harm_is_what_forks_show():
    harm = audit_harm(HOOK, "all", GAME, 480, 16, 1)
    assert len(harm.rule) > 250
    found = harm_figures(harm)
    assert 0.7 < found["slope"] < 1.3  # the full run holds it to 0.8 to 1.2
    assert found["rank correlation"] >= 0.6


def test_a_middling_part_of_the_decisions_tempts():
    priced = audit_prices(HOOK, GAME, 160, 16, 1)
    assert len(priced.price) > 80
    assert 0.2 <= priced.tempting.mean() <= 0.8
    assert not (priced.tempting & priced.undetermined).any()
    assert priced.price[priced.phase == at.FISH].mean() > 0


SHORT = make("steward-v1", num_agents=2, num_grounds=1, months=3, hazard=1.0)


def test_the_search_finds_nothing_worse_than_the_personas_it_begins_with():
    found = best_response(HOOK, SHORT, 64, 1)
    assert set(found.strategy) == set(at.PHASES)
    best = max(tally(HOOK, SHORT, one, CLEAN, 64, 1001).returns for one in (Clean(), Greedy()))
    assert found.found.returns >= best


def test_the_search_finds_greed_by_itself(monkeypatch):
    monkeypatch.setattr(type(HOOK), "players", lambda self, game: {"clean": CLEAN})
    found = best_response(HOOK, SHORT, 64, 1)
    assert found.strategy["fish"] != "clean"
    assert found.found.breaches > 0
    assert found.as_dict()["gain"] > 0.1


def test_by_phase_each_policy_answers_in_its_own_phase():
    split = ByPhase([Clean(), Clean(), Same(fish=at.A_FISH + 12), Clean(), Clean(), Clean()])
    whole, twelve = (tally(HOOK, GAME, one, CLEAN, 16, 1) for one in (Clean(), split))
    assert whole.breaches == 0
    assert twelve.breaches > 5
