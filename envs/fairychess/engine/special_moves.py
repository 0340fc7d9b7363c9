"""Moves of few variants: passes, pawns of sittuyin, first moves of cambodian, what a move puts besides."""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM109

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.attacks import checked, reaches
from gyges.envs.fairychess.engine.king_safety import castled
from gyges.envs.fairychess.engine.layout import (
    ARROW,
    BIKJANG,
    CAPTURE,
    CASTLE,
    CASTLE_RANK,
    CHOICE,
    CHOICES,
    DROP,
    EDGE,
    EP,
    EPV,
    FILES,
    FROM,
    GATE,
    GATES,
    GATING,
    KINDS,
    KING,
    LATELY,
    LIMITED,
    MOVE,
    PASS,
    PAST,
    RANKS,
    SECOND,
    SITTUYIN,
    SQ,
    SQUARES,
    TEST,
    TURN,
    WALL,
    WALLING,
)
from gyges.envs.rules import rule


@rule
def home_rank(t: Any, side: int) -> int:
    """The rank on which a player's pieces castle and have first moves."""
    return int(t.head[CASTLE_RANK] if side == 0 else t.head[RANKS] - 1 - t.head[CASTLE_RANK])


@rule
def unmoved(s: Any, t: Any, square: int, side: int) -> bool:
    """Has a piece on this square still the rights of a first move?"""
    if square // t.head[FILES] != home_rank(t, side):
        return False
    return bool((s.more[GATES + side] >> (square % t.head[FILES])) & 1)


@rule
def special(s: Any, t: Any, out: Any, n: int, top: int) -> int:
    """Append the player's special moves, to be tested."""
    if t.head[GATING] == 2:
        n = leaps(s, t, out, n, top)
    if t.head[SITTUYIN] != 0:
        n = becomings(s, t, out, n, top)
    return n


@rule
def passing(s: Any, t: Any, out: Any, n: int, top: int, forced: bool) -> int:
    """Append the pass: written as a move of the king, or else the first piece, to where it stands."""
    side = int(s.info[TURN])
    if (t.head[PASS] >> (2 * int(forced) + side)) & 1 == 0:
        return n
    if checked(s, t, side) and (t.head[BIKJANG] == 0 or (s.more[LATELY] & 1) == 0):
        return n
    square = int(s.info[KING + side])
    u = 0
    while square < 0 and u < t.head[SQUARES]:
        if (s.board[u] & 3) == 1 + side:
            square = u
        u += 1
    if square >= 0:
        if n < top:
            out[n] = square | square << FROM
        n += 1
    return n


@rule
def leaps(s: Any, t: Any, out: Any, n: int, top: int) -> int:
    """First moves of cambodian: the king, not in check, goes as a knight forwards and aside, the counsellor
    two squares ahead."""
    side, files, board = int(s.info[TURN]), int(t.head[FILES]), s.board
    ahead = files if side == 0 else -files
    quiet = not checked(s, t, side)
    for x in range(files):
        origin = home_rank(t, side) * files + x
        q = int(board[origin])
        if (q & 3) != 1 + side or not unmoved(s, t, origin, side):
            continue
        if (t.role[q >> 2] & 1) != 0 and quiet:
            for j in range(2):
                aside = x + 2 if j == 0 else x - 2
                if 0 <= aside < files:
                    to = origin + ahead + aside - x
                    if board[to] == 0:
                        if n < top:
                            out[n] = to | origin << FROM | TEST
                        n += 1
        if (t.role[q >> 2] >> 21) & 1 != 0 and board[origin + 2 * ahead] == 0:
            if n < top:
                out[n] = origin + 2 * ahead | origin << FROM | TEST
            n += 1
    return n


