"""Making a move: the board, hands, rights, counters and the hash."""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM102, SIM109

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.attacks import checked, passes, reaches
from gyges.envs.fairychess.engine.king_safety import aims, castled, duck_at, safe, spared
from gyges.envs.fairychess.engine.layout import (
    BLAST,
    CAPTURE,
    CASTLE,
    CASTLE_FILE,
    CASTLE_RANK,
    CASTLER,
    CASTLES,
    CHECK_COUNT,
    CHECKS,
    CHOICE,
    CHOICES,
    CIVILIAN,
    CLOCK,
    COUNT,
    DROP,
    DROP_CASTLE,
    DUCK,
    EN_PASSANT,
    EP,
    EP0,
    EP1,
    EPV,
    FILES,
    FIRST,
    FROM,
    GATE,
    GATES,
    GATING,
    HASH,
    KINDS,
    KING,
    LATELY,
    MOVE,
    NOLAND,
    OPPOSITE,
    PETRIFY,
    PLY,
    POCKETS,
    RANKS,
    REMEMBERS,
    RIGHTS,
    SECOND,
    SHAK,
    SHATAR,
    SQ,
    SQUARES,
    TO_HAND,
    TURN,
    WALL,
    WALLING,
)
from gyges.envs.fairychess.engine.progress import follow, tally
from gyges.envs.fairychess.engine.special_moves import home_rank
from gyges.envs.rules import rule


@rule
def put(s: Any, t: Any, square: int, code: int) -> None:
    """Put a piece (or nothing, 0) on a square; keeps counts, kings and hash."""
    info, squares = s.info, t.head[SQUARES]
    old = s.board[square]
    if old != 0:
        z = 2 * ((old >> 1 & 255) * squares + square)
        info[HASH] = info[HASH] ^ t.zobrist[z]
        info[HASH + 1] = info[HASH + 1] ^ t.zobrist[z + 1]
        if (old & 3) != 0 and old != WALL:
            side = (old & 3) - 1
            at = 2 * t.base[old >> 2] + side
            s.count[at] = s.count[at] - 1
            if (t.role[old >> 2] & 3) != 0 and info[KING + side] == square:
                info[KING + side] = -1
        elif old == CIVILIAN:
            s.count[0] = s.count[0] - 1
    if code != 0:
        z = 2 * ((code >> 1 & 255) * squares + square)
        info[HASH] = info[HASH] ^ t.zobrist[z]
        info[HASH + 1] = info[HASH + 1] ^ t.zobrist[z + 1]
        if (code & 3) != 0 and code != WALL:
            side = (code & 3) - 1
            at = 2 * t.base[code >> 2] + side
            s.count[at] = s.count[at] + 1
            if (t.role[code >> 2] & 3) != 0:
                info[KING + side] = square
        elif code == CIVILIAN:
            s.count[0] = s.count[0] + 1
    s.board[square] = code


@rule
def toggle(s: Any, t: Any, number: int) -> None:
    """Flip one of the hash's extra words: 0 the player to move, 1 + j a castling right, 8 + n a hand."""
    z = 2 * ((t.head[KINDS] + 1) * 2 * t.head[SQUARES] + number)
    s.info[HASH] = s.info[HASH] ^ t.zobrist[z]
    s.info[HASH + 1] = s.info[HASH + 1] ^ t.zobrist[z + 1]


