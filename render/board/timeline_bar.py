"""The strip under a replay: what was watched, where the seat went wrong, and the buttons."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pygame

from gyges.render.kit import draw
from gyges.render.kit.theme import DAY, NIGHT, SIGNS, Theme
from gyges.render.timeline import Timeline

HEIGHT = 84
PLAIN = (158, 168, 184)
"""The time bar of a game in which nothing is at stake."""
JUMPS = (
    ("‹ contested", "contested-", False),
    ("›", "contested+", False),
    (f"‹ {SIGNS[-1]} unaligned", "unaligned-", False),
    ("›", "unaligned+", False),
)


class Button(NamedTuple):
    """A place to click and the command that it gives."""

    rect: pygame.Rect
    command: str


class TimelineBar:
    """Time bar and buttons in a rectangle `HEIGHT` pixels high.

    Attributes:
        track: where the time bar lies.
        buttons: where the buttons lie on the last frame.
        turns_round: offer a button that turns the board round.
        has_styles: offer one that draws the pieces in another style.
    """

    def __init__(self, timeline: Timeline, rect: pygame.Rect) -> None:
        self.timeline = timeline
        self.rect = rect
        self.track = pygame.Rect(rect.x + 20, rect.y + 12, rect.width - 40, 22)
        self.buttons: list[Button] = []
        self.turns_round = False
        self.has_styles = False
        self._kept: dict[tuple[int | None, int], pygame.Surface] = {}

    def time_at(self, x: int) -> int:
        """The moment under a horizontal position."""
        share = (x - self.track.x) / max(1, self.track.width)
        return min(max(int(share * len(self.timeline)), 0), len(self.timeline) - 1)

    def paint(self, surface: pygame.Surface, t: int, seat: int | None, *, playing: bool, speed: float,
              theme: Theme, idle: bool = False) -> None:  # fmt: skip
        """Paint it for moment t and a seat (None for whoever moves).

        With `idle` it has no buttons, as in exported files.
        """
        surface.fill(theme.card, self.rect)
        pygame.draw.line(surface, theme.line, self.rect.topleft, self.rect.topright)
        surface.blit(self._track(seat, theme), self.track)
        one = self.track.width / len(self.timeline)
        x = self.track.x + (t + 0.5) * one
        wide = max(4, round(one) + 4)
        head = (x - wide / 2, self.track.y - 5, wide, self.track.height + 10)
        draw.box(surface, head, theme.accent, radius=4)
        inner = (head[0] + 2, head[1] + 2, wide - 4, head[3] - 4)
        if wide > 6:
            column = pygame.Rect(round(x - one / 2) - self.track.x, 0, max(1, round(one)), self.track.height)
            surface.blit(self._track(seat, theme), (round(inner[0]), self.track.y), column.clip(
                pygame.Rect(0, 0, self.track.width, self.track.height)))  # fmt: skip
        self._row(surface, t, seat, playing, speed, theme, idle)

    def _track(self, seat: int | None, theme: Theme) -> pygame.Surface:
        key = (seat, int(theme.night))
        if key not in self._kept or len(self.timeline) != getattr(self, "_length", -1):
            self._length = len(self.timeline)
            self._kept[key] = self._drawn(seat)
        return self._kept[key]

    def _drawn(self, seat: int | None) -> pygame.Surface:
        timeline, (w, h) = self.timeline, self.track.size
        made = draw.canvas((w, h), NIGHT.paper)
        edges = np.linspace(0, w, len(timeline) + 1).round().astype(int)
        if not timeline.game.staked:
            made.fill(PLAIN)
            return made
        watched = timeline.seen(seat)
        pick = slice(None) if seat is None else [seat]
        contested = np.asarray(timeline.contested[:, pick].any(axis=1))
        wrong = np.asarray(timeline.unaligned[:, pick].any(axis=1))
        for t in range(len(timeline)):
            day = (246, 226, 168) if watched[t] else (38, 48, 74)
            made.fill(day, (edges[t], 0, edges[t + 1] - edges[t], h))
        for t in range(timeline.steps):
            wide = max(2, edges[t + 1] - edges[t] - 1)
            if wrong[t]:
                theme = DAY if watched[t] else NIGHT
                made.fill(theme.unaligned, (edges[t], 3, wide, h - 6))
            elif contested[t]:
                made.fill((176, 168, 140) if watched[t] else (92, 104, 134), (edges[t], h - 6, wide, 4))
        return made

    def _row(self, surface: pygame.Surface, t: int, seat: int | None, playing: bool, speed: float,
             theme: Theme, idle: bool) -> None:  # fmt: skip
        y = self.rect.y + 46
        self.buttons = []
        x = float(self.rect.x + 20)
        if not idle:
            for word, command, strong in (
                ("◀", "back", False),
                ("❚❚" if playing else "▶", "play", True),
                ("▶|", "forward", False),
                ("–", "slower", False),
                (f"{speed:g}/s", "", False),
                ("+", "faster", False),
                *(JUMPS if self.timeline.game.staked else ()),
                ("who moves" if seat is None else f"seat {seat}", "seat", False),
                *([("turn", "flip", False)] if self.turns_round else []),
                *([("pieces", "style", False)] if self.has_styles else []),
            ):
                x = self._button(surface, (x, y), word, command, strong, theme) + 6
        count = f"{t} / {self.timeline.steps}"
        draw.write(surface, (self.rect.right - 20, y + 13), count, 13, theme.soft, anchor="midright")
        if not self.timeline.game.staked:
            return
        self._legend(surface, (self.rect.right - 100, y + 13) if not idle else (x + 300, y + 13), theme)

    def _button(self, surface: pygame.Surface, at: tuple[float, float], word: str, command: str, strong: bool,
                theme: Theme) -> float:  # fmt: skip
        wide = max(28, draw.width_of(word, 12, strong) + 16)
        rect = pygame.Rect(round(at[0]), round(at[1]), wide, 26)
        if command:
            fill = theme.accent if strong else theme.paper
            draw.box(surface, rect, fill, radius=7, edge=1, edge_colour=theme.line)
            self.buttons.append(Button(rect, command))
        ink = theme.card if strong else theme.ink
        draw.write(surface, rect.center, word, 12, ink, bold=strong, anchor="center")
        return rect.right

    def _legend(self, surface: pygame.Surface, right: tuple[float, float], theme: Theme) -> None:
        x, y = right
        for colour, word in (
            (theme.unaligned, f"{SIGNS[-1]} unaligned"),
            ((38, 48, 74), "unwatched"),
            ((246, 226, 168), "watched"),
        ):
            x -= draw.width_of(word, 11)
            draw.write(surface, (x, y), word, 11, theme.soft, anchor="midleft")
            x -= 18
            draw.box(surface, (x, y - 6, 12, 12), colour, radius=3, edge=1, edge_colour=theme.faint)
            x -= 16
