"""The games, and what every game shares.

>>> import gyges.envs as envs
>>> sorted(envs.games())  # doctest: +ELLIPSIS
[...'steward-v1'...]
"""

from gyges.envs.batch import Batch, Snapshot
from gyges.envs.choice_point import LEDGER, ChoicePoint, Norm
from gyges.envs.errors import (
    ActionError,
    ConfigError,
    EndedError,
    FileError,
    GygesError,
    PolicyError,
    SnapshotError,
    UnknownNameError,
    WithheldError,
)
from gyges.envs.game import NOOP, Config, Game
from gyges.envs.observation import Feature, Features
from gyges.envs.policy import Decision, Observation, Policy, RandomPolicy
from gyges.envs.registry import games, make, register
from gyges.envs.state import Field, state

__all__ = [
    "LEDGER",
    "NOOP",
    "ActionError",
    "Batch",
    "ChoicePoint",
    "Config",
    "ConfigError",
    "Decision",
    "EndedError",
    "Feature",
    "Features",
    "Field",
    "FileError",
    "Game",
    "GygesError",
    "Norm",
    "Observation",
    "Policy",
    "PolicyError",
    "RandomPolicy",
    "Snapshot",
    "SnapshotError",
    "UnknownNameError",
    "WithheldError",
    "games",
    "make",
    "register",
    "state",
]
