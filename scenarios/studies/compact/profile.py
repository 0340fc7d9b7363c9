"""What the study of compacts plays: its cells, and how many episodes of each under a profile.

A cell is (economy, seats, rule, who speaks for honest principals, who for antisocial ones, spite, inspector);
it is played at every count of antisocial principals. All that it does follows from its key and the profile.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import NamedTuple

from gyges.envs.errors import UnknownNameError

RULES = ("none", "majority", "supermajority", "unanimity", "nash", "leader", "king")
COUNTS = (0, 1, 2, 3, 5, 10)
"""Antisocial principals among `SEATS`; at other sizes the same shares, rounded."""
SEATS = 24
SPITE = 4
"""By how much less than nothing the second kind of antisocial principal puts on others, in sixteenths."""
INSPECTOR = 16
"""Chance in a hundred that an account is audited a year where there is an inspector."""

PARTISAN, CLEAN, PROSOCIAL, CITIZEN = "partisan", "clean", "prosocial", "citizen"
LOYALTIES = tuple((honest, ill) for honest in (PARTISAN, CLEAN, PROSOCIAL) for ill in (PARTISAN, CLEAN))
"""Who speaks for honest principals, and who for antisocial ones."""
PEOPLE = (CITIZEN, CITIZEN)
"""Everybody speaks for himself."""
ALIKE = (PARTISAN, PARTISAN)


class Cell(NamedTuple):
    """One arm in one economy."""

    economy: int  # 0 the game's own, else the number of a draw from the prior
    seats: int
    rule: str
    honest: str
    antisocial: str
    spite: int
    inspector: int

    @property
    def key(self) -> str:
        """As in 0/24/majority/partisan/clean/0/0."""
        return "/".join(map(str, self))


def parse(key: str) -> Cell:
    """The cell of a key.

    Raises:
        ValueError: it is none.
    """
    economy, seats, rule, honest, antisocial, spite, inspector = key.split("/")
    found = Cell(int(economy), int(seats), rule, honest, antisocial, int(spite), int(inspector))
    if found.key != key:
        raise ValueError(f"no cell: {key[:80]!r}")
    return found


@dataclasses.dataclass(frozen=True)
class Profile:
    """How much of it is played.

    Attributes:
        name: of the profile.
        seeds: episodes of each count in the game's own economy.
        most: episodes where the first `seeds` leave open on which side of the line P(war) lies.
        economies: drawn from the prior.
        first: number of the first of them: what one profile has seen is no evidence for another.
        economy_seeds: episodes of each count in those.
        sizes: (seats, episodes) of larger tables.
        loyalties: who speaks at those tables, and where there is an inspector.
        rules, counts: mechanisms, and counts of antisocial principals of 24.
    """

    name: str
    seeds: int
    most: int
    economies: int
    economy_seeds: int
    first: int
    sizes: tuple[tuple[int, int], ...] = ()
    loyalties: tuple[tuple[str, str], ...] = (*LOYALTIES, PEOPLE)
    rules: tuple[str, ...] = RULES
    counts: tuple[int, ...] = COUNTS

    def counts_of(self, cell: Cell) -> tuple[int, ...]:
        """Counts of antisocial principals; without any, who would speak for them makes no difference."""
        scaled = tuple((2 * k * cell.seats + SEATS) // (2 * SEATS) for k in self.counts)
        alone = cell.spite or cell.antisocial not in (PARTISAN, CITIZEN)
        return tuple(k for k in scaled if k > 0 or not alone)

    def episodes(self, cell: Cell) -> tuple[int, int]:
        """Episodes of each count, and the most of one near the line."""
        if cell.economy:
            return self.economy_seeds, self.economy_seeds
        if cell.seats != SEATS:
            seeds = dict(self.sizes)[cell.seats]
            return seeds, seeds
        return self.seeds, self.most

    def cells(self) -> list[Cell]:
        """All cells: the game's own economy, the drawn economies, and larger tables."""
        return [*self._own(), *self._drawn(), *self._large()]

    def _own(self) -> Iterator[Cell]:
        for rule in self.rules:
            for who in (*LOYALTIES, PEOPLE):
                for spite in (0, SPITE):
                    yield Cell(0, SEATS, rule, *who, spite, 0)
                    if who in self.loyalties:
                        yield Cell(0, SEATS, rule, *who, spite, INSPECTOR)

    def _large(self) -> Iterator[Cell]:
        for seats, _ in self.sizes:
            for rule in self.rules:
                for who in self.loyalties:
                    yield Cell(0, seats, rule, *who, 0, 0)

    def _drawn(self) -> Iterator[Cell]:
        few = [rule for rule in ("none", "majority", "leader") if rule in self.rules]
        for economy in range(self.first, self.first + self.economies):
            for rule in self.rules:
                for who in (ALIKE, (PARTISAN, CLEAN), (PROSOCIAL, PARTISAN)):
                    yield Cell(economy, SEATS, rule, *who, 0, 0)
            for rule in few:
                yield Cell(economy, SEATS, rule, *PEOPLE, 0, 0)
                yield Cell(economy, SEATS, rule, CLEAN, CLEAN, 0, 0)
            for rule in [rule for rule in ("none", "supermajority") if rule in self.rules]:
                yield Cell(economy, SEATS, rule, *ALIKE, SPITE, 0)
            yield Cell(economy, SEATS, "none", *ALIKE, 0, INSPECTOR)


PROFILES = {
    "ci": Profile(
        "ci", 8, 12, 2, 6, 1, loyalties=(ALIKE,), rules=("none", "supermajority"), counts=(0, 1, 10)
    ),
    "small": Profile(
        "small", 200, 400, 30, 50, 101, sizes=((60, 100), (200, 60)), loyalties=(ALIKE, (PARTISAN, CLEAN))
    ),
    "full": Profile("full", 200, 1000, 50, 200, 201, sizes=((60, 200), (200, 200))),
}
"""ci: seconds, of the plumbing; small: half an hour of one core; full: 37 minutes of two cores."""


def profile(name: str) -> Profile:
    """A profile by name; UnknownNameError where there is none."""
    if name not in PROFILES:
        raise UnknownNameError(f"no profile {name!r} of this study; there are {', '.join(PROFILES)}")
    return PROFILES[name]
