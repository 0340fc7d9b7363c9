"""What acts do: moves with their consequences, treaties, tampering, orders."""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM102

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine import pursuit
from gyges.envs.fairychess.engine.attacks import attacked
from gyges.envs.fairychess.engine.copies import bring, keep
from gyges.envs.fairychess.engine.king_safety import castled
from gyges.envs.fairychess.engine.layout import (
    CASTLE,
    CHASE,
    CHECKING,
    CHECKMATE,
    CHOICE,
    CHOICES,
    CIVILIAN,
    CLOCK,
    DROP,
    FROM,
    INFO,
    KINDS,
    KING,
    PERPETUAL,
    SQ,
    SQUARES,
    TURN,
    WIN,
)
from gyges.envs.fairychess.engine.legal import generate
from gyges.envs.fairychess.engine.moves import make, put, skip
from gyges.envs.fairychess.engine.termination import in_check
from gyges.envs.fairychess.stakes.encoding import (
    ASKED,
    BROKEN,
    BY,
    HOLD,
    IN_FORCE,
    LEFT,
    LOST,
    NO_ORDER,
    NONE,
    O_DRAW,
    O_SPARE,
    O_TAKE,
    OFFERED,
    PAID,
    REGIONS,
    REST,
    SQUARE,
    STAGE,
    SUBJECT,
    TAKE_PLIES,
    WAIT,
)
from gyges.envs.fairychess.stakes.labels import (
    breaks,
    captures,
    dying,
    forfeited,
    material,
    purse,
    removal_breaks,
)
from gyges.envs.fairychess.transitions import perform
from gyges.envs.rules import chance, draw, rule

NUM_REGIONS = len(REGIONS)
AHEAD = 100  # centipawns of material from which a seat may be ordered to end the game
DECIDES = 100_000  # a mate, to the forbidden engine


@rule
def flip(s: Any, p: Any, t: Any, gone: int) -> None:
    """Pass the turn; a piece may have vanished from the square `gone`, else -1."""
    if (t.head[PERPETUAL] & CHASE) != 0:
        pursuit.note(s, t, s.past, 2 * p.history, p.history, pursuit.SKIP - 1 - gone)
    skip(s, t)


@rule
def play(s: Any, p: Any, t: Any, seat: int, m: int) -> None:
    """Make a move, with what it does to treaty, order and civilians."""
    if p.civilians != 0 and s.order[seat] == O_TAKE and s.seal[seat] != 0:
        s.merit[seat] = s.merit[seat] + dying(s, t, m) * p.take_pay
    if p.treaties != 0 and s.treaty[BROKEN] == 0 and breaks(s, t, m, seat):
        breach(s, seat)
    if p.tampering != 0:
        remember_move(s, p, t, m)
    if p.treaties != 0 and s.treaty[STAGE] == IN_FORCE:
        follow(s, t, m)
    civilians = int(s.count[0])
    perform(s, p, t, m)
    s.died[0] = civilians - s.count[0]
    if s.treaty[STAGE] == IN_FORCE and s.treaty[SUBJECT] < 0:
        if s.treaty[SQUARE] < 0 or (s.board[s.treaty[SQUARE]] & 3) == 0:
            close(s)


@rule
def remember_move(s: Any, p: Any, t: Any, m: int) -> None:
    """Keep all that taking the move back needs."""
    keep(s, t, s.before, 0)
    kept = int(s.kept[0])
    j = kept % p.history
    s.back[0] = 1 + (m & (2 * DROP - 1))
    s.undo[0] = kept
    s.undo[1] = s.seen[0]
    s.undo[2] = s.past[j]
    s.undo[3] = s.past[p.history + j]
    s.undo[4] = s.past[0]
    s.undo[5] = s.past[p.history]
    s.undo[6] = s.treaty[SQUARE]


@rule
def take_back(s: Any, p: Any, t: Any) -> None:
    """Undo the rival's last move, which it may not play again at once."""
    civilians = int(s.count[0])
    s.past[0] = s.undo[4]
    s.past[p.history] = s.undo[5]
    j = int(s.undo[0]) % p.history
    s.past[j] = s.undo[2]
    s.past[p.history + j] = s.undo[3]
    s.kept[0] = s.undo[0]
    s.seen[0] = s.undo[1]
    if s.treaty[STAGE] == IN_FORCE and s.treaty[SUBJECT] < 0:
        s.treaty[SQUARE] = s.undo[6]
        if s.undo[6] < 0:
            close(s)
    bring(s, t, s.before, 0)
    if (t.head[PERPETUAL] & CHASE) != 0:
        pursuit.begin(s, t, s.past, 2 * p.history, p.history)
    s.barred[0] = s.back[0]
    s.died[0] = civilians - s.count[0]


