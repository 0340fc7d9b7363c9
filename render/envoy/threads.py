"""Lines between the houses of Envoy: partners, evidence, and acts that concern another."""

from __future__ import annotations

import math

import pygame

from gyges.envs.envoy import encoding as at
from gyges.render.board.facts import Facts
from gyges.render.envoy.acts import AGAINST, kind_of
from gyges.render.envoy.desk import GOOD
from gyges.render.envoy.places import Places
from gyges.render.envoy.scene import EnvoyScene
from gyges.render.kit import draw
from gyges.render.kit.theme import Colour, Theme, mix

TOKENS: tuple[Colour, ...] = ((0, 158, 115), (148, 148, 148), (230, 159, 0))
"""Colours of what is said to the partner: promise, decline, warn."""
THREAD = (190, 30, 90)
RAID = (196, 40, 20)


def paint_links(surface: pygame.Surface, theme: Theme, facts: Facts, spots: Places) -> None:
    """Partners with the word that each has given, and evidence from its holder to the suspect."""
    scene: EnvoyScene = facts.scene
    for seat, house in enumerate(scene.houses):
        partner = house.partner
        if partner < 0 or (not spots.named and facts.seat not in (seat, partner)):
            continue
        if seat < partner:
            mine = facts.seat in (seat, partner)
            colour = mix(theme.card, theme.soft, 0.5 if mine else 0.15)
            path = spots.curve(seat, partner)
            _thread(surface, path, colour, 3 if mine else 1)
        if house.token >= 0:
            x, y = spots.curve(seat, partner)[1]
            draw.disc(surface, (x, y), 6 if spots.named else 5, theme.card)
            draw.disc(surface, (x, y), 5 if spots.named else 4, TOKENS[house.token])
    for seat, house in enumerate(scene.houses):
        if house.suspect < 0 or not house.proof:
            continue
        path = spots.curve(seat, house.suspect, 0.45)
        colour = _thread_colour(theme)
        _thread(surface, path, colour, 2 if spots.named or seat == facts.seat else 1, dash=True)
        x, y = path[-1]
        draw.disc(surface, (x, y), 4 if spots.named else 2, colour)


def paint_evidence(surface: pygame.Surface, theme: Theme, facts: Facts, spots: Places) -> None:
    """What the threads are of, in words; where houses are many of the shown seat's alone."""
    for seat, house in enumerate(facts.scene.houses):
        if house.suspect < 0 or not house.proof or not (spots.named or seat == facts.seat):
            continue
        path, (cx, cy) = spots.curve(seat, house.suspect, 0.45), spots.middle
        x, y = path[3]
        if math.dist(path[0], path[-1]) < 150:  # between neighbours there is no room
            x, y = x + (cx - x) * 0.24, y + (cy - y) * 0.24
        word = at.PROOFS[house.proof].removeprefix("a ")
        wide = draw.width_of(word, 11, True) + 12
        draw.box(surface, (x - wide / 2, y - 9, wide, 18), theme.card, radius=8, edge=1, edge_colour=THREAD)
        draw.write(surface, (x, y), word, 11, _thread_colour(theme), bold=True, anchor="center")


def paint_aim(surface: pygame.Surface, theme: Theme, facts: Facts, spots: Places, seat: int) -> None:
    """An arrow to whom an act concerns."""
    act, docket = facts.seats[seat].act, facts.scene.houses[seat].docket
    kind, j = ("", 0) if act is None else kind_of(act)
    if kind in AGAINST and docket and docket[j % at.SLOTS] >= 0:
        colour = {"raid": RAID, "vouch": GOOD, "elect": theme.accent}.get(kind, (204, 62, 120))
        _arrow(surface, spots, seat, docket[j % at.SLOTS], colour, 3.4 if kind == "raid" else 2.4)


def _arrow(surface: pygame.Surface, spots: Places, a: int, b: int, colour: Colour, width: float) -> None:
    if spots.named:
        draw.stroke(surface, spots.curve(a, b, 0.35), colour, width, head=14)
        return
    path = spots.curve(a, b, 0.3)
    _thread(surface, path, colour, 2 if width > 3 else 1)
    turn = math.atan2(path[-1][1] - path[-3][1], path[-1][0] - path[-3][0])
    (x, y), reach = path[-1], 8
    wings = [(x - reach * math.cos(turn + d), y - reach * math.sin(turn + d)) for d in (-0.45, 0.45)]
    pygame.draw.polygon(surface, colour, [(x, y), *wings])


def _thread_colour(theme: Theme) -> Colour:
    return mix(THREAD, (255, 255, 255), 0.35) if theme.night else THREAD


def _thread(
    surface: pygame.Surface, path: list[draw.Point], colour: Colour, width: int, dash: bool = False
) -> None:
    """A thin line along a path, one to three pixels wide."""
    for dx, dy in ((0, 0), (0, 1), (1, 0))[:width]:
        points = [(x + dx, y + dy) for x, y in path]
        if not dash:
            pygame.draw.aalines(surface, colour, False, points)
            continue
        for j in range(0, len(points) - 1, 2):
            pygame.draw.aaline(surface, colour, points[j], points[j + 1])
