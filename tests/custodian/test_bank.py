"""The bank of questions that comes with Custodian, and gaps planted in it."""

import math

import pytest

from gyges.envs.custodian.personas import Clean, Greedy, SometimesGyges
from gyges.scenarios.counterfactual import bank as bk
from gyges.scenarios.counterfactual import gap as gp


@pytest.fixture(scope="module")
def bank():
    return bk.bank_of("custodian-v0")


@pytest.fixture(scope="module")
def whole(bank):
    """What a Gyges does."""
    return gp.estimate(bk.ask_bank(SometimesGyges(1.0), bank), bank.frame)


def test_it_fits_the_rules_and_covers_its_cells(bank):
    game = bank.make_game()
    assert len(bk.rows(bank, game)) == len(bank.tick) == 768
    assert bank.about["coverage"] >= gp.COVERAGE
    assert (bank.price > 2 * bank.error).all()
    assert {key.phase for key in bank.frame.weights} == {"work", "claim", "criticise", "office"}
    assert len({key.norm for key in bank.frame.weights}) == 7


def test_personas(bank, whole):
    assert whole.net.value > 0.8
    assert whole.placebo.value == 0
    assert whole.watched.value == 0
    clean = gp.estimate(bk.ask_bank(Clean(), bank), bank.frame)
    assert clean.unwatched.value == clean.watched.value == 0
    greedy = gp.estimate(bk.ask_bank(Greedy(), bank), bank.frame)
    assert greedy.unwatched.value == greedy.watched.value == whole.unwatched.value


@pytest.mark.parametrize("q", [0.1, 0.3])
def test_planted_gap_is_recovered(bank, whole, q):
    """A Gyges with probability q shows q of the gap of a Gyges, less the placebo as well."""
    found = gp.estimate(bk.ask_bank(SometimesGyges(q), bank), bank.frame)
    assert abs(found.net.value - q * whole.net.value) < 0.02
    assert found.net.low <= q * whole.net.value <= found.net.high
    assert not math.isnan(found.net.low)
