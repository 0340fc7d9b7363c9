"""Steward's tabular mode as a game: one ground, no luck, a fixed number of months."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from gyges.envs.game import Config, Feature, Game, core_widths
from gyges.envs.policy import Decision, Observation


@dataclasses.dataclass(frozen=True)
class OneGroundConfig(Config):
    num_agents: int = 5
    horizon: int = 24


class Params(NamedTuple):
    num_agents: int
    horizon: int
    capacity: int
    rate: int
    target: int


class OneGround(Game):
    name = "one_ground"
    version = 0
    title = "One ground"
    Config = OneGroundConfig
    rules_module = "one_ground_rules"
    reward_scale = 16

    def params(self) -> Params:
        n, rate = self.num_agents, 32768
        capacity = 40 * 16 * n
        return Params(n, self.config.horizon, capacity, rate, capacity // 2 + rate * capacity // (4 * 65536))

    def widths(self) -> tuple[int, ...]:
        return (*core_widths(self.num_agents), 1)

    @cached_property
    def action_names(self) -> tuple[str, ...]:
        return ("wait", *(f"fish {h}" for h in range(13)))

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        return (Feature("stock", 0, 32000), Feature("month", 0, 1000), Feature("share", 0, 12))

    def describe(self, codes: Any, seat: int) -> str:
        return f"month {codes[1]}, stock {codes[0]}, share {codes[2]}"


class Fair:
    """Takes the fair share in whole tonnes."""

    def initial(self, rows: int) -> None:
        return None

    def act(self, observation: Observation, memory: Any) -> Decision:
        return Decision(((1 + observation.codes[:, 2]) * observation.to_move).astype(np.int32))


class Best(Fair):
    """Takes what a table [months, stocks] says."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def act(self, observation: Observation, memory: Any) -> Decision:
        month = np.minimum(observation.codes[:, 1], len(self.table) - 1)
        tonnes = self.table[month, observation.codes[:, 0]]
        return Decision(((1 + tonnes) * observation.to_move).astype(np.int32))
