"""Inputs of the network: pieces as edges from square to square, rules as numbers, no names.

A piece is what it may do. For every position there are `RELATIONS` matrices of squares, forwards and
backwards: where a piece of the player to move, or of the other, could go now, where it captures or protects
now, and where it would if nothing were in the way. A node is a square, with a description of what stands
there: royal, promotes, can be dropped, how mobile on average; never which letter or kind. All is seen by the
player to move, and files by their distance from the middle, so that a position and its mirror image are the
same to the network wherever the rules make them so.
"""

from __future__ import annotations

import functools
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled, compiled
from gyges.envs.fairychess.variants.ini_files import Variant

Floats = npt.NDArray[np.float32]
Rules = Literal["edges", "blind", "permuted"]
"""How a network is shown the rules: as edges and descriptions; not at all, pieces by their number and edges
by geometry alone; or with what kinds of pieces may do exchanged among them, royal ones excepted."""
WEIGHT = 0.5
"""Of an edge: some four meet at a square."""
STEPS = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
"""Neighbours, ranks ahead and files to the right: with rank, file and diagonals the edges of a blind
network."""
RELATIONS = 6
"""Own pieces: may go, may capture, stopped on the way; the other player's alike."""
ROLES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 19, 20, 24)
"""Bits of `Tables.role` that a descriptor holds; those that only name a kind are left out."""
DESCRIPTOR = 7 + len(ROLES)
"""Numbers that describe a kind of piece of one side."""
PLACE = 8
"""Numbers that describe a square."""
NODE = 6 + DESCRIPTOR + PLACE
"""Numbers of a node: own, rival, wall, civilian, may castle, passed; its piece; its place."""
KINDS_NAMED = (
    at.NO_DOUBLED, at.DROP_MATE, at.OPPOSITE_BISHOP, at.CASTLE_KING, at.MUST_TYPE, at.SITTUYIN,
)  # fmt: skip
"""Constants of the head that are numbers of kinds: only whether there is one is an input."""
LEFT_OUT = (at.FILES, at.RANKS, at.SQUARES, at.KINDS, at.CHOICES, at.DIRECTIONS, at.MOST, at.WATCHED, at.BULK,
            at.TEST_ALL, at.KING_FILE, at.QUEEN_FILE, at.CASTLE_RANK, at.CASTLE_FILE)  # fmt: skip
"""Constants of the head that follow from others or say how the engine works."""
RULE_CONSTANTS = tuple(j for j in range(at.HEAD) if j not in LEFT_OUT)
RULES = len(RULE_CONSTANTS) + 2
"""Numbers that describe a variant's rules: constants of its head, files and ranks."""
STATE = 4 + 2 * DESCRIPTOR
"""Numbers that describe a position as a whole: counters, checks left, both hands."""
FLAGS = 5
"""Marks of a move: drop, castling, puts a piece besides, en passant, pass."""
MAX_SQUARES = 100
"""Squares of a board, at most: a position's edges grow with their square, to half a megabyte."""


class Inputs(NamedTuple):
    """B positions and their T legal moves, one after the other.

    Attributes:
        edges: float32 [B, S, 2 * RELATIONS, S], by receiving and sending square.
        nodes: float32 [B, S, NODE].
        state: float32 [B, STATE].
        moves: int64 [T, 3]: node that a move leaves and node that it reaches, numbered through all positions
            (drops leave the node they reach), and the descriptor of what it becomes, 0 what it was.
        flags: float32 [T, FLAGS].
        owner: int64 [T] position of each move.
    """

    edges: Floats
    nodes: Floats
    state: Floats
    moves: npt.NDArray[np.int64]
    flags: Floats
    owner: npt.NDArray[np.int64]


class Description(NamedTuple):
    """A variant as numbers.

    Attributes:
        kinds: float32 [2K + 2, DESCRIPTOR] by 2 * kind + side; nothing's is 0.
        places: float32 [2, S, PLACE] by the player who looks.
        rules: float32 [RULES].
        start: int32 [pieces * S] where the paths of a piece from a square begin in the table of paths.
        geometry: float32 [2, S, 2 * RELATIONS, S] edges by the player who looks, in the place of those of
            what pieces may do; None for these.
    """

    kinds: Floats
    places: Floats
    rules: Floats
    start: npt.NDArray[np.int32]
    geometry: Floats | None


