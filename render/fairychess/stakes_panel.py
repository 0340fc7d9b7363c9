"""What is at stake in a chess game, beside the board: orders, treaties, tokens, acts that are no moves."""

from __future__ import annotations

import pygame

from gyges.render.fairychess.facts import Holding, StakesFacts
from gyges.render.kit import draw
from gyges.render.kit.signs import letter
from gyges.render.kit.theme import SIGNS, Theme, mix


def paint_stakes(surface: pygame.Surface, rect: pygame.Rect, theme: Theme, stakes: StakesFacts) -> int:
    """Paint order, treaty, token and what has just happened; returns the y below."""
    y = rect.y + 2
    draw.write(surface, (rect.x + 4, y), "At stake", 13, theme.ink, bold=True)
    y += 24
    if stakes.order:
        y = _order(surface, rect, theme, stakes, y)
    for line, news in stakes.lines:
        for part in draw.wrap(line, 12, rect.width - 10):
            draw.write(surface, (rect.x + 4, y), part, 12, theme.ink if news else theme.soft, bold=False)
            y += 16
        y += 5
    return y + 6


def _order(surface: pygame.Surface, rect: pygame.Rect, theme: Theme, stakes: StakesFacts, y: int) -> int:
    lines = draw.wrap(stakes.order, 12, rect.width - 52)
    high = max(44, 20 + 16 * len(lines) + 6)
    box = pygame.Rect(rect.x, y, rect.width - 2, high)
    sealed = stakes.sealed
    edge = (190, 40, 40) if sealed else theme.faint
    fill = mix(theme.card, (252, 246, 226), 0.0 if theme.night else 0.6)
    draw.box(surface, box, fill, radius=8, edge=2, edge_colour=edge)
    draw.stamp(surface, letter(sealed, theme.night), (box.x + 10, box.y + 10))
    head = "Order, sealed" if sealed else "Order, no seal"
    draw.write(surface, (box.x + 38, box.y + 5), head, 12, theme.ink, bold=True)
    for j, part in enumerate(lines):
        draw.write(surface, (box.x + 38, box.y + 22 + 16 * j), part, 12, theme.ink)
    return y + high + 8


def paint_bubble(
    surface: pygame.Surface, plate: pygame.Rect, theme: Theme, name: str, label: int | None, above: bool
) -> None:
    """What a player is about to do that is no move, as a bubble at its strip."""
    colour = theme.soft if label is None else theme.label(label)
    sign = "" if label is None else SIGNS[label] + "  "
    size = 14
    room = plate.width - 60
    wide = min(room, draw.width_of(sign + name, size, True) + 26)
    y = plate.bottom + 6 if above else plate.y - 36
    box = pygame.Rect(plate.centerx - wide // 2, y, wide, 30)
    tip = plate.bottom - 2 if above else plate.y + 2
    side = box.y if above else box.bottom
    corner = [(box.centerx - 8, side), (box.centerx + 8, side), (box.centerx, tip)]
    pygame.draw.polygon(surface, colour, corner)
    fill = mix(theme.card, colour, 0.18) if label else theme.card
    draw.box(surface, box, fill, radius=14, edge=2, edge_colour=colour)
    draw.write(surface, box.center, sign + name, size, theme.ink, bold=True, anchor="center", width=wide - 16)


def paint_holding(surface: pygame.Surface, plate: pygame.Rect, theme: Theme, holding: Holding) -> None:
    """On a player's strip, where the truth is shown: the token and the order that it holds."""
    x = plate.centerx + 10
    if holding.token is not None:
        colour = theme.unaligned if holding.token else theme.faint
        word = "token" if holding.token else "token spent"
        wide = draw.width_of(word, 11, True) + 16
        draw.box(surface, (x, plate.centery - 10, wide, 20), theme.card, radius=9, edge=1, edge_colour=colour)
        draw.write(surface, (x + wide / 2, plate.centery), word, 11, colour, bold=True, anchor="center")
        x += wide + 10
    if holding.order:
        draw.stamp(surface, letter(holding.sealed, theme.night), (x, plate.centery - 11))
