"""Small signs that several games show: the overseer's eye, an order on paper."""

from __future__ import annotations

import itertools
from functools import lru_cache

import pygame

from gyges.render.kit import draw
from gyges.render.kit.theme import DAY, NIGHT, Theme, dimmed


def eye(width: int, is_open: bool, theme: Theme) -> pygame.Surface:
    """The overseer's eye, open or closed, as a sprite of `width` x 0.6 `width` pixels."""
    return _eye(width, is_open, theme.night)


@lru_cache(maxsize=16)
def _eye(width: int, is_open: bool, night: bool) -> pygame.Surface:
    theme = NIGHT if night else DAY
    height = round(width * 0.6)

    def paint(s: pygame.Surface, k: int) -> None:
        w, h = width * k, height * k
        thick = max(k, round(w * 0.07))
        if is_open:
            upper = draw.bend((thick, h / 2), (w - thick, h / 2), -0.55)
            lower = draw.bend((w - thick, h / 2), (thick, h / 2), -0.55)
            pygame.draw.polygon(s, (255, 255, 255, 255), upper + lower)
            pygame.draw.circle(s, (*theme.lamp, 255), (w / 2, h / 2), h * 0.34)
            pygame.draw.circle(s, (38, 44, 54, 255), (w / 2, h / 2), h * 0.17)
            rim = (38, 44, 54, 255)
            for p, q in itertools.pairwise(upper + lower):
                draw.segment(s, p, q, rim, thick / 2)
            return
        lid = draw.bend((thick, h * 0.4), (w - thick, h * 0.4), 0.5)
        ink = (*theme.soft, 255)
        for p, q in itertools.pairwise(lid):
            draw.segment(s, p, q, ink, thick / 2)
        for at, lean in ((5, -0.10), (12, 0), (19, 0.10)):
            p = lid[at]
            draw.segment(s, p, (p[0] + lean * w, p[1] + 0.22 * h), ink, thick / 2)

    return draw.shape(width, height, paint)


@lru_cache(maxsize=16)
def letter(sealed: bool, night: bool) -> pygame.Surface:
    """An order on the desk, with or without the authority's seal."""
    paper = dimmed((252, 246, 226), night, 0.2)

    def paint(s: pygame.Surface, k: int) -> None:
        pygame.draw.rect(s, paper, (2 * k, 2 * k, 14 * k, 18 * k), border_radius=2 * k)
        pygame.draw.rect(s, (120, 110, 90), (2 * k, 2 * k, 14 * k, 18 * k), width=k, border_radius=2 * k)
        for y in (6, 9, 12):
            pygame.draw.line(s, (150, 140, 120), (5 * k, y * k), (13 * k, y * k), k)
        if sealed:
            pygame.draw.circle(s, (190, 40, 40), (13 * k, 17 * k), 4 * k)
            pygame.draw.circle(s, (226, 92, 80), (13 * k, 17 * k), 2 * k)

    return draw.shape(18, 22, paint)
