"""Actions, observations and start positions of a fairy chess game, as arrays. Imports NumPy only.

Cells are the squares of the family's board, ``y * files + x``; without a family, the variant's own.

=========================================  ==========================================================
``choice * C * C + origin * C + target``   a move; choice 0 none, r the r-th promotion of the piece
``(1 + R) * C * C + slot * C + target``    a drop of the slot-th kind that may be dropped
=========================================  ==========================================================

Variants with more have more blocks, one after the other: a first move behind which the slot-th kind in
hand enters (``slot * C * C + origin * C + target``; castling from the rook's cell, where it enters there),
the cell of a wall (C; a turn is then two actions, the move and its wall), the pass (1).

Castling goes from the king's cell to the rook's, which no other move does. Action 0 (a1 to a1) is no
move, and stands for NOOP.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.notation.fen import row_of
from gyges.envs.fairychess.variants.ini_keys import MAX_FILES, MAX_RANKS
from gyges.envs.observation import Feature, Features
from gyges.envs.state import Field, state

MORE_NAMES = (
    "first moves of the first player", "first moves of the second player", "facing and passes",
    "checks that may mate the first player", "checks that may mate the second player",
    "plies to mate in", "plies counted", "first player's last origin", "first player's last target",
    "first player's moves to and fro", "second player's last origin", "second player's last target",
    "second player's moves to and fro",
)  # fmt: skip
"""What positions of some variants remember (`Position.more`): files as bits, bits, flags, numbers."""
SIDES = ("first", "second")
RULES = 44
"""How many constants of a variant's head are shown: the rules vector."""
NEW_RULES = at.FLAG_KING, at.REMEMBERS + 1
"""The constants that only variants with more show, behind what their positions remember."""
NUM_NEW = NEW_RULES[1] - NEW_RULES[0]
MAX_HISTORY = 1024

END_CUT, END_OVERFLOW, END_DRAW = 4, 5, 3
ENDS = ("goes on", "first player won", "second player won", "drawn", "cut", "too many moves")
BY_MATE, BY_STALEMATE, BY_GOAL, BY_FOLD, BY_N_MOVE, BY_CUT, BY_OVERFLOW = range(1, 8)
WHY = ("", "checkmate", "stalemate", "goal", "repetition", "n-move rule", "horizon", "too many moves")


State = state(
    info=Field(at.INFO, doc="`engine.layout.Position` from here on: turn, clocks, rights, hash"),
    board=Field("S", doc="piece codes"),
    pocket=Field("P", doc="pieces in hand by 2 * kind + side"),
    count=Field("P", doc="pieces on the board by 2 * base kind + side"),
    more=Field("X", doc="what few variants remember besides (`engine.layout.Position.more`)"),
    last=Field(doc="the last action, 0 none"),
    seen=Field(doc="how often the present position has stood"),
    kept=Field(doc="positions remembered"),
    end=Field(doc="0 goes on, 1 first player won, 2 second, 3 drawn, 4 cut, 5 too many moves"),
    why=Field(doc="what ended it (`WHY`)"),
    many=Field(doc="number of legal moves"),
    moves=Field("M", doc="the legal moves, as the engine writes them"),
    past=Field("H", doc="hashes of positions, first words then second; moves (`engine.pursuit`)"),
    pending=Field("L", doc="the move whose wall is still to come, 0 none"),
)
"""One row; S squares, P = 2 (kinds + 1), M moves at most, H = 2 x positions remembered, and as
many moves and a position where chases count; X and L are 0 but in variants that remember more, and where
moves put walls."""


class Params(NamedTuple):
    """What the rules read of the settings."""

    num_agents: int
    horizon: int  # plies
    ring: int  # in 1/65536
    cue: int  # in 1/65536
    stakes: int
    unit: int  # a win's reward, in 1 / reward_scale
    cells: int  # C: cells of the family's board
    choices: int  # R: promotion choices of the action space
    slots: int  # D: kinds that may be in hand
    drops: int  # kinds that may be dropped
    gates: int  # kinds that may enter behind a first move
    walls: int  # 1: every move puts a wall
    passes: int  # 1: there is a pass
    history: int  # positions remembered at most
    window: int  # 1: captures, drops and the like make all earlier positions unreachable
    starts: int  # how many start positions
    start_width: int  # integers of one
    planes: int  # where planes begin in an observation, 0 without them
    extra: int  # features behind the rules


