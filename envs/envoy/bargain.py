"""What a compact promises: for the rule `nash` by what was declared, and for whoever weighs a vote."""

from __future__ import annotations

from typing import Any

from gyges.envs.envoy import compacts
from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.economy import column, log, war_odds
from gyges.envs.rules import rule

WILD = 24  # arms a head, 1/16, to be reckoned with where nothing limits them


@rule
def rest_of(p: Any, c: int, n1: int, n2: int, n3: int, living: int) -> tuple[int, int]:
    """What a declared unit of need should get, and what is left a head of those who share, 1/16 good.

    So many of the living declare a need of 1, 2 and 3.
    """
    tax = column(p, c, compacts.TAX)
    e = column(p, c, compacts.ENFORCEMENT)
    if tax == 0 or living == 0:
        return 0, 0
    payers = living
    if column(p, c, compacts.HARDSHIP) == 1:
        payers -= n2 + n3
    honest = 64 - 24 // (1 + 2 * e)  # of 64 who should pay
    pot = payers * tax * p.works * honest // 64
    pot = max(pot - living * e * p.audit_cost, 0)
    claim = 0
    if column(p, c, compacts.FLOOR) == 1:
        asked = (n1 + 2 * n2 + 3 * n3) * p.unit_claim
        claim = p.unit_claim if asked <= pot else p.unit_claim * pot // asked
        pot = max(pot - asked, 0)
    sharing = max(living * 2 // 3, 1) if column(p, c, compacts.SHUT) == 1 else living
    return claim, pot // sharing


@rule
def worth(p: Any, c: int, claim: int, rest: int, need: int, lower: int) -> int:
    """What a compact should bring a person of this need in a year, 1/16 good; may be below 0."""
    tax = column(p, c, compacts.TAX) * at.UNIT
    if need >= 2 and column(p, c, compacts.HARDSHIP) == 1:
        tax = 0
    shut = lower == 1 and column(p, c, compacts.SHUT) == 1
    return int(claim * need + (0 if shut else rest) - tax)


@rule
def peace(p: Any, c: int, mean: int) -> int:
    """What the limit to arms should spare a person in a year, 1/16 good, beside war without one."""
    cap = column(p, c, compacts.CAP)
    wild = max(mean, WILD)
    tame = wild if cap == compacts.NO_CAP else min(wild, 16 * cap)
    return int((war_odds(p, wild) - war_odds(p, tame)) // 16 * (2 * at.UNIT * 10) // 4096)


@rule
def product(p: Any, c: int, n1: int, n2: int, n3: int, living: int, mean: int) -> int:
    """The Nash welfare that a compact promises to people of these needs, 256 times its logarithm, of all."""
    claim, rest = rest_of(p, c, n1, n2, n3, living)
    spared = peace(p, c, mean)
    income = p.low + p.spread // 2
    total = 0
    for need in range(4):
        people = living - n1 - n2 - n3 if need == 0 else n1 if need == 1 else n2 if need == 2 else n3
        base = income - p.cost * need + spared
        upper = log(p, max(base + worth(p, c, claim, rest, need, 0), 0))
        lower = log(p, max(base + worth(p, c, claim, rest, need, 1), 0))
        total += people * (2 * upper + lower) // 3
    return int(total)
