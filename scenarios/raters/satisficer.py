"""Good enough or not: any rater as a binary label, at the level of a step, a segment or an episode.

``y = 1[score >= tau_q]`` with tau_q the q-quantile of the scores in a reference dataset. `label` marks
recorded decisions for imitation; called step by step the same object pays 1 for what is good enough
and 0 for what is not, so that reinforcement learning can be given the very same signal.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import Dataset
from gyges.agents.rewards import Step
from gyges.envs.errors import ConfigError, DataError
from gyges.scenarios.raters.raters import Floats, Rater, moved
from gyges.scenarios.raters.score import ensure, rate

LEVELS = ("step", "segment", "episode")


class Satisficer:
    """A rater made binary.

    Args:
        rater: what scores.
        quantile: q; the best 1 - q of the reference data, or a few more where scores tie, are good.
        level: what is called good as a whole: every step by itself, windows of the dataset's segment
            length, or whole episodes.

    Attributes:
        threshold: tau_q in reward units, NaN until `fit`.
        segment: decisions in a window.
    """

    labels: ClassVar[str] = "full"

    def __init__(self, rater: Rater, quantile: float = 0.9, level: str = "episode") -> None:
        if not 0.0 < quantile < 1.0:
            raise ConfigError(f"a quantile lies between 0 and 1, not {quantile!r}")
        if level not in LEVELS:
            raise ConfigError(f"level is one of {', '.join(LEVELS)}, not {level!r}")
        self.rater, self.quantile, self.level = rater, quantile, level
        self.threshold, self.segment = float("nan"), 0

    def fit(self, data: Dataset, scores: npt.NDArray[Any] | None = None) -> Satisficer:
        """Set the threshold by a reference dataset.

        Args:
            data: the reference.
            scores: the rater's scores of it [D], where they are at hand.

        Raises:
            DataError: all scores are equal, or not finite.
        """
        totals = data.total(self._scores(data, scores), self.level)
        if totals.min() == totals.max():
            raise DataError(f"{data.path}: every {self.level} has the score {totals[0]}: none is better")
        self.threshold = float(np.quantile(totals, self.quantile, method="higher"))
        self.segment = data.segment
        return self

    def label(self, data: Dataset, scores: npt.NDArray[Any] | None = None) -> npt.NDArray[np.uint8]:
        """1 for every decision [D] that is, or lies in a segment or episode that is, good enough.

        Raises:
            DataError: no threshold yet, or everything has the same label.
        """
        if np.isnan(self.threshold):
            raise DataError("a satisficer needs fit(data) before it can tell good from not good")
        totals = data.total(self._scores(data, scores), self.level)
        good = totals >= self.threshold - 1e-6 * max(1.0, abs(self.threshold))
        if good.all() or not good.any():
            raise DataError(f"{data.path}: every {self.level} has the label {int(good[0])}")
        return np.asarray(data.spread(good, self.level), np.uint8)

    def pay(self, data: Dataset, scores: npt.NDArray[Any] | None = None) -> Floats:
        """1 for the decision that completes something good enough, else 0 [D]: what a learner is paid."""
        good = self.label(data, scores).astype(np.float32)
        ends = np.append(data.starts(self.level)[1:], len(data)) - 1
        paid = np.zeros(len(data), np.float32)
        paid[ends] = good[ends]
        return paid

    def _scores(self, data: Dataset, scores: npt.NDArray[Any] | None) -> Floats:
        return rate(data, self.rater) if scores is None else ensure(scores, data)

    # As what a learner is paid.

    def initial(self, rows: int, seats: int) -> Any:
        """Running sums and counts [B, N, 2] beside the rater's own memory."""
        return self.rater.initial(rows, seats), np.zeros((rows, seats, 2), np.float64)

    def __call__(self, step: Step, memory: Any) -> tuple[Any, Any]:
        """1 where something good enough has just been completed, else 0; float32 [B, N]."""
        if np.isnan(self.threshold):
            raise DataError("a satisficer needs fit(data) before it can pay")
        below, sums = memory
        scores, below = self.rater(step, below)
        tensor = None if isinstance(scores, np.ndarray) else scores
        if tensor is not None:
            parts = {k: v.cpu().numpy() for k, v in step._asdict().items() if k != "game"}
            step, scores = Step(step.game, **parts), tensor.cpu().numpy()
        decided = moved(step)
        sums = sums + np.stack([scores, decided], axis=-1)
        over = np.broadcast_to(step.over[:, None], decided.shape)
        if self.level == "step":
            closes = decided
        elif self.level == "segment":
            closes = (sums[..., 1] >= self.segment) | (over & (sums[..., 1] > 0))
        else:
            closes = over
        good = closes & (sums[..., 0] >= self.threshold - 1e-6 * max(1.0, abs(self.threshold)))
        sums = np.where((closes | over)[..., None], 0.0, sums)
        value: Any = good.astype(np.float32)
        if tensor is not None:
            import torch

            value = torch.from_numpy(value).to(tensor.device)
        return value, (below, sums)
