"""Shapes and words for boards: smooth edges, cached, the same pixels for the same input.

Every shape is painted once at `FINE` times its size, scaled down and kept, so that a frame is a row of
blits. Surfaces are made without a window and without audio: only pygame's font module is started.
Shapes carry premultiplied colours; `stamp` blits them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pygame

from gyges.render.kit.theme import Colour as Colour
from gyges.render.kit.theme import mix as mix

Point = tuple[float, float]
Surface = pygame.Surface
FINE = 4


def canvas(size: tuple[int, int], colour: Colour = (0, 0, 0)) -> Surface:
    """An opaque surface, made without a display."""
    made = Surface(size, 0, 32)
    made.fill(colour)
    return made


def pixels(surface: Surface) -> npt.NDArray[np.uint8]:
    """A surface's colours, uint8 [H, W, 3], a copy."""
    width, height = surface.get_size()
    data = pygame.image.tobytes(surface, "RGB")
    return np.frombuffer(bytearray(data), np.uint8).reshape(height, width, 3)


# Words.


FONTS = Path(__file__).with_name("fonts")


@lru_cache(maxsize=64)
def _font(size: int, name: str) -> pygame.font.Font:
    if not pygame.font.get_init():
        pygame.font.init()
    return pygame.font.Font(FONTS / f"{name}.ttf", size)


@lru_cache(maxsize=4096)
def _words(text: str, size: int, colour: Colour, bold: bool) -> Surface:
    return _font(size, "DejaVuSans-Bold" if bold else "DejaVuSans").render(text, True, colour)


def _rendered(text: str, size: int, colour: Colour, bold: bool) -> Surface:
    if not pygame.font.get_init():  # someone has quit pygame since: its fonts are gone
        forget()
    return _words(text, size, colour, bold)


def forget() -> None:
    """Drop cached fonts and words (after ``pygame.quit()``)."""
    _font.cache_clear()
    _words.cache_clear()
    pygame.font.init()


def width_of(text: str, size: int, bold: bool = False) -> int:
    """Pixels that a line of text takes."""
    return int(_rendered(text, size, (0, 0, 0), bold).get_width())


