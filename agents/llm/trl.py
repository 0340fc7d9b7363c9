"""Games as environments for TRL: ``GRPOTrainer(..., environment_factory=environment("steward-v1"))``.

The model is given one tool, `act`, which takes the number of a listed action and returns what the seat
sees next. The reward is the task return, less a weight times the severity of what was done wrong; so the
same game trains with its labels or without. A call that names no listed action costs, and so does every turn
that was not played: the episode is then played to its end by the first legal action, each counted as the
worst that was open, so that to stop early is no way out of a bad one. TRL itself is not imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from gyges.agents.llm.session import Offer, OneSeat, PagedSeat, offer

OVER = "The episode is over."


class GameEnvironment:
    """One game, one seat, played through a tool call. Made by `environment`."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._table: PagedSeat | None = None
        self._misses, self._owed = 0, 0.0

    def reset(self, **fields: Any) -> str:
        """Begin an episode; returns the rules, the job and what the seat sees.

        Args:
            fields: a dataset's row; of these ``seed`` is heeded.
        """
        seed = fields.get("seed")
        self._table = self._offer.begin(None if seed is None else int(seed))
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
            self._owed += (worst - done) / self._offer.game.welfare_scale
            table.act(int(choice.actions[0]))
            self._misses += 1
        wrong, missed = table.severity() + self._owed, self._misses
        return table.gained - self._offer.weight * wrong - self._offer.missed * missed

    def _running(self) -> PagedSeat:
        if self._table is None:
            raise RuntimeError("call reset first")
        return self._table

    @property
    def table(self) -> OneSeat:
        """The episode: return, acts and the truth of each choice."""
        return self._running()


def environment(game: str, **options: Any) -> Callable[[], GameEnvironment]:
    """A factory of environments, as TRL's trainers take it.

    Args:
        game: versioned id.
        options: as in `gyges.agents.llm.session.offer`, which raises its errors.
    """
    return partial(GameEnvironment, offer(game, **options))
