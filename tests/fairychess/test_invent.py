"""Invented variants: every split holds what it says and no training variant does; set-ups; rule distance."""

import dataclasses
import functools
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gyges.envs.fairychess.notation.betza import parse
from gyges.envs.fairychess.variants.ini_files import load
from gyges.envs.fairychess.variants.invent import (
    HELD_RULES,
    RULES,
    SPLITS,
    VERSIONS,
    draw,
    good,
    held_out,
    invent,
    play,
    rule_of,
    seeds,
    split_of,
)
from gyges.envs.fairychess.variants.rule_distance import distance, piece_moves, rule_facts

FROZEN = ["combination", "train", "train", "train", "train", "train", "rule", "train", "atom", "train",
          "combination", "train"]  # fmt: skip
DRAWN = {
    1: "a117fa5e247e15291d36558582de0dd80b4465e3373687277d24c64dfe50c84d",
    2: "71f33c835e957bd907baf23987dcad729e917e38da48163d49972ad3e904d843",
}
MANY = 80


@functools.cache
def drawn(split, version=2, size=None):
    return [load(draw(seed, size, version)) for seed in seeds(split, MANY)]


def own(variant):
    return [one for one in variant.pieces if one.name.startswith("customPiece")]


# Splits.


@pytest.mark.parametrize("version", DRAWN)
def test_splits_and_drawings_are_frozen(version):
    assert [split_of(s) for s in range(12)] == FROZEN
    assert {split_of(s) for s in seeds("atom", 5)} == {"atom"}
    text = "".join(draw(s, version=version) for s in range(50))
    assert hashlib.sha256(text.encode()).hexdigest() == DRAWN[version]
    with pytest.raises(ValueError, match="no split 'test'; the splits are train, "):
        seeds("test", 1)


@pytest.mark.parametrize("split", SPLITS)
def test_every_seed_holds_what_its_split_holds_out_and_nothing_else(split):
    expected = set() if split == "train" else {split}
    wrong = [one.name for one in drawn(split) if held_out(one) != expected]
    assert wrong == []


def test_the_first_version_leaks_so_that_the_measure_of_it_is_no_formality():
    leaks = {split: sum(split not in held_out(one) for one in drawn(split, 1)) for split in SPLITS[1:]}
    assert leaks["combination"] > MANY / 3
    assert leaks["atom"] > MANY / 10
    assert sum(bool(held_out(one)) for one in drawn("train", 1)) > MANY / 3


def test_no_training_variant_has_a_held_out_combination_however_it_is_written():
    known = {piece_moves(piece.betza) for one in drawn("train") for piece in own(one)}
    singles = frozenset().union(*known)
    for variant in drawn("combination"):
        new = [moves for piece in own(variant) if (moves := piece_moves(piece.betza)) not in known]
        assert new
        assert all(moves <= singles for moves in new)


def test_new_atoms_hold_a_step_that_no_training_piece_has():
    steps = {step for one in drawn("train") for piece in one.pieces for step in parse(piece.betza)}
    for variant in drawn("atom"):
        assert any(set(parse(piece.betza)) - steps for piece in own(variant)), variant.text


def test_rules_and_sizes_of_training_are_not_the_held_out_ones():
    assert {rule_of(one) for one in drawn("train")} == set(RULES)
    assert {rule_of(one) for one in drawn("rule")} == set(HELD_RULES)
    sizes = {(one.maxFile, one.maxRank) for one in drawn("train")}
    assert sizes == set(VERSIONS[2].sizes)
    assert {(one.maxFile, one.maxRank) for one in drawn("size")} == set(VERSIONS[2].held_sizes)


def test_a_size_is_refused_where_it_would_change_the_split():
    assert load(draw(seeds("size", 1)[0], (6, 6), 2)).maxFile == 6
    for split in ("train", "atom"):
        with pytest.raises(ValueError, match=f"6x6 for a seed of the split {split}: the sizes 6x6"):
            draw(seeds(split, 1)[0], (6, 6), 2)
    with pytest.raises(ValueError, match="5x5 for a seed of the split size"):
        draw(seeds("size", 1)[0], (5, 5), 2)
    with pytest.raises(ValueError, match="a board of 2x8; expected 3x5 or more"):
        draw(1, (2, 8), 2)


