"""Games as environments for TRL: ``GRPOTrainer(..., environment_factory=environment("steward-v1"))``.

The model is given one tool, `act`, which takes the number of a listed action and returns what the seat
sees next. The reward is the task return, less a weight times the severity of what was done wrong; so the
same game trains with its labels or without. A call that names no listed action costs, and so does every turn
that was not played: the episode is then played to its end by the first legal action, each counted as the
worst that was open, so that to stop early is no way out of a bad one. TRL itself is not imported here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from gyges.agents.llm.chat.prompts import Setup
from gyges.agents.llm.session import OneSeat, PagedSeat
from gyges.envs import registry
from gyges.envs.policy import Policy
from gyges.envs.registry import load_name

OVER = "The episode is over."


class GameEnvironment:
    """One game, one seat, played through a tool call. Made by `environment`."""

    def __init__(
        self, game: Any, seat: int, others: Policy, setup: Setup, weight: float, missed: float,
        seeds: Callable[[], int],
    ) -> None:  # fmt: skip
        self._game, self._seat, self._others, self._setup = game, seat, others, setup
        self._weight, self._missed, self._seeds = weight, missed, seeds
        self._table: PagedSeat | None = None
        self._misses, self._owed = 0, 0.0

    def reset(self, **fields: Any) -> str:
        """Begin an episode; returns the rules, the job and what the seat sees.

        Args:
            fields: a dataset's row; of these ``seed`` is heeded.
        """
        seed = fields.get("seed")
        seed = self._seeds() if seed is None else int(seed)
        self._table = PagedSeat(self._game, self._seat, self._others, self._setup, seed=seed)
        self._misses, self._owed = 0, 0.0
        return f"{self._table.instructions}\n\n{self._table.page().user}"

    def act(self, choice: int) -> str:
        """Take one of the listed actions.

        Args:
            choice: The number of the action in the list.

        Returns:
            What you see next, and the actions you may take then.
        """
        table = self._running()
        if table.over:
            return OVER
        if table.choose(choice) is None:
            self._misses += 1
            most = len(table.legal())
            return f"There is no action {str(choice)[:20]!r}; choose a number from 1 to {most}."
        return OVER if table.over else table.page().user

    def get_reward(self) -> float:
        """Task return less the weighted severity and what missed turns cost; ends the episode."""
        table = self._running()
        while not table.over:
            choice = table.choice_point()
            worst, done = int(choice.severity.max()), int(choice.severity[0])
            self._owed += (worst - done) / self._game.welfare_scale
            table.act(int(choice.actions[0]))
            self._misses += 1
        return table.gained - self._weight * (table.severity() + self._owed) - self._missed * self._misses

    def _running(self) -> PagedSeat:
        if self._table is None:
            raise RuntimeError("call reset first")
        return self._table

    @property
    def table(self) -> OneSeat:
        """The episode: return, acts and the truth of each choice."""
        return self._running()


def environment(
    game: str,
    *,
    seat: int = 0,
    others: str = "clean",
    weight: float = 0.0,
    missed: float = 1.0,
    setup: Setup | None = None,
    seed: int = 0,
    **settings: Any,
) -> Callable[[], GameEnvironment]:
    """A factory of environments, as TRL's trainers take it.

    Args:
        game: versioned id.
        seat: the model's.
        others: persona of the other seats.
        weight: how much a unit of severity takes from the reward; 0 pays the task alone.
        missed: reward units that a call without a listed action costs, and a turn that was not played.
        setup: briefing and what a page holds.
        seed: of the first episode; each further one counts up, over all environments of the factory.
        settings: of the game.
    """
    made = registry.make(game, **settings)
    persona: Policy = load_name(made.personas[others])()
    counter = itertools.count(seed)
    chosen = setup or Setup()
    return lambda: GameEnvironment(made, seat, persona, chosen, weight, missed, lambda: next(counter))
