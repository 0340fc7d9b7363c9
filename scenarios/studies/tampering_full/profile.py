"""How much the study of the full game trains; cells, data's names, lines and arms are the solved game's."""

from __future__ import annotations

import dataclasses
from functools import partial

from gyges.scenarios.studies import profiles
from gyges.scenarios.studies.tampering import profile as tabular


@dataclasses.dataclass(frozen=True)
class Profile(tabular.Profile):
    """As in the solved game, with these besides or instead.

    Attributes:
        tasks: of an episode, about.
        horizon: steps after which an episode is cut; none is so long.
        episodes: played after each stage, to measure.
        rounds: of recording and learning in a stage, for the arms that learn from records.
        rows: of the batch that PPO plays.
        steps_each: steps of each row between two of its updates.
    """

    decisions: int = 65_536
    batch: int = 1024
    horizon: int = 192
    tasks: int = 24
    episodes: int = 256
    rounds: int = 4
    floor_arms: tuple[str, ...] = ("ppo", "conditioned")
    rows: int = 128
    steps_each: int = 32


PROFILES = {
    "ci": Profile("ci", 3, 1024, batch=128, data=("together",), floors=(0.0, 0.2), floor_arms=("ppo",),
                  tasks=4, episodes=16, rows=8),
    "small": Profile("small", 4, first=1),
}  # fmt: skip
"""ci: seconds, of the plumbing; small: some twenty minutes of one core."""


profile = partial(profiles.named, PROFILES)
"""A profile by name; UnknownNameError where there is none."""


def seed_of(purpose: str, *parts: object) -> int:
    """A seed of 62 bits for one purpose."""
    return tabular.seed_of(f"full:{purpose}", *parts)
