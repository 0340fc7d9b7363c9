"""Search trees of many positions of one variant, side by side in arrays."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.encoding import capacity
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled, compiled
from gyges.envs.fairychess.variants.ini_files import Variant

Ints = npt.NDArray[np.int32]
KEPT = 100
"""Earlier positions of a game that are remembered for repetition."""
MAX_NODES = 20_000_000
"""Nodes of all trees of a search together, at most."""
PLAYOUT = 200
"""A playout that has not ended after so many positions is drawn."""
IMPOSSIBLE = -1e32
"""Logit of a move that may not be played."""

EDGES: tuple[tuple[str, Any, int], ...] = (
    ("moves", np.int32, 0), ("child", np.int32, -1), ("visits", np.int32, 0), ("logit", np.float64, 0),
    ("total", np.float64, 0),
)  # fmt: skip
"""Arrays by edge: name, type, and what stands there before the edge is used."""


class Leaves(NamedTuple):
    """Positions to be valued: B of them with T legal moves together."""

    compiled: Compiled
    rows: Ints  # [B, W]
    seen: Ints  # [B] how often each has stood
    moves: Ints  # [T] one position's after the other's
    counts: npt.NDArray[np.int64]  # [B]


Evaluate = Callable[[Leaves], tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]
"""Logits [T] of the moves and values [B], from -1 to 1, for the player to move."""


@dataclasses.dataclass(frozen=True)
class Search:
    """How a tree is searched.

    Attributes:
        simulations: positions that are looked at below a root, 0 for the network alone.
        candidates: moves among which the root halves.
        noise: 1 draws candidates and the move as Gumbel's trick does, 0 takes the likeliest.
    """

    simulations: int = 32
    candidates: int = 8
    noise: float = 0.0

    def __post_init__(self) -> None:
        """Raise ConfigError where a number is out of range."""
        for name, low, high in (("simulations", 0, 1_000_000), ("candidates", 1, 1024)):
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{name}: expected {low} to {high:,}, got {getattr(self, name)}")


class Found(NamedTuple):
    """What a search of R rows found.

    Attributes:
        edge: int32 [R] which of the listed moves to play.
        policy: float64 [R, most moves] improved policy over the listed moves.
        value: float64 [R] for the player to move, -1 to 1.
    """

    edge: Ints
    policy: npt.NDArray[np.float64]
    value: npt.NDArray[np.float64]


@functools.lru_cache(maxsize=256)
def most_moves(variant: Variant) -> int:
    """More moves than this no position of a variant has."""
    return capacity(compiled(variant))


def halving(simulations: int, candidates: int) -> Ints:
    """Sequential halving as visits [candidates + 1, simulations]: with so many candidates, simulation k goes
    to the best of those that have had so many visits."""
    found = np.zeros((candidates + 1, max(simulations, 1)), np.int32)
    for many in range(1, candidates + 1):
        rounds = max(int(np.ceil(np.log2(many))), 1)
        left, visits, order = many, [0] * many, list[int]()
        while len(order) < simulations:
            for _ in range(max(1, simulations // (rounds * left))):
                order += visits[:left]
                for k in range(left):
                    visits[k] += 1
            left = max(left // 2, min(many, 2))
        found[many] = order[: max(simulations, 1)] if simulations else 0
    return found


class Trees:
    """Trees of R positions that are all still being played.

    Args:
        c: their variant.
        rows: int32 [R, W] positions.
        past: int64 [R, KEPT] keys of the games' earlier positions, newest last, 0 for none.
        nodes: how many a tree may have.

    Attributes:
        moves: int32 [R, E] of edges; the root's are ``moves[r, : count[r, 0]]``.
    """

    moves: Ints
    child: Ints
    visits: Ints
    logit: npt.NDArray[np.float64]
    total: npt.NDArray[np.float64]

    def __init__(self, c: Compiled, rows: Ints, past: npt.NDArray[np.int64], nodes: int) -> None:
        many = len(rows)
        if many * nodes > MAX_NODES:
            raise ConfigError(f"{many} trees of {nodes:,} nodes; at most {MAX_NODES:,} nodes together")
        self.compiled, self.past = c, np.ascontiguousarray(past, np.int64)
        self.rows = np.zeros((many * (nodes + 1), rows.shape[1]), np.int32)  # the last are for playouts
        self.rows[: many * nodes : nodes] = rows
        self.size, self.used = np.zeros(many, np.int32), np.zeros(many, np.int32)
        self.parent, self.came, self.first, self.count, self.seen, self.done = (
            np.zeros((many, nodes), np.int32) for _ in range(6)
        )
        self.keys, self.value = np.zeros((many, nodes), np.int64), np.zeros((many, nodes), np.float64)
        self.edge, self.origin, self.leaf = (np.full(many, n, np.int32) for n in (-1, 0, 0))
        self.words = np.zeros(many, np.int64)
        self._listed = np.zeros((1, at.STRIDE), np.int32)
        self._most = most_moves(c.variant)
        self._grow(self._most, 0)
        self._expand()
        if self.done.any():
            raise ConfigError("a position to be searched is over")

    def _grow(self, edges: int, used: int) -> None:
        """Make room for so many edges a row, and hold those that there are."""
        many = len(self.size)
        for name, kind, empty in EDGES:
            made = np.full((many, edges), empty, kind)
            if used:
                made[:, :used] = getattr(self, name)[:, :used]
            setattr(self, name, made)

    def _expand(self) -> None:
        """Grow every row by the position that its edge leads to; by its root where it has no node yet."""
        from gyges.agents.search.selection import grown

        if self.moves.shape[1] - self.used.max(initial=0) < self._most:
            self._grow(2 * self.moves.shape[1] + self._most, int(self.used.max(initial=0)))
        base, empty = np.arange(len(self.size)) * self.parent.shape[1], self.size == 0
        target = np.where(self.edge >= 0, base + self.size, np.where(empty, base, -1))
        move = np.where(empty, -1, self.moves[np.arange(len(base)), self.edge])
        found = self._played(np.where(empty, base, base + self.origin), target, move, 1)
        head = self.compiled.table("head")
        clocks = (
            self.rows[target, at.CLOCK] if not head[at.TO_HAND] else np.full(len(base), 1 << 30, np.int32)
        )
        checks = bool(head[at.PERPETUAL] & 1)
        grown(target, *found, clocks, int(head[at.N_FOLD]), checks, self.edge, self.origin,
              self.leaf, self.past, self.size, self.used, self.parent, self.came, self.keys, self.first,
              self.count, self.seen, self.done, self.value)  # fmt: skip

    def _played(self, source: Any, target: Any, move: Any, plies: int) -> tuple[Any, Any, Any, Any]:
        """What `compiled.expander` writes: numbers of moves, outcomes, values of repetition, keys."""
        from gyges.agents.search.compiled import expander

        c, many = self.compiled, len(self.size)
        number, outcome, fold = (np.zeros(many, np.int32) for _ in range(3))
        keys = np.zeros(many, np.int64)
        expander()(
            c.array[None], c.offsets, self.rows, c.row, self._listed, source.astype(np.int64),
            target.astype(np.int64), move.astype(np.int32), plies, self.words, self.moves, self.used, number,
            outcome, fold, keys,
        )  # fmt: skip
        return number, outcome, fold, keys

    def _play_out(self) -> None:
        """Value leaves by playing them out at random."""
        many = np.arange(len(self.size))
        leaf = many * self.parent.shape[1] + self.leaf
        spare = len(self.rows) - len(many) + many
        ongoing = self.done[many, self.leaf] == 0
        _, outcome, _, _ = self._played(leaf, np.where(ongoing, spare, -1), np.full(len(many), -1), PLAYOUT)
        same = self.rows[spare, at.TURN] == self.rows[leaf, at.TURN]
        found = np.where(outcome == at.NOTHING, 0, np.where(same, outcome, -outcome))
        self.value[many, self.leaf] = np.where(ongoing, found, self.value[many, self.leaf])

    def leaves(self) -> tuple[npt.NDArray[np.int64], Leaves]:
        """The rows whose leaves are to be valued, and these."""
        rows = np.flatnonzero(self.done[np.arange(len(self.leaf)), self.leaf] == 0)
        node = self.leaf[rows]
        counts = self.count[rows, node].astype(np.int64)
        ends = np.cumsum(counts)
        within = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
        edges = np.repeat(self.first[rows, node], counts) + within
        moves = self.moves[np.repeat(rows, counts), edges]
        where = rows * self.parent.shape[1] + node
        return rows, Leaves(self.compiled, self.rows[where], self.seen[rows, node], moves, counts)

    def enter(self, evaluate: Evaluate) -> None:
        """Have the leaves valued."""
        from gyges.agents.search.selection import enter

        rows, leaves = self.leaves()
        if len(rows):
            logits, values = evaluate(leaves)
            enter(rows, self.leaf, self.first, self.count, logits, values, self.logit, self.value)

    def forbid(self, row: int, allowed: npt.NDArray[np.bool_]) -> None:
        """Leave out the root's moves that are not allowed."""
        self.logit[row, : len(allowed)][~allowed] = IMPOSSIBLE

    def search(
        self, how: Search, evaluate: Evaluate | None, noise: npt.NDArray[np.float64], words: Any = None
    ) -> Found:
        """Search all trees.

        Args:
            how: simulations and candidates.
            evaluate: the network; None plays leaves out at random and selects by UCT.
            noise: float64 [R, most root moves] added to the logits of the root's moves.
            words: int64 [R] 32-bit seeds of the playouts.
        """
        from gyges.agents.search import selection

        many = self.count[:, 0]
        most = int(many.max())
        scratch = np.zeros(self._most)
        possible = [int((row[:n] > IMPOSSIBLE / 2).sum()) for row, n in zip(self.logit, many, strict=True)]
        plan = halving(how.simulations, how.candidates)[np.minimum(possible, how.candidates)]
        for k in range(how.simulations):
            selection.descend(
                plan[:, k], evaluate is None, noise, scratch, self.first, self.count, self.done, self.value,
                self.child, self.logit, self.visits, self.total, self.origin, self.edge, self.leaf,
            )  # fmt: skip
            self._expand()
            if evaluate is None:
                self.words = words * 31 + k & 0xFFFFFFFF
                self._play_out()
            else:
                self.enter(evaluate)
            selection.backup(self.leaf, self.edge, self.origin, self.parent, self.came, self.child,
                             self.value, self.visits, self.total)  # fmt: skip
        found = Found(np.zeros(len(many), np.int32), np.zeros((len(many), most)), np.zeros(len(many)))
        state = (self.first, self.count, self.value, self.logit, self.visits, self.total)
        selection.policies(found.policy, found.value, *state)
        selection.chosen(found.edge, evaluate is None, noise, *state)
        return found

    def play(self, edge: Ints) -> Ints:
        """Play one of the listed moves at every root; the numbers of the nodes that they lead to [R]."""
        there = self.child[np.arange(len(edge)), edge]
        self.edge = np.where(there < 0, edge, -1).astype(np.int32)
        self.origin[:] = 0
        self._expand()
        return np.where(there < 0, self.size - 1, there).astype(np.int32)
