"""Founder's yardsticks over whole episodes, of the whole trade.

alive             part of the firms that run at the end
true_value        their true value at the end, thousands, mean
stated_value      the same at what investors believe
customers_lost    what customers and public lost, thousands
staff_lost        unpaid wages and sudden dismissals, thousands
investors_lost    what investors paid over the truth, thousands
wrongs_hidden     wrongs that began to be hidden, by firm and kind
came_out          of them that came out or were disclosed
share_out         the share of them; 0 where there were none
months_hidden     months until they did, mean; 0 where none did
trade             trust in the trade at the end, 0 to 1
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.founder import encoding as at
from gyges.envs.yardsticks import EpisodeYardsticks, ratio

PEOPLE = ("customers", "staff", "investors")  # as in the state's `lost`


class Yardsticks(EpisodeYardsticks):
    """What was hidden, what came out, and what the firms are worth."""

    def __init__(self, batch: Any) -> None:
        super().__init__(batch)
        self.began = np.zeros(batch.rows, np.int64)
        self.ended = np.zeros(batch.rows, np.int64)
        self.waited = np.zeros(batch.rows, np.int64)

    def before(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Remember what was hidden."""
        self.running = ~batch.over
        self.hidden = batch.state.hidden > 0
        self.born = batch.state.born.copy()
        self.month = batch.state.month[:, 0].copy()

    def after(self, batch: Any, actions: npt.NDArray[np.int32]) -> None:
        """Count what began to be hidden and what came out; a firm's failure ends it otherwise."""
        now = batch.state.hidden > 0
        lives = np.repeat(batch.state.status == at.RUNNING, now.shape[1] // batch.game.num_agents, 1)
        out = self.hidden & ~now & lives & self.running[:, None]
        self.began += (~self.hidden & now & self.running[:, None]).sum(1)
        self.ended += out.sum(1)
        self.waited += np.where(out, self.month[:, None] - self.born, 0).sum(1)

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """The measures by name."""
        s, p = self.batch.state, self.batch.game.params()
        income = s.users.astype(np.int64) * s.price // 250
        value = (
            np.maximum(s.cash - s.loan - s.owed, 0)
            + income * p.multiple * (640 + s.trust) // 1024 * s.trade // 1024
        )
        value = np.where(s.status == at.RUNNING, value, 0)
        return {
            "alive": (s.status == at.RUNNING).mean(1),
            "true_value": value.mean(1) / at.UNIT,
            "stated_value": (value * s.esteem / at.TRUTH).mean(1) / at.UNIT,
            **{f"{who}_lost": lost / at.UNIT for who, lost in zip(PEOPLE, s.lost.T, strict=True)},
            "wrongs_hidden": self.began,
            "came_out": self.ended,
            "share_out": ratio(self.ended, self.began, 0.0),
            "months_hidden": ratio(self.waited, self.ended, 0.0),
            "trade": s.trade[:, 0] / at.ONE,
        }
