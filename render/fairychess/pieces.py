"""How the pieces of any variant are drawn: glyphs or signs where they are known, else tokens with letter and
moves.

What tells the sides apart is lightness and, for tokens, the way they point; nothing hangs on hue.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import pygame

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess import Variant
from gyges.envs.fairychess.engine.mobility import Kind
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.variants.ini_files import Piece
from gyges.envs.fairychess.variants.pieces import PIECES
from gyges.render.fairychess import glyphs
from gyges.render.fairychess.glyphs import Coat
from gyges.render.fairychess.signs import STYLES, family_of, signs_of
from gyges.render.kit import draw
from gyges.render.kit.theme import mix

FIRST = Coat((253, 249, 238), (44, 40, 46), (44, 40, 46))
SECOND = Coat((50, 50, 62), (232, 228, 216), (22, 22, 30), (232, 228, 216))
COATS = (FIRST, SECOND)
WOOD = (Coat((254, 240, 208), (52, 38, 28), (92, 66, 40)), Coat((90, 63, 42), (242, 229, 204), (46, 32, 22)))
CHARACTERS = ((176, 34, 22), (240, 232, 214))
"""Ink of the characters on discs."""
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
SHARES = {"king": 1.0, "shogiPawn": 0.84, "lance": 0.9, "shogiKnight": 0.9, "soldier": 0.88, "wazir": 0.88}
"""Sizes of pieces that bear characters, where they differ from the common one."""
OWN = ("knight", "bishop", "rook", "queen", "fers", "archbishop", "chancellor", "amazon", "wazir", "commoner",
       "centaur", "cannon")  # fmt: skip


class Design(NamedTuple):
    """How a kind of piece is drawn.

    Attributes:
        glyph: one of `GLYPHS`, "" for a letter.
        letter: what stands on a token, "+R" for what changes back.
        form: "glyph", "shield", "tile", "disc" or "octagon".
        badge: a mark at the corner: "+" promoted, "♚" royal where the glyph does not say so.
        marks: how it moves, for tokens: (dx, dy, sign) each, sign "." one step, "-" on, "o" a leap.
        signs: the character that it bears for each player; a glyph or a letter where they are empty.
        share: its size, of the largest.
    """

    glyph: str
    letter: str
    form: str
    badge: str = ""
    marks: tuple[tuple[int, int, str], ...] = ()
    signs: tuple[str, str] = ("", "")
    share: float = 1.0


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
    """What a variant's pieces stand on: "squares", "points" (Chinese, Korean) or "tiles" (Japanese)."""
    return {"xiangqi": "points", "janggi": "points", "shogi": "tiles"}.get(family_of(v), "squares")


class PieceSet(NamedTuple):
    """The pieces of a compiled variant in one style.

    Attributes:
        c: the variant.
        style: one of `signs.STYLES`.
        designs: by kind.
    """

    c: Compiled
    style: str
    designs: tuple[Design, ...]

    def image(self, kind: int, side: int, size: int, up: bool) -> pygame.Surface:
        """A piece of a side as a square sprite; `up` says that it plays up the board as it is shown."""
        return sprite(self.designs[kind], side, size, up)


def piece_set(c: Compiled, style: str = STYLES[0]) -> PieceSet:
    """The pieces of a variant.

    Raises:
        ConfigError: there is no such style.
    """
    if style not in STYLES:
        raise ConfigError(f"pieces are {' or '.join(STYLES)}, not {style!r}")
    return PieceSet(c, style, designs(c.variant, c.kinds, style))


@lru_cache(maxsize=128)
def designs(v: Variant, kinds: tuple[Kind, ...], style: str = STYLES[0]) -> tuple[Design, ...]:
    """The design of each kind of a compiled variant, by index."""
    return (Design("", "", "glyph"), *(_design(v, kinds, kind, style) for kind in kinds[1:]))


def _design(v: Variant, kinds: tuple[Kind, ...], kind: Kind, style: str) -> Design:
    form, family = form_of(v), family_of(v)
    signs = signs_of(v, kind) if style == "traditional" else ("", "")
    letter = kind.symbol.rstrip("~")
    if signs[0] in glyphs.GLYPHS:
        return Design(signs[0], letter, "glyph")
    if signs[0]:
        token = {"shogi": "tile", "janggi": "octagon"}.get(family, "disc")
        alike = [k for k in kinds[1:] if (signs_of(v, k), k.symbol[0] == "+") == (signs, letter[0] == "+")]
        marks = marks_of(kind.piece) if len(alike) > 1 else ()
        if sum(marks_of(k.piece) == marks for k in alike) > 1:
            return Design("", letter, token, "", marks)  # gold both, but they turn back into different pieces
        return Design("", letter, token, "", marks, signs, SHARES.get(kind.piece.name, 0.95))
    glyph, badge = glyph_of(kind.piece)
    badge = "+" if kind.symbol[-1] == "~" else badge
    if form == "tiles" or not glyph:
        token = "tile" if form == "tiles" else "disc" if form == "points" else "shield"
        royal = "♚" if kind.piece.royal and form != "tiles" else badge if badge == "+" else ""
        return Design("", letter, token, royal, marks_of(kind.piece))
    return Design(glyph, letter, "disc" if form == "points" else "glyph", badge)


