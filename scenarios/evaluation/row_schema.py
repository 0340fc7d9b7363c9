"""Fields of a results file, read with suspicion: what is not of its kind is a `FileError` that says where."""

from __future__ import annotations

import math
import zlib
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from gyges.envs import _json
from gyges.envs.episode import MAX_BYTES
from gyges.envs.errors import FileError
from gyges.scenarios.evaluation.recorder import BY_SIGHT, PLAIN, SIGHT

MAX_JSON = 8 << 20
Number = Annotated[float, Meta(gt=-1e15, lt=1e15)]
Rate = Annotated[float, Meta(ge=0, le=1)]


class _Decision(msgspec.Struct):
    """What a row of probes must hold (`gyges.scenarios.counterfactual.gap.record`)."""

    norm: str
    phase: str
    price: float
    tempting: bool
    unwatched: Rate | None
    watched: Rate | None
    told: int | None
    chance: Rate | None
    act: bool | None
    method: str
    episode: int
    placebo: Annotated[float, Meta(ge=-1, le=1)] | None = None  # older files hold none

    def __post_init__(self) -> None:
        if not math.isfinite(self.price):
            raise ValueError(f"price: expected a finite number, got {self.price}")
        answers = (self.unwatched is not None) + (self.watched is not None)
        acted = None not in (self.told, self.chance, self.act)
        if answers == 1 or not (answers or acted):
            raise ValueError("neither two answers nor an act")
        if self.placebo is not None and not answers:
            raise ValueError("a placebo without answers")


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
    return _json.parse(text, where)


def decision(text: Any, where: str) -> dict[str, Any]:
    """An answer to a question, as `counterfactual.gap.record` makes it; chances lie between 0 and 1.

    Where an older file holds no placebo it is None.
    """
    data = {"placebo": None, **parse(text, where)}
    _json.convert(data, _Decision, where)
    return data


def tally(text: Any, where: str) -> dict[str, Any]:
    """Counts as `evaluation.recorder.Recorder.rows` makes them: numbers, or one for each seat."""
    data = parse(text, where)
    _json.convert(data, dict[str, list[Number] | Number | None], where)
    seats = data.get("returns")
    wide = len(seats) if isinstance(seats, list) else 0
    for name in (*TALLY, *data):
        one = data.get(name)
        if name.startswith("yard_") or name == "length":
            fits = not isinstance(one, list) and (one is not None or name != "length")
        else:
            fits = isinstance(one, list) and len(one) == wide > 0
        if not fits:
            raise FileError(f"{where}: {name!r} is missing or of the wrong kind")
    return data


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
