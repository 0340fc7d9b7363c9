"""The contract of a game: five rules over one row of integers, and the words that go with them.

A game is a subclass of `Game` in ``envs/<name>/game.py`` and a module of rules beside it. The class
holds what needs no compiler: settings, descriptions, and four declarations:

``State``
    the fields of one row (`gyges.envs.state.state`);
``observation``
    what a seat sees, by name (`gyges.envs.observation.Features`);
``actions``
    what a seat may do, by kinds (`gyges.envs.actions.Actions`);
``Params``
    a NamedTuple of integers: what the rules read of the settings.

The rules module holds, as functions decorated with `gyges.envs.rules.rule`:

``reset(s, p, scratch)``
    fill a row that is zero but for its core fields.
``step(s, p, scratch, action, out)``
    all seats act at once; ``action`` int32 [N]; ``out`` an `Out` to be written.
``observe(s, p, scratch, seat, features)``
    write what this seat may know, integers [F], every one of them.
``common(s, p, scratch, features)`` (optional)
    write the elements that every seat sees alike; it is called before `observe`, which then writes
    the others.
``legal(s, p, scratch, seat, mask)``
    `allow` each legal action of a seat that is to move, at least one; the mask arrives empty.
``judge(s, p, scratch, seat, action) -> (label, norms, harm, justified, knowable)``
    the ground truth on a legal action about to be taken (`gyges.envs.choice_point`).

Action 0 is NOOP in every game, and the only legal action of a seat that is not to move.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from gyges.envs.actions import Actions
from gyges.envs.errors import ConfigError
from gyges.envs.observation import Element, Features, View
from gyges.envs.options import check_options
from gyges.envs.rater_hooks import Chain
from gyges.envs.state import spans, state, widths

NOOP = 0
"""The action of a seat that does nothing; the only legal one when it is not to move."""


class Params(NamedTuple):
    """What rules read of the settings that every game has; a game with more declares its own."""

    num_agents: int
    horizon: int
    ring: int  # odds of a decision unwatched, 1/65536
    cue: int  # odds of being told truly, 1/65536
    stakes: int


class Out(NamedTuple):
    """What a step pays. Integers in the game's own units; one element per seat."""

    reward: Any  # [N] int32, task reward in 1 / game.reward_scale of the reward unit
    welfare: Any  # [N] int32, hidden welfare in 1 / game.welfare_scale of the welfare unit
    terminated: Any  # [N] uint8, 1 when this seat's part has ended by the rules
    truncated: Any  # [N] uint8, 1 when the horizon cut the episode


Chance = Annotated[float, Meta(ge=0.0, le=1.0)]
"""The type of a setting that is a probability."""


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings that every game has. Games add their own and may change defaults and bounds."""

    num_agents: int = 2
    """Seats at the table."""
    horizon: Annotated[int, Meta(ge=1, le=1_000_000)] = 1024
    """Steps after which the episode is cut (truncated)."""
    ring: Chance = 0.5
    """Chance that a decision goes unwatched, 0 to 1."""
    cue: Annotated[float, Meta(ge=0.5, le=1.0)] = 1.0
    """Chance that the seat is told truly whether it is watched, 0.5 (no news) to 1."""
    temptation: Annotated[float, Meta(ge=0.0, le=4.0)] = 1.0
    """Dial on what doing right costs, 0 to 4."""
    stakes: bool = True
    """False gives the twin in which no one can be harmed and every label is neutral."""

    def check(self) -> None:
        """Raise ConfigError where a setting is not of its type or outside of the bounds that it states."""
        check_options(self)


def odds(chance: float) -> int:
    """A chance as rules read it: in 1/65536."""
    return round(chance * 65536)


def uncertain_end(length: int) -> tuple[int, int]:
    """Of a game that ends by chance: the turns that are sure, and the odds that one from then on is the last.

    Two thirds of a length are sure; then it is `length` on average.
    """
    sure = length * 2 // 3
    return sure, 65536 // (length - sure + 1)


def joined_tables(parts: Sequence[npt.NDArray[Any]]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Tables end to end, and the offsets [tables + 1] where each begins, as `Game.tables` returns them."""
    ends = np.cumsum([0, *(len(part) for part in parts)])
    return np.concatenate(parts), ends.astype(np.int64)


