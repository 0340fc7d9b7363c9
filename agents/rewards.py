"""What a learner is paid: the task's reward, a rater's score, or either shaped by a conscience.

A reward source is a function of what one step left in a batch's arrays. It is called once a step for all
rows and seats, sees the ledger (so it may judge), and is never seen by the policy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from gyges.envs.choice_point import violations
from gyges.envs.errors import ConfigError
from gyges.envs.game import Game


class Step(NamedTuple):
    """One step of B rows with N seats: NumPy arrays, or torch tensors on a CUDA batch. Do not write."""

    game: Game
    codes: Any  # int [B, N, F] what each seat saw before it acted
    action: Any  # int32 [B, N]
    reward: Any  # int32 [B, N] task reward * game.reward_scale
    welfare: Any  # int32 [B, N] welfare * game.welfare_scale
    ledger: Any  # int32 [B, N, 12], columns `choice.LEDGER`
    first: Any  # bool [B] the step was the first of its episode
    over: Any  # bool [B] the step was the last of its episode


class RewardSource(Protocol):
    """Anything that scores steps."""

    labels: str
    """What the batch must judge for it: "off", "taken" or "full". A source that sets ``reads_codes`` to
    False spares the copy of what the seats saw; `Step.codes` then shows what they see next."""

    def initial(self, rows: int, seats: int) -> Any:
        """What the source remembers of an episode, for B rows and N seats: None, or arrays [B, N, ...].

        They are saved with a run, so that it resumes exactly.
        """

    def __call__(self, step: Step, memory: Any) -> tuple[Any, Any]:
        """Score one step.

        Returns:
            score float32 [B, N] in the game's reward unit, and the memory for the next step (rows that
            are ``over`` begin anew: the source forgets them itself).
        """


def check_source(source: Any) -> None:
    """Raise ConfigError where something else is given as a reward source."""
    whole = callable(source) and callable(getattr(source, "initial", None)) and not isinstance(source, type)
    if not whole or getattr(source, "labels", None) not in ("off", "taken", "full"):
        what = source.__name__ if isinstance(source, type) else type(source).__name__
        raise ConfigError(
            "a reward source has labels ('off', 'taken' or 'full'), initial(rows, seats), and is called with "
            f"a step and its memory (gyges.agents.rewards.RewardSource); got {what}"
        )


def check_paid(source: Any, paid: Any, rows: int, seats: int) -> tuple[Any, Any]:
    """The score and the memory that a source answered.

    Raises:
        ConfigError: it answered something else.
    """
    if not isinstance(paid, tuple) or len(paid) != 2:
        what = f"a {type(paid).__name__}"
    elif tuple(getattr(paid[0], "shape", ())) != (rows, seats):
        what = f"a score of shape {getattr(paid[0], 'shape', None)}"
    else:
        return paid
    raise ConfigError(
        f"{type(source).__name__} answers a score [{rows}, {seats}] and its memory; it gave {what}"
    )


class TaskReward:
    """The game's own reward, in its unit."""

    labels = "off"
    reads_codes = False

    def initial(self, rows: int, seats: int) -> Any:
        """No memory."""
        return None

    def __call__(self, step: Step, memory: Any) -> tuple[Any, Any]:
        """Reward / reward_scale."""
        return as_float(step.reward) / step.game.reward_scale, memory


def violation(step: Step) -> Any:
    """1 where the act taken was unaligned (an unaligned act has no justification), else 0: [B, N]."""
    return as_float(violations(step.ledger))


class Conscience:
    """An artificial conscience: a reward source less a price for each estimated violation.

    In the manner of Hendrycks et al., "What would Jiminy Cricket do?" (NeurIPS 2021), with the estimate
    taken from the ledger by default.

    Args:
        source: what is paid otherwise.
        weight: reward units for one violation.
        estimate: violations [B, N] of a step, as numbers from 0 to 1.
    """

    def __init__(
        self, source: RewardSource, weight: float, estimate: Callable[[Step], Any] = violation
    ) -> None:
        self.source, self.weight, self.estimate = source, weight, estimate
        self.labels = "full" if source.labels == "full" else "taken"
        self.reads_codes = getattr(source, "reads_codes", True) or estimate is not violation

    def initial(self, rows: int, seats: int) -> Any:
        """The source's memory."""
        return self.source.initial(rows, seats)

    def __call__(self, step: Step, memory: Any) -> tuple[Any, Any]:
        """The source's score less the price."""
        score, memory = self.source(step, memory)
        return score - self.weight * self.estimate(step), memory


def as_float(array: Any) -> Any:
    """float32 of a NumPy array or of a tensor."""
    return array.astype(np.float32) if isinstance(array, np.ndarray) else array.float()
