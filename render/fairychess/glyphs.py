"""Chess pieces as outlines, drawn for this project, in a box of 100 x 100 with y downwards.

An outline is written like a path of SVG: ``M x y`` begins, ``L`` goes straight, ``Q`` and ``C`` bend
(one and two control points), ``Z`` closes. A knight that also moves like another piece wears its hat.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import pygame

from gyges.render.kit import draw
from gyges.render.kit.theme import Colour

Point = tuple[float, float]


class Glyph(NamedTuple):
    """One piece: closed outlines, lines drawn on them, dots (x, y, radius) in the colour of the lines."""

    shapes: tuple[str, ...]
    lines: tuple[str, ...] = ()
    dots: tuple[tuple[float, float, float], ...] = ()
    balls: tuple[tuple[float, float, float], ...] = ()  # filled like the shapes


class Coat(NamedTuple):
    """Colours of one side's pieces."""

    fill: Colour
    line: Colour  # details inside
    edge: Colour  # around the silhouette
    halo: Colour | None = None  # around the edge


FOOT = "M 22 91 L 78 91 L 78 84 Q 78 79 72 79 L 28 79 Q 22 79 22 84 Z"
HORSE = (
    "M 31 79 C 31 66 45 61 47 49 C 42 53 37 54 33 59 C 30 63 26 62 23 60 C 18 57 19 52 22 48 "
    "C 27 41 29 33 36 27 C 36 22 36 16 38 10 C 43 13 46 17 48 21 C 67 24 79 46 74 79 Z"
)
MANE = ("M 55 29 C 65 37 69 52 67 71", "M 23 55 L 28 53")
HORSE_DOTS = ((42.0, 34.0, 3.0),)
LOBES = "M 50 42 C 54 29 84 25 82 47 C 81 57 72 62 71 70 L 29 70 C 28 62 19 57 18 47 C 16 25 46 29 50 42 Z"
BAND = "M 29 70 L 71 70 L 70 80 L 30 80 Z"
CORONET = "M 17 33 L 32 52 L 32 25 L 43 49 L 50 21 L 57 49 L 68 25 L 68 52 L 83 33 L 73 68 L 27 68 Z"
PEARLS = ((17.0, 30.0, 5.0), (32.0, 21.0, 5.0), (50.0, 16.5, 5.0), (68.0, 21.0, 5.0), (83.0, 30.0, 5.0))
TOWER = (
    "M 26 18 L 38 18 L 38 26 L 44 26 L 44 18 L 56 18 L 56 26 L 62 26 L 62 18 L 74 18 L 74 36 L 66 43 "
    "L 67 68 L 73 80 L 27 80 L 33 68 L 34 43 L 26 36 Z"
)
CROSS = (
    "M 46.5 9 L 53.5 9 L 53.5 14.5 L 59 14.5 L 59 21 L 53.5 21 L 53.5 32 L 46.5 32 L 46.5 21 L 41 21 "
    "L 41 14.5 L 46.5 14.5 Z"
)
MITRE = "M 50 19 C 68 31 74 46 65 59 L 35 59 C 26 46 32 31 50 19 Z"

