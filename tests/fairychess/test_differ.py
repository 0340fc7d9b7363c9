"""Random games of library and invented variants against an independent engine."""

import hashlib
import importlib.util
import os

import pytest

from gyges.envs.fairychess import load, names
from gyges.envs.fairychess.variants.invent import SPLITS, draw, good, invent, play, seeds, split_of

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pyffish") is None, reason="pyffish is not installed"
)
FROZEN = [
    "combination",
    "train",
    "train",
    "train",
    "train",
    "train",
    "rule",
    "train",
    "atom",
    "train",
    "combination",
    "train",
]
DRAWN = "a117fa5e247e15291d36558582de0dd80b4465e3373687277d24c64dfe50c84d"
COUNT = int(os.environ.get("GYGES_DIFFER", "200"))


@pytest.mark.parametrize("name", names())
def test_library_games_agree(differ, oracle, name):
    # A king that follows the lines of janggi cannot be written in the engine's files.
    theirs = name if load(name).diagonalLines else ""
    assert differ.compare(oracle, load(name), range(1), plies=40, theirs=theirs) == []


def test_invented_games_agree(differ, oracle):
    for seed in range(COUNT):
        assert differ.compare(oracle, load(draw(seed)), range(seed, seed + 1), plies=30) == [], f"seed {seed}"


def test_splits_are_frozen():
    assert [split_of(s) for s in range(12)] == FROZEN
    assert {split_of(s) for s in seeds("atom", 5)} == {"atom"}
    assert len(SPLITS) == 5
    assert hashlib.sha256("".join(draw(s) for s in range(50)).encode()).hexdigest() == DRAWN


def test_inventing_is_reproducible():
    text = invent(0)
    assert text == invent(0)
    assert good(play(text))
