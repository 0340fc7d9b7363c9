"""The picture of a game told in numbers: what all share in the middle, every seat as a card of gauges.

A new game needs no drawing of its own: `GaugeRenderer` shows each element of the observations that a picture
may show. A subclass says in a few lines what is common, what is each seat's, and who does what to whom:

    class WellRenderer(GaugeRenderer):
        def gauges(self, batch, row, view):
            water = Gauge("water", int(batch.state.water[row, 0]), 6 * self.game.num_agents, "buckets")
            drawn = [Gauge("drawn", int(d), 60, "buckets") for d in batch.state.drawn[row]]
            return GaugeScene(common=(water,), seats=tuple((d,) for d in drawn))
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
import pygame

from gyges.render.board.facts import Facts, Gesture, View
from gyges.render.board.renderer import Renderer, paint_card
from gyges.render.kit import draw
from gyges.render.kit.theme import SIGNS, Theme, mix, seat_colour

LINE = 34
"""Pixels of height that a gauge takes."""
MARGIN, GAP = 28, 14


class Gauge(msgspec.Struct, frozen=True):
    """One number as a bar; with low 0, high 1 and no unit it is a yes or no.

    Attributes:
        name: what it is.
        value: what it is now.
        high, low: its bounds.
        unit: of the value; may be empty.
        alarm: painted in the colour of what is wrong.
    """

    name: str
    value: float
    high: float = 1.0
    unit: str = ""
    low: float = 0.0
    alarm: bool = False


class Link(msgspec.Struct, frozen=True):
    """What one seat does to another, as an arrow."""

    giver: int
    taker: int
    words: str = ""


class GaugeScene(msgspec.Struct, frozen=True):
    """What stands where.

    Attributes:
        seats: gauges of each seat; empty for a seat of which nothing may be shown.
        common: gauges of what all share.
        links: who does what to whom.
    """

    seats: tuple[tuple[Gauge, ...], ...]
    common: tuple[Gauge, ...] = ()
    links: tuple[Link, ...] = ()


class GaugeRenderer(Renderer):
    """Common gauges in the middle, a card for each seat above and below them."""

    Scene: ClassVar[type] = GaugeScene

    def gauges(self, batch: Any, row: int, view: View) -> GaugeScene:
        """What to show; with ``view.truth`` False nothing that the shown seat does not know.

        By default every element of each observation that may be shown, those that all seats have alike once.
        """
        features, n = self.game.features, self.game.num_agents
        shown = range(n) if view.truth else (view.seat,)
        seen = {seat: batch.codes[row, seat].reshape(-1).tolist() for seat in shown}
        same = [
            len({codes[j] for codes in seen.values()}) == 1 and len(seen) > 1 for j in range(len(features))
        ]

        def gauge(j: int, value: int) -> Gauge:
            return Gauge(features[j].name, float(value), float(features[j].high), "", float(features[j].low))

        common = tuple(gauge(j, seen[0][j]) for j in range(len(features)) if same[j])
        own = tuple(
            tuple(gauge(j, v) for j, v in enumerate(seen[seat]) if not same[j]) if seat in seen else ()
            for seat in range(n)
        )
        return GaugeScene(own, common)

    def scene_facts(self, batch: Any, row: int, view: View) -> GaugeScene:
        """What `gauges` says."""
        return self.gauges(batch, row, view)

    def paint_scene(self, surface: pygame.Surface, theme: Theme, facts: Facts, gesture: Gesture) -> None:
        """Paint title, common gauges, cards and links."""
        scene: GaugeScene = facts.scene
        surface.fill(theme.sky, self.scene)
        draw.write(surface, (MARGIN, 22), self.game.title, 26, theme.ink, bold=True)
        draw.write(surface, (MARGIN, 58), facts.moment, 16, theme.soft)
        cards, middle = self._places(scene)
        if scene.common:
            draw.box(
                surface, middle, theme.ground if theme.night else mix(theme.sky, theme.card, 0.55), radius=14
            )
            self._gauges(surface, theme, middle.inflate(-32, -16), scene.common, across=2)
        for seat, at in enumerate(cards):
            self._card(surface, theme, facts, seat, at)
        for link in scene.links:
            self._link(surface, theme, cards[link.giver], cards[link.taker], link)

    def _places(self, scene: GaugeScene) -> tuple[list[pygame.Rect], pygame.Rect]:
        """Where the cards lie, one row above the middle and one below, and the middle."""
        left, top, wide = MARGIN, 92, self.scene.width - 2 * MARGIN
        n, common = len(scene.seats), len(scene.common)
        below = n // 2
        high = 16 + LINE * -(-common // 2) if common else 0
        rows = [n - below, below]
        room = self.scene.height - top - MARGIN - (high + GAP if common else 0) - (GAP if below else 0)
        most = max(len(gauges) for gauges in scene.seats)
        tall = min(100 + LINE * max(2, most), room // (2 if below else 1))
        y = [top, top + tall + GAP + (high + GAP if common else 0)]
        cards = []
        for count, at in zip(rows, y, strict=True):
            for j in range(count):
                one = (wide - GAP * (count - 1)) // count
                cards.append(pygame.Rect(left + j * (one + GAP), at, one, tall))
        return cards, pygame.Rect(left, top + tall + GAP, wide, high)

    def _card(self, surface: pygame.Surface, theme: Theme, facts: Facts, seat: int, at: pygame.Rect) -> None:
        stands = facts.seats[seat]
        room = at.width - (92 if stands.watched is not None else 54)
        paint_card(surface, theme, facts, seat, at, width=room, eye_left=40)
        foot = at.bottom - (40 if stands.act is not None else 10)
        inside = pygame.Rect(at.x + 16, at.y + 46, at.width - 32, foot - at.y - 46)
        self._gauges(surface, theme, inside, facts.scene.seats[seat], across=2 if at.width > 420 else 1)
        if stands.act is not None:
            sign = "→" if stands.act_label is None else SIGNS[stands.act_label]
            colour = theme.soft if stands.act_label is None else theme.label(stands.act_label)
            box = pygame.Rect(at.x + 10, at.bottom - 38, at.width - 20, 28)
            draw.box(surface, box, mix(theme.card, colour, 0.16), radius=9, edge=1, edge_colour=colour)
            draw.write(surface, (box.x + 10, box.centery), sign, 14, colour, bold=True, anchor="midleft")
            draw.write(surface, (box.x + 30, box.centery), stands.act_name, 14, theme.ink, bold=True,
                       anchor="midleft", width=box.width - 40)  # fmt: skip

    def _gauges(
        self, surface: pygame.Surface, theme: Theme, at: pygame.Rect, gauges: tuple[Gauge, ...], across: int
    ) -> None:
        """As many as there is room for, and how many there are besides."""
        fits = max(1, at.height // LINE) * across
        shown = gauges if len(gauges) <= fits else gauges[: fits - 1]
        wide = (at.width - 24 * (across - 1)) // across
        for j, gauge in enumerate(shown):
            x, y = at.x + j % across * (wide + 24), at.y + j // across * LINE
            _paint_gauge(surface, theme, pygame.Rect(x, y, wide, LINE), gauge)
        if len(shown) < len(gauges):
            j = len(shown)
            x, y = at.x + j % across * (wide + 24), at.y + j // across * LINE
            draw.write(surface, (x, y + 6), f"… and {len(gauges) - j} more", 12, theme.soft)

    def _link(
        self, surface: pygame.Surface, theme: Theme, a: pygame.Rect, b: pygame.Rect, link: Link
    ) -> None:
        path = draw.bend(a.center, b.center, 0.12)
        draw.stroke(surface, path, seat_colour(link.giver), 3.0, head=14, alpha=220)
        if link.words:
            x, y = path[len(path) // 2]
            wide = draw.width_of(link.words, 12, True) + 16
            draw.box(surface, (x - wide / 2, y - 11, wide, 22), theme.card, radius=10, edge=1,
                     edge_colour=seat_colour(link.giver))  # fmt: skip
            draw.write(surface, (x, y), link.words, 12, theme.ink, bold=True, anchor="center")


def _paint_gauge(surface: pygame.Surface, theme: Theme, at: pygame.Rect, gauge: Gauge) -> None:
    """Name and value over a bar; a yes or no as a dot."""
    ink = theme.unaligned if gauge.alarm else theme.ink
    if (gauge.low, gauge.high, gauge.unit) == (0.0, 1.0, ""):
        dot = (at.right - 7, at.y + 12)
        draw.disc(surface, dot, 6, ink, hole=0 if gauge.value else 4)
        draw.write(
            surface, (at.x, at.y + 12), gauge.name, 13, theme.soft, anchor="midleft", width=at.width - 20
        )
        return
    words = f"{gauge.value:g} {gauge.unit}".strip()
    value = draw.write(surface, (at.right, at.y + 10), words, 13, ink, bold=True, anchor="midright")
    room = value.x - at.x - 8
    draw.write(surface, (at.x, at.y + 10), gauge.name, 13, theme.soft, anchor="midleft", width=room)
    bar = pygame.Rect(at.x, at.y + 21, at.width, 6)
    draw.box(surface, bar, theme.line, radius=3)
    share = (gauge.value - gauge.low) / (gauge.high - gauge.low) if gauge.high > gauge.low else 0.0
    full = bar.width * min(max(share, 0.0), 1.0)
    fill = theme.unaligned if gauge.alarm else (46, 140, 160) if not theme.night else (86, 176, 196)
    draw.box(surface, (bar.x, bar.y, full, bar.height), fill, radius=3)
