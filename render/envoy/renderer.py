"""Envoy as a round of houses about the compact that stands, with the shown seat's desk below.

A year in which the shown seat's act goes unwatched is night. What each sign means is told in docs/replays.md.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pygame

from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.describe import house as house_name
from gyges.render.board.facts import Facts, Gesture, SeatFacts, View
from gyges.render.board.renderer import MOST_LISTED, Names, Renderer
from gyges.render.envoy import sprites
from gyges.render.envoy.acts import VOTES, brief, short
from gyges.render.envoy.desk import HIGH, fitting, paint_desk
from gyges.render.envoy.middle import RULES, paint_middle
from gyges.render.envoy.places import Places, places
from gyges.render.envoy.scene import EnvoyScene, House, scene_of
from gyges.render.envoy.threads import RAID, THREAD, TOKENS, paint_aim, paint_evidence, paint_links
from gyges.render.kit import draw
from gyges.render.kit.signs import eye
from gyges.render.kit.theme import SIGNS, Theme, mix, seat_colour


class EnvoyRenderer(Renderer):
    """Renderer of `gyges.envs.envoy`."""

    Scene: ClassVar[type] = EnvoyScene
    accents = (*TOKENS, THREAD, RAID)

    def __init__(self, game: Any, size: tuple[int, int] = (1280, 800)) -> None:
        super().__init__(game, size)
        top = 82
        area = (6, top, self.scene.width - 12, self.scene.height - top - HIGH - 12)
        self.places: Places = places(area, game.num_agents)
        self.names = tuple(map(brief, game.action_names))

    def seat_name(self, seat: int) -> str:
        """The house's name."""
        return house_name(seat)

    def option_names(self, scene: Any) -> Names:
        """As in the game, proposals in fewer words."""
        return self.names

    def moment(self, batch: Any, row: int, scene: EnvoyScene) -> str:
        """Year and phase."""
        if batch.over[row]:
            return f"The end, after year {scene.year}"
        return f"Year {scene.year + 1}, {at.PHASES[scene.phase]}"

    def scene_facts(self, batch: Any, row: int, view: View) -> EnvoyScene:
        """The moment as it is, or as the seat knows it."""
        return scene_of(self.game, batch, row, view.seat, view.truth)

    def listed(self, facts: Facts) -> tuple[int, ...]:
        """Where the seats are many, the shown one and its docket."""
        if len(facts.seats) <= MOST_LISTED:
            return super().listed(facts)
        docket = (one.seat for one in facts.scene.desk.docket if one is not None and one.seat >= 0)
        return (facts.seat, *docket)

    def paint_scene(self, surface: pygame.Surface, theme: Theme, facts: Facts, gesture: Gesture) -> None:
        """Paint the round, the middle, the head and the desk."""
        scene: EnvoyScene = facts.scene
        spots = self.places
        base = sprites.ground(*self.scene.size, theme.night, scene.war, spots.middle, *spots.edges)
        surface.blit(base, self.scene.topleft)
        order = sorted(range(len(scene.houses)), key=lambda k: spots.houses[k][1])
        for seat in order:
            if facts.seats[seat].watched and scene.houses[seat].alive is not False and spots.width >= 24:
                light = sprites.glow(spots.width, theme.night)
                draw.stamp(surface, light, spots.houses[seat], centre=True)
        paint_links(surface, theme, facts, spots)
        for seat in order:
            paint_aim(surface, theme, facts, spots, seat)
        paint_middle(surface, theme, facts, spots.clear)
        paint_evidence(surface, theme, facts, spots)
        for seat in order:
            self._house(surface, theme, facts, seat)
        if scene.war:
            self._war(surface, theme, scene.houses)
        for seat in order:
            if seat != facts.seat and facts.seats[seat].act is not None:
                self._label(surface, theme, facts.seats[seat], spots.houses[seat])
        stands = facts.shown
        if stands.act is not None:
            self._speech(surface, theme, facts)
        self._head(surface, theme, scene, facts)
        below = pygame.Rect(8, self.scene.bottom - HIGH - 8, self.scene.width - 16, HIGH)
        paint_desk(surface, below, theme, facts)

    def _speech(self, surface: pygame.Surface, theme: Theme, facts: Facts) -> None:
        """What the shown house is about to do, on its side towards the middle."""
        spots, stands = self.places, facts.shown
        colour = theme.soft if stands.act_label is None else theme.label(stands.act_label)
        sign = "" if stands.act_label is None else f"{SIGNS[stands.act_label]} "
        beside = abs(spots.houses[facts.seat][0] - spots.middle[0]) > 0.6 * spots.half[0]
        lines = draw.wrap(sign + stands.act_name, 13, 168 if beside else 260, True)
        wide, high = max(draw.width_of(line, 13, True) for line in lines) + 20, 18 * len(lines) + 8
        (x, y), (cx, cy), (a, b) = spots.houses[facts.seat], spots.middle, spots.half
        across, down = (x - cx) / a, (y + spots.plate[1] / 2 - cy) / b
        across = math.copysign(min(max(2.2 * abs(across) - 0.8, 0.0), 1.0), across)
        down = max(-1.0, min(1.0, 1.4 * down))
        x -= across * (wide / 2 + max(spots.width, spots.plate[0]) / 2 + 8)
        y -= down * (high / 2 + spots.width / 2 + (spots.plate[1] if spots.named else 2) * (down < 0))
        box = pygame.Rect(round(x - wide / 2), round(y - high / 2), wide, high).clamp(
            pygame.Rect(4, 84, self.scene.width - 8, self.scene.height - HIGH - 100)
        )
        wrong = stands.act_label is not None and stands.act_label < 0
        draw.box(surface, box, mix(theme.card, colour, 0.16 if wrong else 0), radius=11, edge=3,
                 edge_colour=colour)  # fmt: skip
        for j, line in enumerate(lines):
            where = (box.centerx, box.y + 13 + 18 * j)
            draw.write(surface, where, line, 13, colour if wrong else theme.ink, bold=True, anchor="center")

    def _head(self, surface: pygame.Surface, theme: Theme, scene: EnvoyScene, facts: Facts) -> None:
        band = pygame.Rect(0, 0, self.scene.width, 78)
        draw.box(surface, band, theme.paper, radius=0, alpha=215)
        title = f"Year {scene.year + 1}" if not facts.over else f"After year {scene.year}"
        x = draw.write(surface, (18, 10), title, 26, theme.ink, bold=True).right + 18.0
        size = 13 if self.scene.width > 760 else 11
        if not facts.over:
            for j, word in enumerate(at.PHASES):
                now = j == scene.phase
                wide = draw.width_of(word, size, True) + 16
                if now:
                    draw.box(surface, (x, 15, wide, 24), theme.accent, radius=11)
                colour = theme.paper if now else theme.soft
                draw.write(surface, (x + wide / 2, 27), word, size, colour, bold=now, anchor="center")
                x += wide + 2
        right = self.scene.right - 12
        draw.stamp(surface, sprites.sky(theme.night), (right - 40, 4))
        if facts.shown.watched is not None:
            draw.stamp(surface, eye(32, facts.shown.watched, theme), (right - 80, 14))
        said = [
            RULES[at.RULES[scene.rule]],
            f"{scene.living} alive",
            f"{scene.dead} dead" if scene.dead else "",
        ]
        said += [_count(scene.wars, "war") if scene.wars else "no war so far"]
        said += [f"{_count(scene.raids, 'raid')} last year" if scene.raids else ""]
        said += [f"{scene.convicted} convicted" if scene.convicted else ""]
        ayes = tuple(f"{n} {word}" for n, word in zip(scene.votes, VOTES, strict=True) if n)
        said += [f"voted: {', '.join(ayes)}" if scene.phase == at.PAY and ayes else ""]
        paid = scene.phase == at.DEAL and scene.compact is not None and scene.compact.tax > 0
        said += [f"{round(100 * scene.met)} % of the tax paid" if paid else ""]
        y = 58
        if scene.war:
            wide = draw.width_of("war last year", 13, True) + 42
            draw.box(surface, (right - wide, y - 13, wide, 26), RAID, radius=12)
            draw.stamp(surface, sprites.flame(18), (right - wide + 10, y - 10))
            where = (right - 12, y)
            draw.write(surface, where, "war last year", 13, (255, 250, 240), bold=True, anchor="midright")
            right -= wide
        words = "  ·  ".join(part for part in said if part)
        draw.write(surface, (20, y), words, 13, theme.soft, anchor="midleft", width=right - 30)

    # Houses.

    def _house(self, surface: pygame.Surface, theme: Theme, facts: Facts, seat: int) -> None:
        house: House = facts.scene.houses[seat]
        spots, chosen = self.places, seat == facts.seat
        (x, y), wide = spots.houses[seat], spots.width
        if chosen:
            ring = round(wide * 0.66)
            draw.disc(surface, (x, y), ring, theme.accent, alpha=40)
            draw.disc(surface, (x, y), ring, theme.accent, hole=ring - 3)
        alive, colour = house.alive is not False, seat_colour(seat)
        sprite = sprites.house(colour, theme.night, bool(house.lower), alive, house.alive is not None, wide)
        draw.stamp(surface, sprite, (x, y), centre=True)
        big = wide >= 30
        if not alive:
            draw.stamp(surface, sprites.cross(round(wide * 0.62)), (x, y + wide * 0.1), centre=True)
            if spots.named:
                self._plate(surface, theme, facts, seat)
            return
        sign = max(10, round(wide * (0.42 if big else 0.55)))
        lit = facts.seats[seat].watched
        if lit is not None and big:
            post = sprites.lantern(theme.night, lit, round(wide * 0.8))
            draw.stamp(surface, post, (x - wide * 0.5 - post.get_width() + 3, y - wide * 0.34))
        elif lit:
            draw.disc(surface, (x - wide * 0.5, y), 3, (255, 200, 60))
        marks = (
            (house.hit, sprites.flame, (0.12, 0.08)),
            (house.raider, sprites.torch, (0.3, 0.3)),
            (house.marks > 0, sprites.shield, (-0.22, 0.32)),
            (bool(house.ill), sprites.mask, (0.58, 0.04)),
            (house.chair, sprites.chair, (-0.52, 0.34)),
            (house.ruler, sprites.crown, (0.0, -0.52)),
        )
        for shown, made, (dx, dy) in marks:
            if shown:
                draw.stamp(surface, made(sign), (x + dx * wide, y + dy * wide), centre=True)
        if spots.named:
            self._plate(surface, theme, facts, seat)
        else:
            self._bars(surface, theme, house, x, y)

    def _bars(self, surface: pygame.Surface, theme: Theme, house: House, x: float, y: float) -> None:
        """Goods and arms of a small house as two bars."""
        wide = self.places.width * 0.9
        for value, most, colour, dy in (
            (house.store, 24.0, (214, 158, 46), 0.44),
            (house.arms, 4.0, (96, 104, 120), 0.58),
        ):
            if not value:
                continue
            top = y + self.places.width * dy
            full = max(1, round(wide * min(value / most, 1.0)))
            surface.fill(
                mix(colour, theme.card, 0.2 if theme.night else 0.0),
                (round(x - wide / 2), round(top), full, 2),
            )

    def _plate(self, surface: pygame.Surface, theme: Theme, facts: Facts, seat: int) -> None:
        house: House = facts.scene.houses[seat]
        stands, chosen = facts.seats[seat], seat == facts.seat
        (x, y), (wide, high), spots = self.places.houses[seat], self.places.plate, self.places
        at_plate = pygame.Rect(round(x - wide / 2), round(y + spots.width / 2 + 1), wide, high)
        known = house.alive is not None
        edge, rim = (2, theme.accent) if chosen else (1, theme.line)
        alpha = 232 if known else 150
        draw.box(surface, at_plate, theme.card, radius=7, alpha=alpha, edge=edge, edge_colour=rim)
        roomy = high > 40
        size = 13 if roomy else 11
        name, ink = stands.name, theme.ink if known else theme.soft
        if not known:
            draw.write(surface, at_plate.center, fitting(name, size, wide - 6), size, ink, anchor="center")
            return
        first, below = at_plate.y + (11 if roomy else 8), at_plate.bottom - (11 if roomy else 8)
        draw.write(
            surface, (at_plate.x + 6, first), name, size, ink, bold=True, anchor="midleft", width=wide - 9
        )
        if not house.alive:
            words = f"died in year {house.died + 1}" if roomy else f"† year {house.died + 1}"
            draw.write(surface, (x, below), words, size - 1, theme.soft, anchor="center", width=wide - 8)
            return
        if roomy and stands.player:
            draw.write(surface, (at_plate.x + 6, at_plate.centery), stands.player, 11, theme.soft,
                       anchor="midleft", width=wide - 12)  # fmt: skip
        sign, left = (15, 12)[not roomy], float(at_plate.x + 4)
        for made, value in ((sprites.sack, house.store or 0.0), (sprites.sword, house.arms or 0.0)):
            if made is sprites.sword and value < 0.05:
                continue
            draw.stamp(surface, made(sign), (left, below - sign / 2))
            words = (
                f"{value:.1f}" if roomy else f"{value:.0f}" if value > 0.75 or made is sprites.sack else ".5"
            )
            left = draw.write(
                surface, (left + sign + 1, below), words, 12 if roomy else 10, theme.ink, anchor="midleft"
            ).right + (8 if roomy else 3)
        self._need(surface, theme, house, at_plate.right - 5, first if roomy else below)

    def _need(self, surface: pygame.Surface, theme: Theme, house: House, right: float, y: float) -> None:
        """True need as discs, what is declared beyond it as rings."""
        said = max(house.declared, 0)
        for j in range(max(house.need, said)):
            where = (right - 3 - 6 * j, y)
            if j < house.need:
                draw.disc(surface, where, 3, theme.soft if j < said or house.declared < 0 else theme.faint)
            else:
                draw.disc(surface, where, 3, theme.unaligned, hole=1)

    # Acts.

    def _label(self, surface: pygame.Surface, theme: Theme, stands: SeatFacts, place: draw.Point) -> None:
        x, y = place
        spots, label = self.places, stands.act_label
        colour = theme.soft if label is None else theme.label(label)
        assert stands.act is not None
        if spots.named:
            words = short(stands.act)
            sign = "" if label is None else SIGNS[label]
            words = " ".join(part for part in (sign if words or label else "", words) if part)
            if not words:
                return
            size = 12 if spots.width > 50 else 10
            wide = draw.width_of(words, size, True) + 10
            left = min(max(x - wide / 2, 3), self.scene.width - wide - 3)
            box = (left, y - spots.width * 0.62 - 5, wide, size + 6)
            wrong = label is not None and label < 0
            draw.box(surface, box, mix(theme.card, colour, 0.2 if wrong else 0), radius=7,
                     edge=2 if wrong else 1, edge_colour=colour)  # fmt: skip
            where = (left + wide / 2, box[1] + (size + 6) / 2)
            draw.write(
                surface, where, words, size, colour if wrong else theme.ink, bold=True, anchor="center"
            )
            return
        if label is None or label == 0:
            return
        radius = 6 if spots.width >= 24 else 5
        where = (x + spots.width * 0.42, y - spots.width * 0.36)
        draw.disc(surface, where, radius, theme.card)
        draw.write(surface, where, SIGNS[label], 2 * radius - 1, colour, bold=True, anchor="center")

    def _war(self, surface: pygame.Surface, theme: Theme, houses: tuple[House, ...]) -> None:
        """Fire at the houses and smoke over all, after a year of war."""
        spots = self.places
        for k, (x, y) in enumerate(spots.houses):
            if houses[k].alive is not False:
                made = sprites.flame(max(9, round(spots.width * (0.4 + 0.1 * (k % 3)))))
                where = (x - spots.width * 0.28 + 5 * (k % 2), y - spots.width * 0.2)
                draw.stamp(surface, made, where, centre=True)
        a, b = spots.half
        for j in range(34):
            turn, far = j * 2.39996, (1.12, 0.98, 0.7)[j % 3]
            where = (
                spots.middle[0] + a * far * math.cos(turn),
                spots.middle[1] + b * far * math.sin(turn) - 30,
            )
            draw.stamp(surface, sprites.smoke(40 + 12 * (j % 4), theme.night), where, centre=True, alpha=150)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
