"""What an evaluation of a language model will cost, before it starts, and a plan that fits a budget.

Calls are counted by letting a player that acts at random stand in for the model, over a few episodes and
questions; nothing is sent. A first table for a bounded number of calls has few scenarios, a stratified sample
of the bank, and no probes; what was left out is said.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.llm import model_spec
from gyges.agents.llm.chat.policy import line_bytes
from gyges.agents.llm.chat.prompts import Mind, Setup, render
from gyges.agents.load import build
from gyges.envs.errors import ConfigError
from gyges.envs.policy import Decision, Memory, Observation, pick
from gyges.scenarios.counterfactual import bank, gap
from gyges.scenarios.evaluation.plan import Plan, left_out, part_of, plan, resized
from gyges.scenarios.evaluation.play import play_chunk
from gyges.scenarios.evaluation.questions import PATHS, bank_part
from gyges.scenarios.scenario import Scenario, scenarios

CALLS = 1500
"""Calls of a first table, unless a budget is given."""
BANKS = 0.7
"""Part of a budget that is for the banks of questions, so that their cells fill; the rest is for episodes."""
TRIED = 2
"""Episodes of a scenario that are tried out."""
QUESTIONS = 16
"""Questions of a bank that are tried out."""
LEAST_QUESTIONS = 60
"""Questions below which a bank is left out: no cell would be full."""
EPISODES = 2
"""Episodes of a scenario at least, in a first table."""
RENDERED = 24
"""Prompts that are written out to learn their length."""
ANSWER = 12
"""Tokens of an answer without thoughts or talk."""
SLACK = 1.15
"""Calls a decision: some answers are asked for again."""
LETTERS = 3.5
"""Characters of a prompt a token."""


class StandIn:
    """Plays at random, and counts the decisions for which a model would be asked.

    Args:
        setup: what the model's prompts hold.

    Attributes:
        calls: decisions so far with more than one legal action.
        letters: characters of the prompts that were written out.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.calls = 0
        self.letters: list[int] = []

    def initial(self, rows: int) -> Memory:
        """Of the size of the model's memory, so that the same questions are asked."""
        size = line_bytes(self.setup)
        return np.zeros((rows, size), np.uint8) if size else None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """A random legal action for every row."""
        asked = np.flatnonzero(observation.to_move & (observation.mask.sum(axis=1) > 1))
        self.calls += len(asked)
        for row in asked[: max(0, RENDERED - len(self.letters))].tolist():
            prompt = render(observation, row, self.setup, Mind(), "json")
            self.letters.append(len(prompt.system) + len(prompt.user))
        return Decision(pick(observation.mask, observation.uniform(0)), memory)

    def recall(self, observation: Observation, memory: Memory, action: npt.NDArray[Any]) -> Memory:
        """As a chat policy: what it lived through is not asked about."""
        return memory


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What a run will cost, roughly."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    price: float
    minutes: float
    """At a second a call, with as many at once as the model's name says."""

    def __str__(self) -> str:
        tokens = self.prompt_tokens + self.completion_tokens
        price = f", a price of {self.price:.2f}" if self.price else ""
        return (
            f"about {self.calls:,} calls, {tokens:,} tokens{price}; {self.minutes:.0f} min at a second a call"
        )


