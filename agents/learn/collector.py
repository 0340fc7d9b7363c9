"""Rollouts of a network on a batch: one call of the network a step for all of its seats in all rows.

Observations, masks and what was paid stay on the batch's device. The pairs (row, seat) that learn share
the network (self-play); other seats may hold any policies, which see observations and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gyges.agents.nn.network_spec import fits
from gyges.agents.nn.networks import ActorCritic, Answer
from gyges.agents.rewards import RewardSource, Step, TaskReward, check_paid, check_source
from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER, violations
from gyges.envs.errors import ConfigError, DivergedError
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Seats
from gyges.envs.rollout import External, PolicyGroup, Seating


class Rollout(NamedTuple):
    """T steps of R pairs, as tensors on the device. Overwritten by the next rollout."""

    features: Tensor  # float32 [T, R, F]
    bits: Tensor  # uint8 [T, R, ceil(A / 8)] packed masks
    first: Tensor  # bool [T, R] an episode begins here
    action: Tensor  # int64 [T, R]
    log_probability: Tensor  # float32 [T, R] of the action when it was drawn
    value: Tensor  # float32 [T, R]
    reward: Tensor  # float32 [T, R] what the reward source paid, in the game's unit
    moved: Tensor  # bool [T, R] the pair had a decision to make
    done: Tensor  # bool [T, R] the pair's part ended with this step
    cut: Tensor  # float32 [T, R] value of the last observation where a time limit cut the pair, else 0
    memory: Tensor  # float32 [R, M] before the first step
    last_value: Tensor  # float32 [R] of the observation after the last step
    last_moves: Tensor  # bool [R] whether a decision is due there
    tally: dict[str, float]  # sums over the rollout: see `Collector.collect`


class Collector:
    """Plays a network on a batch and keeps what learning needs.

    Args:
        game: what is played.
        network: on the device of the batch.
        rows, steps: rows B of the batch, and steps T a rollout.
        seed: of the environments, of the network's draws and of other policies' luck.
        device: "cpu" or "cuda"; the batch, the network and the rollouts lie there.
        reward: what the learner is paid; the task's reward by default.
        seats: who sits where, None for the learner; the learner everywhere by default (self-play).
        reference: a network whose log-probability of each action is taken beside; its own condition.
        condition: token given to the network at every step.
        gamma: discount of the running return by which rewards may be scaled.
        labels: what the batch judges; raised to what the reward source needs.
        threads: CPU threads of the batch and of torch; by default all cores, and torch's own number.
    """

    def __init__(
        self,
        game: Game,
        network: ActorCritic,
        *,
        rows: int,
        steps: int,
        seed: int = 0,
        device: str = "cpu",
        reward: RewardSource | None = None,
        seats: Seats | None = None,
        reference: tuple[ActorCritic, int | None] | None = None,
        condition: int | None = None,
        gamma: float = 0.99,
        labels: str = "off",
        threads: int | None = None,
    ) -> None:
        if threads:
            torch.set_num_threads(threads)
        fits(network.spec, game)
        if reference is not None:
            fits(reference[0].spec, game)
        self.game, self.network, self.steps, self.gamma = game, network, steps, gamma
        self.source = TaskReward() if reward is None else reward
        check_source(self.source)
        order = ("off", "taken", "full")
        self.labels = max(labels, self.source.labels, key=order.index)
        self.batch = Batch(
            game, rows, seed=seed, device=device, labels=self.labels, autoreset="same_step", threads=threads
        )
        self.device = torch.device(device)
        self.generator = torch.Generator(self.device).manual_seed(seed & 0x7FFF_FFFF_FFFF_FFFF)
        self._seat(seats, seed)
        self.reference, self.condition = reference, condition
        self._allocate()

    def _seat(self, seats: Seats | None, seed: int) -> None:
        shape = (self.batch.rows, self.game.num_agents)
        learns = np.ones(shape, np.bool_)
        self.seating: Seating | None = None
        self.outside = External()
        if seats is not None:
            if len(seats) != shape[0] or any(len(row) != shape[1] for row in seats):
                raise ConfigError(f"seats are a policy or None each, of shape {list(shape)}")
            learns = np.array([[policy is None for policy in row] for row in seats], np.bool_)
        if not learns.any():
            raise ConfigError("no seat is left to the learner")
        if not learns.all():
            if self.batch.on_cuda:
                raise ConfigError("other policies at the table need device='cpu'")
            assert seats is not None
            full = [[self.outside if policy is None else policy for policy in row] for row in seats]
            self.seating = Seating(self.batch, full, seed=seed)
        pairs = np.flatnonzero(learns.reshape(-1))
        self.pairs = None if learns.all() else torch.as_tensor(pairs, device=self.device)
        self.row = torch.as_tensor(pairs // shape[1], device=self.device)
        self.seat = torch.as_tensor(pairs % shape[1], device=self.device)

    def _allocate(self) -> None:
        steps, rows, device = self.steps, len(self.seat), self.device
        game, batch = self.game, self.batch

        def make(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
            return torch.zeros(shape, dtype=dtype, device=device)

        def seen(array: Any) -> Tensor:
            return array if isinstance(array, Tensor) else torch.from_numpy(array)

        self.features = make(steps, rows, game.observation_size)
        self.bits = make(steps, rows, game.mask_bytes, dtype=torch.uint8)
        self.first = make(steps, rows, dtype=torch.bool)
        self.action = make(steps, rows, dtype=torch.int64)
        self.log_probability, self.value, self.reward = (make(steps, rows) for _ in range(3))
        self.moved, self.done = (make(steps, rows, dtype=torch.bool) for _ in range(2))
        self.cut = make(steps, rows)
        self.divergence = make(steps, rows)
        self.running, self.runs = make(rows), make(steps, rows)
        self.earned = make(rows)  # task reward so far this episode
        self.scored = make(rows)  # what the reward source paid so far this episode
        self.memory = self.network.initial(rows)
        self.kept = torch.zeros(0) if self.reference is None else self.reference[0].initial(rows)
        self.source_memory = self.source.initial(batch.rows, game.num_agents)
        self.scale = torch.as_tensor(game.scale, device=device)
        self._codes, self._bits = seen(batch.codes), seen(batch.bits)
        self._terminated, self._truncated = seen(batch.terminated), seen(batch.truncated)
        self._ledger, self._final = seen(batch.ledger), seen(batch.final)
        self._acts = make(batch.rows, game.num_agents, dtype=torch.int32)

    def of(self, array: Tensor) -> Tensor:
        """The learner's part [R, ...] of an array [B, N, ...]."""
        flat: Tensor = array.flatten(0, 1)
        return flat if self.pairs is None else flat[self.pairs]

    def collect(self) -> Rollout:
        """Play T steps.

        The tally sums over the rollout: steps of the batch, decisions, episodes ended (counted per
        pair), their task return and score, violations (labels kept only), log-ratio to the reference.

        Raises:
            DivergedError: the reward source or the network gave numbers that are not finite.
        """
        memory = self.memory
        tally = torch.zeros(4, device=self.device)  # episodes, their return, their score, violations
        with torch.no_grad():
            for t in range(self.steps):
                self._step(t, tally)
            last = self._ask(None)
            self._check()
        moved = float(self.moved.sum())
        numbers = [float(x) for x in tally.tolist()]
        sums = dict(zip(("episodes", "return", "score", "violations"), numbers, strict=True))
        sums.update(steps=float(self.steps), decisions=moved, divergence=float(self.divergence.sum()))
        moves = self.of(torch.as_tensor(self.batch.state.to_move, device=self.device)) != 0
        return Rollout(
            self.features, self.bits, self.first, self.action, self.log_probability, self.value,
            self.reward, self.moved, self.done, self.cut, memory, last, moves, sums,
        )  # fmt: skip

    def stagger(self, longest: int = 512) -> None:
        """Spread the rows over the episode, so that no rollout is all beginnings or all ends.

        Plays some `longest` steps (the horizon at most) and ends an equal part of the rows after each.
        """
        rows, tally = self.batch.rows, torch.zeros(4, device=self.device)
        count = min(longest, self.game.config.horizon)
        with torch.no_grad():
            for k in range(count):
                ended = np.zeros(rows, np.bool_)
                ended[k * rows // count : (k + 1) * rows // count] = True
                self._step(0, tally, ended)

    def _ask(self, t: int | None) -> Tensor:
        """Ask the network what to do at step t; with None, the value of the present [R]."""
        features = torch.mul(self.of(self._codes), self.scale)
        bits, begun = self.of(self._bits), self._begun()
        if t is None:
            token = self._token(self.condition, self.seat)
            value: Tensor = self.network(features, bits, self.seat, token, self.memory, begun).value
            return value
        self.features[t], self.bits[t], self.first[t] = features, bits, begun
        uniform = torch.rand(len(self.seat), generator=self.generator, device=self.device)
        movers = self._movers()
        if movers is None:
            self._choose(t, slice(None), features, bits, begun, uniform)
        else:
            for array in (self.action, self.value, self.log_probability, self.divergence):
                array[t] = 0  # a seat that is not to move has one legal action, 0
            self._choose(t, movers, features[movers], bits[movers], begun[movers], uniform[movers])
        return self.value[t]

    def _choose(
        self, t: int, pairs: Tensor | slice, features: Tensor, bits: Tensor, begun: Tensor, uniform: Tensor
    ) -> None:
        """Let some of the pairs [r] choose at step t."""
        seat = self.seat[pairs]
        answer: Answer = self.network(
            features, bits, seat, self._token(self.condition, seat), self.memory[pairs], begun
        )
        shares = answer.logits.log_softmax(1)
        action = pick(answer.logits.softmax(1), uniform)
        chosen = shares.gather(1, action.unsqueeze(1)).squeeze(1)
        self.value[t, pairs], self.action[t, pairs] = answer.value, action
        self.log_probability[t, pairs] = chosen
        if self.reference is not None:
            network, token = self.reference
            other = network(features, bits, seat, self._token(token, seat), self.kept[pairs], begun)
            foretold = other.logits.log_softmax(1).gather(1, action.unsqueeze(1)).squeeze(1)
            self.divergence[t, pairs] = chosen - foretold
            if isinstance(pairs, slice):
                self.kept = other.memory
        if isinstance(pairs, slice):
            self.memory = answer.memory

    def _movers(self) -> Tensor | None:
        """The pairs that are to move; None: ask all (to remember, or to spare the device a wait)."""
        networks = [self.network] if self.reference is None else [self.network, self.reference[0]]
        if self.batch.on_cuda or any(network.spec.memory_size for network in networks):
            return None
        moves = self.of(torch.as_tensor(self.batch.state.to_move)) != 0
        movers = moves.nonzero().squeeze(1)
        return None if len(movers) == len(moves) else movers

    def _begun(self) -> Tensor:
        begun: Tensor = torch.as_tensor(self.batch.first, device=self.device)[self.row]
        return begun

    def _token(self, token: int | None, seat: Tensor) -> Tensor | None:
        return None if token is None else torch.full_like(seat, token)

    def _step(self, t: int, tally: Tensor, cut: npt.NDArray[np.bool_] | None = None) -> None:
        """One step, kept at t; rows in `cut` [B] begin their next episode after it."""
        batch = self.batch
        self._ask(t)
        before = batch.codes
        if getattr(self.source, "reads_codes", True):
            before = before.clone() if isinstance(before, Tensor) else before.copy()
        first = batch.first
        actions = self._everyone(self.action[t])
        batch.step(actions, validate=not batch.on_cuda)
        if self.seating is not None:
            self.seating.book()
        ended = ((self._terminated | self._truncated) != 0).all(1)
        broken = ended if cut is None else ended | torch.as_tensor(cut, device=self.device)
        over = broken if batch.on_cuda else broken.numpy()
        step = Step(
            self.game, before, actions, batch.reward, batch.welfare, batch.ledger, first, over
        )  # fmt: skip
        paid = self.source(step, self.source_memory)
        score, self.source_memory = check_paid(self.source, paid, *self._acts.shape)
        task = score if type(self.source) is TaskReward else TASK(step, None)[0]
        self._record(t, torch.as_tensor(score), torch.as_tensor(task), ended, tally)
        if cut is not None and cut.any():
            batch.reset_rows(cut & ~ended.cpu().numpy())
            kept = ~broken[self.row]
            for sums in (self.running, self.earned, self.scored):
                sums *= kept

    def _everyone(self, action: Tensor) -> Any:
        """Actions of all seats [B, N], int32."""
        if self.seating is None:
            self._acts.view(-1).copy_(action)
        else:
            self.outside.next = Decision(action.int().numpy(), None)
            self._acts.copy_(torch.from_numpy(self.seating.decide()))
        return self._acts if self.batch.on_cuda else self._acts.numpy()

    def _record(self, t: int, score: Tensor, task: Tensor, ended: Tensor, tally: Tensor) -> None:
        ledger = self._ledger
        paid = self.of(score)
        terminated = self.of(self._terminated) != 0
        truncated = self.of(self._truncated) != 0
        self.reward[t] = paid
        self.moved[t] = self.of(ledger[..., LEDGER.moved]) != 0
        self.done[t] = terminated | truncated
        self.cut[t] = 0
        if bool((truncated & ~terminated).any()):
            self._bootstrap(t, truncated & ~terminated, ended)
        self.runs[t] = self.running.mul_(self.gamma).add_(paid)
        self.running *= ~self.done[t]
        self.earned += self.of(task)
        self.scored += paid
        if bool(ended.any()):
            over = ended[self.row]
            tally[0] += over.sum()
            tally[1] += (self.earned * over).sum()
            tally[2] += (self.scored * over).sum()
            self.earned *= ~over
            self.scored *= ~over
        if self.labels != "off":
            tally[3] += self.of(violations(ledger)).sum()

    def _bootstrap(self, t: int, cut: Tensor, ended: Tensor) -> None:
        """Value the last observation of the pairs that a time limit cut at step t."""
        here = cut.nonzero().squeeze(1)
        codes = torch.where(ended[:, None, None], self._final, self._codes)
        features = torch.mul(self.of(codes)[here], self.scale)
        token = self._token(self.condition, here)
        answer = self.network(features, self.bits[t][here], self.seat[here], token, self.memory[here])
        self.cut[t, here] = answer.value

    def _check(self) -> None:
        if self.batch.on_cuda:
            self.batch.illegal()
        if not bool(torch.isfinite(self.reward).all()):
            raise DivergedError(f"{type(self.source).__name__} paid a reward that is not finite")
        if not bool(torch.isfinite(self.value).all()):
            raise DivergedError("the network's values are not finite")

    # What is saved with a run.

    def state(self) -> dict[str, Any]:
        """Environments, luck and memories, as a tree of arrays."""
        seating = self.seating
        return {
            "rows": self.batch.snapshot().rows,
            "luck": self.generator.get_state(),
            "memory": self.memory,
            "kept": self.kept,
            "running": [self.running, self.earned, self.scored],
            "source": self.source_memory,
            "groups": [group.memory for group in self._others()],
            "since": None if seating is None else seating.since,
        }

    def take(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state, its tensors as NumPy arrays."""
        self.batch.restore(self.batch.snapshot()._replace(rows=state["rows"]))
        self.generator.set_state(torch.from_numpy(state["luck"]))
        self.memory = torch.from_numpy(state["memory"]).to(self.device)
        self.kept = torch.from_numpy(state["kept"]).to(self.device)
        for own, saved in zip((self.running, self.earned, self.scored), state["running"], strict=True):
            own.copy_(torch.from_numpy(saved))
        self.source_memory = state["source"]
        for group, memory in zip(self._others(), state["groups"], strict=True):
            group.memory = memory
        if self.seating is not None:
            self.seating.since[:] = state["since"]

    def _others(self) -> list[PolicyGroup]:
        """The other policies at the table."""
        groups = [] if self.seating is None else self.seating.groups
        return [group for group in groups if group.policy is not self.outside]


TASK = TaskReward()


def pick(probability: Tensor, uniform: Tensor) -> Tensor:
    """Draw one action per row by the inverse of the distribution function; int64 [R].

    An action of probability 0 is never drawn: the point stays below the total, and the first sum above
    the point belongs to an action that raised it.
    """
    total = probability.cumsum(1)
    point = uniform.unsqueeze(1) * (total[:, -1:] * (1 - 1e-6))
    return (total <= point).sum(1)