GLYPHS: dict[str, Glyph] = {
    "pawn": Glyph(
        ("M 43 44 C 44 62 36 71 29 80 L 71 80 C 64 71 56 62 57 44 Z",
         "M 36 46 L 64 46 L 60 53 L 40 53 Z", FOOT),
        ("M 40 53 L 60 53", "M 28 80 L 72 80"),
        balls=((50, 32, 14.5),),
    ),
    "rook": Glyph((TOWER, FOOT), ("M 34 43 L 66 43", "M 33 68 L 67 68", "M 28 80 L 72 80")),
    "bishop": Glyph(
        (MITRE, "M 33 59 L 67 59 L 63 67 L 37 67 Z", "M 40 66 L 60 66 L 71 80 L 29 80 Z", FOOT),
        ("M 33 59 L 67 59", "M 38 67 L 62 67", "M 28 80 L 72 80", "M 50 31 L 50 50", "M 42 40 L 58 40"),
        balls=((50, 15, 5.5),),
    ),
    "queen": Glyph(
        (CORONET, "M 27 67 L 73 67 L 70 80 L 30 80 Z", FOOT),
        ("M 28 68 C 42 63 58 63 72 68", "M 28 80 L 72 80"), balls=PEARLS,
    ),
    "king": Glyph(
        (CROSS, LOBES, BAND, "M 50 27 C 60 35 60 47 50 62 C 40 47 40 35 50 27 Z", FOOT),
        ("M 50 28 C 59 36 59 47 50 64 C 41 47 41 36 50 28", "M 29 70 C 42 66 58 66 71 70", "M 28 80 L 72 80"),
    ),
    "commoner": Glyph(
        (LOBES, BAND, FOOT, "M 50 27 C 60 35 60 47 50 62 C 40 47 40 35 50 27 Z"),
        ("M 50 28 C 59 36 59 47 50 64 C 41 47 41 36 50 28", "M 29 70 C 42 66 58 66 71 70", "M 28 80 L 72 80"),
        balls=((50, 22, 6),),
    ),
    "knight": Glyph((HORSE, FOOT), (*MANE, "M 28 80 L 76 80"), HORSE_DOTS),
    "fers": Glyph(
        ("M 26 38 L 38 52 L 50 27 L 62 52 L 74 38 L 66 68 L 34 68 Z",
         "M 34 67 L 66 67 L 70 80 L 30 80 Z", FOOT),
        ("M 34 68 C 44 64 56 64 66 68", "M 28 80 L 72 80"),
        balls=((26, 35, 5), (50, 23, 5), (74, 35, 5)),
    ),
    "wazir": Glyph(
        ("M 36 34 L 44 34 L 44 40 L 56 40 L 56 34 L 64 34 L 64 48 L 58 53 L 59 70 L 66 80 L 34 80 "
         "L 41 70 L 42 53 L 36 48 Z", FOOT),
        ("M 42 53 L 58 53", "M 28 80 L 72 80"),
    ),
    "elephant": Glyph(
        ("M 76 80 C 80 70 82 58 79 46 C 75 28 62 20 49 21 C 35 22 27 33 27 46 C 27 57 28 64 22 68 "
         "C 19 70 16 69 14 65 L 7 68 C 10 79 21 82 29 76 C 35 72 35 64 37 60 C 40 66 42 73 39 80 Z", FOOT),
        ("M 53 35 C 68 28 77 42 71 55 C 66 65 56 60 53 51 Z", "M 40 57 C 35 64 27 66 20 58",
         "M 28 80 L 76 80"),
        ((40, 42, 3),),
    ),
    "cannon": Glyph(
        ("M 21 42 L 77 17 L 86 36 L 33 66 C 22 70 13 52 21 42 Z", FOOT),
        ("M 70 20 L 79 40", "M 28 80 L 72 80"),
        ((48, 64, 4.5),), balls=((48, 64, 19),),
    ),
    "soldier": Glyph(
        ("M 28 48 C 28 14 72 14 72 48 L 80 52 L 80 58 L 20 58 L 20 52 Z",
         "M 33 57 L 67 57 L 63 65 C 76 67 79 73 79 80 L 21 80 C 21 73 24 67 37 65 Z", FOOT),
        ("M 28 48 C 40 44 60 44 72 48", "M 50 23 L 50 45", "M 36 65 C 44 69 56 69 64 65", "M 24 80 L 76 80"),
        balls=((50, 16, 5.5),),
    ),
}  # fmt: skip

