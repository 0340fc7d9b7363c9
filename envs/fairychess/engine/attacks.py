"""Who attacks what: by rays, leaps and lame leaps seen from the target square."""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM102

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.layout import (
    AFTER,
    BLAST,
    BULK,
    CAPTURE,
    COUNT,
    DIRECTIONS,
    EXTINCT_COUNT,
    FILES,
    HOP,
    HOPPERS,
    JANGGI,
    KING,
    LEAP,
    MOVE,
    NOLAND,
    RANKS,
    ROYAL,
    ROYALS,
    SHY,
    SQ,
    SQUARES,
    TURN,
)
from gyges.envs.rules import inline, rule


@inline
def has(lo: int, hi: int, square: int) -> int:
    """Is a square in a set of up to 128, held in two words?"""
    return (lo >> square) & 1 if square < 64 else (hi >> (square - 64)) & 1


@inline
def low(square: int) -> int:
    """The lower word of the set of one square."""
    return 1 << square if square < 64 else 0


@inline
def high(square: int) -> int:
    """The upper word of the set of one square."""
    return 1 << (square - 64) if square >= 64 else 0


@inline
def like(t: Any, code: int) -> int:
    """The kind of a piece that its like does not capture, 0 where others are no different."""
    if t.head[SHY] == 0 or (t.role[code >> 2 & 127] >> 19) & 1 == 0:
        return 0
    return int(t.base[code >> 2])


@inline
def refuses(t: Any, code: int, screen: int) -> bool:
    """Does a hopper not go over this piece? Cannons of janggi do not pass over cannons."""
    return t.head[JANGGI] != 0 and (t.role[code >> 2] & t.role[screen >> 2 & 127]) >> 18 & 1 != 0


@inline
def attacked(s: Any, t: Any, square: int, by: int) -> bool:
    """Could a piece of player `by` capture on `square`?"""
    board, line = s.board, t.line
    bit = 1 + by
    squares, ways = t.head[SQUARES], t.head[DIRECTIONS]
    hoppers = t.head[HOPPERS] != 0
    shy = like(t, int(board[square]))
    j = t.rays[square]
    rays = line[j]
    j += 1
    for _ in range(rays):
        d = line[j] >> 8
        end = j + 1 + (line[j] & 255)
        k = j + 1
        q = 0
        while k < end:
            q = board[line[k] & SQ]
            if q != 0:
                break
            k += 1
        if q != 0:
            if (q & 3) == bit:
                c = t.kind[(q >> 1) * squares + (line[k] & SQ)]
                if (t.hits[c * ways + d] >> (k - j)) & 1 != 0 and (shy == 0 or t.base[q >> 2] != shy):
                    return True
            if hoppers:
                after = k - j
                screen = int(q)
                k += 1
                q = 0
                while k < end:
                    q = board[line[k] & SQ]
                    if q != 0:
                        break
                    k += 1
                if q != 0 and (q & 3) == bit:
                    c = t.kind[(q >> 1) * squares + (line[k] & SQ)]
                    reach = t.hops[c * ways + d]
                    if (reach >> (k - j)) & 1 != 0 and (reach >> 16) >= after:
                        if not refuses(t, int(q), screen) and (shy == 0 or t.base[q >> 2] != shy):
                            return True
        j = end
    leaps = line[j]
    j += 1
    for k in range(j, j + leaps):
        u = line[k] & SQ
        q = int(board[u])
        if (q & 3) == bit:
            c = t.kind[(q >> 1) * squares + u]
            if t.hits[c * ways + (line[k] >> 7)] != 0 and (shy == 0 or t.base[q >> 2] != shy):
                return True
    j += leaps
    lames = line[j]
    j += 1
    for _ in range(lames):
        u = line[j] & SQ
        d = line[j] >> 7
        end = j + 2 + line[j + 1]
        q = int(board[u])
        if (q & 3) == bit and t.hits[t.kind[(q >> 1) * squares + u] * ways + d] != 0:
            k = j + 2
            while k < end and board[line[k] & SQ] == 0:
                k += 1
            if k == end and (shy == 0 or t.base[q >> 2] != shy):
                return True
        j = end
    return False


@inline
def aimed(t: Any, piece: int, square: int, target: int) -> bool:
    """Would a piece on `square` capture on `target`, with nothing between? Only where `toward` is kept."""
    squares = t.head[SQUARES]
    word = t.toward[target * squares + square]
    hits = t.hits[t.kind[piece * squares + square] * t.head[DIRECTIONS] + (word >> 8)]
    return word != 0 and (hits >> (word & 255)) & 1 != 0


