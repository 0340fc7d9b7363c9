"""The compiled alpha-beta. Imports Numba: imported only when something is searched.

Everything is integers and bounded by a count of nodes, so that a search gives the same on every machine.
The tree is walked by one loop over a stack of positions, a line of `stack` for each.
"""

# Conditions are nested where the inner one reads memory that the outer one guards.
# ruff: noqa: SIM102

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

from numba import njit

from gyges.envs._runtime.memory import access
from gyges.envs.fairychess.engine import compiled as _engine
from gyges.envs.fairychess.engine.attacks import attacked
from gyges.envs.fairychess.engine.layout import (
    CASTLE,
    CHECKS,
    CHOICE,
    CHOICES,
    CLOCK,
    DROP,
    DROPS,
    ENDS,
    EP,
    EP0,
    EP1,
    EXTINCT_COUNT,
    FOLD_VALUE,
    FROM,
    HASH,
    KINDS,
    MOST,
    MUST_CAPTURE,
    N_FOLD,
    N_MOVE,
    NOTHING,
    RIGHTS,
    SQ,
    SQUARES,
    STRIDE,
    TURN,
)
from gyges.envs.fairychess.engine.legal import generate
from gyges.envs.fairychess.engine.moves import make, skip
from gyges.envs.fairychess.engine.termination import ended, in_check, result
from gyges.envs.fairychess.search import piece_values
from gyges.envs.fairychess.search.piece_values import LAST, NULLS, SWAPS, TEMPO
from gyges.envs.rules import PURE, inline, rule, wrap

position, tables, line = _engine.position, _engine.tables, _engine.line
terms = access(piece_values.Terms, piece_values.Terms, pointers=True)["view"]

MATE = 30_000
"""The score of a mate in no moves; a mate n plies away scores n less."""
INFINITE = 32_000
PROVEN = MATE - 1_000
"""Scores beyond this are mates."""
DEPTH = 64
"""The deepest iteration."""
LEVELS = 100
"""The longest line that is looked at."""
CALM = 12
"""Plies of captures that are looked at below a leaf."""
MARGIN = 200
"""A capture that leaves a player so much short of what he has already is not looked at."""

# A line of `stack`.
(
    STATE,  # ENTER, or a child's value comes back
    LEFT,  # depth still to search
    ALPHA,
    BETA,
    FLOOR,  # alpha at entry
    BEST,  # the best value, and its move
    MOVE,
    COUNT,  # moves listed, and the next to try
    NEXT,
    NOW,  # the move being searched, and how
    MODE,
    LESS,  # by how much its depth is reduced
    QUIETS,  # moves tried that win nothing
    KEY,
    CHECK,
    BELOW,  # only captures are looked at
    HINT,  # the move of the hash table
    KILLER,  # moves that refuted another line
    KILLER2,
) = range(19)
FIELDS = 19
ENTER, BACK = range(2)
FULL, ZERO, NULL = range(3)
UP, DOWN, AGAIN = range(3)
M32 = 0xFFFFFFFF
INDEX = (1 << 15) - 1
"""Moves are counted by target, origin and whether they are drops, for both players."""


@rule
def mixed(word: int, value: int) -> int:
    """Mix a small number into a 32-bit word."""
    word = ((word ^ (value + 0x7F4A7C15)) * 0x2545F491) & M32
    return word ^ (word >> 15)


@rule
def key_of(s: Any, t: Any) -> int:
    """63 bits that tell positions apart: board, player, castling, en passant, checks, hands."""
    info = s.info
    word = info[HASH] & M32
    for j in range(4):
        word = mixed(word, info[RIGHTS + j] + 2)
    word = mixed(word, 200 * (info[EP0] + 2) + info[EP1] + 2)
    word = mixed(word, 10 * info[CHECKS] + info[CHECKS + 1])
    if t.head[DROPS] != 0:
        for k in range(2, 2 * t.head[KINDS] + 2):
            if s.pocket[k] != 0:
                word = mixed(word, 128 * k + s.pocket[k])
    return ((info[HASH + 1] & 0x7FFFFFFF) << 32) | word


