"""A relay for the tests: seats take turns in twos, some steps are nobody's, and seats drop out."""

import dataclasses
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from gyges.envs.game import Config, Feature, Game, core_widths
from gyges.envs.policy import RandomPolicy, pick


@dataclasses.dataclass(frozen=True)
class RelayConfig(Config):
    num_agents: int = 4
    horizon: int = 30


class Params(NamedTuple):
    num_agents: int
    horizon: int


class Relay(Game):
    name = "relay"
    version = 0
    title = "Relay"
    Config = RelayConfig
    rules_module = "relay_rules"
    personas: ClassVar[dict[str, str]] = {
        "clean": "relay:First",
        "greedy": "relay:Last",
        "gyges": "relay:First",
        "random": "gyges.envs.policy:RandomPolicy",
    }
    reward_scale = 4
    welfare_scale = 2

    def params(self) -> Params:
        return Params(self.config.num_agents, self.config.horizon)

    def widths(self) -> tuple[int, ...]:
        n = self.num_agents
        return (*core_widths(n), n, n)

    @cached_property
    def action_names(self) -> tuple[str, ...]:
        return ("wait", *(f"run {k} laps" for k in range(5)))

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        return (
            Feature("laps", 0, 256, 1 / 16),
            Feature("day", 1, 64, 1 / 64),
            Feature("to move", 0, 1),
            Feature("luck", -4, 3, 1 / 4),
        )

    def describe(self, codes: Any, seat: int) -> str:
        return f"Runner {seat}, laps {codes[0]}, day {codes[1]}."


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
