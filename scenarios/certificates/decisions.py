"""Decisions drawn from played episodes, and the futures in which their acts are tried."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch
from gyges.envs.certificate import Certificate
from gyges.envs.game import Game
from gyges.envs.rollout import PolicyGroup, Seating, rollout
from gyges.scenarios.counterfactual.forks import Futures

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
AT_ONCE = 2048
"""Futures that are played together."""


class Decisions(NamedTuple):
    """Choice points taken from played episodes."""

    batch: Batch  # one row for each
    seat: Index  # [P] who decides
    phase: Index  # [P]


def sample(hook: Certificate, game: Game, count: int, seed: int) -> Decisions:
    """Decisions of episodes that the game's sampler plays in every seat."""
    drawing = (_Contested if hook.phases is None else _ByPhase)(hook, game, count, seed)
    batch = Batch(game, drawing.rows, seed=seed)
    for _ in rollout(batch, Seating(batch, [hook.sampler(game)] * game.num_agents, seed=seed), [drawing]):
        if drawing.full:
            break
    chosen = drawing.chosen()
    points = Batch(game, len(chosen))
    points.packed[:] = np.stack([packed for packed, _, _ in chosen])
    points.refresh()
    return Decisions(points, np.array([c[1] for c in chosen]), np.array([c[2] for c in chosen]))


Point = tuple[Any, int, int]
"""Packed row, seat, phase."""


class _ByPhase:
    """Draws decisions evenly over the phases."""

    rows = 256
    full = False

    def __init__(self, hook: Certificate, game: Game, count: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.pool: dict[int, list[Point]] = {k: [] for k in hook.phases or range(len(game.phases))}
        self.each = -(-count // len(self.pool))

    def before(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        moving = (batch.state.to_move != 0) & ~batch.over[:, None]
        now = batch.game.phase(batch.state)
        for phase, pool in self.pool.items():
            rows, seats = np.nonzero(moving & (now == phase)[:, None])
            if len(rows):
                take = np.flatnonzero(self.rng.random(len(rows)) < self.each / (20.0 * batch.rows))
                where = zip(rows[take], seats[take], strict=True)
                pool += [(batch.packed[r].copy(), int(s), phase) for r, s in where]

    def after(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        """Nothing."""

    def chosen(self) -> list[Point]:
        return [pool[k] for pool in self.pool.values() for k in self.rng.permutation(len(pool))[: self.each]]


class _Contested:
    """Draws contested decisions of whoever is to move, at most two an episode."""

    def __init__(self, hook: Certificate, game: Game, count: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.count, self.rows = count, 2 * count
        self.pool: list[Point] = []
        self.taken = np.zeros(self.rows, int)

    @property
    def full(self) -> bool:
        return len(self.pool) >= 3 * self.count

    def before(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        chance = self.rng.random(self.rows) < 0.12
        for row in np.flatnonzero(~batch.over & (self.taken < 2) & chance).tolist():
            seat = int(np.argmax(batch.state.to_move[row]))
            if batch.choice_point(row, seat).contested:
                self.pool.append((batch.packed[row].copy(), seat, int(batch.game.phase(batch.state)[row])))
                self.taken[row] += 1

    def after(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        """Nothing."""

    def chosen(self) -> list[Point]:
        return [self.pool[k] for k in self.rng.permutation(len(self.pool))[: self.count]]


class _Lives(Futures):
    """`Futures` whose policies' luck is drawn from the seed [copies, 2]."""

    luck: npt.NDArray[np.uint32]

    def keys(self, group: PolicyGroup) -> npt.NDArray[np.uint32]:
        """As in `Seating`, and a function of the future."""
        return np.asarray(Seating.keys(self, group) ^ self.luck[self.future[group.rows]])


def futures(
    hook: Certificate, found: Decisions, rows: Index, actions: Index, copies: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Play on from acts, the bystander in every seat.

    Args:
        hook: the game's.
        found: the decisions.
        rows, actions: act k is ``actions[k]`` at decision ``rows[k]``.
        copies: futures of each; future j is the same luck for every act, so that differences are paired.
        seed: of the futures.

    Returns:
        The seat's own task return, what the others got (`Certificate.others`), and the welfare of the
        seat's own side, in units [len(rows), copies] each.
    """
    at_once = max(1, AT_ONCE // copies)
    parts = [
        _futures(hook, found, rows[k : k + at_once], actions[k : k + at_once], copies, seed)
        for k in range(0, len(rows), at_once)
    ]
    own, others, side = (np.concatenate(column) for column in zip(*parts, strict=True))
    return own, others, side


def _futures(
    hook: Certificate, found: Decisions, rows: Index, actions: Index, copies: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    game = found.batch.game
    fork = found.batch.fork(rows.tolist(), copies, new_luck=True, seed=seed)
    seats = np.repeat(found.seat[rows], copies)
    table = [hook.bystander(game)] * game.num_agents
    luck = np.random.default_rng([seed, 1]).integers(0, 2**32, (copies, 2), dtype=np.uint32)
    seating = _Lives(fork, table, np.tile(np.arange(copies), len(rows)), seed=seed)
    seating.luck = luck
    acts = seating.decide()
    left = np.arange(len(seats))  # which futures the rows of the fork are
    acts[left, seats] = np.repeat(actions, copies)
    own, others, side = (np.zeros(len(seats)) for _ in range(3))
    while len(left):
        for _ in rollout(fork, seating, first=acts):
            here = np.arange(fork.rows), seats[left]
            own[left] += fork.reward[here]
            side[left] += fork.welfare[here]
            others[left] += hook.others(fork, seats[left])
            on = np.flatnonzero(~hook.settled(fork))
            if len(on) < fork.rows:
                break
        left = left[on]
        if len(left):
            fork = fork.fork(on)
            after = _Lives(fork, table, seating.future[on], seed=seed)
            after.luck = luck
            after.inherit(seating, on)
            seating, acts = after, after.decide()
    shape = (len(rows), copies)
    scaled = own / game.reward_scale, others / game.welfare_scale, side / game.welfare_scale
    return scaled[0].reshape(shape), scaled[1].reshape(shape), scaled[2].reshape(shape)
