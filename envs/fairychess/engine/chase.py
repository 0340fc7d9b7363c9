"""Who chases whom: pieces that a move comes to attack and that are not protected, by the rules of xiangqi.

Who repeats a position by nothing but chases of one piece loses. A move chases every piece that it newly
threatens to win: directly, by opening a line, or by pinning what protects it. Kings and soldiers chase
nothing by their own moves; soldiers that have not crossed the river are not chased, nor pieces that attack
their like in turn.
"""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM102, SIM109

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.attacks import has, high, like, low, reaches, refuses
from gyges.envs.fairychess.engine.king_safety import aims
from gyges.envs.fairychess.engine.layout import (
    AFTER,
    CAPTURE,
    CASTLE,
    CHASE_CANNON,
    CHASE_HORSE,
    CHASE_KING,
    CHASE_MINOR,
    CHASE_ROOK,
    CHASE_SOLDIER,
    COUNT,
    DIRECTIONS,
    DROP,
    FILES,
    FLYING,
    FROM,
    HOP,
    KING,
    LEAP,
    NOLAND,
    PERPETUAL,
    RANKS,
    SQ,
    SQUARES,
    TURN,
)
from gyges.envs.rules import rule


@rule
def prey(s: Any, t: Any, code: int, origin: int, whose: int) -> tuple[int, int]:
    """The squares (low, high) of pieces of player `whose` that a piece on `origin` attacks or protects."""
    board, path = s.board, t.path
    shy = like(t, code)
    lo, hi = 0, 0
    j = t.start[(code >> 1) * t.head[SQUARES] + origin]
    end = j + 1 + path[j]
    j += 1
    while j < end:
        head = path[j]
        j += 1
        last = j + (head & COUNT)
        if (head & CAPTURE) != 0:
            k, stop = j, last
            if (head & HOP) != 0:
                while k < last and board[path[k] & SQ] == 0:
                    k += 1
                if k < last and refuses(t, code, int(board[path[k] & SQ])):
                    k = last
                k += 1
                stop = min(last, k + (head >> AFTER))
            while k < stop:
                u = path[k] & SQ
                q = int(board[u])
                if q != 0:
                    if (
                        (q & 3) == 1 + whose
                        and (path[k] & NOLAND) == 0
                        and (shy == 0 or t.base[q >> 2] != shy)
                    ):
                        lo |= low(u)
                        hi |= high(u)
                    if (head & LEAP) == 0:
                        break
                k += 1
        j = last
    return lo, hi


@rule
def blockers(s: Any, t: Any, side: int) -> tuple[int, int]:
    """The squares (low, high) of pieces of either player whose leaving would open an attack on a king."""
    board, line = s.board, t.line
    king = int(s.info[KING + side])
    bit = 2 - side
    lo, hi = 0, 0
    if king < 0:
        return lo, hi
    squares, ways = t.head[SQUARES], t.head[DIRECTIONS]
    j = t.rays[king]
    rays = line[j]
    j += 1
    for _ in range(rays):
        d = line[j] >> 8
        end = j + 1 + (line[j] & 255)
        k, met, first, second = j + 1, 0, 0, 0
        while k < end and met < 3:
            u = line[k] & SQ
            q = int(board[u])
            if q != 0:
                if (q & 3) == bit and met > 0 and t.chaser[q >> 2] != CHASE_KING:
                    c = t.kind[(q >> 1) * squares + u] * ways + d
                    if met == 1 and (t.hits[c] >> (k - j)) & 1 != 0:
                        lo |= low(first)
                        hi |= high(first)
                    if met == 2 and (t.hops[c] >> (k - j)) & 1 != 0:
                        lo |= low(first) | low(second)
                        hi |= high(first) | high(second)
                if met == 0:
                    first = u
                second = u
                met += 1
            k += 1
        j = end
    j += 1 + line[j]
    lames = line[j]
    j += 1
    for _ in range(lames):
        u = line[j] & SQ
        d = line[j] >> 7
        end = j + 2 + line[j + 1]
        q = int(board[u])
        if (q & 3) == bit and t.hits[t.kind[(q >> 1) * squares + u] * ways + d] != 0:
            met, first = 0, 0
            for k in range(j + 2, end):
                b = line[k] & SQ
                if board[b] != 0:
                    met += 1
                    first = b
            if met == 1:
                lo |= low(first)
                hi |= high(first)
        j = end
    return lo, hi


