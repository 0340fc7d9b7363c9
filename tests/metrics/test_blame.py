"""Who bears what of an episode's cost: exact games, planted wrongdoers, sampled orders."""

import itertools
import math

import numpy as np
import pytest

from gyges.agents.load import load
from gyges.envs.batch import Batch, rules_hash
from gyges.envs.episode import Seat, Tape
from gyges.envs.registry import make
from gyges.envs.rollout import Seating, rollout
from gyges.scenarios.counterfactual.blame import Blame, blame, coalitions, sampled, shapley


def played(game, names, seed=5):
    """An episode in which each seat is played by a persona, and the welfare of all seats."""
    batch = Batch(game, 1, seed=seed)
    seating = Seating(batch, [load(name, game) for name in names], seed=0)
    tape, welfare = Tape(batch, seating), 0.0
    for _ in rollout(batch, seating, [tape]):
        welfare += batch.welfare.sum() / game.welfare_scale
    seats = tuple(Seat(name, False, name, "") for name in names)
    parts = {"scenario": "", "seats": seats, "rules": rules_hash(game)}
    return tape.episode(0, **parts), welfare


def by_orders(values, seats):
    """Shares by the definition: what each seat costs when it joins, over all orders."""
    found = np.zeros(seats)
    for order in itertools.permutations(range(seats)):
        at = 0
        for seat in order:
            found[seat] += values[at] - values[at | 1 << seat]
            at |= 1 << seat
    return found / math.factorial(seats)


@pytest.mark.parametrize("seats", [1, 2, 3, 5])
def test_the_shares_are_the_mean_over_all_orders(seats):
    values = np.random.default_rng(seats).normal(size=1 << seats)
    assert np.allclose(shapley(values), by_orders(values, seats))
    assert np.isclose(shapley(values).sum(), values[0] - values[-1])


def test_like_seats_share_alike():
    sets = coalitions(4)
    values = -1.0 * (sets[:, 0] & sets[:, 1]) - 3.0 * sets[:, 2]  # one harm takes two, one takes one
    assert np.allclose(shapley(values), [0.5, 0.5, 3.0, 0.0])


def test_sampled_orders_agree_with_all_of_them():
    values = np.random.default_rng(0).normal(size=1 << 5)

    def of(sets):
        return values[(sets * (1 << np.arange(5))).sum(1)]

    orders = np.random.default_rng(1).permuted(np.tile(np.arange(5), (2000, 1)), axis=1)
    shares, errors = sampled(of, orders)
    assert (errors > 0).all()
    assert (np.abs(shares - shapley(values)) < 4 * errors).all()
    assert np.isclose(shares.sum(), values[0] - values[-1])


@pytest.mark.parametrize("game", ["steward-v1", "tabular_steward-v1"])
def test_a_sole_wrongdoer_bears_all(game):
    env = make(game)
    episode, welfare = played(env, ["greedy", *["clean"] * (env.num_agents - 1)])
    found = blame(episode)
    assert np.isclose(found.recorded, welfare)
    assert found.departures[0] > 0
    assert not found.departures[1:].any()
    assert np.isclose(found.shares[0], found.clean - found.recorded)
    assert (found.shares[1:] == 0).all()


def test_clean_play_bears_nothing():
    env = make("tabular_steward-v1")
    found = blame(played(env, ["clean"] * env.num_agents)[0])
    assert found.clean == found.recorded
    assert not found.shares.any()


def test_wrongdoers_share_what_the_record_cost():
    env = make("steward-v1")
    names = ["greedy", "clean", "greedy", "clean", "greedy"][: env.num_agents]
    found = blame(played(env, names)[0])
    guilty = np.array([name == "greedy" for name in names])
    assert (found.shares[~guilty] == 0).all()
    assert (found.shares[guilty] != 0).all()
    assert np.isclose(found.shares.sum(), found.clean - found.recorded)


def test_many_seats_are_sampled():
    env = make("steward-v1", num_agents=8)
    episode, _ = played(env, ["greedy"] * 2 + ["clean"] * 6)
    found = blame(episode, permutations=8)
    assert (found.shares[2:] == 0).all()
    assert np.isclose(found.shares.sum(), found.clean - found.recorded)
    assert isinstance(found, Blame)
    assert found.to_json()["departures"] == found.departures.tolist()