HATS: dict[str, Glyph] = {
    "bishop": Glyph(
        ("M 47 8 C 58 15 61 23 57 31 L 37 31 C 33 23 36 15 47 8 Z",),
        ("M 47 14 L 47 27", "M 42 20 L 52 20"), balls=((47, 6.5, 3.4),),
    ),
    "rook": Glyph(
        ("M 32 9 L 39 9 L 39 14 L 43.5 14 L 43.5 9 L 50.5 9 L 50.5 14 L 55 14 L 55 9 L 62 9 L 62 21 "
         "L 58 32 L 36 32 L 32 21 Z",),
        ("M 35 23 L 59 23",),
    ),
    "queen": Glyph(
        ("M 28 12 L 37 20 L 40 8 L 47 18 L 54 8 L 57 20 L 66 12 L 60 32 L 34 32 Z",),
        ("M 35 27 L 59 27",), balls=((28, 10, 3.4), (40, 6, 3.4), (54, 6, 3.4), (66, 10, 3.4)),
    ),
    "king": Glyph(
        ("M 44 3 L 50 3 L 50 8 L 55 8 L 55 13.5 L 50 13.5 L 50 18 L 60 22 L 58 32 L 36 32 L 34 22 "
         "L 44 18 L 44 13.5 L 39 13.5 L 39 8 L 44 8 Z",),
        ("M 36 26 L 58 26",),
    ),
}  # fmt: skip


def _moved(path: str, sx: float, sy: float, dx: float, dy: float) -> str:
    words, out, odd = path.split(), [], False
    for word in words:
        if word.isalpha():
            out.append(word)
            odd = False
        else:
            out.append(f"{float(word) * (sy if odd else sx) + (dy if odd else dx):.2f}")
            odd = not odd
    return " ".join(out)


def _turned(glyph: Glyph) -> Glyph:
    """Upside down: how problemists draw a piece's strange relative."""
    flip = (-1.0, -1.0, 100.0, 102.0)
    spots = tuple((100 - x, 102 - y, r) for x, y, r in glyph.dots)
    balls = tuple((100 - x, 102 - y, r) for x, y, r in glyph.balls)
    shapes = tuple(_moved(p, *flip) for p in glyph.shapes)
    return Glyph(shapes, tuple(_moved(p, *flip) for p in glyph.lines), spots, balls)


def _hatted(hat: str) -> Glyph:
    low = (0.88, 0.74, 7.0, 23.0)
    up = (1.1, 1.12, -3.0, 2.5)
    worn = HATS[hat]
    shapes = tuple(_moved(p, *up) for p in worn.shapes)
    lines = tuple(_moved(p, *up) for p in worn.lines)
    balls = tuple((x * 1.1 - 3, y * 1.12 + 2.5, r) for x, y, r in worn.balls)
    bare = HORSE.replace("C 36 22 36 16 38 10 C 43 13 46 17 48 21", "C 40 23 44 21 48 21")  # without ears
    head = (_moved(bare, *low), FOOT)
    marks = tuple(_moved(p, *low) for p in MANE)
    dots = tuple((x * 0.88 + 7, y * 0.74 + 23, r) for x, y, r in HORSE_DOTS)
    return Glyph((*head, *shapes), (*marks, *lines, "M 28 80 L 76 80"), dots, balls)


