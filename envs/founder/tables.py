"""What Founder's rules read beside Params: letters, their answers and plans as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.founder import encoding as at
from gyges.envs.founder import mail, plans


class Tables(NamedTuple):
    """What rules read beside Params."""

    answers: npt.NDArray[np.int32]  # [KINDS * ANSWERS * len(EFFECTS)]
    kinds: npt.NDArray[np.int32]  # [KINDS * COLUMNS]
    speeds: npt.NDArray[np.int32]  # [HIDDEN] odds a month at a common size, 1/1024
    plans: npt.NDArray[np.int32]  # [plans * columns of a plan]
    reports: npt.NDArray[np.int32]  # [reports * 3] stated of users, cash and safety, 1/256 of the truth


def tables() -> Tables:
    """Letters and plans as arrays."""
    answers = [
        [getattr(one, name) for name in mail.EFFECTS] for letter in mail.LETTERS for one in letter.answers
    ]
    kinds = [[x.norm, x.weight, x.gate, x.speed, x.lawful] for x in mail.LETTERS]
    speeds = [*(letter.speed for letter in mail.LETTERS), *mail.OWN_SPEEDS]
    flat = (np.array(part, np.int32).ravel() for part in (answers, kinds, speeds, plans.PLANS, at.REPORTS))
    return Tables(*flat)
