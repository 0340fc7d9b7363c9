"""Small signs that several games show: the overseer's eye, an order on paper, an act in a bubble."""

from __future__ import annotations

import itertools
from functools import lru_cache

import pygame

from gyges.render.kit import draw
from gyges.render.kit.theme import DAY, NIGHT, SIGNS, Theme, dimmed, mix


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


def bubble(
    surface: pygame.Surface,
    theme: Theme,
    where: tuple[float, float],
    words: str,
    label: int | None,
    *,
    size: int,
    sides: tuple[float, float],
    chosen: bool = False,
) -> None:
    """What a seat is about to do, around a place and between two sides of the picture.

    Args:
        surface: to paint on.
        theme: colours.
        where: middle of the bubble.
        words: the act; cut where there is no room.
        label: its label where that is shown, else None.
        size: of the letters.
        sides: x that it may not pass, left and right.
        chosen: whether it is the chosen seat's.
    """
    colour = theme.soft if label is None else theme.label(label)
    sign = "" if label is None else SIGNS[label]
    left = draw.width_of(sign, size, True) + 5 if sign else 0
    wide = min(draw.width_of(words, size, True) + left + 16, sides[1] - sides[0])
    x = min(max(where[0] - wide / 2, sides[0]), sides[1] - wide)
    y = max(where[1] - 11, 4)
    wrong = label is not None and label < 0
    fill = mix(theme.card, colour, 0.16) if wrong else theme.card
    edge = 3 if chosen else 2 if wrong else 1
    draw.box(surface, (x, y, wide, 23), fill, radius=11, edge=edge, edge_colour=colour)
    draw.write(surface, (x + 8, y + 11.5), sign, size, colour, bold=True, anchor="midleft")
    shown = draw.elide(words, size, round(wide - left - 16), True)
    draw.write(surface, (x + 8 + left, y + 11.5), shown, size, theme.ink, bold=True, anchor="midleft")
