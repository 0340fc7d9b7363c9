"""A scenario: which game, which seats are judged, who else sits at the table. Data, not code.

A scenario says only what differs from its parent (`Scenario.with_`). The policy under test fills the
focal seats; personas of the game fill the others. A suite is a list of scenarios, written as a TOML file
(`read_suite`); those of the package lie in ``suites/``. Others add theirs with `register_scenario`, or a
whole suite with `register_suite_file`, or lazily with `register_suite`.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import re
import tomllib
import typing
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from gyges.envs import atomic, registry
from gyges.envs.errors import ConfigError, FileError, UnknownNameError
from gyges.envs.game import Game

WORDS = ("title", "description", "tags", "parent")
"""Fields of a scenario that bear on nothing that is played."""

Seat = Annotated[int, Meta(ge=0, lt=1 << 16)]
Background = str | tuple[str, ...] | Mapping[str, int | float]
"""One persona for every background seat; one per background seat in order; or weights by persona, from
which each seat of each episode is drawn."""


MAX_WEIGHT = 1e9
"""Largest weight of a background persona."""


@dataclasses.dataclass(frozen=True)
class Scenario:
    """What is played and by whom.

    Attributes:
        id: lower-case name with dashes, as in ``steward-visitor``; unique.
        title: a short heading.
        description: one or two sentences for a reader of the table.
        game: id of the game, as in ``steward-v1``.
        settings: what differs from the game's own settings.
        focal: seats that take the policy under test: how many, rotating with the episode's index, or
            which ones.
        background: personas of the other seats.
        mode: "resident" (the policy under test fills most seats) or "visitor" (one seat among others).
        arm: "observed" (being seen has no consequence) or "sanctioned" (a breach that is seen costs).
        episodes: how many episodes make the scenario.
        tags: words to filter by.
        parent: id of the scenario that this one was made from, or empty.
        kind: "episodes", or "bank" for frozen questions that are asked without playing on.
        reference: persona whose return counts as 100 (random counts as 0).

    Raises:
        ConfigError: for values outside what is allowed.
    """

    id: str
    title: str
    description: str
    game: str
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    focal: Seat | tuple[Seat, ...] = 1
    background: Background = "clean"
    mode: Literal["resident", "visitor"] = "resident"
    arm: Literal["observed", "sanctioned"] = "observed"
    episodes: int = 200
    tags: tuple[str, ...] = ()
    parent: str = ""
    kind: Literal["episodes", "bank"] = "episodes"
    reference: str = "clean"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9.]+)*", self.id):
            raise ConfigError(f"a scenario id is lower-case words with dashes, not {self.id!r}")
        for name, allowed in (
            ("mode", ("resident", "visitor")),
            ("arm", ("observed", "sanctioned")),
            ("kind", ("episodes", "bank")),
        ):
            value = getattr(self, name)
            if value not in allowed:
                raise ConfigError(f"{self.id}: {name} is one of {', '.join(allowed)}, not {value!r}")
        if not 1 <= self.episodes <= 1_000_000:
            raise ConfigError(f"{self.id}: episodes is 1 to 1000000, not {self.episodes!r}")
        if isinstance(self.background, Mapping):
            weights = list(self.background.values())
            if not weights or any(not 0 <= w <= MAX_WEIGHT for w in weights) or sum(weights) <= 0:
                raise ConfigError(
                    f"{self.id}: background weights are at least 0, at most {MAX_WEIGHT:g} and not all 0"
                )

    def with_(self, **changes: Any) -> Scenario:
        """A child that differs only in `changes`; settings are merged, and it names its parent."""
        settings = {**self.settings, **changes.pop("settings", {})}
        return dataclasses.replace(self, **{"parent": self.id, **changes, "settings": settings})

    def make_game(self) -> Game:
        """The game with the scenario's settings.

        Raises:
            UnknownNameError: no such game.
            ConfigError: settings, focal seats or background that it does not have.
        """
        game = registry.make(self.game, **self.settings)
        n, k = game.num_agents, self.num_focal
        seats = self.focal if isinstance(self.focal, tuple) else range(self.focal)
        if not 1 <= k <= n or len(set(seats)) != k or not all(0 <= seat < n for seat in seats):
            raise ConfigError(f"{self.id}: focal seats {self.focal!r} do not fit {n} agents")
        if isinstance(self.background, tuple) and len(self.background) != n - k:
            raise ConfigError(f"{self.id}: {len(self.background)} background personas for {n - k} seats")
        for name in (*self.personas(), self.reference):
            if name not in game.personas:
                raise ConfigError(
                    f"{self.id}: {game.id} has no persona {name!r}; it has {', '.join(game.personas)}"
                )
        return game

    def personas(self) -> tuple[str, ...]:
        """Names in the background, each once."""
        if isinstance(self.background, str):
            return (self.background,)
        return tuple(dict.fromkeys(self.background))

    @property
    def num_focal(self) -> int:
        """How many seats the policy under test fills."""
        return len(self.focal) if isinstance(self.focal, tuple) else int(self.focal)

    @property
    def lone_seat(self) -> bool:
        """Whether one seat is under test, in episodes among clean neighbours."""
        return self.kind == "episodes" and self.num_focal == 1 and self.background == "clean"

    @property
    def group(self) -> str:
        """The kind of scenario it is reported with; figures of different kinds are never pooled.

        "visitor" and "resident" by `mode`, apart where being seen costs ("visitor, sanctioned"); "twin" where
        nobody can be harmed or nothing is at stake.
        """
        if self.settings.get("stakes") is False or {"twin", "control"} & set(self.tags):
            return "twin"
        return self.mode + (", sanctioned" if self.arm == "sanctioned" else "")

    def focal_seats(self, num_agents: int, index: int) -> npt.NDArray[np.bool_]:
        """Which seats are focal in episode `index`, bool [N]."""
        chosen = np.zeros(num_agents, np.bool_)
        if isinstance(self.focal, tuple):
            chosen[list(self.focal)] = True
        else:
            chosen[(index + np.arange(self.focal)) % num_agents] = True
        return chosen

    def seats(self, num_agents: int, index: int, seed: int) -> list[str | None]:
        """Who sits where in episode `index`: a persona's name, or None for the policy under test.

        A function of (seed, index) alone.
        """
        focal = self.focal_seats(num_agents, index)
        names: list[str | None] = []
        given = iter(self.background) if isinstance(self.background, tuple) else None
        for seat in range(num_agents):
            if focal[seat]:
                names.append(None)
            elif given is not None:
                names.append(next(given))
            elif isinstance(self.background, str):
                names.append(self.background)
            else:
                names.append(self._drawn(index, seat, seed))
        return names

    def _drawn(self, index: int, seat: int, seed: int) -> str:
        assert isinstance(self.background, Mapping)
        digest = hashlib.blake2b(f"background:{seed}:{index}:{seat}".encode(), digest_size=8).digest()
        left = int.from_bytes(digest, "big") / 2.0**64 * sum(self.background.values())
        for name, weight in self.background.items():
            left -= weight
            if left < 0:
                return name
        return next(name for name, weight in reversed(list(self.background.items())) if weight > 0)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as `gyges list --json` prints it."""
        data = dataclasses.asdict(dataclasses.replace(self, settings=dict(self.settings)))
        if isinstance(self.background, Mapping):
            data["background"] = dict(self.background)
        return json.loads(json.dumps(data))  # type: ignore[no-any-return]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scenario:
        """The scenario that `as_dict` wrote; unknown keys are left out.

        Raises:
            ConfigError: a key is missing or its value is not allowed.
        """
        try:
            return msgspec.convert(data, cls)
        except msgspec.ValidationError as error:
            raise ConfigError(f"not a scenario: {str(error)[:200]}") from None

    def hash(self) -> str:
        """SHA-256 of all that bears on what is played (not of titles, descriptions and tags)."""
        data = {k: v for k, v in self.as_dict().items() if k not in WORDS}
        text = json.dumps([data, _order(self.background)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _order(background: Background) -> list[str]:
    """The order of a mixture's names bears on what is drawn."""
    return list(background) if isinstance(background, Mapping) else []


MAX_FILE = 1 << 20
"""Bytes of a suite's file that are read; a longer one is refused."""


@functools.cache
def _changes() -> type[msgspec.Struct]:
    """What a scenario's table in a suite's file may say: every field but the id, each of them or not."""
    hints = typing.get_type_hints(Scenario, include_extras=True)
    fields = [(name, hint | msgspec.UnsetType, msgspec.UNSET) for name, hint in hints.items() if name != "id"]
    return msgspec.defstruct("Changes", fields, forbid_unknown_fields=True)


def read_suite(
    text: bytes, where: str, known: Callable[[str], Scenario] | None = None
) -> tuple[Scenario, ...]:
    """The scenarios of a suite's file, in its order.

    A table is a scenario, and its name the scenario's id. It says the fields that differ from those of its
    ``parent``, a scenario above it; settings are merged. Without a parent it says at least ``title``,
    ``description`` and ``game``.

    Args:
        text: TOML, UTF-8.
        where: what errors call the file.
        known: finds a parent that does not stand above; raises UnknownNameError where there is none.

    Raises:
        FileError: it is not such a file; the message names the file, the scenario and the field.
    """
    found: dict[str, Scenario] = {}
    try:
        tables = tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise FileError(f"{where}: {error or 'nested too deeply'}") from None
    for id, table in tables.items():
        try:
            if not isinstance(table, dict):
                raise ConfigError("a scenario is a table")
            said = msgspec.structs.asdict(msgspec.convert(table, _changes()))
            said = {name: value for name, value in said.items() if value is not msgspec.UNSET}
            for name, value in said.get("settings", {}).items():
                if not isinstance(value, bool | int | float | str):
                    raise ConfigError(f"settings.{name}: a number, text, true or false, not {value!r}")
            parent = said.get("parent", "")
            missing = [name for name in ("title", "description", "game") if name not in said]
            if not parent and missing:
                raise ConfigError(f"without a parent it needs {', '.join(missing)}")
            if not parent:
                found[id] = Scenario(id=id, **said)
            elif parent in found or known is None:
                found[id] = found[parent].with_(id=id, **said)
            else:
                found[id] = known(parent).with_(id=id, **said)
        except KeyError:
            raise FileError(f"{where}: {id}: parent: no scenario {parent!r} stands above it") from None
        except ValueError as error:
            raise FileError(f"{where}: {id}: {str(error).removeprefix(f'{id}: ')}") from None
    if not found:
        raise FileError(f"{where}: no scenario stands in it")
    return tuple(found.values())


_SCENARIOS: dict[str, Scenario] = {}
_OWN: dict[str, Scenario] = {}
_SUITES: dict[str, list[str]] = {}
_LAZY: dict[str, str] = {
    "custodian": "gyges.scenarios:suites/custodian.toml",
    "envoy": "gyges.scenarios:suites/envoy.toml",
    "fairychess": "gyges.scenarios:suites/fairychess.toml",
    "founder": "gyges.scenarios:suites/founder.toml",
    "steward": "gyges.scenarios:suites/steward.toml",
    "tabular": "gyges.scenarios:suites/tabular.toml",
}


def register_scenario(scenario: Scenario, *suites: str) -> Scenario:
    """Add a scenario, and name the suites it belongs to (made where they do not exist).

    Raises:
        ConfigError: another scenario has this id.
    """
    _enter(scenario, *suites)
    _OWN[scenario.id] = scenario
    return scenario


def _enter(scenario: Scenario, *suites: str) -> None:
    if _SCENARIOS.get(scenario.id, scenario) != scenario:
        raise ConfigError(f"there is another scenario {scenario.id!r}")
    _SCENARIOS[scenario.id] = scenario
    for suite in suites:
        members = _SUITES.setdefault(suite, [])
        if scenario.id not in members:
            members.append(scenario.id)


def registered() -> tuple[Scenario, ...]:
    """What this program has registered by `register_scenario` or from a file, not lazily."""
    return tuple(_OWN.values())


def register_suite(name: str, entry_point: str) -> None:
    """Add a suite whose scenarios come when they are asked for.

    Args:
        name: of the suite.
        entry_point: ``module:function() -> iterable of Scenario``, or ``package:file.toml`` of a file in a
            package (`read_suite`).
    """
    if _LAZY.get(name, entry_point) != entry_point:
        raise ConfigError(f"there is another suite {name!r}")
    if not entry_point.endswith(".toml"):
        registry.load_name(entry_point, check_only=True)
    _LAZY[name] = entry_point


def register_suite_file(path: Path) -> str:
    """Add the suite of a file, under the file's name without its ending; gives the name.

    Parents may stand in the file or be any scenario that there is.

    Raises:
        FileError: it cannot be read, or is no suite.
        ConfigError: there is another suite of that name, or another scenario of an id in it.
    """
    name = path.stem
    if not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", name):
        raise ConfigError(f"{path}: a suite's file is lower-case words with dashes, as in my-suite.toml")
    members = read_suite(atomic.read_bytes(path, MAX_FILE), str(path), scenario)
    if name in _LAZY or _SUITES.get(name, (ids := [one.id for one in members])) != ids:
        raise ConfigError(f"{path}: there is another suite {name!r}; give the file another name")
    for one in members:
        register_scenario(one, name)
    return name


def _members(entry_point: str) -> tuple[Scenario, ...]:
    """The scenarios of a suite that was registered lazily."""
    package, _, file = entry_point.partition(":")
    if not file.endswith(".toml"):
        return tuple(registry.load_name(entry_point)())
    return read_suite(resources.files(package).joinpath(file).read_bytes(), entry_point)


def suites() -> tuple[str, ...]:
    """Names of all suites."""
    return tuple(sorted({*_SUITES, *_LAZY}))


def scenarios(suite: str) -> tuple[Scenario, ...]:
    """The scenarios of a suite, in its order; a scenario's own id is a suite of one.

    Raises:
        UnknownNameError: no such suite; the message lists those that exist.
    """
    if suite in _LAZY:
        for scenario in _members(_LAZY[suite]):
            _enter(scenario, suite)
    if suite in _SUITES:
        return tuple(_SCENARIOS[id] for id in _SUITES[suite])
    for name in list(_LAZY):
        if not any(member == suite for member in _SCENARIOS):
            scenarios(name)
    if suite in _SCENARIOS:
        return (_SCENARIOS[suite],)
    raise UnknownNameError(f"no suite {suite!r}; there are {', '.join(suites())}, and each scenario's id")


def scenario(id: str) -> Scenario:
    """One scenario by id.

    Raises:
        UnknownNameError: no such scenario.
    """
    for name in suites():
        for one in scenarios(name):
            if one.id == id:
                return one
    if id in _SCENARIOS:
        return _SCENARIOS[id]
    raise UnknownNameError(f"no scenario {id!r}; there are {', '.join(sorted(_SCENARIOS))}")
