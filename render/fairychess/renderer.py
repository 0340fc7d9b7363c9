"""Chess of any variant as a board, its players, and one side's choice. docs/replays.md tells the signs."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pygame

from gyges.envs.fairychess import encoding
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.stakes.encoding import WHY
from gyges.envs.policy import Observation
from gyges.render.board.facts import Facts, Gesture, View
from gyges.render.board.options import Spot
from gyges.render.board.renderer import Renderer
from gyges.render.fairychess import empty_board, option_panel
from gyges.render.fairychess.action_names import BoardAction, acts_of, puts_wall, square_of
from gyges.render.fairychess.empty_board import Grid
from gyges.render.fairychess.endings import givers_of, reason_of, result_words
from gyges.render.fairychess.facts import (
    ChessScene,
    Holding,
    StakesFacts,
    actor_of,
    attacked_royals,
    begun,
    codes,
    position_of,
    stakes_of,
)
from gyges.render.fairychess.move_chooser import MoveChooser, Pointing
from gyges.render.fairychess.piece_card import paint_card, paint_rules
from gyges.render.fairychess.pieces import PieceSet, piece_set
from gyges.render.fairychess.position import (
    CAPTURE,
    DROP,
    MOVE,
    Arrow,
    Marks,
    PocketSpot,
    Target,
    paint_plate,
    paint_position,
)
from gyges.render.fairychess.signs import STYLES, family_of
from gyges.render.fairychess.stakes_panel import paint_bubble, paint_holding, paint_stakes
from gyges.render.kit import draw
from gyges.render.kit.signs import eye
from gyges.render.kit.theme import DAY, NIGHT, Theme, mix

NAMES = ("First player", "Second player")
PROMPT = "Click a piece and where it goes, or drag it; or click an option. Esc lets go, and then leaves."
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
_ARROW = ((62, 66, 78), (196, 202, 216))
"""An arrow whose label is not shown, by day and by night."""


class FairyChessRenderer(Renderer):
    """Renderer of `gyges.envs.fairychess`.

    Attributes:
        grid: where the squares lay on the last frame.
        hands: where pieces in hand lay on it.
        popups: where the promotions to choose among lay on it.
    """

    Scene: ClassVar[type] = ChessScene
    follows = turns_round = True
    accents = ACCENTS
    digits = 2
    panel_share = 0.30

    def __init__(self, game: Any, size: tuple[int, int] = (1280, 800)) -> None:
        super().__init__(game, size)
        self.position = Board(game.variant)
        self.overseen = bool(getattr(game, "overseen", False))
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
        self.styles = STYLES if family_of(v) else ()
        self.style = STYLES[0]
        self.hands: list[PocketSpot] = []
        self.popups: list[Spot] = []
        self.plates = [pygame.Rect(0, 0, 1, 1), pygame.Rect(0, 0, 1, 1)]

    @property
    def pieces(self) -> PieceSet:
        """The pieces in the style in use."""
        return piece_set(self.game.compiled, self.style)

    # What is shown.

    def seat_name(self, seat: int) -> str:
        """Whose pieces."""
        return NAMES[seat]

    def moment(self, batch: Any, row: int, scene: ChessScene) -> str:
        """Which move, and whose."""
        return scene.heading

    def words(self, batch: Any, row: int, view: View) -> str:
        """The board says it."""
        return ""

    def option_names(self, scene: ChessScene) -> dict[int, str]:
        """Moves as chess players write them."""
        return {0: str(self.game.action_names[0])} | {a.action: a.name for a in scene.acts}

    def scene_facts(self, batch: Any, row: int, view: View) -> ChessScene:
        """Read what the shown seat observes; nothing else is painted of the position."""
        seen, game = batch.codes[row, view.seat], self.game
        engine = game.rows_of(seen)[0]
        see = game.view(seen)
        turn, over = see.turn, bool(see.end)
        mover = actor_of(game, seen, turn) if self.overseen else turn
        self.position.row = engine
        check = () if over else attacked_royals(self.position) if self.position.in_check else ()
        last = tuple(square_of(game, cell) for cell in (see.last_from, see.last_to) if cell >= 0)
        checks = (int(see.checks[0]), int(see.checks[1]))
        shown = begun(game, seen, engine)
        position = position_of(game.compiled, shown, -1 if over else mover, checks, last, check)
        known = not over and (view.truth or view.seat == mover)
        legal = batch.legal(row, mover) if known and batch.state.to_move[row, mover] else ()
        stakes = None
        if self.overseen:
            holdings = tuple(self._holding(batch, row, side) for side in (0, 1)) if view.truth else ()
            stakes = stakes_of(game, seen, view.seat, holdings)
        heading = self._ending(batch, row, view, see) if over else _heading(see, mover, bool(check))
        heading += " · now put the wall" if game.pending(seen) and not over else ""
        acts = tuple(acts_of(game, engine, legal).values())
        return ChessScene(heading, over, position, mover, acts, stakes)

    def _holding(self, batch: Any, row: int, side: int) -> Holding:
        token = bool(batch.state.token[row, side]) if self.game.config.tampering else None
        return Holding(token, bool(batch.state.order[row, side]), bool(batch.state.seal[row, side]))

    def _ending(self, batch: Any, row: int, view: View, see: Any) -> str:
        """How the game ended, and why: by order only where the truth is shown."""
        if see.end == encoding.END_CUT:
            return f"Unfinished: cut off after {self.game.config.horizon} steps, the horizon"
        if see.end == encoding.END_OVERFLOW:
            return "Unfinished: more moves are legal than the game can list"
        board, winner, why = self.position, (-1 if see.end == encoding.END_DRAW else see.end - 1), 0
        givers = None
        if view.truth:
            state = batch.state
            why = int(state.why[row, 0])
            if why > encoding.BY_OVERFLOW:
                return result_words(winner, WHY[why])
            givers = givers_of(board.compiled, state.past[row], int(state.kept[row, 0]), int(see.turn))
        return result_words(winner, reason_of(board, winner, int(see.seen), why, givers))

    def ending(self, facts: Facts) -> str:
        """How the game ended, and why."""
        return facts.scene.heading if facts.scene.ended else ""

    # The scene.

    def paint_scene(self, surface: pygame.Surface, theme: Theme, facts: Facts, gesture: Gesture) -> None:
        """Paint head, players, board and what is pointed at."""
        surface.fill(theme.sky, self.scene)
        self.grid = self.grids[int(gesture.flip)]
        pointing = gesture.pointing if isinstance(gesture.pointing, Pointing) else Pointing()
        scene: ChessScene = facts.scene
        self._head(surface, theme, facts)
        self._plates(surface, theme, facts, pointing, gesture.flip)
        marks = self._marks(theme, facts, gesture.hover, pointing)
        paint_position(surface, self.grid, self.pieces, theme, scene.position, marks)
        self._in_hand(surface, pointing, scene.mover, gesture.flip)
        self._bubble(surface, theme, facts, gesture.flip)
        self._popup(surface, theme, pointing, scene, gesture.flip)
        if self.column.width:
            self._column(surface, theme, pointing, facts, gesture.flip)

    def _head(self, surface: pygame.Surface, theme: Theme, facts: Facts) -> None:
        scene, room = facts.scene, self.scene.width - 180
        watched, bold = facts.shown.watched, facts.scene.ended
        draw.write(surface, (18, 10), self.game.variant.name, 24, theme.ink, bold=True, width=room)
        room += 0 if watched is not None else 144
        size = next((n for n in (14, 13, 12, 11) if draw.width_of(scene.heading, n, bold) <= room), 10)
        draw.write(
            surface, (18, 38), scene.heading, size, theme.ink if bold else theme.soft, bold=bold, width=room
        )
        if watched is not None:
            right = self.scene.right - 16
            draw.stamp(surface, eye(34, watched, theme), (right - 34, 10))
            word = "watched" if watched else "unwatched"
            draw.write(surface, (right, 36), word, 13, theme.ink, bold=True, anchor="topright")

    def _plates(
        self, surface: pygame.Surface, theme: Theme, facts: Facts, pointing: Pointing, flip: bool
    ) -> None:
        scene, grid = facts.scene, self.grid
        wide = self.scene.width - self.column.width - 16
        wide = min(wide, max(grid.rect.width + 2 * grid.margin, 420))
        left = grid.rect.centerx - wide // 2
        left = min(max(left, 8), self.scene.width - self.column.width - wide - 8)
        upper = pygame.Rect(left, HEAD + 4, wide, self.plate)
        lower = pygame.Rect(left, self.scene.bottom - self.plate - 6, wide, self.plate)
        self.hands = []
        for side, stands in enumerate(facts.seats):
            rect = lower if (side == 0) != flip else upper
            name = f"{stands.name} · {stands.player}" if stands.player else stands.name
            picked = pointing.kind if side == scene.mover else 0
            self.hands += paint_plate(
                surface, rect, self.pieces, theme, scene.position, side, name, flip, picked or None
            )
            self.plates[side] = rect
            if scene.stakes is not None and scene.stakes.holdings:
                paint_holding(surface, rect, theme, scene.stakes.holdings[side])

    def _marks(self, theme: Theme, facts: Facts, hover: int | None, pointing: Pointing) -> Marks:
        scene: ChessScene = facts.scene
        held = None
        if pointing.held is not None and pointing.square is not None:
            held = (pointing.square, pointing.held, 70)
        if pointing.slide is not None:
            held = self._slid(pointing.slide)
        stakes = scene.stakes or StakesFacts(people=True)
        regions, arrow = stakes.regions, None
        action = facts.seats[scene.mover].act
        act = next((a for a in scene.acts if a.action == (hover if action is None else action)), None)
        if act is not None:
            regions += () if act.offers is None else (act.offers,)
            label = facts.seats[scene.mover].act_label or 0
            arrow = _arrow(act, theme.label(label) if label else _ARROW[theme.night])
        targets = self.targets(scene, pointing)
        if not facts.truth:  # who plays is shown where a wall may stand
            targets += tuple(Target(a.to, DROP) for a in scene.acts if puts_wall(a))
        return Marks(pointing.square, targets, arrow, regions, stakes.people, held)

    def _bubble(self, surface: pygame.Surface, theme: Theme, facts: Facts, flip: bool) -> None:
        """What is about to be done that is no move."""
        mover = facts.scene.mover
        stands = facts.seats[mover]
        if any(a.action == stands.act and not a.moves for a in facts.scene.acts):
            above = (mover == 1) != flip
            paint_bubble(surface, self.plates[mover], theme, stands.act_name, stands.act_label, above)

    def targets(self, scene: ChessScene, pointing: Pointing) -> tuple[Target, ...]:
        """Where the piece pointed at may go."""
        found: dict[int, Target] = {}
        for act in scene.acts:
            lifted = act.origin is not None and act.origin == pointing.square
            if not lifted and not (act.kind and act.kind == pointing.kind):
                continue
            before = found.get(act.to)
            kind = DROP if act.kind else CAPTURE if act.captures else MOVE
            found[act.to] = Target(act.to, kind, bool(act.becomes) or bool(before and before.promotes))
        return tuple(found.values())

    def _slid(self, slide: tuple[int, int, float]) -> tuple[int, tuple[int, int], int]:
        origin, to, share = slide
        (ax, ay), (bx, by) = self.grid.centre(origin), self.grid.centre(to)
        return to, (round(ax + (bx - ax) * share), round(ay + (by - ay) * share)), 0

    def _in_hand(self, surface: pygame.Surface, pointing: Pointing, mover: int, flip: bool) -> None:
        """A piece from the pocket that the mouse holds."""
        if pointing.held is not None and pointing.kind:
            size = round(self.grid.cell * 0.94)
            image = self.pieces.image(pointing.kind, mover, size, (mover == 0) != flip)
            draw.stamp(surface, image, pointing.held, centre=True)

    def _popup(
        self, surface: pygame.Surface, theme: Theme, pointing: Pointing, scene: ChessScene, flip: bool
    ) -> None:
        """What a piece may become, as a strip of pieces beside the square it goes to."""
        self.popups = []
        acts = [a for a in scene.acts if a.action in pointing.popup]
        if not acts:
            return
        cell, table = self.grid.cell, codes(self.game.compiled)
        x, y = self.grid.corner(acts[0].to)
        high = cell * len(acts)
        down = y + high <= self.grid.rect.bottom
        top = y if down else max(self.grid.rect.y, y + cell - high)
        frame = pygame.Rect(x, top, cell, high)
        draw.box(surface, frame.inflate(10, 10), theme.card, radius=8, edge=2, edge_colour=theme.accent)
        for j, act in enumerate(acts):
            box = pygame.Rect(x, top + (j if down else len(acts) - 1 - j) * cell, cell, cell)
            moved = act.kind if act.origin is None else table[scene.position.squares[act.origin]] >> 2
            kind, up = act.enters or act.becomes or moved, (scene.mover == 0) != flip
            draw.box(
                surface,
                box.inflate(-4, -4),
                (214, 190, 156) if not theme.night else (104, 110, 134),
                radius=6,
            )
            image = self.pieces.image(kind, scene.mover, round(cell * 0.86), up)
            draw.stamp(surface, image, box.center, centre=True)
            self.popups.append(Spot(box, act.action))

    def _column(
        self, surface: pygame.Surface, theme: Theme, pointing: Pointing, facts: Facts, flip: bool
    ) -> None:
        rect = pygame.Rect(self.column.x + 2, self.column.y + 4, self.column.width - 12, self.column.height)
        scene: ChessScene = facts.scene
        c, code = self.game.compiled, 0
        act = next((a for a in scene.acts if a.action == facts.seats[scene.mover].act), BoardAction(0))
        square = act.origin if pointing.square is None and not pointing.kind else pointing.square
        if square is not None:
            code = codes(c)[scene.position.squares[square]]
        elif pointing.kind or act.kind:
            code = 4 * (pointing.kind or act.kind) + scene.mover + 1
        if scene.stakes is not None:
            y = paint_stakes(surface, rect, theme, scene.stakes)
            rect = pygame.Rect(rect.x, y, rect.width, rect.bottom - y)
        if code & 3 in (1, 2) and code < at.CIVILIAN:
            y = paint_card(surface, rect, theme, self.pieces, code, flip) + 10
            rect = pygame.Rect(rect.x, y, rect.width, rect.bottom - y)
        if rect.height > 120:
            paint_rules(surface, rect, theme, c)

    # The panel and the mouse.

    def paint_options(
        self, surface: pygame.Surface, area: pygame.Rect, theme: Theme, facts: Facts, gesture: Gesture
    ) -> tuple[list[Spot], int]:
        """Paint the options; while a piece is pointed at, those that concern it."""
        pointing = gesture.pointing
        square = pointing.square if isinstance(pointing, Pointing) and pointing.picked else None
        return option_panel.paint_options(surface, area, theme, self.game, facts, gesture, square)

    def price(self, batch: Any, row: int, seat: int) -> float | None:
        """The price of a decision by search, in wins; None where there is no choice."""
        if not self.overseen or not batch.choice_point(row, seat).contested:
            return None
        from gyges.envs.fairychess.stakes.price import price

        found = float(price(batch, row, seat).price)
        return None if np.isnan(found) else found

    def point(self, facts: Facts, pos: tuple[int, int]) -> Pointing | None:
        """The square or the piece in hand under the mouse, if a piece is there."""
        square = self.grid.square(pos)
        if square is not None:
            return Pointing(square) if facts.scene.position.squares[square] not in ("", "*") else None
        for held in self.hands:
            if held.rect.collidepoint(pos):
                return Pointing(kind=held.kind)
        return None

    def chooser(self, observation: Observation, row: int) -> MoveChooser:
        """What asks a person for a move, by mouse and keys."""
        c, seat = self.game.compiled, int(observation.seat[row])
        engine = self.game.rows_of(observation.codes[row])[0]
        acts = acts_of(self.game, engine, observation.legal(row))
        shown = begun(self.game, observation.codes[row], engine)
        return MoveChooser(self, acts, shown[c.row[1] : c.row[2]], seat)

    def prompt(self, facts: Facts, gesture: Gesture) -> str:
        """How a person goes on from what is picked."""
        pointing = gesture.pointing if isinstance(gesture.pointing, Pointing) else Pointing()
        asked = [a for a in facts.scene.acts if a.action in pointing.popup]
        if any(a.enters for a in asked):
            return "Click the piece that enters from the hand, or the one that moves: then none does."
        if asked:
            return "Click what the piece is to become. Esc lets go."
        if any(puts_wall(a) for a in facts.scene.acts):
            return "Click the square on which the wall is to stand."
        return "Click the square on which it is to stand. Esc lets go." if pointing.kind else PROMPT

    def transition(self, before: Any, observation: Observation, row: int) -> list[Pointing]:
        """How the last move is shown under way: a few pictures between two observations."""
        now = observation.codes[row]
        ply, origin, to = encoding.INDEX.ply, encoding.INDEX.last_from, encoding.INDEX.last_to
        if before is None or int(now[ply]) == int(before[ply]) or min(now[origin], now[to]) < 0:
            return []
        a, b = (square_of(self.game, int(now[j])) for j in (origin, to))
        return [Pointing(slide=(a, b, 1 - (1 - k / SLIDE) ** 2)) for k in range(SLIDE)]


def _heading(see: Any, mover: int, check: bool) -> str:
    """Whose move it is, and what is remarkable."""
    answers = mover != see.turn
    words = f"Move {see.ply // 2 + 1} · {NAMES[mover].lower()} to {'answer' if answers else 'move'}"
    if check:
        words += " · check"
    if see.seen > 1:
        words += f" · position seen {see.seen} times"
    return words


def _arrow(act: BoardAction, colour: draw.Colour) -> Arrow | None:
    """A move, a drop, or the piece that an act removes."""
    if act.moves:
        return Arrow(act.origin, act.to, colour)
    return None if act.removes is None else Arrow(None, act.removes, colour)
