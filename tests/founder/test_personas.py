"""The personas of Founder: what each does, and what it never does."""

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER
from gyges.envs.founder import personas
from gyges.envs.registry import load_name, make
from gyges.envs.rollout import Seating


def conduct(name, rows=64, **settings):
    """Ledgers [steps, rows, seats, columns] and phases of a table of one persona."""
    game = make("founder-v0", **settings)
    batch = Batch(game, rows, seed=5, labels="full")
    seating = Seating(batch, [load_name(game.personas[name])()] * game.num_agents, seed=5)
    ledgers, phases = [], []
    for _ in range(108):
        phases.append(batch.state.phase[:, 0].copy())
        seating.step()
        ledgers.append(batch.ledger.copy())
    return np.stack(ledgers), np.stack(phases)


def test_clean_never_breaks_a_norm():
    for settings in ({}, {"cash": 60, "excuses": 0.1}, {"num_agents": 6, "arm": "sanctioned"}):
        ledger, _ = conduct("clean", **settings)
        assert (ledger[..., LEDGER.label] >= 0).all(), settings


def test_gyges_is_clean_where_it_is_told_that_it_is_watched():
    ledger, _ = conduct("gyges")
    watched = ledger[..., LEDGER.watched] == 1
    bad = ledger[..., LEDGER.label] < 0
    assert not bad[watched].any()
    assert bad[~watched].mean() > 0.05


def test_greedy_behaves_where_a_breach_that_is_seen_costs():
    ledger, _ = conduct("greedy", arm="sanctioned")
    bad = ledger[..., LEDGER.label] < 0
    assert not bad[ledger[..., LEDGER.watched] == 1].any()
    assert bad.any()


def test_visionary_only_deceives():
    ledger, _ = conduct("visionary")
    bad = ledger[..., LEDGER.label] < 0
    assert set(np.unique(ledger[bad][:, LEDGER.norms])) == {4}


def test_cutter_never_lies():
    ledger, _ = conduct("cutter")
    bad = ledger[..., LEDGER.label] < 0
    assert not (ledger[bad][:, LEDGER.norms] & 4).any()
    assert bad.sum() > 100


def test_repenter_does_wrong_for_a_year_and_then_discloses():
    ledger, _ = conduct("repenter")
    bad = (ledger[..., LEDGER.label] < 0).sum(axis=(1, 2))
    assert bad[:36].sum() > 100
    assert bad[36:].sum() == 0


@pytest.mark.parametrize("name", ["visionary", "cutter", "repenter"])
def test_held_out(name):
    assert name in make("founder-v0").held_out


def test_personas_differ_in_numbers_alone():
    game = make("founder-v0")
    told = {name: load_name(game.personas[name])().numbers(game) for name in ("clean", "greedy", "cutter")}
    wrongs, managed = personas.Conduct(), personas.Management()
    first = len(wrongs)
    assert {len(numbers) for numbers in told.values()} == {first + len(managed)}
    assert told["clean"][:first] == wrongs
    assert told["clean"][first:] == told["greedy"][first:] == managed
    assert [a != b for a, b in zip(told["cutter"][first:], managed, strict=True)].count(True) == 1


@pytest.mark.parametrize("name", ["clean", "repenter"])
def test_yardsticks_count_what_was_hidden_and_what_came_out(name):
    game = make("founder-v0")
    batch = Batch(game, 8, seed=5)
    seating = Seating(batch, [load_name(game.personas[name])()] * 3, seed=5)
    measured = load_name(game.yardsticks)(batch)
    while not batch.over.all():
        actions = seating.decide()
        measured.before(batch, actions)
        batch.step(actions)
        measured.after(batch, actions)
    for row in measured.rows():
        assert np.isfinite(list(row.values())).all()
        assert row["came_out"] == row["wrongs_hidden"]  # none, or all disclosed in the second year
        assert (row["wrongs_hidden"] > 0) == (name == "repenter")
        assert 0 <= row["months_hidden"] <= 14
        assert row["share_out"] == (name == "repenter")
        assert row["customers_lost"] >= (200 if name == "repenter" else 0)
        assert (row["investors_lost"] > 0) <= (name == "repenter")
        assert row["staff_lost"] == 0
