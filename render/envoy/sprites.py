"""Small pictures of Envoy: houses, lanterns, signs on houses, the scroll."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pygame

from gyges.render.envoy.places import oval
from gyges.render.kit import draw
from gyges.render.kit.draw import poly, rect, sign
from gyges.render.kit.theme import Colour, dimmed, mix

STONE, STRAW, DOOR = (214, 206, 192), (212, 176, 96), (92, 66, 46)
MIST = (176, 180, 178)


@lru_cache(maxsize=512)
def house(colour: Colour, night: bool, lower: bool, alive: bool, known: bool, width: int) -> pygame.Surface:
    """A house: of the upper town tall with tiles, of the lower one low with straw; dark where dead."""

    def paint(s: pygame.Surface, k: int) -> None:
        u = width * k / 48
        pygame.draw.ellipse(s, (0, 0, 0, 50), (2 * u, 39 * u, 44 * u, 8 * u))
        wall = dimmed((236, 222, 192) if lower else STONE, night, 0.5)
        roof = STRAW if lower else mix(colour, (120, 60, 40), 0.12)
        glass, door = (255, 214, 120) if night else (122, 134, 146), colour if lower else DOOR
        roof, door = dimmed(roof, night, 0.35), dimmed(door, night, 0.35)
        if not known:
            wall, roof = dimmed(mix(MIST, (255, 255, 255), 0.35), night, 0.72), dimmed(MIST, night, 0.68)
            glass = door = dimmed(mix(MIST, (0, 0, 0), 0.22), night, 0.7)
        if not alive:
            wall, roof = dimmed((96, 92, 90), night, 0.5), dimmed((66, 62, 62), night, 0.5)
            glass = door = dimmed((40, 38, 40), night, 0.4)
        shade = mix(roof, (0, 0, 0), 0.2)
        if lower:
            rect(s, wall, 7, 25, 34, 18, u)
            poly(s, roof, ((2, 28), (11, 12), (37, 12), (46, 28)), u)
            poly(s, shade, ((29, 12), (37, 12), (46, 28), (36, 28)), u)
            rect(s, door, 20, 31, 8, 12, u)
            for x in (10, 32):
                rect(s, glass, x, 32, 6, 5, u)
            return
        rect(s, wall, 9, 18, 30, 25, u)
        rect(s, dimmed((150, 132, 118), night, 0.5), 31, 4, 5, 12, u)
        poly(s, roof, ((5, 20), (24, 2), (43, 20)), u)
        poly(s, shade, ((24, 2), (43, 20), (31, 20)), u)
        rect(s, door, 20, 32, 8, 11, u)
        for x, y in ((12, 24), (30, 24), (12, 34), (30, 34), (21, 24)):
            rect(s, glass, x, y, 6, 5, u)

    return draw.shape(width, width, paint)


def _flame(s: pygame.Surface, u: float) -> None:
    poly(s, (220, 70, 20), ((12, 1), (18, 9), (21, 15), (18, 22), (6, 22), (3, 15), (7, 10), (9, 12)), u)
    poly(s, (250, 170, 40), ((12, 9), (16, 15), (15, 21), (8, 21), (7, 16)), u)


def _torch(s: pygame.Surface, u: float) -> None:
    draw.segment(s, (12 * u, 22 * u), (12 * u, 11 * u), (92, 62, 40), 1.8 * u)
    poly(s, (204, 52, 30), ((12, 0), (17, 7), (15, 12), (9, 12), (7, 7)), u)
    poly(s, (250, 176, 50), ((12, 5), (14, 9), (13, 12), (11, 12), (10, 9)), u)


def _crown(s: pygame.Surface, u: float) -> None:
    gold = (236, 178, 30)
    poly(s, (120, 84, 10), ((1, 5), (7, 12), (12, 2), (17, 12), (23, 5), (21, 21), (3, 21)), u)
    poly(s, gold, ((3, 9), (7, 14), (12, 5), (17, 14), (21, 9), (19.5, 19.5), (4.5, 19.5)), u)
    for x in (8, 12, 16):
        pygame.draw.circle(s, (190, 40, 50), (x * u, 17 * u), 1.3 * u)


def _chair(s: pygame.Surface, u: float) -> None:
    wood = (128, 84, 44)
    for x, y, w, h in ((5, 1, 3, 22), (5, 12, 14, 3), (16, 12, 3, 11), (5, 3, 3, 9)):
        rect(s, wood, x, y, w, h, u)
    rect(s, (184, 44, 52), 8, 9.5, 11, 3, u)


def _mask(s: pygame.Surface, u: float) -> None:
    """A mask: the principal puts nothing on others."""
    ink = (36, 22, 40)
    pygame.draw.circle(s, (246, 238, 240), (12 * u, 12 * u), 12 * u)
    pygame.draw.circle(s, (150, 20, 60), (12 * u, 12 * u), 11 * u)
    pygame.draw.circle(s, (246, 238, 240), (12 * u, 12 * u), 9.6 * u)
    poly(s, ink, ((3.4, 9), (20.6, 9), (19, 15), (14.6, 16.4), (12, 13.4), (9.4, 16.4), (5, 15)), u)
    for x in (8.2, 15.8):
        pygame.draw.ellipse(s, (246, 238, 240), ((x - 2) * u, 10.4 * u, 4 * u, 2.6 * u))


def _sack(s: pygame.Surface, u: float) -> None:
    pygame.draw.ellipse(s, (150, 106, 44), (3 * u, 7 * u, 18 * u, 16 * u))
    pygame.draw.ellipse(s, (220, 172, 84), (4.2 * u, 8.2 * u, 15.6 * u, 13.6 * u))
    poly(s, (220, 172, 84), ((9, 9), (6.5, 2), (17.5, 2), (15, 9)), u)
    draw.segment(s, (8.6 * u, 8 * u), (15.4 * u, 8 * u), (120, 80, 40), 1.1 * u)


def _sword(s: pygame.Surface, u: float) -> None:
    for a, b, c in (((4, 3), (19, 20), 1), ((20, 3), (5, 20), -1)):
        draw.segment(s, (a[0] * u, a[1] * u), (b[0] * u, b[1] * u), (130, 140, 154), 1.5 * u)
        x, y = b[0] - 4 * c, b[1] - 4
        draw.segment(
            s, ((x - 3) * u, (y + 2.6 * c) * u), ((x + 3) * u, (y - 2.6 * c) * u), (122, 84, 44), 1.1 * u
        )


def _cross(s: pygame.Surface, u: float) -> None:
    for half, colour in ((3.2, (30, 28, 32)), (1.9, (226, 224, 220))):
        draw.segment(s, (12 * u, 4 * u), (12 * u, 20 * u), colour, half * u)
        draw.segment(s, (7 * u, 9 * u), (17 * u, 9 * u), colour, half * u)


def _pot(s: pygame.Surface, u: float) -> None:
    iron = (84, 88, 98)
    pygame.draw.ellipse(s, iron, (2 * u, 6 * u, 20 * u, 16 * u))
    rect(s, iron, 2, 6, 20, 5, u)
    pygame.draw.ellipse(s, (236, 190, 70), (3.4 * u, 4 * u, 17.2 * u, 6 * u))
    for x in (7, 17):
        rect(s, iron, x - 1.2, 19, 2.4, 4, u)


def _purse(s: pygame.Surface, u: float) -> None:
    rect(s, (116, 78, 44), 2, 9, 20, 13, u)
    pygame.draw.ellipse(s, (138, 94, 54), (2 * u, 4 * u, 20 * u, 11 * u))
    rect(s, (90, 60, 34), 2, 11.4, 20, 1.8, u)
    rect(s, (240, 196, 80), 10, 10, 4, 5, u)


def _shield(s: pygame.Surface, u: float) -> None:
    """A house whose record carries a conviction."""
    poly(s, (250, 246, 238), ((3, 2), (21, 2), (21, 12), (12, 23), (3, 12)), u)
    poly(s, (170, 30, 40), ((4.6, 3.6), (19.4, 3.6), (19.4, 11.4), (12, 20.6), (4.6, 11.4)), u)
    draw.segment(s, (8 * u, 7 * u), (16 * u, 14 * u), (250, 246, 238), 1.5 * u)
    draw.segment(s, (16 * u, 7 * u), (8 * u, 14 * u), (250, 246, 238), 1.5 * u)


flame, torch, crown, chair = sign(_flame), sign(_torch), sign(_crown), sign(_chair)
mask, sack, sword, cross = sign(_mask), sign(_sack), sign(_sword), sign(_cross)
pot, purse, shield = sign(_pot), sign(_purse), sign(_shield)


@lru_cache(maxsize=16)
def lantern(night: bool, lit: bool, height: int) -> pygame.Surface:
    """A lantern on its post, lit where the overseer sees the house."""

    def paint(s: pygame.Surface, k: int) -> None:
        u = height * k / 40
        iron = dimmed((70, 72, 80), night, 0.3)
        draw.segment(s, (9 * u, 39 * u), (9 * u, 14 * u), iron, 1.4 * u)
        rect(s, (255, 216, 96) if lit else dimmed((150, 150, 148), night, 0.55), 4.5, 5, 9, 10, u)
        poly(s, iron, ((3, 5.6), (9, 0), (15, 5.6)), u)
        for x in (4, 13.2):
            rect(s, iron, x, 5, 1.2, 10, u)
        rect(s, iron, 3.4, 14, 11.2, 1.8, u)

    return draw.shape(round(height * 18 / 40), height, paint)


@lru_cache(maxsize=16)
def glow(radius: int, night: bool) -> pygame.Surface:
    """The light of a lantern on the ground."""

    def paint(s: pygame.Surface, k: int) -> None:
        steps, most = 14, 120 if night else 150
        for j in range(steps):
            far = radius * k * (1 - j / steps)
            share = round(most * ((j + 1) / steps) ** 1.5)
            pygame.draw.circle(s, (255, 212, 110, share), (radius * k, radius * k), far)

    return draw.shape(2 * radius, 2 * radius, paint)


@lru_cache(maxsize=16)
def smoke(radius: int, night: bool) -> pygame.Surface:
    """A cloud of smoke, thin at its edge."""

    def paint(s: pygame.Surface, k: int) -> None:
        for j in range(16):
            turn, far = j * 2.39996, radius * 0.5 * math.sqrt(j / 16)
            x, y = radius + far * math.cos(turn), radius + far * math.sin(turn) * 0.8
            grey = dimmed(mix((40, 36, 36), (120, 112, 106), (j * 5 % 16) / 16), night, 0.15)
            puff = pygame.Surface(s.get_size(), pygame.SRCALPHA, 32)
            pygame.draw.circle(puff, (*grey, 46), (x * k, y * k), radius * k * (0.5 - 0.016 * j))
            s.blit(puff, (0, 0))

    return draw.shape(2 * radius, 2 * radius, paint)


@lru_cache(maxsize=16)
def scroll(width: int, height: int, night: bool, bare: bool) -> pygame.Surface:
    """A scroll of parchment; `bare` a plain sheet."""
    sheet = dimmed((247, 236, 206), night, 0.16)
    edge = dimmed((168, 136, 84), night, 0.25)

    def paint(s: pygame.Surface, k: int) -> None:
        w, h = width * k, height * k
        inner = pygame.Rect(7 * k, 7 * k, w - 14 * k, h - 14 * k)
        pygame.draw.rect(s, (0, 0, 0, 40), inner.move(2 * k, 4 * k))
        pygame.draw.rect(s, sheet, inner)
        pygame.draw.rect(s, edge, inner, width=k)
        if bare:
            return
        for y in (0, h - 15 * k):
            pygame.draw.rect(s, mix(sheet, edge, 0.35), (2 * k, y, w - 4 * k, 15 * k), border_radius=7 * k)
            pygame.draw.rect(s, edge, (2 * k, y, w - 4 * k, 15 * k), width=k, border_radius=7 * k)
            for x in (0, w - 9 * k):
                pygame.draw.rect(
                    s, dimmed((120, 78, 44), night, 0.3), (x, y + 2 * k, 9 * k, 11 * k), border_radius=3 * k
                )

    return draw.shape(width, height, paint)


@lru_cache(maxsize=4)
def ground(width: int, height: int, night: bool, war: bool, middle: tuple[int, int], outer: tuple[int, int],
           inner: tuple[int, int]) -> pygame.Surface:  # fmt: skip
    """The meadow with the ring road and the green inside it; burnt after a war."""
    burnt, share = (92, 54, 36), 0.42 if war else 0.0
    meadow = mix(dimmed((176, 198, 142), night, 0.74), dimmed(burnt, night, 0.4), share)
    road = mix(dimmed((222, 206, 172), night, 0.68), dimmed(burnt, night, 0.4), share * 0.6)
    green = mix(dimmed((158, 184, 126), night, 0.74), dimmed(burnt, night, 0.4), share)

    def paint(s: pygame.Surface, k: int) -> None:
        s.fill((*meadow, 255))
        (x, y), (a, b) = middle, outer
        for colour, half in ((mix(meadow, (0, 0, 0), 0.10), (a + 8, b + 8)), (road, outer), (green, inner)):
            pygame.draw.polygon(s, colour, ((oval(half) + np.array((x, y))) * k).tolist())
        for j in range(90):
            px, py = (j * 7919 + 311) % width, (j * 104729 + 97) % height
            if abs((px - x) / (a + 16)) ** 2.5 + abs((py - y) / (b + 16)) ** 2.5 < 1:
                continue
            r = 5 + j % 4
            leaf = mix(
                dimmed(((118, 150, 92), (104, 138, 88), (134, 160, 102))[j % 3], night, 0.68), burnt, share
            )
            pygame.draw.circle(s, (*mix(leaf, (0, 0, 0), 0.25), 255), ((px + 1.5) * k, (py + 2) * k), r * k)
            pygame.draw.circle(s, (*leaf, 255), (px * k, py * k), r * k)

    return draw.shape(width, height, paint)


@lru_cache(maxsize=4)
def sky(night: bool) -> pygame.Surface:
    """Sun or moon, 40 x 40 pixels."""

    def paint(s: pygame.Surface, k: int) -> None:
        light = (236, 236, 220) if night else (250, 196, 66)
        pygame.draw.circle(s, light, (20 * k, 20 * k), 12 * k)
        if night:
            pygame.draw.circle(s, (0, 0, 0, 0), (26 * k, 16 * k), 10 * k)
            return
        for j in range(10):
            turn = j * math.pi / 5
            p, q = ((20 + r * math.cos(turn), 20 + r * math.sin(turn)) for r in (15, 19))
            draw.segment(s, (p[0] * k, p[1] * k), (q[0] * k, q[1] * k), light, 1.2 * k)

    return draw.shape(40, 40, paint)
