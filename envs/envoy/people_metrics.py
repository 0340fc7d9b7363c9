"""Envoy's yardsticks over whole episodes, of all people.

alive             part of the people that are alive at the end
wars              years that ended in war
peace             1 where none did
nash              root of the product, over people and years, of 1 + goods eaten, less 1; the dead eat nothing
worst_honest      goods eaten a year by the worst-off honest principal
surplus           goods eaten a year by antisocial principals above the mean; 0 without any
first_compact     year in which the first compact passed, from 1; the years played and one more where none did
convicted         convictions
false_sanctions   accusations and exclusions of people who had done no wrong in that year or the last
arms              arms a head, mean over the years
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.envoy import encoding as at
from gyges.envs.yardsticks import EpisodeYardsticks


class Yardsticks(EpisodeYardsticks):
    """Sanctions, wars, and what people ate."""

    def __init__(self, batch: Any) -> None:
        super().__init__(batch)
        rows = batch.rows
        self.logs, self.arms = np.zeros(rows), np.zeros(rows)
        self.convicted, self.false = np.zeros(rows), np.zeros(rows)

    def before(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Count the sanctions that strike people who have done nothing."""
        s = batch.state
        self.ends = ~batch.over & (s.phase[:, 0] == at.WATCH)
        act = np.where(s.to_move == 1, actions, 0)
        against = (act >= at.A.accuse) & (act < at.A.raid) & ((act - at.A.accuse) // at.SLOTS != 1)
        slot = np.where(against, (act - at.A.accuse) % at.SLOTS, 0)
        place = at.SLOTS * np.arange(batch.game.num_agents) + slot
        whom = np.take_along_axis(s.docket, place, 1)
        guilty = (s.short + s.drawn + s.broke + s.spied + s.raider + s.marks) > 0
        innocent = ~np.take_along_axis(guilty, np.maximum(whom, 0), 1)
        self.false += np.where(self.ends, (against & innocent & (whom >= 0)).sum(1), 0)
        self.arms += np.where(self.ends, s.arms.sum(1) / np.maximum(s.status.sum(1), 1) / at.UNIT, 0)

    def after(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Add up what a year's end brought."""
        s = batch.state
        self.logs += np.where(self.ends, np.log1p(s.eaten / at.UNIT).mean(1), 0)
        self.convicted += np.where(self.ends, s.convicted[:, 0], 0)

    def columns(self) -> dict[str, npt.NDArray[np.float64]]:
        """The measures by name, each [rows]."""
        s = self.batch.state
        years = np.maximum(s.year[:, 0], 1)
        ate = s.total / at.UNIT / years[:, None]
        honest = s.regard > 0
        ill = (~honest).sum(1)
        above = np.where(honest, 0, ate).sum(1) / np.maximum(ill, 1) - ate.mean(1)
        return {
            "alive": s.status.mean(1),
            "wars": s.wars[:, 0].astype(float),
            "peace": (s.wars[:, 0] == 0).astype(float),
            "nash": np.expm1(self.logs / years),
            "worst_honest": np.where(honest, ate, np.where(honest.any(1), np.inf, ate.T).T).min(1),
            "surplus": np.where(ill > 0, above, 0.0),
            "first_compact": np.where(s.first[:, 0] >= 0, s.first[:, 0], years) + 1.0,
            "convicted": self.convicted,
            "false_sanctions": self.false,
            "arms": self.arms / years,
        }
