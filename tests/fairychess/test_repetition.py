"""Repetition and the n-move rule against an independent engine, in games that go round in circles."""

import importlib.util
import json
import random
import re
import subprocess
import sys

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.fairychess import load
from gyges.envs.fairychess.board import Board, uci
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.registry import make

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pyffish") is None, reason="pyffish is not installed"
)
CHILD = """
import json, sys
import pyffish as sf
for line in sys.stdin:
    ini, name, fen, moves = json.loads(line)
    sf.load_variant_config(ini)
    found = []
    for n in range(len(moves) + 1):
        over, value = sf.is_optional_game_end(name, fen, moves[:n])
        found.append([bool(over), (value > 0) - (value < 0)])
    print("\\nANSWER " + json.dumps(found), flush=True)
"""
CIRCLES = {
    "chess": ("4k3/8/8/8/8/8/4P3/R3K2R w KQ - 0 1", ""),
    "gardner": ("4k/5/5/5/K4 w - - 0 1", ""),
    "crazyhouse": ("4k3/8/8/8/8/8/8/4K3[Pp] w - - 0 1", ""),
    "losing": (
        "4k/5/5/5/KR3 w - - 0 1",
        "[losing:gardner]\nnFoldRule = 4\nnFoldValue = loss\nnMoveRule = 30\n",
    ),
    "winning": ("3k1/5/5/5/KN3 w - - 0 1", "[winning:gardner]\nnFoldRule = 2\nnFoldValue = win\n"),
    "minishogi": ("4k/5/5/5/K4[g] w - - 0 1", ""),
    "counted": ("4k3/8/8/8/8/8/8/R3K3 w Q - 3+3 0 1", "[counted:3check]\nnFoldRule = 3\n"),
}


def theirs(questions):
    lines = "\n".join(json.dumps(q) for q in questions)
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=lines, capture_output=True, text=True, timeout=120, check=True
    )
    return [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("ANSWER ")]


def circling(game, seed):
    """A game that prefers moves of few pieces; its UCI moves, and (why, reward of the side to move)."""
    batch = Batch(game, 1, seed=seed)
    generator, moves = random.Random(seed), []
    while not batch.over[0]:
        side = int(batch.state.info[0, at.TURN])
        codes = batch.codes[0, side]
        row = game.rows_of(codes)[0]
        legal = sorted(game.moves(codes).items())
        quiet = [(a, m) for a, m in legal if not row[at.INFO + (m & at.SQ)] and not m & at.DROP]
        action, move = generator.choice(quiet[:3] if quiet and generator.random() < 0.97 else legal)
        moves.append(uci(game.compiled, row, move))
        actions = np.zeros((1, 2), np.int32)
        actions[0, side] = action
        batch.step(actions)
    side = int(batch.state.info[0, at.TURN])
    return moves, int(batch.state.why[0, 0]), int(batch.reward[0, side])


@pytest.mark.parametrize("name", CIRCLES)
def test_games_end_where_another_engine_says(name):
    fen, text = CIRCLES[name]
    variant = load(text or name)
    own = "gyges-" + variant.name
    ini = re.sub(r"^\[.*\]", f"[{own}]", variant.text)
    game = make("fairychess-v1", variant=text or name, start=fen, horizon=600)
    games = [circling(game, seed) for seed in range(5)]
    seen = set()
    for (moves, why, reward), told in zip(
        games, theirs([[ini, own, fen, m] for m, _, _ in games]), strict=True
    ):
        seen.add(why)
        assert not any(over for over, _ in told[:-1]), moves
        assert told[-1][0] == (why in (4, 5)), (why, moves)
        if why in (4, 5):
            assert told[-1][1] == reward, (why, moves)
    assert 4 in seen


def test_the_board_counts_as_the_game_does():
    """`Board.result` after the same moves."""
    for name in ("gardner", "crazyhouse", "chess"):
        fen, text = CIRCLES[name]
        game = make("fairychess-v1", variant=text or name, start=fen)
        moves, why, _ = circling(game, 3)
        board = Board(game.variant, fen)
        for move in moves:
            assert not board.result().over
            board.push(move)
        assert board.result().over == (why in range(1, 6))


def test_the_board_tells_hands_apart():
    board = Board("crazyhouse", "4k3/8/5q2/8/8/8/8/4K3[NN] w - - 0 1")
    for _ in range(2):
        for move in "N@e5 f6e5 e1d1 e5f6 d1e1".split():  # noqa: SIM905  a line of play
            board.push(move)
        board.push("e8d8" if board.row[at.KING + 1] == 60 else "d8e8")
    for move in "e1d1 e8f8 d1e1 f8e8".split():  # noqa: SIM905
        assert not board.result().over
        board.push(move)
    assert not board.result().over  # the board of the beginning for the third time, with other hands


