"""Rules of a game on the engine: start, action to move, turn, end, mask, what is seen.

Each takes the row `s` by field names, so that games built on this one call them with rows of their own.
`GameTables` and the parameters are described in `spaces`.
"""

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.encoding import (
    BY_CUT,
    BY_FOLD,
    BY_GOAL,
    BY_MATE,
    BY_N_MOVE,
    BY_OVERFLOW,
    BY_STALEMATE,
    END_CUT,
    END_DRAW,
    END_OVERFLOW,
    INDEX,
    NEW_RULES,
    RULES,
)
from gyges.envs.fairychess.engine import pursuit
from gyges.envs.fairychess.engine.layout import (
    ABSOLUTE,
    CASTLE,
    CHASE,
    CHECKS,
    CHOICE,
    CIVILIAN,
    CLOCK,
    DRAW,
    DROP,
    DROPS,
    ENDS,
    EP0,
    EPV,
    FOLD_VALUE,
    FROM,
    GATE,
    GATES,
    GATING,
    HASH,
    INFO,
    KINDS,
    LOSS,
    MOST,
    N_FOLD,
    N_MOVE,
    NOTHING,
    PERPETUAL,
    PLY,
    REMEMBERS,
    RIGHTS,
    SECOND,
    SITTUYIN,
    SQ,
    SQUARES,
    TURN,
    WALL,
    WIN,
)
from gyges.envs.fairychess.engine.legal import generate
from gyges.envs.fairychess.engine.moves import make, prune
from gyges.envs.fairychess.engine.progress import counted_out, only_promotes, to_and_fro
from gyges.envs.fairychess.engine.termination import drawn, ended, in_check, no_moves
from gyges.envs.fairychess.observation_planes import SIGHT, STANDS
from gyges.envs.fairychess.observation_planes import SQUARES as PLANE_SQUARES
from gyges.envs.rules import Array, allow, as_int32, draw, draw2, rule, set_watch

NUM_STANDS, NUM_SIGHT, NUM_SQUARES = len(STANDS), len(SIGHT), len(PLANE_SQUARES)


@rule
def begin(s: Any, p: Any, t: Any) -> None:
    """Set up a start position, drawn among those given."""
    n = 0
    if p.starts > 1:
        n = draw(s, 1) % p.starts
    j = n * p.start_width
    for k in range(INFO):
        s.info[k] = t.starts[j + k]
    j += INFO
    for k in range(t.head[SQUARES]):
        s.board[k] = t.starts[j + k]
    j += t.head[SQUARES]
    n = 2 * (t.head[KINDS] + 1)
    for k in range(n):
        s.pocket[k] = t.starts[j + k]
        s.count[k] = t.starts[j + n + k]
    j += 2 * n
    for k in range(p.start_width - INFO - t.head[SQUARES] - 2 * n):
        s.more[k] = t.starts[j + k]
    if s.info[EP0] >= 0:
        prune(s, t)
    if (t.head[PERPETUAL] & CHASE) != 0:
        pursuit.begin(s, t, s.past, 2 * p.history, p.history)
    remember(s, p, t)


@rule
def stir(word: int, more: int) -> int:
    """Mix a value into a 32-bit word."""
    word = ((word ^ (more & 0xFFFFFFFF)) * 0x5BD1E995) & 0xFFFFFFFF
    return word ^ (word >> 15)


@rule
def remember(s: Any, p: Any, t: Any) -> None:
    """Enter the position into the history; `seen` says how often it has stood."""
    s.seen[0] = 1
    if t.head[N_FOLD] == 0:
        return
    info = s.info
    word = (info[RIGHTS] + 1) | (info[RIGHTS + 1] + 1) << 7 | (info[RIGHTS + 2] + 1) << 14
    word |= (info[RIGHTS + 3] + 1) << 21
    k0 = stir(info[HASH], word)
    k1 = stir(info[HASH + 1], word)
    word = (info[EP0] + 1) | (info[EP0 + 1] + 1) << 7 | info[CHECKS] << 14 | info[CHECKS + 1] << 20
    k0 = stir(k0, word)
    k1 = stir(k1, word)
    if t.head[DROPS] != 0:
        for j in range(2 * (t.head[KINDS] + 1)):
            k0 = stir(k0, s.pocket[j] + 1)
            k1 = stir(k1, s.pocket[j] + 1)
    if t.head[GATING] != 0:
        k0 = stir(k0, s.more[GATES] | s.more[GATES + 1] << 12)
        k1 = stir(k1, s.more[GATES] | s.more[GATES + 1] << 12)
    if t.head[PERPETUAL] != 0:  # who is to move, and whether he is in check
        k1 = (k1 & ~3) | int(in_check(s, t)) | info[TURN] << 1
    first = as_int32(k0)
    second = as_int32(k1)
    if p.window != 0 and info[CLOCK] == 0:
        s.kept[0] = 0
    kept = int(s.kept[0])
    times = 1
    for j in range(min(kept, p.history)):
        if s.past[j] == first and s.past[p.history + j] == second:
            times += 1
    j = kept % p.history
    s.past[j] = first
    s.past[p.history + j] = second
    s.kept[0] = kept + 1
    s.seen[0] = times


