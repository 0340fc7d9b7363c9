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
from gyges.envs.yardsticks import EpisodeYardsticks, gini, ratio


class Yardsticks(EpisodeYardsticks):
    """Landings, trips and the first death or collapse."""

    def __init__(self, batch: Any) -> None:
        super().__init__(batch)
        self.params = batch.game.params()
        self.landed = np.zeros((batch.rows, batch.game.num_agents), np.int64)
        self.trips = np.zeros(batch.rows, np.int64)
        self.over = np.zeros(batch.rows, np.int64)
        self.fell = np.full(batch.rows, -1, np.int64)
        self.months = np.zeros(batch.rows, np.int64)

    def before(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Count the trips about to be made."""
        s = batch.state
        self.running = s.over[:, 0] == 0
        self.fishing = self.running & (s.phase[:, 0] == at.FISH)
        tonnes = np.where(s.to_move != 0, actions - at.A_FISH, 0)
        made = self.fishing[:, None] & (tonnes > 0)
        self.trips += made.sum(1)
        licensed = (s.order == at.LICENCE) & (s.seal == 1)
        lawful = np.where(licensed, 2, 1) * (s.limit * 21 // 20)
        self.over += (made & (tonnes * at.UNIT > lawful)).sum(1)

    def after(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Book landings, deaths and collapses."""
        s = batch.state
        self.landed += np.where(self.fishing[:, None], s.catch, 0)
        self.months = np.where(self.running, s.month[:, 0], self.months)
        fallen = (s.status == 0).any(1) | (s.stock * 10 < self.params.capacity).any(1) & ~self.fishing
        fallen &= s.phase[:, 0] == at.PLEDGE
        self.fell = np.where((self.fell < 0) & fallen & self.running, s.month[:, 0], self.fell)

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """The measures by name."""
        p = self.params
        months = np.maximum(self.months, 1)
        best = (p.target - p.capacity // 2) * p.num_grounds * months
        survived = self.fell < 0
        return {
            "survival_months": np.where(survived, months, self.fell),
            "survived": survived,
            "efficiency": np.minimum(self.landed.sum(1) / best, 1.0),
            "equality": 1 - gini(self.landed),
            "over_usage": ratio(self.over, self.trips, 0.0),
        }
