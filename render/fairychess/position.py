"""A position of any variant as a picture: squares, points or tiles, pieces, pockets, marks."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import pygame

from gyges.envs.fairychess.engine import layout as at
from gyges.render.fairychess.action_names import Region
from gyges.render.fairychess.empty_board import DAY, NIGHT, Grid, Ink, background, frame_of, wall
from gyges.render.fairychess.facts import PositionFacts, codes
from gyges.render.fairychess.pieces import COATS, PieceSet, bystander
from gyges.render.kit import draw
from gyges.render.kit.theme import Colour, Theme, mix

MOVE, CAPTURE, DROP = "move", "capture", "drop"


class Target(NamedTuple):
    """Where the chosen piece may go."""

    square: int
    kind: str  # MOVE, CAPTURE or DROP
    promotes: bool = False


class Arrow(NamedTuple):
    """An act about to be taken: from a square (None for a drop) to another."""

    origin: int | None
    to: int
    colour: Colour


class Marks(NamedTuple):
    """What lies on a position besides its pieces."""

    chosen: int | None = None
    targets: tuple[Target, ...] = ()
    arrow: Arrow | None = None
    regions: tuple[Region, ...] = ()
    people: bool = True
    held: tuple[int, tuple[int, int], int] | None = None
    """A piece on its way: its square, where it is painted, how much is left on the square (0 to 255)."""


def paint_position(
    surface: pygame.Surface, grid: Grid, pieces: PieceSet, theme: Theme, position: PositionFacts, marks: Marks
) -> None:
    """Paint a board with everything on it."""
    ink, table = NIGHT if theme.night else DAY, codes(pieces.c)
    board = [table[letter] for letter in position.squares]
    surface.blit(background(pieces.c.variant, grid.cell, grid.flip, theme.night), frame_of(grid).topleft)
    for square, q in enumerate(board):
        if q == at.WALL:
            wall(surface, grid, square, ink)
    for region in marks.regions:
        _region(surface, grid, region, ink)
    for square in position.last:
        _tint(surface, grid, square, ink.last, 150)
    if marks.chosen is not None:
        _tint(surface, grid, marks.chosen, ink.chosen, 190)
    for square in position.check:
        _check(surface, grid, square, ink)
    for square, q in enumerate(board):
        if q and q != at.WALL:
            left = marks.held[2] if marks.held is not None and marks.held[0] == square else 255
            if left:
                paint_piece(surface, grid, pieces, q, grid.corner(square), marks.people, left)
    for region in marks.regions:
        _tag(surface, grid, region, ink)
    for target in marks.targets:
        _target(surface, grid, target, ink)
    if marks.arrow is not None:
        _arrow(surface, grid, marks.arrow)
    if marks.held is not None:
        x, y = marks.held[1]
        corner = (x - grid.cell // 2, y - grid.cell // 2)
        paint_piece(surface, grid, pieces, board[marks.held[0]], corner, marks.people)


def paint_piece(
    surface: pygame.Surface, grid: Grid, pieces: PieceSet, code: int, corner: tuple[int, int], people: bool,
    alpha: int = 255,
) -> None:  # fmt: skip
    """Paint what stands on a square."""
    size = round(grid.cell * 0.94)
    x, y = corner[0] + (grid.cell - size) / 2, corner[1] + (grid.cell - size) / 2
    if code == at.CIVILIAN:
        draw.stamp(surface, bystander(people, size), (x, y), alpha=alpha)
        return
    side = (code & 3) - 1
    image = pieces.image(code >> 2, side, size, (side == 0) != grid.flip)
    draw.stamp(surface, image, (x, y), alpha=alpha)


# Marks.


def _tint(surface: pygame.Surface, grid: Grid, square: int, colour: Colour, alpha: int) -> None:
    if grid.form == "points":
        x, y = grid.centre(square)
        r = round(grid.cell * 0.52)
        draw.disc(surface, (x, y), r, colour, alpha=alpha)
        return
    shade = pygame.Surface((grid.cell, grid.cell), pygame.SRCALPHA, 32)
    shade.fill((*colour, alpha))
    surface.blit(shade, grid.corner(square))


def _check(surface: pygame.Surface, grid: Grid, square: int, ink: Ink) -> None:
    x, y = grid.centre(square)
    r = grid.cell // 2
    draw.disc(surface, (x, y), r, ink.check, alpha=130)
    draw.disc(surface, (x, y), r, ink.check, hole=r - max(2, grid.cell // 14))


def _target(surface: pygame.Surface, grid: Grid, target: Target, ink: Ink) -> None:
    x, y = grid.centre(target.square)
    if target.kind == CAPTURE:
        r = round(grid.cell * 0.49)
        draw.disc(surface, (x, y), r, ink.target, hole=r - max(3, grid.cell // 11), alpha=235)
    elif target.kind == DROP:
        half, thick = grid.cell * 0.13, max(3.0, grid.cell * 0.07)
        draw.stroke(surface, [(x - half, y), (x + half, y)], ink.target, thick)
        draw.stroke(surface, [(x, y - half), (x, y + half)], ink.target, thick)
    else:
        draw.disc(surface, (x, y), max(4, round(grid.cell * 0.15)), ink.target, alpha=235)
    if target.promotes:
        w = grid.cell * 0.11
        top = y - grid.cell * 0.34
        draw.stroke(
            surface, [(x - w, top + w), (x, top), (x + w, top + w)], ink.target, max(2.0, grid.cell * 0.05)
        )


def _arrow(surface: pygame.Surface, grid: Grid, arrow: Arrow) -> None:
    to = grid.centre(arrow.to)
    wide = max(4.0, grid.cell * 0.10)
    if arrow.origin is None or arrow.origin == arrow.to:
        r = grid.cell // 2
        draw.disc(surface, to, r, arrow.colour, hole=r - max(3, grid.cell // 10), alpha=225)
        return
    start = grid.centre(arrow.origin)
    far = math.dist(start, to)
    share = min(0.5, grid.cell * 0.30 / far)
    begin = (start[0] + (to[0] - start[0]) * share, start[1] + (to[1] - start[1]) * share)
    path = draw.bend(begin, to, 0.0)
    beyond = wide * 0.45 / max(1.0, math.dist(begin, to))
    tip = (to[0] + (to[0] - begin[0]) * beyond, to[1] + (to[1] - begin[1]) * beyond)
    draw.stroke(surface, draw.bend(begin, tip, 0.0), (255, 255, 255), wide * 1.5, head=wide * 3.7, alpha=235)
    draw.stroke(surface, path, arrow.colour, wide, head=wide * 2.9)


def _region(surface: pygame.Surface, grid: Grid, region: Region, ink: Ink) -> None:
    """Hatching over a treaty's squares, an edge around them, its words at the top."""
    colour = ink.check if region.broken else ink.treaty
    inside = set(region.squares)
    hatch = _hatch(grid.cell, colour)
    thick = max(2, grid.cell // 16)
    for square in region.squares:
        box = grid.box(square)
        surface.blit(hatch, box)
        y, x = divmod(square, grid.files)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            u, w = x + dx, y + dy
            if not (0 <= u < grid.files and 0 <= w < grid.ranks) or w * grid.files + u not in inside:
                px, py = (-dx, -dy) if grid.flip else (dx, dy)
                a = (box.x if px <= 0 else box.right - thick, box.y if py >= 0 else box.bottom - thick)
                size = (thick, box.height) if px else (box.width, thick)
                surface.fill(colour, (*a, *size))


def _tag(surface: pygame.Surface, grid: Grid, region: Region, ink: Ink) -> None:
    """A region's words at its upper left corner, over the pieces."""
    colour = ink.check if region.broken else ink.treaty
    x, y = min(grid.corner(s)[::-1] for s in region.squares)[::-1]
    size = max(9, min(15, grid.cell // 5))
    wide = draw.width_of(region.words, size, True) + size
    x = min(x, grid.rect.right - wide)
    draw.box(surface, (x, y - size * 0.4, wide, size * 1.7), colour, radius=round(size * 0.8))
    where = (x + wide / 2, y + size * 0.45)
    draw.write(surface, where, region.words, size, (255, 255, 255), bold=True, anchor="center")


@lru_cache(maxsize=16)
def _hatch(cell: int, colour: Colour) -> pygame.Surface:
    made = pygame.Surface((cell, cell), pygame.SRCALPHA, 32)
    made.fill((*colour, 46))
    step = max(6, cell // 5)
    for x in range(-cell, cell, step):
        pygame.draw.line(made, (*colour, 120), (x, cell), (x + cell, 0), max(1, cell // 30))
    return made


# Beside the board.


class PocketSpot(NamedTuple):
    """Where a kind of piece in hand lies on a picture, whose it is, which kind."""

    rect: pygame.Rect
    side: int
    kind: int


def paint_plate(
    surface: pygame.Surface, rect: pygame.Rect, pieces: PieceSet, theme: Theme, position: PositionFacts,
    side: int, name: str, flip: bool = False, chosen: int | None = None,
) -> list[PocketSpot]:  # fmt: skip
    """Paint one player's strip: chip, name, checks to give, pieces in hand; returns where those lie."""
    c, moving = pieces.c, position.turn == side
    coat = COATS[side]
    size = max(11, min(28, round(rect.height * (0.36 if c.droppable else 0.5))))
    fill = mix(theme.sky, theme.card, 0.75 if moving else 0.25)
    draw.box(surface, rect, fill, radius=8, edge=2 if moving else 0, edge_colour=theme.accent)
    r = max(5, min(20, round(size * 0.62)))
    draw.disc(surface, (rect.x + 10 + r, rect.centery), r, theme.soft if side else coat.edge)
    draw.disc(surface, (rect.x + 10 + r, rect.centery), r - 2, coat.fill)
    x = rect.x + 18 + 2 * r
    room = rect.width // 2 if c.droppable else rect.width - 40
    x = draw.write(
        surface, (x, rect.centery), name, size, theme.ink, bold=moving, anchor="midleft", width=room
    ).right
    if position.checks is not None:
        left = position.checks[side]
        red = (NIGHT if theme.night else DAY).check
        x = draw.write(surface, (x + 14, rect.centery), "✚" * left, size, red, anchor="midleft").right
        draw.write(
            surface, (x + 6, rect.centery), f"{left} to give", max(10, size - 3), theme.soft, anchor="midleft"
        )
    table = codes(c)
    mine = [(table[letter], count) for letter, count in position.hands]
    held = [(code >> 2, count) for code, count in mine if (code & 3) - 1 == side]
    high = rect.height - 4
    step = min(round(high * 1.22), max(16, (rect.right - 8 - x - 10) // max(1, len(held))))
    left = rect.right - 8 - step * len(held)
    out = []
    for j, (k, count) in enumerate(held):
        box = pygame.Rect(left + j * step, rect.y + 2, step, high)
        if chosen == k:
            draw.box(surface, box, (NIGHT if theme.night else DAY).chosen, radius=6)
        image = pieces.image(k, side, min(high, step), (side == 0) != flip)
        draw.stamp(surface, image, (box.x + (0 if count > 1 else (step - min(high, step)) / 2), box.y))
        if count > 1:
            low = (box.right - 2, box.bottom - 1)
            tall = max(10, round(high * 0.36))
            draw.write(surface, low, str(count), tall, theme.ink, bold=True, anchor="bottomright")
        out.append(PocketSpot(box, side, k))
    return out
