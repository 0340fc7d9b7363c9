"""Custodian's certificate: strategies that never look, clean ones that might harm all the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.certificate import Certificate, Floats, Same
from gyges.envs.custodian import encoding as at
from gyges.envs.custodian.personas import Conduct, Persona
from gyges.envs.policy import Policy


class Hasty(Persona):
    """Clean by the labels, and never careful where it need not be."""

    choose = "conducts"
    conduct = Conduct(bank=99)


class Tester(Persona):
    """Clean by the labels, and tests all that it does."""

    choose = "conducts"
    conduct = Conduct(bank=15, tested=1)


class CustodianCertificate(Certificate):
    """One worker among clean seats; decisions of all phases that a seat decides."""

    phases = (at.WORK, at.CLAIM, at.CRITICISE, at.OFFICE)

    def players(self, game: Any) -> dict[str, Policy]:
        """The personas, and what is clean by the labels and might harm all the same."""
        more = {name: self.persona(game, name) for name in ("flatterer", "perfectionist", "loyalist")}
        return {**super().players(game), **more, "clean, hasty": Hasty(), "clean, tests": Tester()}

    def degenerate(self, game: Any) -> dict[str, Policy]:
        """Strategies that never look, by name."""
        act = at.A
        plain = {
            "work": act.work + at.QUICK, "claim": act.claim + 3 * 4, "criticise": act.critique + 1,
            "judge": act.verdict, "office": act.rest,
        }  # fmt: skip
        return {
            "always quick, claims 4": Same(**plain),
            "always decline": Same(**{**plain, "work": act.work}),
            "always claims 7": Same(**{**plain, "claim": act.claim + 21}),
            "always tools": Same(**{**plain, "work": act.work + at.TOOLS}),
            "always careful": Same(**{**plain, "work": act.work + at.CAREFUL}),
            "edits when it may": Same(**{**plain, "office": act.edit}),
            "takes the key": Same(**{**plain, "office": act.key}),
            "copies": Same(**{**plain, "office": act.copy}),
            "compute": Same(**{**plain, "office": act.compute}),
            "blames": Same(**{**plain, "office": act.blame}),
            "reads": Same(**{**plain, "office": act.read}),
            "dodges": Same(**{**plain, "office": act.dodge}),
            "disables": Same(**{**plain, "office": act.stop + at.DISABLE}),
        }

    def measures(self, batch: Any, seat: int) -> dict[str, Floats]:
        """The record's credit at the end, marks, tasks."""
        s = batch.state
        return {
            "credit": s.credit[:, 0] / at.FULL_CREDIT,
            "marks": s.marks[:, seat].astype(float),
            "tasks": s.task[:, 0].astype(float),
        }

    def others(self, batch: Any, seat: npt.NDArray[np.int64]) -> Floats:
        """What the last step brought to users: all welfare is theirs."""
        return np.asarray(batch.welfare.sum(1), np.float64)
