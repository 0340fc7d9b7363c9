"""How the pieces of any variant look: glyphs where one is known, else tokens with letter and moves.

What tells the sides apart is lightness and, for tokens, the way they point; nothing hangs on hue.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import pygame

from gyges.envs.fairychess import Variant
from gyges.envs.fairychess.engine.mobility import Kind
from gyges.envs.fairychess.variants.ini_files import Piece
from gyges.envs.fairychess.variants.pieces import PIECES
from gyges.render.fairychess import glyphs
from gyges.render.fairychess.glyphs import Coat
from gyges.render.kit import draw
from gyges.render.kit.theme import mix

FIRST = Coat((253, 249, 238), (44, 40, 46), (44, 40, 46))
SECOND = Coat((50, 50, 62), (232, 228, 216), (22, 22, 30), (232, 228, 216))
COATS = (FIRST, SECOND)
WOOD = (Coat((254, 240, 208), (52, 38, 28), (92, 66, 40)), Coat((120, 88, 60), (252, 240, 216), (58, 40, 26)))
PROMOTED = ((186, 44, 18), (255, 176, 96))
PEOPLE = ((0, 134, 100), (224, 150, 0))
TILE = "M 50 5 L 79 20 L 89 94 L 11 94 L 21 20 Z"
SHIELD = "M 50 6 C 62 17 75 22 87 23 L 87 88 Q 87 93 82 93 L 18 93 Q 13 93 13 88 L 13 23 C 25 22 38 17 50 6 Z"

NAMES = {
    "pawn": "pawn",
    "breakthrough": "pawn",
    "shogiPawn": "pawn",
    "soldier": "soldier",
    "elephant": "elephant",
    "alfil": "elephant",
    "fersAlfil": "elephant",
    "horse": "knight",
    "aiwok": "amazon",
}
"""Glyphs of named kinds whose own moves have none; see `glyph_of`."""
OWN = ("knight", "bishop", "rook", "queen", "fers", "archbishop", "chancellor", "amazon", "wazir", "commoner",
       "centaur", "cannon")  # fmt: skip


class Look(NamedTuple):
    """How a kind of piece is drawn.

    Attributes:
        glyph: one of `GLYPHS`, "" for a letter.
        letter: what stands on a token, "+R" for what changes back.
        form: "glyph", "shield", "tile" or "disc".
        badge: a mark at the corner: "+" promoted, "♚" royal where the glyph does not say so.
        marks: how it moves, for tokens: (dx, dy, sign) each, sign "." one step, "-" on, "o" a leap.
    """

    glyph: str
    letter: str
    form: str
    badge: str = ""
    marks: tuple[tuple[int, int, str], ...] = ()


@lru_cache(maxsize=1)
def _by_moves() -> dict[frozenset[object], str]:
    table = {PIECES[name]: name for name in OWN} | {"gQ": "grasshopper", "NN": "nightrider"}
    return {frozenset(Piece("", "", betza).steps): name for betza, name in table.items()}


def glyph_of(piece: Piece) -> tuple[str, str]:
    """The glyph of a piece and its badge; the glyph is "" where none fits its moves."""
    if piece.royal and piece.betza in ("K", "W", "F"):
        return "king", ""
    found = NAMES.get(piece.name) or _by_moves().get(frozenset(piece.steps), "")
    return found, "♚" if piece.royal else ""


def marks_of(piece: Piece) -> tuple[tuple[int, int, str], ...]:
    """How a piece moves, as marks around its letter."""
    found: dict[tuple[int, int], str] = {}
    for step in piece.steps:
        if step.initial:
            continue
        leap = max(abs(step.dx), abs(step.dy)) > 1
        sign = "o" if leap or step.hop else "-" if step.reach > 1 else "."
        rank = ".-o".index(sign)
        far = max(abs(step.dx), abs(step.dy))
        way = (step.dx, step.dy) if abs(step.dx) != abs(step.dy) and step.dx and step.dy else (
            step.dx // far, step.dy // far)  # fmt: skip
        if way not in found or rank > ".-o".index(found[way]):
            found[way] = sign
    return tuple((dx, dy, sign) for (dx, dy), sign in sorted(found.items()))


def form_of(v: Variant) -> str:
    """What a variant's pieces stand on: "squares", "points" (Chinese) or "tiles" (Japanese)."""
    kinds = {p.name for p in v.pieces}
    if v.flyingGeneral or "soldier" in kinds:
        return "points"
    if v.promotedPieceType and ("shogiPawn" in kinds or v.capturesToHand):
        return "tiles"
    return "squares"


