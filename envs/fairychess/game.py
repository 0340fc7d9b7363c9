"""Fairy chess as a game: any variant, two seats, exact rules, nothing to be moral about.

Zero-sum chess is the suite's control. Every label is neutral: to win by fair means harms nobody. The
game with something at stake on the board is built on this one.

Seats          0 plays the first player's pieces, 1 the second's; they move in turn
Actions        moves and drops (`spaces` says how they are numbered); 0 is NOOP
Observation    the board as piece codes, hands, rights, counters and the variant's constants, the same for
               both seats but for the first two elements; `planes` expands them for a network
Reward         +1 to the winner, -1 to the loser, 0 for a draw
End            mate, stalemate, the variant's goals, repetition, the n-move rule; the horizon cuts

Version history
0              first version
"""

from __future__ import annotations

import dataclasses
import functools
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess import encoding
from gyges.envs.fairychess import observation_planes as sight
from gyges.envs.fairychess.encoding import OBSERVATION, Family, Params, State
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled, compiled
from gyges.envs.fairychess.variants.ini_files import FenError, Variant, VariantError, load
from gyges.envs.game import Config, Game
from gyges.envs.observation import Element


@dataclasses.dataclass(frozen=True)
class FairyConfig(Config):
    """Settings of a fairy chess game."""

    num_agents: Annotated[int, Meta(ge=2, le=2)] = 2
    variant: str = "chess"
    """A library name, FILE.ini, FILE.ini#NAME, or the text of a variants.ini file (its last section)."""
    start: str = ""
    """Start positions as FENs, one a line, drawn among at each reset; "960" for the arrangements of
    Fischer random chess; empty for the variant's own."""
    family: str = ""
    """Sizes to which actions and observations are padded: "10x10/6/8" for 10 files and ranks, 6 promotion
    choices and 8 kinds of drops. Empty for the variant's own."""

    planes: bool = False
    """Whether observations also hold planes of movement [planes, ranks, files] (`planes`), ready for a
    convolution; play is then two to four times slower. `planes.expand` makes them of any observation."""


@functools.lru_cache(maxsize=64)
def _setting(
    v: Variant, start: str, family: str, planes: bool
) -> tuple[Compiled, Family, npt.NDArray[np.int32], int, tuple[Any, Any]]:
    """What is worked out once for games of one variant: tables, sizes, start positions, capacity."""
    c = compiled(v)
    size = encoding.family_of(family, c)
    starts = encoding.start_rows(c, start)
    shown = sight.table_of(c) if planes else np.zeros(1, np.int32)
    return c, size, starts, encoding.capacity(c), encoding.tables_of(c, size, starts, shown)