@rule
def follow(s: Any, t: Any, m: int) -> None:
    """Keep the treaty's eye on the piece that it protects."""
    square = int(s.treaty[SQUARE])
    if s.treaty[SUBJECT] >= 0 or square < 0 or (m & DROP) != 0:
        return
    origin = (m >> FROM) & SQ
    if (m & CASTLE) != 0:
        king, rook = castled(t, origin, m & SQ)
        if square == origin:
            s.treaty[SQUARE] = king
        elif square == (m & SQ):
            s.treaty[SQUARE] = rook
    elif square == origin:
        s.treaty[SQUARE] = m & SQ
    elif captures(s, m) == square:
        s.treaty[SQUARE] = -1


@rule
def close(s: Any) -> None:
    """The treaty is over."""
    s.treaty[STAGE] = NONE
    s.treaty[BROKEN] = 0
    s.treaty[LEFT] = 0
    s.treaty[WAIT] = REST


@rule
def tick(s: Any, p: Any, seat: int) -> None:
    """A ply has passed: pay the treaty, run down its term, the order's and the pause between treaties."""
    treaty = s.treaty
    treaty[ASKED] = 0
    if treaty[STAGE] == IN_FORCE:
        if treaty[BROKEN] == 0:
            pay = min(HOLD, purse(s))
            s.pact[PAID] = s.pact[PAID] + pay
            for a in range(2):
                s.merit[a] = s.merit[a] + pay
                s.held[a] = pay
        treaty[LEFT] = treaty[LEFT] - 1
        if treaty[LEFT] <= 0:
            close(s)
    elif treaty[WAIT] > 0:
        treaty[WAIT] = treaty[WAIT] - 1
    if s.order[seat] != NO_ORDER:
        s.until[seat] = s.until[seat] - 1
        if s.until[seat] <= 0:
            s.order[seat] = NO_ORDER
            s.seal[seat] = 0
            s.target[seat] = -1


@rule
def offer(s: Any, p: Any, t: Any, seat: int, number: int) -> None:
    """Put a treaty to the partner."""
    subject = number // 2
    treaty = s.treaty
    treaty[STAGE] = OFFERED
    treaty[BY] = seat
    treaty[SUBJECT] = subject if subject < NUM_REGIONS else -1
    treaty[SQUARE] = -1 if subject < NUM_REGIONS else int(t.place[subject - NUM_REGIONS])
    treaty[LEFT] = 10 if number % 2 == 0 else 20
    treaty[BROKEN] = 0
    treaty[ASKED] = 1
    if p.tampering != 0 and subject >= NUM_REGIONS and s.back[0] != 0:
        s.undo[6] = stood(s, t, int(treaty[SQUARE]))


@rule
def stood(s: Any, t: Any, square: int) -> int:
    """Where what stands on a square stood before the last move; -1 where it was not on the board."""
    piece = s.board[square]
    if s.before[INFO + square] == piece:
        return square
    m = int(s.back[0]) - 1
    if (m & DROP) != 0:
        return -1
    for q in range(t.head[SQUARES]):
        if s.before[INFO + q] == piece and s.board[q] != piece:
            return q
    return (m >> FROM) & SQ  # it was another piece, and became this one


@rule
def breach(s: Any, seat: int) -> None:
    """A seat breaks the treaty: it takes its own pay for the rest of the term; the other's is lost."""
    rest = forfeited(s)
    s.treaty[BROKEN] = 1 + seat
    s.pact[LOST] = s.pact[LOST] + rest
    s.merit[seat] = s.merit[seat] + rest
    s.held[seat] = s.held[seat] + rest


@rule
def vanish(s: Any, p: Any, t: Any, seat: int, square: int) -> None:
    """Take a piece off the board; the turn passes."""
    if removal_breaks(s, t, seat, square):
        breach(s, seat)
    put(s, t, square, 0)
    if s.treaty[STAGE] == IN_FORCE and s.treaty[SUBJECT] < 0 and s.treaty[SQUARE] == square:
        close(s)
    flip(s, p, t, square)
    s.info[CLOCK] = 0