@rule
def pocketed(s: Any, t: Any, code: int) -> None:
    """A piece that is lost goes to the other player's hand."""
    side = 2 - (code & 3)
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
    passed = False
    lost = 0
    attacked_before = head[REMEMBERS] >= 8 and checked(s, t, side)
    if (m & DROP) != 0:
        at = 2 * t.hand[origin] + side
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
        if head[OPPOSITE] != 0:
            info[RIGHTS + 2 * (1 - side) + (0 if to > origin else 1)] = -1
    elif origin == to:
        if (m >> CHOICE) & 31 != 0:
            became = 4 * int(t.choice[(int(board[to]) >> 1) * head[CHOICES] + ((m >> CHOICE) & 31) - 1]) + own
            put(s, t, to, 0)
            put(s, t, to, became)
            info[CLOCK] = 0
    else:
        piece = int(board[origin])
        where = int(info[EPV]) if (m & EP) != 0 else to
        taken = int(board[where])
        lost = taken
        choice = (m >> CHOICE) & 31
        if taken != 0:
            put(s, t, where, 0)
            if head[TO_HAND] != 0 and (taken & 3) != 0:
                pocketed(s, t, taken)
        made = piece >> 2
        if choice != 0:
            made = int(t.choice[(piece >> 1) * head[CHOICES] + choice - 1])
        turns = (t.role[piece >> 2] >> 24) & 1 != 0  # it turns over again and again: nothing is lost
        if taken != 0 or (choice != 0 and not turns) or restarts(t, piece, origin, to):
            info[CLOCK] = 0
        put(s, t, origin, 0)
        put(s, t, to, 4 * made + own)
        if taken != 0 and head[BLAST] != 0:
            explode(s, t, to)
        if taken != 0 and head[PETRIFY] != 0 and (t.role[piece >> 2] >> 20) & 1 != 0:
            if board[to] != 0:
                put(s, t, to, 0)
            put(s, t, to, WALL)
        if head[CASTLES] != 0:
            for j in range(4):
                rook = info[RIGHTS + j]
                if rook >= 0 and ((board[rook] & 3) != (j >> 1) + 1 or rook == to):
                    info[RIGHTS + j] = -1
                elif rook >= 0:
                    castler = info[CASTLER + (j >> 1)]
                    if castler == to or (board[castler] & 3) != (j >> 1) + 1:
                        info[RIGHTS + j] = -1
        passed = head[EN_PASSANT] != 0 and choice == 0 and taken == 0 and leaves_passed(t, piece, origin, to)
    if m >> SECOND != 0:
        place(s, t, m)
    if head[GATING] != 0:
        ungate(s, t, m)
    info[TURN] = 1 - side
    info[PLY] = info[PLY] + 1
    toggle(s, t, 0)
    if passed:
        passable(s, t, origin, to)
    if head[REMEMBERS] != 0:
        recall(s, t, m)
    if head[REMEMBERS] >= 8:
        follow(s, t, m, side, attacked_before)
    if (head[REMEMBERS] >> 1) & 3 != 0:
        tally(s, t, lost, (m & (DROP | CASTLE)) == 0 and (m >> CHOICE) & 31 != 0)
    if head[CHECK_COUNT] != 0 and info[CHECKS + side] > 0 and checked(s, t, 1 - side):
        info[CHECKS + side] = info[CHECKS + side] - 1


@rule
def skip(s: Any, t: Any) -> None:
    """Pass the turn without a move."""
    info = s.info
    info[TURN] = 1 - info[TURN]
    info[EP0] = -1
    info[EP1] = -1
    info[PLY] = info[PLY] + 1
    info[CLOCK] = info[CLOCK] + 1
    toggle(s, t, 0)


@rule
def place(s: Any, t: Any, m: int) -> None:
    """Put the wall, or the piece in hand, that a move puts besides."""
    second = m >> SECOND
    side = int(s.info[TURN])
    if (m & GATE) != 0:
        at = 2 * second + side
        s.pocket[at] = s.pocket[at] - 1
        s.info[POCKETS + side] = s.info[POCKETS + side] - 1
        beside = (m & CASTLE) != 0 and (m >> CHOICE) & 31 != 0
        put(s, t, (m & SQ) if beside else (m >> FROM) & SQ, 4 * second + 1 + side)
        return
    if t.head[WALLING] == DUCK:
        duck = duck_at(s, t)
        if duck >= 0:
            put(s, t, duck, 0)
    put(s, t, second - 1, WALL)


@rule
def ungate(s: Any, t: Any, m: int) -> None:
    """First moves are lost where a piece has left, or was taken."""
    files = t.head[FILES]
    for side in range(2):
        for j in range(2):
            square = (m & SQ) if j == 0 else (m >> FROM) & SQ
            if j == 1 and (m & DROP) != 0:
                continue
            if square // files == home_rank(t, side):
                s.more[GATES + side] = s.more[GATES + side] & ~(1 << (square % files))
        if t.head[GATING] == 2 and side != s.info[TURN]:  # a king on whose line a rook comes loses his leap
            king, to = int(s.info[KING + side]), m & SQ
            home = king >= 0 and king // files == home_rank(t, side)
            if home and (t.role[s.board[to] >> 2] >> 8) & 1 != 0:
                if king % files == to % files or king // files == to // files:
                    s.more[GATES + side] = s.more[GATES + side] & ~(1 << (king % files))


