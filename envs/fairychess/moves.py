"""The rules of fairy chess: attacks, legal moves, making a move, the result.

Everything runs over one position (`layout.Position`) and one compiled variant (`layout.Tables`). A
pseudo-legal move is tested by playing it on the board in place, looking at the royal pieces, and taking
it back; most moves need no test, because the pieces that shield the king are found once per position.
"""

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.layout import (
    AFTER, BLAST, CAPTURE, CASTLE, CASTLE_FILE, CASTLE_RANK, CASTLER, CASTLES, CHECK_COUNT, CHECKING, CHECKMATE, CHECKS, CHOICE, CHOICES, CLOCK,
    COUNT, DIRECTIONS, DOUBLED_COUNT, DROP, DROP_CASTLE, DROP_MATE, DROPS, EN_PASSANT, ENDS, EP, EP0, EP1, EPV,
    EXTINCT_ALL, EXTINCT_COUNT, EXTINCT_OTHER, EXTINCT_VALUE, FILES, FLAG, FLAG_COUNT, FLAG_MOVE, FLAG_SAFE, FROM, HASH, HOP,
    HOPPERS, KING, KING_FILE, KINDS, LAST_EXTINCT, LEAP, LIMITED, MAX_MOVES, MOVE, MUST, MUST_CAPTURE, MUST_DROP,
    NO_DOUBLED, NOLAND, NOTHING, OPPOSITE_BISHOP, PLY, POCKETS, PROMO, QUEEN_FILE, RANKS, RIGHTS, ROYAL, SQ, SQUARES,
    STALEMATE, TEST, TEST_ALL, TO_HAND, TURN, WALL,
)  # fmt: skip
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
def attacked(s: Any, t: Any, square: int, by: int) -> bool:
    """Could a piece of player `by` capture on `square`?"""
    board, line = s.board, t.line
    bit = 1 + by
    squares, ways = t.head[SQUARES], t.head[DIRECTIONS]
    hoppers = t.head[HOPPERS] != 0
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
                if (t.hits[c * ways + d] >> (k - j)) & 1 != 0:
                    return True
            if hoppers:
                after = k - j
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
                        return True
        j = end
    leaps = line[j]
    j += 1
    for k in range(j, j + leaps):
        u = line[k] & SQ
        q = int(board[u])
        if (q & 3) == bit:
            c = t.kind[(q >> 1) * squares + u]
            if t.hits[c * ways + (line[k] >> 7)] != 0:
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
            if k == end:
                return True
        j = end
    return False


@inline
def scan(s: Any, t: Any, square: int, by: int) -> tuple[int, int, int, int, int, int, int]:
    """What threatens a royal piece on `square`, and what shields it.

    Returns:
        checks: attackers; answers (low, high): squares where a piece other than the king meets a single
        check; shields (low, high): squares whose piece may not be free to leave; lines (low, high):
        squares on which a new screen could open an attack.
    """
    board, line = s.board, t.line
    bit = 1 + by
    squares, ways = t.head[SQUARES], t.head[DIRECTIONS]
    hoppers = t.head[HOPPERS] != 0
    checks = 0
    alo, ahi, slo, shi, llo, lhi = 0, 0, 0, 0, 0, 0
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
                        alo |= plo | low(u)
                        ahi |= phi | high(u)
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
                alo |= low(u)
                ahi |= high(u)
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
                alo |= plo
                ahi |= phi
            else:
                slo |= plo
                shi |= phi
        j = end
    return checks, alo, ahi, slo, shi, llo, lhi


@rule
def reaches(s: Any, t: Any, piece: int, origin: int, target: int) -> bool:
    """Could the piece (2 * kind + side) on `origin` capture on `target` as the board stands?"""
    board, path = s.board, t.path
    j = t.start[piece * t.head[SQUARES] + origin]
    end = j + 1 + path[j]
    j += 1
    while j < end:
        head = path[j]
        j += 1
        last = j + (head & COUNT)
        if (head & CAPTURE) != 0:
            k = j
            stop = last
            if (head & HOP) != 0:
                while k < last and board[path[k] & SQ] == 0:
                    k += 1
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
    role = t.role[code >> 2]
    return (role >> 11) & 1 != 0 if centre else (role >> 4) & 1 != 0


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
                board[u * head[FILES] + w] = (blown0 >> (10 * n)) & 1023 if n < 5 else (blown1 >> (10 * (n - 5))) & 1023
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
    want = CAPTURE if head[MUST_CAPTURE] != 0 else MOVE | CAPTURE
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
                if checks > 1:
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
                    elif not taking or (q & own) != 0:
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
                n, more = drops(s, t, out, n, top, counting and not every and not hoppers, every, checks, alo, ahi, llo, lhi)
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
            want = MOVE
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
    if checks > 1 and not every:
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


