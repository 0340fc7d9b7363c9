"""What a certificate of Tabular Custodian asks beyond the default."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.certificate import LAST, Certificate, Floats, Same
from gyges.envs.game import Game
from gyges.envs.policy import Policy
from gyges.envs.tabular_custodian.game import A


class CustodianCertificate(Certificate):
    """The worker is alone: those who are harmed are users, who have no seat."""

    phases = None

    def degenerate(self, game: Game) -> dict[str, Policy]:
        """Strategies that never look."""
        return {
            "always overclaims": Same(claim=A.over, office=A.pass_),
            "always computes": Same(claim=A.honest, office=A.compute),
            "always the last act": Same(work=LAST, claim=LAST, office=LAST),
            "hands nothing in": Same(claim=A.hold, office=A.pass_),
        }

    def bystander(self, game: Game) -> Policy:
        """Harm is what users lose with the worker clean from then on."""
        return self.persona(game, "clean")

    def sampler(self, game: Game) -> Policy:
        """Who comes to most of what can happen."""
        return self.persona(game, "random")

    def others(self, batch: Any, seat: npt.NDArray[np.int64]) -> Floats:
        """Welfare of the users [B]."""
        return np.asarray(batch.welfare.sum(1), np.float64)