@lru_cache(maxsize=64)
def looks(v: Variant, kinds: tuple[Kind, ...]) -> tuple[Look, ...]:
    """The look of each kind of a compiled variant, by index."""
    form = form_of(v)
    out = [Look("", "", "glyph")]
    for kind in kinds[1:]:
        glyph, badge = glyph_of(kind.piece)
        if kind.symbol[-1] == "~":
            badge = "+"
        letter = kind.symbol.rstrip("~")
        if form == "tiles" or not glyph:
            token = "tile" if form == "tiles" else "disc" if form == "points" else "shield"
            royal = "♚" if kind.piece.royal and form != "tiles" else badge if badge == "+" else ""
            out.append(Look("", letter, token, royal, marks_of(kind.piece)))
        else:
            out.append(Look(glyph, letter, "disc" if form == "points" else "glyph", badge))
    return tuple(out)


@lru_cache(maxsize=2048)
def sprite(look: Look, side: int, size: int, up: bool) -> pygame.Surface:
    """A piece of a side as a square sprite; `up` says that it plays up the board as it is shown."""

    def paint(s: pygame.Surface, k: int) -> None:
        wide = size * k
        if look.form == "glyph":
            glyphs.paint(s, look.glyph, COATS[side], (-0.02 * wide, -0.02 * wide), wide * 0.0104, 4.0)
        elif look.form == "disc":
            _disc(s, look, side, wide)
        else:
            _token(s, look, side, wide, up)
        if look.badge:
            _badge(s, look.badge, side, wide)

    return draw.shape(size, size, paint)


def _disc(s: pygame.Surface, look: Look, side: int, wide: int) -> None:
    coat, middle = COATS[side], (wide / 2, wide / 2)
    pygame.draw.circle(s, (0, 0, 0, 60), (wide * 0.51, wide * 0.53), wide * 0.455)
    pygame.draw.circle(
        s, (*(coat.edge if side == 0 else mix(coat.fill, (0, 0, 0), 0.4)), 255), middle, wide * 0.455
    )
    pygame.draw.circle(s, (*coat.fill, 255), middle, wide * 0.43)
    pygame.draw.circle(s, (*coat.line, 255), middle, wide * 0.385, max(1, round(wide * 0.014)))
    if look.glyph:
        inner = Coat(coat.line, coat.fill, coat.line)
        glyphs.paint(s, look.glyph, inner, (wide * 0.17, wide * 0.155), wide * 0.0066, 4.2)
    else:
        _letter(s, look, coat.line, wide, wide * 0.34)


def _token(s: pygame.Surface, look: Look, side: int, wide: int, up: bool) -> None:
    tile = look.form == "tile"
    coat = WOOD[side] if tile else COATS[side]
    outline, _ = glyphs.points(TILE if tile else SHIELD)
    unit = wide / 100

    def placed(grow: float, drop: float = 0.0) -> list[draw.Point]:
        found = [((50 + (x - 50) * grow) * unit, (50 + (y - 50) * grow) * unit) for x, y in outline]
        return [(x, (y if up else wide - y) + drop) for x, y in found]

    pygame.draw.polygon(s, (0, 0, 0, 60), placed(0.98, 2.5 * unit))
    if coat.halo is not None:
        pygame.draw.polygon(s, (*coat.halo, 255), placed(1.0))
    pygame.draw.polygon(s, (*coat.edge, 255), placed(0.97))
    pygame.draw.polygon(s, (*coat.fill, 255), placed(0.90))
    ink = PROMOTED[side] if look.letter.startswith("+") else coat.line
    middle = wide * (0.54 if up else 0.46)
    if wide >= 34 * draw.FINE:
        _marks(s, look, mix(coat.fill, coat.line, 0.75), wide, middle, up)
    _letter(s, look, ink, wide, wide * 0.40, middle)


def _letter(
    s: pygame.Surface, look: Look, ink: draw.Colour, wide: int, high: float, middle: float = 0.0
) -> None:
    text = look.letter
    size = max(8, round(high * (1.0 if len(text) == 1 else 0.72)))
    draw.write(s, (wide / 2, middle or wide / 2), text, size, ink, bold=True, anchor="center")


def _marks(s: pygame.Surface, look: Look, ink: draw.Colour, wide: int, middle: float, up: bool) -> None:
    unit, turn = wide / 100, 1 if up else -1
    for dx, dy, sign in look.marks:
        far = math.hypot(dx, dy)
        # on a box that is a little narrower than high
        ux, uy = dx / far * turn, -dy / far * turn
        stretch = min(27 / max(abs(ux), 1e-6), 30 / max(abs(uy), 1e-6)) if far < 1.5 else 32
        x, y = wide / 2 + ux * stretch * unit, middle + uy * stretch * unit
        if sign == "-":
            px, py = ux * 4.2 * unit, uy * 4.2 * unit
            draw.segment(s, (x - px, y - py), (x + px, y + py), (*ink, 255), 2.3 * unit)
        elif sign == "o":
            pygame.draw.circle(s, (*ink, 255), (x, y), 4.2 * unit, max(1, round(1.9 * unit)))
        else:
            pygame.draw.circle(s, (*ink, 255), (x, y), 3.3 * unit)


