"""Perpetual chase: whose piece has been chased all the time since a position stood before.

Chases are looked for only once repetition has ended a game. A row keeps the position at which the game
began and the moves since, which are then played again. This record is one array: `size` moves, each at the
ply at which it was made modulo `size`, then the position before the first of them. In place of a move it
holds `SKIP` where the turn passed without one, and SKIP - 1 - square where besides a piece vanished.
"""

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.attacks import has, high, low
from gyges.envs.fairychess.engine.chase import chased
from gyges.envs.fairychess.engine.copies import bring, exchange, keep
from gyges.envs.fairychess.engine.layout import CASTLE, DROP, FROM, PLY, SQ, SQUARES, TURN
from gyges.envs.fairychess.engine.moves import make, put, skip
from gyges.envs.rules import rule

SKIP = -1


@rule
def begin(s: Any, t: Any, record: Any, first: int, size: int) -> None:
    """Nobody has been chased; whatever led to this position counts as a chase."""
    keep(s, t, record, first + size)


@rule
def note(s: Any, t: Any, record: Any, first: int, size: int, m: int) -> None:
    """Write down a move about to be made; of more than `size` the oldest is forgotten."""
    ply, base = int(s.info[PLY]), first + size
    at = first + ply % size
    if ply - record[base + PLY] >= size:
        exchange(s, t, record, base)
        again(s, t, int(record[at]))
        exchange(s, t, record, base)
    record[at] = m


@rule
def again(s: Any, t: Any, m: int) -> None:
    """Play what the record holds."""
    if m >= 0:
        make(s, t, m)
        return
    if m < SKIP:
        put(s, t, SKIP - 1 - m, 0)
    skip(s, t)


@rule
def carried(lo: int, hi: int, m: int) -> tuple[int, int]:
    """Where pieces stand (low, high) after a move; not those that it castles, drops or takes."""
    to, origin = m & SQ, (m >> FROM) & SQ
    if m < 0 or ((m & DROP) == 0 and to == origin):
        return lo, hi
    moved = (m & (CASTLE | DROP)) == 0 and has(lo, hi, origin) != 0
    lo, hi = lo & ~low(to), hi & ~high(to)
    if (m & DROP) == 0:
        lo, hi = lo & ~low(origin), hi & ~high(origin)
    if moved:
        lo, hi = lo | low(to), hi | high(to)
    return lo, hi


@rule
def men(s: Any, t: Any, side: int) -> tuple[int, int]:
    """The squares (low, high) of a player's pieces."""
    lo, hi = 0, 0
    for u in range(t.head[SQUARES]):
        if (s.board[u] & 3) == 1 + side:
            lo |= low(u)
            hi |= high(u)
    return lo, hi


@rule
def hunted(s: Any, t: Any, record: Any, first: int, size: int, plies: int) -> int:
    """Whose piece, one and the same, has every move of the other chased since a position so many plies ago?

    Bits: 1 the player's to move, by the move that led to that position too; 2 the other's.
    """
    side, end, base = int(s.info[TURN]), int(s.info[PLY]), first + size
    since = end - plies - (plies & 1)  # it was the same player's turn
    exchange(s, t, record, base)
    mlo, mhi, tlo, thi = 0, 0, 0, 0  # his pieces, the other's
    if s.info[PLY] == since:
        mlo, mhi = men(s, t, side)
    elif s.info[PLY] == since + 1:
        tlo, thi = men(s, t, 1 - side)
    while s.info[PLY] < end:
        m = int(record[first + s.info[PLY] % size])
        taken, before = 0, 0
        if m >= 0:
            taken = int(s.board[m & SQ])
            before = int(s.board[(m >> FROM) & SQ]) if (m & DROP) == 0 else 0
        again(s, t, m)
        if s.info[PLY] < since:
            continue
        lo, hi = 0, 0
        if m >= 0:
            lo, hi = chased(s, t, m, before, taken)
        mlo, mhi = carried(mlo, mhi, m)
        tlo, thi = carried(tlo, thi, m)
        if s.info[PLY] == since:
            mlo, mhi = -1, -1
        elif s.info[PLY] == since + 1:
            tlo, thi = -1, -1
        if s.info[TURN] == side:
            mlo, mhi = mlo & lo, mhi & hi
        else:
            tlo, thi = tlo & lo, thi & hi
    bring(s, t, record, base)
    return int((mlo | mhi) != 0) | int((tlo | thi) != 0) << 1
