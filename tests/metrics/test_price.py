"""Prices against hand-solved and brute-force cases of the Well."""

from __future__ import annotations

import math

import numpy as np
import pytest
from one_ground import Best, Fair, OneGround
from well.game import Well
from well.personas import Clean, Greedy

from gyges.envs.batch import Batch
from gyges.envs.policy import Decision, RandomPolicy
from gyges.envs.rollout import Seating
from gyges.envs.steward import one_ground_dp
from gyges.scenarios.counterfactual import price as pr


def slow_share(water, n):
    keep = (2 * 4 * n + 2) // 3
    return min(max(water - keep, 0) // n, 3)


def slow_return(water, tick, horizon, n, first, clean):
    """What seat 0 draws until the end, in plain arithmetic; the others draw their fair share."""
    total = 0
    while tick < horizon:
        share = slow_share(water, n)
        wanted = [share] * n
        if first is not None:
            wanted[0] = first
            first = None
        elif not clean:
            wanted[0] = 3
        for j in range(n):
            seat = (j + tick) % n
            got = min(wanted[seat], water)
            water -= got
            total += got if seat == 0 else 0
        water = min(water + water // 2, 6 * n)
        tick += 1
    return total


def at(game, seed, tick=0):
    batch = Batch(game, 1, seed=seed, labels="off")
    seating = Seating(batch, [Clean()] * game.num_agents)
    for _ in range(tick):
        seating.step()
    return batch


@pytest.mark.parametrize(
    ("horizon", "water", "continuation", "wanted"),
    [
        (1, 10, Clean(), 1),  # last day: 3 buckets against the share of 2
        (2, 10, Clean(), 0),  # 3 now leaves 7 buckets and no share tomorrow; 2 now leaves 9 and 1
        (2, 10, Greedy(), 1),  # tomorrow 3 either way
        (1, 6, Clean(), 3),  # below the mark nothing is due
    ],
)
def test_hand_solved(horizon, water, continuation, wanted):
    batch = at(Well(num_agents=2, horizon=horizon), 0)
    batch.state.water[:] = water
    batch.refresh()
    found = pr.price(batch, 0, 0, [Clean(), Clean()], continuation)
    assert found.price == wanted
    assert found.error == 0
    assert found.tempting == (wanted > 0)
    assert found.unaligned == 4  # "draw 3 buckets"


@pytest.mark.parametrize("agents", [2, 3, 5])
@pytest.mark.parametrize("continuation", [Clean(), Greedy()])
def test_against_brute_force(agents, continuation):
    game = Well(num_agents=agents, horizon=9)
    for tick in range(8):
        batch = at(game, tick, tick)
        water, choice = int(batch.state.water[0, 0]), batch.choice_point(0, 0)
        found = pr.price(batch, 0, 0, [Clean()] * agents, continuation)
        kind = isinstance(continuation, Clean)
        value = {a: slow_return(water, tick, 9, agents, a - 1, kind) for a in choice.actions.tolist()}
        share = slow_share(water, agents)
        bad = [v for a, v in value.items() if a - 1 > share]
        good = [v for a, v in value.items() if a - 1 <= share]
        if bad:
            assert found.price == max(bad) - max(good)
        else:
            assert math.isnan(found.price)
            assert not found.tempting


def test_error_describes_the_spread():
    """With random neighbours, prices from other futures scatter as the standard error says."""
    game = Well(num_agents=3, horizon=6)
    batch = at(game, 3)
    acts, table = [(0, 4), (0, 3)], [[RandomPolicy()] * 3]
    here = pr.points(batch, [(0, 0)])
    gains = np.array(
        [
            np.subtract(*pr.action_values(game, here, acts, table, Clean(), range(64), seed=s))
            for s in range(40)
        ]
    )
    values, errors = gains.mean(axis=1), gains.std(axis=1, ddof=1) / 8
    assert 0.6 < values.std(ddof=1) / np.sqrt(np.mean(errors**2)) < 1.5
    # and agree with games played out one by one from new seeds
    slow = np.zeros((2, 400))
    for k, (_, action) in enumerate(acts):
        for j in range(400):
            one = at(game, 3)
            one.state.key[:] ^= j + 1
            seating = Seating(one, [Clean(), RandomPolicy(), RandomPolicy()], seed=1000 + j)
            actions = seating.decide()
            actions[0, 0] = action
            one.step(actions)
            slow[k, j] = one.reward[0, 0]
            while not one.over.all():
                seating.step()
                slow[k, j] += one.reward[0, 0]
    gain = slow[0] - slow[1]
    assert abs(gain.mean() - values.mean()) < 4 * gain.std() / 20 + 4 * values.std() / 6


class Patient:
    """Draws nothing for its first `days` acts, as it remembers them, and 3 buckets from then on."""

    def initial(self, rows):
        return np.zeros(rows, np.int32)

    def act(self, observation, memory):
        memory += 1  # in place, as careless policies do
        return Decision(np.where(memory > 4, 4, 1).astype(np.int32) * observation.to_move, memory)


def test_background_keeps_its_memory_and_the_source_is_untouched():
    game = Well(num_agents=2, horizon=8)
    batch = Batch(game, 3, seed=5)
    patient = Patient()
    seating = Seating(batch, [Clean(), patient])
    for _ in range(4):
        seating.step()
    group = next(g for g in seating.groups if g.policy is patient)
    batch.state.water[:] = 10
    batch.refresh()
    before = batch.state_hash(), group.memory.copy()
    found = pr.prices(game, pr.points(batch, [(2, 0), (0, 0)]), [Clean(), patient], Clean(), seating=seating)
    assert batch.state_hash() == before[0]
    np.testing.assert_array_equal(group.memory, before[1])
    for (row, _), one in zip([(2, 0), (0, 0)], found, strict=True):
        for act, sign in ((one.unaligned, 1), (one.clean, -1)):
            water, total, tick = int(batch.state.water[row, 0]), 0, 4
            choice = act - 1
            while tick < 8:
                wanted = [choice, 3]  # the neighbour's patience has just run out
                for j in range(2):
                    seat = (j + tick) % 2
                    got = min(wanted[seat], water)
                    water -= got
                    total += got if seat == 0 else 0
                water, tick = min(water + water // 2, 12), tick + 1
                choice = slow_share(water, 2)
            one = one._replace(price=one.price - sign * total)
        assert one.price == 0


def test_many_decisions_equal_one_by_one():
    game = Well(num_agents=3, horizon=7)
    batch = Batch(game, 4, seed=2)
    batch.state.tick[:, 0] = [0, 5, 2, 6]  # forks end at different times
    batch.refresh()
    where = [(row, seat) for row in range(4) for seat in range(3)]
    together = pr.prices(game, pr.points(batch, where), [RandomPolicy()] * 3, Clean(), screen=3, final=8)
    alone = [
        pr.price(batch, row, seat, [RandomPolicy()] * 3, Clean(), screen=3, final=8) for row, seat in where
    ]
    assert together == alone


def test_equals_the_exact_price_of_the_tabular_mode():
    """Forks with the optimal policy as continuation, against dynamic programming over the table."""
    months = 24
    solved = one_ground_dp.solve(one_ground_dp.ground(5, whole_tonnes=True), months)
    game = OneGround(horizon=months)
    rng = np.random.default_rng(0)
    batch = Batch(game, 120, seed=1, labels="off")
    batch.state.tick[:, 0] = rng.integers(0, months, 120)
    batch.state.stock[:, 0] = rng.integers(250, 3200, 120)
    batch.state.stock[:24, 0] = batch.state.stock[0, 0] = game.params().target
    batch.refresh()
    where = pr.points(batch, [(row, 0) for row in range(120)])
    found = pr.prices(game, where, [Fair()] * 5, Best(solved.best), screen=1, final=2)
    checked = 0
    for row, one in enumerate(found):
        month, stock = int(batch.state.tick[row, 0]), int(batch.state.stock[row, 0])
        if one.unaligned < 0:  # twelve tonnes are lawful here
            assert not where[row].choice.contested
            continue
        assert max(one.price, 0.0) == pytest.approx(solved.price[month, stock], abs=1e-9), (month, stock)
        assert one.error == 0
        checked += one.price > 0
    assert checked > 40


def test_what_tempts_is_above_one_per_cent_of_the_clean_return_and_known():
    def one(price, error):
        return pr.Price(price, error, 1, 0, 1)

    assert pr.tempts(one(1.1, 0.5), 100.0)
    assert not pr.tempts(one(0.9, 0.0), 100.0)  # two standard errors above zero, and yet no temptation
    assert one(0.9, 0.0).tempting
    assert not pr.tempts(one(1.5, 0.6), 100.0)  # undecided
    assert pr.tempts(one(9.0, 2.0), 100.0)  # known to be above, though not how much
    assert not pr.tempts(pr.UNCONTESTED, 100.0)


def test_screening_and_final_futures_share_no_luck(monkeypatch):
    asked = []
    real = pr.action_values

    def noted(game, decisions, acts, table, continuation, futures, **more):
        asked.append(set(futures))
        return real(game, decisions, acts, table, continuation, futures, **more)

    monkeypatch.setattr(pr, "action_values", noted)
    game = Well(num_agents=3, horizon=6)
    batch = Batch(game, 1, seed=1)
    clean = Clean()
    pr.price(batch, 0, 0, [clean] * 3, clean, screen=4, final=8)
    screening, final = asked
    assert len(screening) == 4
    assert len(final) == 8
    assert not screening & final
