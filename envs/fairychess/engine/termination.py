"""How a game ends: goals, extinction, checks given, mate and stalemate."""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM102

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.attacks import attacked, checked, reaches
from gyges.envs.fairychess.engine.layout import (
    CAPTURE,
    CHECK_COUNT,
    CHECKMATE,
    CHECKS,
    ENDS,
    EXTINCT_ALL,
    EXTINCT_COUNT,
    EXTINCT_OTHER,
    EXTINCT_VALUE,
    FLAG,
    FLAG_COUNT,
    FLAG_KING,
    FLAG_MOVE,
    FLAG_SAFE,
    KINDS,
    LAST_EXTINCT,
    NOTHING,
    POCKETS,
    SQUARES,
    STALEMATE,
    TURN,
)
from gyges.envs.rules import rule


@rule
def extinct(s: Any, t: Any, side: int) -> bool:
    """Has a player lost the last of a kind whose extinction ends the game?"""
    head = t.head
    if head[EXTINCT_ALL] != 0:
        own = s.info[POCKETS + side]
        other = s.info[POCKETS + 1 - side]
        for k in range(1, head[KINDS] + 1):
            own += s.count[2 * k + side]
            other += s.count[2 * k + 1 - side]
        return bool(own <= head[EXTINCT_COUNT] and other >= head[EXTINCT_OTHER])
    for k in range(1, head[KINDS] + 1):
        if (t.role[k] >> 5) & 1 != 0 and t.base[k] == k:
            own = s.count[2 * k + side] + s.pocket[2 * k + side]
            other = s.count[2 * k + 1 - side] + s.pocket[2 * k + 1 - side]
            if own <= head[EXTINCT_COUNT] and other >= head[EXTINCT_OTHER]:
                return True
    return False


@rule
def flagged(s: Any, t: Any, side: int) -> bool:
    """Does a player stand in his goal?"""
    met, held = 0, 0
    head = t.head
    cared = head[FLAG_SAFE] != 0 and (head[FLAG_MOVE] == 0 or side != s.info[TURN])
    for u in range(head[SQUARES]):
        if (t.area[side * head[SQUARES] + u] & 1) != 0:
            q = int(s.board[u])
            if (q & 3) == 1 + side and (t.role[q >> 2] >> (6 + side)) & 1 != 0:
                met += 1
                if cared and not attacked(s, t, u, 1 - side):
                    held += 1
    # Of more than are needed one may be lost; of just enough every one must be safe.
    return bool(met > head[FLAG_COUNT] or (met == head[FLAG_COUNT] and (not cared or held == met)))


@rule
def may_follow(s: Any, t: Any) -> bool:
    """Can the player to move reach his goal at once, and stand there unattacked?"""
    side = int(s.info[TURN])
    for u in range(t.head[SQUARES]):
        q = int(s.board[u])
        if (q & 3) == 1 + side and (t.role[q >> 2] >> (6 + side)) & 1 != 0:
            for v in range(t.head[SQUARES]):
                if (t.area[side * t.head[SQUARES] + v] & 1) != 0 and (s.board[v] & (1 + side)) == 0:
                    if reaches(s, t, q >> 1, u, v, CAPTURE):
                        taken = int(s.board[v])
                        s.board[u] = 0
                        s.board[v] = q
                        held = attacked(s, t, v, 1 - side)
                        s.board[v] = taken
                        s.board[u] = q
                        if not held:
                            return True
    return False


@rule
def in_check(s: Any, t: Any) -> bool:
    """Is a royal piece of the player to move attacked?"""
    return checked(s, t, int(s.info[TURN]))


@rule
def ended(s: Any, t: Any) -> int:
    """The result at once, before any move is looked at, for the player to move; NOTHING if none."""
    info, head = s.info, t.head
    side = int(info[TURN])
    if head[LAST_EXTINCT] != 0:
        if extinct(s, t, 1 - side):
            return int(-head[EXTINCT_VALUE])
        if extinct(s, t, side):
            return int(head[EXTINCT_VALUE])
    if head[FLAG] != 0:
        mine = flagged(s, t, side)
        theirs = flagged(s, t, 1 - side)
        kings = int(head[FLAG_KING])
        if mine and (head[FLAG_MOVE] != 0 or head[FLAG_SAFE] != 0):
            level = head[FLAG_SAFE] != 0 if head[FLAG_MOVE] == 0 else side == 0 and (kings & 2) != 0
            return 0 if theirs and level else 1
        king = (kings >> side) & 1 != 0
        if theirs and (head[FLAG_MOVE] == 0 or head[FLAG_SAFE] != 0 or king):
            if head[FLAG_MOVE] == 0 or side == 0 or not king or in_check(s, t) or not may_follow(s, t):
                return -1
    if head[CHECK_COUNT] != 0 and info[CHECKS + 1 - side] == 0:
        return -1
    return NOTHING


@rule
def result(s: Any, t: Any, count: int) -> int:
    """The result for the player to move when he has `count` legal moves; NOTHING if the game goes on."""
    if t.head[ENDS] != 0:
        now = ended(s, t)
        if now != NOTHING:
            return now
    if count == 0:
        return int(t.head[CHECKMATE] if in_check(s, t) else t.head[STALEMATE])
    return NOTHING
