"""Pieces in words: how each moves and where it may stand, in sentences of a fixed grammar."""

from __future__ import annotations

import re

from gyges.envs.fairychess.notation.betza import FAR, Step, lame_path
from gyges.envs.fairychess.variants.ini_files import Piece, Squares, Variant

PLAYERS = ("first", "second")
Vector = tuple[int, int]
FAMILIES: tuple[tuple[str, frozenset[Vector]], ...] = (
    ("straight", frozenset({(0, 1), (0, -1), (1, 0), (-1, 0)})),
    ("diagonally", frozenset({(1, 1), (1, -1), (-1, 1), (-1, -1)})),
    ("diagonally forwards", frozenset({(1, 1), (-1, 1)})),
    ("diagonally backwards", frozenset({(1, -1), (-1, -1)})),
    ("sideways", frozenset({(1, 0), (-1, 0)})),
    ("forwards", frozenset({(0, 1)})),
    ("backwards", frozenset({(0, -1)})),
)
"""Directions with a name, those that hold more of them first."""


def images(a: int, b: int) -> frozenset[Vector]:
    """A vector in every direction."""
    return frozenset((x * i, y * j) for x, y in ((a, b), (b, a)) for i in (1, -1) for j in (1, -1))


def squares_text(squares: Squares, v: Variant) -> str:
    """A region in words: whole ranks and files by number and letter, others square by square."""
    parts, left = [], set(squares)
    if len(left) == v.squares:
        return "any square"
    for y in range(v.maxRank):
        rank = {(x, y) for x in range(v.maxFile)}
        if rank <= left:
            parts.append(f"rank {y + 1}")
            left -= rank
    return ", ".join([*parts, *(f"{chr(97 + x)}{y + 1}" for x, y in sorted(left))]) or "none"


def per_player(regions: tuple[Squares | None, Squares | None], v: Variant) -> str:
    """Two regions: ``rank 2 (first player), rank 7 (second player)``, or one of both."""
    texts = ["any square" if r is None else squares_text(r, v) for r in regions]
    if texts[0] == texts[1]:
        return texts[0]
    return f"{texts[0]} (first player), {texts[1]} (second player)"


def named(piece: Piece) -> str:
    """``king (K)``; a piece of the variant's own is ``piece (A)``."""
    own = piece.name.startswith("customPiece")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", piece.name).lower()
    return f"{'piece' if own else words} ({piece.letter.upper()})"


def kinds(v: Variant, letters: str, join: str = " or ") -> str:
    """``queen (Q) or rook (R)``; none for no letters, any piece for all of them."""
    if letters == "*" or (letters and set(letters) == {p.letter for p in v.pieces}):
        return "any piece"
    return join.join(named(p) for x in letters if (p := v.letter(x)) is not None) or "none"


def both(v: Variant, letters: tuple[str, str], join: str = " or ") -> str:
    """The kinds of both players, apart where they differ."""
    if letters[0] == letters[1]:
        return kinds(v, letters[0], join)
    first, second = (kinds(v, one, join) for one in letters)
    return f"{first} (first player), {second} (second player)"


# Pieces.


def directions(vectors: set[Vector]) -> str:
    """Vectors by name where they have one."""
    left, parts = set(vectors), list[str]()
    for name, family in FAMILIES:
        if family <= left:
            parts.append(name)
            left -= family
    while left:
        a, b = max(left, key=lambda v: (max(abs(v[0]), abs(v[1])), abs(v[1]), v))
        family = images(a, b)
        if len(family) > 1 and family <= left:
            parts.append(f"({min(abs(a), abs(b))},{max(abs(a), abs(b))}) in every direction")
            left -= family
        else:
            parts.append(f"({a},{b})")
            left.discard((a, b))
    return " and ".join(parts)


def _manner(step: Step, v: Variant) -> str:
    """How far a step goes, over what, and from where."""
    far = (
        "any number of steps"
        if step.reach >= FAR
        else "one step"
        if step.reach == 1
        else f"up to {step.reach} steps"
    )
    if step.hop:
        said = f"over exactly one piece at any distance and {far} beyond it"
    elif step.lame:
        way = " and ".join(f"({a},{b})" for a, b in lame_path(step.dx, step.dy))
        said = f"one step if {way} is empty"
    else:
        said = far
    if step.drawn:
        said += " along the lines drawn"
    if step.initial:
        said += f" from {per_player(v.doubleStepRegion, v)}"
    return said


def movement(piece: Piece, v: Variant) -> list[str]:
    """How a piece moves, a sentence for each manner."""
    grouped: dict[tuple[str, str], set[Vector]] = {}
    for step in piece.steps:
        if step.initial and not v.doubleStep:
            continue
        verb = "moves or captures" if step.move and step.capture else "moves" if step.move else "captures"
        grouped.setdefault((verb, _manner(step, v)), set()).add((step.dx, step.dy))
    found = [f"The {named(piece)} {verb} {directions(way)}, {how}." for (verb, how), way in grouped.items()]
    return found or [f"The {named(piece)} does not move."]


def pieces(v: Variant) -> list[str]:
    """How all pieces move, and where they may stand."""
    found = [f"The board has {v.maxFile} files and {v.maxRank} ranks; the game begins with {v.startFen}."]
    if any(re.search(r"\(-?\d+,-?\d+\)", text) for p in v.pieces for text in movement(p, v)):
        found.append(
            "A step (a,b) goes a files to the right and b ranks forwards, as its player sees the board."
        )
    for piece in v.pieces:
        found += movement(piece, v)
    names = {p.name: p for p in v.pieces}
    soldier, pawn = names.get("soldier"), names.get("pawn")
    if soldier and v.soldierPromotionRank > 1:
        found.append(
            f"The {named(soldier)} goes only forwards before its player's rank {v.soldierPromotionRank}."
        )
    if pawn and v.doubleStep and any(v.tripleStepRegion):
        found.append(
            f"The {named(pawn)} moves forwards two or three empty squares from "
            f"{per_player(v.tripleStepRegion, v)}."
        )
    for name, side, squares in v.mobilityRegion:
        if name in names:
            found.append(
                f"The {PLAYERS[side]} player's {named(names[name])} stays on {squares_text(squares, v)}."
            )
    if v.diagonalLines:
        found.append(
            f"Lines are drawn diagonally between {squares_text(v.diagonalLines, v)}: rook and cannon go "
            f"along them, "
            "soldier one step forwards, king and guard one step."
        )
    if "janggiCannon" in names:
        found.append(f"The {named(names['janggiCannon'])} neither jumps over its like nor takes it.")
    return found
