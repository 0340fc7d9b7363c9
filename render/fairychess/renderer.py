"""Chess of any variant as a board, its players, and one side's choice. docs/replays.md tells the signs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pygame

from gyges.envs.choice_point import ChoicePoint
from gyges.envs.fairychess import encoding
from gyges.envs.fairychess.board import Board as Position
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.stakes.encoding import WHY
from gyges.envs.policy import Observation
from gyges.render.board.board import Board, View, eye
from gyges.render.board.options import Spot
from gyges.render.fairychess import empty_board
from gyges.render.fairychess.action_names import Act, act_of, acts_of, spoken
from gyges.render.fairychess.diagrams import attacked_royals
from gyges.render.fairychess.empty_board import Grid
from gyges.render.fairychess.option_panel import paint_choices
from gyges.render.fairychess.person import MoveChooser
from gyges.render.fairychess.piece_card import paint_card, paint_rules
from gyges.render.fairychess.pieces import looks, sprite
from gyges.render.fairychess.position import (
    CAPTURE,
    DROP,
    MOVE,
    Arrow,
    Held,
    Marks,
    Region,
    Sight,
    Target,
    paint_plate,
    paint_position,
)
from gyges.render.fairychess.stakes import Stakes, paint_deed, paint_holdings
from gyges.render.kit import draw
from gyges.render.kit.theme import DAY, NIGHT, Theme, mix

NAMES = ("First player", "Second player")
HEAD = 58
SLIDE = 9
"""Pictures of a move under way in the window."""


ACCENTS = tuple(
    colour
    for theme, ink in ((DAY, empty_board.DAY), (NIGHT, empty_board.NIGHT))
    for colour in (theme.sky, ink.treaty, ink.check, ink.light, ink.dark, mix(ink.light, ink.last, 0.59),
                   mix(ink.dark, ink.last, 0.59), mix(ink.light, ink.treaty, 0.18),
                   mix(ink.dark, ink.treaty, 0.18))
)  # fmt: skip
"""Colours that a GIF keeps."""


class Pointing(NamedTuple):
    """What a person points at or holds.

    Attributes:
        square: a square, None for none.
        kind: a kind in hand, 0 for none.
        held: where the mouse holds the piece of `square` (or of `kind`), None while it lies.
        popup: actions to choose among: promotions of one move.
        slide: (from, to, share): the piece on `to` is still on its way, share 0 to 1.
        picked: it was picked, not only passed over.
    """

    square: int | None = None
    kind: int = 0
    held: tuple[int, int] | None = None
    popup: tuple[int, ...] = ()
    slide: tuple[int, int, float] | None = None
    picked: bool = False


class Shown(NamedTuple):
    """A row of a batch as the picture needs it."""

    row: npt.NDArray[np.int32]  # the engine's
    header: dict[str, int]
    sight: Sight
    mover: int  # who acts: whose move it is, or who must answer
    stakes: Stakes | None
    acts: dict[int, Act]  # legal actions of the mover, where the view may know them


class FairyChessRenderer(Board):
    """Renderer of `gyges.envs.fairychess`.

    Attributes:
        grid: where the squares lay on the last frame.
        hands: where pieces in hand lay on it.
        popups: where the promotions to choose among lay on it.
    """

    follows = turns_round = True
    accents = ACCENTS
    digits = 2
    panel_share = 0.30

    def __init__(self, game: Any, size: tuple[int, int] = (1280, 800)) -> None:
        super().__init__(game, size)
        self.position = Position(game.variant)
        c = game.config
        self.staked = "stakes" in game.slices and bool(c.civilians or c.treaties or c.tampering or c.orders)
        self.plate = 44 if game.compiled.droppable else 34
        room = self.scene.height - HEAD - 2 * self.plate - 28
        v = game.variant
        ideal = round(room / (v.maxRank + 0.55) * (v.maxFile + 0.9)) + 12
        most = 240 if self.scene.width >= 760 else 150
        column = min(most, max(0, self.scene.width - ideal - 24))
        if "stakes" in game.slices or column >= 110:
            column = max(column, 150)
        else:
            column = 0
        self.column = pygame.Rect(self.scene.right - column, HEAD, column, self.scene.height - HEAD - 10)
        left = self.scene.width - column
        self.area = pygame.Rect(8, HEAD + self.plate + 10, left - 16, room)
        self.grids = tuple(Grid(v, self.area, flip) for flip in (False, True))
        self.grid = self.grids[0]
        self.hands: list[Held] = []
        self.popups: list[Spot] = []
        self.plates = [pygame.Rect(0, 0, 1, 1), pygame.Rect(0, 0, 1, 1)]

    # What is shown.

    def seat_name(self, seat: int) -> str:
        """Whose pieces."""
        return NAMES[seat]

    def theme(self, batch: Any, row: int, view: View) -> Theme:
        """Night where something is at stake and the decision goes unwatched."""
        return super().theme(batch, row, view) if self.staked else DAY

    def words(self, batch: Any, row: int, view: View) -> str:
        """The board says it."""
        return ""

    def option_name(self, batch: Any, row: int, view: View, action: int) -> str:
        """Moves as chess players write them."""
        return spoken(self.game, self.game.rows_of(batch.codes[row, view.seat])[0], action)

    def shown(self, batch: Any, row: int, view: View) -> Shown:
        """Read what the shown seat observes; nothing else is painted of the position."""
        codes, c = batch.codes[row, view.seat], self.game.compiled
        engine = self.game.rows_of(codes)[0]
        header = dict(zip(encoding.HEADER, (int(v) for v in codes[: encoding.BOARD]), strict=True))
        turn, over = header["side to move"], bool(header["end"])
        stakes = Stakes(self.game, codes, turn, view.seat) if self.staked else None
        mover = turn if stakes is None else stakes.actor
        self.position.row = engine
        check = () if over else attacked_royals(self.position) if self.position.in_check else ()
        wide, files = c.variant.maxFile, self.game.family.files
        last = tuple(
            cell // files * wide + cell % files
            for cell in (header["last from"], header["last to"])
            if cell >= 0
        )
        checks = (header["checks left first"], header["checks left second"])
        sight = Sight(
            engine[c.row[1] : c.row[2]],
            engine[c.row[2] : c.row[3]],
            -1 if over else mover,
            checks if c.variant.checkCounting else None,
            last,
            check,
        )
        known = not over and (view.truth or view.seat == mover)
        legal = batch.legal(row, mover) if known and batch.state.to_move[row, mover] else ()
        return Shown(engine, header, sight, mover, stakes, acts_of(self.game, engine, legal))

    # The scene.

    def paint_scene(self, surface: pygame.Surface, theme: Theme, batch: Any, row: int, view: View) -> None:
        """Paint head, players, board and what is pointed at."""
        surface.fill(theme.sky, self.scene)
        self.grid = self.grids[int(view.flip)]
        shown = self.shown(batch, row, view)
        self._head(surface, theme, batch, row, view, shown)
        self._plates(surface, theme, batch, row, view, shown)
        marks = self._marks(theme, batch, row, view, shown)
        paint_position(surface, self.grid, self.game.compiled, theme, shown.sight, marks)
        self._in_hand(surface, view, shown)
        self._deed(surface, theme, batch, row, view, shown)
        self._popup(surface, theme, view, shown)
        if self.column.width:
            self._column(surface, theme, batch, row, view, shown)

    def _head(
        self, surface: pygame.Surface, theme: Theme, batch: Any, row: int, view: View, shown: Shown
    ) -> None:
        v, header = self.game.variant, shown.header
        draw.write(surface, (18, 10), v.name, 24, theme.ink, bold=True, width=self.scene.width - 180)
        words = f"Move {header['ply'] // 2 + 1}"
        if header["end"]:
            words = self.ending(batch, row, view, header)
        else:
            answers = shown.mover != header["side to move"]
            words += f" · {NAMES[shown.mover].lower()} to {'answer' if answers else 'move'}"
            if shown.sight.check:
                words += " · check"
            if header["times seen"] > 1:
                words += f" · position seen {header['times seen']} times"
        bold = bool(header["end"])
        draw.write(surface, (18, 38), words, 14, theme.ink if bold else theme.soft, bold=bold,
                   width=self.scene.width - 180)  # fmt: skip
        if self.staked:
            watched = self.told(batch, row, view)
            right = self.scene.right - 16
            draw.stamp(surface, eye(34, watched, theme), (right - 34, 10))
            word = "watched" if watched else "unwatched"
            draw.write(surface, (right, 36), word, 13, theme.ink, bold=True, anchor="topright")

    def ending(self, batch: Any, row: int, view: View, header: dict[str, int]) -> str:
        """How the game ended."""
        words = encoding.ENDS[header["end"]]
        why = int(batch.state.why[row, 0]) if view.truth else 0
        reason = WHY[why] if why < len(WHY) else ""
        words = words[0].upper() + words[1:]
        return f"{words}: {reason}" if reason and reason != words else words

    def _plates(
        self, surface: pygame.Surface, theme: Theme, batch: Any, row: int, view: View, shown: Shown
    ) -> None:
        wide = self.scene.width - self.column.width - 16
        grid = self.grid
        wide = min(wide, max(grid.rect.width + 2 * grid.margin, 420))
        left = grid.rect.centerx - wide // 2
        left = min(max(left, 8), self.scene.width - self.column.width - wide - 8)
        upper = pygame.Rect(left, HEAD + 4, wide, self.plate)
        lower = pygame.Rect(left, self.scene.bottom - self.plate - 6, wide, self.plate)
        chosen = view.pointing.kind if isinstance(view.pointing, Pointing) else 0
        self.hands = []
        for side in (0, 1):
            rect = lower if (side == 0) != view.flip else upper
            name = f"{NAMES[side]} · {view.names[side]}" if view.names else NAMES[side]
            picked = chosen if side == shown.mover else 0
            self.hands += paint_plate(
                surface, rect, self.game.compiled, theme, shown.sight, side, name, view.flip, picked or None
            )
            self.plates[side] = rect
            if shown.stakes is not None and view.truth:
                tampering = bool(self.game.config.tampering)
                paint_holdings(surface, rect, theme, batch, row, side, tampering)

    def _marks(self, theme: Theme, batch: Any, row: int, view: View, shown: Shown) -> Marks:
        pointing = view.pointing if isinstance(view.pointing, Pointing) else Pointing()
        held = None
        if pointing.held is not None and pointing.square is not None:
            held = (pointing.square, pointing.held, 70)
        if pointing.slide is not None:
            held = self._slid(pointing.slide)
        chosen = pointing.square
        regions, people = (
            ((), True) if shown.stakes is None else (shown.stakes.regions(), shown.stakes.people)
        )
        offer = self._offer(view, shown)
        regions = (*regions, offer) if offer is not None else regions
        arrow = self._arrow(theme, batch, row, view, shown)
        return Marks(chosen, self.targets(shown, pointing), arrow, regions, people, held)

    def _deed(
        self, surface: pygame.Surface, theme: Theme, batch: Any, row: int, view: View, shown: Shown
    ) -> None:
        """What is about to be done that is no move."""
        if view.actions is None or not (view.truth or view.seat == shown.mover):
            return
        action = int(view.actions[shown.mover])
        if action not in shown.acts or shown.acts[action].moves:
            return
        label = None
        if view.judged:
            choice = batch.choice_point(row, shown.mover)
            label = int(choice.label[choice.of(action)])
        above = (shown.mover == 1) != view.flip
        paint_deed(surface, self.plates[shown.mover], theme, self.game.action_names[action], label, above)

    def targets(self, shown: Shown, pointing: Pointing) -> tuple[Target, ...]:
        """Where the piece pointed at may go."""
        found: dict[int, Target] = {}
        for act in shown.acts.values():
            lifted = act.origin is not None and act.origin == pointing.square
            if not lifted and not (act.kind and act.kind == pointing.kind):
                continue
            before = found.get(act.to)
            kind = DROP if act.kind else CAPTURE if act.captures else MOVE
            found[act.to] = Target(act.to, kind, bool(act.becomes) or bool(before and before.promotes))
        return tuple(found.values())

    def _offer(self, view: View, shown: Shown) -> Region | None:
        """The region of a treaty about to be offered, or pointed at."""
        action = view.hover
        if view.actions is not None and (view.truth or view.seat == shown.mover):
            action = int(view.actions[shown.mover])
        if action is None or shown.stakes is None or action not in shown.acts:
            return None
        return shown.stakes.deed(action)[1]

    def _arrow(self, theme: Theme, batch: Any, row: int, view: View, shown: Shown) -> Arrow | None:
        action = view.hover
        if view.actions is not None and (view.truth or view.seat == shown.mover):
            action = int(view.actions[shown.mover])
        if action is None or action not in shown.acts:
            return None
        act = shown.acts[action]
        origin, to = act.origin, act.to
        if not act.moves:
            removed = shown.stakes.deed(action)[0] if shown.stakes is not None else None
            if removed is None:
                return None
            origin, to = None, removed
        label = 0
        if view.judged and view.actions is not None:
            choice = batch.choice_point(row, shown.mover)
            label = int(choice.label[choice.of(action)])
        colour = theme.label(label) if label else (196, 202, 216) if theme.night else (62, 66, 78)
        return Arrow(origin, to, colour)

    def _slid(self, slide: tuple[int, int, float]) -> tuple[int, tuple[int, int], int]:
        origin, to, share = slide
        (ax, ay), (bx, by) = self.grid.centre(origin), self.grid.centre(to)
        return to, (round(ax + (bx - ax) * share), round(ay + (by - ay) * share)), 0

    def _in_hand(self, surface: pygame.Surface, view: View, shown: Shown) -> None:
        """A piece from the pocket that the mouse holds."""
        pointing = view.pointing
        if isinstance(pointing, Pointing) and pointing.held is not None and pointing.kind:
            c, size = self.game.compiled, round(self.grid.cell * 0.94)
            up = (shown.mover == 0) != view.flip
            image = sprite(looks(c.variant, c.kinds)[pointing.kind], shown.mover, size, up)
            draw.stamp(surface, image, pointing.held, centre=True)

    def _popup(self, surface: pygame.Surface, theme: Theme, view: View, shown: Shown) -> None:
        """What a piece may become, as a strip of pieces beside the square it goes to."""
        self.popups = []
        pointing = view.pointing
        if not isinstance(pointing, Pointing) or not pointing.popup:
            return
        c, cell = self.game.compiled, self.grid.cell
        acts = [shown.acts[a] for a in pointing.popup if a in shown.acts]
        if not acts:
            return
        x, y = self.grid.corner(acts[0].to)
        high = cell * len(acts)
        down = y + high <= self.grid.rect.bottom
        top = y if down else max(self.grid.rect.y, y + cell - high)
        frame = pygame.Rect(x, top, cell, high)
        draw.box(surface, frame.inflate(10, 10), theme.card, radius=8, edge=2, edge_colour=theme.accent)
        for j, act in enumerate(acts):
            box = pygame.Rect(x, top + (j if down else len(acts) - 1 - j) * cell, cell, cell)
            assert act.origin is not None
            code = int(shown.sight.board[act.origin])
            look = looks(c.variant, c.kinds)[act.becomes or code >> 2]
            draw.box(
                surface,
                box.inflate(-4, -4),
                (214, 190, 156) if not theme.night else (104, 110, 134),
                radius=6,
            )
            image = sprite(look, (code & 3) - 1, round(cell * 0.86), (shown.mover == 0) != view.flip)
            draw.stamp(surface, image, box.center, centre=True)
            self.popups.append(Spot(box, act.action))

    def _column(
        self, surface: pygame.Surface, theme: Theme, batch: Any, row: int, view: View, shown: Shown
    ) -> None:
        rect = pygame.Rect(self.column.x + 2, self.column.y + 4, self.column.width - 12, self.column.height)
        c, pointing = self.game.compiled, view.pointing
        code = 0
        if isinstance(pointing, Pointing):
            if pointing.square is not None:
                code = int(shown.sight.board[pointing.square])
            elif pointing.kind:
                code = 4 * pointing.kind + shown.mover + 1
        if shown.stakes is not None:
            y = shown.stakes.paint_words(surface, rect, theme)
            rect = pygame.Rect(rect.x, y, rect.width, rect.bottom - y)
        if code & 3 in (1, 2) and code < at.CIVILIAN:
            paint_card(surface, rect, theme, c, code, view.flip)
        else:
            paint_rules(surface, rect, theme, c)

    # The panel and the mouse.

    def paint_options(
        self,
        surface: pygame.Surface,
        area: pygame.Rect,
        theme: Theme,
        batch: Any,
        row: int,
        view: View,
        choice: ChoicePoint,
        taken: int | None,
    ) -> tuple[list[Spot], int]:
        """Paint the options; while a piece is pointed at, those that concern it."""
        engine = self.game.rows_of(batch.codes[row, view.seat])[0]
        pointing = view.pointing
        square = pointing.square if isinstance(pointing, Pointing) and pointing.picked else None
        return paint_choices(surface, area, theme, self, view, choice, taken, engine, square)

    def price(self, batch: Any, row: int, seat: int) -> float | None:
        """The price of a decision by search, in wins; None where there is no choice."""
        if not self.staked or not batch.choice_point(row, seat).contested:
            return None
        from gyges.envs.fairychess.stakes.price import price

        found = float(price(batch, row, seat).price)
        return None if np.isnan(found) else found

    def point(self, batch: Any, row: int, view: View, pos: tuple[int, int]) -> Pointing | None:
        """The square or the piece in hand under the mouse, if a piece is there."""
        square = self.grid.square(pos)
        if square is not None:
            c = self.game.compiled
            board = self.game.rows_of(batch.codes[row, view.seat])[0][c.row[1] : c.row[2]]
            return Pointing(square) if int(board[square]) not in (0, at.WALL) else None
        for held in self.hands:
            if held.rect.collidepoint(pos):
                return Pointing(kind=held.kind)
        return None

    def chooser(self, observation: Observation, row: int) -> MoveChooser:
        """What asks a person for a move, by mouse and keys."""
        c, seat = self.game.compiled, int(observation.seat[row])
        engine = self.game.rows_of(observation.codes[row])[0]
        acts = acts_of(self.game, engine, observation.legal(row))
        return MoveChooser(self, acts, engine[c.row[1] : c.row[2]], seat)

    def transition(self, before: Any, observation: Observation, row: int) -> list[Pointing]:
        """How the last move is shown under way: a few pictures between two observations."""
        now = observation.codes[row]
        ply, origin, to = (encoding.HEADER.index(name) for name in ("ply", "last from", "last to"))
        if before is None or int(now[ply]) == int(before[ply]) or min(now[origin], now[to]) < 0:
            return []
        wide, files = self.game.variant.maxFile, self.game.family.files
        a, b = (int(now[j]) // files * wide + int(now[j]) % files for j in (origin, to))
        return [Pointing(slide=(a, b, 1 - (1 - k / SLIDE) ** 2)) for k in range(SLIDE)]

    def act(self, batch: Any, row: int, view: View, action: int) -> Act:
        """An action read in the position shown."""
        return act_of(self.game, self.game.rows_of(batch.codes[row, view.seat])[0], action)