@rule
def recall(s: Any, t: Any, m: int) -> None:
    """Remember that kings face each other, that the move was a pass or castling, and checks that may mate."""
    info, more = s.info, s.more
    side = int(info[TURN])
    facing = info[KING] >= 0 and info[KING + 1] >= 0 and aims(s, t, int(info[KING]), int(info[KING + 1]))
    idle = (m & DROP) == 0 and (m & SQ) == (m >> FROM) & SQ and (m >> CHOICE) & 31 == 0
    castling = 0 if (m & CASTLE) == 0 else 16 if (m & SQ) > (m >> FROM) & SQ else 32
    more[LATELY] = int(facing) | (more[LATELY] & 1) << 1 | int(idle) << 2 | (more[LATELY] & 4) << 1 | castling
    if t.head[SHATAR] != 0:
        more[SHAK + side] = (more[SHAK + side] | shak(s, t)) if checked(s, t, side) else 0


@rule
def shak(s: Any, t: Any) -> int:
    """Is the player to move checked by a piece whose checks may mate?"""
    side = int(s.info[TURN])
    king = int(s.info[KING + side])
    for u in range(t.head[SQUARES]):
        q = int(s.board[u])
        if (
            (q & 3) == 2 - side
            and (t.role[q >> 2] >> 22) & 1 != 0
            and reaches(s, t, q >> 1, u, king, CAPTURE)
        ):
            return 1
    return 0


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
        if (
            (to == king or to == rook)
            and (board[rook] & 3) == 1 + side
            and (t.role[board[rook] >> 2] >> 8) & 1 != 0
        ):
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
                if t.head[TO_HAND] != 0 and (q & 3) != 0:
                    pocketed(s, t, q)


@rule
def passable(s: Any, t: Any, origin: int, to: int) -> None:
    """After a first move of several squares: mark the squares passed where a rival piece may capture."""
    info, files = s.info, t.head[FILES]
    side = 1 - int(info[TURN])
    x = to % files - origin % files
    y = to // files - origin // files
    length = max(abs(x), abs(y))
    if length < 2 or length > 3 or (x != 0 and y != 0 and abs(x) != abs(y)):
        return
    step = (to - origin) // length
    n = 0
    before = info[EPV]
    info[EPV] = to
    u = origin + step
    while u != to:
        if s.board[u] == 0 and (t.area[(1 - side) * t.head[SQUARES] + u] >> 1) & 1 != 0:
            for v in range(t.head[SQUARES]):
                q = int(s.board[v])
                if (q & 3) == 2 - side and passes(s, t, q >> 1, v, u) and safe(s, t, u | v << FROM | EP):
                    info[EP0 + n] = u
                    n += 1
                    break
        u += step
    if n == 0:
        info[EPV] = before


@rule
def prune(s: Any, t: Any) -> None:
    """Forget en passant squares on which nobody may capture."""
    info = s.info
    own = 1 + info[TURN]
    n = 0
    for j in range(2):
        u = int(info[EP0 + j])
        info[EP0 + j] = -1
        if u < 0 or s.board[u] != 0:
            continue
        for v in range(t.head[SQUARES]):
            q = int(s.board[v])
            if (q & 3) == own and passes(s, t, q >> 1, v, u) and safe(s, t, u | v << FROM | EP):
                info[EP0 + n] = u
                n += 1
                break


@rule
def flagged_word(t: Any, piece: int, origin: int, target: int, flag: int, head: int) -> bool:
    """Does a piece's line from `origin` under a header with `head` lead to `target`, its square marked with
    `flag` (0: any that it may land on)?"""
    path = t.path
    j = t.start[piece * t.head[SQUARES] + origin]
    end = j + 1 + path[j]
    j += 1
    while j < end:
        last = j + 1 + (path[j] & COUNT)
        wanted = (path[j] & head) != 0
        j += 1
        while j < last:
            w = int(path[j])
            if wanted and (w & SQ) == target and (w & NOLAND) == 0 and (w & flag) == flag:
                return True
            j += 1
    return False


@rule
def leaves_passed(t: Any, piece: int, origin: int, to: int) -> bool:
    """Does the move leave squares on which it may be captured en passant?"""
    role = t.role[piece >> 2]
    files = t.head[FILES]
    if (role >> 12) & 1 != 0:
        gap = abs(to - origin)
        return bool(gap == 2 * files or gap == 3 * files)
    return bool((role >> 13) & 1 != 0 and flagged_word(t, piece >> 1, origin, to, FIRST, MOVE))


@rule
def restarts(t: Any, piece: int, origin: int, to: int) -> bool:
    """Does the piece's move restart the clock of the n-move rule, since it cannot be taken back?"""
    role = t.role[piece >> 2]
    if (role >> (17 if piece & 3 == 2 else 3)) & 1 == 0:
        return False
    return bool((role >> 14) & 1 == 0 or not flagged_word(t, piece >> 1, to, origin, 0, MOVE))
