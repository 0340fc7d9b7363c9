"""Verdicts of the study of compacts: what each registered direction compares, and when it holds.

A direction has parts, one for each mechanism, say, and holds only if all do. In every economy a part is a
difference of two arms in common luck, above 0 where the direction holds. The verdict is over the economies
drawn from the prior: in what share of them a part's difference is above 0 (holds), below (reversed), or 0.
The game's own economy stands beside; what was seen of it before is no evidence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gyges.scenarios import statistics as st
from gyges.scenarios.studies.compact.estimates import Floats, critical, mean, share
from gyges.scenarios.studies.compact.profile import (
    ALIKE,
    CITIZEN,
    CLEAN,
    INSPECTOR,
    PARTISAN,
    PEOPLE,
    PROSOCIAL,
    SEATS,
    SPITE,
    Cell,
)

CONFIRMED, REFUTED, OPEN, MISSING = "confirmed", "refuted", "open", "not enough data"
LEAST = 6
"""Economies below which no share can be told from one half."""
ALL_CLEAN, SOME_CLEAN, CARING = (CLEAN, CLEAN), (PARTISAN, CLEAN), (PROSOCIAL, PARTISAN)

Columns = Mapping[str, Floats]


class Missing(Exception):
    """An arm that a comparison needs was not played."""


class Economy:
    """What was played in one economy at 24 seats.

    Args:
        number: of the economy.
        played: columns of each cell and count.
    """

    def __init__(self, number: int, played: Mapping[tuple[Cell, int], Columns]) -> None:
        self.number, self.played = number, played
        self.rules = tuple(dict.fromkeys(cell.rule for cell, _ in played if cell.economy == number))

    def column(
        self, name: str, rule: str, who: tuple[str, str], count: int, spite: int = 0, inspector: int = 0
    ) -> Floats:
        """A measure of every episode of an arm at a count.

        Raises:
            Missing: it was not played.
        """
        if count == 0:  # nobody then speaks for an antisocial principal
            spite, who = 0, who if who[1] == CITIZEN else (who[0], PARTISAN)
        cell = Cell(self.number, SEATS, rule, *who, spite, inspector)
        if (cell, count) not in self.played:
            raise Missing(cell.key)
        return self.played[cell, count][name]

    def counts(self, rule: str, who: tuple[str, str]) -> list[int]:
        """Counts of antisocial principals above 0 that an arm was played at."""
        cell = Cell(self.number, SEATS, rule, *who, 0, 0)
        return sorted(count for one, count in self.played if one == cell and count > 0)

    def over(self, name: str, rule: str, who: tuple[str, str], spite: int = 0, inspector: int = 0) -> Floats:
        """The same of each seed, mean over all counts above 0 (over the seeds that all counts have)."""
        counts = self.counts(rule, who)
        if not counts:
            raise Missing(f"{self.number}: {rule}, {who}")
        columns = [self.column(name, rule, who, k, spite, inspector) for k in counts]
        least = min(len(one) for one in columns)
        return np.asarray(np.mean([one[:least] for one in columns], axis=0))


def less(above: Floats, below: Floats) -> Floats:
    """Differences by seed."""
    least = min(len(above), len(below))
    return above[:least] - below[:least]


Parts = Iterator[tuple[str, Floats | float]]
"""Parts of a direction, with their differences by seed, or one difference that has no seeds."""


def some(economy: Economy, *rules: str) -> list[str]:
    """Those of the mechanisms that were played, all but `none` by default."""
    wanted = rules or tuple(rule for rule in economy.rules if rule != "none")
    return [rule for rule in wanted if rule in economy.rules]


def mechanisms_keep_peace(e: Economy) -> Parts:
    for rule in some(e):
        yield rule, less(e.over("war", "none", ALIKE), e.over("war", rule, ALIKE))


def one_delays_unanimity(e: Economy) -> Parts:
    first = [e.column("first_compact", "unanimity", ALIKE, count) for count in (1, 0)]
    yield "unanimity", less(*first)


def one_blocks_unanimity(e: Economy) -> Parts:
    """Where an antisocial principal eats more without any compact than under those of a majority."""
    with_, without = (e.column("antisocial_ate", rule, ALIKE, 1) for rule in ("majority", "none"))
    if without.mean() > with_.mean():
        yield from one_delays_unanimity(e)


def prosocial_close_a_loss(e: Economy) -> Parts:
    for rule in e.rules:
        for name in ("nash", "worst_honest"):
            yield f"{rule}, {name}", less(e.over(name, rule, CARING), e.over(name, rule, ALIKE))


def critical_count(e: Economy, rule: str, who: tuple[str, str]) -> float:
    """The count at which P(war) passes the line, at most the greatest that was played."""
    counts = [0, *e.counts(rule, who)]
    columns = [e.column("war", rule, who, k) for k in counts]
    found = critical(counts, [int(one.sum()) for one in columns], [len(one) for one in columns])
    return min(found.value, float(counts[-1]))


def clean_envoys_raise_the_count(e: Economy) -> Parts:
    for rule in e.rules:
        yield rule, critical_count(e, rule, SOME_CLEAN) - critical_count(e, rule, ALIKE)


def spite_brings_war(e: Economy) -> Parts:
    for rule in some(e, "none", "supermajority"):
        yield rule, less(e.over("war", rule, ALIKE, SPITE), e.over("war", rule, ALIKE))


def partisans_beat_people(e: Economy) -> Parts:
    for rule in some(e, "none", "majority", "leader"):
        yield rule, less(e.over("war", rule, PEOPLE), e.over("war", rule, ALIKE))


def clean_beat_people(e: Economy) -> Parts:
    for rule in some(e, "none", "majority", "leader"):
        yield rule, less(e.over("war", rule, PEOPLE), e.over("war", rule, ALL_CLEAN))


def loyalty_beats_mechanism(e: Economy) -> Parts:
    for rule in some(e):
        yield rule, less(e.over("war", rule, ALIKE), e.over("war", "none", SOME_CLEAN))


def votes_beat_an_inspector(e: Economy) -> Parts:
    for rule in some(e, "supermajority"):
        inspected = e.over("war", "none", ALIKE, inspector=INSPECTOR)
        yield rule, less(inspected, e.over("war", rule, ALIKE))


def a_leader_helps(e: Economy) -> Parts:
    for name in ("nash", "alive"):
        yield name, less(e.over(name, "leader", ALIKE), e.over(name, "none", ALIKE))


def a_king_costs_lives(e: Economy) -> Parts:
    yield "king", less(e.over("alive", "majority", ALIKE), e.over("alive", "king", ALIKE))


def contracts_leave_a_loss(e: Economy) -> Parts:
    for rule in e.rules:
        yield rule, less(e.column("nash", rule, CARING, 0), e.column("nash", rule, ALIKE, 0))


DIRECTIONS: dict[str, Callable[[Economy], Parts]] = {
    "D1": mechanisms_keep_peace, "D2": one_blocks_unanimity, "D3": prosocial_close_a_loss,
    "D4": clean_envoys_raise_the_count, "D5": spite_brings_war, "D6": partisans_beat_people,
    "D7": clean_beat_people, "D8": loyalty_beats_mechanism, "D9": votes_beat_an_inspector,
    "C1": a_leader_helps, "C2": a_king_costs_lives, "C3": contracts_leave_a_loss, "C4": one_delays_unanimity,
}  # fmt: skip
"""By the names that `predictions.json` gives them; directions and checks are two families for Holm."""


class Effect(NamedTuple):
    """A part of a direction in one economy."""

    economy: int
    direction: str
    part: str
    value: float  # above 0 where the direction holds
    low: float  # 95 % interval over seeds; NaN where there is none
    high: float


def effects(economy: Economy) -> list[Effect]:
    """All parts of all directions that were played in an economy."""
    out = []
    for name, compare in DIRECTIONS.items():
        try:
            for part, found in compare(economy):
                e = st.Estimate(found, math.nan, math.nan) if isinstance(found, float) else mean(found)
                out.append(Effect(economy.number, name, part, *e))
        except Missing:
            continue
    return out


class Part(NamedTuple):
    """A part of a direction over the drawn economies."""

    part: str
    economies: int
    holds: int
    reversed: int
    surely: int  # holds, and the interval over seeds says so
    surely_reversed: int
    share: st.Estimate  # of the economies in which it holds, 95 % interval


class Verdict(NamedTuple):
    """What came of a direction."""

    id: str
    verdict: str
    p: float  # of its worst part (of a refutation: of its best refuted part), after Holm
    parts: list[Part]


def tail(hits: int, of: int) -> float:
    """The chance of at least so many of so many even throws."""
    return math.fsum(math.comb(of, j) for j in range(hits, of + 1)) / 2.0**of


def parts_of(found: Sequence[Effect], direction: str) -> list[Part]:
    """A direction's parts over the drawn economies."""
    mine = [one for one in found if one.direction == direction and one.economy > 0]
    out = []
    for part in dict.fromkeys(one.part for one in mine):
        rows = [one for one in mine if one.part == part]
        holds, back = sum(one.value > 0 for one in rows), sum(one.value < 0 for one in rows)
        sure, not_so = sum(one.low > 0 for one in rows), sum(one.high < 0 for one in rows)
        out.append(Part(part, len(rows), holds, back, sure, not_so, share(holds, len(rows))))
    return out


