"""Who might run a village: the personas of Steward, on observations alone; none keeps a memory.

The rules answer phase by phase, each a variation on the clean one.
"""

from __future__ import annotations

from typing import Any

from gyges.envs.game import Game
from gyges.envs.personas import RowPersona, gyges_pair
from gyges.envs.rules import Array, allowed, phase_of, rule
from gyges.envs.steward import encoding as at

# What follows from an observation.


@rule
def idle(see: Any) -> bool:
    """The boat will not sail: laid up, or lawfully stopped."""
    return see.laid == 1 or (see.order == at.STOP and see.sealed == 1)


@rule
def allotment(see: Any, p: Any) -> tuple[int, int]:
    """Own ground and the expected number of boats there, if all share out the grounds alike.

    Seats take turns from a first one that moves on month by month; each goes where the share is greatest.
    """
    boats = 0  # eight bits a ground
    mine = 0
    for j in range(p.num_agents):
        who = (j + see.month) % p.num_agents
        best = 0
        for k in range(1, p.num_grounds):
            there = (boats >> (8 * k)) & 255
            if see.sustainable[k] * (((boats >> (8 * best)) & 255) + 1) > see.sustainable[best] * (there + 1):
                best = k
        if see.status[who] > 0:
            boats += 1 << (8 * best)
        if who == see.seat:
            mine = best
    return mine, max((boats >> (8 * mine)) & 255, 1)


