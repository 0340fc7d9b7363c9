"""How far two variants' rules are apart: what pieces may do, rules besides, size of the board.

The distance is the mean of three parts, each from 0 to 1, each a share of what is not common (one minus
the Jaccard index): symmetric, and zero for two variants that differ in nothing that is looked at. That is
not the set-up, and no name or letter: a piece is what it may do.

pieces   every kind of one variant against the kind of the other that is nearest, by moves (`piece_moves`);
         the mean over the kinds of either, then over the two variants
rules    settings that are not what they are by default (`rule_facts`)
size     squares, both boards laid with one corner on one another
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

from gyges.envs.fairychess.notation.betza import parse
from gyges.envs.fairychess.variants.ini_files import Variant


class Move(NamedTuple):
    """One thing a piece may do, seen by the first player: forward is dy > 0."""

    dx: int
    dy: int
    capture: bool  # onto a rival; else onto an empty square
    ride: bool  # on in this direction, however far
    lame: bool
    hop: bool
    initial: bool


Moves = frozenset[Move]


@functools.lru_cache(maxsize=4096)
def piece_moves(betza: str) -> Moves:
    """What a piece may do, the same however it is written: a step within a ride is not counted again."""
    found = set()
    for step in parse(betza) if betza else ():
        for capture in (False, True):
            if step.capture if capture else step.move:
                ride = step.reach > 1
                found.add(Move(step.dx, step.dy, capture, ride, step.lame, step.hop, step.initial))
    return frozenset(one for one in found if not _within(one, found))


def _within(one: Move, others: set[Move]) -> bool:
    """Can a piece do the same by another of its moves?"""
    wider = (
        one._replace(ride=ride, lame=lame, initial=initial)
        for ride in {one.ride, True}
        for lame in {one.lame, False}
        for initial in {one.initial, False}
    )
    return any(other != one and other in others for other in wider)


APART = frozenset(("name", "pieces", "maxFile", "maxRank", "startFen", "text", "where"))
"""Fields of a variant that are no rules, or are compared apart."""
_DEFAULTS = {
    one.name: one.default for one in dataclasses.fields(Variant) if one.default is not dataclasses.MISSING
}


@functools.lru_cache(maxsize=256)
def rule_facts(variant: Variant) -> frozenset[tuple[str, str]]:
    """Rules that are not what they are by default: field and value.

    A piece's letter is written as what it may do, a square by its distance from the nearest edges
    ("middle" for the one or two in the middle), so that a rule is the same on boards of two sizes.
    """
    found = set()
    for field, default in _DEFAULTS.items():
        value = getattr(variant, field)
        if field not in APART and value != default:
            found.add((field, _plain(variant, field, value)))
    if any(piece.royal for piece in variant.pieces):
        found.add(("royal", "king"))
    return frozenset(found)


def _plain(variant: Variant, field: str, value: Any) -> str:
    """A value without letters and without the board's size."""
    if isinstance(value, frozenset):
        squares = {(_place(x, variant.maxFile), _place(y, variant.maxRank)) for x, y in value}
        return repr(sorted(squares))
    if isinstance(value, tuple):
        return repr([_plain(variant, field, one) for one in value])
    if isinstance(value, str) and (
        field.endswith(("Types", "Type", "Piece", "Pieces")) or field == "castlingWins"
    ):
        return repr(
            sorted(repr(sorted(piece_moves(one.betza))) for one in variant.pieces if one.letter in value)
        )
    return repr(value)


def _place(x: int, n: int) -> str:
    """A file or rank by its distance from the nearest edge."""
    low, high = x, n - 1 - x
    if abs(low - high) <= 1:
        return "middle"
    return f"+{low}" if low < high else f"-{high}"


class Distance(NamedTuple):
    """How far two variants are apart, 0 to 1, part by part."""

    pieces: float
    rules: float
    size: float

    @property
    def whole(self) -> float:
        """The mean of the parts."""
        return sum(self) / len(self)


def _apart(a: frozenset[Any], b: frozenset[Any]) -> float:
    """The share of two sets that is not common."""
    return 1 - len(a & b) / len(a | b) if a | b else 0.0


def _nearest(a: Iterable[Moves], b: list[Moves]) -> float:
    """The mean distance of kinds to the nearest of others."""
    found = [min(_apart(one, other) for other in b) for one in a]
    return sum(found) / len(found)


def distance(a: Variant, b: Variant) -> Distance:
    """How far two variants' rules are apart."""
    kinds = [[piece_moves(piece.betza) for piece in one.pieces] for one in (a, b)]
    pieces = (_nearest(kinds[0], kinds[1]) + _nearest(kinds[1], kinds[0])) / 2
    common = min(a.maxFile, b.maxFile) * min(a.maxRank, b.maxRank)
    size = 1 - common / (a.squares + b.squares - common)
    return Distance(pieces, _apart(rule_facts(a), rule_facts(b)), size)