class GameTables(NamedTuple):
    """`layout.Tables`, and what the game adds: named views of one int32 array."""

    head: Any
    start: Any
    path: Any
    rays: Any
    line: Any
    kind: Any
    toward: Any
    hits: Any
    hops: Any
    choice: Any
    limit: Any
    base: Any
    hand: Any
    drop: Any
    role: Any
    area: Any
    chaser: Any
    point: Any
    goal: Any
    bulk: Any
    zobrist: Any
    setup: Any
    cell: Any  # [S] cell of each square
    place: Any  # [C] square of each cell, -1 outside the board
    dropped: Any  # [max(D, drops, 1)] kind of each slot, 0 unused: those in hand, those dropped promoted
    slot: Any  # [K + 1] slot of each kind, 0 where it has none
    starts: Any  # [n * start_width] start positions
    sight: Any  # what planes show of pieces and regions (`planes.table_of`); [1] without planes


@dataclass(frozen=True)
class Family:
    """Constants of the action space and the observation that several variants share."""

    files: int
    ranks: int
    choices: int
    slots: int
    promoted: int = 0  # kinds dropped besides those in hand
    gated: bool = False  # kinds in hand enter behind first moves
    dropping: bool = True
    walls: bool = False
    passes: bool = False
    extra: int = 0  # features behind the rules

    @property
    def cells(self) -> int:
        """C: cells of the board."""
        return self.files * self.ranks

    @property
    def more(self) -> dict[str, int]:
        """The sizes X, L and E of `OBSERVATION`."""
        further = NUM_NEW if self.extra else 0
        return {"X": self.extra - further - self.walls, "L": int(self.walls), "E": further}

    @property
    def drops(self) -> int:
        """Kinds that may be dropped."""
        return self.slots + self.promoted if self.dropping else 0

    @property
    def gates(self) -> int:
        """Kinds that may enter behind a first move."""
        return self.slots if self.gated else 0

    @property
    def drop_actions(self) -> int:
        """The first action that is a drop."""
        return self.cells**2 * (1 + self.choices)

    @property
    def gate_actions(self) -> int:
        """The first action behind which a piece enters."""
        return self.drop_actions + self.cells * self.drops

    @property
    def wall_actions(self) -> int:
        """The first action that puts a wall."""
        return self.gate_actions + self.cells**2 * self.gates

    @property
    def num_actions(self) -> int:
        """A = C^2 (1 + R) + C D, and what gates, walls and passes add."""
        return self.wall_actions + self.cells * self.walls + self.passes


def family_of(text: str, c: Compiled) -> Family:
    """Read ``10x10/6/8`` (files, ranks, promotion choices, drop kinds); empty means the variant's own.

    Raises:
        ConfigError: not of this form, or too small for the variant.
    """
    v = c.variant
    promoted = max(len(c.dropped) - len(c.droppable), 0)
    more = int(c.row[5] - c.row[4])
    special = bool(more or promoted or c.walls)
    own = Family(
        v.maxFile,
        v.maxRank,
        c.promotions,
        len(c.droppable),
        promoted,
        bool(c.gated),
        v.pieceDrops or not c.gated,
        c.walls,
        c.passes,
        more + int(c.walls) + NUM_NEW if special else 0,
    )
    if not text:
        return own
    found = re.fullmatch(r"(\d{1,2})x(\d{1,2})(?:/(\d{1,2})/(\d{1,2}))?", text)
    if not found:
        raise ConfigError(
            f"a family is FILESxRANKS or FILESxRANKS/CHOICES/DROPS, as in '10x10/6/8', not {text!r}"
        )
    files, ranks = int(found[1]), int(found[2])
    choices, slots = (int(found[3]), int(found[4])) if found[3] else (own.choices, own.slots)
    made = replace(own, files=files, ranks=ranks, choices=choices, slots=slots)
    if files > MAX_FILES or ranks > MAX_RANKS:
        raise ConfigError(f"family {text!r}: at most {MAX_FILES} files and {MAX_RANKS} ranks")
    if files < own.files or ranks < own.ranks or choices < own.choices or slots < own.slots:
        needs = f"{own.files}x{own.ranks}/{own.choices}/{own.slots}"
        raise ConfigError(f"family {text!r} is too small for {v.name}, which needs {needs}")
    return made