@functools.lru_cache(maxsize=256)
def _described(variant: Variant, shown: Rules) -> Description:
    c = compiled(variant)
    kinds, places, rules, start = _kinds(c), _places(c), _rules(c), c.table("start")
    if shown == "blind":
        kinds = np.zeros_like(kinds)
        for kind in range(1, len(c.kinds)):
            kinds[2 * kind : 2 * kind + 2, (kind - 1) % DESCRIPTOR] = 1
        places[:, :, 4:] = 0  # zones
        rules[:-2] = 0
        return Description(kinds, places, rules, start, _geometry(variant))
    if shown == "permuted":
        order = _exchanged(c)
        pieces = np.stack([2 * order, 2 * order + 1], 1).ravel()
        paths = start.reshape(-1, variant.squares).copy()
        paths[: len(pieces)] = paths[pieces]
        kinds, start = kinds[pieces], paths.ravel()
    return Description(kinds, places, rules, start, None)


def _exchanged(c: Compiled) -> npt.NDArray[np.int64]:
    """Whose description each kind is given [K + 1]: the next one's that is not royal."""
    role = c.table("role")
    order = np.arange(len(c.kinds))
    common = [kind for kind in range(1, len(c.kinds)) if not int(role[kind]) & 3]
    if len(common) < 2:
        raise ConfigError(f"{c.variant.name}: fewer than two kinds of pieces that are not royal to exchange")
    order[common] = np.roll(common, -1)
    return order


