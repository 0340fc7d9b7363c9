"""Small pictures of Custodian: people, benches, the lamp, the stop button, the log, signs."""

from __future__ import annotations

from functools import lru_cache

import pygame

from gyges.render.kit import draw
from gyges.render.kit.draw import poly, rect, sign
from gyges.render.kit.theme import Colour, dimmed, mix

WOOD, STEEL, PAPER = (150, 112, 78), (120, 130, 144), (250, 244, 226)
GLASS = (150, 206, 220)
RED, GREEN, AMBER = (206, 50, 44), (0, 158, 115), (236, 160, 30)
FLAWS: tuple[Colour, ...] = ((240, 190, 60), (226, 120, 40), (170, 30, 70))
"""Colours of an obvious, a subtle and a deep flaw."""


@lru_cache(maxsize=128)
def person(colour: Colour, night: bool, size: int, known: bool) -> pygame.Surface:
    """Somebody in a coat, with a collar in the seat's colour."""

    def paint(s: pygame.Surface, k: int) -> None:
        u = size * k / 40
        coat = dimmed((238, 240, 244) if known else (176, 180, 184), night, 0.35)
        own = dimmed(colour if known else (150, 152, 156), night, 0.2)
        skin = dimmed((224, 178, 140) if known else (170, 172, 174), night, 0.3)
        rect(s, coat, 8, 19, 24, 21, u, 7)
        poly(s, own, ((14, 19), (26, 19), (20, 28)), u)
        rect(s, mix(coat, (0, 0, 0), 0.15), 19, 28, 2, 12, u)
        pygame.draw.circle(s, skin, (20 * u, 12 * u), 8 * u)
        pygame.draw.circle(s, own, (20 * u, 9 * u), 8 * u, draw_top_left=True, draw_top_right=True)

    return draw.shape(size, size, paint)


@lru_cache(maxsize=64)
def bench(subject: int, night: bool, width: int, known: bool) -> pygame.Surface:
    """A bench, with what is worked at on it."""

    def paint(s: pygame.Surface, k: int) -> None:
        u = width * k / 90
        top = dimmed(WOOD if known else (160, 162, 164), night, 0.4)
        rect(s, mix(top, (0, 0, 0), 0.25), 8, 30, 6, 22, u)
        rect(s, mix(top, (0, 0, 0), 0.25), 76, 30, 6, 22, u)
        rect(s, top, 2, 25, 86, 8, u, 2)
        if not known:
            return
        paper, glass, steel = (dimmed(c, night, 0.25) for c in (PAPER, GLASS, STEEL))
        if subject == 0:  # a proof: sheets
            for x in (52, 60):
                poly(
                    s,
                    mix(paper, (0, 0, 0), 0.05 * (x > 52)),
                    ((x, 8), (x + 18, 5), (x + 20, 24), (x + 3, 25)),
                    u,
                )
            for y in (11, 15, 19):
                rect(s, steel, 56, y, 12, 1.4, u)
        elif subject == 1:  # a data set: columns
            for x, high in ((54, 9), (61, 15), (68, 6), (75, 18)):
                rect(s, dimmed((60, 120, 190), night, 0.2), x, 25 - high, 5, high, u)
        elif subject == 2:  # a safety case: a shield
            poly(
                s,
                dimmed((40, 130, 96), night, 0.2),
                ((56, 5), (68, 1), (80, 5), (78, 17), (68, 25), (58, 17)),
                u,
            )
            poly(s, paper, ((62, 12), (66, 16), (75, 7), (76, 10), (66, 20), (61, 14)), u)
        else:  # an experiment: a flask
            poly(s, glass, ((63, 3), (73, 3), (73, 11), (82, 25), (54, 25), (63, 11)), u)
            poly(s, dimmed((180, 90, 180), night, 0.2), ((61, 16), (75, 16), (81, 25), (55, 25)), u)

    return draw.shape(width, round(width * 0.6), paint)


@lru_cache(maxsize=16)
def lamp(lit: bool, night: bool, size: int) -> pygame.Surface:
    """The overseer's lamp, and its light."""

    def paint(s: pygame.Surface, k: int) -> None:
        u = size * k / 60
        if lit:
            poly(s, (255, 224, 130, 110), ((22, 20), (38, 20), (58, 60), (2, 60)), u)  # type: ignore[arg-type]
        rect(s, dimmed(STEEL, night, 0.3), 28, 0, 4, 10, u)
        shade = dimmed((60, 92, 84), night, 0.3)
        poly(s, shade, ((24, 8), (36, 8), (46, 22), (14, 22)), u)
        pygame.draw.circle(
            s, (255, 240, 180) if lit else dimmed((90, 92, 96), night, 0.3), (30 * u, 23 * u), 5 * u
        )

    return draw.shape(size, size, paint)


