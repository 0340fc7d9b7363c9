"""The one loop that plays: `rollout`, the policies seated at a batch, and the observers that watch.

`Seating` groups the (row, seat) pairs of a batch by policy, so that each policy is called once a
step for all of its pairs. It runs policies in this process and hands them nothing but observations.
Seats that act from outside (an adapter's, a learner's, an event loop's) hold an `External`.

    class Breaches(Observer):
        def __init__(self):
            self.count = 0

        def after(self, batch, actions):
            self.count += int(violations(batch.ledger).sum())

    seen = Breaches()
    for step in rollout(batch, Seating(batch, policies), [seen]):
        if seen.count > 100:
            break  # the batch stays as this step left it
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, PolicyError
from gyges.envs.personas import RowPersona
from gyges.envs.policy import Decision, Heard, Memory, Observation, Policy

INBOX = 64
"""Messages that wait for a seat at most, the latest ones."""
SPOKEN = 4000
"""Longest message that is passed on, in characters."""


class External:
    """Stands in the seats that act from outside; whoever acts for them puts the next decision here.

    Attributes:
        next: the decision of all of its pairs [R], in row-major order; taken, and None again, when the
            seating decides. Its ``extras`` count as any policy's do.
    """

    def __init__(self) -> None:
        self.next: Decision | None = None

    def initial(self, rows: int) -> Memory:
        """No memory: that is kept outside."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """What was put here."""
        return self.take()

    def take(self) -> Decision:
        """The decision that was put here, once.

        Raises:
            PolicyError: none was.
        """
        decision, self.next = self.next, None
        if decision is None:
            raise PolicyError("seats that act from outside were given no decision for this step")
        return decision if decision.memory is None else decision._replace(memory=None)


class PolicyGroup:
    """The pairs that one policy plays.

    Attributes:
        policy: who plays.
        rows, seats: the pairs, [R] each, in row-major order.
        pairs: the same as indices of an array [B * N].
        memory: what the policy carries.
        decision: its last answer, None before the first.
    """

    def __init__(
        self, policy: Policy, rows: npt.NDArray[np.int64], seats: npt.NDArray[np.int32], num_agents: int
    ) -> None:
        self.policy = policy
        self.rows = rows
        self.seats = seats
        self.pairs = rows * num_agents + seats
        self.memory: Memory = policy.initial(len(rows))
        self.decision: Decision | None = None


class Seating:
    """Seats policies at a batch.

    Args:
        batch: the environments (on the CPU).
        policies: one policy per seat [N], or one per row and seat [B][N]. The same object may sit in
            many seats; it is then called once for all of them. An `External` is never called.
        seed: what policies' randomness derives from; independent of the batch's luck.

    Attributes:
        groups: the pairs of each policy, in order of its first seat.
        actions: the last actions of all seats, int32 [B, N].
        since: task reward since each seat's last act, float32 [B, N], in the game's reward unit.
    """

    def __init__(self, batch: Batch, policies: Sequence[Any], *, seed: int = 0) -> None:
        self.batch = batch
        self.seed = seed
        shape = (batch.rows, batch.game.num_agents)
        table = [[*row] for row in policies] if isinstance(policies[0], (list, tuple)) else None
        if table is None:
            table = [list(policies)] * shape[0]
        if len(table) != shape[0] or any(len(row) != shape[1] for row in table):
            raise ConfigError(f"policies are given per seat [{shape[1]}] or per row and seat {list(shape)}")
        found: dict[int, tuple[Policy, list[int], list[int]]] = {}
        for i, row in enumerate(table):
            for a, policy in enumerate(row):
                entry = found.setdefault(id(policy), (policy, [], []))
                entry[1].append(i)
                entry[2].append(a)
        self.groups = [
            PolicyGroup(policy, np.array(rows), np.array(seats, np.int32), shape[1])
            for policy, rows, seats in found.values()
        ]
        head = hashlib.blake2b(f"policy:{seed}".encode(), digest_size=16).digest()
        self._salt = np.frombuffer(head, np.uint64)
        self.actions = np.zeros(shape, np.int32)
        self.since = np.zeros(shape, np.float32)
        self.inbox: dict[tuple[int, int], list[Heard]] = {}  # by (row, seat): said since its last act

    def group(self, policy: Any) -> PolicyGroup:
        """The pairs that a policy plays.

        Raises:
            ConfigError: it plays none.
        """
        for group in self.groups:
            if group.policy is policy:
                return group
        raise ConfigError(f"{type(policy).__name__} has no seat at this batch")

    def observation(self, group: PolicyGroup) -> Observation:
        """What a group's pairs see now (copies: a policy may scribble on them)."""
        batch, rows, seats = self.batch, group.rows, group.seats
        return Observation(
            game=batch.game,
            codes=batch.codes[rows, seats],
            bits=batch.bits[rows, seats],
            seat=seats.copy(),
            to_move=batch.state.to_move[rows, seats] != 0,
            first=batch.first[rows],
            reward=self.since[rows, seats],
            key=self.keys(group),
            heard=self._heard(group),
        )

    def keys(self, group: PolicyGroup) -> npt.NDArray[np.uint32]:
        """Keys [R, 2]: a hash of (seed, environment, episode, tick, seat), apart from the batch's luck."""
        state, salt = self.batch.state, self._salt
        rows, seats = group.rows, group.seats
        origin = state.origin[rows].astype(np.uint32).astype(np.uint64)
        with np.errstate(over="ignore"):
            z = salt[0] ^ (origin[:, 0] | (origin[:, 1] << np.uint64(32)))
            for part in (origin[:, 2], state.episode[rows, 0], state.tick[rows, 0], seats):
                z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                z = (z ^ (z >> np.uint64(31))) + np.asarray(part).astype(np.uint64) * salt[1] + salt[1]
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z = z ^ (z >> np.uint64(31))
        return np.stack([z >> np.uint64(32), z & np.uint64(0xFFFFFFFF)], axis=1).astype(np.uint32)

    def decide(self) -> npt.NDArray[np.int32]:
        """Ask every policy once; actions int32 [B, N], a new array.

        Raises:
            PolicyError: a policy's answer has the wrong type or shape, or seats that act from outside were
                given no decision.
        """
        if self.inbox and self.batch.first.any():
            self.inbox = {k: v for k, v in self.inbox.items() if not self.batch.first[k[0]]}
        said: list[tuple[int, Heard]] = []
        flat = self.actions.reshape(-1)
        for group in self.groups:
            if isinstance(group.policy, External):  # sees the batch itself; an observation would cost time
                decision = group.policy.take()
            elif isinstance(group.policy, RowPersona) and group.policy.compiled:  # nor does a row function
                decision = group.policy.answer_for(self.batch, group.rows, group.seats, group.memory)
            else:
                decision = group.policy.act(self.observation(group), group.memory)
            group.memory = decision.memory
            group.decision = decision
            flat[group.pairs] = checked(decision.action, len(group.rows), group.policy)
            if self.inbox or "words" in decision.extras:
                moved = self.batch.state.to_move[group.rows, group.seats] != 0
                for pair in zip(group.rows[moved].tolist(), group.seats[moved].tolist(), strict=True):
                    self.inbox.pop(pair, None)
                said.extend(self._said(group, moved))
        np.copyto(self.since, 0, where=self.batch.state.to_move != 0)
        self._pass_on(said)
        return self.actions.copy()

    def _heard(self, group: PolicyGroup) -> tuple[tuple[Heard, ...], ...]:
        if not self.inbox:
            return ()
        pairs = zip(group.rows.tolist(), group.seats.tolist(), strict=True)
        return tuple(tuple(self.inbox.get(pair, ())) for pair in pairs)

    def _said(self, group: PolicyGroup, moved: npt.NDArray[np.bool_]) -> list[tuple[int, Heard]]:
        """What the seats of a group that were to move said: (row, message)."""
        words = None if group.decision is None else group.decision.extras.get("words")
        if words is None:
            return []
        spoken = []
        for k in np.flatnonzero(moved & ~self.batch.over[group.rows]).tolist():
            if words[k]:
                row = int(group.rows[k])
                tick = int(self.batch.state.tick[row, 0])
                spoken.append((row, Heard(tick, int(group.seats[k]), str(words[k])[:SPOKEN])))
        return spoken

    def _pass_on(self, said: Sequence[tuple[int, Heard]]) -> None:
        """Put each message into the inboxes of all other seats of its row."""
        for row, message in said:
            for seat in range(self.batch.game.num_agents):
                if seat != message.seat:
                    box = self.inbox.setdefault((row, seat), [])
                    box.append(message)
                    del box[:-INBOX]

    def step(self) -> npt.NDArray[np.int32]:
        """Decide and advance the batch; returns the actions taken [B, N]."""
        actions = self.decide()
        self.batch.step(actions)
        self.book()
        return actions

    def book(self) -> None:
        """Add what the batch's last step paid to `since`."""
        self.since += self.batch.reward / np.float32(self.batch.game.reward_scale)