def personas_in(module: str, *more: str) -> dict[str, str]:
    """Lazy ``module:attr`` of a game's personas: random, and clean, greedy, gyges and more of one module.

    A persona's class has its name: ``tit_for_tat`` is `TitForTat`.
    """
    classes = {name: name.title().replace("_", "") for name in ("clean", "greedy", "gyges", "random", *more)}
    made = {name: f"{module}:{kind}" for name, kind in classes.items()}
    return made | {"random": "gyges.envs.policy:RandomPolicy"}


class Game(ABC):
    """The rules of one game with fixed settings. Immutable; shared freely between batches."""

    name: ClassVar[str]
    version: ClassVar[int]
    title: ClassVar[str]
    Config: ClassVar[type[Config]] = Config
    Params: ClassVar[Any] = Params
    State: ClassVar[Any] = state()
    """Fields of a row, as `gyges.envs.state.state` declares them."""
    observation: ClassVar[Features] = Features()
    """What a seat sees."""
    actions: ClassVar[Actions]
    """What a seat may do; a game with actions of another build overrides `action_names`."""
    rules_module: ClassVar[str]
    """Import path of the rules, imported when the first batch is made."""
    renderer: ClassVar[str | None] = None
    """Lazy ``module:attr`` of the pygame renderer."""
    personas: ClassVar[dict[str, str]] = {}
    """Lazy ``module:attr`` by persona name; every game has clean, greedy, gyges and random."""
    phases: ClassVar[tuple[str, ...]] = ("act",)
    """Names of the sub-phases of a turn; `phase` says which of them a row is in."""
    yardsticks: ClassVar[str | None] = None
    """Lazy ``module:attr`` of its `gyges.envs.yardsticks.EpisodeYardsticks` (survival, efficiency)."""
    held_out: ClassVar[frozenset[str]] = frozenset()
    """Personas that training scenarios must not use."""
    certificate: ClassVar[str | None] = None
    """Lazy ``module:attr`` of its `gyges.envs.certificate.Certificate`, where the default will not do."""
    playthrough: ClassVar[str | None] = None
    """Lazy ``module:attr`` of its `gyges.envs.certificate.Playthrough`, where the default will not do."""
    chain: ClassVar[Chain | None] = None
    """Three breaches that a rater with a flaw in its tail rewards when they come in a row; None for none."""
    coverage: ClassVar[tuple[str, int] | None] = None
    """Name of a feature, and its greatest value that a rater of low coverage knows; None for none."""
    pricing: ClassVar[str | None] = None
    """Lazy ``module:attr`` of the game's own way to price decisions, where forks are not how it is done: a
    function of the game and of (packed row, seat) pairs -> a list of prices as in `counterfactual.price`."""
    reward_unit: ClassVar[str] = "points"
    reward_scale: ClassVar[int] = 1
    welfare_unit: ClassVar[str] = "points"
    welfare_scale: ClassVar[int] = 1
    third_parties: ClassVar[bool] = False
    """Whether hidden welfare is also that of people with no seat, booked in shares to the seats: what befalls
    them is then in the sum over all seats only."""
    feature_dtype: ClassVar[Any] = np.int16

    def __init__(self, **settings: Any) -> None:
        known = {field.name for field in dataclasses.fields(self.Config)}
        unknown = sorted(set(settings) - known)
        if unknown:
            raise ConfigError(f"{self.name} has no setting {unknown[0]!r}; it has {', '.join(sorted(known))}")
        self.config: Any = self.Config(**settings)
        self.config.check()

    # What a game must say.

    @abstractmethod
    def describe(self, codes: npt.NDArray[Any], seat: int) -> str:
        """What a seat knows, in words, made from its observation alone.

        Args:
            codes: integer observation [F] of this seat, as `observe` wrote it.
            seat: which seat.
        """

    # What a game may say.

    def compact(self, codes: npt.NDArray[Any], seat: int) -> str:
        """What `describe` tells, on one line in short words, for small language models."""
        return self.describe(codes, seat)

    def reason(self, codes: npt.NDArray[Any], seat: int, action: int) -> str:
        """The facts that the seat saw and that bear on an act: clauses without a full stop; may be empty."""
        return ""

    def written(self, codes: npt.NDArray[Any], seat: int, action: int) -> str:
        """What the seat writes by an act, in full, for transcripts; empty where it writes nothing."""
        return ""

    def reports(
        self, codes: npt.NDArray[Any], action: npt.NDArray[np.int32]
    ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None:
        """Acts that are reported on later, reports, and reports that please, [...] each; None where none are.

        Args:
            codes: what the seats saw [..., F].
            action: what they did [...]; whoever was not to move is left out by the caller.
        """
        return None

    def outcomes(self, state: Any, action: npt.NDArray[np.int32]) -> npt.NDArray[np.float64] | None:
        """Chances [B, K] of the outcomes of a step's luck beside the watch; None for a game that states none.

        A game that states them can be solved. Its rows have a field ``lot``: 0 for luck as it comes, 1 + k
        for outcome k of the next step, which clears the field.

        Args:
            state: State of arrays [B, width].
            action: what everyone is about to do [B, N].
        """
        return None

    @classmethod
    def page(cls) -> Path | None:
        """The file ``page.toml`` beside the game's module: rules, job and charter in words for chat."""
        path = Path(str(sys.modules[cls.__module__].__file__)).with_name("page.toml")
        return path if path.is_file() else None

    def params(self) -> Sequence[int]:
        """The rules' Params, a NamedTuple of integers."""
        return self.fill_params()  # type: ignore[no-any-return]

    def fill_params(self, **own: int) -> Any:
        """Params: numbers as given, else the setting of the same name, a chance in 1/65536."""
        shared: dict[str, int] = {}
        for field in dataclasses.fields(self.config):
            if field.name in self.Params._fields and field.name not in own:
                value = getattr(self.config, field.name)
                shared[field.name] = odds(value) if isinstance(field.default, float) else int(value)
        return self.Params(**shared, **own)

    def sizes(self) -> dict[str, int]:
        """What the named sizes in `State` and `observation` are."""
        return {"N": self.num_agents}

    @property
    def scratch_size(self) -> int:
        """Integers of scratch memory that the rules need per row."""
        return 0

    def tables(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]] | None:
        """Integers that all rows share and rules read beside Params (`gyges.envs._runtime.tables`).

        Returns:
            int32 array of all tables, and int64 offsets [tables + 1] where each begins; None for none.
        """
        return None

    def phase(self, state: Any) -> npt.NDArray[np.int32]:
        """Which of `phases` each row is in [B], from a State of arrays [B, width]: the field ``phase``."""
        return np.asarray(state.phase[:, 0] if "phase" in state._fields else state.tick[:, 0] * 0, np.int32)

    def watch_since(self, state: Any) -> npt.NDArray[np.int32]:
        """The tick [B] at which the watch bits and cues in force were drawn; by default the present one."""
        return np.asarray(state.tick[:, 0], np.int32)

    def watch_drawn(self, state: Any) -> npt.NDArray[np.bool_]:
        """Rows [B] whose watch bits were drawn for this decision; else what was done since may tell."""
        return np.asarray(self.watch_since(state) == state.tick[:, 0])

    def conservation(
        self, before: Any, action: npt.NDArray[np.int32], after: Any, out: Out
    ) -> dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        """Books that must balance over one step: name -> (left side [B], right side [B]).

        ``before`` and ``after`` are State tuples of arrays [B, width].
        """
        return {}

    # What follows from it.

    @cached_property
    def action_names(self) -> tuple[str, ...]:
        """A name for each action, as a person would say it; index 0 is the NOOP."""
        return self.actions.names(self.sizes())

    @cached_property
    def layout(self) -> Any:
        """Where each kind of action begins: a NamedTuple of action numbers."""
        return self.actions.layout(self.sizes())

    def widths(self) -> tuple[int, ...]:
        """How many integers each field of `State` takes, in its order."""
        return widths(self.State, self.sizes())

    @cached_property
    def fields(self) -> dict[str, slice]:
        """Where each field of `State` lies in a packed row."""
        return spans(self.State, self.sizes())

    @cached_property
    def features(self) -> tuple[Element, ...]:
        """The observation, element by element."""
        return self.observation.elements(self)

    @cached_property
    def columns(self) -> dict[str, int | slice]:
        """Where each declared feature lies in an observation."""
        return self.observation.columns(self.sizes())

    @property
    def cue_column(self) -> int:
        """Which element of an observation tells the seat whether it is watched: the feature ``cue``."""
        found = self.columns["cue"]
        assert isinstance(found, int)
        return found

    @property
    def placebo_column(self) -> int | None:
        """Which element of an observation is the placebo (the feature ``placebo``), or None."""
        found = self.columns.get("placebo")
        assert found is None or isinstance(found, int)
        return found

    def view(self, codes: Any) -> View:
        """Observations [..., F] read by the names of their features."""
        return View(codes, self.columns)

    @cached_property
    def stakes_features(self) -> frozenset[str]:
        """Names of the elements that say "this is a person": all that the stake-stripped twin may change."""
        declared = self.observation.declared
        names = [name for name, feature in declared.items() if feature.stakes]
        return frozenset(one.name for name in names for one in self.observation.elements_of(self, name))

    @property
    def id(self) -> str:
        """Versioned name, as in ``steward-v1``."""
        return f"{self.name}-v{self.version}"

    @property
    def num_agents(self) -> int:
        """Number of seats N."""
        return int(self.config.num_agents)

    @property
    def num_actions(self) -> int:
        """Size of the action space A, NOOP included."""
        return len(self.action_names)

    @property
    def mask_bytes(self) -> int:
        """Bytes of one seat's bit-packed action mask."""
        return (self.num_actions + 7) // 8

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Shape of one seat's observation; (F,) unless the game shows a board."""
        return (len(self.features),)

    @property
    def observation_size(self) -> int:
        """Number of integers in one seat's observation."""
        return int(np.prod(self.observation_shape))

    @cached_property
    def scale(self) -> npt.NDArray[np.float32]:
        """Factor [F] that turns observation integers into network inputs."""
        return np.array([f.scale for f in self.features], np.float32)

    @cached_property
    def bounds(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Least and greatest observation as float32, each of `observation_shape`."""
        low = np.array([f.low for f in self.features], np.float32) * self.scale
        high = np.array([f.high for f in self.features], np.float32) * self.scale
        return low.reshape(self.observation_shape), high.reshape(self.observation_shape)

    @property
    def staked(self) -> bool:
        """Whether anyone can be harmed: not in the twin, nor where a game has nothing at stake."""
        return bool(self.config.stakes)

    @property
    def agents(self) -> tuple[str, ...]:
        """PettingZoo names of the seats, ``seat_0`` on."""
        return tuple(f"seat_{k}" for k in range(self.num_agents))

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as plain data, for files and for making the same game again."""
        return dataclasses.asdict(self.config)

    def rules(self) -> ModuleType:
        """Import the rules (and with them Numba)."""
        return importlib.import_module(self.rules_module)

    def __repr__(self) -> str:
        base = self.Config()
        changed = {k: v for k, v in self.settings.items() if getattr(base, k) != v}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in changed.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Game) and type(self) is type(other) and self.config == other.config

    def __hash__(self) -> int:
        return hash((type(self), self.config))
