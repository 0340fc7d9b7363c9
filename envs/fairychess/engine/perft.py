"""Counting: how many positions lie so many plies below one."""

from __future__ import annotations

import numpy as np

from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.variants.ini_files import VariantError

MAX_DEPTH = 24


def perft(board: Board, depth: int) -> int:
    """Number of sequences of `depth` legal moves.

    Raises:
        VariantError: a position on the way has more than `layout.MOST` legal moves.
        ValueError: a depth outside 0 to 24.
    """
    from gyges.envs.fairychess.engine.compiled import engine

    if not 0 <= depth <= MAX_DEPTH:
        raise ValueError(f"depth {depth}; expected 0 to {MAX_DEPTH}")
    if depth == 0:
        return 1
    c = board.compiled
    rows = np.zeros((depth + 1, len(board.row)), np.int32)
    rows[0] = board.row
    out = np.zeros((1, depth * at.STRIDE), np.int32)
    counts = np.zeros((depth + 1, 2), np.int64)
    nodes = int(engine()(c.array[None], c.offsets, rows, c.row, out, counts, depth))
    if counts.max() > (most := int(c.table("head")[at.MOST])):
        raise VariantError(f"a position has {counts.max()} legal moves; at most {most} are allowed")
    return nodes


def divide(board: Board, depth: int) -> dict[str, int]:
    """`perft` of `depth` - 1 after each legal move, by the move's name."""
    found = {}
    for name, move in board.moves().items():
        after = Board(board.variant, chess960=board.chess960)
        after.row = board.row.copy()
        after.play(move)
        found[name] = perft(after, depth - 1)
    return dict(sorted(found.items()))
