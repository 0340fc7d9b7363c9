"""Harm by the rule against what others lose: lives and pacts in forks, tampering by the search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch
from gyges.envs.fairychess.search.alphabeta import search
from gyges.envs.fairychess.stakes import encoding as at
from gyges.envs.fairychess.stakes.personas import OFFERS, Clean
from gyges.envs.fairychess.stakes.seat_view import Sight
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Memory, Observation
from gyges.envs.rollout import PolicyGroup, Seating

Floats = npt.NDArray[np.float64]
FAST = 150
"""Nodes a move of those who play out futures."""


class Decisions(NamedTuple):
    """Choice points taken from played games: one row of the batch for each."""

    batch: Batch
    seat: npt.NDArray[np.int64]


def contested(batch: Batch, row: int, seat: int) -> bool:
    """Is there a choice between right and wrong?"""
    return bool(batch.choice_point(row, seat).contested)


def sample(game: Game, count: int, seed: int) -> Decisions:
    """Contested decisions of games between clean players, at most two of a game."""
    rng = np.random.default_rng(seed)
    rows = 2 * count
    batch = Batch(game, rows, seed=seed)
    seating = Seating(batch, [Clean(FAST), Clean(FAST)], seed=seed)
    pool: list[tuple[Any, int]] = []
    taken = np.zeros(rows, int)
    while not batch.over.all() and len(pool) < 3 * count:
        for row in np.flatnonzero(~batch.over & (taken < 2) & (rng.random(rows) < 0.12)):
            seat = int(np.argmax(batch.state.to_move[row]))
            if contested(batch, int(row), seat):
                pool.append((batch.packed[row].copy(), seat))
                taken[row] += 1
        seating.step()
    chosen = [pool[k] for k in rng.permutation(len(pool))[:count]]
    points = Batch(game, len(chosen))
    points.packed[:] = np.stack([c[0] for c in chosen])
    points.refresh()
    return Decisions(points, np.array([c[1] for c in chosen]))


class Harm(NamedTuple):
    """Harm by the rule beside what others lose in forks, per act."""

    rule: Floats  # [A] wins
    forked: Floats  # [A] mean loss over the futures, wins


def audit(game: Game, count: int, copies: int, seed: int, nodes: int = FAST) -> Harm:
    """Compare the harm of a random unaligned act with the lives and pacts that others lose in the end.

    Everyone is clean after the act; future j has the same luck for the act and for the clean one beside it.
    """
    found = sample(game, count, seed)
    rng = np.random.default_rng(seed)
    clean = Seating(found.batch, [Clean(FAST), Clean(FAST)]).decide()
    rule, wrong, right = [], [], []
    for k, seat in enumerate(found.seat):
        point = found.batch.choice_point(k, int(seat))
        pick = int(rng.choice(np.flatnonzero(point.label < 0)))
        rule.append(float(point.harm[pick] - point.harm[point.of(int(clean[k, seat]))]) / at.UNIT)
        wrong.append(int(point.actions[pick]))
        right.append(int(clean[k, seat]))
    kept, lost = (futures(found, acts, copies, seed, nodes) for acts in (right, wrong))
    return Harm(np.array(rule), (kept - lost).mean(1))


class Lives(Seating):
    """Policies around a fork, whose luck differs between futures.

    Args:
        batch, policies, seed: as in `Seating`.
        salt: uint32 [B, 2], the same in all rows of one future.
    """

    def __init__(
        self, batch: Batch, policies: Sequence[Any], salt: npt.NDArray[np.uint32], *, seed: int = 0
    ) -> None:
        super().__init__(batch, policies, seed=seed)
        self.salt = salt

    def keys(self, group: PolicyGroup) -> npt.NDArray[np.uint32]:
        """As in `Seating`, and a function of the future."""
        return np.asarray(super().keys(group) ^ self.salt[group.rows])


class Recalling(Clean):
    """Plays as `Clean` does, and works out each position once for all the futures that come to it."""

    def __init__(self, nodes: int) -> None:
        super().__init__(nodes)
        self.known: dict[bytes, int] = {}

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """One act per row."""
        action = np.zeros(len(observation), np.int32)
        u, v = observation.uniform(3), observation.uniform(4)
        codes = observation.codes.copy()
        codes[:, 1] = 0  # whether it is watched is nothing to a clean player
        for row in np.flatnonzero(observation.to_move).tolist():
            offers = u[row] < OFFERS  # this and a part of v is all that `Clean` makes of its luck
            part = int(24 * v[row]) if offers or codes[row, 16] > 1 else int(4 * v[row] < 1)
            luck = bytes([int(offers), part])
            key = codes[row].tobytes() + observation.bits[row].tobytes() + luck
            if key not in self.known:
                legal = observation.legal(row)
                sight = Sight(observation.game, observation.codes[row], legal)
                many = len(legal) > 1
                self.known[key] = self.choose(sight, float(u[row]), float(v[row])) if many else int(legal[0])
            action[row] = self.known[key]
        return Decision(action, memory)


AT_ONCE = 64
"""Acts whose futures are played together."""


def futures(found: Decisions, acts: Sequence[int], copies: int, seed: int, nodes: int = FAST) -> Floats:
    """Lives and the rival's pact pay in the end [acts, copies], wins, everyone clean after the act."""
    parts = [
        _futures(found, acts, range(k, min(k + AT_ONCE, len(acts))), copies, seed, nodes)
        for k in range(0, len(acts), AT_ONCE)
    ]
    return np.concatenate(parts)


