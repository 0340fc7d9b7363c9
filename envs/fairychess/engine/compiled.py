"""Compiled loops over the rules of `moves`. Imports Numba: imported only when a position is played."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

from numba import njit

from gyges.envs._runtime.memory import access
from gyges.envs._runtime.stamps import runtime_files
from gyges.envs.fairychess.engine import (
    attacks,
    chase,
    copies,
    drops,
    king_safety,
    layout,
    legal,
    moves,
    progress,
    pursuit,
    special_moves,
    termination,
)
from gyges.envs.rules import PURE

position = access(layout.Position, layout.Position, pointers=True)["view"]
tables = access(layout.Tables, layout.Tables, pointers=True)["view"]
line = access(layout.Tables, layout.Tables, pointers=True)["line"]
generate, make = legal.generate, moves.make
hunted = pursuit.hunted
ended, result, in_check = termination.ended, termination.result, termination.in_check
drawn, counted_out, only_promotes = termination.drawn, progress.counted_out, progress.only_promotes
to_and_fro = progress.to_and_fro
STRIDE, NOTHING, ENDS = layout.STRIDE, layout.NOTHING, layout.ENDS
LIST, PLAY, COUNTED, CHASED = -1, -2, -3, -4
"""In place of a depth: write the moves of rows[0] to out; play counts[0, 0] in rows[0]; say in counts[0, 0]
what a drawn end of rows[0] is; say there what `pursuit.hunted` does of the last counts[0, 0] plies, with a
record of counts[0, 1] moves in place of the list."""


def stamp() -> str:
    """A hash of every file that the compiled loop depends on."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    modules = (attacks, chase, copies, pursuit, progress, king_safety, drops, legal, moves, special_moves)
    for file in (*(Path(str(one.__file__)) for one in (*modules, termination, layout)), *runtime_files()):
        digest.update(file.read_bytes())
    return digest.hexdigest()


@functools.lru_cache(maxsize=1)
def engine() -> Any:
    """The compiled loop; it compiles, or comes from the cache, at its first call.

    One function serves perft, listing and playing, so that the rules are compiled once:
    ``loop(table [1, N], offsets, rows [depth + 1, W], parts, out [1, depth * STRIDE],
    counts [depth + 1, 2], depth)``
    returns the leaves `depth` plies below rows[0]. With `LIST` the moves are in out, their number is
    returned, and counts holds the result, and whether the player is in check (1), the count of moves is
    over (2), the other player has gone to and fro too often (4).
    """
    mark = stamp()

    def loop(table: Any, offsets: Any, rows: Any, parts: Any, moves: Any, counts: Any, depth: int) -> int:
        t = tables(table, 0, offsets)
        out = line(moves, 0)
        level, nodes = 0, 0
        width = rows.shape[1]
        if depth == COUNTED:
            counts[0, 0] = drawn(position(rows, 0, parts), t)
            return 0
        if depth == CHASED:
            plies, size = int(counts[0, 0]), int(counts[0, 1])
            counts[0, 0] = hunted(position(rows, 0, parts), t, out, 0, size, plies)
            return 0
        if depth != PLAY:
            counts[0, 0] = -1
        elif mark == "":
            return -1
        while level >= 0:
            s = position(rows, level, parts)
            if counts[level, 0] < 0:
                last = level == depth - 1
                n = 0
                if t.head[ENDS] == 0 or ended(s, t) == NOTHING:
                    n = generate(s, t, out, level * STRIDE, last)
                if last:
                    nodes += n
                    level -= 1
                    continue
                if depth == LIST:
                    counts[0, 0] = result(s, t, n)
                    counts[0, 1] = int(in_check(s, t)) | 4 * int(to_and_fro(s, t))
                    counts[0, 1] |= 2 * int(counted_out(s, t) or only_promotes(s, t, out, n))
                    return n
                counts[level, 0] = n
                counts[level, 1] = 0
            if depth != PLAY:
                if counts[level, 1] >= counts[level, 0]:
                    level -= 1
                    continue
                for j in range(width):
                    rows[level + 1, j] = rows[level, j]
                move = int(out[level * STRIDE + counts[level, 1]])
                counts[level, 1] += 1
                level += 1
                counts[level, 0] = -1
            else:
                move = int(counts[0, 0])
            make(position(rows, level, parts), t, move)
            if depth == PLAY:
                return 0
        return nodes

    return loop if PURE else njit(loop, cache=True, nogil=True, error_model="numpy")