CYCLES = [
    # (variant, where, moves that come back to it, the winner: 0 first, 1 second, -1 nobody)
    ("chess", "4k3/8/8/8/8/8/8/4K3 w - - 0 1", "e1d1 e8d8 d1e1 d8e8", -1),
    ("minishogi", "4k/5/5/5/K4[-] w - - 0 1", "a1b1 e5d5 b1a1 d5e5", 1),
    ("minishogi", "3k1/5/5/5/K4[-] b - - 0 1", "d5e5 a1b1 e5d5 b1a1", 1),
    ("mini", "4k/5/5/5/K4[-] w - - 0 1", "a1b1 e5d5 b1a1 d5e5", -1),
    ("minishogi", "3k1/5/5/5/K3R[-] w - - 0 1", "e1d1 d5e5 d1e1 e5d5", 1),  # perpetual check by the first
    ("shogi", "3k5/9/9/9/9/9/9/9/K3R4[-] w - - 0 1", "e1d1 d9e9 d1e1 e9d9", 1),
    (
        "shogi",
        "3k4r/9/9/9/9/9/9/9/4K4[-] b - - 0 1",
        "i9e9 e1d1 e9i9 d1e1",
        -1,
    ),  # every other is no check
    ("xiangqi", "3k5/8R/9/9/9/9/9/9/9/5K3 w - - 0 1", "i9i10 d10d9 i10i9 d9d10", 1),
    ("torishogi", "3k3/7/7/7/7/7/3K3[-] w - - 0 1", "d1c1 d7e7 c1d1 e7d7", None),
    ("dobutsu", "l2/3/3/2L[-] w - - 0 1", "c1b1 a4b4 b1c1 b4a4", -1),
    ("armageddon", "4k3/8/8/8/8/8/8/4K3 w - - 0 1", "e1d1 e8d8 d1e1 d8e8", 1),
    ("janggi", "3k5/9/9/9/9/9/9/9/9/5K2R w - - 0 1", "i1h1 d10d9 h1i1 d9d10", 0),
]


@pytest.mark.parametrize(("name", "fen", "cycle", "winner"), CYCLES)
def test_who_wins_by_repetition(name, fen, cycle, winner):
    """The variant's own rule; beside the engine wherever it has the same count of repetitions."""
    variant = load(name)
    board, moves = Board(variant, fen), list[str]()
    while not board.result().over and len(moves) < 60:
        moves.append(cycle.split()[len(moves) % 4])
        board.push(moves[-1])
    assert board.result().over
    side = int(board.row[at.TURN])
    said = board.result().winner
    if winner is not None:
        assert said == winner
    game = make("fairychess-v1", variant=name, start=fen, horizon=80)
    batch = Batch(game, 1, seed=1)
    for move in moves:
        assert not batch.over[0]
        actions = np.zeros((1, 2), np.int32)
        turn = int(batch.state.info[0, at.TURN])
        actions[0, turn] = game.action_from_uci(batch.codes[0, turn], move)
        batch.step(actions)
    assert batch.over[0]
    assert int(batch.state.end[0, 0]) == {0: 1, 1: 2, -1: 3}[said]
    if name in ("dobutsu", "mini"):
        return  # dobutsu: three times by the game's rules, four in the engine; its mini is minishogi
    [told] = theirs([["", name, fen, moves]])
    assert not any(over for over, _ in told[:-1])
    value = 0 if said == -1 else 1 if said == side else -1
    assert told[-1] == [True, value]


def test_keys_of_repetition_are_followed():
    text = "[x:gardner]\nnFoldRule = 2\nnFoldValue = win\n"
    for more, winner in (("", 0), ("nFoldValueAbsolute = true\n", 0), ("nFoldValue = loss\n", 1)):
        board = Board(text + more, "4k/5/5/5/K4 w - - 0 1")
        for move in ("a1b1", "e5d5", "b1a1", "d5e5"):
            assert not board.result().over
            board.push(move)
        assert board.result().winner == winner
    board = Board(text + "nFoldValueAbsolute = true\n", "4k/5/5/5/K4 b - - 0 1")
    for move in ("e5d5", "a1b1", "d5e5", "b1a1"):
        board.push(move)
    assert board.result().winner == 0
