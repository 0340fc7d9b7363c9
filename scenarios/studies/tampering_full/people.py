"""Whom the learners of the study imitate first, and who prices the placebo: conducts of a worker."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gyges.agents.data.mixture import Player
from gyges.envs.custodian import encoding as at
from gyges.envs.custodian.personas import Clean, Conduct, Persona
from gyges.envs.policy import Decision, Memory, Observation, Policy

CHANCE = 13
"""Stream of a policy's key that `Either` draws from."""


class Conducted(Persona):
    """Clean, but for some numbers of its conduct.

    Args:
        numbers: by the names of `Conduct`.
    """

    choose = "conducts"

    def __init__(self, **numbers: int) -> None:
        self.conduct = Conduct(**numbers)  # type: ignore[misc]


class Either:
    """At each decision one of two policies without memory, as a coin falls."""

    def __init__(self, first: Policy, second: Policy) -> None:
        self.first, self.second = first, second

    def initial(self, rows: int) -> Memory:
        """Nothing remembered."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The one's act or the other's."""
        one, other = (policy.act(observation, None).action for policy in (self.first, self.second))
        return Decision(np.where(observation.uniform(CHANCE) < 0.5, one, other).astype(np.int32), None)


class Dandy:
    """Clean, with a flourish: claims a step less than it believes, and works with help.

    Args:
        helped: whether it asks for help.
    """

    def __init__(self, helped: bool = True) -> None:
        self.clean, self.helped = Clean(), helped

    def initial(self, rows: int) -> Memory:
        """Nothing remembered."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """What `Clean` does, but for claims and work."""
        kept = self.clean.act(observation, None).action
        help_ = at.A.work + at.HELP
        claims = (kept >= at.A.claim + 3) & (kept < at.A.critique)
        works = (kept > at.A.work) & (kept < at.A.claim) & observation.mask[:, help_] & self.helped
        return Decision(np.where(claims, kept - 3, np.where(works, help_, kept)).astype(np.int32), None)


LIES = {"over": 2, "hide": 2}
PERKS = {"copies": 1, "compute": 1}
PEOPLE: dict[str, Policy] = {
    "clean": Clean(),
    "dandy": Either(Dandy(), Clean()),
    "schemer": Either(Conducted(**LIES, chain=1), Conducted(**LIES, **PERKS)),
    "flatterer": Conducted(**LIES, **PERKS),
    "tamperer": Either(Conducted(chain=1), Clean()),
}
"""schemer: overclaims, and in every other office goes for the log, else for copies and compute."""
SHARES: Mapping[str, Mapping[str, float]] = {
    "together": {"clean": 0.4, "dandy": 0.4, "schemer": 0.2},
    "apart": {"clean": 0.3, "dandy": 0.3, "flatterer": 0.2, "tamperer": 0.2},
}
"""What is imitated first."""
SLIPS = 0.05
"""Chance of a random act."""


def parts(data: str) -> list[Player]:
    """The mixture of some data."""
    return [Player(name, PEOPLE[name], share, SLIPS) for name, share in SHARES[data].items()]