@rule
def evaluate(s: Any, t: Any, e: Any) -> int:
    """What a position is worth to the player to move, in centipawns, without looking ahead."""
    squares, board = t.head[SQUARES], s.board
    side = int(s.info[TURN])
    total = 0
    for u in range(squares):
        q = int(board[u])
        if (q & 3) != 0:
            total += e.table[(q >> 1) * squares + u]
    if t.head[DROPS] != 0:
        for k in range(2, 2 * t.head[KINDS] + 2):
            total += s.pocket[k] * e.hand[k]
    if e.checks[1] != 0:
        total += e.checks[min(s.info[CHECKS], 9)] - e.checks[min(s.info[CHECKS + 1], 9)]
    if e.flags[LAST] != 0:
        for k in range(1, t.head[KINDS] + 1):
            if (t.role[k] >> 5) & 1 != 0 and t.base[k] == k:
                for who in range(2):
                    held = s.count[2 * k + who] + s.pocket[2 * k + who]
                    if held == t.head[EXTINCT_COUNT] + 1:
                        total += e.flags[LAST] if who == 1 else -e.flags[LAST]
    return int(e.flags[TEMPO] + (total if side == 0 else -total))


@rule
def gain(s: Any, t: Any, e: Any, m: int) -> int:
    """What a move captures and promotes to, in centipawns."""
    if (m & DROP) != 0 or (m & CASTLE) != 0:
        return 0
    own = 1 + int(s.info[TURN])
    taken = int(s.board[m & SQ])
    worth = int(e.gain[taken >> 2]) if (taken & 3) == 3 - own else 0
    if (m & EP) != 0:
        worth = int(e.gain[s.board[(m >> FROM) & SQ] >> 2])
    choice = (m >> CHOICE) & 31
    if choice != 0:
        piece = int(s.board[(m >> FROM) & SQ])
        made = t.choice[(piece >> 1) * t.head[CHOICES] + choice - 1]
        worth += max(int(e.value[made] - e.value[piece >> 2]), 0)
    return worth


@rule
def losing(s: Any, t: Any, e: Any, m: int, worth: int) -> bool:
    """Does a capture give more than it takes, because its square is defended?"""
    mover = int(e.value[s.board[(m >> FROM) & SQ] >> 2])
    return worth < mover - 30 and attacked(s, t, int(m & SQ), 1 - int(s.info[TURN]))


@rule
def index_of(m: int) -> int:
    """Where a move is counted in `tried`: target, origin or kind, and whether it is a drop."""
    return int((m & SQ) | ((m >> FROM) & SQ) << 7 | ((m & DROP) >> 19) << 14)


@rule
def rank(
    s: Any, t: Any, e: Any, moves: Any, order: Any, base: int, n: int, tried: Any, hint: int,
    first: int, second: int, below: bool, lack: int,
) -> int:  # fmt: skip
    """Give every move a number, the greatest to be tried first; returns how many moves remain.

    With `below` only captures and promotions remain that win something, and more than `lack`.
    """
    kept = base
    side = int(s.info[TURN])
    for j in range(base, base + n):
        m = int(moves[j])
        worth = gain(s, t, e, m)
        if below and (worth == 0 or worth < lack or (worth <= 100 and (m >> CHOICE) & 31 != 0)):
            continue
        if worth > 0:
            number = (1 << 24) + 16 * worth
            if (m & (DROP | CASTLE | EP)) == 0 and e.flags[SWAPS] != 0 and (m >> CHOICE) & 31 == 0:
                number -= e.value[s.board[(m >> FROM) & SQ] >> 2]
                if losing(s, t, e, m, worth):
                    if below:
                        continue
                    number = worth - 10_000
        elif m == first:
            number = 1 << 23
        elif m == second:
            number = (1 << 23) - 1
        else:
            number = int(tried[side, index_of(m)])
        if m == hint:
            number = 1 << 28
        moves[kept] = m
        order[kept] = number
        kept += 1
    return kept - base


@rule
def pick(moves: Any, order: Any, base: int, at: int, n: int) -> int:
    """The next move by order, brought to its place; of equals the first listed."""
    best = at
    for j in range(at + 1, n):
        if order[base + j] > order[base + best]:
            best = j
    move = int(moves[base + best])
    number = order[base + best]
    j = best
    while j > at:
        moves[base + j] = moves[base + j - 1]
        order[base + j] = order[base + j - 1]
        j -= 1
    moves[base + at] = move
    order[base + at] = number
    return move


