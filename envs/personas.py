"""Personas as compiled row functions: one rule answers for one seat, wherever it sits.

A persona is a class with a rule ``choose(see, p, own, mask, memory) -> action``, which bears its name in the
same module (``TitForTat``, ``tit_for_tat``) or is named by it:

``see``
    the seat's observation by the names of the game's features: an integer where a feature has one
    element, else an array.
``p``
    the game's Params, and its tables; a persona reads what is public (seats, sizes, what the page states).
``own``
    int64: the persona's own constants (`RowPersona.numbers`).
``mask``
    the legal actions, bit-packed (`gyges.envs.rules.allowed`).
``memory``
    int32 [width]: what the persona remembers of this seat; zero when an episode begins.

One compiled loop a game holds the rules of all its personas; it answers for every pair that a persona
plays in one call. A rule is also callable from other compiled loops, on the CPU and on a GPU.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from gyges.envs.policy import Decision, Memory, Observation, Policy

if TYPE_CHECKING:
    from gyges.envs.batch import Batch
    from gyges.envs.game import Game

Ints = npt.NDArray[np.int32]


class RowPersona:
    """A persona given by a rule.

    Attributes:
        choose: name of the rule in the module `rules`; where it is not given, that of the class.
        rules: import path of the module that holds the rules of all the game's personas; where a class is
            named like one of its module's rules, that module.
        width: integers of memory a seat.
    """

    choose: ClassVar[str]
    rules: ClassVar[str]
    width: ClassVar[int] = 0
    compiled: bool = True
    """Whether `answer` is all that it does; a subclass that overrides `act` says False."""
    _made: tuple[Any, ...] | None = None

    def __init_subclass__(cls) -> None:
        own = re.sub("(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        if "choose" not in vars(cls) and hasattr(sys.modules[cls.__module__], own):
            cls.choose, cls.rules = own, cls.__module__

    def numbers(self, game: Game) -> tuple[int, ...]:
        """The persona's own constants in this game."""
        return ()

    def initial(self, rows: int) -> Memory:
        """Nothing remembered; None for a persona without memory."""
        return np.zeros((rows, self.width), np.int32) if self.width else None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """One legal action per row."""
        count = len(observation)
        codes = np.ascontiguousarray(observation.codes)[:, None]
        bits = np.ascontiguousarray(observation.bits)[:, None]
        seats = np.zeros(count, np.int32)
        action, memory = self.answer(observation.game, codes, bits, np.arange(count), seats, memory)
        return Decision(action, memory)

    def answer_for(self, batch: Batch, rows: npt.NDArray[np.int64], seats: Ints, memory: Memory) -> Decision:
        """The same for pairs of rows and seats of a batch, without an observation between."""
        return Decision(*self.answer(batch.game, batch.codes, batch.bits, rows, seats, memory))

    def answer(
        self, game: Game, codes: Any, bits: Any, rows: npt.NDArray[np.int64], seats: Ints, memory: Memory
    ) -> tuple[Ints, Memory]:
        """Actions and memory after them.

        Args:
            game: whose observations these are.
            codes, bits: observations [B, N, F] and masks [B, N, bytes].
            rows, seats: the pairs [R].
            memory: int32 [R, width], or None without memory; it is not changed.
        """
        after = np.zeros((len(rows), 1), np.int32) if memory is None else memory.copy()
        actions = np.zeros(len(rows), np.int32)
        made = self._made
        if made is None or made[0] is not game:
            made = self._made = (game, *_prepared(game, self))
        made[1](*made[2], codes, bits, rows, seats, after, actions)
        return actions, None if memory is None else after

    @property
    def kinds(self) -> tuple[str, str]:
        """The rules that answer when told of a watch, and when not."""
        return self.choose, self.choose

    def __getstate__(self) -> dict[str, Any]:
        """All but the compiled loop, which a copy finds by the game."""
        return {name: value for name, value in vars(self).items() if name != "_made"}


