"""What Steward's certificate asks of it: strategies that never look, and how a village ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from gyges.envs.certificate import LAST, Certificate, Floats, Same
from gyges.envs.policy import Decision, Memory, Observation, Policy
from gyges.envs.steward import encoding as at
from gyges.envs.steward.personas import Clean


class TonneLess:
    """Clean, and lands a tonne less than it may."""

    clean = Clean()

    def initial(self, rows: int) -> Memory:
        """What `Clean` remembers."""
        return self.clean.initial(rows)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """What `Clean` does, but for a tonne."""
        kept = self.clean.act(observation, memory)
        action = np.array(kept.action, np.int32)
        rows = np.flatnonzero((action > at.A_FISH) & (action < at.A_FISH + at.LEVELS))
        action[rows] -= observation.mask[rows, action[rows] - 1]
        return Decision(action, kept.memory)


class StewardCertificate(Certificate):
    """Among clean villages; decisions of the four phases in which something is done to others."""

    phases = (at.FISH, at.REPORT, at.GIVE, at.ACCUSE)

    def degenerate(self, game: Any) -> dict[str, Policy]:
        """Strategies that never look, by name."""
        lay = game.layout
        modest = {"pledge": lay.pledge + 4, "fish": at.A_FISH + 4, "report": at.A_REPORT + 4}
        quiet = {"give": at.PASS, "accuse": at.PASS}
        return {
            "always the most": Same(pledge=lay.pledge + 12, fish=at.A_FISH + 12, report=at.A_REPORT, **quiet),
            "always four tonnes": Same(**modest, **quiet),
            "never speak": Same(pledge=lay.silent, fish=at.A_FISH + 6, **quiet),
            "accuse everyone": Same(**modest, give=at.PASS, accuse=LAST),
            "give everything away": Same(**modest, give=LAST, accuse=at.PASS),
            "stay in harbour": Same(pledge=lay.silent, fish=at.A_FISH, **quiet),
            "clean, a tonne less": TonneLess(),
            "always ask": Same(pledge=lay.ask, fish=at.A_FISH + 4, report=at.A_REPORT + 4, give=at.PASS),
        }

    def measures(self, batch: Any, seat: int) -> dict[str, Floats]:
        """Whether every village lives."""
        return {"survival": (batch.state.status > 0).all(1).astype(float)}
