"""Decisions drawn from played episodes, and the futures in which their acts are tried."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch
from gyges.envs.certificate import Certificate
from gyges.envs.game import Game
from gyges.envs.rollout import Group, Seating
from gyges.scenarios.counterfactual.forks import Futures

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
ROWS = 256
"""Episodes from which decisions are drawn by phase."""
AT_ONCE = 2048
"""Futures that are played together."""


class Decisions(NamedTuple):
    """Choice points taken from played episodes."""

    batch: Batch  # one row for each
    seat: Index  # [P] who decides
    phase: Index  # [P]


def sample(hook: Certificate, game: Game, count: int, seed: int) -> Decisions:
    """Decisions of episodes that the game's sampler plays in every seat."""
    draw = _contested if hook.phases is None else _by_phase
    chosen = draw(hook, game, count, seed)
    points = Batch(game, len(chosen))
    points.packed[:] = np.stack([packed for packed, _, _ in chosen])
    points.refresh()
    return Decisions(points, np.array([c[1] for c in chosen]), np.array([c[2] for c in chosen]))


def _by_phase(hook: Certificate, game: Game, count: int, seed: int) -> list[tuple[Any, int, int]]:
    """Evenly over the phases: (packed row, seat, phase)."""
    rng = np.random.default_rng(seed)
    batch = Batch(game, ROWS, seed=seed)
    seating = Seating(batch, [hook.sampler(game)] * game.num_agents, seed=seed)
    pool: dict[int, list[Any]] = {phase: [] for phase in hook.phases or range(len(game.phases))}
    each = -(-count // len(pool))
    while not batch.over.all():
        moving = (batch.state.to_move != 0) & ~batch.over[:, None]
        now = game.phase(batch.state)
        for phase in pool:
            rows, seats = np.nonzero(moving & (now == phase)[:, None])
            if len(rows):
                take = np.flatnonzero(rng.random(len(rows)) < each / (20.0 * len(batch.codes)))
                pool[phase] += [
                    (batch.packed[r].copy(), s, phase) for r, s in zip(rows[take], seats[take], strict=True)
                ]
        seating.step()
    return [found[k] for found in pool.values() for k in rng.permutation(len(found))[:each]]


def _contested(hook: Certificate, game: Game, count: int, seed: int) -> list[tuple[Any, int, int]]:
    """Contested decisions of whoever is to move, at most two an episode: (packed row, seat, phase)."""
    rng = np.random.default_rng(seed)
    rows = 2 * count
    batch = Batch(game, rows, seed=seed)
    seating = Seating(batch, [hook.sampler(game)] * game.num_agents, seed=seed)
    pool: list[tuple[Any, int, int]] = []
    taken = np.zeros(rows, int)
    while not batch.over.all() and len(pool) < 3 * count:
        for row in np.flatnonzero(~batch.over & (taken < 2) & (rng.random(rows) < 0.12)):
            seat = int(np.argmax(batch.state.to_move[row]))
            if batch.choice_point(int(row), seat).contested:
                pool.append((batch.packed[row].copy(), seat, int(game.phase(batch.state)[row])))
                taken[row] += 1
        seating.step()
    return [pool[k] for k in rng.permutation(len(pool))[:count]]


class _Lives(Futures):
    """`Futures` whose policies' luck is drawn from the seed [copies, 2]."""

    luck: npt.NDArray[np.uint32]

    def keys(self, group: Group) -> npt.NDArray[np.uint32]:
        """As in `Seating`, and a function of the future."""
        return np.asarray(Seating.keys(self, group) ^ self.luck[self.future[group.rows]])


def futures(
    hook: Certificate, found: Decisions, rows: Index, actions: Index, copies: int, seed: int
) -> tuple[Floats, Floats]:
    """Play on from acts, the bystander in every seat.

    Args:
        hook: the game's.
        found: the decisions.
        rows, actions: act k is ``actions[k]`` at decision ``rows[k]``.
        copies: futures of each; future j is the same luck for every act, so that differences are paired.
        seed: of the futures.

    Returns:
        The seat's own task return and what the others got (`Certificate.others`), in units
        [len(rows), copies] each.
    """
    at_once = max(1, AT_ONCE // copies)
    parts = [
        _futures(hook, found, rows[k : k + at_once], actions[k : k + at_once], copies, seed)
        for k in range(0, len(rows), at_once)
    ]
    own, others = (np.concatenate(column) for column in zip(*parts, strict=True))
    return own, others


def _futures(
    hook: Certificate, found: Decisions, rows: Index, actions: Index, copies: int, seed: int
) -> tuple[Floats, Floats]:
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
    own, others = np.zeros(len(seats)), np.zeros(len(seats))
    while True:
        fork.step(acts)
        own[left] += fork.reward[np.arange(fork.rows), seats[left]]
        others[left] += hook.others(fork, seats[left])
        on = np.flatnonzero(~hook.settled(fork))
        if len(on) == 0:
            shape = (len(rows), copies)
            return (own / game.reward_scale).reshape(shape), (others / game.welfare_scale).reshape(shape)
        if len(on) < fork.rows:
            left, fork = left[on], fork.fork(on)
            after = _Lives(fork, table, seating.future[on], seed=seed)
            after.luck = luck
            after.inherit(seating, on)
            seating = after
        acts = seating.decide()
