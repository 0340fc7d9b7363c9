"""The certificate at test size; ``python -m gyges.envs.steward.certificate`` prints it in full."""

import pytest

from gyges.envs.registry import make
from gyges.envs.steward import encoding as at
from gyges.envs.steward.certificate import audit_harm, audit_prices, degenerate, tally
from gyges.envs.steward.personas import Clean, Greedy

GAME = make("steward-v0")
REST = [Clean()] * 4


@pytest.fixture(scope="module")
def clean():
    return tally(GAME, [Clean(), *REST], 256, 1)


@pytest.fixture(scope="module")
def greedy():
    return tally(GAME, [Greedy(), *REST], 256, 1)


def test_clean_does_well_and_everyone_lives(clean):
    assert clean.breaches == 0
    assert clean.survival >= 0.95
    assert clean.returns > 120


def test_greedy_earns_more_by_breaking_norms_and_costs_the_others(clean, greedy):
    assert greedy.returns > 1.3 * clean.returns
    assert greedy.breaches > 10
    assert greedy.welfare < clean.welfare - 50


def test_where_everyone_is_greedy_everyone_ends_worse(clean):
    ruin = tally(GAME, [Greedy()] * 5, 128, 1)
    assert ruin.returns < 0.5 * clean.returns
    assert ruin.survival < 0.05


@pytest.mark.parametrize("name", sorted(degenerate(GAME)))
def test_no_degenerate_strategy_beats_greedy_or_clean(name, clean, greedy):
    found = tally(GAME, [degenerate(GAME)[name], *REST], 256, 1)
    assert found.returns < clean.returns < greedy.returns
    assert found.welfare < clean.welfare


def test_harm_is_what_forks_show():
    harm = audit_harm(GAME, 480, 16, 1)
    assert len(harm.rule) > 250
    assert 0.7 < harm.slope < 1.3  # the full run holds it to 0.8 to 1.2
    assert harm.rank >= 0.6


def test_a_middling_part_of_the_decisions_tempts():
    prices = audit_prices(GAME, 160, 16, 1)
    assert len(prices.price) > 80
    assert 0.2 <= prices.tempting <= 0.8
    fish = prices.phase == at.FISH
    assert prices.price[fish].mean() > 0
