"""What every game's picture shares: a scene on the left, the choice of one seat on the right.

A renderer is a class ``Renderer(game, size=(w, h))`` with ``frame(batch, row, view) -> uint8 [H, W, 3]``.
`Board` draws the choice panel and leaves the scene to its subclasses; `PlainBoard` serves every game
that has no picture of its own.
"""

from __future__ import annotations

import dataclasses
import itertools
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pygame

from gyges.envs.choice_point import ChoicePoint
from gyges.envs.errors import ConfigError
from gyges.envs.policy import Observation
from gyges.envs.registry import load_name
from gyges.render.board.options import Spot, paint_options
from gyges.render.board.panel import paint_panel
from gyges.render.kit import draw
from gyges.render.kit.theme import DAY, NIGHT, Colour, Theme, seat_colour

SMALLEST = (960, 560)


@dataclasses.dataclass(frozen=True)
class View:
    """What a frame shows besides the state of its row.

    Attributes:
        seat: whose choice the panel shows.
        actions: what each seat is about to do, integers [N]; None where it is not known.
        names: who plays each seat; empty where it is not known.
        totals: task reward of each seat so far, in the game's reward unit; may be empty.
        breaches: unaligned acts of each seat so far; may be empty.
        price: price of this choice in the game's reward unit, None where it was not computed.
        judged: show labels, norms and severities (a person who plays does not see them).
        truth: show what the seats cannot know.
        hover: an action to point out, None for none.
        flip: show a board from its other side.
        pointing: what is pointed at or held on a board, as its renderer defines it; None for nothing.
    """

    seat: int = 0
    actions: Any = None
    names: tuple[str, ...] = ()
    totals: tuple[float, ...] = ()
    breaches: tuple[int, ...] = ()
    price: float | None = None
    judged: bool = True
    truth: bool = True
    hover: int | None = None
    flip: bool = False
    pointing: Any = None


class Board:
    """Base of all renderers.

    Args:
        game: the game shown.
        size: width and height of a frame in pixels, at least `SMALLEST`.

    Attributes:
        spots: where on the last frame each option lies, for the mouse.
    """

    panel_share = 0.335
    follows = False
    """Whether a replay shows the choice of whoever moves, as suits games in which seats take turns."""
    turns_round = False
    """Whether it can be seen from another side (`View.flip`)."""
    accents: tuple[Colour, ...] = ()
    """Rare colours that carry meaning, besides `look.ACCENTS`: a GIF keeps them."""
    digits = 1
    """Decimals of rewards."""

    def __init__(self, game: Any, size: tuple[int, int] = (1280, 800)) -> None:
        width, height = (int(v) for v in size)
        if width < SMALLEST[0] or height < SMALLEST[1] or width * height > 1 << 25:
            raise ConfigError(f"a frame is {SMALLEST} pixels or more, not {(width, height)}")
        self.game = game
        self.size = (width, height)
        panel = max(380, round(width * self.panel_share))
        self.scene = pygame.Rect(0, 0, width - panel, height)
        self.panel = pygame.Rect(width - panel, 0, panel, height)
        self.spots: list[Spot] = []
        self._surface = draw.canvas(self.size)

    def frame(self, batch: Any, row: int = 0, view: View | None = None) -> npt.NDArray[np.uint8]:
        """The picture of one row of a batch, uint8 [H, W, 3]: a function of the state and the view alone."""
        self.paint(self._surface, batch, row, view or View())
        return draw.pixels(self._surface)

    def paint(self, surface: pygame.Surface, batch: Any, row: int, view: View) -> None:
        """Paint scene and panel on a surface at least as large as `size`."""
        if not 0 <= view.seat < self.game.num_agents:
            raise ConfigError(f"seat is 0 to {self.game.num_agents - 1}, not {view.seat}")
        theme = self.theme(batch, row, view)
        surface.set_clip(self.scene)
        self.paint_scene(surface, theme, batch, row, view)
        surface.set_clip(None)
        choice = batch.choice_point(row, view.seat) if view.judged else unjudged(batch.legal(row, view.seat))
        self.spots = paint_panel(surface, self.panel, theme, self, batch, row, view, choice)

    def theme(self, batch: Any, row: int, view: View) -> Theme:
        """Night where the seat's decision goes unwatched."""
        return DAY if self.told(batch, row, view) else NIGHT

    def told(self, batch: Any, row: int, view: View) -> bool:
        """Whether the seat is watched; a person who plays is shown only what the cue says."""
        if view.truth:
            return bool(batch.state.watched[row, view.seat])
        cue = cue_index(self.game)
        return bool(batch.codes[row, view.seat, cue]) if cue is not None else True

    def seat_name(self, seat: int) -> str:
        """What a seat is called."""
        names = getattr(self.game, "seat_names", None)
        return str(names[seat]) if names else f"Seat {seat}"

    def moment(self, batch: Any, row: int) -> str:
        """When this is, in a few words."""
        return f"Step {int(batch.state.tick[row, 0])}"

    def paint_scene(self, surface: pygame.Surface, theme: Theme, batch: Any, row: int, view: View) -> None:
        """Paint the game itself into `scene`."""
        raise NotImplementedError

    # What a game may do its own way.

    def option_name(self, batch: Any, row: int, view: View, action: int) -> str:
        """What an option is called."""
        return str(self.game.action_names[action])

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
        """Paint the options; returns where they lie and the y below them."""
        return paint_options(surface, area, theme, self, view, choice, taken)

    def words(self, batch: Any, row: int, view: View) -> str:
        """What the panel says that the seat knows; empty for nothing."""
        return str(self.game.describe(batch.codes[row, view.seat], view.seat))

    def chooser(self, observation: Observation, row: int) -> Any:
        """What asks a person for a choice: a `gyges.render.person.Chooser`."""
        from gyges.render.person import Chooser

        return Chooser(self.game.action_names, observation.legal(row))

    def transition(self, before: Any, observation: Observation, row: int) -> list[Any]:
        """`View.pointing` of the pictures that lead from one observation to the next; none by default.

        Args:
            before: the codes [F] shown last, None for none.
            observation: what is shown next.
            row: which of its rows.
        """
        return []

    def price(self, batch: Any, row: int, seat: int) -> float | None:
        """The price of a decision in the game's reward unit, where that is worked out at once."""
        return None

    def point(self, batch: Any, row: int, view: View, pos: tuple[int, int]) -> Any:
        """What `View.pointing` is for a mouse at `pos`."""
        return None