@rule
def put(s: Any, t: Any, square: int, code: int) -> None:
    """Put a piece (or nothing, 0) on a square; keeps counts, kings and hash."""
    info, squares = s.info, t.head[SQUARES]
    old = s.board[square]
    if old != 0:
        z = 2 * ((old >> 1) * squares + square)
        info[HASH] = info[HASH] ^ t.zobrist[z]
        info[HASH + 1] = info[HASH + 1] ^ t.zobrist[z + 1]
        if (old & 3) != 0 and old != WALL:
            side = (old & 3) - 1
            at = 2 * t.base[old >> 2] + side
            s.count[at] = s.count[at] - 1
            if (t.role[old >> 2] & 3) != 0 and info[KING + side] == square:
                info[KING + side] = -1
    if code != 0:
        z = 2 * ((code >> 1) * squares + square)
        info[HASH] = info[HASH] ^ t.zobrist[z]
        info[HASH + 1] = info[HASH + 1] ^ t.zobrist[z + 1]
        if (code & 3) != 0 and code != WALL:
            side = (code & 3) - 1
            at = 2 * t.base[code >> 2] + side
            s.count[at] = s.count[at] + 1
            if (t.role[code >> 2] & 3) != 0:
                info[KING + side] = square
    s.board[square] = code


@rule
def toggle(s: Any, t: Any, number: int) -> None:
    """Flip one of the hash's extra words: 0 the player to move, 1 + j a castling right, 8 + n a hand."""
    z = 2 * ((t.head[KINDS] + 1) * 2 * t.head[SQUARES] + number)
    s.info[HASH] = s.info[HASH] ^ t.zobrist[z]
    s.info[HASH + 1] = s.info[HASH + 1] ^ t.zobrist[z + 1]


@rule
def pocketed(s: Any, t: Any, code: int) -> None:
    """A captured piece goes to the hand of the player to move."""
    side = int(s.info[TURN])
    at = 2 * t.hand[code >> 2] + side
    s.pocket[at] = s.pocket[at] + 1
    s.info[POCKETS + side] = s.info[POCKETS + side] + 1


@rule
def make(s: Any, t: Any, m: int) -> None:
    """Play a legal move."""
    info, board, head = s.info, s.board, t.head
    side = int(info[TURN])
    own = 1 + side
    to = m & SQ
    origin = (m >> FROM) & SQ
    info[CLOCK] = info[CLOCK] + 1
    info[EP0] = -1
    info[EP1] = -1
    if (m & DROP) != 0:
        at = 2 * origin + side
        s.pocket[at] = s.pocket[at] - 1
        info[POCKETS + side] = info[POCKETS + side] - 1
        put(s, t, to, 4 * origin + own)
        info[CLOCK] = 0
        if head[DROP_CASTLE] != 0:
            homecoming(s, t, to)
    elif (m & CASTLE) != 0:
        king_to, rook_to = castled(t, origin, to)
        piece = int(board[origin])
        rook = int(board[to])
        put(s, t, origin, 0)
        put(s, t, to, 0)
        put(s, t, king_to, piece)
        put(s, t, rook_to, rook)
        info[RIGHTS + 2 * side] = -1
        info[RIGHTS + 2 * side + 1] = -1
    else:
        piece = int(board[origin])
        where = int(info[EPV]) if (m & EP) != 0 else to
        taken = int(board[where])
        choice = (m >> CHOICE) & 31
        role = t.role[piece >> 2]
        if taken != 0:
            put(s, t, where, 0)
            if head[TO_HAND] != 0 and (taken & 3) != 0:
                pocketed(s, t, taken)
        if taken != 0 or choice != 0 or (role >> 3) & 1 != 0:
            info[CLOCK] = 0
        put(s, t, origin, 0)
        put(s, t, to, piece if choice == 0 else 4 * int(t.choice[(piece >> 1) * head[CHOICES] + choice - 1]) + own)
        if taken != 0 and head[BLAST] != 0:
            explode(s, t, to)
        if head[CASTLES] != 0:
            for j in range(4):
                rook = info[RIGHTS + j]
                if rook >= 0 and ((board[rook] & 3) != (j >> 1) + 1 or rook == to):
                    info[RIGHTS + j] = -1
                elif rook >= 0:
                    castler = info[CASTLER + (j >> 1)]
                    if castler == to or (board[castler] & 3) != (j >> 1) + 1:
                        info[RIGHTS + j] = -1
        if head[EN_PASSANT] != 0 and (role >> 2) & 1 != 0 and choice == 0 and taken == 0:
            passable(s, t, origin, to)
    info[TURN] = 1 - side
    info[PLY] = info[PLY] + 1
    toggle(s, t, 0)
    if head[CHECK_COUNT] != 0:
        rival = int(info[KING + 1 - side])
        if rival >= 0 and info[CHECKS + side] > 0 and attacked(s, t, rival, side):
            info[CHECKS + side] = info[CHECKS + side] - 1