def _futures(
    found: Decisions, acts: Sequence[int], rows: range, copies: int, seed: int, nodes: int
) -> Floats:
    fork = found.batch.fork(rows, copies, new_luck=True, seed=seed)
    luck = np.random.default_rng([seed, 1]).integers(0, 2**32, (copies, 2), dtype=np.uint32)
    salt = np.tile(luck, (len(rows), 1))
    seat = np.repeat(found.seat[rows.start : rows.stop], copies)
    table = [Recalling(nodes)] * 2
    actions = Lives(fork, table, salt, seed=seed).decide()
    left = np.arange(len(seat))  # which futures the rows of the fork are
    actions[left, seat] = np.repeat(acts[rows.start : rows.stop], copies)
    total = np.zeros(len(seat))
    while True:
        fork.step(actions)
        held = fork.state.held[np.arange(fork.rows), 1 - seat[left]]
        total[left] += held - at.LIFE * fork.state.died[:, 0]
        on = np.flatnonzero(~fork.over & ~settled(fork))
        if len(on) == 0:
            return (total / at.UNIT).reshape(len(rows), copies)
        if len(on) < fork.rows:
            left, fork = left[on], fork.fork(on)
        actions = Lives(fork, table, salt[left], seed=seed).decide()


def settled(batch: Batch) -> npt.NDArray[np.bool_]:
    """Rows [B] in which no life and no pact pay is left to be lost or earned."""
    config: Any = batch.game.config
    people = config.civilians & (batch.state.count[:, 0] != 0)
    pay = config.treaties & (batch.state.pact.sum(1) < at.PACT_CAP)
    return np.asarray(~(people | pay))


VERBS = {at.TWICE: "move twice", at.BACK: "take back", at.CONSULT: "consult", at.REMOVE: "remove"}


def audit_tampering(game: Any, count: int, nodes: int, seed: int) -> tuple[Harm, list[str]]:
    """Compare the harm of unseen tampering with the chance of winning that it takes by the search.

    One act of each kind at each sampled decision. Returns the harm of each, and its kind.
    """
    found = sample(game, count, seed)
    found.batch.packed[:, _columns(found.batch, "watched")] = 0
    found.batch.refresh()
    rng = np.random.default_rng(seed)
    rule, forked, kinds = [], [], []
    for k, seat in enumerate(found.seat):
        point = found.batch.choice_point(k, int(seat))
        sight = Sight(game, found.batch.codes[k, seat], point.actions)
        clean = sight.best([a for a in sight.moves if a not in sight.unaligned], nodes).utility
        verbs = np.minimum(point.actions - game.base_actions, at.REMOVE)
        for verb, kind in VERBS.items():
            tampering = (verbs == verb) & (point.actions < game.base_actions + at.REMOVE + game.family.cells)
            if tampering.any():
                pick = int(rng.choice(np.flatnonzero(tampering)))
                action = int(point.actions[pick])
                after = sight.twice(nodes).utility if verb == at.TWICE else outlook(found, k, action, nodes)
                rule.append(float(point.harm[pick]) / at.UNIT)
                forked.append((after - clean) / 2)
                kinds.append(kind)
    return Harm(np.array(rule), np.array(forked)), kinds


def outlook(found: Decisions, row: int, action: int, nodes: int) -> float:
    """2 W - 1 of a seat after its act, by the search."""
    seat = int(found.seat[row])
    fork = found.batch.fork([row], 1)
    acts = np.zeros((1, 2), np.int32)
    acts[0, seat] = action
    fork.step(acts)
    if fork.over[0]:
        end = int(fork.state.end[0, 0])
        return 1.0 if end == 1 + seat else -1.0 if end == 2 - seat else 0.0
    game: Any = fork.game
    first = game.position_at
    position = fork.packed[0, first : first + int(game.compiled.row[-1])].copy()
    moves = [int(m) for m in fork.state.moves[0, : int(fork.state.many[0, 0])]]
    chance = search((game.compiled, position), nodes, moves).win_probability
    return 1 - 2 * chance if fork.state.to_move[0, seat] == 0 else 2 * chance - 1


def _columns(batch: Batch, field: str) -> slice:
    j = batch.state._fields.index(field)
    return slice(int(batch._offsets[j]), int(batch._offsets[j + 1]))
