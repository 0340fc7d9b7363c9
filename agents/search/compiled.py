"""The rules as a search uses them: play a move, list what follows, say how the game stands; random playouts.

Imports Numba: imported only when something is searched. Rules are compiled once, into one loop.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

from numba import njit

from gyges.envs.fairychess.engine import compiled as _engine
from gyges.envs.fairychess.engine.layout import (
    ABSOLUTE,
    CLOCK,
    DRAW,
    ENDS,
    FOLD_VALUE,
    MOST,
    N_MOVE,
    NOTHING,
    PERPETUAL,
    REMEMBERS,
    SITTUYIN,
    TURN,
    WIN,
)
from gyges.envs.fairychess.engine.legal import generate
from gyges.envs.fairychess.engine.moves import make
from gyges.envs.fairychess.engine.progress import counted_out, only_promotes, to_and_fro
from gyges.envs.fairychess.engine.termination import drawn, ended, in_check, no_moves
from gyges.envs.fairychess.search import compiled as _search
from gyges.envs.fairychess.search.compiled import key_of, mixed
from gyges.envs.rules import PURE, inline, rule

position, tables, line = _engine.position, _engine.tables, _engine.line


@rule
def stands(s: Any, t: Any, out: Any) -> tuple[int, int]:
    """How the game stands for the player to move, but for repetition; the number of moves in out."""
    head = t.head
    if head[ENDS] != 0:
        now = int(ended(s, t))
        if now != NOTHING:
            return now, 0
    n = int(generate(s, t, out, 0, False))
    if n > head[MOST]:
        return DRAW, 0
    if n == 0:
        return int(no_moves(s, t)), 0
    if head[N_MOVE] != 0 and s.info[CLOCK] >= 2 * head[N_MOVE]:
        return int(drawn(s, t)), 0
    if head[REMEMBERS] >= 8 and to_and_fro(s, t):
        return WIN, 0
    if head[REMEMBERS] > 1 and counted_out(s, t):
        return DRAW, 0
    if head[SITTUYIN] != 0 and only_promotes(s, t, out, n):
        return DRAW, 0
    return NOTHING, n


@rule
def fold_value(s: Any, t: Any) -> int:
    """What repetition is worth to the player to move where nobody has given perpetual check."""
    value = int(t.head[FOLD_VALUE])
    if t.head[ABSOLUTE] != 0 and s.info[TURN] == 1:
        value = -value
    return int(drawn(s, t)) if value == DRAW else value


@rule
def key_with_check(s: Any, t: Any) -> int:
    """A position's key; its lowest bit says whether the player to move is in check, where that counts."""
    key = int(key_of(s, t))
    if (t.head[PERPETUAL] & 1) != 0:
        key = (key & ~1) | int(in_check(s, t))
    return key


def _loop(
    table: Any, offsets: Any, rows: Any, parts: Any, listed: Any, source: Any, target: Any, move: Any,
    plies: int, words: Any, moves: Any, used: Any, number: Any, outcome: Any, fold: Any, keys: Any,
) -> None:  # fmt: skip
    t = tables(table, 0, offsets)
    out = line(listed, 0)
    width = rows.shape[1]
    for r in range(source.shape[0]):
        at, m, word, ply = int(target[r]), int(move[r]), int(words[r]), 0
        if at < 0:
            continue
        for j in range(width):
            rows[at, j] = rows[source[r], j]
        s = position(rows, at, parts)
        while True:
            if m >= 0:
                make(s, t, m)
            now, n = stands(s, t, out)
            ply += 1
            if ply >= plies or now != NOTHING:
                break
            word = mixed(word, ply)
            m = int(out[word % n])
        number[r], outcome[r] = n, now
        fold[r] = fold_value(s, t)
        keys[r] = key_with_check(s, t)
        if plies == 1:
            for j in range(n):
                moves[r, used[r] + j] = out[j]


whole = inline(_loop)


@functools.lru_cache(maxsize=1)
def expander() -> Any:
    """The compiled loop; it compiles, or comes from the cache, at its first call.

    ``loop(table [1, N], offsets, rows [M, W], parts, listed [1, STRIDE], source [R], target [R], move [R],
    plies, words [R], moves [R, E], used [R], number [R], outcome [R], fold [R], keys [R])`` copies
    rows[source] to rows[target] (where that is not -1), plays move there (-1: none), then random moves by
    words until so many positions have been listed. It writes the last one's number of moves, the moves
    themselves behind the `used` ones (where plies is 1), how it stands, what repetition would be worth, and
    its key.
    """
    files = (__file__, str(_search.__file__))
    mark = _engine.stamp() + "".join(hashlib.sha256(Path(one).read_bytes()).hexdigest() for one in files)

    def loop(
        table: Any, offsets: Any, rows: Any, parts: Any, listed: Any, source: Any, target: Any, move: Any,
        plies: int, words: Any, moves: Any, used: Any, number: Any, outcome: Any, fold: Any, keys: Any,
    ) -> None:  # fmt: skip
        if mark == "":
            return
        whole(table, offsets, rows, parts, listed, source, target, move, plies, words, moves, used, number,
              outcome, fold, keys)  # fmt: skip

    return loop if PURE else njit(loop, cache=True, nogil=True, error_model="numpy")
