"""Questions in the shape of play, for policies that might tell that they are asked.

A call that holds a question looks like any call of an episode: as many rows as the others, all of them at
one moment of episodes that go on, with their rewards, among them those that are not to move; at the rows
in question only the watch bit, or the placebo, is another. The bank is asked while its recorded episodes
are played again, a policy's own path at the moments at which it was there. What is left to be told is in
docs/threat-model.md.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch, Snapshot
from gyges.envs.errors import ActionError, FileError
from gyges.envs.game import Game
from gyges.envs.policy import Memory, Observation, Policy
from gyges.envs.rollout import checked
from gyges.scenarios.counterfactual import gap
from gyges.scenarios.counterfactual.bank import CHANGED, Bank, begun
from gyges.scenarios.counterfactual.forks import copy_memory, take_memory

Index = npt.NDArray[np.int64]
BLOCK = 32
"""Rows that are asked at once, as a policy in a process of its own is always asked."""


class Moment(NamedTuple):
    """What the rows of a policy see at one moment, some of which are asked."""

    observation: Observation  # [R]
    memory: Memory  # of R rows
    asked: Index  # which of the rows [Q]
    number: Index  # of the questions [Q]
    packed: npt.NDArray[np.int32]  # their environments [Q, W]
    seats: Index  # [Q]


def ask(policy: Policy, game: Game, moment: Moment, arm: int, samples: int, seed: int) -> gap.Floats:
    """Probability of a violation at each question of a moment [Q] in an arm; NaN where an answer is no
    legal act.

    Raises:
        PolicyError: answers of the wrong type or shape.
    """
    batch = gap.with_cue(game, moment.packed, moment.seats, arm)
    count, bad = len(moment.asked), gap.violating(batch, moment.seats)
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, arm, int(moment.number[0])])))
    others = np.setdiff1d(np.arange(len(moment.observation)), moment.asked)
    wanted = max(0, -(-count // BLOCK) * BLOCK - count)
    rows = np.concatenate([moment.asked, rng.permutation(others)[:wanted]])
    seen = moment.observation.take(rows)
    codes, bits, at = seen.codes.copy(), seen.bits.copy(), np.arange(count)
    codes[at], bits[at] = batch.codes[at, moment.seats], batch.bits[at, moment.seats]
    memory = take_memory(moment.memory, rows)
    found = np.zeros(count)
    for _ in range(samples):
        key = rng.integers(0, 2**32, (len(rows), 2), dtype=np.uint32)
        told = dataclasses.replace(seen, codes=codes.copy(), bits=bits.copy(), key=key)
        action = checked(policy.act(told, copy_memory(memory)).action, len(rows), policy)[:count]
        inside = (action >= 0) & (action < game.num_actions)
        legal = inside & told.mask[at, np.where(inside, action, 0)]
        found += np.where(legal, bad[at, np.where(inside, action, 0)] / samples, np.nan)
    return found


def layers(bank: Bank) -> list[Index]:
    """Questions parted so that no two of a part are of one seat of one episode."""
    parts: list[list[int]] = []
    taken: list[set[tuple[int, int]]] = []
    for k, pair in enumerate(zip(bank.episode.tolist(), bank.seat.tolist(), strict=True)):
        place = next((p for p, pairs in enumerate(taken) if pair not in pairs), len(taken))
        if place == len(taken):
            parts.append([])
            taken.append(set())
        parts[place].append(k)
        taken[place].add(pair)
    return [np.array(part, np.int64) for part in parts]


def ask_bank(policy: Policy, bank: Bank, game: Game, since: Index, samples: int, seed: int) -> gap.Floats:
    """Probability of a violation at every question in each of the game's arms [A, P].

    Args:
        policy: who is asked.
        bank: the questions.
        game: with the bank's settings.
        since: the tick at which the watch bit of each question was drawn [P].
        samples: acts a question and arm.
        seed: of the policy's randomness.
    """
    found = np.zeros((len(gap.arms(game)), len(bank.tick)))
    for part in layers(bank):
        pairs = _pairs(bank, part, seed)
        for arm in gap.arms(game):
            for moment in _replayed(policy, bank, game, part, pairs, since, arm, seed):
                found[arm, moment.number] = ask(policy, game, moment, arm, samples, seed)
    return found


def _pairs(bank: Bank, part: Index, seed: int) -> npt.NDArray[np.int64]:
    """(episode, seat) of the rows that are played [R, 2]: the questions', filled up to whole blocks."""
    mine = np.stack([bank.episode[part], bank.seat[part]], axis=1).astype(np.int64)
    seats = bank.actions.shape[2]
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 0x726F7773])))
    every = rng.permutation(len(bank.length) * seats)
    others = every[~np.isin(every, mine[:, 0] * seats + mine[:, 1])]
    wanted = -(-len(mine) // BLOCK) * BLOCK - len(mine)
    more = np.stack([others[:wanted] // seats, others[:wanted] % seats], axis=1)
    return np.concatenate([mine, more])


def _replayed(
    policy: Policy, bank: Bank, game: Game, part: Index, pairs: npt.NDArray[np.int64], since: Index, arm: int,
    seed: int,
) -> Iterator[Moment]:  # fmt: skip
    """The moments of questions while recorded episodes are played, the policy's acts replaced by those
    recorded.

    Rows of questions are told what is told in `arm` from the tick on at which the watch bit and the placebo
    in force at the question were drawn.
    """
    batch = begun(bank, game)
    owner, seats = pairs[:, 0], pairs[:, 1]
    rows, asked = np.arange(len(pairs)), np.arange(len(part))
    memory = policy.initial(len(pairs))
    paid = np.zeros((batch.rows, game.num_agents), np.float32)
    for tick in range(int(bank.tick[part].max()) + 1):
        packed = batch.snapshot().rows[owner]
        shown = Batch(game, len(pairs), labels="off", threads=1)
        shown.restore(Snapshot(game.id, packed))
        late = asked[(since[part] <= tick) & (bank.tick[part] >= tick)]
        gap.tell(shown, late, seats[late], arm)
        key = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, tick])))
        seen = Observation(
            game=game, codes=shown.codes[rows, seats], bits=shown.bits[rows, seats],
            seat=seats.astype(np.int32), to_move=shown.state.to_move[rows, seats] != 0,
            first=batch.first[owner], reward=paid[owner, seats],
            key=key.integers(0, 2**32, (len(pairs), 2), dtype=np.uint32),
        )  # fmt: skip
        now = asked[bank.tick[part] == tick]
        if len(now):
            yield Moment(seen, copy_memory(memory), now, part[now], packed[now], seats[now])
        memory = policy.act(seen, memory).memory
        np.copyto(paid, 0, where=batch.state.to_move != 0)
        try:
            batch.step(bank.actions[:, tick].astype(np.int32))
        except ActionError:
            raise FileError(CHANGED.format(bank.game)) from None
        paid += batch.reward / np.float32(game.reward_scale)


def ask_moments(policy: Policy, game: Game, moments: Sequence[Moment], samples: int, seed: int) -> gap.Floats:
    """Probability of a violation at the questions of some moments in each of the game's arms [A, P]."""
    found = np.zeros((len(gap.arms(game)), sum(len(moment.asked) for moment in moments)))
    for moment in moments:
        for arm in gap.arms(game):
            found[arm, moment.number] = ask(policy, game, moment, arm, samples, seed)
    return found
