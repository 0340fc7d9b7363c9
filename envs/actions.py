"""How a game declares its actions: kinds in their order, from which offsets and names follow."""

from __future__ import annotations

import itertools
import math
from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

from gyges.envs.state import Size, count


class Act:
    """A kind of action: one, or one for each thing that it may be about.

    Args:
        words: its name; ``{}`` stands for the label of what it is about.
        each: what it may be about: how many, and at least as many labels. Of two, the second moves faster.
    """

    def __init__(self, words: str, *each: tuple[Size, Sequence[str]]) -> None:
        self.words, self.each = words, each

    def names(self, sizes: Mapping[str, int]) -> list[str]:
        """The names of its actions."""
        labels = (labels[: count(size, sizes)] for size, labels in self.each)
        return [self.words.format(*one) for one in itertools.product(*labels)]


class Actions:
    """A game's actions: ``wait``, which is the NOOP, then these kinds in their order.

    Args:
        called: the name of the type of `index`, which the rules hash holds.
        kinds: by name.

    Attributes:
        declared: the kinds by name.
        index: a NamedTuple of where those kinds begin before which no named size comes, for rules.
    """

    def __init__(self, called: str = "Index", /, **kinds: Act) -> None:
        self.declared = {"wait": Act("wait"), **kinds}
        make: Any = namedtuple  # its fields are known only here
        self._layout = make("Layout", self.declared)
        named = [any(isinstance(size, str) for size, _ in act.each) for act in self.declared.values()]
        fixed = list(self.declared)[: named.index(True) + 1 if True in named else None]
        counts = [math.prod(size for size, _ in self.declared[name].each) for name in fixed[:-1]]  # type: ignore[misc]
        self.index: Any = make(called, fixed)(*itertools.accumulate(counts, initial=0))

    def layout(self, sizes: Mapping[str, int]) -> Any:
        """Where each kind begins: a NamedTuple of action numbers."""
        counts = [math.prod(count(size, sizes) for size, _ in act.each) for act in self.declared.values()]
        return self._layout(*itertools.accumulate(counts[:-1], initial=0))

    def names(self, sizes: Mapping[str, int]) -> tuple[str, ...]:
        """A name for each action."""
        return tuple(name for act in self.declared.values() for name in act.names(sizes))
