"""The empty board of a variant: squares, lines with points, or plain squares; where each lies."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import pygame

from gyges.envs.fairychess import Variant
from gyges.render.fairychess.pieces import COATS, form_of
from gyges.render.fairychess.signs import family_of
from gyges.render.kit import draw
from gyges.render.kit.theme import Colour, mix


class Ink(NamedTuple):
    """Colours of a board at one time of day."""

    light: Colour
    dark: Colour
    plain: Colour  # boards of one colour
    line: Colour
    frame: Colour
    wall: Colour
    last: Colour
    chosen: Colour
    target: Colour
    check: Colour
    treaty: Colour
    letters: Colour


DAY = Ink(
    light=(240, 228, 204), dark=(188, 158, 122), plain=(231, 206, 158), line=(112, 84, 52),
    frame=(122, 94, 66), wall=(104, 100, 98), last=(244, 206, 78), chosen=(104, 188, 172),
    target=(18, 104, 92), check=(214, 40, 30), treaty=(0, 96, 190), letters=(98, 90, 80),
)  # fmt: skip
NIGHT = Ink(
    light=(112, 118, 142), dark=(78, 85, 110), plain=(96, 100, 122), line=(38, 42, 60),
    frame=(46, 53, 76), wall=(38, 40, 50), last=(176, 146, 66), chosen=(70, 138, 134),
    target=(150, 232, 214), check=(240, 70, 54), treaty=(88, 168, 240), letters=(158, 164, 182),
)  # fmt: skip


class Grid:
    """Where the squares of a board lie.

    Args:
        v: the variant.
        area: where the board with its coordinates has room; it is centred there.
        flip: the second player's side below.
    """

    def __init__(self, v: Variant, area: pygame.Rect, flip: bool = False) -> None:
        self.v, self.flip, self.form = v, flip, form_of(v)
        self.files, self.ranks = v.maxFile, v.maxRank
        self.cell = max(12, int(min(area.width / (self.files + 0.9), area.height / (self.ranks + 0.55))))
        wide, high = self.cell * self.files, self.cell * self.ranks
        self.margin = round(self.cell * 0.45)
        left = area.x + (area.width - wide) // 2
        top = area.y + max(2, (area.height - high - self.margin) // 2)
        self.rect = pygame.Rect(left, top, wide, high)

    def corner(self, square: int) -> tuple[int, int]:
        """Top left of a square."""
        y, x = divmod(square, self.files)
        if self.flip:
            x = self.files - 1 - x
        else:
            y = self.ranks - 1 - y
        return self.rect.x + x * self.cell, self.rect.y + y * self.cell

    def centre(self, square: int) -> tuple[float, float]:
        """Middle of a square."""
        x, y = self.corner(square)
        return x + self.cell / 2, y + self.cell / 2

    def box(self, square: int) -> pygame.Rect:
        """A square as a rectangle."""
        return pygame.Rect(*self.corner(square), self.cell, self.cell)

    def square(self, pos: tuple[float, float]) -> int | None:
        """The square under a point, None outside."""
        if not self.rect.collidepoint(pos):
            return None
        x, y = int(pos[0] - self.rect.x) // self.cell, int(pos[1] - self.rect.y) // self.cell
        x = min(x, self.files - 1)
        y = min(y, self.ranks - 1)
        return (y * self.files + self.files - 1 - x) if self.flip else (self.ranks - 1 - y) * self.files + x


def frame_of(grid: Grid) -> pygame.Rect:
    """The board with its edge and coordinates."""
    edge = max(2, grid.cell // 14)
    wide, high = grid.rect.width + grid.margin + 2 * edge, grid.rect.height + grid.margin + 2 * edge
    return pygame.Rect(grid.rect.x - grid.margin - edge, grid.rect.y - edge, wide, high)


@lru_cache(maxsize=32)
def background(v: Variant, cell: int, flip: bool, night: bool) -> pygame.Surface:
    """The empty board as a sprite, with its coordinates left and below."""
    ink = NIGHT if night else DAY
    room = pygame.Rect(0, 0, cell * v.maxFile + 4 * cell, cell * v.maxRank + 4 * cell)
    grid = Grid(v, room, flip)
    grid.cell, grid.margin = cell, round(cell * 0.45)
    edge = max(2, cell // 14)
    grid.rect = pygame.Rect(grid.margin + edge, edge, cell * v.maxFile, cell * v.maxRank)
    size = (grid.rect.width + grid.margin + 2 * edge, grid.rect.height + grid.margin + 2 * edge)
    made = pygame.Surface(size, pygame.SRCALPHA, 32)
    pygame.draw.rect(made, (*ink.frame, 255), grid.rect.inflate(2 * edge, 2 * edge), border_radius=edge)
    if grid.form == "points":
        _points(made, grid, ink)
    elif grid.form == "tiles" or family_of(v) == "makruk":
        _lines(made, grid, ink)
    else:
        for s in range(v.squares):
            odd = (s % v.maxFile + s // v.maxFile) % 2
            made.fill((*(ink.light if odd else ink.dark), 255), grid.box(s))
    _goals(made, grid, ink)
    _coordinates(made, grid, ink)
    return made.premul_alpha()


def _lines(made: pygame.Surface, grid: Grid, ink: Ink) -> None:
    """Squares drawn as lines, with dots where the promotion zone begins."""
    made.fill((*ink.plain, 255), grid.rect)
    thick = max(1, grid.cell // 40)
    for x in range(grid.files + 1):
        px = grid.rect.x + x * grid.cell
        pygame.draw.line(made, (*ink.line, 255), (px, grid.rect.y), (px, grid.rect.bottom), thick)
    for y in range(grid.ranks + 1):
        py = grid.rect.y + y * grid.cell
        pygame.draw.line(made, (*ink.line, 255), (grid.rect.x, py), (grid.rect.right, py), thick)
    for zone in grid.v.promotionRegion:
        depth = {y for _, y in zone}
        if not depth or len(depth) >= grid.ranks:
            continue
        edge = min(depth) if max(depth) == grid.ranks - 1 else max(depth) + 1
        y = grid.rect.y + (edge if grid.flip else grid.ranks - edge) * grid.cell
        third = max(1, grid.files // 3)
        for x in (third, grid.files - third):
            pygame.draw.circle(
                made, (*ink.line, 255), (grid.rect.x + x * grid.cell, y), max(3, grid.cell // 14)
            )


def _points(made: pygame.Surface, grid: Grid, ink: Ink) -> None:
    """Lines whose crossings are the places of pieces, palaces, the river."""
    made.fill((*ink.plain, 255), grid.rect)
    thick = max(1, grid.cell // 36)
    river = (grid.files, grid.ranks) == (9, 10) and grid.v.soldierPromotionRank > 1  # soldiers cross it

    def line(a: tuple[int, int], b: tuple[int, int]) -> None:
        p, q = (grid.centre(y * grid.files + x) for x, y in (a, b))
        if a[0] != b[0] and a[1] != b[1]:
            pygame.draw.aaline(made, (*ink.line, 255), p, q)
        pygame.draw.line(made, (*ink.line, 255), p, q, thick)

    right, top = grid.files - 1, grid.ranks - 1
    for y in range(grid.ranks):
        line((0, y), (right, y))
    for x in range(grid.files):
        if river and 0 < x < right:
            line((x, 0), (x, 4))
            line((x, 5), (x, top))
        else:
            line((x, 0), (x, top))
    royal = {p.name for p in grid.v.pieces if p.royal}
    for name, _, zone in grid.v.mobilityRegion:
        if name in royal and zone:
            xs, ys = [x for x, _ in zone], [y for _, y in zone]
            line((min(xs), min(ys)), (max(xs), max(ys)))
            line((min(xs), max(ys)), (max(xs), min(ys)))
    if river:
        middle = (grid.rect.centerx, (grid.centre(4 * 9)[1] + grid.centre(5 * 9)[1]) / 2)
        draw.write(made, middle, "r  i  v  e  r", max(10, grid.cell // 4), ink.line, anchor="center")


def _goals(made: pygame.Surface, grid: Grid, ink: Ink) -> None:
    """Goal squares: a ring with a flag's colour of the side that must reach them."""
    v = grid.v
    if v.extinctionValue == "none" and not any(v.flagRegion):
        return
    both = v.flagRegion[0] & v.flagRegion[1]
    for side, zone in enumerate(v.flagRegion):
        for x, y in sorted(zone):
            if (x, y) in both and side:
                continue
            px, py = grid.centre(y * grid.files + x)
            whose = 2 if (x, y) in both else side
            draw.stamp(made, _star(grid.cell, whose, ink), (px, py), centre=True, alpha=150)


