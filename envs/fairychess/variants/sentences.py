"""Pieces in words: how each moves and where it may stand, in sentences of a fixed grammar."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from gyges.envs.fairychess.notation.betza import FAR, Step, lame_path
from gyges.envs.fairychess.variants.ini_files import Piece, Squares, Variant
from gyges.envs.fairychess.variants.pieces import SPOKEN

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


# Squares.


def squares_text(squares: Squares, v: Variant) -> str:
    """A region in words: ``any square``, ``ranks 6 to 8, a4``, ``files d to f of ranks 1 to 3``."""
    if len(squares) == v.squares:
        return "any square"
    whole = [y for y in range(v.maxRank) if {(x, y) for x in range(v.maxFile)} <= squares]
    left = sorted((x, y) for x, y in squares if y not in whole)
    parts = [_range("rank", one[0] + 1, one[-1] + 1) for one in _runs(whole)]
    files, ranks = _runs(sorted({x for x, _ in left})), _runs(sorted({y for _, y in left}))
    block = len(files) == len(ranks) == 1 and len(left) == len(files[0]) * len(ranks[0]) > 4
    if block and min(len(files[0]), len(ranks[0])) > 1:
        where = _range("file", chr(97 + files[0][0]), chr(97 + files[0][-1]))
        parts.append(f"{where} of {_range('rank', ranks[0][0] + 1, ranks[0][-1] + 1)}")
    else:
        parts += [f"{chr(97 + x)}{y + 1}" for x, y in left]
    return ", ".join(parts) or "no square"


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Ascending numbers, parted where one is left out."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    return found


def _range(what: str, first: object, last: object) -> str:
    return f"{what} {first}" if first == last else f"{what}s {first} to {last}"


def per_player(regions: tuple[Squares | None, Squares | None], v: Variant) -> str:
    """Two regions: ``rank 2 (first player) or rank 7 (second player)``, or one of both."""
    return apart(*("any square" if r is None else squares_text(r, v) for r in regions))


def apart(first: str, second: str) -> str:
    """What holds for the first player and what for the second; said once where it is the same."""
    return first if first == second else f"{first} (first player) or {second} (second player)"


# Names.


def called(piece: Piece, v: Variant) -> str:
    """What a piece is called: a commoner is the king where there is no other, one without a name a piece."""
    if piece.name == "commoner" and not any(p.royal for p in v.pieces):
        return "king"
    if piece.name.startswith("customPiece"):
        return "piece"
    return SPOKEN.get(piece.name, piece.name)


def named(piece: Piece, v: Variant) -> str:
    """``king (K)``; a piece of the variant's own is ``piece (A)``."""
    return f"{called(piece, v)} ({piece.letter.upper()})"


def several(piece: Piece, v: Variant) -> str:
    """``kings (K)``."""
    first, rest = re.fullmatch(r"(.*?)( capturing as .*)?", called(piece, v)).groups()  # type: ignore[union-attr]
    return f"{first}s{rest or ''} ({piece.letter.upper()})"


def listed(parts: Iterable[str], word: str = "or") -> str:
    """``a, b or c``; none for nothing."""
    *most, last = [*parts] or ["none"]
    return f"{', '.join(most)} {word} {last}" if most else last


def every(v: Variant, letters: str) -> bool:
    """Are these the letters of all pieces?"""
    return letters == "*" or (bool(letters) and set(letters) == {p.letter for p in v.pieces})


def kinds(v: Variant, letters: str, word: str = "or") -> str:
    """``queen (Q) or rook (R)``; none for no letters, any piece for all of them."""
    return "any piece" if every(v, letters) else listed((named(p, v) for p in lettered(v, letters)), word)


def a_kind(v: Variant, letters: str, word: str = "or") -> str:
    """``a queen (Q) or rook (R)``."""
    text = kinds(v, letters, word)
    return text if text in ("any piece", "none") else with_article(text)