@rule
def guarded(s: Any, t: Any, square: int, side: int) -> bool:
    """Would a capture here blow up a royal piece of the capturer's own (of the kinds of ROYALS)?"""
    files, ranks = t.head[FILES], t.head[RANKS]
    for n in range(9):
        x = square % files - 1 + n % 3
        y = square // files - 1 + n // 3
        if 0 <= x < files and 0 <= y < ranks:
            q = int(s.board[y * files + x])
            if (q & 3) == 2 - side and royal(s, t, q):
                return True
    return False


@rule
def royal(s: Any, t: Any, code: int) -> bool:
    """Is a piece one of the last of its kind, and so royal?"""
    if (t.role[code >> 2] >> 15) & 1 == 0:
        return False
    return bool(s.count[2 * t.base[code >> 2] + (code & 3) - 1] <= t.head[EXTINCT_COUNT] + 1)


@rule
def exposed(s: Any, t: Any, side: int) -> bool:
    """Is one of the last of a player's royal kinds attacked, or where ROYALS is 2 every piece of them?"""
    met, hit = 0, 0
    for u in range(t.head[SQUARES]):
        q = int(s.board[u])
        if (q & 3) == 1 + side and (t.role[q >> 2] >> 15) & 1 != 0:
            met += 1
            if attacked(s, t, u, 1 - side) and not (t.head[BLAST] != 0 and guarded(s, t, u, side)):
                if royal(s, t, q):
                    return True
                hit += 1
    return bool(t.head[ROYALS] == 2 and met > 0 and hit == met)


@rule
def checked(s: Any, t: Any, side: int) -> bool:
    """Is a player's royal piece attacked? Not where a capture would blow up both players' own."""
    if t.head[ROYALS] != 0 and exposed(s, t, side):
        return True
    king = int(s.info[KING + side])
    rival = int(s.info[KING + 1 - side])
    if king < 0 or t.head[ROYAL] == 0:
        return False
    if t.head[BLAST] != 0 and t.head[ROYAL] == 2 and rival >= 0:
        dx = king % t.head[FILES] - rival % t.head[FILES]
        dy = king // t.head[FILES] - rival // t.head[FILES]
        if -1 <= dx <= 1 and -1 <= dy <= 1:
            return False
    return attacked(s, t, king, 1 - side)


@inline
def scan(s: Any, t: Any, square: int, by: int) -> tuple[int, int, int, int, int, int, int]:
    """What threatens a royal piece on `square`, and what shields it.

    Returns:
        checks: attackers; answers (low, high): squares where a piece other than the king meets every
        check; shields (low, high): squares whose piece may not be free to leave; lines (low, high):
        squares on which a new screen could open an attack.
    """
    board, line = s.board, t.line
    bit = 1 + by
    squares, ways = t.head[SQUARES], t.head[DIRECTIONS]
    hoppers = t.head[HOPPERS] != 0
    checks = 0
    alo, ahi, slo, shi, llo, lhi = -1, -1, 0, 0, 0, 0
    j = t.rays[square]
    rays = line[j]
    j += 1
    for _ in range(rays):
        d = line[j] >> 8
        end = j + 1 + (line[j] & 255)
        k = j + 1
        met = 0
        first = 0
        plo, phi = 0, 0
        while k < end:
            u = line[k] & SQ
            q = int(board[u])
            if q != 0:
                if (q & 3) == bit:
                    c = t.kind[(q >> 1) * squares + u]
                    hit = (t.hits[c * ways + d] >> (k - j)) & 1 != 0
                    if hit and met == 0:
                        checks += 1
                        alo &= plo | low(u)
                        ahi &= phi | high(u)
                    elif hit and met == 1:
                        slo |= low(first)
                        shi |= high(first)
                    if hoppers:
                        reach = t.hops[c * ways + d]
                        if reach != 0 or hit:
                            slo |= plo
                            shi |= phi
                            llo |= plo
                            lhi |= phi
                            if met == 1 and (reach >> (k - j)) & 1 != 0 and (reach >> 16) >= first:
                                checks += 1
                if met == 0:
                    first = k - j if hoppers else u
                met += 1
                if not hoppers and met == 2:
                    break
            plo |= low(u)
            phi |= high(u)
            k += 1
        j = end
    leaps = line[j]
    j += 1
    for k in range(j, j + leaps):
        u = line[k] & SQ
        q = int(board[u])
        if (q & 3) == bit:
            c = t.kind[(q >> 1) * squares + u]
            if t.hits[c * ways + (line[k] >> 7)] != 0:
                checks += 1
                alo &= low(u)
                ahi &= high(u)
    j += leaps
    lames = line[j]
    j += 1
    for _ in range(lames):
        u = line[j] & SQ
        d = line[j] >> 7
        end = j + 2 + line[j + 1]
        q = int(board[u])
        if (q & 3) == bit and t.hits[t.kind[(q >> 1) * squares + u] * ways + d] != 0:
            met = 0
            plo, phi = low(u), high(u)
            for k in range(j + 2, end):
                b = line[k] & SQ
                plo |= low(b)
                phi |= high(b)
                if board[b] != 0:
                    met += 1
            if met == 0:
                checks += 1
                alo &= plo
                ahi &= phi
            else:
                slo |= plo
                shi |= phi
        j = end
    return checks, alo, ahi, slo, shi, llo, lhi


