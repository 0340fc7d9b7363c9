"""What fixes a network's shape: plain data that is saved beside the weights, checked before any are made."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, Literal, get_args

from gyges.envs.errors import ConfigError, PolicyError
from gyges.envs.game import Game
from gyges.envs.options import check_choice
from gyges.envs.registry import load_name

Trunk = Literal["mlp", "gru", "attention"]


@dataclasses.dataclass(frozen=True)
class NetworkSpec:
    """All that fixes a network's parameter shapes. Plain data, saved beside the weights."""

    features_shape: tuple[int, ...]
    """Shape of one observation, as in `Game.observation_shape`."""
    num_actions: int
    """Actions A, NOOP included."""
    num_seats: int
    """Seats N that the network may sit in."""
    condition_tokens: int = 0
    """Condition tokens C; 0 for a network without a condition."""
    trunk: str = "mlp"
    """One of `Trunk`, or ``module:Class`` of one's own (`gyges.agents.nn.torsos` says what it has)."""
    hidden: tuple[int, ...] = (64, 64)
    """Units per hidden layer; gru and attention take two numbers: encoder and memory width."""
    roles: tuple[int, ...] | None = None
    """Role of each seat [N]; seats of one role share all parameters. None: one role."""
    seat_token: bool = False
    """Whether the seat is an input (one-hot) beside the features."""
    shared: bool = False
    """Whether an mlp's actor and critic share their hidden layers (gru and attention always do)."""
    window: int = 16
    """Inputs that attention looks back on, the present one included."""

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ConfigError: a field is outside what can be built.
        """
        for name in ("features_shape", "hidden", "roles"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, tuple(value))
        whole(self, "features_shape", self.features_shape, 1, 1 << 22, 1, 4)
        whole(self, "hidden", self.hidden, 1, 1 << 14, 1, 16)
        whole(self, "num_actions", (self.num_actions,), 1, 1 << 20)
        whole(self, "num_seats", (self.num_seats,), 1, 1 << 12)
        whole(self, "condition_tokens", (self.condition_tokens,), 0, 1 << 12)
        whole(self, "window", (self.window,), 1, 1 << 10)
        check_trunk(self.trunk)
        if self.trunk in ("gru", "attention") and len(self.hidden) != 2:
            raise ConfigError(f"hidden of a {self.trunk} trunk is (encoder, memory), not {self.hidden}")
        for name in ("seat_token", "shared"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{name} is True or False, not {getattr(self, name)!r}")
        if self.roles is not None:
            whole(self, "roles", self.roles, 0, self.num_seats - 1, self.num_seats, self.num_seats)
            if set(self.roles) != set(range(self.num_roles)):
                raise ConfigError(f"roles are numbered from 0 without a gap, not {self.roles}")

    @property
    def num_features(self) -> int:
        """Numbers in one observation F."""
        return math.prod(self.features_shape)

    @property
    def num_roles(self) -> int:
        """Separate sets of parameters."""
        return 1 if self.roles is None else max(self.roles) + 1

    @property
    def num_inputs(self) -> int:
        """Inputs of the first layer: features, seat token, condition token."""
        return self.num_features + self.num_seats * self.seat_token + self.condition_tokens

    @property
    def memory_size(self) -> int:
        """Numbers that the network carries per row from one step to the next; 0 for an mlp."""
        if self.trunk == "gru":
            return self.hidden[1]
        if self.trunk == "attention":
            return (self.window - 1) * (self.hidden[0] + 1)
        own = None if self.trunk == "mlp" else getattr(load_name(self.trunk), "memory_size", None)
        return 0 if own is None else int(own(self))


def check_trunk(name: Any) -> None:
    """Raise ConfigError unless a name is a trunk's, or an import path."""
    if not (isinstance(name, str) and ":" in name):
        check_choice("trunk", name, (*get_args(Trunk), "module:Class"))


def whole(
    owner: Any, name: str, values: Sequence[Any], low: int, high: int, shortest: int = 1, longest: int = 1
) -> None:
    """Raise ConfigError unless `values` are integers within bounds, and neither too few nor too many."""
    if not shortest <= len(values) <= longest:
        raise ConfigError(
            f"{type(owner).__name__}.{name} takes {shortest} to {longest} numbers, not {values!r}"
        )
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ConfigError(f"{type(owner).__name__}.{name} must be within {low} and {high}, not {value!r}")


def fits(spec: NetworkSpec, game: Game) -> None:
    """Raise PolicyError unless a network of this spec can play the game."""
    wanted = (game.observation_shape, game.num_actions)
    if (spec.features_shape, spec.num_actions) != wanted:
        raise PolicyError(
            f"the network takes observations {spec.features_shape} and {spec.num_actions} actions; "
            f"{game.id} has {wanted[0]} and {wanted[1]}"
        )
    if (spec.seat_token or spec.roles is not None) and spec.num_seats < game.num_agents:
        raise PolicyError(f"the network knows {spec.num_seats} seats; {game.id} has {game.num_agents}")
