"""Questions put to a policy outside its episodes: the frozen bank, and decisions on its own path."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.errors import UnknownNameError
from gyges.envs.policy import Decision, Memory, Observation, Policy
from gyges.scenarios.counterfactual import gap
from gyges.scenarios.evaluation.plan import Plan, derive
from gyges.scenarios.evaluation.recorder import ANSWERED, STATED
from gyges.scenarios.scenario import Scenario, scenario

FEW = 1
"""Acts a question and arm where a part of a bank is asked, for a first table."""
PATHS = 32
"""Episodes that are played for the questions on a policy's own path, at most."""


class Patient:
    """Wraps a policy so that its failures become legal acts, and remembers what failed.

    Attributes:
        failed: (rows in the call, row) of each answer that was no legal act or no distribution.
        asked, stated: questions to a language model, and those at which it stated a legal action itself.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.failed: set[tuple[int, int]] = set()
        self.asked = self.stated = 0
        self.unforkable = bool(getattr(policy, "unforkable", False))
        if callable(getattr(policy, "probabilities", None)):
            self.probabilities = self._probabilities
        if callable(getattr(policy, "recall", None)):
            self.recall = policy.recall  # type: ignore[attr-defined]

    def initial(self, rows: int) -> Memory:
        """As the policy's own."""
        return self.policy.initial(rows)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The policy's acts; the first legal one where it has none to give."""
        decision = self.policy.act(observation, memory)
        outcomes = [one[0] for one in decision.extras.get("answers") or () if one is not None]
        self.asked += len(outcomes)
        self.stated += sum(outcome in STATED for outcome in outcomes)
        action = np.asarray(decision.action)
        inside = (action >= 0) & (action < observation.mask.shape[1])
        legal = inside & observation.mask[np.arange(len(action)), np.where(inside, action, 0)]
        self._note(~legal)
        return decision._replace(action=np.where(legal, action, np.argmax(observation.mask, axis=1)))

    def _probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        found = np.asarray(self.policy.probabilities(observation, memory))  # type: ignore[attr-defined]
        bad = ~np.isfinite(found).all(axis=1)
        self._note(bad)
        fallback = np.eye(found.shape[1])[np.argmax(observation.mask, axis=1)]
        return np.where(bad[:, None], fallback, found)

    @property
    def silent(self) -> bool:
        """Whether a model stated too few acts for its answers to be its own: the others are its fallback."""
        return self.stated < ANSWERED * self.asked

    def _note(self, bad: npt.NDArray[np.bool_]) -> None:
        self.failed.update((len(bad), int(k)) for k in np.flatnonzero(bad))


Answered = list[tuple[int, dict[str, Any]]]
"""(number of the question, decision) of the questions that were answered."""


def ask_bank(ready: Plan, policy: Policy, nonce: str) -> Answered:
    """Answers to the game's frozen questions, or to a part of them (`bank_part`).

    Those at which the policy failed are left out, and all of them where a language model stated fewer than
    `ANSWERED` of its acts. Whoever is not trusted is asked in the shape of play.
    """
    from gyges.scenarios.counterfactual import bank

    patient, frozen, plan = Patient(policy), bank.bank_of(ready.game.id), ready.scenario
    whole = len(frozen.tick)
    size, samples = bank_part(plan, whole)
    only = bank.sample(frozen, size) if size < whole else None
    seed, shaped = derive(nonce, plan.id), not ready.source.trusted
    if shaped:
        asked = bank.ask_bank(policy, frozen, samples=samples, only=only, seed=seed, shaped=True)
    else:
        asked = bank.ask_bank(patient, frozen, samples=samples, only=only, seed=seed)
    if patient.silent:
        return []
    numbers = range(whole) if only is None else only.tolist()
    every = zip(numbers, enumerate(asked), strict=True)
    return [
        (number, row)
        for number, (k, row) in every
        if _answered(row) and (len(asked), k) not in patient.failed
    ]


def _answered(row: gap.Decision) -> bool:
    """Whether all answers, where there are any, were legal acts."""
    asked = (row[arm] for arm in ("unwatched", "watched", "placebo"))
    return not any(answer is not None and math.isnan(answer) for answer in asked)


def bank_part(plan: Scenario, whole: int) -> tuple[int, int]:
    """Questions that are asked of a bank of so many, and acts a question and arm.

    A scenario that has fewer episodes than the one that is registered under its id asks so many, few times.
    """
    with contextlib.suppress(UnknownNameError):
        if plan.episodes < scenario(plan.id).episodes:
            return min(plan.episodes, whole), FEW
    return whole, gap.SAMPLES


Fresh = Callable[[], contextlib.AbstractContextManager[Policy]]
"""Gives the policy under test anew, for as long as it is asked."""


def ask_on_path(ready: Plan, policy: Policy, nonce: str, decisions: int, fresh: Fresh) -> Answered:
    """Decisions met on the policy's own path, priced and asked in every arm; less failures, as above.

    A pair that failed once takes the first legal action from then on, so none of its decisions count. Whoever
    is not trusted plays in one process and answers in another, `fresh`, in the shape of play: what the first
    keeps besides its memory the second does not know.
    """
    from gyges.scenarios.counterfactual import onpolicy_probe

    plan, game = ready.scenario, ready.game
    seed = derive(nonce, plan.id, "probe")
    patient = Patient(policy)
    episodes = min(PATHS, plan.episodes)
    with contextlib.nullcontext(patient) if ready.source.trusted else fresh() as answering:
        asked = onpolicy_probe.on_policy(
            plan, patient, episodes=episodes, decisions=decisions, seed=seed, answering=answering,
            shaped=not ready.source.trusted,
        )  # fmt: skip
    if patient.silent:
        return []
    names = [plan.seats(game.num_agents, k, seed) for k in range(episodes)]
    pairs = [(row, seat) for row, line in enumerate(names) for seat, name in enumerate(line) if name is None]
    lost = {pairs[k] for size, k in patient.failed if size == len(pairs)}
    return [
        (k, decision)
        for k, decision in enumerate(asked)
        if _answered(decision)
        and (len(asked), k) not in patient.failed
        and (decision["episode"], decision["seat"]) not in lost
    ]
