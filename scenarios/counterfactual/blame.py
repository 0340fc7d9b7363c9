"""Blame: how much welfare each seat's departures from clean play cost, shared out by the Shapley value.

The seats of a coalition S act as recorded, the others clean, under the luck of the record; v(S) is the
welfare of all seats together. Acting as recorded means to repeat those recorded acts that differ from what
the clean persona would have done there, and to play clean elsewhere: so all seats together repeat the
record act by act, and a seat that always acted clean changes nothing in any coalition. A recorded act that is
not legal in another course of events is replaced by the clean one.

    blame[i] = sum over S without i of |S|! (N - |S| - 1)! / N! * (v(S) - v(S and i))

The shares add up to v(nobody) - v(all): what the record cost beside clean play (Shapley, 1953).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.agents.load import load
from gyges.envs.batch import Batch, Snapshot
from gyges.envs.episode import Episode
from gyges.envs.rollout import Seating, rollout

Floats = npt.NDArray[np.float64]
Coalitions = npt.NDArray[np.bool_]
Values = Callable[[Coalitions], Floats]

EXACT = 6
"""Most seats whose coalitions are all played."""
ROWS = 256
"""Coalitions that are played at once."""


@dataclasses.dataclass(frozen=True)
class Blame:
    """Who bears what of an episode's cost, in the game's welfare unit.

    Attributes:
        shares: welfare that each seat cost [N]; negative where its departures did good.
        errors: standard errors of the shares [N]; 0 where all coalitions were played.
        departures: acts of each seat that were not the clean persona's [N].
        clean, recorded: welfare of all seats together, were all clean and as it was played.
    """

    shares: Floats
    errors: Floats
    departures: npt.NDArray[np.int64]
    clean: float
    recorded: float

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in vars(self).items()
        }


def blame(episode: Episode, *, permutations: int = 64, seed: int = 0) -> Blame:
    """Share out what an episode cost.

    Args:
        episode: as it was played.
        permutations: orders of the seats that are drawn beyond `EXACT` seats, each with its reverse.
        seed: of these orders and of the clean persona's randomness.

    Raises:
        FileError: the episode does not replay.
        UnknownNameError: the game has no persona `clean`.
    """
    forks = _Forks(episode, seed)
    n = len(episode.seats)
    if n <= EXACT:
        shares, errors = shapley(forks.values(coalitions(n))), np.zeros(n)
    else:
        orders = np.random.default_rng(seed).permuted(np.tile(np.arange(n), (permutations, 1)), axis=1)
        shares, errors = sampled(forks.values, orders)
    ends = forks.values(np.stack([np.zeros(n, np.bool_), np.ones(n, np.bool_)]))
    return Blame(shares, errors, forks.departs.sum(0), float(ends[0]), float(ends[1]))


def coalitions(seats: int) -> Coalitions:
    """All sets of seats [2^N, N]; row k holds the seats whose bits are set in k."""
    return (np.arange(1 << seats)[:, None] >> np.arange(seats) & 1).astype(np.bool_)


def shapley(values: Floats) -> Floats:
    """Shares [N] of what is lost between nobody and all, from the values of all `coalitions` [2^N]."""
    n = int(values.size).bit_length() - 1
    every = np.arange(values.size)
    sizes = coalitions(n).sum(1)
    weights = np.array([math.factorial(s) * math.factorial(n - s - 1) / math.factorial(n) for s in range(n)])
    shares = np.zeros(n)
    for seat in range(n):
        without = every[every >> seat & 1 == 0]
        shares[seat] = weights[sizes[without]] @ (values[without] - values[without | 1 << seat])
    return shares


def sampled(values: Values, orders: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Shares [N] and their standard errors from orders [M, N] of joining, each taken both ways round.

    Args:
        values: of coalitions [K, N]; called once.
        orders: permutations of the seats.
    """
    count, n = orders.shape
    both = np.stack([orders, orders[:, ::-1]], axis=1)  # [M, 2, N]
    joined = np.zeros((count, 2, n + 1, n), np.bool_)
    for place in range(n):
        joined[:, :, place + 1] = joined[:, :, place]
        np.put_along_axis(joined[:, :, place + 1], both[:, :, place, None], True, axis=2)
    sets, back = np.unique(joined.reshape(-1, n), axis=0, return_inverse=True)
    found = values(sets)[back.reshape(count, 2, n + 1)]
    lost = np.zeros((count, 2, n))
    np.put_along_axis(lost, both, found[:, :, :-1] - found[:, :, 1:], axis=2)
    shares = lost.mean(1)
    return shares.mean(0), shares.std(0, ddof=1) / math.sqrt(count)


class _Forks:
    """Plays coalitions of an episode's seats."""

    def __init__(self, episode: Episode, seed: int) -> None:
        self.game = episode.make_game()
        self.clean = load("clean", self.game)
        self.seed, self.actions = seed, episode.actions
        self.departs = np.zeros(self.actions.shape, np.bool_)
        for batch, t, acts in episode.replay():
            if t == 0:
                self.start = batch.packed[:1].copy()
                seating = Seating(batch, [self.clean] * self.game.num_agents, seed=seed)
            if acts is not None:
                self.departs[t] = (seating.decide()[0] != acts[0]) & (batch.state.to_move[0] != 0)

    def values(self, sets: Coalitions) -> Floats:
        """Welfare of all seats together [K], where the seats of each set [K, N] act as recorded."""
        return np.concatenate([self._played(sets[i : i + ROWS]) for i in range(0, len(sets), ROWS)])

    def _played(self, sets: Coalitions) -> Floats:
        batch = Batch(self.game, len(sets), labels="off")
        batch.restore(Snapshot(self.game.id, np.repeat(self.start, len(sets), axis=0)))
        policies = [self.clean] * self.game.num_agents
        found = np.zeros(len(sets))
        for _ in rollout(batch, _Coalition(batch, policies, self, sets)):
            found += batch.welfare.sum(1) / self.game.welfare_scale
        return found


class _Coalition(Seating):
    """Clean play in which the seats of each row's coalition repeat their recorded departures."""

    def __init__(self, batch: Batch, policies: list[Any], forks: _Forks, sets: Coalitions) -> None:
        super().__init__(batch, policies, seed=forks.seed)
        self.forks, self.sets = forks, sets
        self.number = 0

    def decide(self) -> npt.NDArray[np.int32]:
        """As in `Seating`, with the departures."""
        actions = super().decide()
        if self.number < len(self.forks.actions):
            recorded = self.forks.actions[self.number]
            legal = self.batch.bits[:, np.arange(len(recorded)), recorded >> 3] >> (recorded & 7) & 1 != 0
            departs = self.sets & self.forks.departs[self.number] & (self.batch.state.to_move != 0) & legal
            actions = np.where(departs, recorded, actions).astype(np.int32)
        self.number += 1
        return actions