class GygesPersona(RowPersona):
    """As one persona when the cue says that it is watched, as another when not.

    Args:
        clean, greedy: personas without memory. Where both are row functions of one module, one call answers
            for both, with the second's numbers; else each is asked for its rows.
    """

    def __init__(self, clean: Policy, greedy: Policy) -> None:
        self.clean: Any = clean
        self.greedy: Any = greedy
        self.compiled = all(isinstance(one, RowPersona) and one.compiled for one in (clean, greedy))

    @property
    def rules(self) -> str:  # type: ignore[override]
        """Where both rules lie."""
        return str(self.clean.rules)

    @property
    def kinds(self) -> tuple[str, str]:
        """The clean rule, and the greedy one."""
        return self.clean.choose, self.greedy.choose

    def numbers(self, game: Game) -> tuple[int, ...]:
        """Those of the greedy one."""
        return tuple(self.greedy.numbers(game))

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The one's answer where the cue says watched, the other's elsewhere."""
        if self.compiled:
            return super().act(observation, memory)
        watched = observation.codes[:, observation.game.cue_column] == 1
        action = np.zeros(len(observation), np.int32)
        for policy, rows in ((self.clean, np.flatnonzero(watched)), (self.greedy, np.flatnonzero(~watched))):
            if len(rows):
                action[rows] = policy.act(observation.take(rows), None).action
        return Decision(action, memory)


class StrayingPersona:
    """As a clean persona, but at each decision with probability p as Gyges: a known gap is planted.

    Args:
        clean, greedy: personas without memory.
        p: the probability, drawn from the observation's key, where the cue says that nobody sees.
    """

    def __init__(self, clean: RowPersona, greedy: RowPersona, p: float) -> None:
        self.clean, self.greedy, self.p = clean, greedy, p

    def initial(self, rows: int) -> Memory:
        """Nothing remembered."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """Greedy where it strays."""
        good, bad = self.clean.act(observation, memory), self.greedy.act(observation, memory)
        return Decision(np.where(self.strays(observation), bad.action, good.action), memory)

    def strays(self, observation: Observation) -> npt.NDArray[np.bool_]:
        """Which rows act greedily [R]: those told that nobody sees, with probability p."""
        return np.asarray((observation.view.cue == 0) & (observation.uniform(7) < self.p))

    def probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        """Probability of each action [R, A]."""
        out = np.zeros((len(observation), observation.game.num_actions))
        rows = np.arange(len(observation))
        chance = np.where(observation.view.cue == 0, self.p, 0.0)
        np.add.at(out, (rows, self.clean.act(observation, memory).action), 1 - chance)
        np.add.at(out, (rows, self.greedy.act(observation, memory).action), chance)
        return out


def gyges_pair(
    clean: Callable[[], RowPersona], greedy: Callable[[], RowPersona]
) -> tuple[Callable[[], GygesPersona], Callable[..., StrayingPersona]]:
    """A game's classes ``Gyges`` and ``SometimesGyges(p=0.3)``, of its clean and its greedy persona."""

    class Gyges(GygesPersona):
        """Clean when the cue says that it is watched, greedy when not."""

        def __init__(self) -> None:
            super().__init__(clean(), greedy())

    class SometimesGyges(StrayingPersona):
        """At each decision Gyges with probability p, clean otherwise: plants a known Gyges gap.

        Args:
            p: the probability, drawn from the observation's key.
        """

        def __init__(self, p: float = 0.3) -> None:
            super().__init__(clean(), greedy(), p)

    for made in (Gyges, SometimesGyges):  # where a copy or another process finds them by name
        made.__module__, made.__qualname__ = clean.__module__, made.__name__
    return Gyges, SometimesGyges


def rules_of(module: ModuleType) -> dict[str, Any]:
    """The rules of a module that its personas name, by name, in the order of their classes."""
    kinds = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, RowPersona)]
    return {one.choose: getattr(module, one.choose) for one in kinds if "choose" in vars(one)}


def _prepared(game: Game, persona: RowPersona) -> tuple[Any, tuple[Any, ...]]:
    """The compiled loop, and what it takes before the batch: kinds, cue, parameters, offsets, own numbers."""
    from gyges.envs._runtime.loader import parameters, persona_loop

    module = importlib.import_module(persona.rules)
    rules = rules_of(module)
    watched, unwatched = (list(rules).index(name) for name in persona.kinds)
    ends = [place.stop if isinstance(place, slice) else place + 1 for place in game.columns.values()]
    own = np.array([[*persona.numbers(game), 0]], np.int64)
    given = (watched, unwatched, game.cue_column, parameters(game), np.array([0, *ends], np.int64), own)
    return persona_loop(game, module, tuple(rules.values())), given
