"""Random games of library and invented variants against an independent engine."""

import importlib.util
import os

import pytest

from gyges.envs.fairychess import load, names
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.variants.invent import draw

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pyffish") is None, reason="pyffish is not installed"
)
COUNT = int(os.environ.get("GYGES_DIFFER", "60"))


@pytest.mark.parametrize("name", names())
def test_library_games_agree(differ, oracle, name):
    # A king that follows the lines of janggi cannot be written in the engine's files.
    theirs = name if load(name).diagonalLines else ""
    assert differ.compare(oracle, load(name), range(1), plies=40, theirs=theirs) == []


def test_invented_games_agree(differ, oracle):
    for seed in range(COUNT):
        assert differ.compare(oracle, load(draw(seed)), range(seed, seed + 1), plies=30) == [], f"seed {seed}"


@pytest.mark.parametrize(
    ("text", "fen", "reason"),
    [
        ("turned:euroshogi]\nmandatoryPiecePromotion = true\nwallingRegionWhite = a* h*\nwallingRule = duck",
         "1nbg1gn1/1r1k2b1/pppppp*p/6p1/3PP3/PPP2PPP/1B4R1/1NGKGBN1[] w - - 4 3",
         "turning over without a wall"),
        ("static:almost]\nwallingRule = static",
         "r*b1kbn*/ppp1p***/**np****/*****pP*/C*******/1*Pc*3/PP2P**1/RNBK1**r w q - 0 16",
         "a wall against check"),
        ("entered:seirawan]\nwallingRule = duck",
         "rnb1kbnr/2p2ppp/1p1pp3/7P/1p1*4/P3q2R/R1PP1PP1/1NBQKBN1[HEhe] w BCDEFGkqbcfg - 0 10",
         "a wall against check"),
    ],
)  # fmt: skip
def test_differences_with_walls_have_their_reason(differ, oracle, text, fen, reason):
    board = Board(load(f"[{text}\n"), fen)
    name, ini = differ.renamed(board.variant)
    oracle.load(ini)
    theirs, mine = set(oracle.look(name, fen, [])["moves"]), set(board.moves())
    assert mine != theirs
    found = differ.reasons(oracle, name, board, sorted(mine - theirs), sorted(theirs - mine))
    assert set(found) == {reason}