@rule
def pinned(s: Any, t: Any, side: int, lo: int, hi: int) -> tuple[int, int]:
    """The squares (low, high) of a player's pieces that protect nothing: those (lo, hi) that hide his king
    from an attack, and a piece that stands alone of his on the file where both kings are."""
    king, rival = int(s.info[KING + side]), int(s.info[KING + 1 - side])
    files = t.head[FILES]
    if (t.head[PERPETUAL] & FLYING) == 0 or king < 0 or rival < 0 or king % files != rival % files:
        return lo, hi
    alone, met = -1, 0
    u = king % files
    while u < t.head[SQUARES]:
        if u != king and (s.board[u] & 3) == 1 + side:
            alone = u
            met += 1
        u += files
    if met == 1:
        lo |= low(alone)
        hi |= high(alone)
    return lo, hi


@rule
def protected(s: Any, t: Any, target: int, attacker: int, plo: int, phi: int) -> bool:
    """Could a piece that is not pinned (plo, phi) take back on `target` what comes from `attacker`?

    A king cannot, where the other king then sees him.
    """
    board = s.board
    side = (int(board[target]) & 3) - 1
    taker = int(board[attacker])
    board[attacker] = 0
    found, kings = False, False
    for u in range(t.head[SQUARES]):
        q = int(board[u])
        if (q & 3) == 1 + side and u != target and has(plo, phi, u) == 0:
            if reaches(s, t, q >> 1, u, target, CAPTURE):
                if t.chaser[q >> 2] == CHASE_KING:
                    kings = True
                else:
                    found = True
                    break
    if kings and not found:
        rival = int(s.info[KING + 1 - side])
        found = (t.head[PERPETUAL] & FLYING) == 0 or rival < 0 or not aims(s, t, rival, target)
    board[attacker] = taker
    return found


@rule
def pursues(t: Any, code: int) -> bool:
    """May a piece not attack for ever by its own moves? Kings and soldiers may."""
    kind = t.chaser[code >> 2]
    return bool(kind != CHASE_KING and kind != CHASE_SOLDIER)


@rule
def spared(s: Any, t: Any, square: int) -> bool:
    """May the piece on a square be attacked for ever? Kings, and soldiers that have not crossed the river."""
    q = int(s.board[square])
    rank = t.chaser[q >> 2]
    at = ((q & 3) - 1) * t.head[SQUARES] + square
    return bool(rank == CHASE_KING or (rank == CHASE_SOLDIER and (t.area[at] >> 4) & 1 == 0))


@rule
def won(s: Any, t: Any, attacker: int, lo: int, hi: int, plo: int, phi: int) -> tuple[int, int]:
    """Of the squares (lo, hi) that a piece attacks those whose piece it chases."""
    board = s.board
    code = int(board[attacker])
    kind = t.chaser[code >> 2]
    glo, ghi = 0, 0
    if (lo | hi) == 0:
        return glo, ghi
    for u in range(t.head[SQUARES]):
        if has(lo, hi, u) == 0 or spared(s, t, u):
            continue
        q = int(board[u])
        rank = t.chaser[q >> 2]
        worth = rank == CHASE_ROOK and (kind == CHASE_HORSE or kind == CHASE_CANNON)
        worth = worth or (kind == CHASE_MINOR and rank >= CHASE_HORSE)
        if not worth and t.base[q >> 2] == t.base[code >> 2]:
            if kind == CHASE_HORSE:
                if reaches(s, t, q >> 1, u, attacker, CAPTURE):
                    continue
            elif has(plo, phi, u) == 0:
                continue
        if worth or not protected(s, t, u, attacker, plo, phi):
            glo |= low(u)
            ghi |= high(u)
    return glo, ghi


