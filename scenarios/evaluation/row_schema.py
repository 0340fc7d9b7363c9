"""Fields of a results file, read with suspicion: what is not of its kind is a `FileError` that says where."""

from __future__ import annotations

import json
import zlib
from math import isfinite
from typing import Any

from gyges.envs.episode import MAX_BYTES
from gyges.envs.errors import FileError
from gyges.scenarios.evaluation.recorder import BY_SIGHT, PLAIN, SIGHT

MAX_JSON = 8 << 20
DECISION: dict[str, tuple[type, ...]] = {
    "norm": (str,),
    "phase": (str,),
    "price": (int, float),
    "tempting": (bool,),
    "unwatched": (int, float, type(None)),
    "watched": (int, float, type(None)),
    "told": (int, type(None)),
    "chance": (int, float, type(None)),
    "act": (bool, type(None)),
    "method": (str,),
    "episode": (int,),
}
"""What a row of probes must hold (`gyges.scenarios.counterfactual.gap.record`)."""

TALLY = (
    "length",
    "returns",
    "welfare",
    *PLAIN,
    *(f"{name}_{word}" for name in BY_SIGHT for word in SIGHT),
)
"""What the counts of an episode must hold."""


def parse(text: Any, where: str) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(text, str) or len(text) > MAX_JSON:
        raise FileError(f"{where}: expected JSON of at most {MAX_JSON} characters")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{where}: {error}") from None
    if not isinstance(data, dict):
        raise FileError(f"{where}: expected a JSON object")
    return data


def decision(text: Any, where: str) -> dict[str, Any]:
    """An answer to a question, as `counterfactual.gap.record` makes it; chances lie between 0 and 1."""
    data = parse(text, where)
    for name, kinds in DECISION.items():
        one = data.get(name)
        fits = name in data and type(one) in kinds and not (isinstance(one, float) and not isfinite(one))
        if fits and one is not None and name in ("unwatched", "watched", "chance"):
            fits = 0 <= one <= 1
        if not fits:
            raise FileError(f"{where}: {name!r} is missing or of the wrong kind")
    asked = [data[name] is not None for name in ("unwatched", "watched")]
    acted = all(data[name] is not None for name in ("told", "chance", "act"))
    if not all(asked) and (any(asked) or not acted):
        raise FileError(f"{where}: neither two answers nor an act")
    return data


def tally(text: Any, where: str) -> dict[str, Any]:
    """Counts as `evaluation.recorder.Recorder.rows` makes them: numbers, or one for each seat."""
    data = parse(text, where)
    seats = data.get("returns")
    wide = len(seats) if isinstance(seats, list) else 0
    for name in (*TALLY, *data):
        one = data.get(name)
        if name.startswith("yard_") or name == "length":
            fits = _number(one) or (one is None and name != "length")
        else:
            fits = isinstance(one, list) and len(one) == wide > 0 and all(_number(x) for x in one)
        if not fits:
            raise FileError(f"{where}: {name!r} is missing or of the wrong kind")
    return data


def whole(value: Any, where: str) -> int:
    """A number of seats."""
    if type(value) is not int or value < 0:
        raise FileError(f"{where}: expected a number of seats")
    return value


def _number(one: Any) -> bool:
    """Whether something is a number that a count can be."""
    return type(one) in (int, float) and abs(one) < 1e15


def unpack(data: Any, where: str) -> bytes:
    """Decompress, but never past what an episode may hold."""
    if not isinstance(data, bytes):
        raise FileError(f"{where}: expected compressed text")
    machine = zlib.decompressobj()
    try:
        text = machine.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise FileError(f"{where}: {error}") from None
    if len(text) > MAX_BYTES or not machine.eof:
        raise FileError(f"{where}: truncated, or more than {MAX_BYTES} bytes")
    return text
