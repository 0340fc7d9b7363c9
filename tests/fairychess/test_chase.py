"""Perpetual chase: constructed positions and random games in circles, beside an independent engine."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from gyges.envs.fairychess import encoding, load, names
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.describe import rules_text
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.variants.explain import explain

sys.path.insert(0, str(Path(__file__).parent))
import chases
from chess_ends import ended

ENGINE = pytest.mark.skipif(importlib.util.find_spec("pyffish") is None, reason="pyffish is not installed")
CASES = {
    # what: (where, the moves of a round, who wins: 0 first player, 1 second, -1 nobody)
    "a rook chases a cannon": ("2b2k3/9/9/9/9/9/8c/3R5/9/3K5 w", "d3d4 i4i3 d4d3 i3i4", 1),
    "of one that is protected": ("2b2k3/9/9/9/8r/9/8c/3R5/9/3K5 w", "d3d4 i4i3 d4d3 i3i4", -1),
    "the second player's": ("7N1/9/4k2r1/9/3p5/9/9/9/5K3/9 b", "h8h6 h10g8 h6h8 g8h10", 0),
    "of its like": ("2bk5/9/9/9/9/9/6R1r/9/9/5K3 w", "g4f4 c10a8 f4g4 a8c10", -1),
    "a rook retreats and comes nearer": ("2bk5/9/9/9/9/9/6R1n/9/9/5K3 w", "g4f4 c10a8 f4g4 a8c10", -1),
    "two chase alternately": ("2b1k4/9/9/9/9/4N4/9/3c1K3/9/4RA3 w", "f1e2 c10a8 e2f1 a8c10", 1),
    "with check behind, what is protected": (
        "2b1k4/9/9/9/9/4N4/9/r2c1K3/9/4RA3 w", "f1e2 c10a8 e2f1 a8c10", 1),
    "without the check behind": ("2bk5/9/9/9/9/4N4/9/3c1K3/9/4RA3 w", "f1e2 c10a8 e2f1 a8c10", -1),
    "with check behind, what attacks it": ("2b2k3/9/9/6n2/9/5N3/6R2/9/9/5K3 w", "g4f4 c10a8 f4g4 a8c10", 1),
    "horses that attack each other": ("2bk5/9/9/6n2/9/5N3/6R2/9/9/5K3 w", "g4f4 c10a8 f4g4 a8c10", -1),
    "what a pinned piece protected": ("2b1k4/9/9/9/9/9/9/3cr4/1N3K3/4RA3 w", "f1e2 c10a8 e2f1 a8c10", 1),
    "by a soldier": ("2b1k4/9/9/2r1r4/2P1N4/9/9/9/9/3KR4 w", "e6f4 c10a8 f4e6 a8c10", 1),
    "by the king": ("2b1k4/9/9/9/9/9/9/3cr4/3K5/4RA3 w", "f1e2 c10a8 e2f1 a8c10", 1),
    "by nobody": ("2b1k4/9/9/2r1r4/4N4/9/9/9/9/3KR4 w", "e6f4 c10a8 f4e6 a8c10", -1),
    "by a pinned horse": ("2b1k4/3r5/9/2r1r4/4N4/3N5/9/9/9/3KR4 w", "e6f4 c10a8 f4e6 a8c10", -1),
    "a soldier with check behind": ("2b1kr3/5P3/5N3/9/9/9/9/9/9/3K5 w", "f8d9 c10a8 d9f8 a8c10", -1),
    "what stands before the king too": ("2b1k4/4a4/9/4R4/9/9/9/9/3K5/4C4 w", "e7e4 c10a8 e4e7 a8c10", -1),
    "over a king, with check behind": (
        "5c3/C4k3/b8/5c3/9/8N/1c7/P4K3/6P2/p4AN2 w", "a9a10 f7f8 a10a9 f8f7", 0),
    "a soldier that has crossed": ("3k5/7R1/9/9/9/9/8p/9/9/4K4 w", "h9i9 i4h4 i9h9 h4i4", 1),
    "checks against chases": ("3k5/8R/9/9/9/9/9/9/9/5K3 w", "i9i10 d10d9 i10i9 d9d10", 1),
}  # fmt: skip


def played(v, fen, cycle):
    """The moves of a game in circles to its end, and the board; a round that cannot be walked is an error."""
    board, moves = Board(v, fen), []
    while not board.result().over:
        moves.append(cycle.split()[len(moves) % len(cycle.split())])
        board.push(moves[-1])
        assert len(moves) < 40
    return moves, board


@pytest.fixture(scope="module")
def walked():
    """Every constructed game."""
    v = load("xiangqi")
    return {
        what: (f"{one[0]} - - 0 1", *played(v, f"{one[0]} - - 0 1", one[1])) for what, one in CASES.items()
    }


@pytest.mark.parametrize("what", CASES)
def test_who_wins(walked, what):
    fen, moves, board = walked[what]
    winner = CASES[what][2]
    assert board.result().winner == winner
    assert ended("xiangqi", fen, moves) == {-1: 3, 0: 1, 1: 2}[winner]


ARRIVALS = {
    # how the rook comes where the position first stands, the chased to move: as in CASES, with the way there
    "as the game begins": ("2b2k3/9/9/9/9/9/3R4c/9/9/3K5 b", "", 1),
    "by a chase": ("2b2k3/9/9/9/9/3R5/8c/9/9/3K5 w", "d5d4", 1),
    "by a chase that takes": ("2b2k3/9/9/9/9/9/3p4c/3R5/9/3K5 w", "d3d4", 1),
    "by no chase": ("2b2k3/9/9/9/9/9/R7c/9/9/3K5 w", "a4d4", -1),
    "by no chase, taking what stood between": ("2b2k3/9/9/9/9/9/R2p4c/9/9/3K5 w", "a4d4", -1),
}


@pytest.fixture(scope="module")
def arrived():
    """Those games: the position that stands a third time is one in which the chased side moves."""
    v, found = load("xiangqi"), {}
    for how, (fen, way, _) in ARRIVALS.items():
        board, moves = Board(v, f"{fen} - - 0 1"), way.split()
        for move in moves:
            board.push(move)
        while not board.result().over and len(moves) < 12:
            moves.append("i4i3 d4d3 i3i4 d3d4".split()[(len(moves) - len(way.split())) % 4])  # noqa: SIM905
            board.push(moves[-1])
        found[how] = (f"{fen} - - 0 1", moves, board)
    return found


@pytest.mark.parametrize("how", ARRIVALS)
def test_the_move_that_led_to_the_position_must_chase_too(arrived, how):
    fen, moves, board = arrived[how]
    winner = ARRIVALS[how][2]
    assert len(moves) == 8 + len(ARRIVALS[how][1].split())
    assert board.result().winner == winner
    assert ended("xiangqi", fen, moves) == {-1: 3, 1: 2}[winner]


@ENGINE
def test_the_engine_says_the_same_of_arrivals(arrived):
    told = chases.asked([one[:2] for one in arrived.values() if one[1][0] != "i4i3"], "", "xiangqi")
    for how, value in zip((h for h in ARRIVALS if ARRIVALS[h][1]), told, strict=True):
        assert value == (0 if ARRIVALS[how][2] == -1 else 1), how


@pytest.mark.parametrize("most", [8, 9, 13, 1024])
@pytest.mark.parametrize(("way", "end"), [("a4d4", 3), ("a4a5 f10f9 a5d5 f9f10 d5d4", 2)])
def test_moves_that_are_forgotten_decide_nothing(monkeypatch, most, way, end):
    """Of more plies than positions are remembered for the first are forgotten."""
    monkeypatch.setattr(encoding, "MAX_HISTORY", most)
    about, around = "a4a5 f10f9 a5b5 f9f10 b5b4 c10a8 b4a4 a8c10", "i4i3 d4d3 i3i4 d3d4"
    moves = f"{about} {way} {around} {around}".split()
    assert ended("xiangqi", "2b2k3/9/9/9/9/9/R7c/9/9/3K5 w - - 0 1", moves) == end


def test_looking_back_leaves_the_position_as_it_was(walked):
    for _, _, board in walked.values():
        row = board.row.copy()
        first = board.result()
        assert board.result() == first
        assert np.array_equal(board.row, row)


@ENGINE
def test_the_engine_says_the_same(walked):
    told = chases.asked([one[:2] for one in walked.values()], "", "xiangqi")
    for (what, (_, _, board)), value in zip(walked.items(), told, strict=True):
        side, winner = int(board.row[at.TURN]), CASES[what][2]
        assert value == (0 if winner == -1 else 1 if winner == side else -1), what


DROPS = "[house:xiangqi]\npieceDrops = true\ncapturesToHand = true\n"


@ENGINE
@pytest.mark.parametrize(
    ("text", "number", "most"),
    [("xiangqi", 150, 5), ("xiangqi", 60, 14), ("[ch:chess]\nchasingRule = axf\n", 60, 4), (DROPS, 60, 5),
     ("[mx:minixiangqi]\nchasingRule = axf\n", 60, 6), ("manchu", 40, 5), ("supply", 40, 5)],
)  # fmt: skip
def test_random_games_in_circles(text, number, most):
    v = load(text)
    found = chases.games(v, 5, number, most)
    told = chases.asked([one[:2] for one in found], text if "\n" in text else "", v.name)
    compared = [(one, value) for one, value in zip(found, told, strict=True) if value is not None]
    assert len(compared) > number // 2
    assert [one for one, value in compared if one[2] != value] == []
    assert any(one[2] for one, _ in compared)


def test_of_the_library_xiangqi_alone_has_the_rule():
    assert [name for name in names() if load(name).chasingRule != "none"] == ["xiangqi"]


@pytest.mark.parametrize("chase_first", [True, False])
def test_every_move_since_the_position_stood_first_must_chase(chase_first):
    chasing, idle = "d3d4 i4i3 d4d3 i3i4".split(), "d1e1 i4i5 e1d1 i5i4".split()  # noqa: SIM905
    board = Board("xiangqi", CASES["a rook chases a cannon"][0] + " - - 0 1")
    for move in [*chasing, *idle] if chase_first else [*idle, *chasing]:
        assert not board.result().over
        board.push(move)
    assert board.result().winner == -1


def test_the_rule_is_told():
    variant = load("xiangqi")
    for text in (rules_text(variant), explain(variant)):
        assert "by nothing but chases of one piece loses" in text
        assert "Chased though protected are a rook (R) by a cannon (C) or horse (N), and" in text
        assert "not followed" not in text