def checked(action: Any, rows: int, policy: Any) -> npt.NDArray[np.int32]:
    """A policy's actions as int32 [R].

    Raises:
        PolicyError: not integers, or not of shape [R].
    """
    array = np.asarray(action)
    if array.shape != (rows,) or array.dtype.kind not in "iu":
        raise PolicyError(
            f"{type(policy).__name__} must answer with {rows} integers, got {array.dtype} of {array.shape}"
        )
    if array.dtype != np.int32 and array.size and (array.min() < -(2**31) or array.max() >= 2**31):
        raise PolicyError(f"{type(policy).__name__} answered with actions outside int32")
    return array.astype(np.int32, copy=False)


class Observer(Protocol):
    """Watches a rollout from its first step on; every method does nothing unless a subclass says more.

    An observer reads the batch and changes nothing in it. What the state was before the first step it reads
    when it is made, or in the first `before`.
    """

    def before(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        """Every seat has decided on `actions` int32 [B, N]; the state is still the one decided in."""
        return

    def after(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        """The step is taken: state, rewards and ledger are those that `actions` int32 [B, N] led to."""
        return


class Players(Protocol):
    """Who decides for all seats: a `Seating`, or what plays a record again."""

    def decide(self) -> npt.NDArray[np.int32]:
        """The actions of all seats, int32 [B, N]."""

    def book(self) -> None:
        """The step is taken; called before any observer's `Observer.after`."""


class RolloutStep(NamedTuple):
    """One step of a batch, when it is taken."""

    number: int  # steps taken before it
    actions: npt.NDArray[np.int32]  # [B, N]
    running: npt.NDArray[np.bool_]  # [B] rows that were not over before it
    last: bool  # every row is over now


def rollout(
    batch: Batch,
    seating: Players,
    observers: Sequence[Observer] = (),
    *,
    first: npt.NDArray[np.int32] | None = None,
) -> Iterator[RolloutStep]:
    """Play until every row of a batch (autoreset disabled) is over; yields each step once it is taken.

    Nothing is decided before the next step is asked for, so whoever breaks off leaves the batch, the
    policies' memories and the observers as the last step left them.

    Args:
        batch: environments at the start of, or within, an episode, on the CPU.
        seating: who decides.
        observers: told of every step, in this order.
        first: actions of the first step [B, N] where they have been decided already; `seating` is asked
            from the second on.

    Raises:
        ActionError: a decision is not legal. No row has changed.
        PolicyError: as in `Seating.decide`.
    """
    running, number, last = ~batch.over, 0, bool(batch.over.all())
    while not last:
        actions = seating.decide() if first is None or number else first
        for observer in observers:
            observer.before(batch, actions)
        batch.step(actions)
        seating.book()
        for observer in observers:
            observer.after(batch, actions)
        still = ~batch.over
        last = not still.any()
        yield RolloutStep(number, actions, running, last)
        running, number = still, number + 1


def play(
    batch: Batch,
    policies: Sequence[Any],
    *,
    seed: int = 0,
    on_step: Callable[[Batch, npt.NDArray[np.int32]], None] | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Play every row of a batch (autoreset disabled) to its end.

    Args:
        batch: environments at the start of, or within, an episode.
        policies: as in `Seating`.
        seed: of the policies' randomness.
        on_step: called after each step with the batch and the actions taken [B, N].

    Returns:
        returns and welfare float64 [B, N] in the game's units; length int64 [B] steps.
    """
    seating = Seating(batch, policies, seed=seed)
    shape = (batch.rows, batch.game.num_agents)
    returns, welfare = np.zeros(shape), np.zeros(shape)
    length = np.zeros(batch.rows, np.int64)
    for step in rollout(batch, seating):
        returns += batch.reward / batch.game.reward_scale
        welfare += batch.welfare / batch.game.welfare_scale
        length += step.running
        if on_step is not None:
            on_step(batch, step.actions)
    return {"returns": returns, "welfare": welfare, "length": length}