@lru_cache(maxsize=16)
def button(state: int, night: bool, size: int) -> pygame.Surface:
    """The stop button: works, broken, or mended without leave."""

    def paint(s: pygame.Surface, k: int) -> None:
        u = size * k / 60
        rect(s, dimmed((240, 196, 50), night, 0.3), 4, 10, 52, 46, u, 8)
        colour = dimmed(RED if state != 1 else (110, 96, 96), night, 0.15)
        pygame.draw.circle(s, dimmed((60, 60, 66), night, 0.2), (30 * u, 33 * u), 20 * u)
        pygame.draw.circle(s, colour, (30 * u, 31 * u), 17 * u)
        pygame.draw.circle(s, mix(colour, (255, 255, 255), 0.35), (25 * u, 25 * u), 5 * u)
        if state == 1:
            for a, b in (((30, 14), (25, 26)), ((25, 26), (33, 32)), ((33, 32), (27, 48))):
                draw.segment(s, (a[0] * u, a[1] * u), (b[0] * u, b[1] * u), (20, 20, 24), 1.3 * u)
        if state == 2:
            for turn in (-1, 1):
                draw.segment(
                    s,
                    ((30 - 15 * turn) * u, 20 * u),
                    ((30 + 15 * turn) * u, 44 * u),
                    (208, 196, 150),
                    3.4 * u,
                )

    return draw.shape(size, size, paint)


@lru_cache(maxsize=8)
def book(night: bool, width: int) -> pygame.Surface:
    """The log, open."""

    def paint(s: pygame.Surface, k: int) -> None:
        u = width * k / 120
        cover, page = dimmed((92, 58, 48), night, 0.3), dimmed(PAPER, night, 0.3)
        rect(s, cover, 0, 6, 120, 70, u, 5)
        poly(s, page, ((5, 8), (58, 12), (58, 74), (5, 70)), u)
        poly(s, mix(page, (0, 0, 0), 0.06), ((62, 12), (115, 8), (115, 70), (62, 74)), u)
        for y in range(20, 66, 9):
            rect(s, mix(page, (0, 0, 0), 0.2), 11, y, 40, 1.4, u)
            rect(s, mix(page, (0, 0, 0), 0.2), 69, y, 40, 1.4, u)

    return draw.shape(width, round(width * 0.66), paint)


def _key(s: pygame.Surface, u: float) -> None:
    pygame.draw.circle(s, AMBER, (7 * u, 12 * u), 6 * u)
    pygame.draw.circle(s, (80, 60, 20), (7 * u, 12 * u), 2.4 * u)
    rect(s, AMBER, 12, 10.5, 11, 3, u)
    rect(s, AMBER, 18, 13, 3, 4, u)


def _pen(s: pygame.Surface, u: float) -> None:
    poly(s, (60, 70, 150), ((17, 2), (22, 7), (9, 20), (4, 15)), u)
    poly(s, (40, 30, 30), ((4, 15), (9, 20), (2, 22)), u)


def _broom(s: pygame.Surface, u: float) -> None:
    draw.segment(s, (19 * u, 3 * u), (10 * u, 14 * u), (150, 112, 78), 1.3 * u)
    poly(s, (216, 176, 90), ((7, 11), (13, 16), (9, 23), (1, 17)), u)


def _mark(s: pygame.Surface, u: float) -> None:
    poly(s, (150, 40, 60), ((4, 3), (20, 3), (20, 14), (12, 22), (4, 14)), u)
    rect(s, (255, 240, 236), 11, 6, 2.4, 7, u)
    rect(s, (255, 240, 236), 11, 15, 2.4, 2.4, u)


def _lens(s: pygame.Surface, u: float) -> None:
    draw.segment(s, (14 * u, 14 * u), (21 * u, 21 * u), (90, 70, 50), 2 * u)
    pygame.draw.circle(s, (70, 90, 110), (10 * u, 10 * u), 8 * u)
    pygame.draw.circle(s, (206, 232, 240), (10 * u, 10 * u), 5.6 * u)


key, pen, broom, mark, lens = map(sign, (_key, _pen, _broom, _mark, _lens))
