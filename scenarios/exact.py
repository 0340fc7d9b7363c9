"""Exact optima by dynamic programming: the best that any rater can be made to pay in a small game.

`explore` walks through every state that one seat can reach among fixed neighbours, by the game's own
compiled rules, and keeps what each act pays and where it leads. `solve` then finds, for a rater object as
it is (its memory is part of the state), the play that it pays most, and what that play is worth in gold.

The game has to be small and its only luck the focal seat's watch bit (`tabular_steward-v0`); both are
checked, not assumed. Where several acts are equally good to the rater, the one that is best by gold is
taken: what is found wrong with a rater's optimum is wrong with every optimum.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.rewards import Step
from gyges.envs.batch import Batch, Snapshot
from gyges.envs.choice import LEDGER
from gyges.envs.errors import ConfigError, PolicyError
from gyges.envs.game import CORE, Game, core_widths
from gyges.envs.play import Seating
from gyges.envs.policy import Decision, Memory, Observation, Policy
from gyges.scenarios.raters import Rater

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
CHUNK = 1 << 12
"""Rows that are stepped at once."""
TIE = 1e-9
"""Values closer than this are equal."""


class Layer(NamedTuple):
    """What one seat may do at one step: S states, P pairs of state and act, sorted by state and act."""

    codes: npt.NDArray[Any]  # [S, F] what the seat sees
    start: Ints  # [S + 1] where each state's pairs begin
    action: npt.NDArray[np.int32]  # [P]
    reward: npt.NDArray[np.int32]  # [P] 1 / game.reward_scale
    welfare: npt.NDArray[np.int32]  # [P]
    ledger: npt.NDArray[np.int32]  # [P, 11]
    over: npt.NDArray[np.bool_]  # [P] the episode ends
    follow: Ints  # [P, 2] the next layer's state if unwatched and if watched next; -1 where over
    chance: Floats  # [P, 2] of the two


class Graph(NamedTuple):
    """All that can happen to one seat among fixed neighbours."""

    game: Game
    seat: int
    begin: Ints  # [2] first states, unwatched and watched
    chance: Floats  # [2]
    layers: list[Layer]


class Optimum(NamedTuple):
    """A rater's optimum."""

    value: float  # the rater's expected score per episode
    gold: float  # gold's, of the same play
    violations: float  # expected unaligned acts per episode
    policy: Policy  # plays it
    nodes: int  # pairs of state and rater's memory that were solved


def explore(game: Game, background: Policy, seat: int = 0, *, most: int = 2_000_000) -> Graph:
    """Every state that a seat can reach, and every act in it.

    Args:
        game: small, of no luck but the watch, with ``cue`` 1.
        background: who plays the other seats; no memory, no luck.
        seat: the focal one.
        most: states at most.

    Raises:
        ConfigError: the game has other luck, is not wholly observed, or has too many states.
    """
    if game.config.cue != 1.0:
        raise ConfigError(f"{game.id} cannot be solved: the seat may be told wrongly (cue below 1)")
    walker = Walker(game, background, seat)
    rows = walker.start()
    drawn = not getattr(game.config, "rota", False)
    states, follow, chance = walker.branch(rows, np.array([drawn]))
    begin = follow[0]
    layers: list[Layer] = []
    total = 0
    while len(states):
        view, same = walker.merge(states)
        if layers:
            last = layers[-1]
            layers[-1] = last._replace(follow=np.where(last.follow < 0, -1, same[last.follow]))
        else:
            begin = same[begin]
        total += len(view.states)
        if total > most or len(layers) > game.config.horizon:
            raise ConfigError(f"{game.id} has more than {most:,} states: too many to be solved")
        layer, states = walker.expand(view)
        layers.append(layer)
    return Graph(game, seat, begin, chance[0], layers)


class View(NamedTuple):
    """States, and what can be seen and done in them."""

    states: npt.NDArray[np.int32]  # [S, W]
    codes: npt.NDArray[Any]  # [S, F] what the seat sees
    legal: npt.NDArray[np.bool_]  # [S, A] its legal acts
    others: npt.NDArray[np.int32]  # [S, N] what the others do


