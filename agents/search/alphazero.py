"""AlphaZero: a network learns from games of its own search against itself, on one variant or on many.

With `taught` a run begins with games of the alpha-beta, whose moves and values are learnt alike.

Silver et al. 2018; the search is Danihelka et al. 2022.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated

import numpy as np
from msgspec import Meta

from gyges.agents.search.learner import Learner, LearnerOptions
from gyges.agents.search.network import Evaluator
from gyges.agents.search.replay import Game
from gyges.agents.search.selfplay import Table, Terms
from gyges.agents.search.trees import Search
from gyges.envs.fairychess.engine.variant_tables import Compiled


@dataclasses.dataclass(frozen=True)
class AlphaZeroOptions(LearnerOptions):
    """Options of a run."""

    simulations: Annotated[int, Meta(ge=1, le=1 << 16)] = 32
    """Positions looked at for a move."""
    candidates: Annotated[int, Meta(ge=1, le=1024)] = 8
    """Moves among which the root of a search halves."""
    sampled: Annotated[int, Meta(ge=0, le=1 << 16)] = 8
    """Plies after the opening in which moves are drawn from the improved policy."""
    taught: Annotated[int, Meta(ge=0, le=1 << 40)] = 0
    """So many of the first moves are found by a teacher, the alpha-beta, instead of the search."""
    teacher: Annotated[int, Meta(ge=1, le=1_000_000)] = 300
    """Positions that the teacher looks at for a move."""
    resign: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """A player resigns whose search values the position (-1 to 1) below minus this, but in one game in ten,
    which is played out; 0: nobody does."""


class AlphaZero(Learner):
    """A run; arguments, attributes and errors are those of `Learner`."""

    NAME = "alphazero"
    options: AlphaZeroOptions

    def _table(self, c: Compiled, rng: np.random.Generator) -> Table:
        how = self.options
        search = Search(how.simulations, how.candidates, noise=1.0)
        return Table(c, how.games, Terms(search, how.openings, how.sampled, how.cap, how.resign), rng)

    def _moved(self, table: Table, rng: np.random.Generator) -> list[Game]:
        teacher = self.options.teacher if self.moves < self.options.taught else 0
        ended = table.play(Evaluator(self.network), rng, teacher)
        for game in ended:
            low = game.value[:-1] < -self.options.resign
            if self.options.resign and low.any():  # played out
                self._count(played_out=1, wrong=float((game.result[:-1][low] >= 0).any()))
        return ended

    def _own(self, sums: Mapping[str, float]) -> dict[str, float]:
        many = sums.get("played_out")
        return {"resigning_wrong": sums["wrong"] / many} if many else {}