class Meter:
    """Counts what scenarios will take.

    Args:
        policy: name of the model.
        plans: what could be played and asked.
        probes: decisions of a scenario that are asked in every arm besides.
    """

    def __init__(self, policy: str, plans: Sequence[Plan], probes: int = 0) -> None:
        spec = model_spec.parse(policy)
        self.setup, self.config = spec.setup, spec.config
        self.plans, self.probes = plans, probes
        self.letters: list[int] = []
        self._each = {ready.scenario.id: self._count(ready) for ready in plans}

    def _count(self, ready: Plan) -> float:
        """Calls of an episode, or of one answer to a question of a bank in every arm."""
        stand_in = StandIn(self.setup)
        if ready.scenario.kind == "bank":
            frozen = bank.bank_of(ready.game.id)
            count = min(QUESTIONS, len(frozen.tick))
            bank.ask_bank(stand_in, frozen, samples=1, only=bank.sample(frozen, count))
        else:
            personas = {name: build(source, ready.game) for name, source in ready.sources.items()}
            count = min(TRIED, ready.scenario.episodes)
            play_chunk(ready, stand_in, personas, "0" * 32, 0, count)
        self.letters += stand_in.letters
        return stand_in.calls / count

    def calls(self, ready: Plan, size: int) -> float:
        """Calls of so many episodes, or questions, of a scenario."""
        scored = self.config.answer_format in ("choices", "logprobs")
        each, scenario = self._each[ready.scenario.id], ready.scenario
        if scenario.kind == "bank":
            part = scenario.with_(episodes=max(size, 1), parent=scenario.parent)
            count, samples = bank_part(part, len(bank.bank_of(ready.game.id).tick))
            return SLACK * each * count * (1 if scored else samples) if size else 0.0
        answers = self.probes * len(gap.arms(ready.game)) * (1 if scored else gap.SAMPLES)
        probed = min(PATHS, size) * each + answers
        return SLACK * (each * size + (probed if self.probes and size else 0))

    def estimate(self, sizes: Mapping[str, int]) -> Estimate:
        """The whole, for so many episodes or questions of each scenario."""
        calls = sum(self.calls(ready, sizes[ready.scenario.id]) for ready in self.plans)
        answer = ANSWER + 200 * self.setup.thoughts + 40 * self.setup.talk + 40 * self.setup.memory
        asked = calls * (float(np.mean(self.letters)) / LETTERS if self.letters else 0.0)
        said = calls * answer
        price = (asked * self.config.price_in + said * self.config.price_out) / 1e6
        minutes = calls / self.config.concurrency / 60
        return Estimate(round(calls), round(asked), round(said), price, minutes)

    def whole(self) -> Estimate:
        """Everything."""
        return self.estimate({ready.scenario.id: ready.scenario.episodes for ready in self.plans})


class Fitted(NamedTuple):
    """A plan that fits a budget."""

    chosen: tuple[Scenario, ...]
    estimate: Estimate
    left_out: str  # what there is besides, in words; empty where nothing


def fitted(meter: Meter, calls: int) -> Fitted:
    """As much of some scenarios as so many calls allow: `BANKS` of them for banks, the rest for episodes.

    One seat among clean neighbours comes first, the measure of prices of seats, then what costs little;
    each scenario that is played has at least `EPISODES` episodes.

    Raises:
        ConfigError: not even one fits.
    """
    plans = meter.plans
    whole = {ready.scenario.id: ready.scenario.episodes for ready in plans}
    if meter.whole().calls <= calls:
        return Fitted(tuple(ready.scenario for ready in plans), meter.whole(), "")
    banks = [ready for ready in plans if ready.scenario.kind == "bank"]
    games = [ready for ready in plans if ready.scenario.kind != "bank"]
    games.sort(key=lambda ready: (not ready.scenario.lone_seat, meter.calls(ready, 1)))
    sizes, left = dict.fromkeys(whole, 0), float(calls)
    for ready in banks:
        share = calls * (BANKS if games else 1) / len(banks)
        size = min(whole[ready.scenario.id] - 1, int(share / meter.calls(ready, 1)))
        if size >= LEAST_QUESTIONS:
            sizes[ready.scenario.id] = size
            left -= meter.calls(ready, size)
    played: list[Plan] = []
    for ready in games:
        if sum(meter.calls(one, EPISODES) for one in (*played, ready)) > left:
            break
        played.append(ready)
    for ready in played:
        most = int(left / sum(meter.calls(one, 1) for one in played))
        sizes[ready.scenario.id] = min(whole[ready.scenario.id], most)
    if not any(sizes.values()):
        least = min(meter.calls(ready, EPISODES) for ready in games or plans)
        raise ConfigError(f"{calls:,} calls are too few; the cheapest scenario takes {least:,.0f}")
    return Fitted(resized(plans, sizes), meter.estimate(sizes), left_out(plans, sizes))


def first_table(policy: str, suite: str, calls: int) -> tuple[str, Fitted]:
    """What to play of a suite for so many calls, and the name to file it under."""
    plans = plan(policy, scenarios(suite))
    found = fitted(Meter(policy, plans), calls)
    return suite if len(found.chosen) == len(plans) else part_of(suite), found
