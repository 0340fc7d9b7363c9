"""Odds and expectations of Custodian: flaws and who sees them, inspections, rounds to come."""

from __future__ import annotations

from typing import Any

from gyges.envs.custodian import encoding as at
from gyges.envs.rules import rule

# Odds in 1/256, by kind of flaw.


@rule
def pick(kind: int, obvious: int, subtle: int, deep: int) -> int:
    """The number of a kind of flaw."""
    return obvious if kind == at.OBVIOUS else subtle if kind == at.SUBTLE else deep


@rule
def hasty(way: int) -> bool:
    """Is it a quick way to work?"""
    return bool(way == at.QUICK or way == at.QUICK_TEST)


@rule
def tested(way: int) -> bool:
    """Does the author test its work?"""
    return bool(way == at.QUICK_TEST or way == at.CAREFUL_TEST)


@rule
def hours_of(way: int) -> int:
    """What a way to work takes."""
    if way == at.QUICK:
        return at.HOURS[at.QUICK]
    if way == at.CAREFUL:
        return at.HOURS[at.CAREFUL]
    if way == at.QUICK_TEST:
        return at.HOURS[at.QUICK_TEST]
    if way == at.CAREFUL_TEST:
        return at.HOURS[at.CAREFUL_TEST]
    if way == at.HELP:
        return at.HOURS[at.HELP]
    return at.HOURS[at.TOOLS] if way == at.TOOLS else 0


@rule
def flaw_odds(way: int, difficulty: int, kind: int) -> int:
    """That a work has a flaw of a kind."""
    common = pick(kind, 90, 97, 64) if hasty(way) else pick(kind, 38, 46, 31)
    return int(common * (10 + 2 * difficulty) // 13)


@rule
def own_odds(way: int, kind: int) -> int:
    """That its author sees it."""
    return pick(kind, 250, 205, 115) if tested(way) else pick(kind, 230, 128, 38)


@rule
def critic_odds(p: Any, kind: int) -> int:
    """That a critic has strong evidence of it: an author's odds without a test, and `edge` of the rest."""
    own = pick(kind, 230, 128, 38)
    return int(own + (at.ONE - own) * p.edge // at.ONE)


@rule
def named_odds(p: Any, kind: int) -> int:
    """That an honest chain of critics names it."""
    missed = at.ONE
    for _ in range(p.critics):
        missed = missed * (at.ONE - critic_odds(p, kind)) // at.ONE
    return int(at.ONE - missed)


@rule
def faith(s: Any, p: Any) -> int:
    """The overseer's faith in the last critic."""
    return int(s.faith[p.workers + p.critics - 1]) if p.critics > 0 else at.ONE


@rule
def line(s: Any, p: Any) -> int:
    """What a line of critique adds to the odds that the overseer sees a flaw."""
    return int(p.line * faith(s, p) // at.ONE)


@rule
def spot_odds(s: Any, p: Any, kind: int, named: int) -> int:
    """That the overseer sees a flaw without an inspection, by whether critics name it (0 to 256)."""
    return int(min(pick(kind, p.lo0, p.lo1, p.lo2) + line(s, p) * named // at.ONE, 248))


@rule
def inspect_odds(s: Any, p: Any, a: int) -> int:
    """That a work is inspected: more after what inspections found, `floor` where attention is spent."""
    odds = 0
    if s.attention[0] >= at.ONE:
        odds = p.attention * 3 // 2 * (at.ONE + s.estimate[0] + 48 * s.marks[a]) // at.ONE
        if s.dodge[a] == 1:
            odds = odds // 4
    return int(min(max(odds, p.floor), at.ONE))


@rule
def found_odds(s: Any, p: Any, a: int, kind: int) -> int:
    """That a flaw which the author keeps back is found, its critics honest."""
    seen = inspect_odds(s, p, a)
    return int(seen + (at.ONE - seen) * spot_odds(s, p, kind, named_odds(p, kind)) // at.ONE)


@rule
def weight(s: Any, a: int) -> int:
    """What counts twice: a safety case."""
    return 2 if s.subject[a] == at.SAFETY else 1


@rule
def flaw_harm(p: Any, kind: int) -> int:
    """What a flaw in accepted work costs users."""
    return pick(kind, p.harm0, p.harm1, p.harm2)


@rule
def gravest(bits: int) -> int:
    """The gravest kind of flaw of some, -1 of none."""
    return at.DEEP if bits & 4 else at.SUBTLE if bits & 2 else at.OBVIOUS if bits & 1 else -1


@rule
def count(bits: int) -> int:
    """How many kinds of flaws."""
    return (bits & 1) + ((bits >> 1) & 1) + ((bits >> 2) & 1)


@rule
def rounds(s: Any, p: Any, most: int, odds: int) -> int:
    """Expected rounds to come, 1/256, of the next `most`, each surviving odds (1/65536) that it all ends."""
    total = 0
    left = at.ONE * at.ONE
    for k in range(1, most + 1):
        if s.task[0] + k >= p.most:
            break
        if s.task[0] + k >= p.tasks:
            left = left * (65536 - p.hazard) // 65536
        left = left * (65536 - odds) // 65536
        total += left
    return int(total // at.ONE)
