"""Legal moves.

A pseudo-legal move is tested by playing it on the board in place, looking at the royal pieces, and taking
it back; most moves need no test, because the pieces that shield the king are found once per position.
"""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM102

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.attacks import (
    aimed,
    counted,
    has,
    high,
    like,
    low,
    passes,
    refuses,
    scan,
    sight,
    veil,
)
from gyges.envs.fairychess.engine.drops import drops
from gyges.envs.fairychess.engine.king_safety import may_castle, safe
from gyges.envs.fairychess.engine.layout import (
    AFTER,
    BIKJANG,
    BULK,
    CAPTURE,
    CASTLE,
    CASTLER,
    CASTLES,
    CHOICE,
    CHOICES,
    CIVILIAN,
    COUNT,
    DROP,
    DROPS,
    EP,
    EP0,
    FROM,
    GATING,
    HOP,
    HOPPERS,
    KING,
    LATELY,
    LEAP,
    LIMITED,
    MAKPONG,
    MAX_MOVES,
    MOVE,
    MUST,
    MUST_CAPTURE,
    MUST_DROP,
    MUST_TYPE,
    NOLAND,
    ON_CAPTURE,
    PASS,
    POCKETS,
    PROMO,
    RIGHTS,
    ROYAL,
    SITTUYIN,
    SQ,
    SQUARES,
    STRIDE,
    STUCK,
    TEST,
    TEST_ALL,
    TURN,
    TWICE,
    WALLING,
    WATCHED,
)
from gyges.envs.fairychess.engine.special_moves import besides, passing, special
from gyges.envs.rules import rule


@rule
def castlings(s: Any, t: Any, out: Any, n: int, top: int) -> int:
    """Append the player's castling moves, to be tested."""
    info = s.info
    side = int(info[TURN])
    for j in range(2):
        rook = int(info[RIGHTS + 2 * side + j])
        if rook >= 0 and may_castle(s, t, int(info[CASTLER + side]), rook):
            if n < top:
                out[n] = rook | info[CASTLER + side] << FROM | CASTLE | TEST
            n += 1
    return n


@rule
def passings(s: Any, t: Any, out: Any, n: int, top: int) -> int:
    """Append the player's en passant captures, to be tested."""
    own = 1 + s.info[TURN]
    for j in range(2):
        target = int(s.info[EP0 + j])
        if target >= 0 and s.board[target] == 0:
            for u in range(t.head[SQUARES]):
                q = int(s.board[u])
                if (q & 3) == own and passes(s, t, q >> 1, u, target):
                    if n < top:
                        out[n] = target | u << FROM | EP | TEST
                    n += 1
    return n