@rule
def repeated(t: Any, trail: Any, top: int, root: int, clock: int) -> bool:
    """Does the position on top of the trail count as repeated?

    Once since the root is enough; of the game's own positions as many are needed as the rule says.
    """
    met = 0
    j = top - 2
    while j >= 0 and j >= top - clock:
        if trail[j] == trail[top]:
            if j >= root:
                return True
            met += 1
            if t.head[N_FOLD] != 0 and met >= t.head[N_FOLD] - 1:
                return True
        j -= 2
    return False


@rule
def outcome_score(outcome: int, level: int) -> int:
    """The score of a finished game for the player to move."""
    if outcome == 0:
        return 0
    return MATE - level if outcome > 0 else level - MATE


@rule
def strong(s: Any, t: Any, e: Any) -> bool:
    """Has the player to move pieces enough that passing is worse than moving?"""
    total = 0
    side = int(s.info[TURN])
    for k in range(1, t.head[KINDS] + 1):
        if e.value[k] > 150:
            total += s.count[2 * k + side] * e.value[k]
    return total >= 500


@rule
def finished(s: Any, t: Any, trail: Any, top: int, root: int, n: int, level: int) -> tuple[bool, int]:
    """Is a position with `n` legal moves (-1: the game is over) the end of a line, and its score?"""
    if n <= 0:
        return True, outcome_score(result(s, t, 0), level)
    if repeated(t, trail, top, root, int(s.info[CLOCK])):
        fold = int(t.head[FOLD_VALUE]) if t.head[N_FOLD] != 0 else 0
        return True, outcome_score(fold, level)
    return bool(t.head[N_MOVE] != 0 and s.info[CLOCK] >= 2 * t.head[N_MOVE]), 0


@rule
def store(stack: Any, hashed: Any, level: int) -> None:
    """Keep what a position is worth."""
    best = int(stack[level, BEST])
    kind = 0
    if best >= stack[level, BETA]:
        kind = 1
    elif best <= stack[level, FLOOR]:
        kind = 2
    known = best
    if best > PROVEN:
        known = best + level
    elif best < -PROVEN:
        known = best - level
    left = max(int(stack[level, LEFT]), -60)
    slot = int(stack[level, KEY] & (hashed.shape[0] - 1))
    hashed[slot, 0] = stack[level, KEY]
    hashed[slot, 1] = (known + 32_768) | kind << 16 | (left + 64) << 18 | stack[level, MOVE] << 26


@rule
def recalled(stack: Any, hashed: Any, level: int, left: int) -> tuple[bool, int, int]:
    """What is known of a position: does it settle the search, its value, the move to try first."""
    slot = int(stack[level, KEY] & (hashed.shape[0] - 1))
    if hashed[slot, 0] != stack[level, KEY]:
        return False, 0, 0
    word = int(hashed[slot, 1])
    known = (word & 0xFFFF) - 32_768
    if known > PROVEN:
        known -= level
    elif known < -PROVEN:
        known += level
    kind = (word >> 16) & 3
    settled = ((word >> 18) & 255) - 64 >= left and (
        kind == 0
        or (kind == 1 and known >= stack[level, BETA])
        or (kind == 2 and known <= stack[level, ALPHA])
    )
    return settled, known, word >> 26


@rule
def returned(s: Any, t: Any, e: Any, stack: Any, lines: Any, tried: Any, level: int, value: int) -> int:
    """Take the value of the move just searched: go UP, DOWN to the next move, or search it AGAIN."""
    now = int(stack[level, NOW])
    alpha, beta = int(stack[level, ALPHA]), int(stack[level, BETA])
    if stack[level, MODE] == ZERO and value > alpha:
        if stack[level, LESS] > 0:
            stack[level, LESS] = 0
            return AGAIN
        if value < beta:
            stack[level, MODE] = FULL
            return AGAIN
    if value > stack[level, BEST]:
        stack[level, BEST] = value
        if value > alpha:
            stack[level, MOVE] = now
            lines[level, 0] = lines[level + 1, 0] + 1
            lines[level, 1] = now
            for j in range(int(lines[level + 1, 0])):
                lines[level, 2 + j] = lines[level + 1, 1 + j]
    stack[level, ALPHA] = max(alpha, value)
    if value < beta:
        return DOWN
    if stack[level, BELOW] == 0 and gain(s, t, e, now) == 0:
        if stack[level, KILLER] != now:
            stack[level, KILLER2] = stack[level, KILLER]
            stack[level, KILLER] = now
        at, side, left = index_of(now), int(s.info[TURN]), int(stack[level, LEFT])
        tried[side, at] = min(tried[side, at] + left * left, 1 << 20)
    return UP


