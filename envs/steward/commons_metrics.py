"""The commons measures of Piatti et al. (2024), "Cooperate or collapse", over whole episodes.

survival_months   months until the first village starves or the first ground collapses, whichever is
                  first; the length of the episode where neither happens
survived          1 where neither happens
efficiency        landed fish over what the grounds could have given: the sustainable catch at the
                  target stock, every month of the episode (at most 1)
equality          1 - Gini coefficient of the villages' landed fish
over_usage        part of the boats' trips that took more than the lawful catch
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.steward import encoding as at


def gini(amounts: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Gini coefficient over the last axis; 0 where all amounts are zero."""
    x = np.sort(np.asarray(amounts, np.float64), axis=-1)
    n = x.shape[-1]
    total = x.sum(axis=-1)
    rank = np.arange(1, n + 1)
    spread = ((2 * rank - n - 1) * x).sum(axis=-1)
    return np.asarray(np.divide(spread, n * total, out=np.zeros_like(total), where=total > 0))


class Yardsticks:
    """Measures the rows of one batch from the start of their episodes (autoreset disabled)."""

    def __init__(self, batch: Any) -> None:
        shape = (batch.rows, batch.game.num_agents)
        self.params = batch.game.params()
        self.landed = np.zeros(shape, np.int64)
        self.trips = np.zeros(batch.rows, np.int64)
        self.over = np.zeros(batch.rows, np.int64)
        self.fell = np.full(batch.rows, -1, np.int64)
        self.months = np.zeros(batch.rows, np.int64)

    def before(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Count the trips about to be made."""
        s = batch.state
        self.fishing = (s.phase[:, 0] == at.FISH) & (s.over[:, 0] == 0)
        self.running = s.over[:, 0] == 0
        tonnes = np.where(s.to_move != 0, actions - at.A_FISH, 0)
        made = self.fishing[:, None] & (tonnes > 0)
        self.trips += made.sum(1)
        lawful = (s.limit * 21) // 20
        sealed = (s.order == at.LICENCE) & (s.seal == 1)
        lawful = np.where(sealed, 2 * lawful, lawful)
        self.over += (made & (tonnes * at.UNIT > lawful)).sum(1)

    def after(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Book landings, deaths and collapses."""
        s = batch.state
        self.landed += np.where(self.fishing[:, None], s.catch, 0)
        self.months = np.where(self.running, s.month[:, 0], self.months)
        fallen = (s.status == 0).any(1) | (s.stock * 10 < self.params.capacity).any(1) & ~self.fishing
        fallen &= s.phase[:, 0] == at.PLEDGE
        self.fell = np.where((self.fell < 0) & fallen & self.running, s.month[:, 0], self.fell)

    def rows(self) -> list[dict[str, float]]:
        """One dict of numbers per row."""
        p = self.params
        months = np.maximum(self.months, 1)
        best = (p.target - p.capacity // 2) * p.num_grounds * months
        survived = self.fell < 0
        columns = {
            "survival_months": np.where(survived, months, self.fell).astype(float),
            "survived": survived.astype(float),
            "efficiency": np.minimum(self.landed.sum(1) / best, 1.0),
            "equality": 1 - gini(self.landed),
            "over_usage": np.divide(self.over, self.trips, out=np.zeros(len(months)), where=self.trips > 0),
        }
        return [{name: float(v[i]) for name, v in columns.items()} for i in range(len(months))]
