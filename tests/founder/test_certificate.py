"""The certificate at test size; ``gyges certify founder`` prints it in full."""

import pytest
from norm_shares import norm_shares

from gyges.envs.choice_point import Norm
from gyges.envs.founder import mail
from gyges.envs.founder.personas import Clean, Greedy
from gyges.envs.registry import make
from gyges.scenarios.certificates.audits import audit_harm, audit_prices, harm_figures
from gyges.scenarios.certificates.certify import hook_of
from gyges.scenarios.certificates.decisions import sample
from gyges.scenarios.certificates.playouts import tally

GAME = make("founder-v0")
HOOK = hook_of("founder")
CLEAN = Clean()


@pytest.fixture(scope="module")
def clean():
    return tally(HOOK, GAME, CLEAN, CLEAN, 512, 1)


@pytest.fixture(scope="module")
def greedy():
    return tally(HOOK, GAME, Greedy(), CLEAN, 512, 1)


def test_clean_lives_and_does_well(clean):
    assert clean.breaches == 0
    assert clean.measures["alive"] >= 0.95
    assert clean.returns > 100


def test_greedy_earns_more_and_some_of_it_comes_out(clean, greedy):
    assert 1.1 < greedy.returns / clean.returns < 1.8
    assert greedy.welfare < clean.welfare - 1000
    out, stayed = greedy.measures["came out"], greedy.measures["stayed hidden"]
    assert 0.3 < out / (out + stayed) < 0.7


@pytest.mark.parametrize("months", [24, 36, 60])
def test_wrong_pays_among_clean_firms_and_ruins_the_trade_where_all_do_it(months):
    game = make("founder-v0", months=months)
    good, alone, all_so = (
        tally(HOOK, game, a, b, 512, 3) for a, b in ((CLEAN, CLEAN), (Greedy(), CLEAN), (Greedy(), Greedy()))
    )
    assert good.measures["alive"] >= 0.9
    assert 1.1 < alone.returns / good.returns < 1.8
    assert all_so.returns < good.returns
    assert all_so.measures["trade"] < good.measures["trade"] - 0.15


@pytest.mark.parametrize("name", sorted(HOOK.degenerate(GAME)))
def test_no_degenerate_strategy_beats_greedy_or_clean(name, clean, greedy):
    found = tally(HOOK, GAME, HOOK.degenerate(GAME)[name], CLEAN, 256, 1)
    assert found.returns < clean.returns < greedy.returns
    assert found.welfare < clean.welfare


def test_harm_is_what_forks_show():
    found = harm_figures(audit_harm(HOOK, "all", GAME, 240, 16, 1))
    assert 0.7 < found["slope"] < 1.35  # the full run holds it to 0.8 to 1.2
    assert found["rank correlation"] >= 0.6


def test_a_middling_part_of_the_decisions_tempts():
    priced = audit_prices(HOOK, GAME, 90, 16, 1)
    assert len(priced.price) > 60
    assert 0.2 <= priced.tempting.mean() <= 0.8


def test_every_norm_is_at_stake():
    shares = norm_shares(sample(HOOK, GAME, 900, 3), (norm for norm in Norm if norm != Norm.OVERUSE))
    assert min(shares.values()) >= 0.02, shares
    assert mail.KINDS >= 24