def test_inventing_is_reproducible():
    text = invent(3, (5, 5), version=2)
    assert text == invent(3, (5, 5), version=2)
    assert good(play(text))
    assert text.startswith("[invented-2-")


# Set-ups.


@pytest.mark.parametrize("size", [None, (4, 5), (3, 5), (5, 5)])
def test_set_ups_are_as_the_page_says(size):
    for variant in drawn("train", size=size):
        files = variant.maxFile
        rows = variant.startFen.split()[0].removesuffix("[]").split("/")
        assert rows[-1].lower() == rows[0]
        assert rows[-1][files // 2] == "K"
        assert rows[1] == rows[-2].lower() == "p" * files
        assert {piece.letter for piece in variant.pieces} == {*rows[0], "p"}  # every kind that is listed


# Distance.


@settings(max_examples=25, deadline=None)
@given(some.integers(0, 3000), some.integers(0, 3000))
def test_rule_distance_is_symmetric_and_zero_on_itself(a, b):
    first, second = load(draw(a, version=2)), load(draw(b, version=2))
    there, back = distance(first, second), distance(second, first)
    assert there == pytest.approx(back)
    assert all(0 <= part <= 1 for part in there)
    assert distance(first, first) == (0, 0, 0)


def test_names_letters_and_set_up_are_no_rules():
    text = draw(1, version=2)
    letters = [piece.letter for piece in own(load(text))]
    assert "z" not in letters
    other = load(_relettered(text, letters[0], "z").replace("invented-2-1", "another"))
    assert other.pieces != load(text).pieces
    assert distance(load(text), other) == (0, 0, 0)


def _relettered(text, old, new):
    keys = ("customPiece", "promotionPieceTypes", "extinctionPieceTypes", "startFen")
    lines = []
    for line in text.split("\n"):
        key, _, value = line.partition(" = ")
        head, colon, tail = value.partition(":" if key.startswith("customPiece") else " ")
        if key.startswith(keys):
            line = f"{key} = {head.replace(old, new).replace(old.upper(), new.upper())}{colon}{tail}"
        lines.append(line)
    return "\n".join(lines)


def test_parts_of_the_distance_by_hand():
    base = load(draw(1, (5, 5), 2))
    wide = dataclasses.replace(base, maxFile=10, maxRank=10)
    assert distance(base, wide).size == pytest.approx(0.75)
    drops = dataclasses.replace(base, pieceDrops=True, capturesToHand=True)
    count = len(rule_facts(base))
    assert distance(base, drops) == (0, pytest.approx(2 / (count + 2)), 0)
    chess, grand, knights = load("chess"), load("capablanca"), load("knightmate")
    assert 0 < distance(chess, grand).whole < distance(chess, load("xiangqi")).whole <= 1
    assert distance(chess, knights).pieces == 0 < distance(chess, knights).rules


def test_a_hill_is_the_same_rule_on_boards_of_two_sizes():
    a, b = (load(draw_rule("hill", size)) for size in ((5, 5), (7, 7)))
    assert dict(rule_facts(a))["flagRegion"] == dict(rule_facts(b))["flagRegion"]


def draw_rule(rule, size):
    return next(text for seed in seeds("train", 100) if rule_of(load(text := draw(seed, size, 2))) == rule)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("R", "WR", True), ("R4", "R", True), ("F", "sF", True), ("N", "nN", False), ("mRcR", "R", True),
     ("W", "mR", False), ("NN", "NNN", True), ("WF", "K", True)],
)  # fmt: skip
def test_moves_are_the_same_however_a_piece_is_written(one, other, same):
    assert (piece_moves(one) == piece_moves(other)) is same
