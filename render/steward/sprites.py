"""Small painted things of the Steward map: houses, boats, fish, the lighthouse, trees."""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import pygame

from gyges.render.kit import draw
from gyges.render.kit.draw import Colour, Surface, mix
from gyges.render.kit.theme import dimmed

WOOD = (104, 74, 52)
DARK_WOOD = (58, 46, 40)


@lru_cache(maxsize=128)
def houses(colour: Colour, night: bool, alive: bool, width: int = 62) -> Surface:
    """A village of three houses with roofs in its seat's colour; grey and dark when starved."""
    height = round(width * 0.66)
    roof = dimmed(colour, night, 0.35) if alive else dimmed((128, 126, 122), night, 0.45)
    wall = dimmed((246, 238, 222), night, 0.62) if alive else dimmed((196, 192, 184), night, 0.62)
    window = (255, 214, 120) if night and alive else dimmed((112, 122, 132), night, 0.5)

    def paint(s: Surface, k: int) -> None:
        unit = width * k / 62
        pygame.draw.ellipse(s, (0, 0, 0, 46), (2 * unit, 31 * unit, 58 * unit, 10 * unit))
        for x, y, w, h in ((6, 16, 17, 17), (39, 17, 17, 16), (20, 9, 22, 26)):
            left, top, wide, high = x * unit, y * unit, w * unit, h * unit
            pygame.draw.rect(s, wall, (left, top + high * 0.38, wide, high * 0.62))
            peak = [(left - 3 * unit, top + high * 0.42), (left + wide / 2, top - 3 * unit),
                    (left + wide + 3 * unit, top + high * 0.42)]  # fmt: skip
            pygame.draw.polygon(s, roof, peak)
            pygame.draw.polygon(
                s, mix(roof, (0, 0, 0), 0.22), [peak[1], peak[2], (left + wide / 2, top + high * 0.42)]
            )
            side = max(1.0, 4 * unit)
            for wx in (0.26, 0.74) if w > 20 else (0.5,):
                pygame.draw.rect(
                    s, window, (left + wide * wx - side / 2, top + high * 0.58, side, side * 1.1)
                )

    return draw.shape(width, height, paint)


@lru_cache(maxsize=128)
def boat(colour: Colour, night: bool, sail: bool = True, size: int = 34) -> Surface:
    """A boat with a sail in its seat's colour; without the sail it lies in harbour."""
    hull = dimmed(WOOD, night, 0.4)

    def paint(s: Surface, k: int) -> None:
        unit = size * k / 34
        pygame.draw.ellipse(s, (255, 255, 255, 60), (3 * unit, 25 * unit, 28 * unit, 7 * unit))
        pygame.draw.polygon(
            s, hull, [(x * unit, y * unit) for x, y in ((3, 22), (31, 22), (26, 30), (8, 30))]
        )
        pygame.draw.line(
            s, dimmed(DARK_WOOD, night, 0.3), (17 * unit, 3 * unit), (17 * unit, 23 * unit), round(2 * unit)
        )
        if sail:
            cloth = dimmed(colour, night, 0.2)
            pygame.draw.polygon(s, cloth, [(x * unit, y * unit) for x, y in ((18, 2), (18, 20), (31, 20))])
            pygame.draw.polygon(s, mix(cloth, (255, 255, 255), 0.45),
                                [(x * unit, y * unit) for x, y in ((16, 5), (16, 20), (7, 20))])  # fmt: skip

    return draw.shape(size, size, paint)


@lru_cache(maxsize=128)
def fish(colour: Colour, heading: int, size: int = 15) -> Surface:
    """A fish that heads to one of 16 directions."""
    angle = heading * math.pi / 8
    cos, sin = math.cos(angle), math.sin(angle)

    def paint(s: Surface, k: int) -> None:
        half, unit = size * k / 2, size * k / 16

        def at(x: float, y: float) -> draw.Point:
            return half + (x * cos - y * sin) * unit, half + (x * sin + y * cos) * unit

        body = [at(1.2 + 5.8 * math.cos(a), 2.5 * math.sin(a)) for a in (j * math.pi / 10 for j in range(20))]
        pygame.draw.polygon(s, colour, body)
        pygame.draw.polygon(s, colour, [at(-3.6, 0), at(-7.6, -3), at(-6.4, 0), at(-7.6, 3)])

    return draw.shape(size, size, paint)


