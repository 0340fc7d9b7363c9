"""What every game's picture shares: a scene on the left, the choice of one seat on the right.

A renderer is a class ``Renderer(game, size=(w, h))`` with ``frame(batch, row, view) -> uint8 [H, W, 3]``. It
gathers `Facts` and paints from them. `Renderer` paints the choice panel and leaves the scene to its
subclasses; `gyges.render.board.plain.PlainRenderer` serves every game that has no picture of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pygame

from gyges.envs.choice_point import ChoicePoint
from gyges.envs.errors import ConfigError
from gyges.envs.policy import Observation
from gyges.render.board import options, panel
from gyges.render.board.chooser import Chooser
from gyges.render.board.facts import STILL, Facts, Gesture, Option, SeatFacts, View
from gyges.render.board.options import Spot
from gyges.render.kit import draw
from gyges.render.kit.signs import eye
from gyges.render.kit.theme import DAY, NIGHT, Colour, Theme, seat_colour

SMALLEST = (960, 560)
MOST_LISTED = 12
"""Seats that standings list one by one; of more they show some, and the sum of all."""
FEW = 4
PROMPT = "Click an option, or move with the arrow keys and press Enter; digits choose a number. Esc leaves."
Names = tuple[str, ...] | Mapping[int, str]


class Renderer:
    """Base of all renderers.

    Args:
        game: the game shown.
        size: width and height of a frame in pixels, at least `SMALLEST`.

    Attributes:
        spots: where on the last frame each option lies, for the mouse.
    """

    Scene: ClassVar[type] = type(None)
    """The type of `Facts.scene`."""
    panel_share = 0.335
    follows = False
    """Whether a replay shows the choice of whoever moves, as suits games in which seats take turns."""
    turns_round = False
    """Whether it can be seen from another side (`View.flip`)."""
    styles: tuple[str, ...] = ()
    """Ways to draw it, if there are several; `style` is the one in use."""
    style = ""
    accents: tuple[Colour, ...] = ()
    """Rare colours that carry meaning, besides `theme.ACCENTS`: a GIF keeps them."""
    digits = 1
    """Decimals of rewards."""
    overseen = True
    """Whether decisions are watched or not; otherwise pictures are silent about it."""

    def __init__(self, game: Any, size: tuple[int, int] = (1280, 800)) -> None:
        width, height = (int(v) for v in size)
        if width < SMALLEST[0] or height < SMALLEST[1] or width * height > 1 << 25:
            raise ConfigError(f"a frame is {SMALLEST} pixels or more, not {(width, height)}")
        self.game = game
        self.size = (width, height)
        wide = max(380, round(width * self.panel_share))
        self.scene = pygame.Rect(0, 0, width - wide, height)
        self.panel = pygame.Rect(width - wide, 0, wide, height)
        self.spots: list[Spot] = []
        self._surface = draw.canvas(self.size)

    def frame(self, batch: Any, row: int = 0, view: View | None = None) -> npt.NDArray[np.uint8]:
        """The picture of one row of a batch, uint8 [H, W, 3]: a function of the state and the view alone."""
        view = view or View()
        self.paint(self._surface, self.facts(batch, row, view), view.gesture)
        return draw.pixels(self._surface)

    # What is shown.

    def facts(self, batch: Any, row: int, view: View) -> Facts:
        """What a picture of one row shows."""
        n, shown = self.game.num_agents, view.seat
        if not 0 <= shown < n:
            raise ConfigError(f"seat is 0 to {n - 1}, not {shown}")
        scene = self.scene_facts(batch, row, view)
        names, over = self.option_names(scene), bool(batch.over[row])
        moves = not over and bool(batch.state.to_move[row, shown])
        if not self.game.staked:
            view = dataclasses.replace(view, judged=False)
        choice = batch.choice_point(row, shown) if moves and view.judged else None
        return Facts(
            game=self.game.id,
            moment=self.moment(batch, row, scene),
            seat=shown,
            seats=tuple(self._seat(batch, row, view, k, names, choice) for k in range(n)),
            options=self._options(batch.legal(row, shown), names, choice) if moves else (),
            contested=choice is not None and bool(choice.contested),
            price=view.price,
            words=self.words(batch, row, view) if moves else "",
            over=over,
            judged=view.judged,
            truth=view.truth,
            scene=scene,
        )

    def _options(self, legal: Any, names: Names, choice: ChoicePoint | None) -> tuple[Option, ...]:
        actions = [int(a) for a in legal]
        if choice is None:
            return tuple(Option(a, str(names[a])) for a in actions)
        severity = choice.severity / self.game.welfare_scale
        judged = (choice.label, choice.norms, severity, choice.justified, choice.knowable)
        columns = (column.tolist() for column in judged)
        return tuple(Option(a, str(names[a]), *rest) for a, *rest in zip(actions, *columns, strict=True))

    def _seat(
        self, batch: Any, row: int, view: View, seat: int, names: Names, choice: ChoicePoint | None
    ) -> SeatFacts:
        own, act, label = seat == view.seat, None, None
        moves = bool(batch.state.to_move[row, seat])
        if view.actions is not None and moves and (view.truth or own):
            act = int(view.actions[seat]) if view.actions[seat] in batch.legal(row, seat) else None
            if view.judged and act is not None:
                judged = choice if own and choice is not None else batch.choice_point(row, seat)
                label = int(judged.label[judged.of(act)])
        return SeatFacts(
            name=self.seat_name(seat),
            player=view.names[seat] if view.names else "",
            moves=moves,
            watched=self.watched(batch, row, view, seat),
            act=act,
            act_name="" if act is None else str(names[act]),
            act_label=label,
            total=float(view.totals[seat]) if view.totals else None,
            breaches=int(view.breaches[seat]) if view.breaches and view.judged else None,
            blame=float(view.blame[seat]) if view.blame and view.judged else None,
        )

    def watched(self, batch: Any, row: int, view: View, seat: int) -> bool | None:
        """Whether a seat is watched; a person who plays is shown only what the own cue says.

        In the twin, where that means nothing, only who plays is shown it: the observation has it there too.
        """
        if not self.overseen or (view.truth and not self.game.staked):
            return None
        if view.truth:
            return bool(batch.state.watched[row, seat])
        cue = cue_index(self.game)
        if seat != view.seat:
            return None
        return bool(batch.codes[row, seat, cue]) if cue is not None else True

    # Painting.

    def paint(self, surface: pygame.Surface, facts: Facts, gesture: Gesture = STILL) -> None:
        """Paint scene and panel on a surface at least as large as `size`."""
        theme = self.theme(facts)
        surface.set_clip(self.scene)
        self.paint_scene(surface, theme, facts, gesture)
        surface.set_clip(None)
        self.spots = panel.paint_panel(surface, self.panel, theme, self, facts, gesture)

    def listed(self, facts: Facts) -> tuple[int, ...]:
        """The seats whose standing is listed: all, or of many the shown one and a few that do wrong now."""
        n = len(facts.seats)
        if n <= MOST_LISTED:
            return tuple(range(n))
        wrong = [k for k, seat in enumerate(facts.seats) if (seat.act_label or 0) < 0 and k != facts.seat]
        return (facts.seat, *wrong[:FEW])

    def theme(self, facts: Facts) -> Theme:
        """Night where the seat's decision goes unwatched."""
        return NIGHT if facts.shown.watched is False else DAY

    # What a game must say, or may say its own way.

    def scene_facts(self, batch: Any, row: int, view: View) -> Any:
        """What stands where, a Struct of the type `Scene`."""
        raise NotImplementedError

    def paint_scene(self, surface: pygame.Surface, theme: Theme, facts: Facts, gesture: Gesture) -> None:
        """Paint the game itself into the rectangle `scene`, from facts alone."""
        raise NotImplementedError

    def seat_name(self, seat: int) -> str:
        """What a seat is called."""
        names = getattr(self.game, "seat_names", None)
        return str(names[seat]) if names else f"Seat {seat}"

    def moment(self, batch: Any, row: int, scene: Any) -> str:
        """When this is, in a few words."""
        return f"Step {int(batch.state.tick[row, 0])}"

    def ending(self, facts: Facts) -> str:
        """How the episode that is over ended, in a sentence; empty where there is nothing to tell."""
        return ""

    def option_names(self, scene: Any) -> Names:
        """What the actions that a scene allows are called, by number."""
        return self.game.action_names  # type: ignore[no-any-return]

    def words(self, batch: Any, row: int, view: View) -> str:
        """What the panel says that the seat knows; empty for nothing."""
        return str(self.game.describe(batch.codes[row, view.seat], view.seat))

    def paint_options(
        self, surface: pygame.Surface, area: pygame.Rect, theme: Theme, facts: Facts, gesture: Gesture
    ) -> tuple[list[Spot], int]:
        """Paint the options; returns where they lie and the y below them."""
        return options.paint_options(surface, area, theme, self.game, facts, gesture)

    def chooser(self, observation: Observation, row: int) -> Chooser:
        """What asks a person for a choice."""
        return Chooser(self.game.action_names, observation.legal(row))

    def transition(self, before: Any, observation: Observation, row: int) -> list[Any]:
        """`View.pointing` of the pictures that lead from one observation to the next; none by default.

        Args:
            before: the codes [F] shown last, None for none.
            observation: what is shown next.
            row: which of its rows.
        """
        return []

    def prompt(self, facts: Facts, gesture: Gesture) -> str:
        """How a person makes the choice that is shown, in a sentence."""
        return PROMPT

    def switch(self) -> None:
        """Draw it in the next of its styles."""
        if self.styles:
            self.style = self.styles[(self.styles.index(self.style) + 1) % len(self.styles)]

    def price(self, batch: Any, row: int, seat: int) -> float | None:
        """The price of a decision in the game's reward unit, where that is worked out at once."""
        return None

    def point(self, facts: Facts, pos: tuple[int, int]) -> Any:
        """What `View.pointing` is for a mouse at `pos` on the last frame."""
        return None


def paint_card(
    surface: pygame.Surface, theme: Theme, facts: Facts, seat: int, at: pygame.Rect, width: int, eye_left: int
) -> None:
    """Paint a seat's card with who it is and whether it is watched; the rest of it is left free.

    Args:
        at: where the card lies.
        width: of the name, in pixels.
        eye_left: pixels from the eye's left edge to the card's right one.
    """
    chosen, stands = seat == facts.seat, facts.seats[seat]
    draw.box(surface, at, theme.card, radius=12, edge=3 if chosen else 1,
             edge_colour=seat_colour(seat) if chosen else theme.line)  # fmt: skip
    draw.disc(surface, (at.x + 24, at.y + 26), 11, seat_colour(seat))
    name = f"{stands.name} · {stands.player}" if stands.player else stands.name
    draw.write(surface, (at.x + 44, at.y + 15), name, 16, theme.ink, bold=True, width=width)
    if stands.watched is not None:
        draw.stamp(surface, eye(26, stands.watched, theme), (at.right - eye_left, at.y + 18))


def cue_index(game: Any) -> int | None:
    """Which element of the observation tells a seat that it is watched, None where there is none."""
    for j, feature in enumerate(game.features):
        if "watched" in feature.name:
            return j
    return None