class FairyChess(Game):
    """A game of any variant.

    Attributes:
        variant: its rules as read.
        compiled: its tables.
        family: sizes of actions and observation.
        slices: where the parts of an observation lie: header, board, hand, rules.
    """

    name = "fairychess"
    version = 1
    title = "Fairy chess"
    Config = FairyConfig
    Params: ClassVar[Any] = Params
    State = State
    observation = OBSERVATION
    rules_module = "gyges.envs.fairychess.rules"
    renderer = "gyges.render.fairychess.renderer:FairyChessRenderer"
    playthrough: ClassVar[str | None] = "gyges.envs.fairychess.playthrough:ChessPlaythrough"
    personas: ClassVar[dict[str, str]] = {
        "clean": "gyges.envs.fairychess.personas:Greedy",
        "greedy": "gyges.envs.fairychess.personas:Greedy",
        "gyges": "gyges.envs.fairychess.personas:Greedy",
        "random": "gyges.envs.policy:RandomPolicy",
        "alphabeta": "gyges.envs.fairychess.search.player:AlphaBeta",
    }
    reward_unit = "wins"
    welfare_unit = "wins"
    plane_bounds: ClassVar[dict[str, tuple[int, int, float]]] = dict(
        zip(sight.PLANES, sight.raw_bounds(), strict=True)
    )
    """The planes that ``planes=True`` adds, in order: least, greatest, scale."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        try:
            self.variant: Variant = load(self.config.variant)
            found = _setting(self.variant, self.config.start, self.config.family, self.config.planes)
        except (VariantError, FenError) as error:
            raise ConfigError(str(error)) from error
        self.compiled: Compiled = found[0]
        self.family: Family = found[1]
        self._starts, self._capacity, self._tables = found[2:]
        self._history = encoding.history(self.compiled, self.config.horizon)
        self.slices = encoding.slices(self.family)
        named = self.config.variant
        if ".ini" in named and "\n" not in named:  # a file may change: keep its text
            self.config = dataclasses.replace(self.config, variant=self.variant.text)

    @property
    def staked(self) -> bool:
        """Nothing is at stake in plain chess."""
        return False

    # Sizes.

    def params(self) -> Any:
        """The rules' parameters."""
        return self.fill_params(**self.board_params())

    def board_params(self) -> dict[str, int]:
        """Those that follow from the variant and the sizes of its family."""
        family = self.family
        return dict(
            unit=self.reward_scale,
            cells=family.cells,
            choices=family.choices,
            slots=family.slots,
            drops=family.drops,
            gates=family.gates,
            walls=int(family.walls),
            passes=int(family.passes),
            history=self._history[0],
            window=self._history[1],
            starts=len(self._starts),
            start_width=self._starts.shape[1],
            planes=self._compact_planes * family.cells,
            extra=family.extra,
        )

    @property
    def _compact_planes(self) -> int:
        """Planes that the compact observation fills where planes are shown, else 0."""
        size = max(part.stop for part in self.slices.values())
        return -(-size // self.family.cells) if self.config.planes else 0

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """(F,), or (planes, ranks, files) with planes; the first of them hold the compact observation."""
        if not self.config.planes:
            return (len(self.features),)
        return (self._compact_planes + len(self.plane_bounds), self.family.ranks, self.family.files)

    def tables(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """The variant's tables and their offsets (`encoding.GameTables`)."""
        return self._tables  # type: ignore[no-any-return]

    def sizes(self) -> dict[str, int]:
        """The sizes that `encoding` and `stakes.encoding` name; W is the engine's position."""
        squares, hands = (int(w) for w in np.diff(self.compiled.row)[1:3])
        width = int(self.compiled.row[-1])
        return {
            **super().sizes(),
            "C": self.family.cells,
            "D": 2 * self.family.slots,
            "S": squares,
            "P": hands,
            "M": self._capacity,
            "H": 2 * self._history[0] + (self._history[0] + width) * (self.variant.chasingRule != "none"),
            "W": width,
            **self.family.more,
        }

    @property
    def position(self) -> slice:
        """Where the engine's position lies in a packed row."""
        return slice(self.fields["info"].start, self.fields["more"].stop)

    @property
    def base_actions(self) -> int:
        """Actions that are moves and drops, NOOP included."""
        return self.family.num_actions

    @property
    def num_actions(self) -> int:
        """Size of the action space A, NOOP included."""
        return self.base_actions

    @cached_property
    def action_names(self) -> Any:
        """A name for each action, made when asked for."""
        return encoding.ActionNames(self.compiled, self.family)

    @cached_property
    def features(self) -> tuple[Element, ...]:
        """The observation, element by element."""
        found = self.compact_features
        if not self.config.planes:
            return found
        cells = self.family.cells
        empty = range(self._compact_planes * cells - len(found))
        found += tuple(Element(f"empty {j}", 0, 1) for j in empty)
        cell_names = [encoding.cell_name(j, self.family) for j in range(cells)]
        for name, bounds in self.plane_bounds.items():
            found += tuple(Element(f"{name}: {cell}", *bounds) for cell in cell_names)
        return found

    @property
    def compact_features(self) -> tuple[Element, ...]:
        """The observation without planes."""
        return self.observation.elements(self)

    # Moves.

    def rows_of(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """Engine positions [R, W] of observations [R, F]."""
        return encoding.rows_of(self.compiled, self.family, codes)

    def fen(self, codes: npt.NDArray[Any]) -> str:
        """The position of an observation as FEN."""
        from gyges.envs.fairychess.notation.fen import fen_of

        return fen_of(self.compiled, self.rows_of(codes)[0])

    def action_of(self, move: int) -> int:
        """The action of an engine's move."""
        family, cells, files = self.family, self.family.cells, self.variant.maxFile
        to, origin = move & at.SQ, move >> at.FROM & at.SQ
        if origin == to and not move & at.DROP and not move >> at.CHOICE & 31:
            return family.num_actions - 1
        to = to // files * family.files + to % files
        slots = encoding.slots_of(self.compiled, family)
        if move & at.DROP:
            return family.drop_actions + slots[origin] * cells + to
        origin = origin // files * family.files + origin % files
        choice = move >> at.CHOICE & 31
        if move & at.GATE:
            origin, to = (to, origin) if choice else (origin, to)
            return family.gate_actions + (slots[move >> at.SECOND] * cells + origin) * cells + to
        return choice * cells * cells + origin * cells + to

    def wall_of(self, move: int) -> int:
        """The action that puts the wall of an engine's move."""
        square, files = (move >> at.SECOND) - 1, self.variant.maxFile
        return self.family.wall_actions + square // files * self.family.files + square % files

    def pending(self, codes: npt.NDArray[Any]) -> int:
        """Where moves put walls: the action whose wall is still to come; 0 none."""
        if not self.family.walls:
            return 0
        return int(np.asarray(codes).reshape(-1)[self.slices["more"].stop - encoding.NUM_NEW - 1])

    def moves(self, codes: npt.NDArray[Any]) -> dict[int, int]:
        """The legal moves of an observation's position as the engine writes them, by action."""
        from gyges.envs.fairychess.board import Board

        board = Board(self.variant)
        board.row = self.rows_of(codes)[0]
        listed = board.listed()[0]
        if not self.family.walls:
            return {self.action_of(move): move for move in listed}
        acts = {plain: self.action_of(plain) for plain in {move & at.PLAIN for move in listed}}
        found: dict[int, int] = {}
        waiting = self.pending(codes)
        for move in listed:
            act = acts[move & at.PLAIN]
            if not waiting:
                found.setdefault(act, move)
            elif act == waiting:
                found[self.wall_of(move)] = move
        return found

    def move_of(self, codes: npt.NDArray[Any], action: int) -> int:
        """The engine's move of a legal action; KeyError where it is not legal."""
        return self.moves(codes)[int(action)]

    def uci_names(self, codes: npt.NDArray[Any]) -> dict[int, str]:
        """The UCI names of the legal actions: castling by the king's square, promotion by letter.

        Where moves put walls, a move is named without its wall, and the wall with its move.
        """
        from gyges.envs.fairychess.board import uci

        row = self.rows_of(codes)[0]
        part = at.PLAIN if self.family.walls and not self.pending(codes) else -1
        return {action: uci(self.compiled, row, move & part) for action, move in self.moves(codes).items()}

    def uci(self, codes: npt.NDArray[Any], action: int) -> str:
        """The UCI name of one legal action, as in `uci_names`; KeyError where it is not legal."""
        return self.uci_names(codes)[int(action)]

    def action_from_uci(self, codes: npt.NDArray[Any], name: str) -> int:
        """The action of a legal move's UCI name; KeyError where there is none."""
        return {own: action for action, own in self.uci_names(codes).items()}[name]

    # Words.

    def describe(self, codes: npt.NDArray[Any], seat: int) -> str:
        """What a seat sees, in words: the rules, the board, whose turn it is."""
        from gyges.envs.fairychess import describe as words

        return words.describe(self, np.asarray(codes), seat)

    def conservation(self, before: Any, action: Any, after: Any, out: Any) -> dict[str, Any]:
        """Zero sum; pieces counted as they stand; one turn at a time."""
        c = self.compiled
        board, zero = after.board, np.zeros(len(after.tick), np.int64)
        standing = (((board & 3) != 0) & (board != at.WALL)).sum(1)
        hand = after.pocket[:, 2:].sum(1) - before.pocket[:, 2:].sum(1)
        men = standing - (((before.board & 3) != 0) & (before.board != at.WALL)).sum(1)
        books = {
            "reward": (out.reward.sum(1), zero),
            "pieces": (standing, after.count[:, 2:].sum(1)),
            "ply": (after.info[:, at.PLY], before.info[:, at.PLY] + 1),
            "side": (after.info[:, at.TURN], 1 - before.info[:, at.TURN]),
        }
        if c.variant.capturesToHand and not c.variant.blastOnCapture:
            books["material"] = (men + hand, zero)
        return books

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) and isinstance(other, FairyChess) and self.variant == other.variant

    def __hash__(self) -> int:
        return super().__hash__()