@lru_cache(maxsize=32)
def _star(cell: int, whose: int, ink: Ink) -> pygame.Surface:
    """A star: light for the first player's goals, dark for the second's, golden for both."""
    fill = (COATS[0].fill, COATS[1].fill, ink.last)[whose]
    rim = (COATS[0].edge, COATS[1].line, ink.frame)[whose]

    def paint(s: pygame.Surface, k: int) -> None:
        half = s.get_width() / 2
        for colour, grow in ((rim, 1.0), (fill, 0.86)):
            tips = []
            for j, r in enumerate([0.62 * grow * half, 0.27 * grow * half] * 5):
                turn = j * math.pi / 5
                tips.append((half + r * math.sin(turn), half - r * math.cos(turn)))
            pygame.draw.polygon(s, (*colour, 255), tips)

    return draw.shape(cell, cell, paint)


def _coordinates(made: pygame.Surface, grid: Grid, ink: Ink) -> None:
    size = max(9, min(18, round(grid.cell * 0.24)))
    for x in range(grid.files):
        px = grid.centre(x)[0]
        draw.write(
            made,
            (px, made.get_height() - grid.margin * 0.52),
            chr(97 + x),
            size,
            ink.letters,
            anchor="center",
        )
    for y in range(grid.ranks):
        py = grid.centre(y * grid.files)[1]
        draw.write(made, (grid.margin * 0.48, py), str(y + 1), size, ink.letters, anchor="center")


