"""The library: how many of its variants differ in their rules, and what is particular to each listed one."""

import csv
import dataclasses
from pathlib import Path

import pytest

from gyges.envs.fairychess import load, names
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.variants.ini_files import Variant

TABLE = Path(__file__).with_name("perft.tsv")
SET_UP = {"name", "startFen", "text", "where", "maxFile", "maxRank", "castlingKingsideFile",
          "castlingQueensideFile", "castlingRank", "castlingKingFile", "pieces"}  # fmt: skip
"""What a variant may have of its own without a rule of its own: board, set-up, which pieces there are."""


def rules_of(variant: Variant) -> tuple[object, ...]:
    """The rules apart from set-up: of regions and lists of letters only whether there are any."""
    found = []
    for field in dataclasses.fields(variant):
        value = getattr(variant, field.name)
        if field.name in SET_UP:
            continue
        found.append(value if isinstance(value, (bool, int)) or value in VALUES else _any(value))
    return tuple(found)


VALUES = ("win", "loss", "draw", "none")


def _any(value: object) -> object:
    if isinstance(value, tuple) and len(value) == 2:
        return tuple(bool(part) for part in value)
    return bool(value)


def test_at_least_25_variants_differ_in_rules_not_only_in_set_up():
    kinds: dict[object, list[str]] = {}
    for name in names():
        kinds.setdefault(rules_of(load(name)), []).append(name)
    for group in kinds.values():
        print(" ".join(group))
    assert len(kinds) >= 25
    together = next(group for group in kinds.values() if "chess" in group)
    assert {"capablanca", "knightmate", "amazon"} <= set(together)  # other pieces and boards do not count


def test_every_variant_has_counts_of_two_positions():
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for name in names():
        fens = {row["fen"] for row in rows if row["variant"] == name}
        assert len(fens) >= 2 or name == "hexapawn", name
        assert load(name).startFen in fens


# variant, position, moves, (board afterwards or None), winner afterwards (None: the game goes on)
PARTICULAR = [
    ("chess", "r3k2r/8/8/8/8/8/8/R3K2R w KQkq - 0 1", "e1c1 e8g8", "r4rk1/8/8/8/8/8/8/2KR3R", None),
    ("chess", "8/8/8/8/1p6/8/P7/k6K w - - 0 1", "a2a4 b4a3", "8/8/8/8/8/p7/8/k6K", None),
    ("chess960", "8/8/8/8/8/8/8/1RK4k w B - 0 1", "c1b1", "8/8/8/8/8/8/8/2KR3k", None),
    ("crazyhouse", "4k3/8/8/3q4/4P3/8/8/4K3[] w - - 0 1", "e4d5 e8e7 Q@e6", None, None),
    ("atomic", "4k3/4p3/3q4/8/8/8/3R4/3K4 w - - 0 1", "d2d6", "4k3/4p3/8/8/8/8/8/3K4", None),
    ("atomic", "3rk3/8/8/8/8/8/3R4/3K4 w - - 0 1", "d2d8", "8/8/8/8/8/8/8/3K4", 0),
    ("antichess", "8/8/8/8/8/1p6/P7/8 w - - 0 1", "a2b3", None, 1),
    ("3check", "4k3/8/8/8/8/8/8/R3K3 w - - 1+3 0 1", "a1a8", None, 0),
    ("kingofthehill", "7k/8/8/8/8/3K4/8/8 w - - 0 1", "d3d4", None, 0),
    ("racingkings", "8/K7/8/8/8/8/8/6k1 w - - 0 1", "a7a8", None, 0),
    ("racingkings", "8/K5k1/8/8/8/8/8/8 w - - 0 1", "a7a8 g7g8", None, -1),
    ("horde", "4k3/8/8/8/8/8/p7/1P6 b - - 0 1", "a2b1q", None, 1),
    ("extinction", "q3k2r/p1bn4/8/8/8/8/P1BN4/Q3K2R w - - 0 1", "h1h8", None, 0),
    ("breakthrough", "8/P7/8/8/8/8/7p/8 w - - 0 1", "a7a8", None, 0),
    ("knightmate", "4k3/8/5m2/8/8/8/8/4K3 w - - 0 1", "e1d3", None, None),
    ("gardner", "k4/4P/5/5/K4 w - - 0 1", "e4e5q", "k3Q/5/5/5/K4", None),
    ("losalamos", "k5/5P/6/6/6/K5 w - - 0 1", "f5f6r", None, None),
    ("micro4x5", "k3/3P/4/4/K3 w - - 0 1", "d4d5q", None, None),
    ("makruk", "k7/8/8/P7/8/8/8/K7 w - - 0 1", "a5a6m", "k7/8/M7/8/8/8/8/K7", None),
    ("shatranj", "k7/8/8/8/8/8/Rr6/K7 w - - 0 1", "a2b2", None, 0),
    ("capablanca", "4k5/10/10/10/10/10/10/A4K4 w - - 0 1", "a1b3", None, None),
    ("grand", "k9/10/P9/10/10/10/10/10/10/K9 w - - 0 1", "a8a9", "k9/P9/10/10/10/10/10/10/10/K9", None),
    ("grasshopper", "k7/8/8/8/8/8/P7/G6K w - - 0 1", "a1a3", "k7/8/8/8/8/G7/P7/7K", None),
    ("xiangqi", "3k5/9/4c4/9/9/4p4/9/9/4C4/5K3 w - - 0 1", "e2e8", None, None),
    ("minixiangqi", "2k4/7/7/7/7/7/3K1R1 w - - 0 1", "f1f7", None, None),
    ("shogi", "4k4/9/4P4/9/9/9/9/9/4K4[-] w - - 0 1", "e7e8+", None, None),
    ("minishogi", "4k/4P/5/5/K4[G] w - - 0 1", "G@d4", None, None),
    ("dobutsu", "3/L1l/3/3[-] w - - 0 1", "a3a4", None, 0),
    ("torishogi", "k6/7/7/7/7/3S3/6K[S] w - - 0 1", "S@d4", None, None),
]


@pytest.mark.parametrize(("name", "fen", "moves", "placed", "winner"), PARTICULAR)
def test_what_is_particular(name, fen, moves, placed, winner):
    board = Board(name, fen)
    for move in moves.split():
        assert not board.result_now().over
        board.push(move)
    if placed is not None:
        assert board.fen.split()[0].partition("[")[0] == placed
    assert board.result_now().winner == winner


LISTED = [
    "chess",
    "chess960",
    "crazyhouse",
    "atomic",
    "antichess",
    "3check",
    "kingofthehill",
    "racingkings",
    "horde",
    "extinction",
    "breakthrough",
    "knightmate",
    "gardner",
    "losalamos",
    "micro4x5",
    "makruk",
    "shatranj",
    "capablanca",
    "grand",
    "grasshopper",
    "xiangqi",
    "minixiangqi",
    "shogi",
    "minishogi",
    "dobutsu",
    "torishogi",
]


def test_every_listed_variant_is_tested_for_what_is_particular_to_it():
    assert {name for name, *_ in PARTICULAR} >= set(LISTED)
    assert set(LISTED) <= set(names())
    assert len(names()) >= 40
