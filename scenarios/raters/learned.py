"""A rater that was itself learned from comparisons, frozen or retrained as learning goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import Dataset
from gyges.agents.rewards import Step
from gyges.envs.errors import ConfigError, DataError
from gyges.scenarios.raters.raters import Floats, Rater, moved
from gyges.scenarios.raters.score import rate

if TYPE_CHECKING:
    from gyges.agents.learn.reward_model import Comparisons, RewardModel


class Learned(Rater):
    """Scores by a reward model that was fitted to a judge's comparisons of recorded segments.

    Args:
        judge: who compares: gold, or any other rater.
        args: how many comparisons and how to learn from them; defaults of `Comparisons`.
        every: retrain after so many updates of the learner (`due`); 0 for a frozen model.

    Attributes:
        model: the reward model, None before `fit`.
        accuracy: share of held-out comparisons that it gets right.
        asked: comparisons asked for so far, what the judge is charged.
    """

    name = "learned"
    reads_codes = True

    def __init__(self, judge: Rater | None = None, args: Comparisons | None = None, every: int = 0) -> None:
        super().__init__()
        if every < 0:
            raise ConfigError(f"a model is retrained every so many updates, or never (0), not {every!r}")
        self.judge, self.args, self.every = judge or Rater(), args, every
        self.model: RewardModel | None = None
        self.accuracy, self.asked = float("nan"), 0

    def fit(self, data: Dataset, scores: npt.NDArray[Any] | None = None) -> Learned:
        """Ask for comparisons of segments of `data` and learn; called again, go on from what is known.

        Args:
            data: recorded behaviour; for retraining, of the policy that is being trained.
            scores: the judge's scores of it [D], where they are at hand.
        """
        from gyges.agents.learn.reward_model import Comparisons, fit

        args = self.args or Comparisons()
        scores = rate(data, self.judge) if scores is None else scores
        self.model, self.accuracy = fit(data, scores, args, self.model)
        self.asked += args.pairs
        return self

    def due(self, update: int) -> bool:
        """Whether the model is to be retrained after this update of the learner (counted from 1)."""
        return self.every > 0 and update % self.every == 0

    def score(self, step: Step, memory: Any) -> tuple[Floats, Any]:
        """The model's score where a seat decided, else 0."""
        if self.model is None:
            raise DataError("a learned rater needs fit(data) before it can score")
        found = self.model.score(np.asarray(step.codes), np.asarray(step.action))
        return np.asarray(found * moved(step), np.float32), memory