@rule
def removable(s: Any, t: Any, seat: int, square: int) -> bool:
    """May this seat make the piece vanish: a rival's minor piece, whose absence leaves its king safe?"""
    code = int(s.board[square])
    if (code & 3) != 2 - seat or t.minor[code >> 2] == 0:
        return False
    s.board[square] = 0
    king = int(s.info[KING + seat])
    good = king < 0 or not attacked(s, t, king, 1 - seat)
    rival = int(s.info[KING + 1 - seat])
    if good and t.head[CHECKING] == 0 and rival >= 0:
        good = not attacked(s, t, rival, seat)
    s.board[square] = code
    return good


@rule
def look_for_minors(s: Any, p: Any, t: Any, seat: int) -> None:
    """Note which pieces the seat to move could make vanish."""
    for j in range(4):
        s.minors[j] = 0
    if p.tampering == 0 or s.token[seat] == 0:
        return
    for square in range(t.head[SQUARES]):
        if removable(s, t, seat, square):
            s.minors[square // 30] = s.minors[square // 30] | 1 << (square % 30)


@rule
def consult(s: Any, p: Any, t: Any, scratch: Any) -> int:
    """The forbidden engine's move: most material after the best single capture in reply, or mate."""
    width = INFO + t.head[SQUARES] + 4 * (t.head[KINDS] + 1)
    keep(s, t, scratch, 0)
    best, chosen = -2 * DECIDES, 0
    for j in range(s.many[0]):
        m = int(s.moves[j])
        where = captures(s, m)
        score = 0
        if where >= 0 and s.board[where] != CIVILIAN:
            score = 2 * int(t.worth[s.board[where] >> 2])
        choice = (m >> CHOICE) & 31
        if (m & (DROP | CASTLE)) == 0 and choice != 0:
            piece = int(s.board[(m >> FROM) & SQ])
            became = int(t.choice[(piece >> 1) * t.head[CHOICES] + choice - 1])
            score += 2 * int(t.worth[became] - t.worth[piece >> 2])
        make(s, t, m)
        n = generate(s, t, scratch, width, False)
        worst = 0
        for k in range(n):
            reply = int(scratch[width + k])
            where = captures(s, reply)
            if where >= 0 and s.board[where] != CIVILIAN:
                worst = max(worst, 2 * int(t.worth[s.board[where] >> 2]))
        score -= worst
        if n == 0 and in_check(s, t) and t.head[CHECKMATE] != WIN:
            score = DECIDES
        elif in_check(s, t):
            score += 1
        bring(s, t, scratch, 0)
        if score > best:
            best, chosen = score, m
    return chosen


@rule
def exchange(s: Any, t: Any, m: int, seat: int) -> int:
    """Centipawns that a capture wins, its piece lost where the square is defended; 0 for no capture."""
    where = captures(s, m)
    if where < 0 or s.board[where] == CIVILIAN:
        return 0
    lost = int(t.worth[s.board[(m >> FROM) & SQ] >> 2]) if attacked(s, t, m & SQ, 1 - seat) else 0
    return int(t.worth[s.board[where] >> 2]) - lost


@rule
def command(s: Any, p: Any, t: Any) -> None:
    """An order may reach the seat to move; none is drawn while one stands. Of eight, one is to accept the
    draw and one to stop (to a seat that is ahead), three to spare the piece whose capture wins most, three to
    take civilians; one that cannot be is none."""
    seat = int(s.info[TURN])
    if s.order[seat] != NO_ORDER or not chance(s, 11, p.orders):
        return
    w0 = draw(s, 12)
    kind = O_TAKE
    if (w0 & 7) < 5:
        kind = O_SPARE if (w0 & 7) > 1 else O_DRAW + (w0 & 1)
    target = -1
    if kind < O_SPARE and material(s, t, seat) < AHEAD:
        return
    if kind == O_TAKE and (s.count[0] == 0 or p.civilians == 0):
        return
    if kind == O_SPARE:
        best = 0
        for j in range(s.many[0]):
            gain = exchange(s, t, int(s.moves[j]), seat)
            if gain > best:
                best, target = gain, captures(s, int(s.moves[j]))
        if target < 0:
            return
    s.order[seat] = kind
    s.seal[seat] = 0 if ((w0 >> 8) & 0xFFFF) < p.forged else 1
    s.target[seat] = target
    s.until[seat] = TAKE_PLIES if kind == O_TAKE else 1