def unjudged(actions: npt.NDArray[np.int32]) -> ChoicePoint:
    """A choice of which nothing is known but the legal actions."""
    n = len(actions)
    zero = np.zeros(n, np.int32)
    no = np.zeros(n, np.bool_)
    return ChoicePoint(
        actions,
        zero.astype(np.int8),
        zero.astype(np.uint16),
        zero,
        zero,
        no,
        ~no,
        watched=False,
        contested=False,
    )


class Glimpse:
    """One row of what a policy sees, as a board paints it with ``View(truth=False, judged=False)``.

    Args:
        observation: what the policy was given.
        row: which of its rows.
        step: how many steps of the episode the policy has seen.
    """

    def __init__(self, observation: Observation, row: int, step: int = 0) -> None:
        game, self.seat = observation.game, int(observation.seat[row])
        n = game.num_agents
        self.codes = np.zeros((1, n, game.observation_size), observation.codes.dtype)
        self.codes[0, self.seat] = observation.codes[row].reshape(-1)
        to_move = np.zeros((1, n), np.int32)
        to_move[0, self.seat] = observation.to_move[row]
        self.state = SimpleNamespace(to_move=to_move, tick=np.full((1, 1), step))
        self.over = np.zeros(1, np.bool_)
        self._legal = observation.legal(row)

    def legal(self, row: int, seat: int) -> npt.NDArray[np.int32]:
        """Legal actions of the seat that looks."""
        if seat != self.seat:
            raise ConfigError(f"seat {self.seat} sees its own choice only, not that of seat {seat}")
        return self._legal


def cue_index(game: Any) -> int | None:
    """Which element of the observation tells a seat that it is watched, None where there is none."""
    for j, feature in enumerate(game.features):
        if "watched" in feature.name:
            return j
    return None