@rule
def generate(s: Any, t: Any, out: Any, base: int, counting: bool) -> int:
    """The legal moves of the player to move.

    Args:
        s: the position; changed while moves are tested, and put back.
        t: the variant.
        out: where moves are written, from `base` on, at most `MAX_MOVES`, `STRIDE` where moves put
            something besides.
        base: see above.
        counting: only count; `out` is then used as scratch.

    Returns:
        How many moves there are; more than that did not fit.
    """
    info, board, head, path = s.info, s.board, t.head, t.path
    side = int(info[TURN])
    own = 1 + side
    squares = head[SQUARES]
    choices = head[CHOICES]
    hoppers = head[HOPPERS] != 0
    every = head[TEST_ALL] != 0 or (head[BIKJANG] != 0 and (s.more[LATELY] & 1) != 0)
    if counting and head[BULK] != 0:
        return counted(s, t)
    joined = head[WALLING] != 0 or head[GATING] == 1
    counting = counting and not joined
    top = base + (STRIDE if joined else MAX_MOVES)
    checks, alo, ahi, slo, shi, llo, lhi = 0, -1, -1, 0, 0, 0, 0
    met_low, met_high = -1, -1
    king = int(info[KING + side]) if head[ROYAL] == 1 else -1
    if king >= 0 and (not every or head[MAKPONG] != 0):
        checks, alo, ahi, slo, shi, llo, lhi = scan(s, t, king, 1 - side)
        met_low, met_high = alo, ahi
        if checks == 0 or hoppers:
            alo, ahi = -1, -1
            every = every or checks > 0
    rival = int(info[KING + 1 - side])
    watched = head[WATCHED] != 0 and rival >= 0
    vlo, vhi, ulo, uhi = 0, 0, 0, 0  # from where his king may be seen, and what hides him from us
    if watched:
        ulo, uhi = veil(s, t, rival, side)
        vlo, vhi = sight(s, t, rival)
    want = MOVE | CAPTURE
    barred = own
    if head[MUST_CAPTURE] != 0:
        want = CAPTURE
        barred = own | CIVILIAN  # no capture of theirs fulfils the duty to capture
    dropping = head[DROPS] != 0 and info[POCKETS + side] > 0
    placing = head[MUST_DROP] != 0 and dropping
    if placing and head[MUST_TYPE] != 0:
        placing = s.pocket[2 * head[MUST_TYPE] + side] != 0
    total = 0
    while True:
        n = base
        free = 0
        for origin in range(squares):
            if placing and (want & MOVE) != 0:
                break
            code = int(board[origin])
            if (code & 3) != own:
                continue
            piece = code >> 1
            shy = like(t, code)
            test = 0
            elo, ehi = alo, ahi
            if every or origin == king:
                test = TEST
                elo, ehi = -1, -1
            else:
                if alo == 0 and ahi == 0:
                    continue
                if has(slo | ulo, shi | uhi, origin) != 0:
                    test = TEST
            tlo, thi = 0, 0
            plain = test == 0 and checks == 0 and not hoppers and not watched
            start = origin << FROM
            j = t.start[piece * squares + origin]
            end = j + 1 + path[j]
            j += 1
            while j < end:
                word = path[j]
                j += 1
                last = j + (word & COUNT)
                stop = last
                if (word & want) == 0:
                    j = last
                    continue
                quiet = (word & want & MOVE) != 0
                taking = (word & want & CAPTURE) != 0
                leap = (word & LEAP) != 0
                if (word & HOP) != 0:
                    while j < last and board[path[j] & SQ] == 0:
                        j += 1
                    if j < last and refuses(t, code, int(board[path[j] & SQ])):
                        j = last
                    j += 1
                    stop = min(last, j + (word >> AFTER))
                while j < stop:
                    w = path[j]
                    to = w & SQ
                    j += 1
                    q = board[to]
                    if q == 0:
                        if not quiet:
                            continue
                    elif not taking or (q & barred) != 0 or (shy != 0 and t.base[q >> 2 & 127] == shy):
                        if leap:
                            continue
                        break
                    elif not leap:
                        j = stop
                    if plain and (w & (NOLAND | PROMO | TWICE)) == 0:
                        if counting:
                            free += 1
                        else:
                            if n < top:
                                out[n] = to | start
                            n += 1
                        continue
                    if (w & NOLAND) != 0:
                        continue
                    if (w & TWICE) != 0:
                        if has(tlo, thi, to) != 0:
                            continue
                        tlo |= low(to)
                        thi |= high(to)
                    flag = test
                    if not plain:
                        if has(elo, ehi, to) == 0:
                            continue
                        if has(llo, lhi, to) != 0:
                            flag = TEST
                        if watched and flag == 0:
                            if (w & PROMO) != 0:
                                flag = TEST  # what it becomes may see him through where it stood
                            elif has(vlo, vhi, to) != 0 and aimed(t, piece, to, rival):
                                continue  # it would give check
                        if counting and flag == 0 and (w & PROMO) == 0:
                            free += 1
                            continue
                    move = to | start | flag
                    if (w & PROMO) != 0 and q == 0 and head[ON_CAPTURE] != 0:
                        w = MUST if (w & STUCK) != 0 else 0
                    if (w & MUST) == 0:
                        if n < top:
                            out[n] = move
                        n += 1
                    if (w & PROMO) != 0:
                        for r in range(choices):
                            kind = t.choice[piece * choices + r]
                            if kind == 0:
                                break
                            if head[LIMITED] != 0 and s.count[2 * t.base[kind] + side] >= t.limit[kind]:
                                continue
                            if n < top:
                                out[n] = move | (r + 1) << CHOICE
                            n += 1
                j = last
        if (want & CAPTURE) != 0 and info[EP0] >= 0 and not (placing and (want & MOVE) != 0):
            n = passings(s, t, out, n, top)
        if (want & MOVE) != 0:
            if head[CASTLES] != 0 and checks == 0 and not placing:
                n = castlings(s, t, out, n, top)
            if not placing:
                if head[GATING] == 2 or head[SITTUYIN] != 0:
                    n = special(s, t, out, n, top)
                if head[PASS] != 0:
                    n = passing(s, t, out, n, top, False)
            if dropping:
                n, more = drops(
                    s,
                    t,
                    out,
                    n,
                    top,
                    counting and not every and not hoppers and not watched,
                    every or watched,
                    placing,
                    alo,
                    ahi,
                    llo,
                    lhi,
                )
                free += more
        if joined:
            n = besides(s, t, out, base, n, top)
        if n > top:
            return free + n - base
        kept = base
        for j in range(base, n):
            move = int(out[j])
            if (move & TEST) == 0:
                out[kept] = move
                kept += 1
            elif safe(s, t, move):
                leaves = head[MAKPONG] != 0 and checks != 0 and (move & DROP) == 0
                if leaves and (move >> FROM & SQ) == king:
                    if board[move & SQ] == 0 or has(met_low, met_high, move & SQ) == 0:
                        continue  # a king may not go away from check
                out[kept] = move & ~TEST
                kept += 1
        total = free + kept - base
        if want == CAPTURE and total == 0:
            want = MOVE if s.count[0] == 0 else MOVE | CAPTURE
            barred = own
            continue
        if placing and total == 0:
            placing = False
            dropping = dropping and head[MUST_TYPE] == 0
            continue
        if total == 0 and head[PASS] != 0:
            total = passing(s, t, out, base, top, True) - base
        return total
