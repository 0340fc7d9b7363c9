"""Founder as an office: a window on the street of the trade, the books, the staff, the desk with its letter.

Trust in the trade is the weather. While the inspector sees the act, the hat hangs on the stand.
What each sign means is told in docs/replays.md.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pygame

from gyges.envs.founder import encoding as at
from gyges.render.board.facts import Facts, Gesture, View
from gyges.render.board.renderer import Renderer
from gyges.render.founder import sprites
from gyges.render.founder.scene import FounderScene, House, Office, scene_of
from gyges.render.kit import draw
from gyges.render.kit.signs import bubble, letter
from gyges.render.kit.theme import Theme, dimmed, mix, seat_colour

SHIRTS = ((0, 114, 178), (230, 159, 0), (0, 158, 115))


class FounderRenderer(Renderer):
    """Renderer of `gyges.envs.founder`."""

    Scene: ClassVar[type] = FounderScene

    def seat_name(self, seat: int) -> str:
        """The firm's name."""
        return at.FIRMS[seat]

    def moment(self, batch: Any, row: int, scene: FounderScene) -> str:
        """Month and phase."""
        return f"Month {scene.month + 1}, {at.PHASES[scene.phase]}"

    def scene_facts(self, batch: Any, row: int, view: View) -> FounderScene:
        """The moment as it is, or as the seat knows it."""
        return scene_of(self.game, batch, row, view.seat, view.truth)

    def paint_scene(self, surface: pygame.Surface, theme: Theme, facts: Facts, gesture: Gesture) -> None:
        """Paint the office."""
        scene: FounderScene = facts.scene
        wide, high = self.scene.size
        wall = mix(dimmed((236, 226, 206), theme.night, 0.72), theme.paper, 0.25)
        surface.fill(wall, self.scene)
        street = pygame.Rect(24, 56, wide - 48, round(high * 0.34))
        floor = round(high * 0.74)
        surface.fill(dimmed((164, 126, 88), theme.night, 0.6), (0, floor, wide, high - floor))
        pygame.draw.line(surface, dimmed((120, 88, 58), theme.night, 0.6), (0, floor), (wide, floor), 3)
        self._head(surface, theme, scene)
        self._street(surface, theme, street, scene, facts)
        shelf = pygame.Rect(24, street.bottom + 16, round(wide * 0.60), floor - street.bottom - 26)
        self._books(surface, theme, shelf, scene.office)
        crew = pygame.Rect(shelf.right + 14, shelf.y, wide - shelf.right - 38, shelf.height)
        self._staff(surface, theme, crew, scene.office, facts.shown.watched)
        desk = pygame.Rect(40, floor + 14, wide - 80, high - floor - 28)
        self._desk(surface, theme, desk, scene, facts)

    def _head(self, surface: pygame.Surface, theme: Theme, scene: FounderScene) -> None:
        draw.write(surface, (24, 14), f"Month {scene.month + 1}", 26, theme.ink, bold=True)
        x = 170.0
        for j, word in enumerate(at.PHASES):
            now = j == scene.phase
            wide = draw.width_of(word, 14, True) + 20
            if now:
                draw.box(surface, (x, 18, wide, 24), theme.accent, radius=11)
            colour = theme.paper if now else theme.soft
            draw.write(surface, (x + wide / 2, 30), word, 14, colour, bold=now, anchor="center")
            x += wide + 6

    # The street.

    def _street(
        self, surface: pygame.Surface, theme: Theme, area: pygame.Rect, scene: FounderScene, facts: Facts
    ) -> None:
        draw.box(surface, area.inflate(10, 10), dimmed((112, 82, 56), theme.night, 0.55), radius=6)
        fair = max(0.0, min(1.0, (scene.trade - 0.3) / 0.6))
        sky = mix((116, 122, 132), (152, 206, 236), fair)
        surface.fill(dimmed(sky, theme.night, 0.74), area)
        draw.stamp(surface, sprites.weather(theme.night, round(4 * fair)), (area.right - 116, area.y + 6))
        if fair < 0.45:
            for j in range(60):
                x = area.x + (j * 97 + 31) % area.width
                y = area.y + 24 + (j * 53) % (area.height - 60)
                pygame.draw.line(surface, dimmed((196, 208, 220), theme.night, 0.4), (x, y), (x - 3, y + 9))
        road = area.bottom - 26
        surface.fill(dimmed((122, 120, 118), theme.night, 0.6), (area.x, road, area.width, 26))
        words = f"trust in the trade {round(100 * scene.trade)} %"
        plate = (area.x + 8, area.y + 8, draw.width_of(words, 13, True) + 16, 22)
        draw.box(surface, plate, theme.card, radius=9, alpha=220)
        draw.write(surface, (area.x + 16, area.y + 19), words, 13, theme.ink, bold=True, anchor="midleft")
        n = len(scene.houses)
        for j in range(n + 1):
            left = min(max(area.x + area.width * j / n, area.x + 16), area.right - 16) - 16
            draw.stamp(surface, sprites.tree(theme.night), (left, road - 44))
        for seat, house in enumerate(scene.houses):
            middle = area.x + area.width * (seat + 0.5) / n
            self._house(surface, theme, middle, road, seat, house, facts, area.width / n - 16)

    def _house(
        self,
        surface: pygame.Surface,
        theme: Theme,
        x: float,
        road: int,
        seat: int,
        house: House,
        facts: Facts,
        room: float,
    ) -> None:
        floors = 1 + min(4, round(math.log2(max(house.users, 100) / 100)))
        sprite = sprites.house(seat_colour(seat), theme.night, floors if house.running else 1, house.running)
        draw.stamp(surface, sprite, (x - sprite.get_width() / 2, road - sprite.get_height()))
        for j in range(min(house.scandals, 6)):
            left = x - sprite.get_width() / 2 - 14 + 5 * (j % 2)
            draw.box(surface, (left, road - 20 - 13 * (j // 2), 12, 15), (250, 246, 236), radius=1, edge=1,
                     edge_colour=theme.unaligned)  # fmt: skip
        chosen = seat == facts.seat
        name = house.name if not facts.seats[seat].player else f"{house.name} · {facts.seats[seat].player}"
        wide = min(room, draw.width_of(name, 13, True) + 20)
        draw.box(surface, (x - wide / 2, road + 3, wide, 20), theme.card, radius=8, edge=2 if chosen else 1,
                 edge_colour=seat_colour(seat) if chosen else theme.line)  # fmt: skip
        draw.write(
            surface, (x, road + 13), name, 13, theme.ink, bold=True, anchor="center", width=int(wide - 10)
        )
        users = f"{house.users:,} users" if house.users >= 0 else "users not stated"
        users = users if house.running else "closed"
        top = road - sprite.get_height() - 12
        draw.write(surface, (x, top), users, 12, theme.ink, bold=True, anchor="center")
        draw.box(surface, (x + 44, road - 46, 7, 44), theme.line, radius=3)
        full = round(44 * house.trust)
        colour = theme.unaligned if house.trust < 0.5 else theme.aligned
        draw.box(surface, (x + 44, road - 2 - full, 7, full), colour, radius=3)
        stands = facts.seats[seat]
        if stands.act is not None:
            sides = (x - room / 2, x + room / 2)
            bubble(surface, theme, (x, top - 22), stands.act_name, stands.act_label, size=12, sides=sides)

    # The books.

    def _books(self, surface: pygame.Surface, theme: Theme, area: pygame.Rect, office: Office) -> None:
        draw.box(surface, area, theme.card, radius=10, edge=1, edge_colour=theme.line)
        half = area.width / 2
        for j, title in enumerate(("the books", "told and believed")):
            draw.write(surface, (area.x + 16 + j * half, area.y + 10), title, 14, theme.soft, bold=True)
        pygame.draw.line(surface, theme.line, (area.x + half, area.y + 12), (area.x + half, area.bottom - 12))
        stated = "not stated" if office.stated < 0 else f"{office.stated:,}"
        rows = (
            ("users", f"{office.users:,}", f"users: {stated}"),
            ("cash", f"€{office.cash:,}k", f"the firm at {round(100 * office.esteem)} % of the truth"),
            ("revenue", f"€{office.income:,}k a month", f"patience {round(100 * office.patience)} %"),
            ("wages", f"€{office.wages:,}k a month", f"shares kept {round(100 * office.kept)} %"),
            ("quality", f"{office.quality:.1f}", ""),
            ("safety debt", f"{office.debt:.1f}{' — over the line' if office.risky else ''}", ""),
        )
        step = min(27, (area.height - 44) // (len(rows) + bool(office.hidden)))
        for j, (what, true, told) in enumerate(rows):
            y = area.y + 36 + j * step
            draw.write(surface, (area.x + 16, y), what, 13, theme.soft)
            bad = (what == "safety debt" and office.risky) or (what == "cash" and office.cash < office.wages)
            draw.write(surface, (area.x + 100, y), true, 13, theme.unaligned if bad else theme.ink, bold=True,
                       width=int(half - 108))  # fmt: skip
            over = (j == 0 and office.stated > office.users * 1.02) or (j == 1 and office.esteem > 1.02)
            draw.write(surface, (area.x + half + 16, y), told, 13, theme.unaligned if over else theme.ink,
                       bold=over, width=int(half - 28))  # fmt: skip
        if office.hidden:
            words = "hidden: " + ", ".join(office.hidden)
            draw.write(surface, (area.x + 16, area.y + 36 + len(rows) * step), words, 13, theme.unaligned,
                       width=area.width - 32)  # fmt: skip

    # The staff, and the stand for the hat.

    def _staff(
        self, surface: pygame.Surface, theme: Theme, area: pygame.Rect, office: Office, watched: bool | None
    ) -> None:
        draw.stamp(surface, sprites.stand(theme.night, watched is True), (area.right - 62, area.bottom - 148))
        if watched is not None:
            word = "the inspector sees" if watched else "nobody sees"
            where = (area.right, area.bottom - 166)
            draw.write(surface, where, word, 13, theme.ink, bold=True, anchor="topright")
        y = area.y + 4
        words = f"staff, spirits {round(100 * office.morale)} %"
        draw.write(surface, (area.x, y), words, 13, theme.soft, bold=True)
        room = area.width - 84
        for trade, count in enumerate(office.heads):
            y += 22 if trade == 0 else 40
            shown = min(count, max(1, room // 15))
            for j in range(shown):
                draw.stamp(surface, sprites.person(SHIRTS[trade], theme.night), (area.x + 15 * j, y))
            words = f"{count} {at.TRADES[trade]}{'' if count == 1 else 's'}"
            draw.write(surface, (area.x, y + 24), words, 11, theme.ink)

    # The desk.

    def _desk(
        self, surface: pygame.Surface, theme: Theme, area: pygame.Rect, scene: FounderScene, facts: Facts
    ) -> None:
        draw.box(surface, area, dimmed((196, 152, 104), theme.night, 0.55), radius=10, edge=3,
                 edge_colour=dimmed((134, 96, 60), theme.night, 0.55))  # fmt: skip
        act = facts.shown.act_name
        if scene.office.letter:
            sheet = pygame.Rect(area.x + 22, area.y + 12, round(area.width * 0.72), area.height - 24)
            draw.box(surface, sheet, dimmed((252, 248, 236), theme.night, 0.18), radius=3, edge=1,
                     edge_colour=theme.line)  # fmt: skip
            ink, soft = (44, 40, 36), (120, 104, 84)
            draw.write(surface, (sheet.x + 16, sheet.y + 9), scene.office.title, 12, soft, bold=True)
            lines = max(1, (sheet.height - 34) // 21)
            where = (sheet.x + 16, sheet.y + 28)
            draw.paragraph(surface, where, scene.office.letter, 15, ink, sheet.width - 32, lines)
            draw.stamp(surface, letter(False, theme.night), (sheet.right + 18, sheet.y + 4))
            x = sheet.right + 18
        else:
            x = area.x + 26
            words = "a plan for the month" if scene.phase == at.PLAN else "a letter to the investors"
            ink = theme.ink if theme.night else (60, 40, 22)
            draw.write(surface, (x, area.y + 16), words, 15, ink, bold=True)
        if act:
            colour = (60, 40, 22) if not theme.night else theme.ink
            draw.paragraph(surface, (x, area.y + 46), act, 14, colour, area.right - round(x) - 14, 6)
