"""Planes for networks: what stands where, and where it can go, without names of pieces.

A plane is a number for every cell of the board. Those of movement say of the thing on a square which
way it goes from there and how far, on an empty board: a piece that nobody has met before is read like
any other.

======================  =============================================================================
own, enemy, neutral,    1 where such a thing stands (seen by the observing seat)
wall
move dx,dy              48 planes, steps of up to three files and ranks: how often the thing may take
                        this step in a row without capturing (1 a leap, more a ride), in eighths;
                        negative where the squares crossed must be empty (a lame leap)
capture dx,dy           48 planes, the same for captures
hop move, hop capture   8 directions each: how far beyond the one piece hopped over, in eighths
royal, extinction,      1 where the thing is royal, of a kind whose loss ends the game, may reach a goal,
goal piece, immune,     survives a blast beside it, takes part in en passant
passing
goal, enemy goal        squares of the goal regions
promotion, enemy        squares of the promotion regions
castling, passed,       rooks that may castle, squares open to en passant, the last move's squares
last from, last to
======================  =============================================================================

Directions are absolute: rank 1 is the first player's for both seats, as in the numbering of actions.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.fairychess import encoding
from gyges.envs.fairychess.encoding import INDEX
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled, compiled
from gyges.envs.fairychess.variants.ini_files import Variant

REACH = 3
STEPS = tuple(
    (dx, dy) for dy in range(-REACH, REACH + 1) for dx in range(-REACH, REACH + 1) if (dx, dy) != (0, 0)
)
WAYS = tuple((dx, dy) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dx, dy) != (0, 0))
STANDS = ("own", "enemy", "neutral", "wall")
FLAGS = ("royal", "extinction", "goal piece", "immune", "passing")
SIGHT = (
    *(f"move {dx},{dy}" for dx, dy in STEPS),
    *(f"capture {dx},{dy}" for dx, dy in STEPS),
    *(f"hop move {dx},{dy}" for dx, dy in WAYS),
    *(f"hop capture {dx},{dy}" for dx, dy in WAYS),
    *FLAGS,
)
SQUARES = (
    "goal", "enemy goal", "promotion", "enemy promotion", "castling", "passed", "last from", "last to",
)  # fmt: skip
PLANES = (*STANDS, *SIGHT, *SQUARES)
FAR = 8
"""Reaches are given in units of an eighth; longer ones count as this."""
_SCALE = np.array(
    [1 / FAR if name.startswith(("move", "capture", "hop")) else 1.0 for name in PLANES], np.float32
)


class Expanded(NamedTuple):
    """Observations as a network takes them, float32."""

    planes: npt.NDArray[np.float32]  # [R, P, ranks, files]
    hands: npt.NDArray[np.float32]  # [R, 2, D, 1 + len(SIGHT)] own, enemy: count, and the kind's movement
    vector: npt.NDArray[np.float32]  # [R, V] header from the seat's point of view, then the rules vector


@functools.lru_cache(maxsize=64)
def sight(v: Variant) -> npt.NDArray[np.int32]:
    """What each piece does from each square on an empty board [2 * (K + 1), S, len(SIGHT)].

    Reaches in whole steps, negative for lame leaps.
    """
    c = compiled(v)
    start, path, role = c.table("start").reshape(-1, v.squares), c.table("path"), c.table("role")
    found = np.zeros((2 * len(c.kinds), v.squares, len(SIGHT)), np.int32)
    for piece in range(2, 2 * len(c.kinds)):
        bits, side = int(role[piece >> 1]), piece & 1
        goal = bits >> (6 + side) & 1 if v.flagRegion[side] else 0
        flags = [bits & 3 | bits >> 14 & 2, bits >> 5 & 1, goal, bits >> 4 & 1, bits >> 2 & 1]
        found[piece, :, -len(FLAGS) :] = np.array(flags) != 0
        for s in range(v.squares):
            j = int(start[piece, s])
            end = j + 1 + int(path[j])
            j += 1
            while j < end:
                head, count = int(path[j]), int(path[j]) & at.COUNT
                _enter(found[piece, s], head, [int(w) for w in path[j + 1 : j + 1 + count]], s, v.maxFile)
                j += 1 + count
    return found


def _enter(out: npt.NDArray[np.int32], head: int, words: list[int], square: int, files: int) -> None:
    """Enter one line of a piece's paths."""
    offsets = [((w & at.SQ) % files - square % files, (w & at.SQ) // files - square // files) for w in words]
    kinds = [k for k, flag in ((0, at.MOVE), (1, at.CAPTURE)) if head & flag]
    if head & at.HOP:
        way = WAYS.index(offsets[0])
        for k in kinds:
            at_hop = 2 * len(STEPS) + k * len(WAYS) + way
            out[at_hop] = max(out[at_hop], min(head >> at.AFTER, FAR))
        return
    lands = [(offset, w) for offset, w in zip(offsets, words, strict=True) if not w & at.NOLAND]
    if head & at.LEAP:
        entries = [(offset, 1) for offset, _ in lands]
    elif words[0] & at.NOLAND and len(lands) == 1:  # a lame leap, or a ray whose first squares are barred
        entries = [(lands[0][0], -1)]
    else:
        entries = [(offsets[0], min(len(words), FAR))]
    for step, reach in entries:
        for k in kinds:
            where = k * len(STEPS) + STEPS.index(step)
            if abs(reach) >= abs(out[where]):
                out[where] = reach


@functools.lru_cache(maxsize=64)
def regions(v: Variant) -> npt.NDArray[np.int32]:
    """Goal and promotion regions of the first and second player [4, S]."""
    found = np.zeros((4, v.squares), np.int32)
    for j, region in enumerate((*v.flagRegion, *v.promotionRegion)):
        for x, y in region:
            found[j, y * v.maxFile + x] = 1
    return found


def raw(game: Any, codes: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """Planes [R, P, C] of compact observations [R, F] as whole numbers (reaches in steps)."""
    codes = np.atleast_2d(np.asarray(codes)).astype(np.int64)
    c, family = game.compiled, game.family
    part, rows = encoding.slices(family), np.arange(len(codes))
    cells = encoding.cells_of(c, family)
    board, side = codes[:, part["board"]], codes[:, INDEX.side]
    found = np.zeros((len(codes), len(PLANES), family.cells), np.int32)
    own = (board & 3) == (1 + side)[:, None]
    enemy = (board & 3) == (2 - side)[:, None]
    enemy &= board != at.WALL
    own &= board != at.WALL
    found[:, 0], found[:, 1] = own, enemy
    found[:, 2], found[:, 3] = board == at.CIVILIAN, board == at.WALL
    table = sight(c.variant)
    inside = np.where((own | enemy)[:, cells], board[:, cells] >> 1, 0)
    seen = table[inside, np.arange(c.variant.squares)]  # [R, S, SIGHT]
    found[:, len(STANDS) : len(STANDS) + len(SIGHT)][:, :, cells] = seen.transpose(0, 2, 1)
    base, area = len(STANDS) + len(SIGHT), regions(c.variant)
    for j in range(4):
        who = np.where(side == j % 2, 0, 1)  # the second of each pair is the enemy's
        found[rows[:, None], (base + 2 * (j // 2) + who)[:, None], cells[None]] = area[j]
    rooks, passed = INDEX.rooks, INDEX.en_passant
    shown = ((4, range(rooks, rooks + 4)), (5, (passed, passed + 1)), (6, (INDEX.last_from,)),
             (7, (INDEX.last_to,)))  # fmt: skip
    for plane, columns in shown:
        for k in columns:
            there = codes[:, k] >= 0
            found[rows[there], base + plane, codes[there, k]] = 1
    return found


def expand(game: Any, codes: npt.NDArray[Any]) -> Expanded:
    """What a network takes of observations [R, F]; planes in them are not read."""
    codes = np.atleast_2d(np.asarray(codes)).astype(np.int64)
    c, family, part = game.compiled, game.family, encoding.slices(game.family)
    planes = (raw(game, codes) * _SCALE[:, None]).reshape(len(codes), -1, family.ranks, family.files)
    see = game.view(codes[:, : part["rules"].stop])
    side = see.side
    hand = codes[:, part["hand"]].reshape(len(codes), 2, -1)
    hands = np.zeros((len(codes), 2, family.slots, 1 + len(SIGHT)), np.float32)
    movement = _free(c.variant)
    for seat in (0, 1):
        for j, kind in enumerate(c.droppable):
            owner = np.where(seat == 0, side, 1 - side)
            hands[:, seat, j, 0] = hand[np.arange(len(codes)), owner, j] / 4
            hands[:, seat, j, 1:] = movement[2 * kind + owner]
    checks = np.where(side[:, None] == 0, see.checks, see.checks[:, ::-1])
    vector = np.stack(
        [
            side,
            see.cue,
            see.turn == side,
            see.clock / 64,
            see.ply / 128,
            checks[:, 0] / 4,
            checks[:, 1] / 4,
            see.seen / 2,
        ],
        axis=1,
    )
    rules = np.clip(codes[:, part["rules"]], -1, 64).astype(np.float32) / 8
    return Expanded(planes, hands, np.concatenate([vector, rules], axis=1).astype(np.float32))


@functools.lru_cache(maxsize=64)
def _free(v: Variant) -> npt.NDArray[np.float32]:
    """A kind's movement wherever it is freest [2 * (K + 1), len(SIGHT)], for pieces in hand."""
    table = sight(v)
    far = np.take_along_axis(table, np.abs(table).argmax(1)[:, None], axis=1)[:, 0]
    return (far * _SCALE[len(STANDS) : len(STANDS) + len(SIGHT)]).astype(np.float32)


def raw_bounds() -> list[tuple[int, int, float]]:
    """Least, greatest and scale of each plane's whole numbers."""
    return [
        (-1, FAR, 1 / FAR) if name.startswith(("move", "capture", "hop")) else (0, 1, 1.0) for name in PLANES
    ]


def table_of(c: Compiled) -> npt.NDArray[np.int32]:
    """`sight` and `regions` as the rules read them: [2 * (K + 1) * S * SIGHT] and then [4 * S]."""
    return np.concatenate([sight(c.variant).ravel(), regions(c.variant).ravel()])