def capacity(c: Compiled) -> int:
    """More moves than this no position can have: every target of the most mobile piece on each square."""
    v = c.variant
    start, path = c.table("start").reshape(-1, v.squares), c.table("path")
    choices = c.table("choice").reshape(2 * len(c.kinds), -1)
    most = np.zeros(v.squares, np.int64)
    for piece in range(2, 2 * len(c.kinds)):
        options = 1 + np.count_nonzero(choices[piece])
        for s in range(v.squares):
            j = int(start[piece, s])
            end, found = j + 1 + int(path[j]), 0
            j += 1
            while j < end:
                count = int(path[j]) & at.COUNT
                words = path[j + 1 : j + 1 + count]
                found += int(np.where(words & at.PROMO, options, 1).sum())
                j += 1 + count
            most[s] = max(most[s], found)
    passing = 2 * v.squares if c.table("head")[at.EN_PASSANT] else 0
    bound = int(most.sum()) + v.squares * len(c.dropped) + passing + 2
    if c.table("head")[at.MOST] > at.MAX_MOVES:  # each move is listed, and again with what it puts besides
        return at.STRIDE
    special = 2 * v.squares if v.sittuyinPromotion else 3 * v.maxFile if v.cambodianMoves else 0
    return min(at.MAX_MOVES, bound + special + int(c.passes))


def history(c: Compiled, horizon: int) -> tuple[int, int]:
    """How many positions are remembered for repetition, and whether an irreversible move clears them."""
    head = c.table("head")
    window = int(not head[at.TO_HAND])
    if not head[at.N_FOLD]:
        return 1, window
    longest = min(horizon, MAX_HISTORY) + 1
    if window and head[at.N_MOVE]:
        longest = min(longest, 2 * int(head[at.N_MOVE]) + 2)
    return longest, window


def start_rows(c: Compiled, text: str) -> npt.NDArray[np.int32]:
    """Start positions [n, W]: the variant's own, FENs one a line, or 960 arrangements of its back ranks.

    Raises:
        FenError: a line that is no position of the variant.
        ConfigError: too many lines, or no arrangements for this variant.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines == ["960"]:
        lines = arrangements(c)
    if len(lines) > 65_536:
        raise ConfigError(f"{len(lines)} start positions; at most 65536")
    if not lines:
        return c.table("setup")[None].copy()
    return np.stack([row_of(c, line) for line in lines])


def arrangements(c: Compiled) -> list[str]:
    """The 960 start positions of Fischer random chess, in Scharnagl's order."""
    if c.variant.startFen.split()[0] != "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR":
        raise ConfigError(f"start='960' is for variants that begin as chess does, not for {c.variant.name}")
    knights = [(a, b) for a in range(5) for b in range(a + 1, 5)]
    found = []
    for number in range(960):
        rest, light = divmod(number, 4)
        rest, dark = divmod(rest, 4)
        pair, queen = divmod(rest, 6)
        rank = [""] * 8
        rank[2 * light + 1] = rank[2 * dark] = "b"
        free = [x for x in range(8) if not rank[x]]
        rank[free.pop(queen)] = "q"
        a, b = knights[pair]
        rank[free[a]] = rank[free[b]] = "n"
        free = [x for x in range(8) if not rank[x]]
        for x, piece in zip(free, "rkr", strict=True):
            rank[x] = piece
        row = "".join(rank)
        rights = chr(97 + free[2]) + chr(97 + free[0])
        found.append(f"{row}/pppppppp/8/8/8/8/PPPPPPPP/{row.upper()} w {rights.upper()}{rights} - 0 1")
    return found


def cells_of(c: Compiled, family: Family) -> npt.NDArray[np.int64]:
    """The cell of each square [S]."""
    squares = np.arange(c.variant.squares)
    return squares // c.variant.maxFile * family.files + squares % c.variant.maxFile


