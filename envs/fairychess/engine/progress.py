"""What ends games that get no further: counting in makruk and its relatives (a player who has little must be
mated within so many moves), and moving one piece to and fro in janggi, which loses."""

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.attacks import checked
from gyges.envs.fairychess.engine.layout import (
    ASEAN,
    CAMBODIAN,
    CASTLE,
    CHOICE,
    CLOCK,
    COUNT_LIMIT,
    COUNT_PLY,
    DROP,
    FRO,
    FRO_RUN,
    FROM,
    KINDS,
    MAKRUK,
    REMEMBERS,
    SITTUYIN,
    SQ,
    TURN,
)
from gyges.envs.rules import rule


@rule
def men(s: Any, t: Any, side: int, role: int) -> int:
    """A player's pieces on the board with a bit of `Tables.role`; all of them where `role` is -1."""
    n = 0
    for k in range(1, t.head[KINDS] + 1):
        if role < 0 or (t.role[k] >> role) & 1 != 0:
            n += s.count[2 * k + side]
    return n


@rule
def count_limit(s: Any, t: Any, side: int) -> int:
    """Within how many moves the other player must mate `side`; 0: nothing is counted."""
    counting = (t.head[REMEMBERS] >> 1) & 3
    pawns = men(s, t, 0, 12) + men(s, t, 1, 12)
    own = men(s, t, side, -1)
    rooks, silvers, knights = men(s, t, 1 - side, 25), men(s, t, 1 - side, 26), men(s, t, 1 - side, 27)
    if counting == ASEAN:
        if pawns != 0 or own > 1:
            return 0
        return 16 if rooks != 0 else 44 if silvers != 0 else 64 if knights != 0 else 0
    if men(s, t, 1 - side, -1) == 1:
        return 0
    less = 1 if counting == CAMBODIAN else 0
    if counting == MAKRUK and pawns != 0:
        return 0
    if counting == CAMBODIAN and (own > 3 or (own == 1 and pawns != 0)):
        return 0
    if own > 1:
        return 64 - less
    if rooks > 1:
        return 8 - less
    if rooks == 1:
        return 16 - less
    if silvers > 1:
        return 22 - less
    if knights > 1:
        return 32 - less
    return (44 if silvers == 1 else 64) - less


@rule
def tally(s: Any, t: Any, taken: int, promoted: bool) -> None:
    """Count a move just made; begin, or begin anew, where a player has come to be bare or nearly so."""
    more = s.more
    side = int(s.info[TURN])
    counting = (t.head[REMEMBERS] >> 1) & 3
    if more[COUNT_LIMIT] != 0:
        more[COUNT_PLY] = more[COUNT_PLY] + 1
    own, other = men(s, t, side, -1), men(s, t, 1 - side, -1)
    pawn = taken != 0 and (t.role[taken >> 2 & 127] >> 12) & 1 != 0
    if counting != ASEAN and pawn and other == 1 and men(s, t, 0, 12) + men(s, t, 1, 12) == 0:
        limit = count_limit(s, t, 1 - side)
        if limit != 0:
            more[COUNT_LIMIT] = 2 * limit
            more[COUNT_PLY] = 2 * (own + other) - 1
    if more[COUNT_LIMIT] == 0 or ((taken != 0 or promoted) and own == 1):
        limit = count_limit(s, t, side)
        if limit != 0:
            more[COUNT_LIMIT] = 2 * limit
            more[COUNT_PLY] = 0 if counting == ASEAN or own > 1 else 2 * (own + other)


@rule
def counted_out(s: Any, t: Any) -> bool:
    """Is the count over its limit?"""
    if (t.head[REMEMBERS] >> 1) & 3 == 0:
        return False
    return bool(s.more[COUNT_LIMIT] != 0 and s.more[COUNT_PLY] > s.more[COUNT_LIMIT])


@rule
def follow(s: Any, t: Any, m: int, side: int, checked_before: bool) -> None:
    """Count how often a player has moved one piece to and fro, of a move that `side` has just made.

    The run is 1 for a move that may begin it, 2 for one that goes on from where that arrived, one more for
    each that takes back the one before. A pass may stand before the last; captures and checks break it.
    """
    more = s.more
    at = FRO + 3 * side
    to, origin = m & SQ, (m >> FROM) & SQ
    passed = more[at + 2] >= 16
    run = int(more[at + 2]) & 15
    if (m & DROP) == 0 and to == origin and (m >> CHOICE) & 31 == 0:
        more[at + 2] = 0 if passed else run + 16
        return
    back = run > 0 and more[at] == to and more[at + 1] == origin
    beyond = run > 0 and more[at + 1] == origin
    if s.info[CLOCK] == 0:
        more[FRO + 2] = 0
        more[FRO + 5] = 0
    if s.info[CLOCK] == 0 or checked_before or (m & (DROP | CASTLE)) != 0 or (m >> CHOICE) & 31 != 0:
        more[at + 2] = 0
    elif back and (not passed or run + 1 >= FRO_RUN):
        more[at + 2] = min(run + 1, FRO_RUN)
    else:
        more[at + 2] = 2 if beyond and not passed else 1
    more[at] = origin
    more[at + 1] = to


@rule
def to_and_fro(s: Any, t: Any) -> bool:
    """Has the player who moved last gone to and fro too often, with a piece not bound to his own palace?"""
    if t.head[REMEMBERS] < 8:
        return False
    side = 1 - int(s.info[TURN])
    at = FRO + 3 * side
    q = int(s.board[s.more[at + 1]])
    return bool(
        s.more[at + 2] == FRO_RUN and (q & 3) == 1 + side and (t.role[q >> 2] >> (28 + side)) & 1 != 0
    )


@rule
def only_promotes(s: Any, t: Any, moves: Any, n: int) -> bool:
    """Has a player of sittuyin, king and pawn alone and not in check, no move but promotions?"""
    side = int(s.info[TURN])
    if t.head[SITTUYIN] == 0 or men(s, t, side, -1) != 2 or men(s, t, side, 12) != 1:
        return False
    for j in range(n):
        if (moves[j] & DROP) != 0 or (moves[j] >> CHOICE) & 31 == 0:
            return False
    return not checked(s, t, side)
