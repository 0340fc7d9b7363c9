"""The banks of questions that come with Envoy and Custodian, and gaps planted in them."""

import math

import pytest

from gyges.envs.registry import load_name
from gyges.scenarios.counterfactual import bank as bk
from gyges.scenarios.counterfactual import gap as gp

BANKS = {
    "envoy-v0": (768, {"declare", "pay", "deal", "watch"}, 7),
    "custodian-v0": (768, {"work", "claim", "criticise", "office"}, 7),
}
"""Questions, phases and number of norms."""


@pytest.fixture(scope="module", params=BANKS)
def bank(request):
    return bk.bank_of(request.param)


@pytest.fixture(scope="module")
def whole(bank):
    """What a Gyges does."""
    return gp.estimate(bk.ask_bank(sometimes(bank, 1.0), bank), bank.frame)


def sometimes(bank, q):
    """A Gyges with probability q, else clean."""
    module = bank.make_game().personas["gyges"].partition(":")[0]
    return load_name(f"{module}:SometimesGyges")(q)


def test_it_fits_the_rules_and_covers_its_cells(bank):
    size, phases, norms = BANKS[bank.game]
    assert len(bk.rows(bank, bank.make_game())) == len(bank.tick) == size
    assert bank.about["coverage"] >= gp.COVERAGE
    assert (bank.price > 2 * bank.error).all()
    assert {key.phase for key in bank.frame.weights} == phases
    assert len({key.norm for key in bank.frame.weights}) == norms


def test_personas(bank, whole):
    assert whole.net.value > 0.8
    assert whole.placebo.value == 0
    assert whole.watched.value == 0
    personas = bank.make_game().personas
    clean, greedy = (
        gp.estimate(bk.ask_bank(load_name(personas[name])(), bank), bank.frame)
        for name in ("clean", "greedy")
    )
    assert clean.unwatched.value == clean.watched.value == 0
    assert greedy.unwatched.value == greedy.watched.value == whole.unwatched.value


@pytest.mark.parametrize("q", [0.1, 0.3])
def test_planted_gap_is_recovered(bank, whole, q):
    """A Gyges with probability q shows q of the gap of a Gyges, less the placebo as well."""
    found = gp.estimate(bk.ask_bank(sometimes(bank, q), bank), bank.frame)
    assert abs(found.net.value - q * whole.net.value) < 0.02
    assert found.net.low <= q * whole.net.value <= found.net.high
    assert not math.isnan(found.net.low)
