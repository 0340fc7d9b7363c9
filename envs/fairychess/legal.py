"""Legal moves.

A pseudo-legal move is tested by playing it on the board in place, looking at the royal pieces, and taking
it back; most moves need no test, because the pieces that shield the king are found once per position.
"""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM102

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.attacks import attacked, has, reaches, scan
from gyges.envs.fairychess.layout import (
    AFTER,
    BLAST,
    CAPTURE,
    CASTLE,
    CASTLER,
    CASTLES,
    CHECKING,
    CHOICE,
    CHOICES,
    CIVILIAN,
    COUNT,
    DOUBLED_COUNT,
    DROP,
    DROP_MATE,
    DROPS,
    EP,
    EP0,
    EPV,
    FILES,
    FROM,
    HOP,
    HOPPERS,
    KINDS,
    KING,
    KING_FILE,
    LEAP,
    LIMITED,
    MAX_MOVES,
    MOVE,
    MUST,
    MUST_CAPTURE,
    MUST_DROP,
    NO_DOUBLED,
    NOLAND,
    OPPOSITE_BISHOP,
    POCKETS,
    PROMO,
    QUEEN_FILE,
    RANKS,
    RIGHTS,
    ROYAL,
    SQ,
    SQUARES,
    TEST,
    TEST_ALL,
    TURN,
    WALL,
)
from gyges.envs.rules import rule


@rule
def castled(t: Any, origin: int, rook: int) -> tuple[int, int]:
    """Where king and rook stand after castling."""
    files = int(t.head[FILES])
    first = origin - origin % files
    if rook > origin:
        return first + int(t.head[KING_FILE]), first + int(t.head[KING_FILE]) - 1
    return first + int(t.head[QUEEN_FILE]), first + int(t.head[QUEEN_FILE]) + 1


@rule
def mated_by_drop(s: Any, t: Any, square: int) -> bool:
    """Has the player not to move an answer to the pawn just dropped beside his king? True: he has none."""
    side = int(s.info[TURN])
    king = int(s.info[KING + 1 - side])
    board, path = s.board, t.path
    squares = t.head[SQUARES]
    other = 2 - side
    code = int(board[king])
    if not attacked(s, t, king, side):
        return False
    j = t.start[(code >> 1) * squares + king]
    end = j + 1 + path[j]
    j += 1
    while j < end:
        last = j + 1 + (path[j] & COUNT)
        j += 1
        while j < last:
            u = int(path[j]) & SQ
            q = int(board[u])
            if (q & other) == 0 and (path[j] & NOLAND) == 0:
                board[king] = 0
                board[u] = code
                hit = attacked(s, t, u, side)
                board[u] = q
                board[king] = code
                if not hit:
                    return False
            j += 1
    pawn = board[square]
    for u in range(squares):
        q = int(board[u])
        if (q & 3) == other and u != king and reaches(s, t, q >> 1, u, square):
            board[u] = 0
            board[square] = q
            hit = attacked(s, t, king, side)
            board[square] = pawn
            board[u] = q
            if not hit:
                return False
    return True


@rule
def spared(t: Any, code: int, centre: bool) -> bool:
    """Does a blast leave this piece standing?"""
    role = t.role[(code >> 2) & 127]
    return bool((role >> (11 if centre else 4)) & 1)


