"""What a policy's process says, read at one place: one of four types, or a `Failure` that costs the call.

The bytes come from a process that runs foreign code, so nothing in them is believed: `read` is the only
function that looks into them, gives nothing but `Loaded`, `Remembered`, `Acted` or `Probabilities`, and
turns whatever else happens on the way into a `Failure`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.sandbox.protocol import Array, Frame, WireError, decode
from gyges.envs.episode import MAX_TEXT
from gyges.envs.foreign import is_text, printable

MAX_LEAVES = 32
SHAPES = ("none", "array", "tuple")
"""What a policy's memory may be: None, an array, a tuple of arrays."""


class Failure(Exception):
    """A call failed; says why in words for the table."""


class Raised(Failure):
    """The policy's own code raised; the message is its own."""


class Asked(NamedTuple):
    """One question to the process."""

    op: str  # load, initial, act or probabilities
    number: int  # of the call; its answer bears the same
    rows: int = 0
    actions: int = 0  # of the game
    row_bytes: int = 0  # memory that one row may take


class Loaded(NamedTuple):
    """The policy stands."""

    probabilities: bool  # whether it offers them


class Remembered(NamedTuple):
    """A policy's memory."""

    shape: str  # one of `SHAPES`
    leaves: tuple[Array, ...]  # each [R, ...]


class Acted(NamedTuple):
    """What a policy did."""

    action: npt.NDArray[np.int64]  # [R], legal or not
    words: list[str | None]  # [R]
    memory: Remembered


class Probabilities(NamedTuple):
    """What a policy says it would do."""

    values: npt.NDArray[np.floating[Any]]  # [R, A], of whatever value


Answer = Loaded | Remembered | Acted | Probabilities


def read(text: bytes, payload: bytes, asked: Asked) -> Answer:
    """The answer to a question, from the header and the payload of a frame.

    Raises:
        Failure: it is anything else; nothing but this is raised, whatever the bytes are.
    """
    try:
        frame = decode(text, payload)
        if "error" in frame.header:
            raise Raised(f"raised {printable(str(frame.header['error']), 400)}")
        if frame.header.get("n") != asked.number:
            raise Failure("answered twice")
        return _READERS[asked.op](frame, asked)
    except Failure:
        raise
    except WireError as error:
        raise Failure(printable(f"answered with {error}", 400)) from None
    except Exception as error:
        raise Failure(f"answered with what cannot be read ({type(error).__name__})") from None


def _loaded(frame: Frame, asked: Asked) -> Loaded:
    return Loaded(frame.header.get("probabilities") is True)


def _acted(frame: Frame, asked: Asked) -> Acted:
    found = frame.arrays.get("action")
    if found is None or found.shape != (asked.rows,) or found.dtype.kind not in "iu":
        got = "nothing" if found is None else f"{found.dtype} of shape {found.shape}"
        raise Failure(f"answered {asked.rows} pairs with {got}, not that many integers")
    beyond = found > np.iinfo(np.int64).max  # of a uint64; as int64 it would be another number
    action = np.where(beyond, np.iinfo(np.int64).max, found.astype(np.int64))
    return Acted(action, _words(frame, asked.rows), _remembered(frame, asked))


def _words(frame: Frame, rows: int) -> list[str | None]:
    words = frame.header.get("words")
    if words is None:
        return [None] * rows
    fine = isinstance(words, list) and len(words) == rows
    if not fine or any(not (w is None or (isinstance(w, str) and len(w) <= MAX_TEXT)) for w in words):
        raise Failure(f"words are a list of {rows} texts of at most {MAX_TEXT} characters")
    if not all(is_text(word) for word in words if word):
        raise Failure("words hold half a character (a lone surrogate), which no file can hold")
    return [word or None for word in words]


def _remembered(frame: Frame, asked: Asked) -> Remembered:
    shape, count = frame.header.get("shape"), frame.header.get("leaves")
    if shape not in SHAPES:
        raise Failure("its memory is neither None nor an array nor a tuple of arrays")
    if type(count) is not int or not 0 <= count <= MAX_LEAVES:
        raise Failure(f"its memory has more than {MAX_LEAVES} arrays")
    leaves = [frame.arrays.get(f"memory{k}") for k in range(count)]
    size = 0
    for leaf in leaves:
        if leaf is None or leaf.ndim < 1 or len(leaf) != asked.rows:
            raise Failure(f"its memory does not have one entry for each of {asked.rows} rows")
        size += leaf.nbytes
    if size > asked.row_bytes * asked.rows:
        raise Failure(f"its memory takes {size} bytes for {asked.rows} rows; {asked.row_bytes} each pass")
    return Remembered(shape, tuple(leaf for leaf in leaves if leaf is not None))


def _probabilities(frame: Frame, asked: Asked) -> Probabilities:
    found = frame.arrays.get("probabilities")
    if found is None or found.shape != (asked.rows, asked.actions) or found.dtype.kind != "f":
        raise Failure(f"expected probabilities of shape {(asked.rows, asked.actions)}")
    return Probabilities(found)


_READERS: dict[str, Callable[[Frame, Asked], Answer]] = {
    "load": _loaded, "initial": _remembered, "act": _acted, "probabilities": _probabilities,
}  # fmt: skip
