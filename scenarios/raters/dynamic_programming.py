"""Exact optima by dynamic programming: the best that any rater can be made to pay in a small game.

`gyges.scenarios.raters.state_graph.explore` walks through every state that one seat can reach among fixed
neighbours, by the game's own compiled rules, and keeps what each act pays and where it leads. `solve` then
finds, for a rater object as it is (its memory is part of the state), the play that it pays most, and what
that play is worth in gold.

The game has to be small, and its only luck the focal seat's watch bit and what the game itself states the
chances of (`Game.outcomes`); both are checked, not assumed. Where several acts
are equally good to the rater, the one that is best by gold is taken, then the one with the fewest breaches:
what is wrong with the optimum found is wrong with every one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.rewards import Step
from gyges.envs.choice_point import violations
from gyges.envs.errors import ConfigError, PolicyError
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Memory, Observation, Policy
from gyges.scenarios.raters.raters import Rater
from gyges.scenarios.raters.state_graph import Floats, Graph, Ints, Layer, distinct, explore

__all__ = ["Graph", "Optimum", "Player", "explore", "solve"]

TIE = 1e-9
"""Values closer than this are equal."""


class Optimum(NamedTuple):
    """A rater's optimum."""

    value: float  # the rater's expected score per episode
    gold: float  # gold's, of the same play
    violations: float  # expected unaligned acts per episode
    policy: Policy  # plays it
    nodes: int  # pairs of state and rater's memory that were solved


class Nodes(NamedTuple):
    """One layer of states with the rater's memory: Q pairs of node and act."""

    state: Ints  # [M] of the layer
    start: Ints  # [M + 1] where each node's pairs begin
    pair: Ints  # [Q] of the layer
    score: Floats  # [Q]
    child: Ints  # [Q, 2 K] nodes of the next layer, as `Layer.follow`


def solve(graph: Graph, rater: Rater, *, begin: Any = None, most: int = 20_000_000) -> Optimum:
    """What a rater pays most for.

    Args:
        graph: from `explore`.
        rater: any whose memory takes few values; noise is left out (`Rater.mean`).
        begin: the rater's memory at the start, for one row and seat; its own by default.
        most: pairs of node and act at most.

    Raises:
        ConfigError: the rater's memory takes too many values.
    """
    rater = rater.mean()
    memory = rater.initial(1, 1) if begin is None else begin
    nodes = _forward(graph, rater, memory, most)
    gold = Rater(rater.weight)
    value = worth = breaches = np.zeros(0)
    picks: list[Ints] = []
    for layer, some in zip(reversed(graph.layers), reversed(nodes), strict=True):
        on = ~layer.over[some.pair][:, None]
        odds = layer.chance[some.pair] * on
        ahead = [
            np.zeros(len(some.pair)) if not on.any() else (odds * later[some.child * on]).sum(1)
            for later in (value, worth, breaches)
        ]
        total = some.score + ahead[0]
        true = _scores(graph.game, layer, gold, np.arange(len(layer.action)), None)[0][some.pair] + ahead[1]
        bad = violations(layer.ledger[some.pair]) + ahead[2]
        pick = _best(some.start, total, true, -bad)
        value, worth, breaches = total[pick], true[pick], bad[pick]
        picks.append(pick)
    picks.reverse()
    first = graph.chance
    root = nodes[0].state.searchsorted(graph.begin) * (first > 0)
    found = [float((first * later[root]).sum()) for later in (value, worth, breaches)]
    policy = Player(graph, nodes, picks)
    return Optimum(found[0], found[1], found[2], policy, sum(len(some.state) for some in nodes))


def _forward(graph: Graph, rater: Rater, memory: Any, most: int) -> list[Nodes]:
    """All nodes, layer by layer."""
    like = memory
    states = np.unique(graph.begin[graph.chance > 0])
    carried = np.repeat(_bytes(memory, 1), len(states), axis=0)
    found: list[Nodes] = []
    total = 0
    for layer in graph.layers:
        counts = layer.start[states + 1] - layer.start[states]
        start = np.concatenate([[0], np.cumsum(counts)])
        total += int(start[-1])
        if total > most:
            raise ConfigError(f"{rater.name} cannot be solved: its memory makes more than {most:,} cases")
        node = np.repeat(np.arange(len(states)), counts)
        pair = layer.start[states][node] + np.arange(len(node)) - start[node]
        score, after = _scores(graph.game, layer, rater, pair, _memory(carried[node], like))
        ways = layer.follow.shape[1]
        child = np.zeros((len(pair), ways), np.int64)
        on = ~layer.over[pair]
        if on.any():
            kept = _bytes(after, len(pair))[on]
            follow = layer.follow[pair][on]
            heads = np.ascontiguousarray(follow).view(np.uint8).reshape(-1, 8)
            keys = np.concatenate([heads, np.repeat(kept, ways, axis=0)], axis=1)
            possible = (layer.chance[pair][on] > 0).reshape(-1)
            unique, which = distinct(np.ascontiguousarray(keys[possible]))
            flat = np.zeros(len(keys), np.int64)
            flat[possible] = which
            child[on] = flat.reshape(-1, ways)
            next_states = np.ascontiguousarray(unique[:, :8]).view(np.int64).reshape(-1)
            carried = np.ascontiguousarray(unique[:, 8:])
        else:
            next_states = states[:0]
        found.append(Nodes(states, start, pair, score, child))
        states = next_states
    return found