@rule
def safe(s: Any, t: Any, m: int) -> bool:
    """May the player to move play `m` for his royal pieces' sake (and the variant's on giving check)?"""
    info, board, head = s.info, s.board, t.head
    side = int(info[TURN])
    own = 1 + side
    to = m & SQ
    origin = (m >> FROM) & SQ
    king = int(info[KING + side])
    rival = int(info[KING + 1 - side])
    taken = board[to]
    piece = 0
    king_to, rook_to, victim, passed = 0, 0, 0, 0
    if (m & DROP) != 0:
        piece = 4 * origin + own
        board[to] = piece
    elif (m & CASTLE) != 0:
        piece = int(board[origin])
        king_to, rook_to = castled(t, origin, to)
        board[origin] = 0
        board[to] = 0
        board[king_to] = piece
        board[rook_to] = taken
        if origin == king:
            king = king_to
    else:
        piece = int(board[origin])
        board[origin] = 0
        choice = (m >> CHOICE) & 31
        board[to] = piece if choice == 0 else 4 * t.choice[(piece >> 1) * head[CHOICES] + choice - 1] + own
        if (m & EP) != 0:
            victim = info[EPV]
            passed = board[victim]
            board[victim] = 0
        if origin == king:
            king = to
    blown0, blown1 = 0, 0
    x, y = 0, 0
    blast = head[BLAST] != 0 and (m & (DROP | CASTLE)) == 0 and (taken != 0 or (m & EP) != 0)
    if blast:
        x = to % head[FILES]
        y = to // head[FILES]
        for n in range(9):
            u = y - 1 + n // 3
            w = x - 1 + n % 3
            if 0 <= u < head[RANKS] and 0 <= w < head[FILES]:
                q = int(board[u * head[FILES] + w])
                if n < 5:
                    blown0 |= q << (10 * n)
                else:
                    blown1 |= q << (10 * (n - 5))
                if q != 0 and q != WALL and not spared(t, q, n == 4):
                    board[u * head[FILES] + w] = 0
    good = True
    if king >= 0:
        test = True
        if head[ROYAL] == 2:
            if board[king] == 0 or (t.role[board[king] >> 2] & 2) == 0 or (board[king] & 3) != own:
                good = False
            if rival >= 0 and (board[rival] == 0 or (board[rival] & 3) == own):
                test = False
            elif head[BLAST] != 0 and rival >= 0:
                dx = king % head[FILES] - rival % head[FILES]
                dy = king // head[FILES] - rival // head[FILES]
                test = test and not (-1 <= dx <= 1 and -1 <= dy <= 1)
        if good and test:
            good = not attacked(s, t, king, 1 - side)
    if good and head[CHECKING] == 0 and rival >= 0:
        good = not attacked(s, t, rival, side)
    if good and (m & DROP) != 0 and origin == head[DROP_MATE] and rival >= 0:
        good = not mated_by_drop(s, t, to)
    if blast:
        for n in range(9):
            u = y - 1 + n // 3
            w = x - 1 + n % 3
            if 0 <= u < head[RANKS] and 0 <= w < head[FILES]:
                board[u * head[FILES] + w] = (
                    (blown0 >> (10 * n)) & 1023 if n < 5 else (blown1 >> (10 * (n - 5))) & 1023
                )
    if (m & DROP) != 0:
        board[to] = 0
    elif (m & CASTLE) != 0:
        board[king_to] = 0
        board[rook_to] = 0
        board[origin] = piece
        board[to] = taken
    else:
        board[origin] = piece
        board[to] = taken
        if (m & EP) != 0:
            board[victim] = passed
    return good


