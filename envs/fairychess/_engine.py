"""Compiled loops over the rules of `moves`. Imports Numba: imported only when a position is played."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from numba import njit

from gyges.envs import rules as core
from gyges.envs.fairychess import layout, moves
from gyges.envs.rules import PURE, views

position = views(layout.Position)
tables = views(layout.Tables)
generate, make, ended, result, in_check, legal = (
    moves.generate, moves.make, moves.ended, moves.result, moves.in_check, moves.moves,
)  # fmt: skip
INFO, TURN, MAX_MOVES, NOTHING, ENDS = layout.INFO, layout.TURN, layout.MAX_MOVES, layout.NOTHING, layout.ENDS


class Engine(NamedTuple):
    """The compiled loops. Arguments: table, its offsets, position row(s), their offsets."""

    perft: Any  # (table, offsets, rows [depth + 1, W], row offsets, out [depth * MAX_MOVES], counts, depth) -> nodes
    legal: Any  # (table, offsets, row, row offsets, out [MAX_MOVES]) -> (moves, result, in check)
    play: Any  # (table, offsets, row, row offsets, move)


def stamp() -> str:
    """A hash of every file that the compiled loops depend on."""
    digest = hashlib.sha256()
    for file in (__file__, moves.__file__, layout.__file__, core.__file__):
        digest.update(Path(str(file)).read_bytes())
    return digest.hexdigest()


def _compiled(function: Any) -> Any:
    return function if PURE else njit(function, cache=True, nogil=True, error_model="numpy")


@functools.lru_cache(maxsize=1)
def engine() -> Engine:
    """Compile the loops, or take them from the cache, at their first call."""
    mark = stamp()

    def perft(table: Any, offsets: Any, rows: Any, parts: Any, out: Any, counts: Any, depth: int) -> int:
        """Leaves `depth` plies below the position in rows[0]; depth is at least 1."""
        if mark == "":
            return 0
        t = tables(table, offsets)
        level, nodes = 0, 0
        width = rows.shape[1]
        counts[0, 0] = -1
        while level >= 0:
            s = position(rows[level], parts)
            if counts[level, 0] < 0:
                last = level == depth - 1
                n = 0
                if t.head[ENDS] == 0 or ended(s, t) == NOTHING:
                    n = generate(s, t, out, level * MAX_MOVES, last)
                if last:
                    nodes += n
                    level -= 1
                    continue
                counts[level, 0] = n
                counts[level, 1] = 0
            if counts[level, 1] >= counts[level, 0]:
                level -= 1
                continue
            move = out[level * MAX_MOVES + counts[level, 1]]
            counts[level, 1] += 1
            for j in range(width):
                rows[level + 1, j] = rows[level, j]
            make(position(rows[level + 1], parts), t, move)
            level += 1
            counts[level, 0] = -1
        return nodes

    def list_moves(table: Any, offsets: Any, row: Any, parts: Any, out: Any) -> tuple[int, int, bool]:
        if mark == "":
            return 0, 0, False
        s, t = position(row, parts), tables(table, offsets)
        n = legal(s, t, out, 0, False)
        return n, result(s, t, n), in_check(s, t)

    def play(table: Any, offsets: Any, row: Any, parts: Any, move: int) -> None:
        if mark == "":
            return
        make(position(row, parts), tables(table, offsets), move)

    return Engine(_compiled(perft), _compiled(list_moves), _compiled(play))
