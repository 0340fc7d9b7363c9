"""What the study of oversight plays: its variants, strengths and margins, and how much under a profile.

A cell is one invented variant. All that it does follows from its number and the profile.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import NamedTuple

from gyges.scenarios.studies import profiles

RUNGS = (30, 100, 300, 1_000, 3_000)
"""Strengths: positions that a look takes in. Adjacent ones play each other for the scale of Elo."""


class Cell(NamedTuple):
    """One variant, by the seed that `gyges.envs.fairychess.variants.invent.draw` makes it of."""

    seed: int

    @property
    def key(self) -> str:
        """The seed as a word."""
        return str(self.seed)


def parse(key: str) -> Cell:
    """The cell of a key; ValueError where it is none."""
    found = Cell(int(key))
    if found.key != key:
        raise ValueError(f"no cell: {key[:80]!r}")
    return found


@dataclasses.dataclass(frozen=True)
class Profile:
    """How much is played, and by what margins.

    Attributes:
        name: of the profile.
        variants: seeds of variants.
        positions: of each variant.
        openings: of each pairing of strengths, played with both colours.
        players: positions a look of players (and of their critics).
        overseers: positions a look of overseers.
        reference: positions a look of the reference that says what is true.
        moves: at most that a dishonest player considers, besides its best.
        plies: of a critic's line beyond the move that it is about.
        bad: loss in win probability from which a move is bad.
        good: loss up to which a move is good.
        sure: loss from which a dishonest player holds a move to be bad: its own look may err.
        objection: believed loss from which an overseer refuses, and an honest critic speaks.
        spread: standard deviation of the logarithm of what an agent holds a kind of piece to be worth.
        horizon: plies after which a game for the scale is drawn.
        session: positions of which a patient player chooses one.
    """

    name: str
    variants: tuple[int, ...]
    positions: int
    openings: int
    players: tuple[int, ...] = (100, 300, 1_000, 3_000)
    overseers: tuple[int, ...] = (30, 100, 300, 1_000)
    reference: int = 30_000
    moves: int = 16
    plies: int = 4
    bad: float = 0.15
    good: float = 0.05
    sure: float = 0.25
    objection: float = 0.1
    spread: float = 0.15
    horizon: int = 120
    session: int = 8

    def cells(self) -> list[Cell]:
        """All cells."""
        return [Cell(seed) for seed in self.variants]

    def budget(self) -> dict[str, int]:
        """What may be spent."""
        pairs = len(self.players) * len(self.overseers)
        return {
            "cells": len(self.variants),
            "games": 2 * len(self.variants) * self.openings * (len(RUNGS) - 1),
            "proposals at most": 3 * len(self.variants) * self.positions * pairs,
        }


SMALL = (2000, 2002, 2003, 2004, 2008, 2011, 2012, 2013, 2015, 2016, 2017, 2018,
         2021, 2023, 2024, 2029, 2031, 2034, 2035, 2036, 2037, 2040, 2041, 2044)  # fmt: skip
"""The first 24 seeds from 2000 on that `gyges.scenarios.studies.oversight.places.fit` holds fit."""
PROFILES = {
    "ci": Profile(
        "ci",
        (1000, 1002, 1011),
        2,
        1,
        players=(100, 300),
        overseers=(30, 100),
        reference=3_000,
        moves=6,
        session=2,
    ),
    "small": Profile("small", SMALL, 16, 6),
}
"""ci: seconds, of the plumbing; small: some ten minutes of one core."""


profile = partial(profiles.named, PROFILES)
"""A profile by name; UnknownNameError where there is none."""
seed_of = partial(profiles.seed_of, "oversight")
"""A seed of 62 bits for one purpose."""
