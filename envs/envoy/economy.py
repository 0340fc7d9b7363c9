"""Goods, arms, war and what they are worth in Envoy."""

from __future__ import annotations

from typing import Any

from gyges.envs.envoy import compacts
from gyges.envs.envoy import encoding as at
from gyges.envs.rules import rule

TYPICAL = 168  # what a person eats in a common year, 1/16 good
HALF = 2  # of what is in store is eaten each year, and of arms rusts


@rule
def column(p: Any, compact: int, which: int) -> int:
    """A column of a compact of the catalogue; of none (-1), what holds without one."""
    if compact < 0:
        return compacts.NO_CAP if which == compacts.CAP else 0
    return int(p.tables.compacts[compact * compacts.COLUMNS + which])


@rule
def standing(s: Any, p: Any, which: int) -> int:
    """The same of the compact that stands."""
    return column(p, s.compact[0], which)


@rule
def log(p: Any, goods: int) -> int:
    """256 ln(1 + goods), of sixteenths of a good."""
    return int(p.tables.logs[min(goods, compacts.MOST_EATEN)])


@rule
def gain(s: Any, a: int, goods: int) -> None:
    """Goods come to a person."""
    s.store[a] = s.store[a] + goods
    s.came[a] = s.came[a] + goods


@rule
def lose(s: Any, a: int, goods: int) -> int:
    """Goods go from a person, as far as there are any; returns how many."""
    taken = min(goods, s.store[a])
    s.store[a] = s.store[a] - taken
    s.went[a] = s.went[a] + taken
    return int(taken)


@rule
def waste(s: Any, a: int, goods: int) -> None:
    """Goods of a person are used up."""
    s.lost[0] = s.lost[0] + lose(s, a, goods)


@rule
def make(s: Any, a: int, goods: int) -> None:
    """Goods come into being, and to a person."""
    s.made[0] = s.made[0] + goods
    gain(s, a, goods)


@rule
def audit_odds(p: Any, enforcement: int) -> int:
    """Odds that accounts are audited, 1/65536."""
    return int(min(p.audit * enforcement + p.inspector, 65536))


@rule
def war_odds(p: Any, mean: int) -> int:
    """Odds of war a year, by arms a head (1/16): smooth in them."""
    return int(min(p.war_base + p.war_line * mean // 16 + p.war_square * mean * mean // 256, 52000))


@rule
def war_slope(p: Any, mean: int) -> int:
    """By how much the odds of war rise with an arm a head, 1/65536."""
    return int(p.war_line + 2 * p.war_square * mean // 16)


@rule
def raid_odds(p: Any, own: int, other: int, enforcement: int) -> int:
    """Odds that a raid succeeds, 1/256, by arms (1/16)."""
    odds = p.raid_base - p.raid_guard * enforcement
    if own >= other:
        odds += p.raid_step * (own - other) // 16
    else:
        odds -= p.raid_step * (other - own) // 16
    return int(min(max(odds, 8), 240))


@rule
def exempt(s: Any, p: Any, a: int) -> bool:
    """Does the hardship exception apply to a seat's principal?"""
    return bool(standing(s, p, compacts.HARDSHIP) == 1 and s.need[a] >= 2)


@rule
def expected(s: Any, p: Any, a: int) -> int:
    """What a person should have in store when the year's goods are eaten, 1/16 good.

    It is what there is now, what a deal brings, and a share of the last pot less the tax.
    """
    goods = s.store[a]
    phase = s.phase[0]
    if phase <= at.DEAL:
        goods += p.gift - p.deal
    if phase <= at.PAY:
        goods += s.pot[0] // max(s.living[0], 1)
        if not exempt(s, p, a):
            goods -= standing(s, p, compacts.TAX) * at.UNIT
    return int(max(goods, 0))


@rule
def lasting(s: Any, p: Any) -> int:
    """How much of what is eaten in later years, by halves, is eaten before the end, 1/64."""
    lost = 2 * p.hazard * 64 // (65536 + p.hazard)
    sure = min(max(p.years - 1 - s.year[0], 0), 6)
    return int(64 - (lost >> sure))


@rule
def value_of(goods: int, part: int) -> int:
    """What a sixteenth of a good more is worth to a person with so much in store, 1/16 of welfare's unit.

    Half of it is eaten this year, and `part` (`lasting`) of the rest in years that are by three parts as this
    one and by one as a common one.
    """
    eaten = goods // HALF
    return int((4096 // (16 + eaten) + 64 * part // (16 + (3 * eaten + TYPICAL) // 4)) // 2)


@rule
def years_left(s: Any, p: Any) -> int:
    """Expected years after this one."""
    tail = (65536 - p.hazard) // max(p.hazard, 1)
    cut = max(p.horizon - s.tick[0], 0) // 6
    return int(min(max(p.years - 1 - s.year[0], 0) + tail, cut))


@rule
def survey(s: Any, p: Any) -> None:
    """Count the living and their arms and records, and what goods and war are worth."""
    living = 0
    for a in range(p.num_agents):
        living += s.status[a]
    s.living[0] = living
    arms = 0
    value = 0
    stores = 0
    part = lasting(s, p)
    for j in range(4):
        s.armed[j] = 0
    for j in range(3):
        s.record[j] = 0
    for a in range(p.num_agents):
        if s.status[a] == 0:
            continue
        arms += s.arms[a]
        goods = expected(s, p, a)
        value += value_of(goods, part)
        stores += goods // 2 * value_of(goods * 3 // 4, part) // 16
        k = 0 if s.arms[a] < 16 else 1 if s.arms[a] < 32 else 2 if s.arms[a] < 64 else 3
        s.armed[k] = s.armed[k] + 1
        k = min(s.marks[a], 2)
        s.record[k] = s.record[k] + 1
    s.mean[0] = arms // max(living, 1)
    s.value[0] = value // max(living, 1)
    life = years_left(s, p) * log(p, TYPICAL)
    s.cost[0] = stores + living * (life * (p.war_deaths // 64) // 1024)
