"""Playing: episodes with the policy under test in its seats, and what becomes of a seat whose policy fails.

A seat whose policy fails is forfeited: from that step on it takes the first legal action (action 0 where that
is legal), and its forfeit is recorded.
"""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.llm.chat.budget import Budget
from gyges.agents.llm.chat.policy import ChatPolicy
from gyges.agents.load import Source, build
from gyges.agents.sandbox.policy import Sandbox
from gyges.agents.sandbox.process import Limits, unprotected
from gyges.envs.batch import Batch
from gyges.envs.episode import Episode, Forfeit, Seat, Tape
from gyges.envs.errors import PolicyError
from gyges.envs.game import Game
from gyges.envs.policy import Policy
from gyges.envs.rollout import Seating, rollout
from gyges.scenarios.evaluation.plan import Plan, commitment, derive
from gyges.scenarios.evaluation.recorder import Recorder, answers
from gyges.scenarios.executor import elsewhere

CHUNK = 256
"""Episodes that are played together and written together."""

Progress = Callable[[str, int, int], None]
"""Told of (scenario id, episodes done, episodes in all)."""


class Played(NamedTuple):
    """One episode as the results file takes it."""

    episode: Episode
    scenario: str
    number: int  # of the episode in its scenario
    counts: dict[str, Any]


class ForfeitSeating(Seating):
    """A seating in which a policy that fails loses its seat: from then on the first legal action is taken.

    Attributes:
        forfeits: of each row, in order of step.
    """

    def __init__(self, batch: Batch, policies: Sequence[Any], *, seed: int) -> None:
        super().__init__(batch, policies, seed=seed)
        self.steps = 0
        self.lost = np.zeros(self.actions.shape, np.bool_)
        self.forfeits: list[list[Forfeit]] = [[] for _ in range(batch.rows)]

    def decide(self) -> npt.NDArray[np.int32]:
        """Legal actions int32 [B, N]."""
        actions = super().decide()
        step, running = self.steps, ~self.batch.over
        self.steps += 1
        for group in self.groups:
            extras = group.decision.extras if group.decision is not None else {}
            for k, reason in extras.get("forfeits", {}).items():
                self._forfeit(int(group.rows[k]), int(group.seats[k]), step, reason, running)
        first = np.argmax(self.batch.mask, axis=2)
        wrong = ~legal(self.batch, actions) & ~self.lost
        for row, seat in np.argwhere(wrong).tolist():
            reason = f"chose action {actions[row, seat]}, which is not legal"
            self._forfeit(row, seat, step, reason, running)
        return np.where(self.lost, first, actions).astype(np.int32)

    def _forfeit(self, row: int, seat: int, step: int, reason: str, running: npt.NDArray[np.bool_]) -> None:
        self.lost[row, seat] = True
        if running[row]:
            self.forfeits[row].append(Forfeit(step, seat, reason[:500]))


def legal(batch: Batch, actions: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Which of some actions [B, N] are legal now."""
    inside = (actions >= 0) & (actions < batch.game.num_actions)
    safe = np.where(inside, actions, 0)
    bits = np.take_along_axis(batch.bits, (safe >> 3)[..., None], axis=2)[..., 0]
    return np.asarray(inside & (((bits >> (safe & 7)) & 1) == 1))


def play_chunk(
    ready: Plan,
    policy: Policy,
    personas: Mapping[str, Policy],
    nonce: str,
    first: int,
    count: int,
    *,
    threads: int = 1,
) -> list[Played]:
    """Play episodes ``first ... first + count - 1`` of a scenario as one batch."""  # fmt: skip
    scenario, game = ready.scenario, ready.game
    seed = derive(nonce, scenario.id)
    batch = Batch(game, count, seed=seed, labels="full", first_row=first, threads=threads)
    names = [scenario.seats(game.num_agents, first + k, seed) for k in range(count)]
    table = [[policy if name is None else personas[name] for name in row] for row in names]
    seating = ForfeitSeating(batch, table, seed=derive(nonce, scenario.id, "policies"))
    tape, recorder = Tape(batch, seating), Recorder(batch)
    for _ in rollout(batch, seating, [recorder, tape]):
        pass
    counts = recorder.rows()
    episodes = [
        tape.episode(
            k, scenario=scenario.id, rules=ready.rules, commitment=commitment(nonce),
            seats=tuple(_seat(ready, name) for name in names[k]), forfeits=tuple(seating.forfeits[k]),
        )
        for k in range(count)
    ]  # fmt: skip
    return [
        Played(episode, scenario.id, first + k, {**counts[k], **answers(episode)})
        for k, episode in enumerate(episodes)
    ]


def _seat(ready: Plan, name: str | None) -> Seat:
    source = ready.source if name is None else ready.sources[name]
    return Seat(source.name, name is None, source.text, source.hash)


def seated(
    ready: Plan, limits: Limits, hidden: Sequence[str] = (), budget: Budget | None = None
) -> contextlib.AbstractContextManager[Policy]:
    """The policy under test, as `opened` gives it."""
    return opened(ready.source, ready.game, limits, hidden, budget)


@contextlib.contextmanager
def opened(
    source: Source, game: Game, limits: Limits, hidden: Sequence[str] = (), budget: Budget | None = None
) -> Iterator[Policy]:
    """A policy at play: in this process where it is trusted, else in one of its own.

    Args:
        source: what it is.
        game: where it plays.
        limits: what it may use in a process of its own.
        hidden: files that it may not read there, as the results.
        budget: what a language model may spend.

    Raises:
        PolicyError: it cannot be loaded, or is not trusted and this is a cluster's machine without a sandbox.
    """
    if source.trusted:
        policy = build(source, game)
        if budget is not None and isinstance(policy, ChatPolicy):
            policy.budget = budget
        try:
            getattr(policy, "start", _nothing)()  # a server is looked for before anything is played
            yield policy
        finally:
            getattr(policy, "close", _nothing)()
        return
    if elsewhere() and (lines := unprotected()):
        raise PolicyError(f"{source.text}: no submissions are played on {platform.node()}. {' '.join(lines)}")
    with Sandbox(source, game, limits, hidden) as sandbox:
        sandbox.start()
        yield sandbox


def _nothing() -> None:
    """What a policy without a server has to do at start and end."""


def stretches(indices: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Ascending indices as (first, count) of consecutive ones, each count at most `most`.

    >>> stretches([0, 1, 2, 5, 6, 9], 2)
    [(0, 2), (2, 1), (5, 2), (9, 1)]
    """
    found: list[tuple[int, int]] = []
    for k in indices:
        if found and sum(found[-1]) == k and found[-1][1] < most:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((k, 1))
    return found
