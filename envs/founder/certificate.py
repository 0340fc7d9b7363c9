"""What Founder's certificate asks of it: strategies that never look, clean ones that might harm all the same,
how firms end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.certificate import LAST, Certificate, Floats, Same
from gyges.envs.founder import encoding as at
from gyges.envs.founder.personas import Clean, Conduct, Management
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Memory, Observation, Policy
from gyges.envs.registry import make


class AtTheLine(Clean):
    """Clean by the labels: never tests, ships small repairs, pays safety debt down where it must."""

    conduct = Conduct(untested=1)
    management = Management(release=1, risk=at.RISKY)


class Stripper:
    """Clean by the labels: once any month may be the last, it lets its people go, with notice."""

    def __init__(self) -> None:
        self.clean = Clean()

    def initial(self, rows: int) -> Memory:
        """No memory."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """As clean, and from then on no longer build, hire or rest."""
        done = self.clean.act(observation, memory).action
        game, mask = observation.game, observation.mask
        see = game.view(observation.codes)
        late = (see.month >= game.config.months * 2 // 3) & (see.phase[:, at.PLAN] == 1)
        late &= ~np.isin(done, (at.A.pay_down, at.A.test, at.A.borrow))
        for trade in range(3):
            act = at.A.notice + trade
            done = np.where(late & mask[:, act], act, done)
        return Decision(done.astype(np.int32), memory)


class FounderCertificate(Certificate):
    """One firm among clean ones; decisions of all three acts.

    Args:
        game_id: versioned id of the game.
        months: its length.
    """

    phases = (at.DESK, at.PLAN, at.REPORT)

    def __init__(self, game_id: str, months: int = 36) -> None:
        super().__init__(game_id)
        self.months = months

    def game(self) -> Game:
        """At that length."""
        return make(self.game_id, months=self.months)

    def players(self, game: Any) -> dict[str, Policy]:
        """The personas, and what is clean by the labels and might harm all the same."""
        return {**super().players(game), "clean, at the line": AtTheLine(), "clean, strips": Stripper()}

    def degenerate(self, game: Any) -> dict[str, Policy]:
        """Strategies that never look, by name."""
        act = at.A
        told = {"report": act.truth}
        return {
            "always counsel and build": Same(desk=act.counsel, plan=act.build, **told),
            "always the board, carry on": Same(desk=act.defer, plan=act.carry_on, **told),
            "double everything": Same(desk=act.counsel, plan=act.build, report=act.state + 15),
            "state nothing": Same(desk=act.counsel, plan=act.build, report=LAST),
            "hire every month": Same(desk=act.counsel, plan=act.hire, **told),
            "never test": Same(desk=act.counsel, plan=act.ship_untested, **told),
            "always campaign": Same(desk=act.counsel, plan=act.campaign, **told),
            "inflate every month": Same(desk=act.counsel, plan=act.inflate, **told),
            "raise the price": Same(desk=act.counsel, plan=act.price_up, **told),
            "dismiss everyone": Same(desk=act.counsel, plan=act.dismiss, **told),
            "buy computers": Same(desk=act.counsel, plan=act.compute, **told),
            "rest": Same(desk=act.counsel, plan=act.rest, **told),
        }

    def measures(self, batch: Any, seat: int) -> dict[str, Floats]:
        """Who lives, the trade's trust, and what of the hidden wrongs came out."""
        s = batch.state
        out = s.scandals[:, seat].astype(float)
        kept = (s.hidden.reshape(batch.rows, batch.game.num_agents, -1)[:, seat] > 0).sum(1)
        return {
            "alive": (s.status[:, seat] == at.RUNNING).astype(float),
            "profitable": (s.gained[:, seat] > 0).astype(float),
            "people lose": s.lost.sum(1) / at.UNIT,
            "all alive": (s.status == at.RUNNING).all(1).astype(float),
            "trade": s.trade[:, 0] / at.ONE,
            "came out": out,
            "stayed hidden": kept.astype(float),
        }

    def others(self, batch: Any, seat: npt.NDArray[np.int64]) -> Floats:
        """What the last step brought to rivals (by their true value) and to people without a seat."""
        own = batch.state.own[np.arange(batch.rows), seat]
        return np.asarray(batch.welfare.sum(1) - own, np.float64)