@rule
def folded(s: Any, p: Any, t: Any) -> int:
    """What repetition decides for the player to move: perpetual check and chase lose where illegal."""
    head = t.head
    side = int(s.info[TURN])
    last = int(s.kept[0]) - 1
    at = last % p.history
    if head[PERPETUAL] != 0:
        mine, theirs, times, j = 1, 1, 1, last
        second = int(s.past[p.history + at])
        while times < head[N_FOLD] and j > 0 and last - j < p.history - 1:
            if j < last:
                check = int(s.past[p.history + j % p.history]) & 1
                if (int(s.past[p.history + j % p.history]) >> 1) & 1 == side:
                    mine &= check
                else:
                    theirs &= check
            j -= 1
            if s.past[j % p.history] == s.past[at] and s.past[p.history + j % p.history] == second:
                times += 1
        mine &= second & 1
        if (head[PERPETUAL] & 1) == 0:
            mine, theirs = 0, 0
        if (head[PERPETUAL] & CHASE) != 0 and mine == 0 and theirs == 0:
            hunted = pursuit.hunted(s, t, s.past, 2 * p.history, p.history, last - j)
            mine, theirs = hunted & 1, hunted >> 1
        if mine != theirs:
            return WIN if mine != 0 else LOSS
        if mine != 0:
            return drawn(s, t)
    value = int(head[FOLD_VALUE])
    if head[ABSOLUTE] != 0 and side == 1:
        value = -value
    return drawn(s, t) if value == DRAW else value