@lru_cache(maxsize=8)
def _brick(cell: int, ink: Ink) -> pygame.Surface:
    made = draw.canvas((cell, cell), ink.wall)
    joint = mix(ink.wall, (0, 0, 0), 0.4)
    rows = 4
    for j in range(rows):
        y = j * cell // rows
        pygame.draw.line(made, joint, (0, y), (cell, y), max(1, cell // 24))
        for x in (cell // 4, 3 * cell // 4) if j % 2 else (0, cell // 2):
            pygame.draw.line(made, joint, (x, y), (x, y + cell // rows), max(1, cell // 24))
    return made


@lru_cache(maxsize=8)
def _boulder(cell: int, ink: Ink) -> pygame.Surface:
    def paint(s: pygame.Surface, k: int) -> None:
        middle, r = s.get_width() / 2, s.get_width() / 2
        for colour, grow in ((mix(ink.wall, (0, 0, 0), 0.45), 0.92), (ink.wall, 0.8)):
            corners = [(t + 0.3) * math.pi / 3.5 for t in range(7)]
            rough = (1.0, 0.9, 0.97, 0.88, 1.0, 0.92, 0.95)
            stone = [(middle + r * grow * f * math.cos(t), middle + r * grow * f * math.sin(t))
                     for t, f in zip(corners, rough, strict=True)]  # fmt: skip
            pygame.draw.polygon(s, (*colour, 255), stone)
        light = mix(ink.wall, (255, 255, 255), 0.25)
        draw.segment(s, (r * 0.62, r * 0.55), (r * 1.1, r * 0.42), (*light, 255), r * 0.05)

    return draw.shape(round(cell * 0.84), round(cell * 0.84), paint)


def wall(surface: pygame.Surface, grid: Grid, square: int, ink: Ink) -> None:
    """Paint a place that nothing can enter: a square of bricks, on a point a boulder."""
    if grid.form == "points":
        draw.stamp(surface, _boulder(grid.cell, ink), grid.centre(square), centre=True)
        return
    surface.blit(_brick(grid.cell, ink), grid.box(square))
