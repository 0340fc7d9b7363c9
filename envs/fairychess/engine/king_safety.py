"""What a move leaves behind: are royal pieces safe, may a king castle, who survives a blast."""

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.attacks import attacked, exposed, guarded, reaches, royal
from gyges.envs.fairychess.engine.layout import (
    BIKJANG,
    BLAST,
    CAPTURE,
    CASTLE,
    CHECKING,
    CHOICE,
    CHOICES,
    COUNT,
    DROP,
    DROP_CHECKS,
    DROP_MATE,
    DUCK,
    EP,
    EPV,
    EXTINCT_COUNT,
    FILES,
    FROM,
    GATE,
    KINDS,
    KING,
    KING_FILE,
    LATELY,
    NOLAND,
    PETRIFY,
    QUEEN_FILE,
    RANKS,
    ROYAL,
    ROYALS,
    SECOND,
    SITTUYIN,
    SQ,
    SQUARES,
    TURN,
    WALL,
    WALLING,
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
        if (q & 3) == other and u != king and reaches(s, t, q >> 1, u, square, CAPTURE):
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
def spent(s: Any, t: Any, m: int, side: int) -> int:
    """What a move just made on the board did to the pieces of ROYALS: 1 it lost one of the mover's last, 2 it
    blew up one of the other's last, 0 neither. Counts are still those before the move."""
    found = 0
    made = int(s.board[m & SQ]) >> 2 if (m & (DROP | CASTLE)) == 0 and (m >> CHOICE) & 31 != 0 else 0
    for k in range(1, t.head[KINDS] + 1):
        if (t.role[k] >> 15) & 1 == 0 or t.base[k] != k:
            continue
        for player in range(2):
            before = int(s.count[2 * k + player])
            if before == 0 or before > t.head[EXTINCT_COUNT] + 1:
                continue
            for u in range(t.head[SQUARES]):
                q = int(s.board[u])
                if (q & 3) == 1 + player and t.base[q >> 2] == k:
                    before -= 1
            if before > 0 and player == side and made == 0:
                return 1
            if before > 0 and player != side and t.head[BLAST] != 0:
                found = 2
    return found


@rule
def bared(s: Any, t: Any, m: int, side: int) -> bool:
    """Does a move just made on the board leave one of the mover's last pieces of ROYALS attacked?

    A piece that he drops is royal, one that he promotes to while its kind stays rare.
    """
    head = t.head
    made = int(s.board[m & SQ])
    dropped = (m & DROP) != 0
    promoted = (m & (DROP | CASTLE)) == 0 and (m >> CHOICE) & 31 != 0
    met, hit = 0, 0
    for u in range(head[SQUARES]):
        q = int(s.board[u])
        if (q & 3) != 1 + side or (t.role[q >> 2] >> 15) & 1 == 0:
            continue
        last = royal(s, t, q)
        if promoted and t.base[q >> 2] == t.base[made >> 2]:
            last = s.count[2 * t.base[q >> 2] + side] <= head[EXTINCT_COUNT]
        if dropped and u == (m & SQ):
            last = True
        met += 1
        if attacked(s, t, u, 1 - side) and not (head[BLAST] != 0 and guarded(s, t, u, side)):
            if last:
                return True
            hit += 1
    return bool(head[ROYALS] == 2 and met > 0 and hit == met)


@rule
def aims(s: Any, t: Any, origin: int, target: int) -> bool:
    """Do two squares lie on a rank or file with nothing between them?"""
    files = t.head[FILES]
    step = 0
    if origin % files == target % files:
        step = files if target > origin else -files
    elif origin // files == target // files:
        step = 1 if target > origin else -1
    if step == 0:
        return False
    u = origin + step
    while u != target and s.board[u] == 0:
        u += step
    return bool(u == target)


@rule
def duck_at(s: Any, t: Any) -> int:
    """Where the wall that goes about stands; -1 nowhere."""
    for u in range(t.head[SQUARES]):
        if s.board[u] == WALL:
            return int(u)
    return -1


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
        if (t.role[origin] & 1) != 0:
            king = to
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
    captures = (m & (DROP | CASTLE)) == 0 and origin != to and (taken != 0 or (m & EP) != 0)
    blast = head[BLAST] != 0 and captures
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
    if captures and head[PETRIFY] != 0 and (t.role[piece >> 2] >> 20) & 1 != 0:
        board[to] = WALL
    # A piece that enters behind the move shields nobody: the move must be legal without it.
    put_on = (m >> SECOND) - 1 if (m & GATE) == 0 else -1
    covered, moved = 0, -1
    if put_on >= 0:
        if head[WALLING] == DUCK:
            moved = duck_at(s, t)
            if moved >= 0:
                board[moved] = 0
        covered = int(board[put_on])
        board[put_on] = WALL
    good = True
    if king >= 0:
        test = True
        if head[ROYAL] == 2:
            if board[king] == 0 or (t.role[board[king] >> 2] & 2) == 0 or (board[king] & 3) != own:
                good = False
            if rival >= 0 and board[rival] == 0:
                test = False
            elif head[BLAST] != 0 and rival >= 0:
                dx = king % head[FILES] - rival % head[FILES]
                dy = king // head[FILES] - rival // head[FILES]
                test = test and not (-1 <= dx <= 1 and -1 <= dy <= 1)
        if good and test:
            good = not attacked(s, t, king, 1 - side)
    if good and head[ROYALS] != 0:
        lost = spent(s, t, m, side)
        good = lost != 1 and (lost == 2 or not bared(s, t, m, side))
    if good and head[CHECKING] == 0 and rival >= 0:
        good = not attacked(s, t, rival, side)
    if good and (m & DROP) != 0:
        if head[DROP_CHECKS] == 0:
            good = rival < 0 or not attacked(s, t, rival, side)
            good = good and (head[ROYALS] == 0 or not exposed(s, t, 1 - side))
        if good and origin == head[DROP_MATE] and rival >= 0:
            good = not mated_by_drop(s, t, to)
    if good and head[SITTUYIN] != 0 and (m & DROP) == 0 and (m >> CHOICE) & 31 != 0 and rival >= 0:
        good = not attacked(s, t, rival, side)
    if good and head[BIKJANG] != 0 and (s.more[LATELY] & 1) != 0 and (origin != to or (m & DROP) != 0):
        good = not aims(s, t, king, rival)
    if put_on >= 0:
        board[put_on] = covered
        if moved >= 0:
            board[moved] = WALL
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
    if info[KING + side] == origin or (t.head[ROYALS] != 0 and royal(s, t, int(board[origin]))):
        rival = int(info[KING + 1 - side])
        files = t.head[FILES]
        king = board[origin]
        board[origin] = 0
        for u in range(min(origin, king_to), max(origin, king_to) + 1):
            if u == king_to and u != origin:
                continue  # where he arrives is tested with the rook beside him
            if t.head[BLAST] != 0 and t.head[ROYALS] != 0 and guarded(s, t, u, side):
                continue
            if t.head[BLAST] != 0 and rival >= 0:
                dx = u % files - rival % files
                dy = u // files - rival // files
                if -1 <= dx <= 1 and -1 <= dy <= 1:
                    continue
            if free and attacked(s, t, u, 1 - side):
                free = False
        board[origin] = king
    return free
