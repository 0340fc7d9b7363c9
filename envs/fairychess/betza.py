"""Betza notation: a piece's move as a string.

An upper-case letter names a step (``W`` one square straight, ``N`` a knight's leap, ``R`` a rook's
line), lower-case letters before it restrict it (``m`` only without capturing, ``f`` only forwards),
a number after it limits a line (``R3``), and doubling a leaper makes it a rider (``NN``).

Source: Ralph Betza's "funny notation" as Fairy-Stockfish reads it in variants.ini.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAPS: dict[str, tuple[tuple[int, int], ...]] = {
    "W": ((1, 0),),
    "F": ((1, 1),),
    "D": ((2, 0),),
    "N": ((2, 1),),
    "A": ((2, 2),),
    "H": ((3, 0),),
    "C": ((3, 1),),
    "L": ((3, 1),),
    "Z": ((3, 2),),
    "J": ((3, 2),),
    "G": ((3, 3),),
    "K": ((1, 0), (1, 1)),
}
RIDES: dict[str, tuple[tuple[int, int], ...]] = {
    "R": ((1, 0),),
    "B": ((1, 1),),
    "Q": ((1, 0), (1, 1)),
}
ATOMS = "".join(LEAPS) + "".join(RIDES)
_VERTICAL, _HORIZONTAL = "fbv", "lrs"
_MEANING = (
    "m (move only), c (capture only), n (lame), p (cannon), g (grasshopper), i (first move), e, f b l r v s"
)
FAR = 99


class BetzaError(ValueError):
    """A Betza string that cannot be read; the message says where and what is accepted."""


@dataclass(frozen=True)
class Step:
    """One direction of a piece's move, seen by the first player (forward is dy > 0).

    Attributes:
        dx: files to the right per step.
        dy: ranks forward per step.
        reach: how many steps at most (after the screen, for a hopper).
        move: may end on an empty square.
        capture: may end on an enemy piece.
        lame: the squares between start and goal must be empty.
        hop: must leap over exactly one piece first.
        initial: only from the piece's double step region.
    """

    dx: int
    dy: int
    reach: int = 1
    move: bool = True
    capture: bool = True
    lame: bool = False
    hop: bool = False
    initial: bool = False


def _turned(dx: int, dy: int) -> list[tuple[int, int]]:
    """Every rotation and reflection of a step."""
    return sorted({(a * i, b * j) for a, b in ((dx, dy), (dy, dx)) for i in (1, -1) for j in (1, -1)})


def _points(dx: int, dy: int, word: str) -> bool:
    """Does the step (dx, dy) go in the direction `word` names?

    One letter keeps the half plane for straight and diagonal steps. For an oblique step one letter
    keeps the two steps furthest that way, two letters pick: ``ff`` those too, ``fs`` the two forward
    ones that go further sideways, ``fl`` the left one of those, ``lf`` the left one that goes further
    forward.
    """
    oblique = dx != 0 and dy != 0 and abs(dx) != abs(dy)
    tall = abs(dy) > abs(dx)
    ahead = {"f": dy > 0, "b": dy < 0, "v": dy != 0}
    aside = {"l": dx < 0, "r": dx > 0, "s": dx != 0}
    if len(word) == 1:
        if word in ahead:
            return ahead[word] and (not oblique or tall)
        return aside[word] and (not oblique or not tall)
    first, second = word[0], word[1]
    if first == second:
        return ahead[first] and tall if first in ahead else aside[first] and not tall
    if second == "h":  # half: all four oblique steps that way
        return ahead[first] if first in ahead else aside[first]
    if first in ahead and second in aside:
        return ahead[first] and aside[second] and not (oblique and tall)
    if first in aside and second in ahead:
        return aside[first] and ahead[second] and not (oblique and not tall)
    return False


def parse(text: str) -> tuple[Step, ...]:
    """Read a Betza string.

    Returns:
        The steps, in the order written, none twice.

    Raises:
        BetzaError: at a letter that is not understood, naming it and its place.
    """
    steps: dict[Step, None] = {}
    flags: set[str] = set()
    words: list[str] = []
    i = 0
    while i < len(text):
        letter = text[i]
        if letter in "mcnpgie":
            flags.add(letter)
            i += 1
        elif letter in _VERTICAL + _HORIZONTAL:
            following = text[i + 1] if i + 1 < len(text) else ""
            double = (
                (letter in _VERTICAL and following in _HORIZONTAL)
                or following == letter
                or (letter in _HORIZONTAL and following in _VERTICAL)
                or following == "h"
            )
            if double and following and _splits(text, i):
                double = False
            words.append(letter + following if double and following else letter)
            i += 2 if double and following else 1
        elif letter in ATOMS:
            reach = FAR if letter in RIDES else 1
            i += 1
            if i < len(text) and text[i] == letter and letter in LEAPS:
                reach, i = FAR, i + 1
            start = i
            while i < len(text) and text[i].isdigit():
                i += 1
            if i > start:
                reach = int(text[start:i]) or FAR
            for step in _steps(letter, flags, words, reach):
                steps[step] = None
            flags, words = set(), []
        else:
            raise BetzaError(
                f"{text!r}: {letter!r} at place {i + 1} is not understood; "
                f"accepted are the steps {' '.join(ATOMS)}, digits after them, and before them {_MEANING}"
            )
    if flags or words:
        raise BetzaError(f"{text!r} ends in {text[-1]!r}, which stands before no step ({' '.join(ATOMS)})")
    if not steps:
        raise BetzaError(f"{text!r} holds no step; expected one of {' '.join(ATOMS)}")
    return tuple(steps)


def _splits(text: str, i: int) -> bool:
    """Whether the two direction letters at `i` belong to a straight or diagonal step.

    ``fsW`` means forwards and sideways; ``fsN`` is one direction, and so is ``frF``.
    """
    atom = next((c for c in text[i:] if c.isupper()), "")
    straight = all(0 in step for step in LEAPS.get(atom, RIDES.get(atom, ())))
    return straight and text[i + 1] != "h"


def _steps(letter: str, flags: set[str], words: list[str], reach: int) -> list[Step]:
    both = not flags & {"m", "c", "e"}
    found = []
    shapes = LEAPS.get(letter, RIDES.get(letter, ()))
    far = reach != 1 or letter in RIDES
    if "n" in flags and (far or any(x > 2 and (x, y) != (3, 2) for x, y in shapes)):
        raise BetzaError(f"n before {letter}: lame are only the single leaps W F D N A Z K")
    if flags & {"p", "g"} and not all(x == 1 for x, _ in shapes):
        raise BetzaError(f"p or g before {letter}: hoppers go straight or diagonally; use R, B, Q, W, F, K")
    if "p" in flags and reach not in (1, FAR):
        raise BetzaError(
            f"p before {letter}{reach}: a cannon's reach is not limited; use p{letter} or g{letter}"
        )
    if letter in "WFDNAHCLZJGK" and reach > FAR:
        raise BetzaError(f"{letter}{reach}: at most {FAR} steps")
    for x, y in shapes:
        for dx, dy in _turned(x, y):
            if words and not any(_points(dx, dy, word) for word in words):
                continue
            found.append(
                Step(
                    dx,
                    dy,
                    1 if "g" in flags else reach,
                    both or "m" in flags,
                    both or "c" in flags or "e" in flags,
                    "n" in flags,
                    bool(flags & {"p", "g"}),
                    "i" in flags,
                )
            )
    return found


def lame_path(dx: int, dy: int) -> list[tuple[int, int]]:
    """The squares a lame leaper crosses: straight along the longer side first, then diagonally."""
    x = y = 0
    path = []
    while (x, y) != (dx, dy):
        across, along = abs(dx - x), abs(dy - y)
        if across >= along:
            x += 1 if dx > x else -1
        if along >= across:
            y += 1 if dy > y else -1
        path.append((x, y))
    return path[:-1]
