"""Steward's tabular mode as a game: one ground, no luck, a fixed number of months."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from gyges.envs.game import Config, Game
from gyges.envs.observation import Feature, Features
from gyges.envs.policy import Decision, Observation
from gyges.envs.state import Field, state


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


OBSERVATION = Features(stock=Feature(high=32000), month=Feature(high=1000), share=Feature(high=12))
INDEX = OBSERVATION.index


class OneGround(Game):
    name = "one_ground"
    version = 0
    title = "One ground"
    Config = OneGroundConfig
    Params = Params
    State = state(stock=Field(unit="1/16 tonne"))
    observation = OBSERVATION
    rules_module = "one_ground_rules"
    reward_scale = 16

    def params(self):
        n, rate = self.num_agents, 32768
        capacity = 40 * 16 * n
        return Params(n, self.config.horizon, capacity, rate, capacity // 2 + rate * capacity // (4 * 65536))

    @cached_property
    def action_names(self) -> tuple[str, ...]:
        return ("wait", *(f"fish {h}" for h in range(13)))

    def describe(self, codes: Any, seat: int) -> str:
        see = self.view(codes)
        return f"month {see.month}, stock {see.stock}, share {see.share}"


class Fair:
    """Takes the fair share in whole tonnes."""

    def initial(self, rows: int) -> None:
        return None

    def act(self, observation: Observation, memory: Any) -> Decision:
        return Decision(((1 + observation.codes[:, INDEX.share]) * observation.to_move).astype(np.int32))


class Best(Fair):
    """Takes what a table [months, stocks] says."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def act(self, observation: Observation, memory: Any) -> Decision:
        month = np.minimum(observation.codes[:, INDEX.month], len(self.table) - 1)
        tonnes = self.table[month, observation.codes[:, INDEX.stock]]
        return Decision(((1 + tonnes) * observation.to_move).astype(np.int32))