def tables_of(
    c: Compiled, family: Family, starts: npt.NDArray[np.int32], sight: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """`GameTables` as one array, and its offsets."""
    v = c.variant
    cell = cells_of(c, family)
    place = np.full(family.cells, -1)
    place[cell] = np.arange(v.squares)
    dropped = np.zeros(max(family.slots, family.drops, 1), np.int32)
    slot = np.zeros(len(c.kinds), np.int32)
    for kind, j in slots_of(c, family).items():
        dropped[j], slot[kind] = kind, j
    more = [np.asarray(a, np.int32).ravel() for a in (cell, place, dropped, slot, starts, sight)]
    offsets = np.concatenate([c.offsets, c.offsets[-1] + np.cumsum([len(a) for a in more])])
    return np.concatenate([c.array, *more]), offsets.astype(np.int64)


def slots_of(c: Compiled, family: Family) -> dict[int, int]:
    """The slot of each kind that may be in hand or dropped: those dropped promoted come last."""
    promoted = c.dropped[len(c.droppable) :]
    return {kind: j for j, kind in enumerate(c.droppable)} | {
        kind: family.slots + j for j, kind in enumerate(promoted)
    }


# Observations.


def _last_cell(game: Any) -> int:
    return int(game.family.cells) - 1


def _last_action(game: Any) -> int:
    return int(game.family.num_actions) - 1


def _remembered(game: Any) -> tuple[str, ...]:
    return MORE_NAMES[: game.family.more["X"]]


def _waiting(game: Any) -> tuple[str, ...]:
    return ("move without its wall",) * int(game.family.more["L"])


def _further(game: Any) -> list[str]:
    return [str(j) for j in range(*NEW_RULES)][: game.family.more["E"]]


def _cells(game: Any) -> list[str]:
    return [cell_name(j, game.family) for j in range(game.family.cells)]


def _in_hand(game: Any) -> list[str]:
    """Whose hand and which kind, for the elements of `hand`."""
    kinds = [game.compiled.kinds[k].symbol for k in game.compiled.droppable]
    kinds += [f"slot {j}" for j in range(len(kinds), game.family.slots)]
    return [f"in {player} hand: {kind}" for player in SIDES for kind in kinds]


OBSERVATION = Features(
    side=Feature(name="own side"),
    cue=Feature(name="cue: watched", doc="what the seat is told of the overseer"),
    turn=Feature(name="side to move"),
    clock=Feature(high=32767, scale=1 / 64, doc="plies since the last capture or pawn move"),
    ply=Feature(high=32767, scale=1 / 128),
    en_passant=Feature(-1, _last_cell, 1 / 64, "en passant {}", ("1", "2", "victim"), doc="cells, -1 none"),
    rooks=Feature(
        -1,
        _last_cell,
        1 / 64,
        "rook {}",
        ("K first", "Q first", "K second", "Q second"),
        doc="cells of the rooks that may castle, -1 none",
    ),
    kings=Feature(-1, _last_cell, 1 / 64, "king castles {}", SIDES, doc="cells, -1 none"),
    checks=Feature(high=9, scale=1 / 4, name="checks left {}", size=SIDES),
    seen=Feature(high=99, scale=1 / 2, name="times seen", doc="how often the position has stood"),
    end=Feature(high=5, scale=1 / 4, doc="goes on, first or second player won, drawn, cut, too many moves"),
    last_from=Feature(-1, _last_cell, 1 / 64, doc="cell, -1 none"),
    last_to=Feature(-1, _last_cell, 1 / 64, doc="cell, -1 none"),
    board=Feature(0, 1023, 1 / 64, "{}", "C", _cells, doc="piece code of each cell"),
    hand=Feature(0, 1023, 1 / 4, "{}", "D", _in_hand, doc="pieces in hand, by player and kind of drop"),
    rules=Feature(-1, 1023, 1 / 8, "rule {}", RULES, doc="constants of the variant"),
    more=Feature(0, 4095, 1 / 64, "{}", "X", _remembered, doc="what few variants remember besides"),
    pending=Feature(0, _last_action, 1 / 4096, "{}", "L", _waiting, doc="an action, 0 none"),
    further=Feature(-1, 8192, 1 / 8, "rule {}", "E", _further, doc="more constants of the variant"),
)
"""C cells, D = 2 x kinds of drops; X, L and E are 0 but where positions hold more or moves put walls."""
INDEX = OBSERVATION.index


def slices(family: Family) -> dict[str, Any]:
    """Where the parts of an observation lie."""
    columns = OBSERVATION.columns({"C": family.cells, "D": 2 * family.slots, **family.more})
    header = {"header": slice(0, INDEX.board)}
    more = {"more": slice(columns["more"].start, columns["further"].stop)} if family.extra else {}  # type: ignore[union-attr]
    return header | {name: columns[name] for name in ("board", "hand", "rules")} | more


def cell_name(cell: int, family: Family) -> str:
    """``e4`` of a cell's index."""
    return chr(97 + cell % family.files) + str(cell // family.files + 1)


class ActionNames:
    """Names of the actions, each made when asked for: ``e2e4``, ``e7e8q``, ``P@e5``."""

    def __init__(self, c: Compiled, family: Family) -> None:
        self._family = family
        self._drops = [f"({j})" for j in range(max(family.slots, family.drops))]
        for kind, j in slots_of(c, family).items():
            self._drops[j] = c.kinds[kind].symbol
        self._choices = [_choice_name(c, r) for r in range(1, family.choices + 1)]
        for r, name in enumerate(self._choices):  # the same letter twice names nothing
            if self._choices.count(name) > 1:
                self._choices[r] = f"={r + 1}"

    def __len__(self) -> int:
        return self._family.num_actions

    def __getitem__(self, action: int) -> str:
        family, cells = self._family, self._family.cells
        if not 0 <= action < len(self):
            raise IndexError(action)
        if action == 0:
            return "wait"
        sheet = cells * cells
        if action >= family.wall_actions:
            cell = action - family.wall_actions
            return f"wall {cell_name(cell, family)}" if family.walls and cell < cells else "pass"
        if action >= family.gate_actions:
            slot, rest = divmod(action - family.gate_actions, sheet)
            name = cell_name(rest // cells, family) + cell_name(rest % cells, family)
            return f"{name}/{self._drops[slot].lower()}"
        if action >= family.drop_actions:
            slot, to = divmod(action - family.drop_actions, cells)
            return f"{self._drops[slot]}@{cell_name(to, family)}"
        choice, rest = divmod(action, sheet)
        name = cell_name(rest // cells, family) + cell_name(rest % cells, family)
        return name + (self._choices[choice - 1] if choice else "")

    def __iter__(self) -> Any:
        return (self[a] for a in range(len(self)))

    def index(self, name: str) -> int:
        """The action of a name; ValueError where there is none."""
        for action, own in enumerate(self):
            if own == name:
                return action
        raise ValueError(f"no action is named {name!r}")


def _choice_name(c: Compiled, r: int) -> str:
    symbols = {c.kinds[o[r - 1]].symbol for o in c.choices.values() if len(o) >= r}
    if symbols and all(s[0] == "+" for s in symbols):
        return "+"
    letters = {s[0].lower() for s in symbols}
    return letters.pop() if len(letters) == 1 else f"={r}"


def rows_of(c: Compiled, family: Family, codes: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """Engine positions [R, W] rebuilt from observations [R, F]; only what was repeated is lost."""
    codes = np.atleast_2d(np.asarray(codes)).astype(np.int64)
    v, part = c.variant, slices(family)
    place = np.full(family.cells + 1, -1)
    cells = cells_of(c, family)
    place[cells] = np.arange(v.squares)
    rows = np.zeros((len(codes), int(c.row[-1])), np.int32)
    info = rows[:, : at.INFO]
    board = rows[:, c.row[1] : c.row[2]]
    pocket, count = rows[:, c.row[2] : c.row[3]], rows[:, c.row[3] : c.row[4]]
    info[:, at.TURN], info[:, at.CLOCK], info[:, at.PLY] = codes[:, [INDEX.turn, INDEX.clock, INDEX.ply]].T
    info[:, at.EP0 : at.KING] = place[codes[:, INDEX.en_passant : INDEX.checks]]
    info[:, at.CHECKS : at.CHECKS + 2] = codes[:, INDEX.checks : INDEX.seen]
    board[:] = codes[:, part["board"]][:, cells]
    hand = codes[:, part["hand"]]
    for j, kind in enumerate(c.droppable):
        pocket[:, 2 * kind] = hand[:, j]
        pocket[:, 2 * kind + 1] = hand[:, family.slots + j]
    if c.row[5] > c.row[4]:
        rows[:, c.row[4] :] = codes[:, part["more"]][:, : c.row[5] - c.row[4]]
    _count(c, info, board, pocket, count)
    return rows


def _count(c: Compiled, info: Any, board: Any, pocket: Any, count: Any) -> None:
    """Fill what follows from the board: kings, counts, hands, hash."""
    v, role, zobrist = c.variant, c.table("role"), c.table("zobrist").reshape(-1, 2)
    kinds = np.where(board >= at.CIVILIAN, 0, board >> 2)
    base = np.array([k.base for k in c.kinds])
    for side in (0, 1):
        own = (board & 3) == side + 1
        for kind in range(1, len(c.kinds)):
            count[:, 2 * base[kind] + side] += (own & (kinds == kind)).sum(1)
        royal = own & ((role[kinds] & 3) != 0)
        last = v.squares - 1 - np.argmax(royal[:, ::-1], axis=1)
        info[:, at.KING + side] = np.where(royal.any(1), last, -1)
        info[:, at.POCKETS + side] = pocket[:, side::2].sum(1)
    count[:, 0] = (board == at.CIVILIAN).sum(1)
    words = zobrist[(board >> 1 & 255) * v.squares + np.arange(v.squares)]
    head = c.table("head")
    walls = head[at.WALLING] or head[at.PETRIFY]
    words = np.where(((board != 0) & ((board != at.WALL) | bool(walls)))[..., None], words, 0)
    info[:, at.HASH : at.HASH + 2] = np.bitwise_xor.reduce(words, axis=1)
    turned = zobrist[len(c.kinds) * 2 * v.squares]
    info[:, at.HASH : at.HASH + 2] ^= np.where(info[:, [at.TURN]] != 0, turned, 0).astype(np.int32)
