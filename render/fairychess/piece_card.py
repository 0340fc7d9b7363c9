"""Beside the board: how the piece pointed at moves, or the variant's rules in words."""

from __future__ import annotations

from functools import lru_cache

import pygame

from gyges.envs.fairychess import Variant
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.variants.ini_files import Piece
from gyges.envs.fairychess.variants.rule_sentences import rules
from gyges.envs.fairychess.variants.sentences import called
from gyges.render.fairychess.empty_board import DAY, NIGHT
from gyges.render.fairychess.pieces import PieceSet
from gyges.render.kit import draw
from gyges.render.kit.theme import Theme, mix

REACH = 3


def paint_card(
    surface: pygame.Surface, rect: pygame.Rect, theme: Theme, pieces: PieceSet, code: int, flip: bool = False
) -> int:
    """Paint a piece's name and a diagram of its moves; returns the y below."""
    c, side = pieces.c, (code & 3) - 1
    kind = c.kinds[code >> 2]
    up = (side == 0) != flip
    piece = kind.piece
    name = title_of(c, code >> 2)
    size = min(46, rect.width // 4)
    draw.stamp(surface, pieces.image(code >> 2, side, size, up), (rect.x + 4, rect.y + 2))
    x, wide = rect.x + size + 12, rect.width - size - 14
    for j, line in enumerate(draw.wrap(name, 14, wide, True)[:2]):
        draw.write(surface, (x, rect.y + 4 + 18 * j), line, 14, theme.ink, bold=True, width=wide)
    draw.write(surface, (rect.x + 6, rect.y + size + 10), piece.betza or "does not move", 13, theme.soft,
               width=rect.width - 8)  # fmt: skip
    cell = min(30, (rect.width - 8) // (2 * REACH + 1))
    top = rect.y + size + 32
    image = _diagram(piece, c.variant.doubleStep, cell, theme.night, up)
    surface.blit(image, (rect.x + (rect.width - image.get_width()) // 2, top))
    y = top + image.get_height() + 8
    signs = [
        (sign, words) for sign, words in _LEGEND if sign in _places(piece, c.variant.doubleStep).values()
    ]
    for sign, words in signs:
        _mark(surface, (rect.x + 14, y + 8), 18, sign, NIGHT.target if theme.night else DAY.target)
        draw.write(surface, (rect.x + 30, y), words, 12, theme.soft, width=rect.width - 32)
        y += 19
    return y


def title_of(c: Compiled, index: int) -> str:
    """What a kind is called, as a person says it: king (K), promoted rook (+R)."""
    kind = c.kinds[index]
    name = spoken(kind.piece, c.variant)
    if kind.symbol[-1] == "~":
        return f"promoted ({kind.symbol}), moves as {name}"
    if kind.symbol[0] == "+":
        base = next(k for k in c.kinds if k.symbol == kind.symbol[1:])
        return f"promoted {spoken(base.piece, c.variant)} ({kind.symbol}), moves as {name}"
    return f"{name} ({kind.symbol})"


def spoken(piece: Piece, v: Variant) -> str:
    """The name of a piece in plain words."""
    return "piece of this variant" if piece.name.startswith("customPiece") else called(piece, v)


_LEGEND = (
    ("mx", "moves or captures"),
    ("m", "moves only"),
    ("x", "captures only"),
    ("h", "over a piece"),
    ("i", "first move"),
)


@lru_cache(maxsize=256)
def _places(piece: Piece, double: bool) -> dict[tuple[int, int], str]:
    """What a piece may do around it, as the first player sees it; with `double` its first moves too."""
    out: dict[tuple[int, int], str] = {}
    for step in piece.steps:
        if step.initial and not double:
            continue
        sign = (
            "h"
            if step.hop
            else "i"
            if step.initial
            else ("m" if step.move else "") + ("x" if step.capture else "")
        )
        for n in range(1, (REACH if step.hop else min(step.reach, REACH)) + 1):
            place = (n * step.dx, n * step.dy)
            if max(map(abs, place)) > REACH:
                break
            old = out.get(place, sign)
            out[place] = "mx" if {old, sign} == {"m", "x"} else old if old in ("mx", "m", "x") else sign
    return out


@lru_cache(maxsize=128)
def _diagram(piece: Piece, double: bool, cell: int, night: bool, up: bool) -> pygame.Surface:
    ink = NIGHT if night else DAY
    n = 2 * REACH + 1
    made = draw.canvas((n * cell + 1, n * cell + 1), ink.line)
    for x in range(n):
        for y in range(n):
            fill = mix(ink.light, ink.dark, 0.55) if (x + y) % 2 else ink.light
            made.fill(fill, (x * cell + 1, y * cell + 1, cell - 1, cell - 1))
    middle = (n * cell / 2, n * cell / 2)
    draw.disc(made, middle, cell // 3, ink.frame)
    for (dx, dy), sign in _places(piece, double).items():
        where = (middle[0] + dx * cell, middle[1] + (-dy if up else dy) * cell)
        _mark(made, where, cell, sign, ink.target)
    return made


def _mark(surface: pygame.Surface, at: draw.Point, cell: int, sign: str, colour: draw.Colour) -> None:
    """The same signs as on the board: a dot moves, a ring captures."""
    if "x" in sign:
        r = round(cell * 0.36)
        draw.disc(surface, at, r, colour, hole=r - max(2, cell // 10))
    if "m" in sign:
        draw.disc(surface, at, max(2, round(cell * 0.16)), colour)
    if sign in "hi":
        word = "↷" if sign == "h" else "1"
        draw.write(surface, at, word, max(9, round(cell * 0.55)), colour, bold=True, anchor="center")


@lru_cache(maxsize=64)
def _sentences(v: Variant) -> tuple[str, ...]:
    return tuple(rules(v))


def paint_rules(surface: pygame.Surface, rect: pygame.Rect, theme: Theme, c: Compiled) -> int:
    """Paint the rules that are not the pieces' moves; returns the y below."""
    draw.write(surface, (rect.x + 4, rect.y + 2), "Rules", 13, theme.ink, bold=True)
    y = rect.y + 24
    for sentence in _sentences(c.variant):
        lines = draw.wrap(sentence, 12, rect.width - 10)
        if y + 16 * len(lines) > rect.bottom - 24:
            draw.write(surface, (rect.x + 4, y), "…", 12, theme.soft)
            break
        for line in lines:
            draw.write(surface, (rect.x + 4, y), line, 12, theme.soft, width=rect.width - 8)
            y += 16
        y += 5
    return y