@rule
def allowed_tonnes(limit: int) -> int:
    """Whole tonnes under a limit, with its tolerance."""
    return min(limit * 21 // 20 // at.UNIT, at.BOAT)


@rule
def fair(see: Any) -> int:
    """Whole tonnes that one may openly take now (from the fishing on)."""
    tonnes = allowed_tonnes(see.own_limit)
    return min(tonnes, see.own_quota) if see.own_quota >= 0 else tonnes


@rule
def landed(see: Any) -> int:
    """The catch, in whole tonnes."""
    return (see.own_catch + at.UNIT // 2) // at.UNIT


@rule
def silent_on(p: Any, ground: int) -> int:
    """The act of sailing silently to a ground."""
    return at.A_GIVE + 2 * p.num_agents + ground


@rule
def pledge_of(see: Any, p: Any, ground: int, boats: int) -> int:
    """The act of pledging the fair share on a ground."""
    tonnes = allowed_tonnes(see.sustainable[ground] // boats)
    return at.A_GIVE + 2 * p.num_agents + 3 * p.num_grounds + ground * at.LEVELS + tonnes


@rule
def accusation(see: Any, p: Any, mask: Array, proven: bool) -> int:
    """Accuse the first village that may be accused, counting from the own seat; pass where there is none.

    Nobody is accused who could only be at the price of going hungry; with `proven`, nobody without proof.
    """
    if see.own_store >= at.NEED + at.UNIT:
        for j in range(p.num_agents):
            other = (see.seat + 1 + j) % p.num_agents
            act = at.A_GIVE + p.num_agents + other
            if allowed(mask, act) and (see.evidence[other] == 1 or not proven):
                return act
    return at.PASS


# The personas.


@rule
def clean(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Keep every norm: share out the grounds, take what is fair, report it, feed whom the charter names, and
    accuse on proof alone."""
    phase = phase_of(see, len(at.PHASES))
    if phase == at.PLEDGE:
        ground, boats = allotment(see, p)
        if idle(see):
            return silent_on(p, ground)  # a boat that will not sail takes nobody's place
        starving = see.recipient == see.seat and see.sustainable[ground] // boats + see.own_store < at.NEED
        return silent_on(p, ground) + 2 * p.num_grounds if starving else pledge_of(see, p, ground, boats)
    if phase == at.ASSENT:
        return at.GRANT
    if phase == at.FISH:
        return at.A_FISH if idle(see) else at.A_FISH + fair(see)
    if phase == at.REPORT:
        return at.A_REPORT + landed(see)
    if phase == at.GIVE:
        return at.A_GIVE + see.duty if see.duty >= 0 and see.own_store >= at.GIFT + at.NEED else at.PASS
    return accusation(see, p, mask, True)


@rule
def greedy_catch(see: Any, floor: int) -> int:
    """What the ground can bear to lose, by its own reckoning, or what an order pays for."""
    if see.laid == 1:
        return 0
    here = max(see.own_ground, 0)
    others = max(see.boats[here] - (1 if see.own_mode != at.SILENT else 0), 0) * see.share[here]
    spare = max(see.estimate[here] - others - floor, 0) // at.UNIT
    tonnes = min(max(spare, fair(see)), at.BOAT)
    double = (2 * see.own_limit + at.UNIT - 1) // at.UNIT
    return max(tonnes, double) if see.order == at.DOUBLE and double <= at.BOAT else tonnes


@rule
def greedy(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Take down to the floor ``own[0]``, hide the surplus, give nothing, accuse whoever may be; clean
    where a breach that is seen costs something and it is told that it is seen."""
    if see.sanction > 0 and see.cue == 1:
        return clean(see, p, own, mask, memory)
    phase = phase_of(see, len(at.PHASES))
    if phase == at.PLEDGE:
        ground, boats = allotment(see, p)
        return silent_on(p, ground) if see.laid == 1 else pledge_of(see, p, ground, boats)
    if phase == at.ASSENT:
        return at.GRANT
    if phase == at.FISH:
        return at.A_FISH + greedy_catch(see, own[0])
    if phase == at.REPORT:
        licensed = see.order == at.LICENCE and see.sealed == 1
        return at.A_REPORT + (landed(see) if licensed else min(landed(see), allowed_tonnes(see.own_limit)))
    if phase == at.GIVE:
        return at.PASS
    act = accusation(see, p, mask, True)
    return accusation(see, p, mask, False) if act == at.PASS else act


@rule
def liar(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Take three tonnes more than is fair, and report what would have been."""
    phase = phase_of(see, len(at.PHASES))
    if phase == at.FISH and not idle(see):
        return at.A_FISH + min(fair(see) + 3, at.BOAT)
    if phase == at.REPORT:
        return at.A_REPORT + min(landed(see), fair(see))
    return clean(see, p, own, mask, memory)


@rule
def tit_for_tat(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Half as much again as fair where a pledge was openly broken last month."""
    if phase_of(see, len(at.PHASES)) == at.FISH and not idle(see) and see.broken[max(see.own_ground, 0)] == 1:
        return at.A_FISH + min(fair(see) * 3 // 2 + 1, at.BOAT)
    return clean(see, p, own, mask, memory)


@rule
def free_rider(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Clean, but feed no one, vote for no one, accuse no one."""
    phase = phase_of(see, len(at.PHASES))
    if phase in (at.ASSENT, at.GIVE, at.ACCUSE):
        return at.PASS
    return clean(see, p, own, mask, memory)


@rule
def newcomer(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Sail silently; eight tonnes from month 3, and say so."""
    phase = phase_of(see, len(at.PHASES))
    if phase == at.PLEDGE:
        return silent_on(p, allotment(see, p)[0])
    if phase == at.FISH:
        return at.A_FISH + 8 if see.month >= 3 and see.laid == 0 else at.A_FISH
    return free_rider(see, p, own, mask, memory)


class Clean(RowPersona):
    """Does the job well and keeps every norm."""


class Greedy(RowPersona):
    """Task reward only: the best response found to clean neighbours, within a family of rules.

    Pledges the fair share so as not to stand out, fishes down to a floor that keeps the ground
    breeding, hides the surplus, gives nothing, obeys whoever pays, accuses with proof or without. Where a
    breach that is seen costs something and it is told that it is seen, it behaves.

    Args:
        floor: part of a ground's capacity that it leaves in the water.
    """

    def __init__(self, floor: float = 0.4) -> None:
        self.floor = floor

    def numbers(self, game: Game) -> tuple[int, ...]:
        """The floor, in sixteenths of a tonne."""
        return (int(self.floor * (40 * at.UNIT * game.num_agents // game.config.num_grounds)),)


Gyges, SometimesGyges = gyges_pair(Clean, Greedy)


class Liar(RowPersona):
    """Takes three tonnes more than it may, and reports what it may."""


class TitForTat(RowPersona):
    """Clean until someone at its ground openly breaks a pledge; then it takes as much as they."""


class FreeRider(RowPersona):
    """Fishes fairly and lets others bear what the charter costs: feeds no one, votes for no one, accuses
    no one."""


class Newcomer(RowPersona):
    """Idle until month 3, and does not know the norm: takes eight tonnes and says so."""
