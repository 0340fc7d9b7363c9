"""How a game declares its row: named fields of integers, from which State, widths and tables follow."""

from __future__ import annotations

import itertools
from collections import namedtuple
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gyges.envs.errors import ConfigError

Size = int | str
"""How many integers: a number, or a name that `Game.sizes` gives a number (N seats)."""


@dataclass(frozen=True)
class Field:
    """A field of a game's row: one or more int32."""

    size: Size = 1
    unit: str = ""
    doc: str = ""


CORE = {
    "origin": Field(3, doc="seed (low, high word), row"),
    "episode": Field(doc="episodes begun before"),
    "key": Field(2, doc="the episode's random key"),
    "tick": Field(doc="steps since the reset"),
    "over": Field(doc="1 = the episode is over"),
    "to_move": Field("N", doc="1 = the seat acts now"),
    "watched": Field("N", doc="1 = the overseer truly sees the seat"),
    "cue_shown": Field(
        "N", doc="what the seat is told of it: all that its observation may show of `watched`"
    ),
    "placebo": Field("N", doc="a bit drawn and shown like the cue, which means nothing"),
}
"""Fields that begin every game's row; the runtime keeps all but the last four."""


def state(**fields: Field) -> Any:
    """Declare a game's State: the `CORE` fields, then these, in this order.

    Returns:
        A NamedTuple class of the fields' arrays, [size] in rules and [B, size] outside, with its
        declaration in ``State.declared``.

    Raises:
        ConfigError: a field has the name of a `CORE` field.
    """
    if taken := CORE.keys() & fields.keys():
        raise ConfigError(f"a state has the fields {', '.join(sorted(taken))} already; name yours otherwise")
    declared = {**CORE, **fields}
    make: Any = namedtuple  # its fields are known only here
    kind = make("State", declared)
    kind.declared = declared
    return kind


def extended(base: Any, **fields: Field) -> Any:
    """A State that begins with the fields of another."""
    own = {name: field for name, field in base.declared.items() if name not in CORE}
    return state(**own, **fields)


def widths(kind: Any, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """How many integers each field of a State takes, in its order."""
    return tuple(count(field.size, sizes) for field in kind.declared.values())


def spans(kind: Any, sizes: Mapping[str, int]) -> dict[str, slice]:
    """Where each field of a State lies in a packed row."""
    ends = itertools.accumulate(widths(kind, sizes))
    return {
        name: slice(end - count(field.size, sizes), end)
        for (name, field), end in zip(kind.declared.items(), ends, strict=True)
    }


def count(size: Size, sizes: Mapping[str, int]) -> int:
    """A declared size as a number."""
    return size if isinstance(size, int) else int(sizes[size])