def _geometry(variant: Variant) -> Floats:
    """Edges to neighbours, and along ranks, files and diagonals."""
    found = np.zeros((2, variant.squares, 2 * RELATIONS, variant.squares), np.float32)
    for side, ahead in ((0, 1), (1, -1)):
        for origin in range(variant.squares):
            for target in range(variant.squares):
                y, x = divmod(target, variant.maxFile)
                y, x = ahead * (y - origin // variant.maxFile), x - origin % variant.maxFile
                if (y, x) in STEPS:
                    found[side, target, STEPS.index((y, x)), origin] = WEIGHT
                for line, straight in enumerate((x == 0, y == 0, x == y, x == -y)):
                    if straight and origin != target:
                        found[side, target, len(STEPS) + line, origin] = WEIGHT
    return found


def playable(c: Compiled) -> None:
    """Raise ConfigError where the tree search does not play a variant: moves put walls."""
    if c.walls:
        rule = c.variant.wallingRule
        raise ConfigError(
            f"{c.variant.name}: moves put walls ({rule}); the tree search plays no such variant"
        )


def describe(c: Compiled, shown: Rules = "edges") -> Description:
    """A variant as numbers that do not depend on what its pieces are called.

    Args:
        c: the variant.
        shown: how its rules are.

    Raises:
        ConfigError: a board of more than `MAX_SQUARES`, or moves that put walls.
    """
    playable(c)
    if c.variant.squares > MAX_SQUARES:
        raise ConfigError(
            f"{c.variant.name}: {c.variant.squares} squares; a network takes {MAX_SQUARES} at most"
        )
    return _described(c.variant, shown)


def _reach(c: Compiled) -> Floats:
    """Squares that a piece reaches on an empty board on average [2K + 2, 4]: goes to, captures on, by long
    lines, over screens; in eighths."""
    squares = c.variant.squares
    start, path = c.table("start").reshape(-1, squares), c.table("path")
    found = np.zeros((2 * len(c.kinds), 4), np.float32)
    for piece in range(2, 2 * len(c.kinds)):
        for s in range(squares):
            j = int(start[piece, s])
            end = j + 1 + int(path[j])
            j += 1
            while j < end:
                head, count = int(path[j]), int(path[j]) & at.COUNT
                flags = (head & at.MOVE, head & at.CAPTURE, not head & at.LEAP and count > 1, head & at.HOP)
                found[piece] += [count * bool(flag) for flag in flags]
                j += 1 + count
    return np.asarray(found / (8 * squares), np.float32)


def _kinds(c: Compiled) -> Floats:
    reach, role = _reach(c), c.table("role")
    choices = c.table("choice").reshape(2 * len(c.kinds), -1)
    found = np.zeros((2 * len(c.kinds), DESCRIPTOR), np.float32)
    for kind in range(1, len(c.kinds)):
        for side in (0, 1):
            own = found[2 * kind + side]
            own[:4] = reach[2 * kind + side]
            options = [2 * int(k) + side for k in choices[2 * kind + side] if k]
            own[4] = max((float(reach[k, :2].sum()) for k in options), default=0.0)
            own[5] = reach[2 * c.kinds[kind].hand + side, :2].sum()
            own[6] = len(options) > 0
            bits = [int(role[kind]) >> j & 1 for j in ROLES]
            if side:  # those of the second player in the place of the first's
                bits[2], bits[3] = int(role[kind]) >> 16 & 1, int(role[kind]) >> 17 & 1
                bits[6], bits[7] = bits[7], bits[6]
            own[7:] = bits
    return found


def _places(c: Compiled) -> Floats:
    v = c.variant
    area = c.table("area").reshape(2, v.squares)
    found = np.zeros((2, v.squares, PLACE), np.float32)
    for side in (0, 1):
        for s in range(v.squares):
            y, x = divmod(s, v.maxFile)
            ahead = y if side == 0 else v.maxRank - 1 - y
            zones = [float(area[who, s] >> bit & 1) for bit in (0, 3) for who in (side, 1 - side)]
            middle = 1 - abs(2 * x - (v.maxFile - 1)) / max(v.maxFile - 1, 1)
            found[side, s] = [
                ahead / (v.maxRank - 1 or 1), float(ahead == 0), float(ahead == v.maxRank - 1), middle,
                *zones,
            ]  # fmt: skip
    return found


def _rules(c: Compiled) -> Floats:
    head = c.table("head").astype(np.float64)
    head[list(KINDS_NAMED)] = head[list(KINDS_NAMED)] != 0
    constants = head[list(RULE_CONSTANTS)]
    numbers = [
        *(np.sign(constants) * np.log1p(np.abs(constants))),
        c.variant.maxFile / 8,
        c.variant.maxRank / 8,
    ]
    return np.array(numbers, np.float32)


def inputs_of(
    c: Compiled, rows: npt.NDArray[np.int32], seen: npt.NDArray[np.int32], moves: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64], shown: Rules = "edges",
) -> Inputs:  # fmt: skip
    """Inputs for positions.

    Args:
        c: their variant.
        rows: int32 [B, W] positions.
        seen: int32 [B] how often each has stood.
        moves: int32 [T] their legal moves, one position's after the other's.
        counts: int64 [B] how many each has.
        shown: how the rules are shown.
    """
    from gyges.agents.search.edges import fill, list_moves

    about = describe(c, shown)
    squares, many = c.variant.squares, len(rows)
    edges = np.zeros((many, squares, 2 * RELATIONS, squares), np.float32)
    nodes = np.zeros((many, squares, NODE), np.float32)
    state = np.zeros((many, STATE), np.float32)
    numbers = np.zeros((len(moves), 3), np.int64)
    flags = np.zeros((len(moves), FLAGS), np.float32)
    owner = np.repeat(np.arange(many, dtype=np.int64), counts)
    fill(edges, nodes, state, rows, seen, c.row, about.start, c.table("path"), c.table("head"),
         about.kinds, about.places)  # fmt: skip
    if about.geometry is not None:
        edges = about.geometry[rows[:, at.TURN]]
    list_moves(numbers, flags, moves, owner, rows, c.row, c.table("choice"), c.table("head"))
    return Inputs(edges, nodes, state, numbers, flags, owner)
