"""Whether a variant is worth learning: games, and when a candidate is dropped."""

import dataclasses

import pytest

from gyges.agents.sandbox.process import Limits
from gyges.envs.fairychess.variants.ini_files import load
from gyges.scenarios.arena.games import Pairing, play_pairs
from gyges.scenarios.arena.openings import Balance, openings
from gyges.scenarios.transfer.candidates import Bar, Measured, dropped, measure, play

GARDNER = load("gardner")
FEW = Bar(nodes=30, weak_nodes=1, games=4, horizon=40, start_nodes=30, balance=Balance(nodes=30), seed=1)
ALL = dataclasses.replace(FEW, most_drawn=1.0, first=(0.0, 1.0), least_score=0.0)


@pytest.fixture(scope="module")
def few():
    return openings(GARDNER, 4, 1, FEW.balance)


def test_games_are_those_that_the_arena_plays(few):
    places = tuple(enumerate(few[:2]))
    arena = play_pairs(Pairing("gardner", "alphabeta:30", "alphabeta:5", places, 40, 0, Limits()))
    mine = []
    for _, fen in places:
        score, plies = play(GARDNER, fen, (30, 5), 40)
        other, more = play(GARDNER, fen, (5, 30), 40)
        mine += [(score, plies), (1 - other, more)]
    assert [(one.score, len(one.moves)) for one in arena] == mine


def test_a_candidate_that_meets_the_bar_is_played_to_the_end():
    found = measure(GARDNER, ALL)
    assert (found.why, found.games, found.against) == ("", 4, 4)
    assert 0 < found.plies <= 40
    assert found == measure(GARDNER, ALL)
    assert measure(GARDNER, dataclasses.replace(ALL, seed=2)) != found


@pytest.mark.parametrize(
    ("bar", "why"),
    [({"most_drawn": -0.1}, "too many draws"), ({"least_score": 1.1}, "thinking further wins too little"),
     ({"balance": Balance(nodes=30, bound=-1)}, "too few even openings")],
)  # fmt: skip
def test_a_candidate_is_dropped_for_a_stated_reason(bar, why):
    bar = dataclasses.replace(ALL, **bar)
    assert measure(GARDNER, bar).why == why


@pytest.mark.parametrize(
    ("fen", "why"),
    [("4k/R4/1R3/5/4K w - - 0 1", "a forced end from the start position"),
     ("4r/5/5/k4/R3K w - - 0 1", "a king attacked at the start")],
)  # fmt: skip
def test_start_positions_that_are_decided_or_in_check_are_refused(fen, why):
    assert measure(load(f"[placed:gardner]\nstartFen = {fen}\n"), ALL) == Measured(why)


@pytest.mark.parametrize(
    ("scores", "why"),
    [([0.5] * 50, ""), ([0.5] * 51, "too many draws"), ([1.0] * 70, ""), ([0.0] * 70, ""),
     ([1.0] * 71, "the first player wins too often"), ([0.0] * 71, "the second player wins too often"),
     ([0.5] * 50 + [1.0] * 36, "the first player wins too often"), ([0.5] * 50 + [1.0] * 35, "")],
)  # fmt: skip
def test_a_candidate_is_dropped_as_soon_as_it_cannot_pass_and_no_sooner(scores, why):
    assert dropped(scores, Bar()) == why