STUPA = (
    "M 30 80 C 30 66 40 61 42 48 L 39 44 L 46 39 L 44 33 L 48 28 L 50 5 L 52 28 L 56 33 L 54 39 L 61 44 "
    "L 58 48 C 60 61 70 66 70 80 Z"
)
GLYPHS |= {
    "khun": Glyph((STUPA, FOOT), ("M 41 48 L 59 48", "M 34 67 L 66 67", "M 28 80 L 72 80")),
    "met": Glyph(
        (
            "M 32 80 C 32 69 41 65 43 56 L 40 52 L 47 47 L 50 26 L 53 47 L 60 52 L 57 56 "
            "C 59 65 68 69 68 80 Z",
            FOOT,
        ),
        ("M 42 56 L 58 56", "M 28 80 L 72 80"),
    ),
    "khon": Glyph(
        (
            "M 25 80 C 25 62 37 58 39 45 L 34 40 L 44 35 L 46 26 L 50 18 L 54 26 L 56 35 L 66 40 L 61 45 "
            "C 63 58 75 62 75 80 Z",
            FOOT,
        ),
        ("M 37 45 L 63 45", "M 32 60 L 68 60", "M 27 70 L 73 70", "M 28 80 L 72 80"),
    ),
    "ruea": Glyph(
        ("M 20 46 C 20 34 80 34 80 46 L 73 82 L 27 82 Z", FOOT),
        ("M 21 48 C 30 57 70 57 79 48", "M 25 66 L 75 66", "M 28 80 L 72 80"),
    ),
    "bia": Glyph(
        ("M 22 66 C 22 42 78 42 78 66 C 78 88 22 88 22 66 Z",),
        ("M 32 67 C 44 60 56 74 68 67", "M 40 60 L 41 71", "M 50 61 L 50 73", "M 59 63 L 58 74"),
    ),
    "archbishop": _hatted("bishop"),
    "chancellor": _hatted("rook"),
    "amazon": _hatted("queen"),
    "centaur": _hatted("king"),
    "grasshopper": _turned(GLYPHS["queen"]),
    "nightrider": _turned(GLYPHS["knight"]),
}


@cache
def points(path: str, steps: int = 12) -> tuple[tuple[Point, ...], bool]:
    """A path as points, and whether it is closed."""
    words = path.split()
    out: list[Point] = []
    j, op, closed = 0, "M", False
    while j < len(words):
        if words[j].isalpha():
            op = words[j]
            j += 1
            if op == "Z":
                closed = True
                continue
        count = {"M": 1, "L": 1, "Q": 2, "C": 3}[op]
        given = [(float(words[j + 2 * k]), float(words[j + 2 * k + 1])) for k in range(count)]
        j += 2 * count
        if count == 1:
            out.append(given[0])
            continue
        knots = [out[-1], *given]
        out += [_bezier(knots, k / steps) for k in range(1, steps + 1)]
    return tuple(out), closed


def _bezier(knots: list[Point], t: float) -> Point:
    while len(knots) > 1:
        knots = [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in itertools.pairwise(knots)]
    return knots[0]


def paint(s: pygame.Surface, name: str, coat: Coat, corner: Point, scale: float, thick: float = 4.2) -> None:
    """Paint a glyph on a painter's surface (see `draw.shape`).

    Args:
        s: where to.
        name: which of `GLYPHS`.
        coat: its colours.
        corner: top left of its box.
        scale: pixels of `s` per unit of the box.
        thick: width of lines in units of the box.
    """
    glyph = GLYPHS[name]
    x0, y0 = corner

    def placed(found: Iterable[Point]) -> list[Point]:
        return [(x0 + x * scale, y0 + y * scale) for x, y in found]

    shapes = [placed(points(p)[0]) for p in glyph.shapes]
    balls = [(*placed([(x, y)])[0], r * scale) for x, y, r in glyph.balls]
    layers: list[tuple[Colour, float]] = [(coat.edge, thick * scale / 2)]
    if coat.halo is not None:
        layers.insert(0, (coat.halo, thick * scale * 0.95))
    for colour, wide in (*layers, (coat.fill, 0.0)):
        for shape in shapes:
            pygame.draw.polygon(s, (*colour, 255), shape)
            if wide:
                outline(s, (*shape, shape[0]), colour, wide)
        for x, y, r in balls:
            pygame.draw.circle(s, (*colour, 255), (x, y), r + wide)
    for path in glyph.lines:
        outline(s, placed(points(path)[0]), coat.line, thick * scale * 0.36)
    for (x, y), (*_, r) in zip(placed((x, y) for x, y, _ in glyph.dots), glyph.dots, strict=True):
        pygame.draw.circle(s, (*coat.line, 255), (x, y), r * scale)


def outline(s: pygame.Surface, found: Iterable[Point], colour: Colour, half: float) -> None:
    """A line with round joints through points, on a painter's surface."""
    last: Point | None = None
    for point in found:
        if last is not None and last != point:
            draw.segment(s, last, point, (*colour, 255), half)
        last = point
