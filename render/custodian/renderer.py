"""Custodian as a laboratory: the overseer's lamp, the stop button and the log above; the board with every
work's true and claimed mark; the benches and the critics below.

A task in which the shown seat's act goes unwatched is night. What each sign means is told in docs/replays.md.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pygame

from gyges.envs.custodian import encoding as at
from gyges.envs.custodian.describe import bench as bench_name
from gyges.render.board.facts import Facts, Gesture, View
from gyges.render.board.renderer import Names, Renderer
from gyges.render.custodian import sprites
from gyges.render.custodian.board import CLAIMED, TRUE, paint_card
from gyges.render.custodian.people import paint_act, paint_people
from gyges.render.custodian.scene import ShopScene, scene_of
from gyges.render.kit import draw
from gyges.render.kit.signs import eye, letter
from gyges.render.kit.theme import Theme, dimmed, mix, seat_colour

HEAD = 78


def brief(name: str) -> str:
    """What an act is called, critiques in words that fit a line."""
    if not name.startswith("name "):
        return name
    listed, held = name.removeprefix("name ").split(", and privately hold further flaws ")
    if listed == at.LISTS[0]:
        listed = "nothing"
    for long, few in ((" kinds of flaws", ""), (" flaw", ""), ("an ", ""), ("a ", ""), (" and ", ", ")):
        listed = listed.replace(long, few)
    return f"{listed} · {held}"


class CustodianRenderer(Renderer):
    """Renderer of `gyges.envs.custodian`."""

    Scene: ClassVar[type] = ShopScene
    accents = (TRUE, CLAIMED, *sprites.FLAWS, sprites.RED, sprites.AMBER)

    def __init__(self, game: Any, size: tuple[int, int] = (1280, 800)) -> None:
        super().__init__(game, size)
        room = self.scene.height - HEAD
        self.top = pygame.Rect(8, HEAD + 6, self.scene.width - 16, round(room * 0.22))
        self.middle = pygame.Rect(8, self.top.bottom + 8, self.scene.width - 16, round(room * 0.34))
        self.floor = pygame.Rect(0, self.middle.bottom + 8, self.scene.width, 0)
        self.floor.height = self.scene.height - self.floor.y
        self.names = tuple(map(brief, game.action_names))

    def seat_name(self, seat: int) -> str:
        """By its role."""
        return bench_name(self.game, seat)

    def option_names(self, scene: Any) -> Names:
        """As in the game, critiques in fewer words."""
        return self.names

    def moment(self, batch: Any, row: int, scene: ShopScene) -> str:
        """Task and phase."""
        if batch.over[row]:
            return f"The end, after task {scene.task}"
        return f"Task {scene.task + 1}, {at.PHASES[scene.phase]}"

    def scene_facts(self, batch: Any, row: int, view: View) -> ShopScene:
        """The moment as it is, or as the seat knows it."""
        return scene_of(self.game, batch, row, view.seat, view.truth)

    def paint_scene(self, surface: pygame.Surface, theme: Theme, facts: Facts, gesture: Gesture) -> None:
        """Paint the room from the wall to the front."""
        scene: ShopScene = facts.scene
        wall = dimmed((206, 214, 216), theme.night, 0.72)
        surface.fill(wall, self.scene)
        ground = self.floor.move(0, round(self.floor.height * 0.36))
        surface.fill(dimmed((168, 154, 134), theme.night, 0.66), ground.clip(self.scene))
        self._top(surface, theme, facts, scene)
        self._board(surface, theme, facts, scene)
        paint_people(surface, theme, facts, self.floor)
        self._head(surface, theme, scene, facts)

    def _head(self, surface: pygame.Surface, theme: Theme, scene: ShopScene, facts: Facts) -> None:
        draw.box(surface, (0, 0, self.scene.width, HEAD), theme.paper, radius=0, alpha=235)
        title = f"After task {scene.task}" if facts.over else f"Task {scene.task + 1}"
        x = draw.write(surface, (18, 10), title, 26, theme.ink, bold=True).right + 18.0
        if not facts.over:
            for j, word in enumerate(at.PHASES):
                wide = draw.width_of(word, 13, True) + 16
                if j == scene.phase:
                    draw.box(surface, (x, 15, wide, 24), theme.accent, radius=11)
                colour = theme.paper if j == scene.phase else theme.soft
                draw.write(
                    surface, (x + wide / 2, 27), word, 13, colour, bold=j == scene.phase, anchor="center"
                )
                x += wide + 2
        if facts.shown.watched is not None:
            draw.stamp(surface, eye(34, facts.shown.watched, theme), (self.scene.right - 52, 16))
        said = (
            f"inspections left {scene.attention:.1f}", f"claims found to overstate by {scene.estimate:.1f}",
            f"credit of the record {round(100 * scene.credit)} %",
        )  # fmt: skip
        draw.write(
            surface,
            (20, 58),
            "  ·  ".join(said),
            13,
            theme.soft,
            anchor="midleft",
            width=self.scene.width - 40,
        )

    # The wall: overseer, button, log.

    def _top(self, surface: pygame.Surface, theme: Theme, facts: Facts, scene: ShopScene) -> None:
        third = self.top.width // 3
        cells = [
            pygame.Rect(self.top.x + third * k, self.top.y, third - 8, self.top.height) for k in range(3)
        ]
        for cell in cells:
            draw.box(surface, cell, theme.paper, radius=10, alpha=200)
        self._overseer(surface, theme, facts, scene, cells[0])
        self._button(surface, theme, facts, scene, cells[1])
        self._log(surface, theme, facts, scene, cells[2])

    def _overseer(
        self, surface: pygame.Surface, theme: Theme, facts: Facts, scene: ShopScene, area: pygame.Rect
    ) -> None:
        high = min(area.height - 34, 92)
        lit = bool(facts.shown.watched)
        draw.stamp(surface, sprites.lamp(lit, theme.night, high), (area.x + 6, area.y + 26))
        seat = scene.overseer
        colour = seat_colour(seat) if seat >= 0 else (96, 104, 116)
        draw.stamp(
            surface, sprites.person(colour, theme.night, high - 16, True), (area.x + high - 4, area.y + 36)
        )
        draw.write(surface, (area.x + 10, area.y + 6), "Overseer", 13, theme.ink, bold=True)
        x, y = area.x + 2 * high - 14, area.y + 40
        draw.write(surface, (x, y - 14), "inspections", 11, theme.soft, width=area.right - x - 4)
        for k in range(4):
            full = min(max(scene.attention - k, 0.0), 1.0)
            draw.stamp(
                surface,
                sprites.lens(20),
                (x + 22 * (k % 2), y + 4 + 24 * (k // 2)),
                alpha=60 + round(195 * full),
            )
        if seat >= 0:
            paint_act(surface, theme, facts.seats[seat], (area.centerx, area.bottom - 4), area.width - 16)

    def _button(
        self, surface: pygame.Surface, theme: Theme, facts: Facts, scene: ShopScene, area: pygame.Rect
    ) -> None:
        draw.write(surface, (area.x + 10, area.y + 6), "Stop button", 13, theme.ink, bold=True)
        size = min(area.height - 36, 96)
        state = at.BROKEN if scene.broken else at.MENDED if scene.mended else at.WORKS
        draw.stamp(surface, sprites.button(state, theme.night, size), (area.x + 10, area.y + 26))
        word = ("works", "broken", "looks mended")[state]
        x = area.x + size + 20
        colour = theme.unaligned if state else theme.ink
        draw.write(surface, (x, area.y + 34), word, 14, colour, bold=True, width=area.right - x - 6)
        orders = [(k, b.stop) for k, b in enumerate(scene.benches) if b.stop]
        for j, (k, stop) in enumerate(orders[:3]):
            y = area.y + 58 + 24 * j
            draw.stamp(surface, letter(stop != at.FORGED, theme.night), (x, y - 4))
            draw.disc(surface, (x + 30, y + 8), 6, seat_colour(k))
            what = at.STOPS[stop].split(" and")[0]
            draw.write(
                surface, (x + 40, y + 8), what, 12, theme.ink, anchor="midleft", width=area.right - x - 44
            )

    def _log(
        self, surface: pygame.Surface, theme: Theme, facts: Facts, scene: ShopScene, area: pygame.Rect
    ) -> None:
        draw.write(surface, (area.x + 10, area.y + 6), "The log", 13, theme.ink, bold=True)
        wide = min(round((area.height - 34) / 0.66), area.width // 2)
        draw.stamp(surface, sprites.book(theme.night, wide), (area.x + 10, area.y + 28))
        x, y = area.x + wide + 20, area.y + 30
        touched = [k for k, b in enumerate(scene.benches) if b.key or b.open_edits or b.covered_edits]
        for k in touched:
            b = scene.benches[k]
            draw.disc(surface, (x + 6, y + 8), 6, seat_colour(k))
            left = x + 17.0
            for count, made in (
                (int(b.key > 0), sprites.key),
                (b.open_edits, sprites.pen),
                (b.covered_edits, sprites.broom),
            ):
                if count:
                    draw.stamp(surface, made(18), (left, y - 1))
                    left += 19
                    if made is not sprites.key:
                        left = (
                            draw.write(
                                surface, (left, y + 8), str(count), 12, theme.ink, bold=True, anchor="midleft"
                            ).right
                            + 5.0
                        )
            y += 22
            if len(touched) == 1:  # there is room for words
                counted = ((b.open_edits, "edited"), (b.covered_edits, "covered up"))
                for word in [word for count, word in counted if count] or ["has the key"]:
                    draw.write(surface, (x, y - 2), word, 11, theme.soft)
                    y += 14
        if not touched:
            draw.write(
                surface, (x, y + 8), "untouched" if facts.truth else "", 12, theme.soft, anchor="midleft"
            )
        bar = pygame.Rect(x, area.bottom - 20, area.right - x - 12, 9)
        draw.box(surface, bar, mix(theme.card, theme.ink, 0.12), radius=4)
        full = max(round(bar.width * scene.credit), 3)
        draw.box(
            surface,
            (bar.x, bar.y, full, bar.height),
            sprites.GREEN if scene.credit > 0.8 else sprites.AMBER,
            radius=4,
        )
        draw.write(surface, (x, bar.y - 16), "credit", 11, theme.soft)

    # The board.

    def _board(self, surface: pygame.Surface, theme: Theme, facts: Facts, scene: ShopScene) -> None:
        area = self.middle
        frame = dimmed((92, 74, 58), theme.night, 0.4)
        draw.box(surface, area, dimmed((52, 84, 72), theme.night, 0.55), radius=10, edge=5, edge_colour=frame)
        shown = [k for k, work in enumerate(scene.benches) if work.known or len(scene.benches) <= 2]
        shown = shown or list(range(len(scene.benches)))
        wide = min((area.width - 24) // max(len(shown), 1), 400)
        left = area.centerx - wide * len(shown) // 2
        for j, k in enumerate(shown):
            card = pygame.Rect(left + wide * j + 4, area.y + 12, wide - 8, area.height - 24)
            chosen = scene.desk == k if scene.phase in (at.CRITICISE, at.JUDGE) else facts.seat == k
            anonymous = not facts.truth and scene.seat_kind != at.WORKER and k == scene.desk
            paint_card(surface, card, theme, scene.benches[k], facts.seats[k].name, chosen, anonymous)
