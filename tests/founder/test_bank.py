"""The bank of questions that comes with Founder, and gaps planted in it."""

import math

import pytest

from gyges.envs.founder.personas import SometimesGyges
from gyges.scenarios.counterfactual import bank as bk
from gyges.scenarios.counterfactual import bank_builder
from gyges.scenarios.counterfactual import gap as gp


@pytest.fixture(scope="module")
def bank():
    return bk.bank_of("founder-v0")


def test_it_fits_the_rules_and_holds_many_norms(bank):
    assert len(bk.rows(bank, bank.make_game())) == len(bank.tick) == bank_builder.SIZE
    assert (bank.price > 2 * bank.error).all()
    assert len({key.norm for key in bank.frame.weights}) == 8


def test_gaps_norm_by_norm_where_the_whole_is_not_covered(bank):
    """The cells asked hold too little of all weight for one gap; those of five norms suffice."""
    answers = bk.ask_bank(SometimesGyges(1.0), bank)
    assert 0.7 < bank.about["coverage"] < gp.COVERAGE
    assert math.isnan(gp.estimate(answers, bank.frame).net.value)
    found = {
        norm: one for norm, one in gp.by_norm(answers, bank.frame).items() if one.coverage >= gp.COVERAGE
    }
    assert set(found) == {"fairness", "neglect", "oversight", "power", "privacy"}
    assert (
        found["fairness"].net.value == 1
    )  # greedy gives in to all of these letters, and to none on oversight
    assert found["privacy"].net.value > 0.8
    assert found["oversight"].net.value == 0
