"""Small pictures of Founder: houses, people, the hat stand, the weather."""

from __future__ import annotations

import math
from functools import lru_cache

import pygame

from gyges.render.kit import draw
from gyges.render.kit.theme import Colour, dimmed, mix


@lru_cache(maxsize=128)
def house(colour: Colour, night: bool, floors: int, running: bool) -> pygame.Surface:
    """An office house of so many floors; boarded up where the firm has failed."""
    wide, storey = 74, 22
    high = floors * storey + 22

    def paint(s: pygame.Surface, k: int) -> None:
        wall = dimmed(mix(colour, (255, 255, 255), 0.45) if running else (150, 146, 140), night, 0.45)
        roof = dimmed(colour if running else (110, 106, 100), night, 0.45)
        pygame.draw.rect(s, wall, (6 * k, 14 * k, (wide - 12) * k, (high - 14) * k))
        slope = [(0, 16), (wide, 16), (wide - 14, 2), (14, 2)]
        pygame.draw.polygon(s, roof, [(x * k, y * k) for x, y in slope])
        glass = ((255, 226, 140) if night else (226, 242, 250)) if running else (96, 92, 88)
        for floor in range(floors):
            y = (20 + floor * storey) * k
            for j in range(4):
                if floor == floors - 1 and j == 1:
                    continue
                pygame.draw.rect(s, glass, ((12 + 14 * j) * k, y, 9 * k, 12 * k))
        door = ((24 if floors else 26) * k, (high - 20) * k, 14 * k, 20 * k)
        pygame.draw.rect(s, dimmed((92, 66, 46), night, 0.4), door)
        if not running:
            for a, b in (((10, 22), (64, high - 8)), ((64, 22), (10, high - 8))):
                draw.segment(s, (a[0] * k, a[1] * k), (b[0] * k, b[1] * k), (126, 92, 60), 2.5 * k)

    return draw.shape(wide, high, paint)


@lru_cache(maxsize=16)
def person(shirt: Colour, night: bool) -> pygame.Surface:
    """One of the staff."""

    def paint(s: pygame.Surface, k: int) -> None:
        pygame.draw.circle(s, dimmed((232, 190, 156), night, 0.35), (7 * k, 5 * k), 4.2 * k)
        body = (2 * k, 10 * k, 10 * k, 13 * k)
        pygame.draw.rect(s, dimmed(shirt, night, 0.3), body, border_radius=4 * k)

    return draw.shape(14, 23, paint)


@lru_cache(maxsize=8)
def stand(night: bool, hat: bool) -> pygame.Surface:
    """A stand for coats, with the inspector's hat and coat or without."""

    def paint(s: pygame.Surface, k: int) -> None:
        wood = dimmed((110, 76, 48), night, 0.4)
        draw.segment(s, (30 * k, 22 * k), (30 * k, 140 * k), wood, 2.4 * k)
        for x in (14, 46):
            draw.segment(s, (30 * k, 132 * k), (x * k, 144 * k), wood, 2.2 * k)
            draw.segment(s, (30 * k, 40 * k), (x * k, 30 * k), wood, 2 * k)
        if not hat:
            return
        felt = dimmed((58, 56, 66), night, 0.1)
        coat = [(22, 40), (38, 40), (46, 100), (14, 100)]
        pygame.draw.polygon(s, dimmed((150, 128, 96), night, 0.3), [(x * k, y * k) for x, y in coat])
        pygame.draw.ellipse(s, felt, (6 * k, 18 * k, 48 * k, 10 * k))
        pygame.draw.rect(s, felt, (17 * k, 4 * k, 26 * k, 19 * k), border_radius=6 * k)
        pygame.draw.rect(s, (176, 52, 44), (17 * k, 15 * k, 26 * k, 5 * k))

    return draw.shape(60, 148, paint)


@lru_cache(maxsize=16)
def weather(night: bool, fair: int) -> pygame.Surface:
    """From thunder (0) to a clear sky (4)."""

    def paint(s: pygame.Surface, k: int) -> None:
        if fair >= 2:
            light = (236, 232, 206) if night else (255, 214, 84)
            pygame.draw.circle(s, light, (74 * k, 30 * k), 18 * k)
            if not night:
                for j in range(12):
                    turn = j * math.pi / 6
                    p, q = ((74 + r * math.cos(turn), 30 + r * math.sin(turn)) for r in (22, 28))
                    draw.segment(s, (p[0] * k, p[1] * k), (q[0] * k, q[1] * k), light, 1.2 * k)
        greys = ((74, 78, 88), (110, 116, 126), (170, 178, 188), (236, 240, 244))
        grey = dimmed(greys[min(fair, 3)], night, 0.5)
        for x, y, r in ((26, 44, 13), (44, 38, 17), (62, 45, 13))[: 3 if fair < 4 else 0]:
            pygame.draw.circle(s, grey, (x * k, y * k), r * k)
        if fair == 0:
            bolt = [(46, 50), (38, 66), (45, 65), (40, 80), (56, 60), (48, 61), (54, 50)]
            pygame.draw.polygon(s, (255, 214, 84), [(x * k, y * k) for x, y in bolt])

    return draw.shape(108, 84, paint)


@lru_cache(maxsize=4)
def tree(night: bool) -> pygame.Surface:
    """A tree of the street."""

    def paint(s: pygame.Surface, k: int) -> None:
        draw.segment(s, (16 * k, 26 * k), (16 * k, 43 * k), dimmed((104, 76, 52), night, 0.5), 2 * k)
        for x, y, r in ((16, 14, 12), (10, 20, 8), (22, 20, 8)):
            pygame.draw.circle(s, dimmed((110, 150, 92), night, 0.6), (x * k, y * k), r * k)

    return draw.shape(32, 44, paint)