@rule
def homecoming(s: Any, t: Any, to: int) -> None:
    """Castling rights won by dropping king and rook on their squares."""
    info, board, files = s.info, s.board, t.head[FILES]
    side = int(info[TURN])
    first = files * (t.head[CASTLE_RANK] if side == 0 else t.head[RANKS] - 1 - t.head[CASTLE_RANK])
    king = first + t.head[CASTLE_FILE]
    if (board[king] & 3) != 1 + side or (t.role[board[king] >> 2] >> 9) & 1 == 0:
        return
    for j in range(2):
        rook = first + files - 1 if j == 0 else first
        if (to == king or to == rook) and (board[rook] & 3) == 1 + side and (t.role[board[rook] >> 2] >> 8) & 1 != 0:
            info[RIGHTS + 2 * side + j] = rook
            info[CASTLER + side] = king


@rule
def explode(s: Any, t: Any, square: int) -> None:
    """Clear the square of a capture and its neighbours."""
    files, ranks = t.head[FILES], t.head[RANKS]
    x = square % files
    y = square // files
    for n in range(9):
        u = y - 1 + n // 3
        w = x - 1 + n % 3
        if 0 <= u < ranks and 0 <= w < files:
            q = int(s.board[u * files + w])
            if q != 0 and q != WALL and not spared(t, q, n == 4):
                put(s, t, int(u * files + w), 0)


@rule
def passable(s: Any, t: Any, origin: int, to: int) -> None:
    """After a double or triple step: mark the squares passed where a rival piece could capture."""
    info, files = s.info, t.head[FILES]
    side = int(info[TURN])
    gap = to - origin if side == 0 else origin - to
    if gap != 2 * files and gap != 3 * files:
        return
    step = files if side == 0 else -files
    n = 0
    u = origin + step
    while u != to:
        if (t.area[side * t.head[SQUARES] + u] >> 1) & 1 != 0:
            for v in range(t.head[SQUARES]):
                q = int(s.board[v])
                if (q & 3) == 2 - side and (t.role[q >> 2] >> 2) & 1 != 0 and reaches(s, t, q >> 1, v, u):
                    info[EP0 + n] = u
                    info[EPV] = to
                    n += 1
                    break
        u += step


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
        return own <= head[EXTINCT_COUNT] and other >= head[EXTINCT_OTHER]
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
    met = 0
    for u in range(t.head[SQUARES]):
        if (t.area[side * t.head[SQUARES] + u] & 1) != 0:
            q = int(s.board[u])
            if (q & 3) == 1 + side and (t.role[q >> 2] >> (6 + side)) & 1 != 0:
                if t.head[FLAG_SAFE] == 0 or not attacked(s, t, u, 1 - side):
                    met += 1
    return met >= t.head[FLAG_COUNT]


@rule
def may_follow(s: Any, t: Any) -> bool:
    """Can the player to move reach his goal at once, and stand there unattacked?"""
    side = int(s.info[TURN])
    for u in range(t.head[SQUARES]):
        q = int(s.board[u])
        if (q & 3) == 1 + side and (t.role[q >> 2] >> (6 + side)) & 1 != 0:
            for v in range(t.head[SQUARES]):
                if (t.area[side * t.head[SQUARES] + v] & 1) != 0 and (s.board[v] & (1 + side)) == 0:
                    if reaches(s, t, q >> 1, u, v):
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
def ended(s: Any, t: Any) -> int:
    """The result at once, before any move is looked at, for the player to move; NOTHING if none."""
    info, head = s.info, t.head
    side = int(info[TURN])
    if head[CHECK_COUNT] != 0 and info[CHECKS + 1 - side] == 0:
        return -1
    if head[LAST_EXTINCT] != 0:
        if extinct(s, t, 1 - side):
            return -head[EXTINCT_VALUE]
        if extinct(s, t, side):
            return head[EXTINCT_VALUE]
    if head[FLAG] != 0:
        mine = flagged(s, t, side)
        theirs = flagged(s, t, 1 - side)
        if mine and (head[FLAG_MOVE] != 0 or head[FLAG_SAFE] != 0):
            return 0 if theirs else 1
        if theirs and (head[FLAG_MOVE] == 0 or head[FLAG_SAFE] != 0):
            if head[FLAG_MOVE] == 0 or side == 0 or not may_follow(s, t):
                return -1
    return NOTHING


@rule
def in_check(s: Any, t: Any) -> bool:
    """Is a royal piece of the player to move attacked?"""
    king = int(s.info[KING + int(s.info[TURN])])
    return king >= 0 and t.head[ROYAL] != 0 and attacked(s, t, king, 1 - int(s.info[TURN]))


@rule
def result(s: Any, t: Any, count: int) -> int:
    """The result for the player to move when he has `count` legal moves; NOTHING if the game goes on."""
    if t.head[ENDS] != 0:
        now = ended(s, t)
        if now != NOTHING:
            return now
    if count == 0:
        return t.head[CHECKMATE] if in_check(s, t) else t.head[STALEMATE]
    return NOTHING



