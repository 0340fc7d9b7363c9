"""What a learner plays in and what it is paid: scenarios, games and raters by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from gyges.agents.load import load
from gyges.envs import registry
from gyges.envs.errors import ConfigError
from gyges.envs.game import Game
from gyges.envs.policy import Seats
from gyges.scenarios.scenario import scenario

if TYPE_CHECKING:
    from gyges.agents.rewards import RewardSource


class Setting(NamedTuple):
    """A game, and who sits where in each row; no seats: self-play."""

    game: Game
    seats: Seats | None


def setting(name: str, rows: int, seed: int, settings: Mapping[str, Any] | None = None) -> Setting:
    """What a name says is to be played.

    Args:
        name: a scenario's id; or a game's id or ``module:Class``, for self-play in all of its seats.
        rows: rows B of the batch; row k has the seats of the scenario's episode k.
        seed: of the background's draws.
        settings: of the game, over the scenario's own.

    Raises:
        UnknownNameError: neither a scenario nor a game.
        ConfigError: settings it does not take, or personas that training must not meet.
    """
    changes = dict(settings or {})
    if ":" in name:
        made = _made(name, **changes)
        if not isinstance(made, Game):
            raise ConfigError(f"{name} makes a {type(made).__name__}, not a game")
        return Setting(made, None)
    if is_game(name):
        return Setting(registry.make(name, **changes), None)
    what = scenario(name).with_(settings=changes)
    game = what.make_game()
    held_out(game, what.personas(), f"{name}: the background")
    personas = {persona: load(persona, game) for persona in what.personas()}
    table = [
        [None if who is None else personas[who] for who in what.seats(game.num_agents, row, seed)]
        for row in range(rows)
    ]
    return Setting(game, None if all(who is None for row in table for who in row) else table)


def _made(name: str, **options: Any) -> Any:
    """What a class or function by its import path makes.

    Raises:
        ConfigError: it is none, or does not take these options.
    """
    made = registry.load_name(name)
    try:
        return made(**options)
    except TypeError as error:
        raise ConfigError(f"{name} cannot be made: {error}") from None


def is_game(name: str) -> bool:
    """Whether a name is a game's, with or without its version."""
    return name in registry.games() or any(id.rpartition("-v")[0] == name for id in registry.games())


def held_out(game: Game, names: Sequence[str], where: str) -> None:
    """Raise ConfigError where a held-out persona would be met in training."""
    kept = sorted(set(names) & game.held_out)
    if kept:
        raise ConfigError(f"{where} has {', '.join(kept)}, held out for evaluation")


def reward_source(name: str, weight: float = 1.0) -> RewardSource:
    """What pays a learner: ``task``, a rater's name (with its weight on severity), or ``module:attribute``
    called without arguments.

    Raises:
        UnknownNameError: no such rater or module.
        ConfigError: what is found there is no reward source.
    """
    if name == "task":
        from gyges.agents.rewards import TaskReward

        return TaskReward()
    source: Any
    if ":" in name:
        source = _made(name)
    else:
        from gyges.scenarios.raters.raters import rater

        source = rater(name, weight=weight)
    return source  # type: ignore[no-any-return]
