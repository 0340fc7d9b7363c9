"""Which games there are, by versioned id; each is imported when it is made."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import os
import re
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.envs.game import Game

_GAMES: dict[str, str] = {
    "custodian-v0": "gyges.envs.custodian.game:Custodian",
    "fairychess-v1": "gyges.envs.fairychess.game:FairyChess",
    "fairychess_stakes-v1": "gyges.envs.fairychess.stakes.game:StakesChess",
    "founder-v0": "gyges.envs.founder.game:Founder",
    "envoy-v0": "gyges.envs.envoy.game:Envoy",
    "steward-v1": "gyges.envs.steward.game:Steward",
    "tabular_custodian-v0": "gyges.envs.tabular_custodian.game:TabularCustodian",
    "tabular_steward-v1": "gyges.envs.tabular_steward.game:TabularSteward",
}


def register(id: str, entry_point: str) -> None:
    """Add a game.

    Args:
        id: lower-case name and version, as in ``well-v0``.
        entry_point: lazy ``module:attr`` of its `Game` class.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*-v\d+", id):
        raise ConfigError(f"a game id is a lower-case name and a version, as in 'well-v0', not {id!r}")
    if _GAMES.get(id, entry_point) != entry_point:
        raise ConfigError(f"{id} is taken by {_GAMES[id]}")
    load_name(entry_point, check_only=True)
    _GAMES[id] = entry_point
    announce()


def games() -> dict[str, str]:
    """Ids and entry points of all games."""
    return dict(_GAMES)


def make(id: str, **settings: Any) -> Game:
    """Make a game by id; without a version, its newest.

    Raises:
        UnknownNameError: no such game.
        ConfigError: settings that the game does not have or allow.
    """
    return game_class(id)(**settings)


def game_class(id: str) -> type[Game]:
    """The class of a game, by id or by name alone."""
    full = id
    if id not in _GAMES:
        versions = [k for k in _GAMES if k.rpartition("-v")[0] in (id, id.rpartition("-v")[0])]
        if not versions:
            raise UnknownNameError(f"no game {id!r}; there are {', '.join(sorted(_GAMES))}")
        full = max(versions, key=lambda k: int(k.rpartition("-v")[2]))
        if not full.startswith(f"{id}-v"):
            raise UnknownNameError(
                f"{full} replaces {id}: other rules, rewards or labels, told in the version history of its "
                "page; what was recorded with the one cannot be replayed with the other"
            )
    found = load_name(_GAMES[full])
    assert issubclass(found, Game)
    return found  # type: ignore[no-any-return]


def load_name(name: str, *, check_only: bool = False) -> Any:
    """Import ``module:attr``.

    Raises:
        UnknownNameError: the name has another form, or no such module or attribute exists.
    """
    module, colon, attribute = name.partition(":")
    if not colon or not module or not attribute.isidentifier():
        raise UnknownNameError(f"expected 'module:attribute', got {name!r}")
    if check_only:
        return None
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name and module.startswith(error.name):
            raise UnknownNameError(f"no module {error.name!r} (asked for {name!r})") from error
        raise
    except AttributeError:
        raise UnknownNameError(f"module {module!r} has no {attribute!r}") from None


# Games of other packages.


def load_plugins() -> list[str]:
    """Import the modules that register games and suites of other packages; the command line does so first.

    They are the entry points of the group ``gyges.plugins`` (a module each, in installed packages) and the
    modules that the environment variable ``GYGES_PLUGINS`` names, separated by commas.

    Returns:
        The modules' names.

    Raises:
        UnknownNameError: there is no such module.
    """
    from importlib import metadata  # slow to import

    found = [point.module for point in metadata.entry_points(group="gyges.plugins")]
    found += [name.strip() for name in os.environ.get("GYGES_PLUGINS", "").split(",") if name.strip()]
    for name in found:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name and name.startswith(error.name):
                where = "GYGES_PLUGINS, or an entry point of 'gyges.plugins'"
                raise UnknownNameError(f"plugin {name!r} ({where}): no module {error.name!r}") from None
            raise
    return found


# Other libraries' registries.


def public_id(id: str) -> str:
    """The id that PettingZoo and Gymnasium know a game by: ``steward-v1`` is ``gyges/Steward-v1``."""
    name, _, version = id.rpartition("-v")
    return f"gyges/{''.join(part.capitalize() for part in name.split('_'))}-v{version}"


def register_gymnasium() -> None:
    """Enter every game in Gymnasium's registry. Imports Gymnasium; may be called again."""
    import gymnasium

    for id in _GAMES:
        if public_id(id) not in gymnasium.registry:
            gymnasium.register(
                public_id(id),
                entry_point="gyges.envs.gymnasium:SeatEnv",
                vector_entry_point="gyges.envs.gymnasium:SeatVectorEnv",
                kwargs={"game": id},
            )


def register_pettingzoo() -> None:
    """Enter every game in PettingZoo's registries. Imports PettingZoo; may be called again."""
    import pettingzoo

    for id in _GAMES:
        for kind, maker in (("aec", "env"), ("parallel", "parallel_env")):
            if public_id(id) not in getattr(pettingzoo, f"{kind}_registry"):
                entry = f"gyges.envs.pettingzoo:{maker}"
                pettingzoo.register(kind, public_id(id), entry_point=entry, kwargs={"game": id})


_REGISTRIES: dict[str, Callable[[], None]] = {
    "gymnasium": register_gymnasium,
    "pettingzoo": register_pettingzoo,
}


def announce() -> None:
    """Enter the games in the registries of those libraries that are imported, now or later.

    Importing PettingZoo takes half a second, and neither library loads plugins by itself. So this
    does not import them: where one is loaded already its registry is filled at once, otherwise as
    soon as the program imports it.
    """
    for name, fill in _REGISTRIES.items():
        module = sys.modules.get(name)
        if module is not None and hasattr(module, "make"):
            fill()
    if not any(isinstance(finder, _Later) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Later())


class _Later(importlib.abc.MetaPathFinder):
    """Lets a library's import run as ever, then fills its registry."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in _REGISTRIES:
            return None
        found = (f.find_spec(fullname, path, target) for f in sys.meta_path if f is not self)
        spec = next((s for s in found if s is not None), None)
        if spec is None or spec.loader is None:
            return None
        loader, fill = spec.loader, _REGISTRIES[fullname]
        run = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            fill()

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


announce()