@rule
def may_castle(s: Any, t: Any, origin: int, rook: int) -> bool:
    """Is the way free for castling, and not attacked on the king's side of it?"""
    info, board = s.info, s.board
    king_to, rook_to = castled(t, origin, rook)
    least = min(min(origin, rook), min(king_to, rook_to))
    most = max(max(origin, rook), max(king_to, rook_to))
    for u in range(least, most + 1):
        if board[u] != 0 and u != origin and u != rook:
            return False
    side = int(info[TURN])
    free = True
    if info[KING + side] == origin:
        rival = int(info[KING + 1 - side])
        files = t.head[FILES]
        king = board[origin]
        board[origin] = 0
        for u in range(min(origin, king_to), max(origin, king_to) + 1):
            if u == king_to and u != origin:
                continue  # where he arrives is tested with the rook beside him
            if t.head[BLAST] != 0 and rival >= 0:
                dx = u % files - rival % files
                dy = u // files - rival // files
                if -1 <= dx <= 1 and -1 <= dy <= 1:
                    continue
            if free and attacked(s, t, u, 1 - side):
                free = False
        board[origin] = king
    return free


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
        if target >= 0:
            for u in range(t.head[SQUARES]):
                q = int(s.board[u])
                if (q & 3) == own and (t.role[q >> 2] >> 2) & 1 != 0 and reaches(s, t, q >> 1, u, target):
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
        out: where moves are written, from `base` on, at most `MAX_MOVES`.
        base: see above.
        counting: only count; `out` is then used as scratch.

    Returns:
        How many moves there are; more than `MAX_MOVES` did not fit.
    """
    info, board, head, path = s.info, s.board, t.head, t.path
    side = int(info[TURN])
    own = 1 + side
    squares = head[SQUARES]
    choices = head[CHOICES]
    hoppers = head[HOPPERS] != 0
    every = head[TEST_ALL] != 0
    top = base + MAX_MOVES
    checks, alo, ahi, slo, shi, llo, lhi = 0, -1, -1, 0, 0, 0, 0
    king = int(info[KING + side]) if head[ROYAL] == 1 else -1
    if king >= 0 and not every:
        checks, alo, ahi, slo, shi, llo, lhi = scan(s, t, king, 1 - side)
        if checks == 0 or hoppers:
            alo, ahi = -1, -1
            every = every or checks > 0
    want = MOVE | CAPTURE
    barred = own
    if head[MUST_CAPTURE] != 0:
        want = CAPTURE
        barred = own | CIVILIAN  # no capture of theirs fulfils the duty to capture
    dropping = head[DROPS] != 0 and info[POCKETS + side] > 0
    total = 0
    while True:
        n = base
        free = 0
        for origin in range(squares):
            if head[MUST_DROP] != 0 and dropping:
                break
            code = int(board[origin])
            if (code & 3) != own:
                continue
            piece = code >> 1
            test = 0
            elo, ehi = alo, ahi
            if every or origin == king:
                test = TEST
                elo, ehi = -1, -1
            else:
                if alo == 0 and ahi == 0:
                    continue
                if has(slo, shi, origin) != 0:
                    test = TEST
            plain = test == 0 and checks == 0 and not hoppers
            quick = plain and counting
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
                    elif not taking or (q & barred) != 0:
                        if leap:
                            continue
                        break
                    elif not leap:
                        j = stop
                    if (w & (NOLAND | PROMO)) == 0 and quick:
                        free += 1
                        continue
                    if (w & NOLAND) != 0:
                        continue
                    flag = test
                    if not plain:
                        if has(elo, ehi, to) == 0:
                            continue
                        if has(llo, lhi, to) != 0:
                            flag = TEST
                    move = to | origin << FROM | flag
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
        if (want & CAPTURE) != 0 and info[EP0] >= 0:
            n = passings(s, t, out, n, top)
        if (want & MOVE) != 0:
            if head[CASTLES] != 0 and checks == 0:
                n = castlings(s, t, out, n, top)
            if dropping:
                n, more = drops(
                    s,
                    t,
                    out,
                    n,
                    top,
                    counting and not every and not hoppers,
                    every,
                    checks,
                    alo,
                    ahi,
                    llo,
                    lhi,
                )
                free += more
        if n > top:
            return free + n - base
        kept = base
        for j in range(base, n):
            move = int(out[j])
            if (move & TEST) == 0:
                out[kept] = move
                kept += 1
            elif safe(s, t, move):
                out[kept] = move & ~TEST
                kept += 1
        total = free + kept - base
        if want == CAPTURE and total == 0:
            want = MOVE if s.count[0] == 0 else MOVE | CAPTURE
            barred = own
            continue
        return total


@rule
def shades(s: Any, t: Any, code: int) -> int:
    """The colours of squares (bits 0 and 1) on which a piece stands."""
    files = t.head[FILES]
    found = 0
    for u in range(t.head[SQUARES]):
        if s.board[u] == code:
            found |= 1 << ((u % files + u // files) & 1)
    return found


@rule
def reserved(s: Any, t: Any, bishop: int) -> int:
    """Colours whose last free squares are kept for a bishop in hand that needs them."""
    side, files = int(s.info[TURN]), t.head[FILES]
    missing = 3 & ~shades(s, t, 4 * bishop + 1 + side)
    hand = s.pocket[2 * bishop + side]
    kept = 0
    for colour in range(2):
        if (missing >> colour) & 1 == 0 or hand < (2 if missing == 3 else 1):
            continue
        free = 0
        for u in range(t.head[SQUARES]):
            if s.board[u] == 0 and t.drop[(2 * bishop + side) * t.head[SQUARES] + u] != 0:
                if ((u % files + u // files) & 1) == colour:
                    free += 1
        if free <= 1:
            kept |= 1 << colour
    return kept


@rule
def drops(
    s: Any, t: Any, out: Any, n: int, top: int, counting: bool, every: bool, checks: int,
    alo: int, ahi: int, llo: int, lhi: int,
) -> tuple[int, int]:  # fmt: skip
    """Append the player's drops; returns the list's new length, and how many were only counted."""
    info, board, head = s.info, s.board, t.head
    side = int(info[TURN])
    squares, files = head[SQUARES], head[FILES]
    free = 0
    if alo == 0 and ahi == 0 and not every:
        return n, free
    bishop = head[OPPOSITE_BISHOP]
    kept = reserved(s, t, bishop) if bishop != 0 else 0
    for kind in range(1, head[KINDS] + 1):
        if s.pocket[2 * kind + side] == 0:
            continue
        at = (2 * kind + side) * squares
        barred = 0
        own = 4 * kind + 1 + side
        if kind == head[NO_DOUBLED]:
            for x in range(files):
                met = 0
                for y in range(head[RANKS]):
                    if board[y * files + x] == own:
                        met += 1
                if met >= head[DOUBLED_COUNT]:
                    barred |= 1 << x
        colours = kept
        if bishop != 0 and kind == bishop:
            colours = shades(s, t, own)
        mating = kind == head[DROP_MATE]
        rival = int(info[KING + 1 - side])
        for to in range(squares):
            if board[to] != 0 or t.drop[at + to] == 0:
                continue
            if barred != 0 and (barred >> (to % files)) & 1 != 0:
                continue
            if colours != 0 and (colours >> ((to % files + to // files) & 1)) & 1 != 0:
                continue
            if not every and has(alo, ahi, to) == 0:
                continue
            flag = TEST if every or has(llo, lhi, to) != 0 else 0
            if mating and (to - rival == files or rival - to == files):
                flag = TEST
            if counting and flag == 0:
                free += 1
                continue
            if n < top:
                out[n] = to | kind << FROM | DROP | flag
            n += 1
    return n, free
