"""How a game ends: goals, extinction, checks given, mate and stalemate."""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM102

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.attacks import attacked, checked, reaches
from gyges.envs.fairychess.engine.layout import (
    BIKJANG,
    CAPTURE,
    CASTLE_WINS,
    CHECK_COUNT,
    CHECKMATE,
    CHECKS,
    CLAIM,
    DRAW,
    ENDS,
    EXTINCT_ALL,
    EXTINCT_COUNT,
    EXTINCT_OTHER,
    EXTINCT_VALUE,
    FLAG,
    FLAG_BLOCKED,
    FLAG_COUNT,
    FLAG_KING,
    FLAG_MOVE,
    FLAG_SAFE,
    KINDS,
    KING,
    LAST_EXTINCT,
    LATELY,
    LOSS,
    MATERIAL,
    NOTHING,
    PASS,
    POCKETS,
    RIGHTS,
    SHAK,
    SHATAR,
    SQUARES,
    STALE_COUNT,
    STALEMATE,
    TURN,
    WIN,
)
from gyges.envs.rules import rule


@rule
def extinct(s: Any, t: Any, side: int) -> bool:
    """Has a player lost the last of a kind whose extinction ends the game?"""
    head = t.head
    least = head[EXTINCT_OTHER]
    if head[CLAIM] != 0 and side == s.info[TURN]:
        least += 1  # who claims is to move
    if head[EXTINCT_ALL] != 0:
        own = s.info[POCKETS + side]
        other = s.info[POCKETS + 1 - side]
        for k in range(1, head[KINDS] + 1):
            own += s.count[2 * k + side]
            other += s.count[2 * k + 1 - side]
        return bool(own <= head[EXTINCT_COUNT] and other >= least)
    for k in range(1, head[KINDS] + 1):
        if (t.role[k] >> 5) & 1 != 0 and t.base[k] == k:
            own = s.count[2 * k + side] + s.pocket[2 * k + side]
            other = s.count[2 * k + 1 - side] + s.pocket[2 * k + 1 - side]
            if own <= head[EXTINCT_COUNT] and other >= least:
                return True
    return False


@rule
def flagged(s: Any, t: Any, side: int) -> bool:
    """Does a player stand in his goal?"""
    met, held, empty = 0, 0, 0
    head = t.head
    if (head[FLAG_KING] >> side) & 1 != 0:  # only he counts
        king = int(s.info[KING + side])
        if king < 0 or (t.area[side * head[SQUARES] + king] & 1) == 0:
            return False
    cared = head[FLAG_SAFE] != 0 and (head[FLAG_MOVE] == 0 or side != s.info[TURN])
    for j in range(t.goal[side], t.goal[side + 1]):
        u = int(t.goal[j])
        q = int(s.board[u])
        if q == 0:
            empty += 1
        if (q & 3) == 1 + side and (t.role[q >> 2] >> (6 + side)) & 1 != 0:
            met += 1
            if cared and not attacked(s, t, u, 1 - side):
                held += 1
    if head[FLAG_BLOCKED] != 0 and met > 0 and empty == 0:
        return True
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
def drawn(s: Any, t: Any) -> int:
    """The result of a drawn end for the player to move: in some variants the pieces are counted."""
    counting = int(t.head[MATERIAL])
    if counting == 0:
        return DRAW
    points = 0 if counting < 3 else 1 if counting == 3 else -1
    for k in range(1, t.head[KINDS] + 1):
        points += t.point[k] * (s.count[2 * k] - s.count[2 * k + 1])
    if counting == 1:
        points -= 3  # the second player has a point and a half more
    if points == 0:
        return DRAW
    return WIN if (points > 0) == (s.info[TURN] == 0) else LOSS


@rule
def no_moves(s: Any, t: Any) -> int:
    """The result for the player to move who has no legal move."""
    if not in_check(s, t):
        value = int(t.head[STALEMATE])
        if t.head[STALE_COUNT] != 0:
            side, more = int(s.info[TURN]), 0
            for k in range(1, t.head[KINDS] + 1):
                more += s.count[2 * k + side] - s.count[2 * k + 1 - side]
            value = DRAW if more == 0 else value if more < 0 else -value
        return drawn(s, t) if value == DRAW else value
    if t.head[SHATAR] != 0:
        side = int(s.info[TURN])
        barred = True
        for u in range(t.head[SQUARES]):
            q = int(s.board[u])
            if (q & 3) == 2 - side and (t.role[q >> 2] >> 23) & 1 == 0:
                barred = barred and not reaches(s, t, q >> 1, u, int(s.info[KING + side]), CAPTURE)
        if barred:
            return WIN  # knights may not mate
        if s.more[SHAK + side] == 0:
            return DRAW
    return int(t.head[CHECKMATE])


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
    if head[BIKJANG] != 0 and (s.more[LATELY] & 3) == 3:
        return drawn(s, t)
    if head[PASS] != 0 and (s.more[LATELY] & 12) == 12:
        return drawn(s, t)
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
    if head[CASTLE_WINS] != 0:
        if (head[CASTLE_WINS] >> (2 - 2 * side)) & (s.more[LATELY] >> 4) & 3 != 0:
            return LOSS
        for j in range(2):
            player = 1 - side if j == 0 else side
            lost = (head[CASTLE_WINS] >> (2 * player)) & 3
            for wing in range(2):
                if info[RIGHTS + 2 * player + wing] >= 0 and (lost >> wing) & 1 != 0:
                    lost = 0
            if lost != 0:
                return WIN if j == 0 else LOSS
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
        return no_moves(s, t)
    return NOTHING