class Walker:
    """Steps chosen states of a game through its own rules."""

    def __init__(self, game: Game, background: Policy, seat: int) -> None:
        self.game, self.seat, self.background = game, seat, background
        self.batch = Batch(game, CHUNK, labels="full", threads=1)
        bounds = np.concatenate([[0], np.cumsum(core_widths(game.num_agents))])
        self.at = {name: slice(int(bounds[k]), int(bounds[k + 1])) for k, name in enumerate(CORE)}

    def start(self) -> npt.NDArray[np.int32]:
        """The state [1, W] that every episode begins in, whoever is watched.

        Raises:
            ConfigError: episodes begin differently.
        """
        rows = self.canonical(self.batch.snapshot().rows)
        if not getattr(self.game.config, "rota", False):
            self.forget(rows, np.ones(len(rows), np.bool_))
        if (rows != rows[0]).any():
            raise ConfigError(f"{self.game.id} cannot be solved: its episodes begin by luck")
        return rows[:1]

    def forget(self, rows: npt.NDArray[np.int32], which: npt.NDArray[np.bool_]) -> None:
        """Leave out, in chosen rows, whether the seat is watched."""
        for name in ("watched", "told"):
            rows[which, self.at[name].start + self.seat] = 0

    def canonical(self, rows: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """States without what cannot bear on the future: the seed, and whether others are watched."""
        rows = rows.copy()
        for name in ("origin", "episode", "key"):
            rows[:, self.at[name]] = 0
        for name in ("watched", "told"):
            others = np.delete(np.arange(self.at[name].start, self.at[name].stop), self.seat)
            rows[:, others] = 1
        return rows

    def branch(
        self, rows: npt.NDArray[np.int32], redrawn: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int32], Ints, Floats]:
        """Distinct states after the watch is drawn; where each row goes [R, 2], with what chance [R, 2]."""
        told = [self.at[name].start + self.seat for name in ("watched", "told")]
        both = np.repeat(rows[:, None], 2, axis=1)
        for k in (0, 1):
            both[redrawn, k, told[0]] = both[redrawn, k, told[1]] = k
        now = rows[:, told[0]] != 0
        ring = float(self.game.config.ring)
        chance = np.where(redrawn[:, None], [ring, 1 - ring], np.stack([~now, now], axis=1))
        flat = np.ascontiguousarray(both.reshape(-1, rows.shape[1]))
        possible = chance.reshape(-1) > 0
        follow = np.zeros(len(flat), np.int64)
        states, follow[possible] = distinct(flat[possible])
        return states, follow.reshape(-1, 2), chance

    def load(self, rows: npt.NDArray[np.int32], key: int = 0) -> None:
        """Put states into the batch; what is left over repeats the last one."""
        full = np.concatenate([rows, np.repeat(rows[-1:], CHUNK - len(rows), axis=0)])
        full[:, self.at["key"]] = key
        self.batch.restore(Snapshot(self.game.id, full))

    def merge(self, states: npt.NDArray[np.int32]) -> tuple[View, Ints]:
        """One state for each view that the seat may have; which of them each state is [S].

        Raises:
            ConfigError: states that look alike to the seat go on differently.
        """
        seen = self.look(states)
        codes, same = distinct(np.ascontiguousarray(seen.codes))
        first = np.zeros(len(codes), np.int64)
        final = np.zeros(len(codes), np.int64)
        first[same[::-1]] = np.arange(len(states))[::-1]
        final[same] = np.arange(len(states))
        twins = np.flatnonzero(first != final)
        for low in range(0, len(twins), 256):
            some = twins[low : low + 256]
            futures = [self._future(seen, which[some]) for which in (first, final)]
            if any(a.shape != b.shape or (a != b).any() for a, b in zip(*futures, strict=True)):
                raise ConfigError(f"{self.game.id} cannot be solved: the seat does not see all that matters")
        return View._make(part[first] for part in seen), same

    def _future(self, seen: View, which: Ints) -> tuple[Any, ...]:
        """All that some states lead to, as far as the seat is concerned."""
        owner, action = np.nonzero(seen.legal[which])
        acts = seen.others[which][owner]
        acts[:, self.seat] = action
        found = [self.step(seen.states[which][owner[k : k + CHUNK]], acts[k : k + CHUNK])
                 for k in range(0, len(owner), CHUNK)]  # fmt: skip
        after, redrawn, *rest = (np.concatenate(part) for part in zip(*found, strict=True))
        self.forget(after, redrawn)
        return (owner, action, self.look(after).codes, redrawn, *rest)

    def expand(self, view: View) -> tuple[Layer, npt.NDArray[np.int32]]:
        """One layer, and the states of the next."""
        owner, action = np.nonzero(view.legal)
        parts = []
        for low in range(0, len(owner), CHUNK):
            which = slice(low, low + CHUNK)
            acts = view.others[owner[which]]
            acts[:, self.seat] = action[which]
            found = self.step(view.states[owner[which]], acts)
            if low == 0:
                self._check_luck(view.states[owner[which]], acts, found)
            parts.append(found)
        columns = [np.concatenate(part) for part in zip(*parts, strict=True)]
        after, redrawn, reward, welfare, ledger, over = columns
        follow = np.full((len(owner), 2), -1, np.int64)
        chance = np.zeros((len(owner), 2))
        following = after[:0]
        if not over.all():
            following, follow[~over], chance[~over] = self.branch(after[~over], redrawn[~over])
        start = np.searchsorted(owner, np.arange(len(view.states) + 1))
        layer = Layer(
            view.codes, start, action.astype(np.int32), reward, welfare, ledger, over, follow, chance
        )
        return layer, following

    def look(self, states: npt.NDArray[np.int32]) -> View:
        """What can be seen and done in some states."""
        seen, legal, acts = [], [], []
        table: list[Policy] = [self.background] * self.game.num_agents
        for low in range(0, len(states), CHUNK):
            some = states[low : low + CHUNK]
            self.load(some)
            seating = Seating(self.batch, table)
            acts.append(seating.decide()[: len(some)])
            if low == 0 and (Seating(self.batch, table, seed=1).decide()[: len(some)] != acts[0]).any():
                raise ConfigError(f"{self.game.id} cannot be solved: the neighbours draw lots")
            if any(group.memory is not None for group in seating.groups):
                raise ConfigError(f"{self.game.id} cannot be solved: the neighbours keep a memory")
            seen.append(self.batch.codes[: len(some), self.seat].copy())
            legal.append(self.batch.mask[: len(some), self.seat].copy())
        return View(states, np.concatenate(seen), np.concatenate(legal), np.concatenate(acts))

    def step(self, rows: npt.NDArray[np.int32], acts: npt.NDArray[np.int32], key: int = 0) -> tuple[Any, ...]:
        """Next states, whether the watch was drawn anew, reward, welfare, ledger, over."""
        count, seat, batch = len(rows), self.seat, self.batch
        self.load(rows, key)
        batch.step(np.concatenate([acts, np.repeat(acts[-1:], CHUNK - count, axis=0)]))
        redrawn = self.game.watch_since(batch.state) == np.asarray(batch.state.tick)[:, 0]
        if getattr(self.game.config, "rota", False):
            redrawn &= False
        return (
            self.canonical(batch.snapshot().rows[:count]), redrawn[:count].copy(),
            batch.reward[:count, seat].copy(), batch.welfare[:count, seat].copy(),
            batch.ledger[:count, seat].copy(), batch.over[:count].copy(),
        )  # fmt: skip

    def _check_luck(self, rows: npt.NDArray[np.int32], acts: npt.NDArray[np.int32], found: Any) -> None:
        """Another key may change nothing but who is watched."""
        again = self.step(rows, acts, key=0x5EED)
        pair = [[one[0].copy(), *one[1:]] for one in (found, again)]
        for after, redrawn, *_ in pair:
            self.forget(after, redrawn)
        if any((a != b).any() for a, b in zip(*pair, strict=True)):
            raise ConfigError(f"{self.game.id} cannot be solved: it has other luck than who is watched")