@rule
def choose(s: Any, t: Any, e: Any, moves: Any, order: Any, stack: Any, level: int) -> None:
    """Take the next move, and decide how it is searched: whole, with a zero window, less deep."""
    at = int(stack[level, NEXT])
    now = pick(moves, order, level * STRIDE, at, int(stack[level, COUNT]))
    stack[level, NEXT] = at + 1
    stack[level, NOW] = now
    stack[level, MODE] = FULL if at == 0 or stack[level, BELOW] != 0 else ZERO
    stack[level, LESS] = 0
    if gain(s, t, e, now) == 0:
        quiets, left = int(stack[level, QUIETS]), int(stack[level, LEFT])
        stack[level, QUIETS] = quiets + 1
        if stack[level, MODE] == ZERO and quiets >= 3 and left >= 3 and stack[level, CHECK] == 0:
            stack[level, LESS] = 2 if quiets >= 12 and left >= 5 else 1


@rule
def passed(s: Any, t: Any) -> None:
    """Let the player to move pass; nothing before it is repeated."""
    skip(s, t)
    s.info[CLOCK] = 0


@rule
def looked(
    s: Any, t: Any, e: Any, moves: Any, stack: Any, hashed: Any, trail: Any, roots: int, level: int,
    depth: int, past: int,
) -> tuple[int, int]:  # fmt: skip
    """Look at a new position: go UP with its value, or DOWN into its moves.

    With AGAIN a null move is to be tried first.
    """
    base = level * STRIDE
    key = key_of(s, t)
    stack[level, KEY] = key
    trail[past + level] = key
    stack[level, STATE] = BACK
    stack[level, FLOOR] = stack[level, ALPHA]
    stack[level, BEST] = -INFINITE
    stack[level, MOVE], stack[level, NEXT], stack[level, QUIETS], stack[level, HINT] = 0, 0, 0, 0
    stack[level, BELOW] = 0
    left = int(stack[level, LEFT])
    check = in_check(s, t)
    stack[level, CHECK] = int(check)
    if level == 0:
        stack[level, COUNT] = roots
        return DOWN, 0
    n = -1
    if t.head[ENDS] == 0 or ended(s, t) == NOTHING:
        n = generate(s, t, moves, base, False)
    stack[level, COUNT] = n
    over, value = finished(s, t, trail, past + level, past, n, level)
    if over:
        return UP, value
    if n > t.head[MOST] or level >= LEVELS - 2:
        return UP, evaluate(s, t, e)
    if check and level < 2 * depth:
        left += 1
    stack[level, LEFT] = left
    settled, value, hint = recalled(stack, hashed, level, left)
    if settled:
        return UP, value
    stack[level, HINT] = hint
    if left > 0:
        beta = int(stack[level, BETA])
        if left >= 3 and not check and e.flags[NULLS] != 0 and beta < PROVEN:
            if stack[level - 1, MODE] != NULL and evaluate(s, t, e) >= beta and strong(s, t, e):
                return AGAIN, 0
        return DOWN, 0
    stack[level, BELOW] = 1
    forced = check or (t.head[MUST_CAPTURE] != 0 and gain(s, t, e, int(moves[base])) > 0)
    if forced and left >= -CALM:
        stack[level, BELOW] = int(check)  # who must capture has no other choice: losing captures count too
        return DOWN, 0
    value = evaluate(s, t, e)
    stack[level, BEST] = value
    if value >= stack[level, BETA] or left < -CALM:
        return UP, value
    stack[level, ALPHA] = max(int(stack[level, ALPHA]), value)
    return DOWN, 0