def with_article(text: str) -> str:
    """``a king``, ``an elephant``."""
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def sentence(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[0].upper() + text[1:]


def lettered(v: Variant, letters: str) -> list[Piece]:
    """The pieces with some letters, in their order; all of them for a star."""
    if letters == "*":
        return list(v.pieces)
    return [p for x in letters if (p := v.letter(x)) is not None]


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
        way = [f"({a},{b})" for a, b in lame_path(step.dx, step.dy)]
        said = f"one step if {' and '.join(way)} {'is' if len(way) == 1 else 'are'} empty"
    else:
        said = far
    if step.drawn:
        said += " along the lines drawn"
    if step.initial:
        said += f", from {per_player(v.doubleStepRegion, v)}"
    return said


def stone(piece: Piece, v: Variant) -> bool:
    """Would a capture turn the piece, which must not be lost, to a wall? Then it does not capture."""
    return (
        v.extinctionPseudoRoyal
        and piece.letter in v.extinctionPieceTypes
        and piece.letter in v.petrifyOnCaptureTypes
    )


def steps_of(piece: Piece, v: Variant) -> list[Step]:
    """The steps that a piece has in a variant."""
    found = [step for step in piece.steps if v.doubleStep or not step.initial]
    return [replace(s, capture=False) for s in found if s.move] if stone(piece, v) else found


def movement(piece: Piece, v: Variant) -> list[str]:
    """How a piece moves, a sentence for each manner."""
    grouped: dict[tuple[str, str], set[Vector]] = {}
    for step in steps_of(piece, v):
        verb = "moves or captures" if step.move and step.capture else "moves" if step.move else "captures"
        grouped.setdefault((verb, _manner(step, v)), set()).add((step.dx, step.dy))
    name = named(piece, v)
    found = [f"The {name} {verb} {directions(way)}, {how}." for (verb, how), way in grouped.items()]
    return found or [f"The {name} does not move."]


def board(v: Variant) -> list[str]:
    """The board, and what the sentences on pieces mean."""
    last = chr(96 + v.maxFile)
    begins = PLAYERS[v.startFen.split()[1:2] == ["b"]]
    steps = [step for piece in v.pieces for step in steps_of(piece, v)]
    texts = [text for piece in v.pieces for text in movement(piece, v)]
    found = [
        f"The board has {v.maxFile} files (a to {last}) and {v.maxRank} ranks (1 to {v.maxRank}); the first "
        "player sits at rank 1.",
        f"Players move in turn, one piece a turn; the {begins} player begins. A move goes to an empty square."
        + (
            " A capture goes to a square with a piece of the other player, which leaves the board."
            if any(step.capture for step in steps)
            else ""
        ),
    ]
    if any(" straight" in text for text in texts):
        found.append("Straight is along a file or a rank.")
    if any(step.reach > 1 for step in steps):
        found.append("Several steps are made in one direction, over empty squares.")
    if any(re.search(r"\(-?\d+,-?\d+\)", text) for text in texts):
        found.append(
            "A step (a,b) goes a files to the right and b ranks forwards at once, as its player sees the "
            "board, whatever stands between; in every direction is that step mirrored and turned as well."
        )
    return found


def pieces(v: Variant) -> list[str]:
    """The board, how all pieces move, and where they may stand."""
    return [*board(v), *(text for piece in v.pieces for text in movement(piece, v)), *places(v)]


def places(v: Variant) -> list[str]:
    """What bears on the moves of single kinds besides their steps."""
    found = []
    names = {p.name: p for p in v.pieces}
    soldier, pawn = names.get("soldier"), names.get("pawn")
    if soldier and v.soldierPromotionRank > 1:
        found.append(
            f"The {named(soldier, v)} goes only forwards before its player's rank {v.soldierPromotionRank}, "
            "counted from his own side."
        )
    if pawn and v.doubleStep and any(v.tripleStepRegion):
        found.append(
            f"The {named(pawn, v)} moves forwards two or three empty squares from "
            f"{per_player(v.tripleStepRegion, v)}."
        )
    for name, side, squares in v.mobilityRegion:
        if name in names:
            found.append(
                f"The {PLAYERS[side]} player's {named(names[name], v)} stays on {squares_text(squares, v)}."
            )
    if v.diagonalLines:
        found.append(_drawn(v))
    if "janggiCannon" in names:
        cannon = named(names["janggiCannon"], v)
        found.append(f"A {cannon} neither jumps over a {cannon} nor captures one.")
    return found


def _drawn(v: Variant) -> str:
    """The lines drawn on the board, and who goes along them."""

    def of(*names: str) -> str:
        found = [p for p in v.pieces if p.name in names and (p.name != "king" or p.betza == "W")]
        return listed((named(p, v) for p in found), "and")

    who = [
        f"the {what} {how}"
        for what, how in (
            (of("rook"), "any number of steps"),
            (of("janggiCannon"), "over exactly one piece"),
            (of("soldier"), "one step forwards"),
            (of("wazir", "king"), "one step"),
        )
        if what != "none"
    ]
    lines = f"Lines join those of the squares {squares_text(v.diagonalLines, v)} that are diagonal neighbours"
    return f"{lines}: along them go {listed(who, 'and')}." if who else f"{lines}."
