"""What pieces are worth, worked out from how they move: any variant, no names.

A piece is worth its mobility on a half-filled board (each square beyond the next is reached with
probability 11/16), more where it stands with more moves, near promotion and near a goal. All integers, so
that scores are the same on every machine. Centipawns: a knight on 8x8 is worth about 300.

Source of the idea: Ralph Betza, "crowded board mobility".
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled, compiled
from gyges.envs.fairychess.variants.ini_files import Variant

Ints = npt.NDArray[np.int32]
UNIT = 57
"""Centipawns for one square of mobility."""
ONE = 4096
GOAL = (0, 130, 65, 32, 16, 8, 4, 2)
"""Bonus for a piece so many moves from its goal."""
FAR = 99


class Terms(NamedTuple):
    """The evaluation of a variant: named views of one int32 array, in centipawns."""

    table: Any  # [(2K + 2) * S] by piece and square, the second player's negative
    hand: Any  # [2K + 2] a piece in hand, the second player's negative
    gain: Any  # [K + 1] what capturing a kind is worth, for the order of moves
    value: Any  # [K + 1] what a kind is worth
    checks: Any  # [10] value of having so many checks still to give
    flags: Any  # [4] as below


SWAPS, NULLS, LAST, TEMPO = range(4)
"""flags: captures may be weighed by exchange; a null move may be tried; centipawns for holding the last
piece of a kind whose extinction ends the game (negative: loses); centipawns for having the move."""


@dataclass(frozen=True)
class Worth:
    """Terms as one array, and where each begins (int64)."""

    array: Ints
    offsets: npt.NDArray[np.int64]

    def term(self, name: str) -> Ints:
        """One term by name."""
        j = Terms._fields.index(name)
        return self.array[self.offsets[j] : self.offsets[j + 1]]


def _lines(c: Compiled, piece: int, square: int) -> Iterator[tuple[int, list[int]]]:
    """The lines of a piece from a square: header, and squares with their flags."""
    path = c.table("path")
    j = int(c.table("start")[piece * c.variant.squares + square])
    end = j + 1 + int(path[j])
    j += 1
    while j < end:
        head = int(path[j])
        count = head & at.COUNT
        yield head, [int(w) for w in path[j + 1 : j + 1 + count]]
        j += 1 + count


def _clear(n: int) -> int:
    """The probability, in parts of `ONE`, that n squares are all empty."""
    return ONE * 11**n >> 4 * n if n >= 0 else 0


def mobility(c: Compiled, piece: int, square: int) -> int:
    """Expected number of moves, in parts of `ONE`; a move that may only move or only capture counts half."""
    total = 0
    for head, squares in _lines(c, piece, square):
        halves = int(head & at.MOVE != 0) + int(head & at.CAPTURE != 0)
        for i, word in enumerate(squares):
            if word & at.NOLAND:
                continue
            if head & at.LEAP:
                chance = ONE
            elif head & at.HOP:
                screens = min(i, head >> at.AFTER)
                chance = screens * _clear(i - 1) * 5 >> 4
            else:
                chance = _clear(i)
            total += halves * chance
    return total // 2


def _away(c: Compiled, piece: int, goals: set[int]) -> list[int]:
    """Per square: how many moves on an empty board a piece needs to get to one of `goals`."""
    size = c.variant.squares
    back: list[list[int]] = [[] for _ in range(size)]
    for square in range(size):
        for head, squares in _lines(c, piece, square):
            if head & at.MOVE and not head & at.HOP:
                for word in squares:
                    if not word & at.NOLAND:
                        back[word & at.SQ].append(square)
    away = [FAR] * size
    edge = sorted(goals)
    for square in edge:
        away[square] = 0
    steps = 0
    while edge:
        steps += 1
        found = sorted({u for square in edge for u in back[square] if away[u] == FAR})
        for u in found:
            away[u] = steps
        edge = found
    return away


def _promotions(c: Compiled, piece: int) -> list[int]:
    """Per square: how many moves a piece is from promoting; FAR where it cannot."""
    size = c.variant.squares
    here = set()
    for square in range(size):
        for head, squares in _lines(c, piece, square):
            if head & at.MOVE and any(w & at.PROMO for w in squares):
                here.add(square)
    return [d + 1 if d < FAR else FAR for d in _away(c, piece, here)] if here else [FAR] * size


def _mean(c: Compiled, piece: int, moves: list[int]) -> int:
    """Mean mobility over the squares that the piece can stand on."""
    stands = {w & at.SQ for s in range(len(moves)) for _, line in _lines(c, piece, s) for w in line}
    stands |= {s for s, q in enumerate(c.table("setup")[at.INFO : at.INFO + len(moves)]) if q >> 1 == piece}
    return sum(moves[s] for s in stands) // len(stands) if stands else 0


@functools.lru_cache(maxsize=256)
def worth(variant: Variant) -> Worth:
    """The evaluation of a variant."""
    c = compiled(variant)
    head, size, kinds = c.table("head"), c.variant.squares, len(c.kinds)
    role, area = c.table("role"), c.table("area")
    table = np.zeros((2 * kinds, size), np.int64)
    value = np.zeros(2 * kinds, np.int64)
    moves: dict[int, list[int]] = {}
    for piece in range(2, 2 * kinds):
        moves[piece] = [mobility(c, piece, s) for s in range(size)]
        value[piece] = _mean(c, piece, moves[piece]) * UNIT // ONE
    plain = value.copy()
    inverted = bool(head[at.LAST_EXTINCT] and head[at.EXTINCT_VALUE] == at.WIN) or bool(
        head[at.MUST_CAPTURE] and head[at.STALEMATE] == at.WIN
    )
    for piece in range(2, 2 * kinds):
        kind, side = piece >> 1, piece & 1
        royal = bool(role[kind] & 3)
        mean = _mean(c, piece, moves[piece])
        weight = -10 if royal else UNIT // 4
        table[piece] = [0 if royal else plain[piece]] + (np.array(moves[piece]) - mean) * weight // ONE
        options = c.choices[kind, side]
        best = max((int(plain[2 * k + side]) for k in options), default=0) - int(plain[piece])
        if best > 0:
            table[piece] += [best >> min(d + 1, 30) for d in _promotions(c, piece)]
            value[piece] = int(table[piece].sum()) // size
        if inverted:
            table[piece] = 0 if role[kind] & 1 else -60 - int(plain[piece]) // 4
            value[piece] = -60 - int(plain[piece]) // 4
        if role[kind] >> 6 + side & 1 and head[at.FLAG]:
            goals = {s for s in range(size) if area[side * size + s] & 1}
            table[piece] += [GOAL[d] if d < len(GOAL) else 0 for d in _away(c, piece, goals)]
        if royal:
            value[piece] = 0
    sign = np.where(np.arange(2 * kinds) & 1, -1, 1)
    strength = np.abs(value.reshape(kinds, 2)).max(axis=1)
    hand = np.array([value[2 * k + side] for k in range(kinds) for side in (0, 1)])
    gain = strength + (strength[[k.hand for k in c.kinds]] if head[at.TO_HAND] else 0)
    checks = [400 // (n + 1) if head[at.CHECK_COUNT] else 0 for n in range(10)]
    last = 0
    if head[at.LAST_EXTINCT] and not head[at.EXTINCT_ALL] and head[at.ROYAL] != 2:
        last = 120 if head[at.EXTINCT_VALUE] == at.LOSS else -120
    exchange = not inverted and not head[at.MUST_CAPTURE] and not head[at.BLAST]
    nulls = exchange and head[at.ROYAL] == 1 and not head[at.MUST_DROP] and head[at.STALEMATE] == at.DRAW
    parts = {
        "table": table * sign[:, None],
        "hand": hand * sign,
        "gain": gain,
        "value": strength,
        "checks": checks,
        "flags": [exchange, nulls, last, 0 if inverted else 8],
    }
    arrays = [np.asarray(parts[name], np.int32).ravel() for name in Terms._fields]
    offsets = np.concatenate([[0], np.cumsum([len(a) for a in arrays])]).astype(np.int64)
    return Worth(np.concatenate(arrays), offsets)