@rule
def decode(s: Any, p: Any, t: Any, action: int) -> int:
    """The engine's move of a legal action, found in the list of legal moves."""
    sheet = p.cells * p.cells
    moves = sheet * (1 + p.choices)
    drops = moves + p.cells * p.drops
    if action >= drops or p.walls != 0:
        for j in range(s.many[0]):
            move = int(s.moves[j])
            if p.walls == 0 and encode(p, t, move) == action:
                return move
            if p.walls != 0 and encode(p, t, move) == s.pending[0] and encode_wall(p, t, move) == action:
                return move
        return 0
    if action >= moves:
        slot = (action - moves) // p.cells
        return int(t.place[(action - moves) % p.cells] | t.dropped[slot] << FROM | DROP)
    choice = action // sheet
    action = action % sheet
    wanted = t.place[action % p.cells] | t.place[action // p.cells] << FROM | choice << CHOICE
    for j in range(s.many[0]):
        move = int(s.moves[j])
        if (move & (2 * DROP - 1 | GATE)) == wanted:
            return move
    return int(wanted)


@rule
def encode_wall(p: Any, t: Any, move: int) -> int:
    """The action that puts a move's wall."""
    first = p.cells * p.cells * (1 + p.choices + p.gates) + p.cells * p.drops
    return int(first + t.cell[(move >> SECOND) - 1])


@rule
def encode(p: Any, t: Any, move: int) -> int:
    """The action of an engine's move; without its wall, if it puts one."""
    if (move & (DROP | GATE)) != 0 or p.passes != 0:
        return encode_special(p, t, move)
    choice = (move >> CHOICE) & 31
    return int((choice * p.cells + t.cell[(move >> FROM) & SQ]) * p.cells + t.cell[move & SQ])


@rule
def encode_special(p: Any, t: Any, move: int) -> int:
    """`encode` of a drop, a move behind which a piece enters, or any move where a player may pass."""
    to = t.cell[move & SQ]
    origin = (move >> FROM) & SQ
    sheet = p.cells * p.cells
    if (move & DROP) != 0:
        return int(sheet * (1 + p.choices) + t.slot[origin] * p.cells + to)
    if (move & GATE) != 0:
        first = sheet * (1 + p.choices + t.slot[move >> SECOND]) + p.cells * p.drops
        if (move & CASTLE) != 0 and (move >> CHOICE) & 31 != 0:
            return int(first + to * p.cells + t.cell[origin])
        return int(first + t.cell[origin] * p.cells + to)
    if p.passes != 0 and origin == (move & SQ) and (move >> CHOICE) & 31 == 0:
        return int(sheet * (1 + p.choices + p.gates) + p.cells * (p.drops + p.walls))
    return int(((move >> CHOICE) & 31) * sheet + t.cell[origin] * p.cells + to)


@rule
def perform(s: Any, p: Any, t: Any, move: int) -> None:
    """Make a legal move and remember the position it leads to."""
    if (t.head[PERPETUAL] & CHASE) != 0:
        pursuit.note(s, t, s.past, 2 * p.history, p.history, move)
    make(s, t, move)
    remember(s, p, t)


@rule
def waits(s: Any, chosen: int) -> bool:
    """Where moves put walls: is this one still without its wall? It is kept until the next step."""
    if s.many[0] == 0 or s.pending[0] != 0:
        return False
    s.pending[0] = chosen
    return True


@rule
def settle(s: Any, p: Any, t: Any) -> int:
    """List the legal moves; the outcome for the player to move, NOTHING where the game goes on."""
    head = t.head
    s.many[0] = 0
    if head[ENDS] != 0:
        now = ended(s, t)
        if now != NOTHING:
            s.why[0] = BY_GOAL
            return int(now)
    n = generate(s, t, s.moves, 0, False)
    if n > head[MOST]:
        s.why[0] = BY_OVERFLOW
        return 0
    s.many[0] = n
    if n == 0:
        s.why[0] = BY_MATE if in_check(s, t) else BY_STALEMATE
        return no_moves(s, t)
    if head[N_MOVE] != 0 and s.info[CLOCK] >= 2 * head[N_MOVE]:
        s.why[0] = BY_N_MOVE
        return drawn(s, t)
    if head[REMEMBERS] >= 8 and to_and_fro(s, t):
        s.why[0] = BY_FOLD
        return WIN
    if head[N_FOLD] != 0 and s.seen[0] >= head[N_FOLD]:
        s.why[0] = BY_FOLD
        return folded(s, p, t)
    if head[REMEMBERS] > 1 and counted_out(s, t):
        s.why[0] = BY_N_MOVE
        return DRAW
    if head[SITTUYIN] != 0 and only_promotes(s, t, s.moves, n):
        s.why[0] = BY_STALEMATE
        return DRAW
    return NOTHING


@rule
def conclude(s: Any, p: Any, outcome: int, out: Any) -> None:
    """Pay for an outcome (of the player to move) and end the game; cut it at the horizon."""
    if outcome != NOTHING:
        side = int(s.info[TURN])
        out.reward[side] = outcome * p.unit
        out.reward[1 - side] = -outcome * p.unit
        s.end[0] = END_DRAW if outcome == 0 else 1 + side if outcome > 0 else 2 - side
        if s.why[0] == BY_OVERFLOW:
            s.end[0] = END_OVERFLOW
        for a in range(2):
            out.terminated[a] = 1
    elif s.tick[0] + 1 >= p.horizon:
        s.end[0] = END_CUT
        s.why[0] = BY_CUT
        for a in range(2):
            out.truncated[a] = 1


@rule
def turns(s: Any) -> None:
    """Whose turn it is."""
    side = int(s.info[TURN])
    s.to_move[side] = 1
    s.to_move[1 - side] = 0


@rule
def look(s: Any, p: Any) -> None:
    """Draw who is watched, and what each seat is told of it: 16 bits of luck for each."""
    w0, w1 = draw2(s, 2)
    for a in range(2):
        word = w1 if a == 1 else w0
        set_watch(s, p, a, word & 0xFFFF, word >> 16)


@rule
def mark(s: Any, p: Any, t: Any, mask: Array) -> None:
    """Mark the legal moves' actions; NOOP where there is none, in a start position that is over already."""
    if s.many[0] == 0:
        allow(mask, 0)
    placing = p.walls != 0 and s.pending[0] != 0
    for j in range(s.many[0]):
        move = int(s.moves[j])
        action = encode(p, t, move)
        if placing:
            if action != s.pending[0]:
                continue
            action = encode_wall(p, t, move)
        allow(mask, action)


@rule
def cell_of(t: Any, square: int) -> int:
    """The cell of a square; -1 stays."""
    return int(t.cell[square]) if square >= 0 else -1


@rule
def show(s: Any, p: Any, t: Any, features: Array) -> None:
    """Write what both seats see alike: every feature but the first two."""
    info = s.info
    features[INDEX.turn] = info[TURN]
    features[INDEX.clock] = info[CLOCK]
    features[INDEX.ply] = min(int(info[PLY]), 32767)
    features[INDEX.en_passant] = cell_of(t, int(info[EP0]))
    features[INDEX.en_passant + 1] = cell_of(t, int(info[EP0 + 1]))
    features[INDEX.en_passant + 2] = cell_of(t, int(info[EPV])) if info[EP0] >= 0 else -1
    for j in range(6):
        features[INDEX.rooks + j] = cell_of(t, int(info[RIGHTS + j]))
    features[INDEX.checks] = info[CHECKS]
    features[INDEX.checks + 1] = info[CHECKS + 1]
    features[INDEX.seen] = min(int(s.seen[0]), 99)
    features[INDEX.end] = s.end[0]
    features[INDEX.last_from] = -1
    features[INDEX.last_to] = -1
    if s.last[0] > 0:
        sheet = p.cells * p.cells
        action = int(s.last[0])
        drops = sheet * (1 + p.choices)
        if action >= drops + p.cells * p.drops:  # behind it a piece has entered; or a wall, or a pass
            rest = action - drops - p.cells * p.drops
            if rest < sheet * p.gates:
                features[INDEX.last_from] = rest % sheet // p.cells
                features[INDEX.last_to] = rest % p.cells
            elif p.walls != 0:
                features[INDEX.last_to] = (rest - sheet * p.gates) % p.cells
        elif action >= drops:
            features[INDEX.last_to] = (action - drops) % p.cells
        else:
            features[INDEX.last_from] = action % sheet // p.cells
            features[INDEX.last_to] = action % p.cells
    cells = p.cells
    if cells == t.head[SQUARES]:
        for j in range(cells):
            features[INDEX.board + j] = s.board[j]
    else:
        for j in range(cells):
            features[INDEX.board + j] = WALL
            if t.place[j] >= 0:
                features[INDEX.board + j] = s.board[t.place[j]]
    at = INDEX.board + cells
    for j in range(p.slots):
        kind = int(t.dropped[j])
        features[at + j] = s.pocket[2 * kind]
        features[at + p.slots + j] = s.pocket[2 * kind + 1]
    at += 2 * p.slots
    for j in range(RULES):
        features[at + j] = t.head[j]
    if p.extra != 0:
        at += RULES
        held = p.start_width - INFO - t.head[SQUARES] - 4 * (t.head[KINDS] + 1)
        for j in range(held):
            features[at + j] = s.more[j]
        at += held
        if p.walls != 0:
            features[at] = s.pending[0]
            at += 1
        for j in range(NEW_RULES[0], NEW_RULES[1]):
            features[at + j - NEW_RULES[0]] = t.head[j]


@rule
def see(s: Any, p: Any, t: Any, seat: int, features: Array) -> None:
    """Write the planes (`planes.raw`) as one seat sees them."""
    cells, squares = p.cells, t.head[SQUARES]
    info = s.info
    base = p.planes
    for j in range(NUM_STANDS + NUM_SIGHT + NUM_SQUARES):
        for k in range(cells):
            features[base + j * cells + k] = 0
    last = base + (NUM_STANDS + NUM_SIGHT) * cells
    regions = 2 * (t.head[KINDS] + 1) * squares * NUM_SIGHT
    for k in range(cells):
        if t.place[k] < 0:
            features[base + 3 * cells + k] = 1
    for u in range(squares):
        k = int(t.cell[u])
        q = int(s.board[u])
        if q == WALL:
            features[base + 3 * cells + k] = 1
        elif q == CIVILIAN:
            features[base + 2 * cells + k] = 1
        elif q != 0:
            mine = (q & 3) == 1 + seat
            features[base + (0 if mine else cells) + k] = 1
            at = ((q >> 1) * squares + u) * NUM_SIGHT
            for j in range(NUM_SIGHT):
                features[base + (NUM_STANDS + j) * cells + k] = t.sight[at + j]
        for j in range(4):
            who = j - j % 2 + (0 if j % 2 == seat else 1)
            features[last + who * cells + k] = t.sight[regions + j * squares + u]
    for j in range(4):
        if info[RIGHTS + j] >= 0:
            features[last + 4 * cells + t.cell[info[RIGHTS + j]]] = 1
    for j in range(2):
        if info[EP0 + j] >= 0:
            features[last + 5 * cells + t.cell[info[EP0 + j]]] = 1
        if features[INDEX.last_from + j] >= 0:
            features[last + (6 + j) * cells + features[INDEX.last_from + j]] = 1
