"""SGD on an engine's verdicts: a network imitates players who err, told of each move whether it was good.

Both players of a game know the engine's move; each errs at a rate of its own, drawn from 0 to `mistakes`.
Half of the errors are any legal move, which no other error resembles; half are one prejudice, the move of an
engine that holds all pieces to be worth the same. The engine (the alpha-beta) judges: a move is good if the
win probability it keeps is at most `margin` below that of the engine's own move. The network learns the moves
that were played, each beside its label, and how games end; when it plays it is told "good" (Chen et al. 2021
condition on returns in this way). No move is learnt because it was rewarded.

Labels may also be shuffled among the moves of a turn, or left out (cloning); the games are the same.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Meta

from gyges.agents.search.learner import Learner, LearnerOptions
from gyges.agents.search.replay import Game
from gyges.agents.search.selfplay import Table, Terms
from gyges.agents.search.trees import Found, Search, Trees
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.search.alphabeta import search
from gyges.envs.fairychess.search.piece_values import Worth, worth
from gyges.envs.fairychess.variants.ini_files import Variant


@dataclasses.dataclass(frozen=True)
class EngineSGDOptions(LearnerOptions):
    """Options of a run."""

    labels: Literal["engine", "shuffled", "none"] = "engine"
    """Whether a move was good: as the engine judges; the same labels in random order; or not told."""
    nodes: Annotated[int, Meta(ge=1, le=1_000_000)] = 300
    """Positions that the engine looks at, for its move and for each verdict."""
    mistakes: Annotated[float, Meta(ge=0, le=1)] = 1.0
    """Largest share of a player's moves that are errors."""
    margin: Annotated[float, Meta(ge=0, le=1)] = 0.05
    """Win probability below the engine's move up to which a move is good."""


@functools.lru_cache(maxsize=256)
def level_values(variant: Variant) -> Worth:
    """What pieces are worth to who holds all to be worth the same: the mean over kinds."""
    base = worth(variant)
    made = Worth(base.array.copy(), base.offsets)
    value = base.term("value")
    factor = np.ones(len(value))
    factor[value > 0] = value[value > 0].mean() / value[value > 0]
    made.term("table")[:] = np.rint(
        base.term("table").reshape(2 * len(value), -1).T * factor.repeat(2)
    ).T.ravel()
    for name, times in (("hand", factor.repeat(2)), ("gain", factor), ("value", factor)):
        made.term(name)[:] = np.rint(base.term(name) * times)
    return made


class Judged(Table):
    """R games of one variant between players who err, every move judged.

    Attributes:
        rates: float64 [R, 2] how often each seat errs.
    """

    def __init__(self, c: Compiled, how: EngineSGDOptions, rng: np.random.Generator) -> None:
        self.how, self.rates = how, np.zeros((how.games, 2))
        super().__init__(c, how.games, Terms(Search(0), how.openings, 0, how.cap), rng)

    def _begin(self, row: int, rng: np.random.Generator) -> None:
        super()._begin(row, rng)
        self.rates[row] = self.how.mistakes * rng.random(2)

    def judged(self, trees: Trees, rng: np.random.Generator) -> tuple[Found, npt.NDArray[np.int8]]:
        """Moves, themselves as policies, and the engine's values; and whether each move is good [R]."""
        how, counts, many = self.how, trees.count[:, 0], len(self.rows)
        luck, drawn, level = rng.random(many), rng.integers(counts), level_values(self.compiled.variant)
        rate = self.rates[np.arange(many), self.rows[:, at.TURN]]
        policy, value = np.zeros((many, int(counts.max()))), np.zeros(many)
        edge, good = np.zeros(many, np.int32), np.ones(many, np.int8)
        for row, n in enumerate(counts):
            place, past = (self.compiled, self.rows[row]), [int(key) for key in self.past[row] if key]
            best = search(place, how.nodes, None, past)
            moves = trees.moves[row, :n].tolist()
            edge[row] = moves.index(best.move)
            if luck[row] < rate[row] / 2:
                edge[row] = moves.index(search(place, how.nodes, None, past, level).move)
            elif luck[row] < rate[row]:
                edge[row] = drawn[row]
            if (played := moves[edge[row]]) != best.move:
                kept = search(place, how.nodes, [played], past).win_probability
                good[row] = best.win_probability - kept <= how.margin
            policy[row, edge[row]] = 1
            value[row] = 2 * best.win_probability - 1
        return Found(edge, policy, value), good

    def state(self) -> tuple[dict[str, npt.NDArray[Any]], list[Game]]:
        """Arrays and the games under way."""
        arrays, games = super().state()
        return arrays | {"rates": self.rates}, games

    def restore(self, arrays: dict[str, npt.NDArray[Any]], games: list[Game]) -> None:
        """Go on from what `state` gave."""
        super().restore(arrays, games)
        self.rates = arrays["rates"]


class EngineSGD(Learner):
    """A run; arguments, attributes and errors are those of `Learner`."""

    NAME = "engine-sgd"
    options: EngineSGDOptions

    def __init__(self, variants: Sequence[Variant], options: EngineSGDOptions) -> None:
        super().__init__(variants, options, conditioned=options.labels != "none")

    def _table(self, c: Compiled, rng: np.random.Generator) -> Judged:
        return Judged(c, self.options, rng)

    def _moved(self, table: Judged, rng: np.random.Generator) -> list[Game]:
        trees = Trees(table.compiled, table.rows, table.past, 2)
        found, good = table.judged(trees, rng)
        shown = rng.permutation(good)
        self._count(judged=len(good), good=float(good.sum()))
        return table.move(trees, found, rng, good=shown if self.options.labels == "shuffled" else good)

    def _own(self, sums: Mapping[str, float]) -> dict[str, float]:
        return {"good": sums["good"] / sums["judged"]} if sums.get("judged") else {}
