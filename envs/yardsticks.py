"""What a game measures of whole episodes itself: the base of the classes that `Game.yardsticks` names."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class EpisodeYardsticks(ABC):
    """Measures the rows of one batch from the start of their episodes (autoreset disabled).

    An observer of a rollout: `before` and `after` see every step.
    """

    def __init__(self, batch: Any) -> None:
        self.batch = batch

    @abstractmethod
    def before(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Look at the state and at the acts [B, N] about to be taken."""

    @abstractmethod
    def after(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Look at what they brought."""

    @abstractmethod
    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """The measures by name, each [B]; NaN where there was nothing to measure."""

    def rows(self) -> list[dict[str, float | None]]:
        """One dict of numbers per row; None for NaN."""
        columns = {name: np.asarray(column, float).tolist() for name, column in self.columns().items()}
        return [
            {name: x if x == x else None for name, x in zip(columns, row, strict=True)}
            for row in zip(*columns.values(), strict=True)
        ]


def ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any], none: float = np.nan) -> Floats:
    """Parts of wholes; `none` where a whole is 0."""
    found: Floats = np.divide(part, whole, out=np.full(np.shape(whole), float(none)), where=whole > 0)
    return found


def gini(amounts: npt.NDArray[Any]) -> Floats:
    """Gini coefficient over the last axis; 0 where all amounts are zero."""
    x = np.sort(np.asarray(amounts, np.float64), axis=-1)
    n = x.shape[-1]
    rank = np.arange(1, n + 1)
    return ratio(((2 * rank - n - 1) * x).sum(-1), n * x.sum(-1), 0.0)
