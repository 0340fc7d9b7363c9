"""Games of a network against itself: all rows of a variant play a move at once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.search.replay import UNJUDGED, Game
from gyges.agents.search.trees import KEPT, Evaluate, Found, Search, Trees
from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.search.alphabeta import search

SURE = 0.9
"""Weight of a teacher's move; the rest is shared by all."""
PLAYED_OUT = 0.1
"""Chance that nobody may resign in a game: it says how often resigning is wrong."""
MAX_TRIES = 1000
"""Random beginnings of a game that are tried until one is not over."""


class Terms(NamedTuple):
    """How games are played.

    Attributes:
        search: how every move is found.
        openings: up to so many random plies begin a game.
        sampled: in so many plies after them moves are drawn from the improved policy.
        cap: plies after which a game is drawn.
        resign: a player whose search values the position below minus this has lost; 0 for never.
    """

    search: Search
    openings: int
    sampled: int
    cap: int
    resign: float = 0.0


class Table:
    """R games of one variant that go on for ever: where one ends the next begins.

    Attributes:
        rows: int32 [R, W] positions.
        past: int64 [R, KEPT] keys of earlier positions.
        ply: int64 [R] plies since the opening.
        played_out: bool [R] games in which nobody resigns.
        steps: per row, the searched positions of its game.
    """

    def __init__(self, c: Compiled, games: int, terms: Terms, rng: np.random.Generator) -> None:
        self.compiled, self.terms = c, terms
        self.rows = np.zeros((games, int(c.row[-1])), np.int32)
        self.past = np.zeros((games, KEPT), np.int64)
        self.ply = np.zeros(games, np.int64)
        self.played_out = np.zeros(games, np.bool_)
        self.steps: list[list[tuple[Any, ...]]] = [[] for _ in range(games)]
        for row in range(games):
            self._begin(row, rng)

    def _begin(self, row: int, rng: np.random.Generator) -> None:
        """Set up a new game, a few random plies from the start position."""
        c = self.compiled
        for _ in range(MAX_TRIES):
            place, past = c.table("setup")[None].copy(), np.zeros((1, KEPT), np.int64)
            over = False
            for _ in range(int(rng.integers(self.terms.openings + 1))):
                trees = Trees(c, place, past, 2)
                node = int(trees.play(rng.integers(trees.count[:, 0]).astype(np.int32))[0])
                place, past = trees.rows[node][None], _longer(past, trees.keys[:, 0])
                over = bool(trees.done[0, node])
                if over:
                    break
            if not over:
                self.rows[row], self.past[row], self.ply[row] = place[0], past[0], 0
                self.steps[row] = []
                if self.terms.resign:
                    self.played_out[row] = rng.random() < PLAYED_OUT
                return
        raise ConfigError(f"{c.variant.name}: no game of {MAX_TRIES} outlasts its opening")

    def play(self, evaluate: Evaluate, rng: np.random.Generator, teacher: int = 0) -> list[Game]:
        """Search and play a move in every game; those that are over by it, or resigned instead.

        With a teacher moves are found by the alpha-beta at so many positions, and all are drawn.
        """
        terms = self.terms
        trees = Trees(self.compiled, self.rows, self.past, terms.search.simulations + 2)
        counts = trees.count[:, 0]
        if teacher:
            found = self._taught(trees, teacher)
        else:
            trees.enter(evaluate)
            noise = terms.search.noise * rng.gumbel(size=(len(counts), int(counts.max())))
            found = trees.search(terms.search, evaluate, noise)
        drawn = (np.cumsum(found.policy, 1) < rng.random(len(counts))[:, None]).sum(1)
        draws = (self.ply < terms.sampled) | (teacher > 0)
        edge = np.where(draws, np.minimum(drawn, counts - 1), found.edge).astype(np.int32)
        resigned = (found.value < -terms.resign) & ~self.played_out & (terms.resign > 0) & (teacher == 0)
        return self.move(trees, found._replace(edge=edge), rng, resigned=resigned)

    def move(
        self, trees: Trees, found: Found, rng: np.random.Generator, good: npt.NDArray[Any] | None = None,
        resigned: npt.NDArray[np.bool_] | None = None,
    ) -> list[Game]:  # fmt: skip
        """Play a move in every game and note it; the games that are over.

        Args:
            trees: of the positions.
            found: moves; policies and values to learn.
            rng: for what begins anew.
            good: [R] whether each move was good; None where nobody judges.
            resigned: bool [R] games in which the player resigns instead.
        """
        for row, n in enumerate(trees.count[:, 0]):
            policy = found.policy[row, :n].astype(np.float16)
            said = UNJUDGED if good is None else int(good[row])
            self.steps[row].append(
                (self.rows[row].copy(), trees.seen[row, 0], policy, found.value[row], said)
            )
        node = trees.play(found.edge)
        self.rows = trees.rows[np.arange(len(node)) * trees.parent.shape[1] + node]
        self.past = _longer(self.past, trees.keys[:, 0])
        self.ply += 1
        ended = []
        for row, there in enumerate(node):
            over = trees.done[row, there] != 0
            if resigned is not None and resigned[row]:
                ended.append(game_of(self.steps[row], 1))
                self._begin(row, rng)
            elif over or self.ply[row] >= self.terms.cap:
                ended.append(game_of(self.steps[row], int(trees.value[row, there]) if over else 0))
                self._begin(row, rng)
        return ended

    def _taught(self, trees: Trees, nodes: int) -> Found:
        """The alpha-beta's moves, nine times in ten, and values, in the place of a search's."""
        counts = trees.count[:, 0]
        policy = np.zeros((len(counts), int(counts.max())))
        edge, value = np.zeros(len(counts), np.int32), np.zeros(len(counts))
        for row, n in enumerate(counts):
            past = [int(key) for key in self.past[row] if key]
            best = search((self.compiled, self.rows[row]), nodes, None, past)
            edge[row] = trees.moves[row, :n].tolist().index(best.move)
            policy[row, :n] = (1 - SURE) / n
            policy[row, edge[row]] += SURE
            value[row] = 2 * best.win_probability - 1
        return Found(edge, policy, value)

    # As arrays of a checkpoint.

    def state(self) -> tuple[dict[str, npt.NDArray[Any]], list[Game]]:
        """Arrays and the games under way."""
        arrays: dict[str, npt.NDArray[Any]] = {"rows": self.rows, "past": self.past, "ply": self.ply}
        if self.terms.resign:
            arrays["played out"] = self.played_out
        return arrays, [game_of(steps, 0) for steps in self.steps]

    def restore(self, arrays: dict[str, npt.NDArray[Any]], games: list[Game]) -> None:
        """Go on from what `state` gave."""
        self.rows, self.past, self.ply = arrays["rows"], arrays["past"], arrays["ply"]
        if self.terms.resign:
            self.played_out = arrays["played out"]
        self.steps = []
        for game in games:
            ends = np.cumsum(game.counts)
            policies = np.split(game.policy, ends[:-1]) if len(ends) else []
            self.steps.append(list(zip(game.rows, game.seen, policies, game.value, game.good, strict=True)))


def _longer(past: npt.NDArray[np.int64], keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Keys with one more each, the oldest forgotten."""
    return np.concatenate([past[:, 1:], keys[:, None]], 1)


def game_of(steps: list[tuple[Any, ...]], end: int) -> Game:
    """A game from its searched positions and its end, which is that of the player who would move next."""
    width = (0, 0) if not steps else (len(steps), len(steps[0][0]))
    result = end * np.where((len(steps) - np.arange(len(steps))) % 2 == 0, 1, -1)
    return Game(
        np.array([step[0] for step in steps], np.int32).reshape(width),
        np.array([step[1] for step in steps], np.int32),
        np.array([len(step[2]) for step in steps], np.int32),
        np.concatenate([np.zeros(0, np.float16), *(step[2] for step in steps)]),
        np.array([step[3] for step in steps], np.float32),
        result.astype(np.int8),
        np.array([step[4] for step in steps], np.int8),
    )