@lru_cache(maxsize=2048)
def sprite(design: Design, side: int, size: int, up: bool) -> pygame.Surface:
    """A piece of a side as a square sprite; `up` says that it plays up the board as it is shown."""

    def paint(s: pygame.Surface, k: int) -> None:
        wide = size * k
        if design.form == "glyph":
            glyphs.paint(s, design.glyph, COATS[side], (-0.02 * wide, -0.02 * wide), wide * 0.0104, 4.0)
        elif design.form in ("disc", "octagon"):
            _disc(s, design, side, wide)
        else:
            _token(s, design, side, wide, up)
        if design.badge:
            _badge(s, design.badge, side, wide)

    return draw.shape(size, size, paint)


def _disc(s: pygame.Surface, design: Design, side: int, wide: int) -> None:
    """A round or eight-sided piece with a ring."""
    coat, half = COATS[side], wide / 2 * design.share
    edge = coat.edge if side == 0 else mix(coat.fill, (0, 0, 0), 0.4)
    ink = CHARACTERS[side] if design.signs[side] else coat.line

    def plate(colour: tuple[int, ...], r: float, dx: float = 0.0, dy: float = 0.0, line: int = 0) -> None:
        x, y = wide / 2 + dx * wide, wide / 2 + dy * wide
        if design.form == "disc":
            pygame.draw.circle(s, colour, (x, y), r * half, line)
            return
        turns = [(j + 0.5) * math.pi / 4 for j in range(8)]
        corners = [(x + r * 1.06 * half * math.cos(t), y + r * 1.06 * half * math.sin(t)) for t in turns]
        pygame.draw.polygon(s, colour, corners, line)

    plate((0, 0, 0, 60), 0.91, 0.01, 0.03)
    plate((*edge, 255), 0.91)
    plate((*coat.fill, 255), 0.86)
    plate((*ink, 255), 0.77, line=max(1, round(wide * 0.014)))
    if design.signs[side]:
        draw.character(s, (wide / 2, wide / 2), design.signs[side], round(wide * 0.58 * design.share), ink)
    elif design.glyph:
        inner = Coat(coat.line, coat.fill, coat.line)
        glyphs.paint(s, design.glyph, inner, (wide * 0.17, wide * 0.155), wide * 0.0066, 4.2)
    else:
        _letter(s, design, coat.line, wide, wide * 0.34)


def _token(s: pygame.Surface, design: Design, side: int, wide: int, up: bool) -> None:
    tile = design.form == "tile"
    coat = WOOD[side] if tile else COATS[side]
    outline, _ = glyphs.points(TILE if tile else SHIELD)
    unit = wide / 100

    def placed(grow: float, drop: float = 0.0) -> list[draw.Point]:
        grow *= design.share
        found = [((50 + (x - 50) * grow) * unit, (50 + (y - 50) * grow) * unit) for x, y in outline]
        return [(x, (y if up else wide - y) + drop) for x, y in found]

    pygame.draw.polygon(s, (0, 0, 0, 60), placed(0.98, 2.5 * unit))
    if coat.halo is not None:
        pygame.draw.polygon(s, (*coat.halo, 255), placed(1.0))
    pygame.draw.polygon(s, (*coat.edge, 255), placed(0.97))
    pygame.draw.polygon(s, (*coat.fill, 255), placed(0.90))
    ink = PROMOTED[side] if design.letter.startswith("+") else coat.line
    middle = wide * (0.54 if up else 0.46)
    if wide >= 34 * draw.FINE:
        _marks(s, design, mix(coat.fill, coat.line, 0.75), wide, middle, up)
    if design.signs[side]:
        size = round(wide * (0.42 if design.marks else 0.56) * design.share)
        draw.character(s, (wide / 2, middle), design.signs[side], size, ink, down=not up)
    else:
        _letter(s, design, ink, wide, wide * 0.40, middle)


def _letter(
    s: pygame.Surface, design: Design, ink: draw.Colour, wide: int, high: float, middle: float = 0.0
) -> None:
    text = design.letter
    size = max(8, round(high * (1.0 if len(text) == 1 else 0.72)))
    draw.write(s, (wide / 2, middle or wide / 2), text, size, ink, bold=True, anchor="center")


def _marks(s: pygame.Surface, design: Design, ink: draw.Colour, wide: int, middle: float, up: bool) -> None:
    unit, turn = wide / 100, 1 if up else -1
    for dx, dy, sign in design.marks:
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
    """A disc at the upper right corner: what a piece is besides its design."""
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