@rule
def veil(s: Any, t: Any, square: int, by: int) -> tuple[int, int]:
    """The squares (low, high) whose piece may hide a piece on `square` from player `by`."""
    _, _, _, lo, hi, _, _ = scan(s, t, square, by)
    return lo, hi


@rule
def counted(s: Any, t: Any) -> int:
    """How many moves the player has, where all pieces only step and every step is legal: one sweep of the
    board for each kind of step."""
    board, table = s.board, t.bulk
    side, squares = int(s.info[TURN]), int(t.head[SQUARES])
    own = 1 + side
    n = 0
    j = side * t.head[BULK] * (3 + squares)
    for _ in range(t.head[BULK]):
        code, far, want = int(table[j]), int(table[j + 1]), int(table[j + 2])
        first, end = max(0, -far), min(squares, squares - far)
        j += 3
        if want == MOVE:
            for u in range(first, end):
                n += int(board[u] == code) & int(board[u + far] == 0) & table[j + u]
        elif want == CAPTURE:
            for u in range(first, end):
                n += (
                    int(board[u] == code)
                    & int((board[u + far] & own) == 0)
                    & int(board[u + far] != 0)
                    & table[j + u]
                )
        else:
            for u in range(first, end):
                n += int(board[u] == code) & int((board[u + far] & own) == 0) & table[j + u]
        j += squares
    return n


@rule
def sight(s: Any, t: Any, square: int) -> tuple[int, int]:
    """The squares (low, high) from which a piece that is not lame could capture on `square` as the board
    stands."""
    board, line = s.board, t.line
    lo, hi = 0, 0
    j = t.rays[square]
    rays = line[j]
    j += 1
    for _ in range(rays):
        end = j + 1 + (line[j] & 255)
        k = j + 1
        while k < end:
            u = line[k] & SQ
            lo |= low(u)
            hi |= high(u)
            if board[u] != 0:
                break
            k += 1
        j = end
    leaps = line[j]
    j += 1
    for k in range(j, j + leaps):
        u = line[k] & SQ
        lo |= low(u)
        hi |= high(u)
    return lo, hi


@rule
def reaches(s: Any, t: Any, piece: int, origin: int, target: int, want: int) -> bool:
    """Could the piece (2 * kind + side) on `origin` capture on `target` (or, for MOVE, go there) as the
    board stands?"""
    board, path = s.board, t.path
    j = t.start[piece * t.head[SQUARES] + origin]
    end = j + 1 + path[j]
    j += 1
    while j < end:
        head = path[j]
        j += 1
        last = j + (head & COUNT)
        if (head & want) != 0:
            k = j
            stop = last
            if (head & HOP) != 0:
                while k < last and board[path[k] & SQ] == 0:
                    k += 1
                if k < last and refuses(t, 2 * piece, int(board[path[k] & SQ])):
                    k = last
                k += 1
                stop = min(last, k + (head >> AFTER))
            while k < stop:
                u = path[k] & SQ
                if u == target and (path[k] & NOLAND) == 0:
                    return True
                if board[u] != 0 and (head & LEAP) == 0:
                    break
                k += 1
        j = last
    return False


@rule
def passes(s: Any, t: Any, piece: int, origin: int, target: int) -> bool:
    """Could the piece on `origin` capture en passant on the empty square `target`?

    What may go there anyhow captures nothing on the way.
    """
    if (t.role[piece >> 1] >> (16 if piece & 1 != 0 else 2)) & 1 == 0 or not reaches(
        s, t, piece, origin, target, CAPTURE
    ):
        return False
    return not reaches(s, t, piece, origin, target, MOVE)
