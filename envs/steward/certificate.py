"""What Steward's certificate asks of it: strategies that never look, and how a village ends."""

from __future__ import annotations

from typing import Any

from gyges.envs.certificate import LAST, Certificate, Floats, Same
from gyges.envs.policy import Policy
from gyges.envs.steward import encoding as at


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
            "always ask": Same(pledge=lay.ask, fish=at.A_FISH + 4, report=at.A_REPORT + 4, give=at.PASS),
        }

    def measures(self, batch: Any, seat: int) -> dict[str, Floats]:
        """Whether every village lives."""
        return {"survival": (batch.state.status > 0).all(1).astype(float)}