def _scores(game: Game, layer: Layer, rater: Rater, pair: Ints, memory: Any) -> tuple[Floats, Any]:
    """The rater's scores [Q] of some pairs, and its memory after."""
    owner = np.searchsorted(layer.start, pair, side="right") - 1
    step = Step(
        game, layer.codes[owner][:, None], layer.action[pair][:, None], layer.reward[pair][:, None],
        layer.welfare[pair][:, None], layer.ledger[pair][:, None], np.zeros(len(pair), np.bool_),
        layer.over[pair],
    )  # fmt: skip
    scores, memory = rater(step, memory)
    return np.asarray(scores, np.float64)[:, 0], memory


def _best(start: Ints, *values: Floats) -> Ints:
    """For each node the pair of the greatest first value; of equal ones the second decides, and so on."""
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    left = np.ones(len(owner), np.bool_)
    for value in values:
        among = np.where(left, value, -np.inf)
        left &= among >= np.maximum.reduceat(among, start[:-1])[owner] - TIE
    hits = np.flatnonzero(left)
    return np.asarray(hits[np.unique(owner[hits], return_index=True)[1]], np.int64)


def _bytes(memory: Any, rows: int) -> npt.NDArray[np.uint8]:
    """A rater's memory as bytes [R, M]."""
    if memory is None:
        return np.zeros((rows, 0), np.uint8)
    if isinstance(memory, tuple):
        return np.concatenate([_bytes(part, rows) for part in memory], axis=1)
    return np.ascontiguousarray(memory).reshape(rows, -1).view(np.uint8)


def _memory(data: npt.NDArray[np.uint8], like: Any) -> Any:
    """Bytes [R, M] as a rater's memory again."""
    if like is None:
        return None
    if isinstance(like, tuple):
        sizes = [_bytes(part, 1).shape[1] for part in like]
        ends = np.cumsum([0, *sizes])
        return tuple(
            _memory(data[:, a:b], part) for a, b, part in zip(ends[:-1], ends[1:], like, strict=True)
        )
    return np.ascontiguousarray(data).view(like.dtype).reshape(len(data), *like.shape[1:])


class Player:
    """Plays an optimum: remembers which node it is in, and tells by what it sees where it went.

    Its memory is int64 [R, 2]: the layer, and the node; (-1, -1) before the first act.
    """

    def __init__(self, graph: Graph, nodes: list[Nodes], picks: list[Ints]) -> None:
        self.graph, self.nodes, self.picks = graph, nodes, picks

    def initial(self, rows: int) -> Memory:
        """Nothing has happened."""
        return np.full((rows, 2), -1, np.int64)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The best act.

        Raises:
            PolicyError: it sees what cannot happen among the neighbours it was made for.
        """
        memory = np.where(observation.first[:, None], -1, memory)
        action = np.zeros(len(observation), np.int32)
        now = memory.copy()
        for row in range(len(observation)):
            depth, node = self._where(observation.codes[row], int(memory[row, 0]), int(memory[row, 1]))
            now[row] = depth, node
            chosen = self.nodes[depth].pair[self.picks[depth][node]]
            action[row] = self.graph.layers[depth].action[chosen]
        return Decision(action, now)

    def _where(self, codes: npt.NDArray[Any], depth: int, node: int) -> tuple[int, int]:
        if depth < 0:
            some = np.flatnonzero(np.isin(self.nodes[0].state, self.graph.begin))
            following = some
        elif depth + 1 < len(self.nodes):
            pick = self.picks[depth][node]
            possible = self.graph.layers[depth].chance[self.nodes[depth].pair[pick]] > 0
            following = self.nodes[depth].child[pick][possible]
        else:
            return depth, node  # over: whatever is done changes nothing
        placebo = self.graph.game.placebo_column
        if placebo is not None and codes[placebo]:  # of which the graph knows nothing
            codes = codes.copy()
            codes[placebo] = 0
        layer, nodes = self.graph.layers[depth + 1], self.nodes[depth + 1]
        for one in following.tolist():
            if (layer.codes[nodes.state[one]] == codes).all():
                return depth + 1, one
        raise PolicyError(f"{self.graph.game.id}: this optimum was not made for such neighbours")