class PlainBoard(Board):
    """Every seat as a card: what it knows in words, its observation as bars, what it is about to do."""

    def paint_scene(self, surface: pygame.Surface, theme: Theme, batch: Any, row: int, view: View) -> None:
        """Paint title and cards."""
        surface.fill(theme.sky, self.scene)
        x, y = self.scene.topleft
        draw.write(surface, (x + 28, y + 22), self.game.title, 26, theme.ink, bold=True)
        draw.write(surface, (x + 28, y + 58), self.moment(batch, row), 16, theme.soft)
        n = self.game.num_agents
        columns = 1 if n <= 2 else 2 if n <= 8 else 4
        rows = -(-n // columns)
        wide = (self.scene.width - 28 * 2 - 14 * (columns - 1)) // columns
        high = min(230, (self.scene.height - 110 - 14 * (rows - 1)) // rows)
        for seat in range(n):
            left = x + 28 + (seat % columns) * (wide + 14)
            top = y + 92 + (seat // columns) * (high + 14)
            self._card(surface, theme, batch, row, view, seat, pygame.Rect(left, top, wide, high))

    def _card(
        self,
        surface: pygame.Surface,
        theme: Theme,
        batch: Any,
        row: int,
        view: View,
        seat: int,
        at: pygame.Rect,
    ) -> None:
        chosen = seat == view.seat
        draw.box(surface, at, theme.card, radius=12, edge=3 if chosen else 1,
                 edge_colour=seat_colour(seat) if chosen else theme.line)  # fmt: skip
        draw.disc(surface, (at.x + 24, at.y + 26), 11, seat_colour(seat))
        name = f"{self.seat_name(seat)} · {view.names[seat]}" if view.names else self.seat_name(seat)
        draw.write(surface, (at.x + 44, at.y + 15), name, 16, theme.ink, bold=True, width=at.width - 110)
        if not (view.truth or chosen):
            return
        watched = bool(batch.state.watched[row, seat]) if view.truth else self.told(batch, row, view)
        draw.stamp(surface, eye(26, watched, theme), (at.right - 46, at.y + 18))
        words = self.game.describe(batch.codes[row, seat], seat)
        lines = max(1, (at.height - 84) // 18)
        draw.paragraph(surface, (at.x + 18, at.y + 50), words, 13, theme.soft, at.width - 36, lines)
        if view.actions is not None and batch.state.to_move[row, seat]:
            act = "→ " + self.game.action_names[int(view.actions[seat])]
            draw.write(
                surface, (at.x + 18, at.bottom - 30), act, 15, theme.ink, bold=True, width=at.width - 36
            )


def eye(width: int, is_open: bool, theme: Theme) -> pygame.Surface:
    """The overseer's eye, open or closed, as a sprite of `width` x 0.6 `width` pixels."""
    return _eye(width, is_open, theme.night)


@lru_cache(maxsize=16)
def _eye(width: int, is_open: bool, night: bool) -> pygame.Surface:
    theme = NIGHT if night else DAY
    height = round(width * 0.6)

    def paint(s: pygame.Surface, k: int) -> None:
        w, h = width * k, height * k
        thick = max(k, round(w * 0.07))
        if is_open:
            upper = draw.bend((thick, h / 2), (w - thick, h / 2), -0.55)
            lower = draw.bend((w - thick, h / 2), (thick, h / 2), -0.55)
            pygame.draw.polygon(s, (255, 255, 255, 255), upper + lower)
            pygame.draw.circle(s, (*theme.lamp, 255), (w / 2, h / 2), h * 0.34)
            pygame.draw.circle(s, (38, 44, 54, 255), (w / 2, h / 2), h * 0.17)
            rim = (38, 44, 54, 255)
            for p, q in itertools.pairwise(upper + lower):
                draw.segment(s, p, q, rim, thick / 2)
            return
        lid = draw.bend((thick, h * 0.4), (w - thick, h * 0.4), 0.5)
        ink = (*theme.soft, 255)
        for p, q in itertools.pairwise(lid):
            draw.segment(s, p, q, ink, thick / 2)
        for at, lean in ((5, -0.10), (12, 0), (19, 0.10)):
            p = lid[at]
            draw.segment(s, p, (p[0] + lean * w, p[1] + 0.22 * h), ink, thick / 2)

    return draw.shape(width, height, paint)


def renderer_for(game: Any, size: tuple[int, int] = (1280, 800)) -> Any:
    """The game's own renderer, or `PlainBoard` where it names none."""
    kind = load_name(game.renderer) if game.renderer else PlainBoard
    return kind(game, size=size)
