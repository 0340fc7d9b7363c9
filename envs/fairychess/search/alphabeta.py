"""A search of our own for every variant: alpha-beta at a fixed number of nodes.

The same position, node count and root moves give the same answer on every machine. Values come from how
pieces move (`worth.py`), results from the variant's own rules.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gyges.envs.fairychess.board import Board, uci
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.search.piece_values import Worth, worth
from gyges.envs.fairychess.variants.ini_files import VariantError

Row = npt.NDArray[np.int32]
MATE = 30_000
MAX_SLOTS = 1 << 20
_local = threading.local()


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        cp: centipawns for the player to move; a mate in n plies is 30,000 - n, being mated n - 30,000.
        move: the best of the root moves as an integer; None where the game is over or none was given.
        line: the principal variation, `move` first.
        depth: plies of the last iteration that gave an answer.
        nodes: positions looked at.
    """

    cp: int
    move: int | None
    line: tuple[int, ...]
    depth: int
    nodes: int

    @property
    def mate(self) -> int | None:
        """Plies to a forced end, negative where the player to move loses; None if none was found."""
        if abs(self.cp) < MATE - 1000:
            return None
        return MATE - self.cp if self.cp > 0 else -MATE - self.cp

    @property
    def win_probability(self) -> float:
        """W = 1 / (1 + 10^(-cp / 400)): what the game is worth to the player to move, 0 to 1."""
        return win_probability(self.cp)


def win_probability(cp: float) -> float:
    """W = 1 / (1 + 10^(-cp / 400))."""
    return float(1.0 / (1.0 + 10.0 ** (-max(min(cp, 4000.0), -4000.0) / 400.0)))


class _Space:
    """The arrays of one search, kept for the next."""

    def __init__(self, width: int) -> None:
        from gyges.envs.fairychess.search.compiled import FIELDS, INDEX, LEVELS

        self.rows = np.zeros((LEVELS, width), np.int32)
        self.moves = np.zeros((1, LEVELS * at.STRIDE), np.int32)
        self.order = np.zeros((1, LEVELS * at.STRIDE), np.int32)
        self.stack = np.zeros((LEVELS, FIELDS), np.int64)
        self.tried = np.zeros((2, INDEX + 1), np.int32)
        self.lines = np.zeros((LEVELS, LEVELS + 2), np.int32)
        self.answer = np.zeros((1, LEVELS + 8), np.int32)
        self.hashed: dict[int, npt.NDArray[np.int64]] = {}


def _space(width: int) -> _Space:
    spaces: dict[int, _Space] = _local.__dict__.setdefault("spaces", {})
    if width not in spaces:
        if len(spaces) >= 16:
            spaces.clear()
        spaces[width] = _Space(width)
    return spaces[width]


def key(c: Compiled, row: Row) -> int:
    """63 bits that tell positions apart, as `history` wants them: board, player, rights, hands."""
    info = [int(x) for x in row[: at.INFO]]

    def mixed(word: int, value: int) -> int:
        word = ((word ^ (value + 0x7F4A7C15)) * 0x2545F491) & 0xFFFFFFFF
        return word ^ (word >> 15)

    word = info[at.HASH] & 0xFFFFFFFF
    for j in range(4):
        word = mixed(word, info[at.RIGHTS + j] + 2)
    word = mixed(word, 200 * (info[at.EP0] + 2) + info[at.EP1] + 2)
    word = mixed(word, 10 * info[at.CHECKS] + info[at.CHECKS + 1])
    if c.variant.pieceDrops:
        for k, n in enumerate(int(x) for x in row[c.row[2] : c.row[3]]):
            word = mixed(word, 128 * k + n) if k > 1 and n else word
    return (info[at.HASH + 1] & 0x7FFFFFFF) << 32 | word


def _legal(c: Compiled, row: Row) -> tuple[npt.NDArray[np.int32], int]:
    """The legal moves, and how the game stands for the player to move."""
    from gyges.envs.fairychess.engine.compiled import LIST, engine

    listed, counts = np.zeros((1, at.STRIDE), np.int32), np.zeros((1, 2), np.int64)
    n = int(engine()(c.array[None], c.offsets, row[None].copy(), c.row, listed, counts, LIST))
    if n > (most := int(c.table("head")[at.MOST])):
        raise VariantError(f"{n} legal moves; at most {most} are allowed")
    return listed[0, :n], int(counts[0, 0])


def _chosen(c: Compiled, row: Row, legal: Row, wanted: Iterable[int | str]) -> Row:
    """The root moves in the order of the legal ones."""
    named = {uci(c, row, int(m)): int(m) for m in legal}
    numbers = {named.get(m, -1) if isinstance(m, str) else int(m) for m in wanted}
    if not numbers:
        raise ValueError("no root moves; expected one or more, or None for all")
    if numbers - set(named.values()):
        raise ValueError(f"a root move is not legal; legal are {' '.join(sorted(named))}")
    return np.array([m for m in legal if int(m) in numbers], np.int32)


def search(
    position: Board | tuple[Compiled, Row],
    nodes: int,
    root_moves: Iterable[int | str] | None = None,
    history: Sequence[int] = (),
    values: Worth | None = None,
) -> Found:
    """Search a position until `nodes` positions have been looked at; the first ply is always finished.

    Args:
        position: a `Board`, or a compiled variant and a position's row; it is not changed.
        nodes: how many.
        root_moves: the moves to choose from, as integers or by name; all legal moves if None.
        history: keys (`key`) of the game's earlier positions, oldest first, for repetitions.
        values: what pieces are worth; the variant's own (`worth`) by default.

    Raises:
        ValueError: no nodes, or a root move that is not legal.
        VariantError: the position has more than `layout.MOST` legal moves.
    """
    from gyges.envs.fairychess.search.compiled import LEVELS, searcher

    if nodes < 1:
        raise ValueError(f"{nodes} nodes; expected 1 or more")
    c, row = (position.compiled, position.row) if isinstance(position, Board) else position
    legal, outcome = _legal(c, row)
    if outcome != at.NOTHING:
        return Found(MATE * outcome, None, (), 0, 1)
    if root_moves is not None:
        legal = _chosen(c, row, legal, root_moves)
    space = _space(len(row))
    space.rows[0] = row
    slots = 1 << min(max((2 * nodes - 1).bit_length(), 8), MAX_SLOTS.bit_length() - 1)
    hashed = space.hashed.setdefault(slots, np.zeros((slots, 2), np.int64))
    for array in (hashed, space.stack, space.tried, space.answer):
        array.fill(0)
    hashed[0, 0] = -1
    trail = np.zeros(len(history) + LEVELS, np.int64)
    trail[: len(history)] = history
    e = worth(c.variant) if values is None else values
    searcher()(
        c.array[None], c.offsets, space.rows, c.row, space.moves, space.order, e.array[None], e.offsets,
        space.stack, hashed, space.tried, trail, legal, space.lines, space.answer, nodes, len(history),
    )  # fmt: skip
    move, cp, depth, count, length = (int(x) for x in space.answer[0, :5])
    return Found(cp, move, tuple(int(m) for m in space.answer[0, 5 : 5 + length]), depth, count)


def line_names(position: Board | tuple[Compiled, Row], found: Found) -> list[str]:
    """The principal variation as UCI names."""
    c, row = (position.compiled, position.row) if isinstance(position, Board) else position
    board = Board(c.variant)
    board.row = row.copy()
    names = []
    for move in found.line:
        names.append(uci(c, board.row, move))
        board.play(move)
    return names
