"""How a game declares its observation: named features, from which offsets, bounds and readers follow."""

from __future__ import annotations

import itertools
from collections import Counter, namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.state import Size, count

Bound = int | Callable[[Any], int]
"""A number, or a function of the game that gives one."""


class Element(NamedTuple):
    """One element of an observation: an integer between low and high, shown as value * scale."""

    name: str
    low: int
    high: int
    scale: float = 1.0  # a power of two, so that the product is exact in float32


@dataclass(frozen=True)
class Feature:
    """A named part of an observation: one or more elements with the same bounds."""

    low: Bound = 0
    high: Bound = 1
    scale: float = 1.0
    """A power of two, so that the product is exact in float32."""
    name: str = ""
    """As people read it, by default the declared name; ``{}`` stands for the element's label."""
    size: Size | tuple[str, ...] = 1
    """How many elements, or their labels."""
    labels: Callable[[Any], Sequence[str]] | None = None
    """A function of the game that names the elements; by default they are numbered."""
    unit: str = ""
    doc: str = ""
    stakes: bool = False
    """Whether it says "this is a person": all that the stake-stripped twin may change."""

    @property
    def length(self) -> Size:
        """How many elements, as declared."""
        return len(self.size) if isinstance(self.size, tuple) else self.size


class Features:
    """A game's observation: its features in their order.

    Attributes:
        declared: the features by name.
        index: a NamedTuple of the offsets that no size bears on, for rules and readers.
    """

    def __init__(self, **features: Feature) -> None:
        self.declared = features
        make: Any = namedtuple  # its fields are known only here
        labels = sorted({f.length for f in features.values() if isinstance(f.length, str)})
        self._place = make("Place", ["at", *labels])
        fixed = {name: place.at for name in features if not any((place := self.place(name))[1:])}
        self.index: Any = make("Index", fixed)(**fixed)

    def place(self, name: str) -> Any:
        """Where a feature begins: a NamedTuple of a number, ``at``, and how often each size adds to it."""
        names = list(self.declared)
        before = [self.declared[other].length for other in names[: names.index(name)]]
        times = Counter(length for length in before if isinstance(length, str))
        at = sum(length for length in before if isinstance(length, int))
        return self._place(at, *(times[label] for label in self._place._fields[1:]))

    def columns(self, sizes: Mapping[str, int]) -> dict[str, int | slice]:
        """Where each feature lies: its index, or a slice where it has several elements or a named size."""
        lengths = [count(feature.length, sizes) for feature in self.declared.values()]
        begins = itertools.accumulate(lengths, initial=0)
        return {
            name: begin if feature.size == 1 else slice(begin, begin + length)
            for (name, feature), begin, length in zip(self.declared.items(), begins, lengths, strict=False)
        }

    def elements(self, game: Any) -> tuple[Element, ...]:
        """The elements of an observation of a game."""
        return tuple(one for name in self.declared for one in self.elements_of(game, name))

    def elements_of(self, game: Any, name: str) -> list[Element]:
        """The elements of one feature."""
        feature = self.declared[name]
        low, high = (bound(game) if callable(bound) else bound for bound in (feature.low, feature.high))
        shown = feature.name or name.replace("_", " ")
        if feature.size == 1:
            return [Element(shown, low, high, feature.scale)]
        labels = feature.labels(game) if feature.labels else feature.size
        if not isinstance(labels, Sequence) or isinstance(labels, str):
            labels = [str(j) for j in range(count(feature.length, game.sizes()))]
        shown = shown if "{}" in shown else shown + " {}"
        return [Element(shown.format(label), low, high, feature.scale) for label in labels]


def last_seat(game: Any) -> int:
    """The greatest number of a seat: the `high` of a feature that names one."""
    return int(game.num_agents) - 1


class View:
    """Observations read by the names of their features.

    A feature of one element is an array [...] (an int where the codes are those of one seat), one of
    several an array [..., size].

    Args:
        codes: integer observations [..., F].
        columns: where each feature lies (`Game.columns`).
    """

    def __init__(self, codes: Any, columns: Mapping[str, int | slice]) -> None:
        self.codes: npt.NDArray[np.int32] = np.asarray(codes, np.int32)
        self._columns = columns

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._columns:
            raise AttributeError(f"no feature is named {name!r}; there are {', '.join(self._columns)}")
        found = self.codes[..., self._columns[name]]
        return found if found.ndim else int(found)