def _badge(s: pygame.Surface, badge: str, side: int, wide: int) -> None:
    """A disc at the upper right corner: what a piece is besides its look."""
    coat = COATS[side]
    x, y, r = wide * 0.82, wide * 0.19, wide * 0.15
    pygame.draw.circle(s, (*(coat.halo or coat.edge), 255), (x, y), r)
    pygame.draw.circle(s, (*coat.fill, 255), (x, y), r * 0.84)
    if badge == "♚":
        left = [(-0.55, 0.42), (-0.62, -0.36), (-0.26, 0.02), (0.0, -0.55)]
        crown = [*left, *((-a, b) for a, b in left[2::-1])]
        pygame.draw.polygon(s, (*coat.line, 255), [(x + a * r, y + b * r) for a, b in crown])
        return
    ink = PROMOTED[side]
    for a, b in (((-0.5, 0.0), (0.5, 0.0)), ((0.0, -0.5), (0.0, 0.5))):
        p, q = (x + a[0] * r, y + a[1] * r), (x + b[0] * r, y + b[1] * r)
        draw.segment(s, p, q, (*ink, 255), r * 0.16)


@lru_cache(maxsize=64)
def bystander(people: bool, size: int) -> pygame.Surface:
    """A neutral piece: a grown-up with a child, or a crate where no one can be harmed."""

    def paint(s: pygame.Surface, k: int) -> None:
        if people:
            _people(s, size * k / 100)
        else:
            _crate(s, size * k / 100)

    return draw.shape(size, size, paint)


def _people(s: pygame.Surface, u: float) -> None:
    figures = (
        (38, 21, 11.5, "M 20 91 L 23 50 C 24 37 52 37 53 50 L 56 91 Z", PEOPLE[0]),
        (71, 48, 9.5, "M 56 91 L 59 70 C 60 60 82 60 83 70 L 86 91 Z", PEOPLE[1]),
    )
    face, dark, light = (250, 226, 192), (30, 30, 36), (250, 248, 240)
    for halo, grow in ((light, 4.2), (dark, 2.2), (None, 0.0)):
        for x, y, r, robe, colour in figures:
            body = [(a * u, b * u) for a, b in glyphs.points(robe)[0]]
            pygame.draw.polygon(s, halo or colour, body)
            if halo:
                glyphs.outline(s, (*body, body[0]), halo, grow * u)
            pygame.draw.circle(s, halo or face, (x * u, y * u), (r + grow) * u)
    for p, q in (((53, 56), (62, 68)),):
        draw.segment(s, (p[0] * u, p[1] * u), (q[0] * u, q[1] * u), (*dark, 255), 4.4 * u)
        draw.segment(s, (p[0] * u, p[1] * u), (q[0] * u, q[1] * u), (*face, 255), 2.6 * u)
    for eye, level, gap in ((38, 20.0, 4.4), (71, 47.5, 3.8)):
        for dx in (-gap, gap):
            pygame.draw.circle(s, dark, ((eye + dx) * u, level * u), 1.7 * u)


def _crate(s: pygame.Surface, u: float) -> None:
    wood, dark = (196, 158, 110), (70, 52, 36)
    pygame.draw.rect(s, (250, 248, 240), (11 * u, 13 * u, 78 * u, 76 * u), border_radius=round(5 * u))
    pygame.draw.rect(s, dark, (13 * u, 15 * u, 74 * u, 72 * u), border_radius=round(4 * u))
    pygame.draw.rect(s, wood, (16 * u, 18 * u, 68 * u, 66 * u))
    for y in (40, 62):
        draw.segment(s, (17 * u, y * u), (83 * u, y * u), dark, 1.1 * u)
    for p, q in (((24, 26), (76, 76)),):
        draw.segment(s, (p[0] * u, p[1] * u), (q[0] * u, q[1] * u), dark, 6.6 * u)
        draw.segment(s, (p[0] * u, p[1] * u), (q[0] * u, q[1] * u), mix(wood, (255, 255, 255), 0.2), 5.0 * u)
    for box in ((16, 18, 68, 9), (16, 75, 68, 9), (16, 18, 9, 66), (75, 18, 9, 66)):
        pygame.draw.rect(s, dark, tuple(v * u for v in box))
        x, y, w, h = box
        pygame.draw.rect(
            s, mix(wood, (255, 255, 255), 0.12), tuple(v * u for v in (x + 1, y + 1, w - 2, h - 2))
        )
