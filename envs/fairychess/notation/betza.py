"""Betza notation: a piece's move as a string.

An upper-case letter names a step (``W`` one square straight, ``N`` a knight's leap, ``R`` a rook's
line), lower-case letters before it restrict it (``m`` only without capturing, ``f`` only forwards),
a number after it limits a line (``R3``), and doubling a leaper makes it a rider (``NN``).

Source: Ralph Betza's "funny notation" as Fairy-Stockfish reads it in variants.ini.
"""

from __future__ import annotations

from dataclasses import dataclass

from gyges.envs.errors import ConfigError

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
STRAIGHT = "WDHR"
PAIRS = ("ff", "bb", "vv", "ll", "rr", "ss", "fl", "fr", "fs", "bl", "br", "bs",
         "lf", "lb", "lv", "rf", "rb", "rv", "fh", "bh", "lh", "rh", "hl", "hr")  # fmt: skip
"""Directions of two letters; one letter means the same as two of it."""
_VERTICAL, _HORIZONTAL = "fbv", "lrs"
_MEANING = (
    "m (move only), c (capture only), n (lame), p (cannon), g (grasshopper), i (first move), e, f b l r v s"
)
FAR = 99


class BetzaError(ConfigError):
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
        drawn: only along the lines drawn on the board (`Variant.diagonalLines`).
    """

    dx: int
    dy: int
    reach: int = 1
    move: bool = True
    capture: bool = True
    lame: bool = False
    hop: bool = False
    initial: bool = False
    drawn: bool = False


def _turned(dx: int, dy: int) -> list[tuple[int, int]]:
    """Every rotation and reflection of a step."""
    return sorted({(a * i, b * j) for a, b in ((dx, dy), (dy, dx)) for i in (1, -1) for j in (1, -1)})


def _octants(dx: int, dy: int) -> list[tuple[str, str, bool]]:
    """The eighths of the compass in which a step lies: ahead or back, left or right, and whether it goes
    further along the file than along the rank. Straight and diagonal steps lie on a border, in two."""
    ahead, aside = ("f", "b") if dy == 0 else "fb"[dy < 0], ("l", "r") if dx == 0 else "lr"[dx > 0]
    tall = (True, False) if abs(dx) == abs(dy) else (abs(dy) > abs(dx),)
    return [(v, h, t) for v in ahead for h in aside for t in tall]


def _within(octant: tuple[str, str, bool], word: str) -> bool:
    """Does an eighth of the compass belong to the direction that two letters name?

    A letter doubled names the steps furthest that way, ``fs`` those ahead that go further sideways,
    ``lf`` those to the left that go further ahead, ``fh`` all ahead, ``hr`` those turned to the right.
    """
    ahead, aside, tall = octant
    first, second = word[0], word[1]
    if first == "h":
        return (ahead + aside in ("fr", "bl")) == (tall == (second == "r"))
    if second == "h":
        return first in (ahead, aside)
    along = (first in _VERTICAL) == (first == second)
    ways = {"v": "fb", "s": "lr"}
    return tall == along and all(ahead in ways.get(x, x) or aside in ways.get(x, x) for x in word)


def _points(dx: int, dy: int, word: str) -> bool:
    """Does the step (dx, dy) go in the direction `word` names?"""
    return any(_within(octant, word) for octant in _octants(dx, dy))


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
        elif letter in _VERTICAL + _HORIZONTAL + "h":
            found = _word(text, i)
            words += found
            i += 1 if found == [2 * letter] and text[i + 1 : i + 2] != letter else 2
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
            for step in _steps(letter, flags, words, reach, i > start):
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


def _word(text: str, i: int) -> list[str]:
    """The direction written at `i`, as two letters; a pair before a straight step is two directions.

    ``fsW`` means forwards and sideways; ``fsN`` is one direction, and so is ``frF``.
    """
    first, second = text[i], text[i + 1 : i + 2]
    if second == first != "h":
        return [first + second]
    ahead, aside = _VERTICAL + "h", _HORIZONTAL + "h"
    if not second or not ((first in ahead and second in aside) or (first in aside and second in ahead)):
        if first == "h":
            raise BetzaError(f"{text!r}: 'h' at place {i + 1} stands alone; it goes with f b l r")
        return [2 * first]
    atom = next((c for c in text[i:] if c.isupper()), "")
    straight = atom in STRAIGHT and atom != ""
    if straight and "h" not in (first, second):
        return [2 * first, 2 * second]
    if straight or first + second not in PAIRS:
        raise BetzaError(
            f"{text!r}: {first + second!r} at place {i + 1} names no direction of {atom or 'a step'}; pairs "
            f"are {' '.join(PAIRS)}, those with h not before {' '.join(STRAIGHT)}"
        )
    return [first + second]


def _steps(letter: str, flags: set[str], words: list[str], reach: int, limited: bool) -> list[Step]:
    both = not flags & {"m", "c", "e"}
    found = []
    shapes = LEAPS.get(letter, RIDES.get(letter, ()))
    far = reach != 1 or letter in RIDES
    if "n" in flags and (far or any(x > 2 and (x, y) not in ((3, 2), (3, 1)) for x, y in shapes)):
        raise BetzaError(f"n before {letter}: lame are only the single leaps W F D N A C Z K")
    if flags & {"p", "g"} and not all(x == 1 for x, _ in shapes):
        raise BetzaError(f"p or g before {letter}: hoppers go straight or diagonally; use R, B, Q, W, F, K")
    if flags & {"p", "g"} and limited and ("g" in flags or letter in LEAPS or reach < 2):
        raise BetzaError(
            f"p or g before {letter}{reach}: only p before R, B, Q has a limit beyond the screen, "
            f"of 2 or more; use p{letter} or g{letter}"
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
                    1 if "g" in flags else FAR if "p" in flags and letter in LEAPS else reach,
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
