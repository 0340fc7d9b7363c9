"""Games that begin at positions of earlier games too, and in which an earlier self may play a seat."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.search.selfplay import Table, Terms
from gyges.agents.search.trees import Leaves, Trees
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled

Arrays = dict[str, npt.NDArray[Any]]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]


class Shares(NamedTuple):
    """How games begin.

    Attributes:
        restarts: share of them that begin at a stored position.
        stored: positions that are kept; a new one takes the place of any.
        earlier: share of them in which an earlier self plays a seat.
    """

    restarts: float
    stored: int
    earlier: float


class Games(Table):
    """R games of one variant that go on for ever: where one ends the next begins.

    Attributes:
        rival: int32 [R] seat that an earlier self plays, -1 for none.
        drawn: int32 [R, W] a position of each game, any of those so far.
        stored: int32 [N, W] positions at which games may begin; `size` of them are filled.
    """

    def __init__(
        self, c: Compiled, games: int, shares: Shares, terms: Terms, rng: np.random.Generator
    ) -> None:
        self.shares, width = shares, int(c.row[-1])
        self.rival = np.full(games, -1, np.int32)
        self.drawn = np.zeros((games, width), np.int32)
        self.stored, self.size = np.zeros((shares.stored, width), np.int32), 0
        super().__init__(c, games, terms, rng)

    def _begin(self, row: int, rng: np.random.Generator) -> None:
        """Set up a new game, at a stored position or a few random plies from the start."""
        if self.size and rng.random() < self.shares.restarts:
            self.rows[row], self.past[row], self.ply[row] = self.stored[rng.integers(self.size)], 0, 0
        else:
            super()._begin(row, rng)
        self.rival[row] = rng.integers(2) if rng.random() < self.shares.earlier else -1

    def advance(self, trees: Trees, edge: Ints, rng: np.random.Generator) -> tuple[Bools, Ints]:
        """Play a listed move in every game: which are over by it [R], and how for who made it [R]."""
        turn, every = self.rows[:, at.TURN], np.arange(len(edge))
        taken = rng.random(len(edge)) * (self.ply + 1) < 1  # so that each ply is as likely as any other
        self.drawn[taken] = self.rows[taken]
        node = trees.play(edge)
        over, value = trees.done[every, node] != 0, trees.value[every, node]
        self.rows = trees.rows[every * trees.parent.shape[1] + node]
        self.past = np.concatenate([self.past[:, 1:], trees.keys[:, :1]], 1)
        self.ply += 1
        result = np.where(over, np.where(self.rows[:, at.TURN] == turn, value, -value), 0).astype(np.int32)
        return over | (self.ply >= self.terms.cap), result

    def renew(self, ended: Bools, rng: np.random.Generator) -> None:
        """Begin anew where a game is over, and store a position of what was played."""
        for row in np.flatnonzero(ended).tolist():
            place = self.size if self.size < len(self.stored) else int(rng.integers(self.size))
            self.stored[place], self.size = self.drawn[row], max(self.size, place + 1)
            self._begin(row, rng)

    def arrays(self) -> Arrays:
        """All that going on needs."""
        return {
            "rows": self.rows, "past": self.past, "ply": self.ply, "rival": self.rival, "drawn": self.drawn,
            "stored": self.stored, "size": np.array(self.size),
        }  # fmt: skip

    def take(self, arrays: Arrays) -> None:
        """Go on from what `arrays` gave."""
        self.rows, self.past, self.ply = arrays["rows"], arrays["past"], arrays["ply"]
        self.rival, self.drawn, self.stored = arrays["rival"], arrays["drawn"], arrays["stored"]
        self.size = int(arrays["size"])


def pick(leaves: Leaves, which: npt.NDArray[Any]) -> Leaves:
    """Some of the positions, by number."""
    counts = leaves.counts[which]
    begin = (np.cumsum(leaves.counts) - leaves.counts)[which]
    moves = np.repeat(begin, counts) + within(counts)
    return Leaves(leaves.compiled, leaves.rows[which], leaves.seen[which], leaves.moves[moves], counts)


def within(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The number of each move in its own position's list [T]."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
