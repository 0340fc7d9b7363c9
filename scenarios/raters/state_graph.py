"""Every state that one seat can reach in a small game, and what each of its acts pays and leads to.

The game's own compiled rules are stepped from every state with every legal act, so that nothing is told
twice. States that look alike to the seat are merged once it is checked that they go on alike. The only
luck allowed is the focal seat's watch bit, which is branched over with its chance; other luck is an error.
`gyges.scenarios.raters.dynamic_programming` solves what is found here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch, Snapshot
from gyges.envs.errors import ConfigError
from gyges.envs.game import Game
from gyges.envs.policy import Policy
from gyges.envs.rollout import Seating

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
CHUNK = 1 << 12
"""Rows that are stepped at once."""


class Layer(NamedTuple):
    """What one seat may do at one step: S states, P pairs of state and act, sorted by state and act."""

    codes: npt.NDArray[Any]  # [S, F] what the seat sees
    start: Ints  # [S + 1] where each state's pairs begin
    action: npt.NDArray[np.int32]  # [P]
    reward: npt.NDArray[np.int32]  # [P] 1 / game.reward_scale
    welfare: npt.NDArray[np.int32]  # [P]
    ledger: npt.NDArray[np.int32]  # [P, 12]
    over: npt.NDArray[np.bool_]  # [P] the episode ends
    follow: Ints  # [P, 2 K] the next layer's states by outcome, if unwatched and if watched; -1 where over
    chance: Floats  # [P, 2 K] of each


class Graph(NamedTuple):
    """All that can happen to one seat among fixed neighbours."""

    game: Game
    seat: int
    begin: Ints  # [2] first states, unwatched and watched
    chance: Floats  # [2]
    layers: list[Layer]


def explore(game: Game, background: Policy, seat: int = 0, *, most: int = 2_000_000) -> Graph:
    """Every state that a seat can reach, and every act in it.

    Args:
        game: small, of no luck but the watch and stated outcomes, with ``cue`` 1.
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
        self.at = game.fields

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
        for name in ("watched", "cue_shown"):
            rows[which, self.at[name].start + self.seat] = 0

    def canonical(self, rows: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """States without what cannot bear on the future: seed, placebo, and whether others are watched."""
        rows = rows.copy()
        for name in ("origin", "episode", "key", "placebo"):
            rows[:, self.at[name]] = 0
        for name in ("watched", "cue_shown"):
            others = np.delete(np.arange(self.at[name].start, self.at[name].stop), self.seat)
            rows[:, others] = 1
        return rows

    def branch(
        self, rows: npt.NDArray[np.int32], redrawn: npt.NDArray[np.bool_], odds: Floats | float = 1.0
    ) -> tuple[npt.NDArray[np.int32], Ints, Floats]:
        """Distinct states after the watch is drawn; where each row, which has a chance already, goes [R, 2],
        with what chance [R, 2]."""
        told = [self.at[name].start + self.seat for name in ("watched", "cue_shown")]
        both = np.repeat(rows[:, None], 2, axis=1)
        for k in (0, 1):
            both[redrawn, k, told[0]] = both[redrawn, k, told[1]] = k
        now = rows[:, told[0]] != 0
        ring = float(self.game.config.ring)
        chance = np.where(redrawn[:, None], [ring, 1 - ring], np.stack([~now, now], axis=1))
        chance = chance * np.asarray(odds).reshape(-1, 1)
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
        found = [self.every(seen.states[which][owner[k : k + CHUNK]], acts[k : k + CHUNK])
                 for k in range(0, len(owner), CHUNK)]  # fmt: skip
        after, lots, redrawn, *rest = (np.concatenate(part) for part in zip(*found, strict=True))
        after = after.reshape(-1, after.shape[-1])
        self.forget(after, np.repeat(redrawn, lots.shape[1]))
        return (owner, action, self.look(after).codes, lots, redrawn, *rest)

    def every(
        self, rows: npt.NDArray[np.int32], acts: npt.NDArray[np.int32], *, check: bool = False
    ) -> tuple[Any, ...]:
        """What a step may lead to: states [R, K, W] by outcome, chances [R, K], and the rest as in `step`.

        Raises:
            ConfigError: the act itself pays by luck, or (where it is checked) there is luck not stated.
        """
        state = self.game.State(*(rows[:, self.at[name]] for name in self.game.State._fields))
        lots = self.game.outcomes(state, acts)
        if lots is None:
            lots = np.ones((len(rows), 1))
        found = []
        for k in range(lots.shape[1]):
            dealt = rows.copy()
            if lots.shape[1] > 1:
                dealt[:, self.at["lot"]] = k + 1
            found.append(self.step(dealt, acts))
            if check:
                self._check_luck(dealt, acts, found[-1])
        if any((a != b).any() for one in found[1:] for a, b in zip(one[1:], found[0][1:], strict=True)):
            raise ConfigError(f"{self.game.id} cannot be solved: an act pays by the luck of its own step")
        return (np.stack([one[0] for one in found], axis=1), lots, *found[0][1:])

    def expand(self, view: View) -> tuple[Layer, npt.NDArray[np.int32]]:
        """One layer, and the states of the next."""
        owner, action = np.nonzero(view.legal)
        parts = []
        for low in range(0, len(owner), CHUNK):
            which = slice(low, low + CHUNK)
            acts = view.others[owner[which]]
            acts[:, self.seat] = action[which]
            parts.append(self.every(view.states[owner[which]], acts, check=low == 0))
        columns = [np.concatenate(part) for part in zip(*parts, strict=True)]
        after, lots, redrawn, reward, welfare, ledger, over = columns
        met = lots.any(axis=0)
        after, lots = after[:, met], lots[:, met]
        count = lots.shape[1]
        follow = np.full((len(owner), 2 * count), -1, np.int64)
        chance = np.zeros((len(owner), 2 * count))
        following = after[:0, 0]
        if not over.all():
            some = after[~over].reshape(-1, after.shape[-1])
            drawn = np.repeat(redrawn[~over], count)
            following, ahead, each = self.branch(some, drawn, lots[~over].reshape(-1))
            follow[~over], chance[~over] = ahead.reshape(-1, 2 * count), each.reshape(-1, 2 * count)
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
        redrawn = self.game.watch_drawn(batch.state)
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