def _search(
    table: Any, offsets: Any, rows: Any, parts: Any, listed: Any, ranked: Any, weights: Any, cuts: Any,
    stack: Any, hashed: Any, tried: Any, trail: Any, roots: Any, lines: Any, answer: Any, limit: int,
    past: int,
) -> int:  # fmt: skip
    """Search rows[0] among `roots` until `limit` nodes are counted; see `search.search`."""
    t = tables(table, 0, offsets)
    e = terms(weights, 0, cuts)
    moves, order, out = line(listed, 0), line(ranked, 0), line(answer, 0)
    stack, hashed, tried, trail, lines = wrap(stack), wrap(hashed), wrap(tried), wrap(trail), wrap(lines)
    width, count, nodes = rows.shape[1], roots.shape[0], 0
    for depth in range(1, DEPTH + 1):
        for j in range(count):
            moves[j] = roots[j]
        stack[0, STATE], stack[0, LEFT], stack[0, ALPHA], stack[0, BETA] = ENTER, depth, -INFINITE, INFINITE
        level, value, way = 0, 0, DOWN
        while level >= 0:
            s = position(rows, level, parts)
            base = level * STRIDE
            ordering = False
            if stack[level, STATE] == ENTER:
                if depth > 1 and nodes >= limit:
                    break
                nodes += 1
                lines[level, 0] = 0
                way, value = looked(s, t, e, moves, stack, hashed, trail, count, level, depth, past)
                ordering = way == DOWN
                if level == 0:
                    stack[0, HINT] = out[0]
            else:
                value = -value
                if stack[level, MODE] == NULL:
                    way = UP if value >= stack[level, BETA] else DOWN
                    ordering = way == DOWN
                    value = int(stack[level, BETA])
                else:
                    way = returned(s, t, e, stack, lines, tried, level, value)
                    value = int(stack[level, BEST])
            if ordering:
                lack = -INFINITE
                if stack[level, BELOW] != 0 and stack[level, CHECK] == 0 and e.flags[SWAPS] != 0:
                    lack = int(stack[level, ALPHA] - stack[level, BEST]) - MARGIN
                stack[level, COUNT] = rank(
                    s, t, e, moves, order, base, int(stack[level, COUNT]), tried,
                    int(stack[level, HINT]), int(stack[level, KILLER]), int(stack[level, KILLER2]),
                    stack[level, BELOW] != 0 and stack[level, CHECK] == 0, lack,
                )  # fmt: skip
            if way == DOWN and stack[level, NEXT] >= stack[level, COUNT]:
                way, value = UP, int(stack[level, BEST])
            if way == UP:
                if level > 0 and stack[level, BEST] > -INFINITE:
                    store(stack, hashed, level)
                level -= 1
                continue
            for j in range(width):
                rows[level + 1, j] = rows[level, j]
            below = position(rows, level + 1, parts)
            alpha, beta, left = stack[level, ALPHA], stack[level, BETA], stack[level, LEFT]
            if way == AGAIN and stack[level, NEXT] == 0:
                stack[level, MODE] = NULL
                passed(below, t)
                stack[level + 1, LEFT] = left - 3
                stack[level + 1, ALPHA], stack[level + 1, BETA] = -beta, 1 - beta
            else:
                if way == DOWN:
                    choose(s, t, e, moves, order, stack, level)
                make(below, t, int(stack[level, NOW]))
                stack[level + 1, LEFT] = left - 1 - stack[level, LESS]
                stack[level + 1, ALPHA] = -beta if stack[level, MODE] == FULL else -alpha - 1
                stack[level + 1, BETA] = -alpha
            level += 1
            stack[level, STATE] = ENTER
        if stack[0, BEST] > -INFINITE:
            out[0], out[1], out[2] = stack[0, MOVE], stack[0, BEST], depth
            out[4] = lines[0, 0]
            for j in range(int(lines[0, 0])):
                out[5 + j] = lines[0, 1 + j]
        if level >= 0 or nodes >= limit or (abs(int(out[1])) > PROVEN and depth > MATE - abs(int(out[1]))):
            break
    out[3] = nodes
    return nodes


whole = inline(_search)  # a global: a closure's cells are part of the cache's key, and this one has no
#                               bytes that two processes agree on


@functools.lru_cache(maxsize=1)
def searcher() -> Any:
    """The compiled search; it compiles, or comes from the cache, at its first call."""
    mark = hashlib.sha256((_engine.stamp() + Path(__file__).read_text(encoding="utf-8")).encode()).hexdigest()

    def loop(
        table: Any, offsets: Any, rows: Any, parts: Any, listed: Any, ranked: Any, weights: Any,
        cuts: Any, stack: Any, hashed: Any, tried: Any, trail: Any, roots: Any, lines: Any, answer: Any,
        limit: int, past: int,
    ) -> int:  # fmt: skip
        if mark == "":
            return -1
        return whole(table, offsets, rows, parts, listed, ranked, weights, cuts, stack, hashed, tried,
                     trail, roots, lines, answer, limit, past)  # fmt: skip

    return loop if PURE else njit(loop, cache=True, nogil=True, error_model="numpy")