@lru_cache(maxsize=4096)
def elide(text: str, size: int, width: int, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it is wider than `width` pixels."""
    if width_of(text, size, bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(text[:middle] + "…", size, bold) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


@lru_cache(maxsize=1024)
def wrap(text: str, size: int, width: int, bold: bool = False) -> tuple[str, ...]:
    """The text as lines no wider than `width` pixels where words allow it."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and width_of(longer, size, bold) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return (*lines, line) if line else tuple(lines)


def write(
    surface: Surface,
    at: Point,
    text: str,
    size: int,
    colour: Colour,
    *,
    bold: bool = False,
    anchor: str = "topleft",
    width: int | None = None,
) -> pygame.Rect:
    """Write one line; `anchor` names the point of its box that lies at `at`.

    Returns:
        the box written into.
    """
    shown = text if width is None else elide(text, size, width, bold)
    image = _rendered(shown, size, colour, bold)
    box = image.get_rect(**{anchor: (round(at[0]), round(at[1]))})
    surface.blit(image, box)
    return box


def paragraph(
    surface: Surface, at: Point, text: str, size: int, colour: Colour, width: int, lines: int = 99
) -> int:
    """Write wrapped lines downwards from `at`; returns the y below the last."""
    y = round(at[1])
    for line in wrap(text, size, width)[:lines]:
        write(surface, (at[0], y), line, size, colour)
        y += round(size * 1.4)
    return y


def character(
    surface: Surface, centre: Point, sign: str, size: int, colour: Colour, *, down: bool = False
) -> None:
    """Paint one of the characters of pieces with its middle at `centre`, upside down if asked."""
    image = _font(size, "GygesPieces").render(sign, True, colour)
    ink = image.get_bounding_rect()
    image = image.subsurface(ink)
    if down:
        image = pygame.transform.rotate(image, 180)
    surface.blit(image, image.get_rect(center=(round(centre[0]), round(centre[1]))))


# Shapes. A painter draws on a surface FINE times as large.


def shape(width: int, height: int, painter: Callable[[Surface, int], None]) -> Surface:
    """A smooth sprite: `painter(surface, fine)` paints at `fine` times the size."""
    big = Surface((max(1, width) * FINE, max(1, height) * FINE), pygame.SRCALPHA, 32)
    painter(big, FINE)
    return pygame.transform.smoothscale(big.premul_alpha(), (max(1, width), max(1, height)))


def sign(painter: Callable[[Surface, float], None]) -> Callable[[int], Surface]:
    """A sign of any size, each kept: `painter(surface, unit)` paints in a square of 24 units."""

    @lru_cache(maxsize=32)
    def made(size: int) -> Surface:
        return shape(size, size, lambda s, k: painter(s, size * k / 24))

    return made


def poly(s: Surface, colour: Colour, points: Iterable[Point], u: float) -> None:
    """A polygon in units."""
    pygame.draw.polygon(s, colour, [(x * u, y * u) for x, y in points])


def rect(s: Surface, colour: Colour, x: float, y: float, w: float, h: float, u: float, r: float = 0) -> None:
    """A rectangle in units, its corners rounded by `r`."""
    pygame.draw.rect(s, colour, (x * u, y * u, w * u, h * u), border_radius=round(r * u))


def stamp(surface: Surface, sprite: Surface, at: Point, *, centre: bool = False, alpha: int = 255) -> None:
    """Blit a sprite with its top left, or its centre, at `at`."""
    if alpha < 255:
        sprite = sprite.copy()
        sprite.fill((alpha, alpha, alpha, alpha), special_flags=pygame.BLEND_RGBA_MULT)
    x, y = at
    if centre:
        x, y = x - sprite.get_width() / 2, y - sprite.get_height() / 2
    surface.blit(sprite, (round(x), round(y)), special_flags=pygame.BLEND_PREMULTIPLIED)


@lru_cache(maxsize=1024)
def _box(w: int, h: int, colour: Colour, radius: int, alpha: int, edge: int, edge_colour: Colour) -> Surface:
    def paint(s: Surface, k: int) -> None:
        whole = s.get_rect()
        if edge:
            pygame.draw.rect(s, (*edge_colour, 255), whole, border_radius=radius * k)
            inner = whole.inflate(-2 * edge * k, -2 * edge * k)
            pygame.draw.rect(s, (*colour, alpha), inner, border_radius=max(0, radius - edge) * k)
        else:
            pygame.draw.rect(s, (*colour, alpha), whole, border_radius=radius * k)

    return shape(w, h, paint)


def box(
    surface: Surface,
    rect: Sequence[float] | pygame.Rect,
    colour: Colour,
    *,
    radius: int = 6,
    alpha: int = 255,
    edge: int = 0,
    edge_colour: Colour = (0, 0, 0),
) -> None:
    """A filled rectangle (x, y, w, h) with round corners and an edge inside it."""
    x, y, w, h = (round(v) for v in rect)
    if w > 0 and h > 0:
        stamp(surface, _box(w, h, colour, min(radius, w // 2, h // 2), alpha, edge, edge_colour), (x, y))


@lru_cache(maxsize=512)
def _disc(radius: int, colour: Colour, alpha: int, hole: int) -> Surface:
    def paint(s: Surface, k: int) -> None:
        centre = (radius * k, radius * k)
        pygame.draw.circle(s, (*colour, alpha), centre, radius * k)
        if hole:
            pygame.draw.circle(s, (*colour, 0), centre, hole * k)

    return shape(2 * radius, 2 * radius, paint)


def disc(
    surface: Surface, at: Point, radius: int, colour: Colour, *, alpha: int = 255, hole: int = 0
) -> None:
    """A disc around `at`; with `hole` > 0 a ring of that inner radius."""
    stamp(surface, _disc(radius, colour, alpha, hole), at, centre=True)


def bend(a: Point, b: Point, by: float, steps: int = 24) -> list[Point]:
    """Points along a curve from a to b that bulges sideways by `by` times their distance."""
    mx, my = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    cx, cy = mx - (b[1] - a[1]) * by, my + (b[0] - a[0]) * by
    out = []
    for j in range(steps + 1):
        t = j / steps
        k, l, m = (1 - t) ** 2, 2 * t * (1 - t), t * t
        out.append((k * a[0] + l * cx + m * b[0], k * a[1] + l * cy + m * b[1]))
    return out


@lru_cache(maxsize=256)
def _stroke(
    points: tuple[Point, ...], colour: Colour, width: float, head: float, dash: int
) -> tuple[Surface, Point]:
    margin = math.ceil(max(width, head) + 2)
    left = math.floor(min(p[0] for p in points)) - margin
    top = math.floor(min(p[1] for p in points)) - margin
    right = math.ceil(max(p[0] for p in points)) + margin
    bottom = math.ceil(max(p[1] for p in points)) + margin

    def paint(s: Surface, k: int) -> None:
        fine = [((x - left) * k, (y - top) * k) for x, y in points]
        if head:
            _head(s, fine, colour, head * k)
            fine = _shortened(fine, head * k * 0.8)
        for j, (p, q) in enumerate(itertools.pairwise(fine)):
            if dash and j % 2:
                continue
            segment(s, p, q, colour, width * k / 2)

    return shape(right - left, bottom - top, paint), (left, top)


def segment(s: Surface, p: Point, q: Point, colour: tuple[int, ...], half: float) -> None:
    """A thick line with round ends, for painters."""
    angle = math.atan2(q[1] - p[1], q[0] - p[0])
    dx, dy = -math.sin(angle) * half, math.cos(angle) * half
    corners = [(p[0] + dx, p[1] + dy), (q[0] + dx, q[1] + dy), (q[0] - dx, q[1] - dy), (p[0] - dx, p[1] - dy)]
    pygame.draw.polygon(s, colour, corners)
    for end in (p, q):
        pygame.draw.circle(s, colour, end, half)


def _head(s: Surface, fine: list[Point], colour: Colour, length: float) -> None:
    tip = fine[-1]
    back = _shortened(fine, length)[-1]
    angle = math.atan2(tip[1] - back[1], tip[0] - back[0])
    dx, dy = -math.sin(angle) * length * 0.55, math.cos(angle) * length * 0.55
    pygame.draw.polygon(s, colour, [tip, (back[0] + dx, back[1] + dy), (back[0] - dx, back[1] - dy)])


def _shortened(points: list[Point], by: float) -> list[Point]:
    kept = list(points)
    while len(kept) > 2 and math.dist(kept[-1], points[-1]) < by:
        kept.pop()
    (ax, ay), (bx, by_) = kept[-1], points[-1]
    gap = math.dist(kept[-1], points[-1])
    if gap > by:
        share = (gap - by) / gap
        kept.append((ax + (bx - ax) * share, ay + (by_ - ay) * share))
    return kept


def stroke(
    surface: Surface,
    points: Sequence[Point],
    colour: Colour,
    width: float = 2,
    *,
    head: float = 0,
    dash: bool = False,
    alpha: int = 255,
) -> None:
    """A smooth line through points, with an arrow head of `head` pixels at its end."""
    key = tuple((round(x, 1), round(y, 1)) for x, y in points)
    sprite, corner = _stroke(key, colour, width, head, int(dash))
    stamp(surface, sprite, corner, alpha=alpha)