@lru_cache(maxsize=8)
def lighthouse(night: bool, lit: bool) -> Surface:
    """The overseer's lighthouse on its rock, 64 x 104 pixels."""

    def paint(s: Surface, k: int) -> None:
        rock, white, red = (
            dimmed((134, 128, 120), night),
            dimmed((248, 246, 240), night, 0.42),
            dimmed((176, 58, 46), night, 0.38),
        )
        pygame.draw.ellipse(s, mix(rock, (0, 0, 0), 0.25), (4 * k, 82 * k, 56 * k, 20 * k))
        pygame.draw.ellipse(s, rock, (6 * k, 79 * k, 52 * k, 18 * k))
        levels = [(88, 12.5), (72, 11), (56, 9.6), (40, 8.4)]
        for j, ((y0, w0), (y1, w1)) in enumerate(itertools.pairwise(levels)):
            shape = [(32 - w0, y0), (32 + w0, y0), (32 + w1, y1), (32 - w1, y1)]
            colour = red if j % 2 else white
            pygame.draw.polygon(s, colour, [(x * k, y * k) for x, y in shape])
            shade = [(32 + w0 * 0.35, y0), (32 + w0, y0), (32 + w1, y1), (32 + w1 * 0.35, y1)]
            pygame.draw.polygon(s, mix(colour, (0, 0, 0), 0.16), [(x * k, y * k) for x, y in shade])
        metal = dimmed((70, 76, 86), night, 0.3)
        pygame.draw.rect(s, metal, (21 * k, 37 * k, 22 * k, 4 * k))
        lamp = (255, 226, 130) if lit else dimmed((150, 152, 156), night, 0.5)
        pygame.draw.rect(s, lamp, (25 * k, 24 * k, 14 * k, 13 * k))
        pygame.draw.polygon(s, metal, [(22 * k, 24 * k), (42 * k, 24 * k), (32 * k, 13 * k)])
        pygame.draw.circle(s, metal, (32 * k, 12 * k), 2 * k)

    return draw.shape(64, 104, paint)


@lru_cache(maxsize=16)
def tree(night: bool, kind: int) -> Surface:
    """A tree from above, three kinds."""
    size = (15, 19, 12)[kind % 3]
    leaf = dimmed(((118, 150, 92), (104, 138, 88), (134, 160, 102))[kind % 3], night, 0.68)

    def paint(s: Surface, k: int) -> None:
        r = size * k / 2
        pygame.draw.circle(s, (0, 0, 0, 38), (r * 1.12, r * 1.18), r * 0.8)
        pygame.draw.circle(s, leaf, (r, r), r * 0.82)
        pygame.draw.circle(s, mix(leaf, (255, 255, 255), 0.16), (r * 0.82, r * 0.76), r * 0.42)

    return draw.shape(size, size, paint)


@lru_cache(maxsize=8)
def sky(night: bool) -> Surface:
    """Sun or moon, 52 x 52 pixels."""

    def paint(s: Surface, k: int) -> None:
        middle = 26 * k
        if night:
            pygame.draw.circle(s, (226, 230, 242, 255), (middle, middle), 15 * k)
            pygame.draw.circle(s, (0, 0, 0, 0), (middle + 8 * k, middle - 5 * k), 13 * k)
            return
        for j in range(12):
            a = j * math.pi / 6
            p = (middle + 18 * k * math.cos(a), middle + 18 * k * math.sin(a))
            q = (middle + 24 * k * math.cos(a), middle + 24 * k * math.sin(a))
            draw.segment(s, p, q, (244, 180, 48, 255), 1.4 * k)
        pygame.draw.circle(s, (250, 196, 66, 255), (middle, middle), 14 * k)

    return draw.shape(52, 52, paint)