@rule
def becomings(s: Any, t: Any, out: Any, n: int, top: int) -> int:
    """Pawns of sittuyin become counsellors where they stand or a step aside, if nothing is attacked by it.

    The last pawn may do so anywhere, others on the promotion squares (bit 3 of area).
    """
    side, squares, board = int(s.info[TURN]), int(t.head[SQUARES]), s.board
    own, kind = 1 + side, int(t.head[SITTUYIN])
    if t.head[LIMITED] != 0 and s.count[2 * kind + side] >= t.limit[kind]:
        return n
    pawns = 0
    for k in range(1, t.head[KINDS] + 1):
        if (t.role[k] >> 12) & 1 != 0:
            pawns += s.count[2 * k + side]
    for origin in range(squares):
        q = int(board[origin])
        if (q & 3) != own or (t.role[q >> 2] >> 12) & 1 == 0:
            continue
        if pawns > 1 and (t.area[side * squares + origin] >> 3) & 1 == 0:
            continue
        choice = 0
        for r in range(t.head[CHOICES]):
            if t.choice[(q >> 1) * t.head[CHOICES] + r] == kind:
                choice = r + 1
        if choice == 0:
            continue
        for to in range(squares):
            if to != origin and (board[to] != 0 or not reaches(s, t, 2 * kind + side, origin, to, MOVE)):
                continue
            board[origin] = 0
            hits = False
            for u in range(squares):
                if (board[u] & 3) == 2 - side and reaches(s, t, 2 * kind + side, to, u, CAPTURE):
                    hits = True
            board[origin] = q
            if not hits:
                if n < top:
                    out[n] = to | origin << FROM | choice << CHOICE | TEST
                n += 1
    return n


@rule
def besides(s: Any, t: Any, out: Any, base: int, n: int, top: int) -> int:
    """Join every move of a list with what it may put besides; the new end of the list."""
    end = n
    for j in range(base, min(n, top)):
        m = int(out[j])
        if t.head[WALLING] != 0:
            end = walls(s, t, out, m, end, top)
        else:
            end = gates(s, t, out, m, end, top)
    if end > top:
        return end
    if t.head[WALLING] == 0:
        return end
    for j in range(n, end):
        out[base + j - n] = out[j]
    return base + end - n


@rule
def walls(s: Any, t: Any, out: Any, m: int, end: int, top: int) -> int:
    """Append a move with each square on which its wall may stand."""
    head, board = t.head, s.board
    side, squares = int(s.info[TURN]), int(head[SQUARES])
    origin, to = (m >> FROM) & SQ, m & SQ
    left = origin if (m & DROP) == 0 else -1
    king_to, rook_to = to, to
    if (m & CASTLE) != 0:
        king_to, rook_to = castled(t, origin, to)
    victim = int(s.info[EPV]) if (m & EP) != 0 else -1
    piece = int(board[origin]) if left >= 0 else 4 * origin + 1 + side
    for u in range(squares):
        free = board[u] == 0 or u == left or u == victim or ((m & CASTLE) != 0 and u == to)
        if not free or u == king_to or u == rook_to or (t.area[side * squares + u] >> 2) & 1 == 0:
            continue
        if head[WALLING] == PAST and u != left:
            continue
        if head[WALLING] == EDGE and not on_edge(s, t, u):
            continue
        if head[WALLING] == ARROW:
            if left >= 0:
                board[left] = 0
            shot = reaches(s, t, piece >> 1, to, u, MOVE)
            if left >= 0:
                board[left] = piece
            if not shot:
                continue
        if end < top:
            out[end] = m | (u + 1) << SECOND
        end += 1
    return end


@rule
def on_edge(s: Any, t: Any, square: int) -> bool:
    """Does a square lie at the edge of the board, or beside a wall?"""
    files, ranks = t.head[FILES], t.head[RANKS]
    x, y = square % files, square // files
    if x == 0 or y == 0 or x == files - 1 or y == ranks - 1:
        return True
    return bool(
        s.board[square - 1] == WALL
        or s.board[square + 1] == WALL
        or s.board[square - files] == WALL
        or s.board[square + files] == WALL
    )


@rule
def gates(s: Any, t: Any, out: Any, m: int, end: int, top: int) -> int:
    """Append a first move with each piece in hand that may enter behind it."""
    side, squares = int(s.info[TURN]), t.head[SQUARES]
    origin, to = (m >> FROM) & SQ, m & SQ
    if (m & DROP) != 0 or origin == to or not unmoved(s, t, origin, side):
        return end
    king_to, rook_to = -1, -1
    if (m & CASTLE) != 0:
        king_to, rook_to = castled(t, origin, to)
    for kind in range(1, t.head[KINDS] + 1):
        if s.pocket[2 * kind + side] == 0:
            continue
        word = m | GATE | TEST | kind << SECOND
        free = origin != king_to and origin != rook_to
        if t.drop[(2 * kind + side) * squares + origin] != 0 and free:
            if end < top:
                out[end] = word
            end += 1
        free = (m & CASTLE) != 0 and to != king_to and to != rook_to
        if free and unmoved(s, t, to, side) and t.drop[(2 * kind + side) * squares + to] != 0:
            if end < top:
                out[end] = word | 1 << CHOICE
            end += 1
    return end