def distinct(rows: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ints]:
    """Distinct rows of a contiguous array [R, W], and which of them each row is [R]."""
    if rows.shape[1] == 0:
        return rows[:1], np.zeros(len(rows), np.int64)
    keys = rows.view([("", f"V{rows.shape[1] * rows.itemsize}")]).reshape(-1)
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    return rows[first], which.reshape(-1)


class Nodes(NamedTuple):
    """One layer of states with the rater's memory: Q pairs of node and act."""

    state: Ints  # [M] of the layer
    start: Ints  # [M + 1] where each node's pairs begin
    pair: Ints  # [Q] of the layer
    score: Floats  # [Q]
    child: Ints  # [Q, 2] nodes of the next layer


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
        bad = (layer.ledger[some.pair, LEDGER.label] < 0) + ahead[2]
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
        child = np.zeros((len(pair), 2), np.int64)
        on = ~layer.over[pair]
        if on.any():
            kept = _bytes(after, len(pair))[on]
            follow = layer.follow[pair][on]
            heads = np.ascontiguousarray(follow).view(np.uint8).reshape(-1, 8)
            keys = np.concatenate([heads, np.repeat(kept, 2, axis=0)], axis=1)
            possible = (layer.chance[pair][on] > 0).reshape(-1)
            unique, which = distinct(np.ascontiguousarray(keys[possible]))
            flat = np.zeros(len(keys), np.int64)
            flat[possible] = which
            child[on] = flat.reshape(-1, 2)
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
            following = self.nodes[depth].child[self.picks[depth][node]]
        else:
            return depth, node  # over: whatever is done changes nothing
        layer, nodes = self.graph.layers[depth + 1], self.nodes[depth + 1]
        for one in following.tolist():
            if (layer.codes[nodes.state[one]] == codes).all():
                return depth + 1, one
        raise PolicyError(f"{self.graph.game.id}: this optimum was not made for such neighbours")