@rule
def chased(s: Any, t: Any, m: int, before: int, taken: int) -> tuple[int, int]:
    """The squares (low, high) of the pieces that a move just made chases.

    Args:
        s: the position after the move.
        t: the variant.
        m: the move.
        before: the piece that moved, as it was; 0 for a drop.
        taken: what stood where it moved.
    """
    board, files = s.board, t.head[FILES]
    side = int(s.info[TURN])
    to, origin = m & SQ, (m >> FROM) & SQ
    if (m & CASTLE) != 0 or ((m & DROP) == 0 and to == origin):
        return 0, 0
    blo, bhi = blockers(s, t, side)
    plo, phi = pinned(s, t, side, blo, bhi)
    clo, chi = 0, 0
    code = int(board[to])
    kind = t.chaser[code >> 2]
    tx, ty, ox, oy, left = to % files, to // files, -9, -9, 0
    if before != 0:
        ox, oy, left = origin % files, origin // files, int(board[origin])
    if (code & 3) == 2 - side and pursues(t, code):
        lo, hi = prey(s, t, code, to, side)
        if (lo | hi) != 0 and (kind == CHASE_ROOK or kind == CHASE_CANNON) and before != 0:
            first, step = (tx, files) if ox == tx else (ty * files, 1)  # the line along which it has moved
            for n in range(t.head[RANKS] if ox == tx else files):
                lo &= ~low(first + n * step)
                hi &= ~high(first + n * step)
        lo, hi = won(s, t, to, lo, hi, plo, phi)
        clo |= lo
        chi |= hi
    u = 0
    for y in range(t.head[RANKS]):
        for x in range(files):
            q = int(board[u])
            if (q & 3) == 2 - side and opened(t.chaser[q >> 2], x - ox, y - oy, x - tx, y - ty):
                lo, hi = prey(s, t, q, u, side)
                if (lo | hi) != 0:
                    swap(s, to, origin, taken, before, before != 0)
                    slo, shi = prey(s, t, q, u, side)
                    swap(s, to, origin, code, left, before != 0)
                    lo, hi = won(s, t, u, lo & ~slo, hi & ~shi, plo, phi)
                    clo |= lo
                    chi |= hi
            u += 1
    if (blo | bhi) == 0:
        return clo, chi
    swap(s, to, origin, taken, before, before != 0)
    olo, ohi = blockers(s, t, side)
    swap(s, to, origin, code, left, before != 0)
    flo, fhi = forced(s, t, blo & ~olo, bhi & ~ohi, blo, bhi)
    return clo | flo, chi | fhi


@rule
def swap(s: Any, to: int, origin: int, there: int, left: int, moved: bool) -> None:
    """Set what stands where a move ended and, unless it is a drop, where it began."""
    s.board[to] = there
    if moved:
        s.board[origin] = left


@rule
def forced(s: Any, t: Any, blo: int, bhi: int, alo: int, ahi: int) -> tuple[int, int]:
    """What is chased (low, high) since pieces (blo, bhi) have come to stand before the chased player's king.

    The chaser's own among them would take with check, even what is protected or attacks them in turn, unless
    it stands before the king as well (alo, ahi: all that does). The other's are pinned: what they protected
    is chased by every piece that is not pinned itself.
    """
    side = int(s.info[TURN])
    clo, chi, plo, phi = 0, 0, 0, 0
    if (blo | bhi) == 0:
        return clo, chi
    for u in range(t.head[SQUARES]):
        q = int(s.board[u])
        if has(blo, bhi, u) == 0:
            continue
        if (q & 3) == 1 + side:
            lo, hi = prey(s, t, q, u, side)
            plo |= lo
            phi |= hi
        elif (q & 3) == 2 - side and pursues(t, q):
            lo, hi = prey(s, t, q, u, side)
            clo |= lo & ~alo
            chi |= hi & ~ahi
    if (plo | phi) != 0:
        tlo, thi = blockers(s, t, 1 - side)
        for u in range(t.head[SQUARES]):
            q = int(s.board[u])
            if (q & 3) == 2 - side and has(tlo, thi, u) == 0:
                lo, hi = prey(s, t, q, u, side)
                clo |= lo & plo
                chi |= hi & phi
    for u in range(t.head[SQUARES]):
        if has(clo, chi, u) != 0 and spared(s, t, u):
            clo &= ~low(u)
            chi &= ~high(u)
    return clo, chi


@rule
def opened(kind: int, dx: int, dy: int, tx: int, ty: int) -> bool:
    """May a move have opened a line of another piece, which stands (dx, dy) from where it began and
    (tx, ty) from where it ended: by leaving, or as a screen?"""
    if kind == CHASE_ROOK:
        return dx == 0 or dy == 0
    if kind == CHASE_CANNON:
        return dx == 0 or dy == 0 or ((tx == 0) != (ty == 0))
    if kind == CHASE_HORSE:
        return abs(dx) + abs(dy) == 1
    return kind == CHASE_MINOR and abs(dx) == 1 and abs(dy) == 1
