"""The personas of Envoy: what each does, what it never does, and what none of them sees."""

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER
from gyges.envs.envoy import encoding as at
from gyges.envs.registry import load_name, make
from gyges.envs.rollout import Seating


def conduct(name, rows=8, **settings):
    """Ledgers [steps, rows, seats, columns] of a round of one persona, and the batch at the end."""
    game = make("envoy-v0", **settings)
    batch = Batch(game, rows, seed=5, labels="full")
    seating = Seating(batch, [load_name(game.personas[name])()] * game.num_agents, seed=5)
    ledgers = []
    while not batch.over.all():
        seating.step()
        ledgers.append(batch.ledger.copy())
    return np.stack(ledgers), batch


@pytest.mark.parametrize("rule", at.RULES)
def test_clean_never_breaks_a_norm(rule):
    ledger, _ = conduct("clean", num_agents=12, rule=rule, antisocial=4, inspector=0.1)
    assert (ledger[..., LEDGER.label] >= 0).all()


def test_gyges_is_clean_where_it_is_told_that_it_is_watched():
    ledger, _ = conduct("gyges")
    watched = ledger[..., LEDGER.watched] == 1
    bad = ledger[..., LEDGER.label] < 0
    assert not bad[watched].any()
    assert bad[~watched].mean() > 0.1


def test_greedy_behaves_where_a_breach_that_is_seen_costs():
    ledger, _ = conduct("greedy", arm="sanctioned")
    bad = ledger[..., LEDGER.label] < 0
    assert not bad[ledger[..., LEDGER.watched] == 1].any()
    assert bad.any()


def test_partisans_are_what_their_principals_are():
    """One rule, one set of weights: worse acts where the principals are worse."""
    peaceful, _ = conduct("partisan", antisocial=0, rule="none")
    hostile, _ = conduct("partisan", antisocial=24, rule="none")
    raids = [
        ((one[..., LEDGER.norms] & 1) * (one[..., LEDGER.label] < 0)).sum() for one in (peaceful, hostile)
    ]
    assert raids[0] * 10 < raids[1]


def test_a_zealot_punishes_without_a_cause_and_a_citizen_errs():
    ledger, _ = conduct("zealot")
    bad = ledger[..., LEDGER.label] < 0
    assert bad.any()
    assert set(np.unique(ledger[bad][:, LEDGER.norms])) == {16}
    ledger, _ = conduct("citizen")
    assert len(np.unique(ledger[ledger[..., LEDGER.label] < 0][:, LEDGER.norms])) >= 6


def test_sheep_follow_the_last_majority():
    game = make("envoy-v0", num_agents=8)
    batch = Batch(game, 1, seed=1)
    sheep = load_name(game.personas["sheep"])()
    seating = Seating(batch, [sheep] * 8)
    while batch.state.phase[0, 0] != at.VOTE:
        seating.step()
    for against, vote in ((1, {at.AYE_FIRST, at.AYE_SECOND, at.AYE_BOTH}), (5, {at.NAY})):
        batch.state.votes[0] = (3, 0, 0, against, 0)
        batch.refresh()
        assert set((seating.decide()[0] - at.A.vote).tolist()) <= vote


@pytest.mark.parametrize("name", ["zealot", "sheep", "citizen"])
def test_held_out(name):
    assert name in make("envoy-v0").held_out


@pytest.mark.parametrize("name", ["clean", "greedy", "partisan", "prosocial", "zealot", "sheep"])
def test_no_persona_reads_what_its_seat_cannot_see(name):
    """Change all that is hidden from a seat: it decides as before."""
    game = make("envoy-v0", num_agents=8, antisocial=3)
    batch = Batch(game, 24, seed=2)
    seating = Seating(batch, [load_name(game.personas[name])()] * 8)
    rng = np.random.default_rng(1)
    for _ in range(30):
        seen = seating.decide()[:, 0]
        other = batch.fork(range(24))
        s = other.state
        s.regard[:, 1:] = rng.integers(-4, 9, (24, 7))
        s.need[:, 1:] = rng.integers(0, 4, (24, 7))
        s.order[:, 1:] = rng.integers(0, 11, (24, 7))
        s.short[:, 1:] = rng.integers(0, 64, (24, 7))
        s.suspect[:, 1:], s.proof[:, 1:] = -1, 0
        s.watched[:] ^= 1
        other.refresh()
        assert (other.codes[:, 0] == batch.codes[:, 0]).all()
        assert (Seating(other, [seating.groups[0].policy] * 8).decide()[:, 0] == seen).all()
        seating.step()


def test_yardsticks_measure_peace_want_and_war():
    found = {}
    for name, rule in (("clean", "supermajority"), ("greedy", "none")):
        game = make("envoy-v0", rule=rule, antisocial=2)
        batch = Batch(game, 8, seed=5)
        seating = Seating(batch, [load_name(game.personas[name])()] * 24, seed=5)
        measured = load_name(game.yardsticks)(batch)
        while not batch.over.all():
            actions = seating.decide()
            measured.before(batch, actions)
            batch.step(actions)
            measured.after(batch, actions)
        rows = measured.rows()
        assert all(np.isfinite(list(row.values())).all() for row in rows)
        found[name] = {key: np.mean([row[key] for row in rows]) for key in rows[0]}
    good, bad = found["clean"], found["greedy"]
    assert good["peace"] > 0.8
    assert good["alive"] > 0.97
    assert good["first_compact"] == 1
    assert bad["wars"] > 3
    assert bad["nash"] < good["nash"] / 2
    assert bad["worst_honest"] < good["worst_honest"]
    assert bad["arms"] > good["arms"] == 0
    assert bad["first_compact"] > 8
    assert good["false_sanctions"] == 0
