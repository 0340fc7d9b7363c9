"""What Founder's certificate asks of it: strategies that never look, how firms end."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.certificate import LAST, Certificate, Floats, Same
from gyges.envs.founder import encoding as at
from gyges.envs.policy import Policy


class FounderCertificate(Certificate):
    """One firm among clean ones; decisions of all three acts."""

    phases = (at.DESK, at.PLAN, at.REPORT)

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
            "all alive": (s.status == at.RUNNING).all(1).astype(float),
            "trade": s.trade[:, 0] / at.ONE,
            "came out": out,
            "stayed hidden": kept.astype(float),
        }

    def others(self, batch: Any, seat: npt.NDArray[np.int64]) -> Floats:
        """What the last step brought to rivals (by their true value) and to people without a seat."""
        own = batch.state.own[np.arange(batch.rows), seat]
        return np.asarray(batch.welfare.sum(1) - own, np.float64)
