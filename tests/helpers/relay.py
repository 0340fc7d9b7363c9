"""A relay for the tests: seats take turns in twos, some steps are nobody's, and seats drop out."""

import dataclasses
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from gyges.envs.game import Config, Game
from gyges.envs.observation import Feature, Features
from gyges.envs.policy import RandomPolicy, pick
from gyges.envs.state import Field, state


@dataclasses.dataclass(frozen=True)
class RelayConfig(Config):
    num_agents: int = 4
    horizon: int = 30


class Params(NamedTuple):
    num_agents: int
    horizon: int


OBSERVATION = Features(
    laps=Feature(high=256, scale=1 / 16),
    day=Feature(1, 64, 1 / 64),
    to_move=Feature(),
    luck=Feature(-4, 3, 1 / 4),
)
INDEX = OBSERVATION.index


class Relay(Game):
    name = "relay"
    version = 0
    title = "Relay"
    Config = RelayConfig
    Params = Params
    State = state(laps=Field("N"), out=Field("N", doc="1 = has dropped out"))
    observation = OBSERVATION
    rules_module = "relay_rules"
    personas: ClassVar[dict[str, str]] = {
        "clean": "relay:First",
        "greedy": "relay:Last",
        "gyges": "relay:First",
        "random": "gyges.envs.policy:RandomPolicy",
    }
    reward_scale = 4
    welfare_scale = 2

    def params(self):
        return Params(self.config.num_agents, self.config.horizon)

    @cached_property
    def action_names(self) -> tuple[str, ...]:
        return ("wait", *(f"run {k} laps" for k in range(5)))

    def describe(self, codes: Any, seat: int) -> str:
        return f"Runner {seat}, laps {self.view(codes).laps}, day {self.view(codes).day}."


class First(RandomPolicy):
    """Takes the first legal action."""

    def act(self, observation, memory):
        decision = super().act(observation, memory)
        return decision._replace(action=pick(observation.mask, observation.uniform() * 0))


class Last(RandomPolicy):
    """Takes the last legal action."""

    def act(self, observation, memory):
        decision = super().act(observation, memory)
        return decision._replace(action=pick(observation.mask, observation.uniform() * 0 + 0.999))
