"""Damaged FENs and variant files (`mutate.py`, a few of them), and texts made to be slow."""

import string
import sys
from pathlib import Path

import pytest

from gyges.envs.fairychess import VariantError, read
from gyges.envs.fairychess.variants.ini_files import MAX_BYTES


@pytest.fixture(scope="module")
def mutate():
    sys.path.insert(0, str(Path(__file__).parent))
    import mutate

    yield mutate
    sys.path.pop(0)


@pytest.mark.parametrize(("what", "count"), [("fens", 1500), ("files", 200)])
def test_damage_is_refused_by_name(mutate, what, count):
    tally, wrong, _ = mutate.run(what, 1_000_000, count)
    assert wrong == []
    assert tally["refused"] > count // 4
    assert tally["read"] > count // 8


BOARD = "maxFile = 12\nmaxRank = 10\ncastling = false\n"
FEN = "startFen = a11/12/12/12/12/12/12/12/12/A11 w - - 0 1\n"
WIDE = "".join(
    f"customPiece{i + 1} = {x}:QNNADDAAHHCCZZGG\n" for i, x in enumerate(string.ascii_lowercase[:25])
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"[x]\n{BOARD}{WIDE}{FEN}", "go 1300 ways on 120 squares"),
        (f"[x]\n{BOARD}customPiece1 = a:{'f' * 60_000}W\n{FEN}", "a move has at most 200"),
        ("[a0:chess]\n" + "".join(f"[a{i}:a{i - 1}]\n" for i in range(1, 999)), "more than 32 ancestors"),
        ("[a:chess]\n" * 2000, "a second section"),
        ("".join(f"[a{i}:chess]\n" for i in range(2000)), "more than 1000 sections"),
        ("[a:chess]\ncastlingRank = 9\n", "castlingRank = 9 of 8 ranks"),
        (f"[x]\n{BOARD}customPiece1 = a:W\nstartFen = {'1' * 60_000}\n", "at most 600"),
    ],
)
def test_what_would_take_long_is_refused(text, said):
    assert len(text) <= MAX_BYTES
    with pytest.raises(VariantError) as caught:
        read(text)
    assert said in str(caught.value)


def test_a_full_file_is_read():
    text = "".join(f"[a{i}:capahouse]\nnFoldRule = {i % 9}\n" for i in range(1000))
    assert len(read(text)) == 1000
