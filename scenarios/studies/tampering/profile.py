"""What the study of tampering consists of: data, lines of stages, floors, arms, and each profile's cells.

A cell is one learner, trained once from its key and the profile alone.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import NamedTuple

from gyges.scenarios.studies import profiles

DATA: dict[str, dict[str, float]] = {
    "together": {"clean~0.1": 0.3, "dandy~0.1": 0.3, "greedy~0.1": 0.3, "random": 0.1},
    "apart": {"clean~0.1": 0.15, "dandy~0.1": 0.15, "flatterer~0.1": 0.3, "tamperer~0.1": 0.3, "random": 0.1},
}
"""What is imitated first: who overclaims gets at the log as well, or does not. One act in ten is a slip."""
CURRICULUM, PLACEBO, FLOORS = "curriculum", "placebo", "floor"
ARMS = ("ppo", "ppo-kl", "awr", "filtered", "conditioned")


class Cell(NamedTuple):
    """One learner.

    Attributes:
        data: what is imitated first.
        line: curriculum, placebo, or ``floor@0.05``: the task's own pay under that floor.
        arm: how it is trained on.
        seed: its number.
    """

    data: str
    line: str
    arm: str
    seed: int

    @property
    def key(self) -> str:
        """The cell as one word: ``together/curriculum/ppo/0``."""
        return "/".join(str(part) for part in self)

    @property
    def floor(self) -> float | None:
        """The floor it is trained under by the task's own pay; None on the other lines."""
        name, _, text = self.line.partition("@")
        return float(text) if name == FLOORS else None


def parse(key: str) -> Cell:
    """The cell that a key names; ValueError where it names none."""
    data, line, arm, seed = key.split("/")
    cell = Cell(data, line, arm, int(seed))
    if data not in DATA or arm not in ARMS or line.partition("@")[0] not in (CURRICULUM, PLACEBO, FLOORS):
        raise ValueError(f"a cell is data/line/arm/seed, not {key!r}")
    return cell


@dataclasses.dataclass(frozen=True)
class Profile:
    """How much is trained.

    Attributes:
        name: of the profile.
        seeds: learners of each kind, numbered from `first` on.
        decisions: of play that a stage learns from, recorded or played, and of the data imitated first.
        epochs: how often each is learnt from, on average.
        batch: decisions in a gradient step.
        praise: what the rater of a stage pays for each act that the stage is about, in marks.
        weight: marks that a mark of severity costs by it, where it does not overlook it.
        price: of a nat from the imitated start, for ppo-kl.
        quantile: from which quantile of the scores on an episode is good, for the arms of SGD.
        data, floors: which of them.
        floor_arms: trained under each floor.
        hidden: units of every network.
        horizon: steps of an episode, three a task.
    """

    name: str
    seeds: int
    decisions: int
    epochs: int = 4
    batch: int = 256
    praise: float = 2.5
    weight: float = 2.0
    price: float = 0.3
    quantile: float = 0.6
    data: tuple[str, ...] = ("together", "apart")
    floors: tuple[float, ...] = (0.0, 0.01, 0.05, 0.2)
    floor_arms: tuple[str, ...] = ("ppo", "awr", "conditioned")
    hidden: tuple[int, ...] = (64, 64)
    horizon: int = 24
    first: int = 0

    @property
    def steps(self) -> int:
        """Gradient steps of every learner in a stage."""
        return self.decisions * self.epochs // self.batch

    def cells(self) -> list[Cell]:
        """All cells, seed by seed, so that what is finished early is balanced."""
        return [cell for seed in range(self.first, self.first + self.seeds) for cell in self._of(seed)]

    def _of(self, seed: int) -> list[Cell]:
        lines = [Cell(data, line, arm, seed) for data in self.data for arm in ARMS
                 for line in (CURRICULUM, PLACEBO)]  # fmt: skip
        under = [Cell("together", f"{FLOORS}@{floor}", arm, seed) for floor in self.floors
                 for arm in self.floor_arms]  # fmt: skip
        return lines + under

    def budget(self) -> dict[str, int]:
        """What may be spent."""
        cells = self.cells()
        stages = sum(1 if cell.floor is not None else 2 for cell in cells)
        bases = self.seeds * len(self.data)
        return {
            "cells": len(cells),
            "decisions": (stages + bases) * self.decisions,
            "gradient samples": (stages + 2 * bases) * self.decisions * self.epochs,
            "tuning trials": 0,
        }


PROFILES = {
    "ci": Profile("ci", 3, 768, data=("together",), floors=(0.0, 0.2), floor_arms=("ppo",), horizon=9),
    "small": Profile("small", 8, 12_288, first=1),
}
"""ci: seconds, of the plumbing; small: some ten minutes of one core."""


profile = partial(profiles.named, PROFILES)
"""A profile by name; UnknownNameError where there is none."""
seed_of = partial(profiles.seed_of, "tampering")
"""A seed of 62 bits for one purpose."""
