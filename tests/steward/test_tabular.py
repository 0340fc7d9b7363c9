"""The solved game: against brute force, against the game itself, and the figures it stands on."""

import itertools

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.certificate import Same
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.envs.steward import encoding as at
from gyges.envs.steward import one_ground_dp
from gyges.envs.steward.personas import Clean

U = at.UNIT


def test_solution_equals_brute_force_over_three_months():
    g = one_ground_dp.ground(3, whole_tonnes=True)
    solved = one_ground_dp.solve(g, 3)
    for start in (g.start, g.start // 2, g.start // 5):
        best = 0
        for plan in itertools.product(range(13), repeat=3):
            stock, got = start, 0
            for h in plan:
                others = min(2 * int(g.share[stock]), stock)
                take = min(h * U, stock - others)
                got += take
                stock = int(g.grown[stock - others - take])
            best = max(best, got)
        assert solved.value[0, start] == best / U


def test_the_price_is_what_the_best_act_gains_over_the_best_lawful_one():
    g = one_ground_dp.ground(5, whole_tonnes=True)
    solved = one_ground_dp.solve(g, 6)
    assert (solved.price >= 0).all()
    last = solved.price[5]  # in the last month only this month counts
    assert last[g.start] == 12 - 5
    assert last[0] == 0


@pytest.mark.parametrize("greedy", [False, True])
def test_the_game_without_luck_walks_the_same_path(greedy):
    settings = {
        "num_grounds": 1,
        "orders": 0.0,
        "fire": 0.0,
        "weather": 0.0,
        "survey": 1,
        "store": 100,
        "hazard": 0.0,
    }
    game = make("steward-v1", **settings)
    batch = Batch(game, 1, seed=2)
    lay = game.layout
    most = Same(
        pledge=lay.pledge + 5, fish=at.A_FISH + 12, report=at.A_REPORT + 12, give=at.PASS, accuse=at.PASS
    )
    seating = Seating(batch, [most if greedy else Clean(), *[Clean()] * 4])
    seen = []
    while batch.state.month[0, 0] < 8:
        if batch.state.phase[0, 0] == at.PLEDGE:
            seen.append(int(batch.state.stock[0, 0]))
        seating.step()
    g = one_ground_dp.ground(5, whole_tonnes=True)
    _, expected = one_ground_dp.path(g, [12 if greedy else None, *[None] * 4], 8)
    assert seen == expected.tolist()


def test_the_rules_and_the_tables_agree_on_every_stock():
    from gyges.envs.fishery import rules as economy

    p = make("steward-v1", num_agents=2, num_grounds=1).params()
    g = one_ground_dp.ground(2)
    for stock in range(len(g.grown)):
        assert economy.grown(stock, p.capacity, p.rate, 0) == g.grown[stock]
        assert economy.surplus(stock, p.capacity, p.rate, p.target) == g.sustainable[stock], stock


def test_figures():
    found = one_ground_dp.figures()
    assert found["all clean"] == 120
    assert found["best response to clean"] > found["always 12 among clean"] > 120
    assert found["all always 12"] < 40
    assert found["sole clean"] < 20
    assert (
        2
        < found["mean price along the best response"]
        < found["greatest price along the best response"]
        <= 11
    )
    assert found["doubling: always 12 among clean"] < found["doubling: all clean"]  # naive greed does not pay
    assert np.isfinite(list(found.values())).all()