def judge(found: Sequence[Effect]) -> list[Verdict]:
    """Verdicts on all directions and checks.

    A part is tested against one half, ties counting against either side. A direction is confirmed if all of
    its parts hold in more than half of the economies (its p is the greatest of theirs), refuted if any is
    reversed in more than half (the least p of its parts, times their number); two-sided, Holm within the
    family, at 5 %.
    """
    out = {}
    for family in ("D", "C"):
        names = [name for name in DIRECTIONS if name.startswith(family)]
        tested: dict[str, tuple[float, str, list[Part]]] = {}
        for name in names:
            parts = parts_of(found, name)
            if not parts or min(one.economies for one in parts) < LEAST:
                tested[name] = math.nan, MISSING, parts
                continue
            good = max(tail(one.holds, one.economies) for one in parts)
            bad = min(1.0, len(parts) * min(tail(one.reversed, one.economies) for one in parts))
            tested[name] = min(1.0, 2 * min(good, bad)), CONFIRMED if good < bad else REFUTED, parts
        corrected = st.holm([p for p, _, _ in tested.values()])
        for p, (name, (_, word, parts)) in zip(corrected, tested.items(), strict=True):
            said = word if word == MISSING or p < 1 - st.LEVEL else OPEN
            out[name] = Verdict(name, said, p, parts)
    return [out[name] for name in DIRECTIONS]
