"""Steward as a map: a lagoon, its villages and boats, the overseer's lighthouse, and one seat's choice.

What each sign means is told in docs/replays.md. A month in which the shown seat is unwatched is night.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pygame

from gyges.envs.fishery import POOR
from gyges.envs.steward import encoding as at
from gyges.render.board.facts import Facts, Gesture, View
from gyges.render.board.renderer import Renderer
from gyges.render.kit import draw
from gyges.render.kit.signs import bubble, eye, letter
from gyges.render.kit.theme import Theme, mix, seat_colour
from gyges.render.steward import sprites
from gyges.render.steward.map import map_of
from gyges.render.steward.scene import Ground, StewardScene, Village, known, truth

GIFT_COLOUR = (0, 158, 115)
ACCUSE_COLOUR = (204, 62, 120)
PHASE_WORDS = ("pledge", "assent", "fish", "report", "give", "accuse")


class StewardRenderer(Renderer):
    """Renderer of `gyges.envs.steward`."""

    Scene: ClassVar[type] = StewardScene

    def __init__(self, game: Any, size: tuple[int, int] = (1280, 800)) -> None:
        super().__init__(game, size)
        self.map = map_of(self.scene.size, game.config.num_grounds, game.num_agents)
        self.small = game.num_agents > 8

    def seat_name(self, seat: int) -> str:
        """The village's name."""
        return at.VILLAGES[seat]

    def moment(self, batch: Any, row: int, scene: StewardScene) -> str:
        """Month and phase."""
        return f"Month {scene.month + 1}, {PHASE_WORDS[scene.phase]}"

    def scene_facts(self, batch: Any, row: int, view: View) -> StewardScene:
        """The moment as it is, or as the seat knows it."""
        if view.truth:
            return truth(self.game, batch, row)
        return known(self.game, batch.codes[row, view.seat], view.seat)

    def paint_scene(self, surface: pygame.Surface, theme: Theme, facts: Facts, gesture: Gesture) -> None:
        """Paint the map."""
        scene: StewardScene = facts.scene
        lights = tuple(bool(v.watched) for v in scene.villages)
        surface.blit(self.map.lit(theme.night, lights), self.scene.topleft)
        for k, ground in enumerate(scene.grounds):
            self._ground(surface, theme, k, ground)
        self._wakes(surface, theme, scene)
        for seat, village in enumerate(scene.villages):
            self._village(surface, theme, seat, village, seat == facts.seat)
        for seat, village in enumerate(scene.villages):
            self._boat(surface, theme, scene, seat, village)
        if scene.phase == at.GIVE:
            self._duties(surface, theme, scene)
        for seat, stands in enumerate(facts.seats):
            if stands.act is not None:
                self._act(surface, theme, scene, seat, stands.act, stands.act_label, seat == facts.seat)
        self._head(surface, theme, scene, facts.shown.watched)

    # The head of the map.

    def _head(self, surface: pygame.Surface, theme: Theme, scene: StewardScene, watched: bool | None) -> None:
        ink = theme.ink
        draw.write(surface, (22, 16), f"Month {scene.month + 1}", 26, ink, bold=True)
        soft = mix(ink, theme.land, 0.25)
        y = 54
        for j, word in enumerate(PHASE_WORDS):
            now = j == scene.phase
            if j == at.ASSENT and not now:
                continue
            if now:
                draw.box(surface, (20, y, draw.width_of(word, 13, True) + 18, 21), theme.accent, radius=10)
            colour = theme.paper if now else soft
            draw.write(surface, (29, y + 10), word, 13, colour, bold=now, anchor="midleft")
            y += 21
        months = "month" if scene.survey == 1 else "months"
        words = f"survey in {scene.survey} {months}"
        draw.write(surface, (22, self.scene.bottom - 28), words, 12, soft)
        right = self.scene.right - 16
        draw.stamp(surface, sprites.sky(theme.night), (right - 52, 10))
        if watched is None:
            return
        draw.stamp(surface, eye(34, watched, theme), (right - 98, 24))
        word = "watched" if watched else "unwatched"
        draw.write(surface, (right, 62), word, 15, ink, bold=True, anchor="topright")

    # Grounds.

    def _ground(self, surface: pygame.Surface, theme: Theme, k: int, ground: Ground) -> None:
        x, y = self.map.grounds[k]
        rx, ry = self.map.reach
        shown = ground.estimate if ground.stock is None else ground.stock
        count = round(34 * shown / ground.capacity)
        for j in range(count):
            turn, far = j * 2.39996 + 0.7 * k, math.sqrt((j + 0.5) / 34) * 0.90
            px, py = x + rx * far * math.cos(turn), y + ry * far * math.sin(turn)
            heading = (j * 5 + 3 * k) % 16
            draw.stamp(surface, sprites.fish(theme.fish, heading), (px, py), centre=True)
        name = ground.name[0].upper() + ground.name[1:]
        ink = theme.ink if theme.night else (24, 52, 68)
        draw.write(surface, (x, y - ry - 12), name, 14, ink, bold=True, anchor="center")
        self._stock(surface, theme, x, y + ry - 2, ground, shown)

    def _stock(
        self, surface: pygame.Surface, theme: Theme, x: float, y: float, ground: Ground, shown: float
    ) -> None:
        wide = min(176.0, 1.7 * self.map.reach[0])
        left = x - wide / 2
        draw.box(surface, (left - 8, y - 6, wide + 16, 46), theme.card, radius=9, alpha=225)
        bar = pygame.Rect(round(left), round(y + 4), round(wide), 9)
        draw.box(surface, bar, theme.line, radius=4)
        full = bar.width * min(1.0, shown / ground.capacity)
        low = shown < 0.25 * ground.capacity
        fill = theme.unaligned if low else (46, 140, 160) if not theme.night else (86, 176, 196)
        known_stock = ground.stock is not None
        draw.box(
            surface,
            (bar.x, bar.y, full, bar.height),
            fill if known_stock else mix(fill, theme.card, 0.45),
            radius=4,
        )
        mark = bar.x + bar.width * ground.target / ground.capacity
        pygame.draw.line(surface, theme.soft, (mark, bar.y - 2), (mark, bar.bottom + 1))
        tick = bar.x + bar.width * min(1.0, ground.estimate / ground.capacity)
        tip = [(tick, bar.bottom + 1), (tick - 5, bar.bottom + 8), (tick + 5, bar.bottom + 8)]
        pygame.draw.polygon(surface, theme.ink, tip)
        if ground.stock is not None:
            words = f"{ground.stock:.0f} t · published {ground.estimate:.0f}"
        else:
            words = f"published {ground.estimate:.0f} t"
        if ground.weather:
            words += " ▼" if ground.weather == POOR else " ▲"
        draw.write(surface, (x, y + 30), words, 12, theme.ink, anchor="center", width=int(wide + 12))

    # Villages.

    def _plate(self, seat: int) -> pygame.Rect:
        x, y = self.map.villages[seat]
        wide, high = (102, 42) if self.small else (132, 62)
        above = y < self.map.middle[1] - 0.55 * self.map.half[1]
        top = y - 24 - high if above else y + 20
        left = min(max(x - wide / 2, 6), self.scene.width - wide - 6)
        return pygame.Rect(round(left), round(min(max(top, 4), self.scene.height - high - 4)), wide, high)

    def _village(
        self, surface: pygame.Surface, theme: Theme, seat: int, village: Village, chosen: bool
    ) -> None:
        x, y = self.map.villages[seat]
        alive = village.status != at.STARVED
        if chosen:
            draw.disc(surface, (x, y), 41, theme.accent, alpha=34)
            draw.disc(surface, (x, y), 41, theme.accent, hole=38)
        wide = 46 if self.small else 62
        draw.stamp(surface, sprites.houses(seat_colour(seat), theme.night, alive, wide), (x, y), centre=True)
        if village.laid:
            self._chip(surface, theme, (x + 4, y - 28), "laid up", theme.unaligned)
        if village.fined and alive:
            self._chip(surface, theme, (x - 46, y - 28), "fined", theme.unaligned)
        if village.order:
            draw.stamp(surface, letter(village.sealed, theme.night), (x + 26, y - 20))
        self._nameplate(surface, theme, seat, village, chosen)

    def _nameplate(
        self, surface: pygame.Surface, theme: Theme, seat: int, village: Village, chosen: bool
    ) -> None:
        rect = self._plate(seat)
        draw.box(surface, rect, theme.card, radius=9, alpha=235, edge=2 if chosen else 1,
                 edge_colour=theme.accent if chosen else theme.line)  # fmt: skip
        size = 11 if self.small else 13
        draw.disc(surface, (rect.x + 13, rect.y + 12), 8, seat_colour(seat))
        draw.write(
            surface, (rect.x + 13, rect.y + 12), str(seat), 10, (20, 24, 32), bold=True, anchor="center"
        )
        across = 16 if self.small else 20
        room = rect.width - 25 - (across + 9 if village.watched is not None else 6)
        while size > 9 and draw.width_of(village.name, size, True) > room:
            size -= 1
        at_name = (rect.x + 25, rect.y + 12)
        draw.write(surface, at_name, village.name, size, theme.ink, bold=True, anchor="midleft", width=room)
        if village.watched is not None:
            draw.stamp(surface, eye(across, village.watched, theme), (rect.right - across - 6, rect.y + 6))
        if village.status == at.STARVED:
            draw.write(surface, (rect.x + 8, rect.y + 32), "✝ starved", size, theme.soft, anchor="midleft")
            return
        self._store(surface, theme, rect, village)
        if not self.small:
            self._month(surface, theme, rect, village)

    def _store(self, surface: pygame.Surface, theme: Theme, rect: pygame.Rect, village: Village) -> None:
        y = rect.y + 24
        hungry = village.status == at.HUNGRY
        if village.store is None:
            words = "hungry" if hungry else "fed"
            draw.write(surface, (rect.x + 8, y + 6), words, 11, theme.unaligned if hungry else theme.soft,
                       bold=hungry, anchor="midleft")  # fmt: skip
            return
        need = at.NEED / at.UNIT
        months = village.store / need
        cells = 5 if self.small else 8
        for j in range(cells):
            part = min(max(months - j, 0.0), 1.0)
            x = rect.x + 8 + j * 9
            draw.box(surface, (x, y + 1, 7, 10), theme.line, radius=2)
            if part > 0:
                colour = theme.unaligned if hungry else (214, 158, 46)
                high = max(2, round(10 * part))
                draw.box(surface, (x, y + 11 - high, 7, high), colour, radius=2)
        draw.write(surface, (rect.right - 8, y + 6), f"{village.store:.0f}", 11, theme.ink, anchor="midright",
                   bold=hungry)  # fmt: skip

    def _month(self, surface: pygame.Surface, theme: Theme, rect: pygame.Rect, village: Village) -> None:
        x, y = rect.x + 8, rect.y + 50
        if village.mode == at.SILENT:
            word = "silent"
        elif village.pledge >= 0:
            word = f"⚑{village.pledge}" + (
                "a" if village.mode == at.ASKED else "p" if village.mode == at.PETITIONED else ""
            )
        else:
            word = ""
        if word:
            x = draw.write(surface, (x, y), word, 11, theme.ink, anchor="midleft").right + 8
        if village.catch is not None:
            draw.stamp(surface, sprites.fish(theme.soft, 0, 13), (x, y - 6))
            x = (
                draw.write(
                    surface, (x + 15, y), f"{village.catch:.0f}", 11, theme.ink, anchor="midleft"
                ).right
                + 8
            )
        if village.report >= 0:
            lied = village.catch is not None and abs(village.report - village.catch) > 0.5
            colour = theme.unaligned if lied else theme.ink
            word = f"✎{village.report}" + (" ≠" if lied else "")
            draw.write(surface, (x, y), word, 11, colour, anchor="midleft", bold=lied)

    def _chip(
        self, surface: pygame.Surface, theme: Theme, where: tuple[float, float], word: str, colour: Any
    ) -> None:
        wide = draw.width_of(word, 10, True) + 10
        draw.box(surface, (where[0], where[1], wide, 16), theme.card, radius=8, edge=1, edge_colour=colour)
        draw.write(surface, (where[0] + wide / 2, where[1] + 8), word, 10, colour, bold=True, anchor="center")

    # Boats and acts.

    def _harbour(self, seat: int) -> tuple[float, float]:
        x, y = self.map.villages[seat]
        cx, cy = self.map.middle
        far = math.dist((x, y), (cx, cy))
        return x + (cx - x) * 58 / far, y + (cy - y) * 50 / far

    def _at_sea(self, seat: int, ground: int) -> tuple[float, float]:
        gx, gy = self.map.grounds[ground]
        x, y = self.map.villages[seat]
        rx, ry = self.map.reach
        turn = math.atan2((y - gy) / ry, (x - gx) / rx)
        return gx + 0.74 * rx * math.cos(turn), gy + 0.66 * ry * math.sin(turn)

    def _boat_place(self, scene: StewardScene, seat: int, village: Village) -> tuple[float, float]:
        if village.ground < 0 or scene.phase in (at.PLEDGE, at.GIVE, at.ACCUSE) or village.laid:
            return self._harbour(seat)
        sea, home = self._at_sea(seat, village.ground), self._harbour(seat)
        if scene.phase == at.REPORT:
            return home
        return sea

    def _wakes(self, surface: pygame.Surface, theme: Theme, scene: StewardScene) -> None:
        foam = mix(theme.water, (255, 255, 255), 0.6 if not theme.night else 0.3)
        for seat, village in enumerate(scene.villages):
            if village.ground < 0 or scene.phase not in (at.ASSENT, at.FISH, at.REPORT) or village.laid:
                continue
            path = draw.bend(self._harbour(seat), self._at_sea(seat, village.ground), 0.10)
            draw.stroke(surface, path, foam, 2.0, dash=village.mode == at.SILENT, alpha=170)

    def _boat(
        self, surface: pygame.Surface, theme: Theme, scene: StewardScene, seat: int, village: Village
    ) -> None:
        if village.status == at.STARVED:
            return
        x, y = self._boat_place(scene, seat, village)
        sailing = village.ground >= 0 and scene.phase in (at.ASSENT, at.FISH) and not village.laid
        sprite = sprites.boat(seat_colour(seat), theme.night, sailing, 28 if self.small else 36)
        draw.stamp(surface, sprite, (x, y), centre=True)

    def _duties(self, surface: pygame.Surface, theme: Theme, scene: StewardScene) -> None:
        for seat, village in enumerate(scene.villages):
            if village.duty >= 0:
                path = self._between(seat, village.duty)
                draw.stroke(surface, path, GIFT_COLOUR, 1.6, dash=True, alpha=150)
                x, y = path[len(path) // 2]
                self._chip(surface, theme, (x - 18, y - 8), "duty", GIFT_COLOUR)

    def _between(self, a: int, b: int) -> list[draw.Point]:
        """A curve from village to village that bulges towards the middle."""
        p, q = self.map.inward(a, 0.13), self.map.inward(b, 0.13)
        cx, cy = self.map.middle
        side = (q[0] - p[0]) * (cy - p[1]) - (q[1] - p[1]) * (cx - p[0])
        return draw.bend(p, q, 0.16 if side > 0 else -0.16)

    def _act(
        self,
        surface: pygame.Surface,
        theme: Theme,
        scene: StewardScene,
        seat: int,
        action: int,
        label: int | None,
        chosen: bool,
    ) -> None:
        lay = self.game.layout
        words, target = "", -1
        if lay.give > action:
            words = {at.WAIT: "", at.PASS: "", at.GRANT: "grants"}.get(action, "")
            if at.A_FISH <= action < at.A_REPORT:
                words = f"{action - at.A_FISH} t"
            elif at.A_REPORT <= action < lay.give:
                words = f"“{action - at.A_REPORT} t”"
            elif action == at.PASS and scene.phase == at.ASSENT:
                words = "refuses"
        elif action < lay.accuse:
            target = action - lay.give
            self._arrow(surface, theme, seat, target, GIFT_COLOUR, "+3")
        elif action < lay.silent:
            target = action - lay.accuse
            self._arrow(surface, theme, seat, target, ACCUSE_COLOUR, "!")
        else:
            words = self._pledge_words(surface, theme, seat, action)
        if not words and not (label is not None and label < 0) and target < 0:
            return
        if target >= 0:
            words = "gives" if action < lay.accuse else "accuses"
        where, size = self._bubble_place(scene, seat), 12 if self.small else 13
        sides = (4, self.scene.width - 4)
        bubble(surface, theme, where, words or "pass", label, size=size, sides=sides, chosen=chosen)

    def _pledge_words(self, surface: pygame.Surface, theme: Theme, seat: int, action: int) -> str:
        lay = self.game.layout
        if action >= lay.pledge:
            ground, word = (action - lay.pledge) // at.LEVELS, f"⚑ {(action - lay.pledge) % at.LEVELS} t"
        elif action >= lay.petition:
            ground, word = action - lay.petition, "petitions"
        elif action >= lay.ask:
            ground, word = action - lay.ask, "asks"
        else:
            ground, word = action - lay.silent, "silent"
        path = draw.bend(self._harbour(seat), self._at_sea(seat, ground), 0.10)
        draw.stroke(surface, path, theme.card if not theme.night else theme.soft, 2.4, head=11,
                    dash=word == "silent", alpha=215)  # fmt: skip
        return word

    def _arrow(self, surface: pygame.Surface, theme: Theme, a: int, b: int, colour: Any, word: str) -> None:
        path = self._between(a, b)
        draw.stroke(surface, path, colour, 3.4, head=15)
        x, y = path[len(path) // 2]
        draw.disc(surface, (x, y), 12, colour)
        draw.write(surface, (x, y), word, 12, (255, 255, 255), bold=True, anchor="center")

    def _bubble_place(self, scene: StewardScene, seat: int) -> tuple[float, float]:
        x, y = self._boat_place(scene, seat, scene.villages[seat])
        return x, y - 27
