"""Which games there are, by versioned id; each is imported when it is made."""

from __future__ import annotations

import importlib
import re
from typing import Any

from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.envs.game import Game

_GAMES: dict[str, str] = {
    "steward-v0": "gyges.envs.steward.game:Steward",
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
        versions = [k for k in _GAMES if k.rpartition("-v")[0] == id]
        if not versions:
            raise UnknownNameError(f"no game {id!r}; there are {', '.join(sorted(_GAMES))}")
        full = max(versions, key=lambda k: int(k.rpartition("-v")[2]))
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
