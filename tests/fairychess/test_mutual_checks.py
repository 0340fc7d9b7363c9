"""Perpetual check by both players: every move of a round gives check. Nobody loses by it, as an independent
engine says too; where a drawn end is counted, the count decides.

The variants are invented for it: kings that leap two squares step off the lines of bishops, and in others a
piece of each side shields its king from one line and opens another.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

from gyges.envs.fairychess import load
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at

sys.path.insert(0, str(Path(__file__).parent))
import chases
from chess_ends import ended

ENGINE = pytest.mark.skipif(importlib.util.find_spec("pyffish") is None, reason="pyffish is not installed")
SMALL = """[kings:chess]
maxFile = 7
maxRank = 7
pawn = -
knight = -
rook = -
queen = -
king = k:D
castling = false
doubleStep = false
promotionPieceTypes = -
perpetualCheckIllegal = true
startFen = 7/2b4/3k1B1/2K4/1B5/4b2/7 w - - 0 1
"""
HALVES = "*1 *2 *3 *4 *5 *6"
LARGE = f"flyingGeneral = false\nmobilityRegionWhiteKing = {HALVES}\nmobilityRegionBlackKing = {HALVES}\n"
SHIELDS = "customPiece1 = x:N\ncustomPiece2 = y:C\n"
STEPS, SHADES = "c4e4 d5d3 e4c4 d3d5", "c3e4 c6d3 e4c3 d3c6"
CASES = {
    # what: (variant, where, moves before the round, the round, who wins: 0, 1 or -1)
    "three times": (SMALL + "nFoldRule = 3\n", "", "", STEPS, -1),
    "twice": (SMALL + "nFoldRule = 2\n", "", "", STEPS, -1),
    "where repetition loses": (SMALL + "nFoldRule = 3\nnFoldValue = loss\n", "", "", STEPS, -1),
    "where repetition wins": (SMALL + "nFoldRule = 3\nnFoldValue = win\n", "", "", STEPS, -1),
    "where it loses for the first player": (
        SMALL + "nFoldRule = 4\nnFoldValue = loss\nnFoldValueAbsolute = true\n", "", "", STEPS, -1),
    "where pieces are counted, as many": (
        SMALL + "nFoldRule = 3\nmaterialCounting = unweighted\n", "", "", STEPS, -1),
    "where pieces are counted, one more": (
        SMALL + "nFoldRule = 3\nmaterialCounting = unweighted\n",
        "7/2b4/3k1B1/2K4/1B5/4b2/B6 w - - 0 1", "", STEPS, 0),
    "where draws are the second player's": (
        SMALL + "nFoldRule = 3\nmaterialCounting = blackdrawodds\n", "", "", STEPS, 1),
    "after a quiet position": (
        SMALL + "nFoldRule = 3\n", "7/2b4/3k1B1/2K4/1B5/7/3b3 b - - 0 1", "d1e2", STEPS, -1),
    "after two": (
        SMALL + "nFoldRule = 3\n", "7/2b4/3k1B1/B1K4/7/7/3b3 w - - 0 1", "a4b3 d1e2", STEPS, -1),
    "begun by the second player": (
        SMALL + "nFoldRule = 3\n", "7/2b4/3k1B1/4K2/1B5/4b2/7 b - - 0 1", "", "d5d3 e4c4 d3d5 c4e4", -1),
    "shogi with kings that leap": (
        "[leap:shogi]\nking = k:D\n", "9/9/9/2b6/3k1B3/2K6/1B7/4b4/9[-] w - - 0 1", "", STEPS, -1),
    "shogi with shields": (
        "[shields:shogi]\n" + SHIELDS, "9/9/1Br6/2y6/5b3/9/1RX2k3/2K6/9[-] w - - 0 1", "", SHADES, -1),
    "xiangqi, where chases count too": (
        "[leap:xiangqi]\nking = k:D\nbishop = b\nelephant = -\n" + LARGE,
        "9/9/9/9/2b6/3k1B3/2K6/1B7/4b4/9 w - - 0 1", "", STEPS, -1),
    "xiangqi with shields": (
        "[shields:xiangqi]\n" + SHIELDS + "customPiece3 = z:B\n" + LARGE,
        "9/9/9/1Zr6/2y6/5z3/9/1RX2k3/2K6/9 w - - 0 1", "", SHADES, -1),
}  # fmt: skip


def played(text: str, fen: str, way: str, round_: str) -> tuple[str, list[str], Board]:
    """Where the game begins, its moves to the end and its board."""
    v = load(text)
    fen = fen or v.startFen
    board, moves, before = Board(v, fen), list[str](), way.split()
    while not board.result().over:
        moves.append((before + round_.split() * 4)[len(moves)])
        board.push(moves[-1])
        assert board.in_check or len(moves) < len(before), moves
    return fen, moves, board


@pytest.mark.parametrize("what", CASES)
def test_nobody_loses_by_checks_of_both(what: str) -> None:
    *given, winner = CASES[what]
    fen, moves, board = played(*given)
    assert len(moves) == len(given[2].split()) + 4 * (board.variant.nFoldRule - 1)
    assert board.result().winner == winner
    assert ended(given[0], fen, moves) == {-1: 3, 0: 1, 1: 2}[winner]


@ENGINE
@pytest.mark.parametrize("what", CASES)
def test_the_engine_says_the_same(what: str) -> None:
    *given, winner = CASES[what]
    fen, moves, board = played(*given)
    name = board.variant.name
    ini = given[0].replace(f"[{name}:", f"[gyges-{name}:")
    if "startFen" not in ini:
        ini += f"startFen = {fen}\n"
    told = chases.asked([(fen, moves[:n]) for n in range(len(moves) + 1)], ini, f"gyges-{name}")
    side = int(board.row[at.TURN])
    assert told == [None] * len(moves) + [0 if winner < 0 else 1 if winner == side else -1]
