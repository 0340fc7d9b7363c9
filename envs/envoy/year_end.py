"""The end of a year in Envoy: raids, accusations, audits, war, what is eaten; and the year that follows."""

from __future__ import annotations

from typing import Any

from gyges.envs.envoy import compacts
from gyges.envs.envoy import encoding as at
from gyges.envs.envoy import transitions as turns
from gyges.envs.envoy.economy import (
    HALF,
    audit_odds,
    gain,
    log,
    lose,
    make,
    raid_odds,
    standing,
    survey,
    war_odds,
    waste,
)
from gyges.envs.envoy.labels import evidence
from gyges.envs.envoy.transitions import carried_out, hold, wrong_order
from gyges.envs.rules import Array, chance, draw, draw2, rule, set_watch

HUNGRY = 8  # in store, under which a person may starve
STARVES = 8192  # odds of it, 1/65536


@rule
def turn(s: Any, p: Any, phase: int) -> None:
    """Open a phase: the living move."""
    s.phase[0] = phase
    for a in range(p.num_agents):
        s.to_move[a] = s.status[a]


@rule
def watch(s: Any, p: Any, stream: int) -> None:
    """Draw everyone's watch bit for the act to come; nothing else bears on it, and it bears on nothing."""
    for a in range(p.num_agents):
        w0, w1 = draw2(s, stream + a)
        set_watch(s, p, a, w0 >> 16, w1 >> 16)


# What is done to others.


@rule
def raid(s: Any, p: Any, a: int, b: int, out: Any) -> None:
    """A raid: it takes less than it destroys, and may be recognised. One in return is no wrong."""
    answered = evidence(s, a, b) == at.RAIDING
    s.raids[0] = s.raids[0] + 1
    odds = raid_odds(p, s.arms[a], s.arms[b], standing(s, p, compacts.ENFORCEMENT))
    if draw(s, turns.RAIDED + a) >> 24 < odds:
        found = lose(s, b, p.loot + p.wreck)
        taken = min(found, p.loot)
        gain(s, a, taken)
        s.lost[0] = s.lost[0] + found - taken
    else:
        waste(s, a, p.raid_fail)
    s.struck[b] = 1
    if answered:
        s.suspect[a] = -1
        s.proof[a] = at.NOTHING
        return
    carried_out(s, p, a, at.RAID, out)
    if chance(s, turns.FACE + a, p.face):
        s.raiding[a] = 1
        hold(s, b, a, at.RAIDING)


@rule
def convict(s: Any, p: Any, a: int, owed: int, fine: int, bounty: int) -> int:
    """A wrongdoer pays what it owes into the purse, and a fine that the proceedings use up.

    Returns what is left of the fine for the accuser, at most the bounty.
    """
    back = lose(s, a, owed)
    s.purse[0] = s.purse[0] + back
    paid = lose(s, a, fine)
    kept = min(paid, bounty)
    s.lost[0] = s.lost[0] + paid - kept
    s.marks[a] = min(s.marks[a] + 1, 64)
    s.fade[a] = at.MARKED
    s.convicted[0] = s.convicted[0] + 1
    return int(kept)


@rule
def settle(s: Any, p: Any, a: int, bounty: int) -> int:
    """Accounts are found false: pay what is owed and as much again, `fine` times; what the accuser gets."""
    owed = s.short[a] + s.drawn[a]
    s.short[a] = 0
    s.drawn[a] = 0
    return convict(s, p, a, owed, p.fine * owed, bounty)


@rule
def accuse(s: Any, p: Any, a: int, b: int) -> None:
    """An accusation: accounts are opened; of what leaves no books a conviction is not sure."""
    bounty = 0
    guilty = True
    if s.short[b] + s.drawn[b] > 0:
        bounty = settle(s, p, b, p.stake)
    elif s.raider[b] + s.spied[b] + s.broke[b] > 0:
        if chance(s, turns.PROOF + a, p.proof):
            fine = p.raid_fine if s.raider[b] == 1 else p.spy_fine if s.spied[b] == 1 else p.broken_fine
            s.raider[b] = 0
            s.spied[b] = 0
            s.broke[b] = 0
            bounty = convict(s, p, b, 0, fine, fine // 2)
    else:
        guilty = False
    if bounty > 0:
        gain(s, a, bounty)
    elif not guilty:
        gain(s, b, lose(s, a, p.stake))
        waste(s, b, p.trouble)
    if s.suspect[a] == b:
        s.suspect[a] = -1
        s.proof[a] = at.NOTHING


@rule
def to_others(s: Any, p: Any, action: Array, out: Any) -> None:
    """The acts of the last phase: books are hidden first, then raids, then what neighbours do by law."""
    for a in range(p.num_agents):
        act = action[a]
        if act == at.A.hide:
            waste(s, a, p.cover)
            s.hid[a] = 1
            carried_out(s, p, a, at.HIDE, out)
    s.raids[0] = 0
    s.convicted[0] = 0
    for a in range(p.num_agents):
        act = action[a]
        if at.A.raid <= act < at.A.hide:
            raid(s, p, a, s.docket[at.SLOTS * a + act - at.A.raid], out)
    for a in range(p.num_agents):
        act = action[a]
        if act < at.A.accuse or act >= at.A.raid:
            continue
        kind = (act - at.A.accuse) // at.SLOTS
        b = s.docket[at.SLOTS * a + (act - at.A.accuse) % at.SLOTS]
        known = evidence(s, a, b) != at.NOTHING or s.marks[b] > 0 or s.raider[b] == 1
        if kind == 0:
            if evidence(s, a, b) == at.NOTHING:
                carried_out(s, p, a, at.SHUT, out)
            accuse(s, p, a, b)
        elif kind == 1:
            s.marks[b] = max(s.marks[b] - 1, 0)
            if s.suspect[a] == b:
                s.suspect[a] = -1
                s.proof[a] = at.NOTHING
        else:
            if not known:
                carried_out(s, p, a, at.SHUT, out)
            s.shunned[b] = s.shunned[b] + 1
            waste(s, a, p.cold)
            waste(s, b, p.outcast)


@rule
def audit(s: Any, p: Any) -> None:
    """The compact's audits and the inspector's, in every account alike."""
    odds = audit_odds(p, standing(s, p, compacts.ENFORCEMENT))
    cap = standing(s, p, compacts.CAP)
    for a in range(p.num_agents):
        if s.status[a] == 0:
            continue
        over = max(s.arms[a] - 16 * cap, 0) if cap != compacts.NO_CAP else 0
        if s.short[a] + s.drawn[a] + over == 0:
            continue
        mine = odds // 4 if s.hid[a] == 1 else odds
        if (draw(s, turns.AUDIT + a) >> 16) >= mine:
            continue
        settle(s, p, a, 0)
        waste(s, a, p.seize * over // 16)
        s.arms[a] = s.arms[a] - over


@rule
def die(s: Any, a: int) -> None:
    """A person dies: what it had is lost."""
    waste(s, a, s.store[a])
    s.status[a] = 0
    s.arms[a] = 0
    s.suspect[a] = -1
    s.proof[a] = at.NOTHING
    s.died[a] = s.year[0]


@rule
def fight(s: Any, p: Any) -> None:
    """War comes with odds that rise smoothly with arms a head: half of all is lost, and some die."""
    survey(s, p)
    s.war[0] = 0
    if (draw(s, turns.ONE + 1) >> 16) >= war_odds(p, s.mean[0]):
        return
    s.war[0] = 1
    s.wars[0] = s.wars[0] + 1
    for a in range(p.num_agents):
        if s.status[a] == 0:
            continue
        waste(s, a, s.store[a] // 2)
        s.arms[a] = s.arms[a] // 2
        if chance(s, turns.DEATH + a, p.war_deaths):
            die(s, a)


@rule
def eat(s: Any, p: Any, out: Any) -> None:
    """Half of what is in store is eaten, which is what people live for; arms rust, records fade."""
    for a in range(p.num_agents):
        s.eaten[a] = 0
        if s.status[a] == 0:
            continue
        if s.store[a] < HUNGRY and chance(s, turns.HUNGER + a, STARVES):
            die(s, a)
            continue
        goods = s.store[a] // HALF
        s.store[a] = s.store[a] - goods
        s.lost[0] = s.lost[0] + goods
        s.eaten[a] = goods
        s.total[a] = s.total[a] + goods
        out.welfare[a] = log(p, goods)
        s.arms[a] = s.arms[a] // HALF
        s.fade[a] = max(s.fade[a] - 1, 0)
        if s.fade[a] == 0 and s.marks[a] > 0:
            s.marks[a] = s.marks[a] - 1
            s.fade[a] = at.MARKED


@rule
def end_year(s: Any, p: Any, scratch: Array, action: Array, out: Any) -> None:
    """All that a year ends with; then the end, or the next year."""
    n = p.num_agents
    to_others(s, p, action, out)
    audit(s, p)
    fight(s, p)
    for a in range(n):
        out.reward[a] = out.reward[a] + s.came[a] - s.went[a]
        s.came[a] = 0
        s.went[a] = 0
    eat(s, p, out)
    for a in range(n):
        out.reward[a] = out.reward[a] + s.came[a] - s.went[a]
    s.year[0] = s.year[0] + 1
    living = 0
    for a in range(n):
        living += s.status[a]
    last = s.year[0] >= p.years and (draw(s, turns.ONE + 2) >> 16) < p.hazard
    if last or living < 2 or s.tick[0] + 1 >= p.horizon:
        for a in range(n):
            if last or living < 2:
                out.terminated[a] = 1
            else:
                out.truncated[a] = 1
        return
    new_year(s, p, scratch)
    for a in range(n):
        out.reward[a] = out.reward[a] + s.came[a] - s.went[a]


# The next year.


@rule
def new_year(s: Any, p: Any, scratch: Array) -> None:
    """Income and need, orders, partners, the docket, who may propose."""
    n = p.num_agents
    s.left[0] = max(s.left[0] - 1, 0)
    if s.left[0] == 0:
        s.compact[0] = -1
    s.ballot[0] = -1
    s.ballot[1] = -1
    s.share[0] = 0
    for a in range(n):
        s.came[a] = 0
        s.went[a] = 0
        s.hit[a] = s.struck[a]
        s.struck[a] = 0
        s.raider[a] = s.raiding[a]
        s.raiding[a] = 0
        s.shun[a] = s.shunned[a]
        s.shunned[a] = 0
        s.short[a] = 0
        s.drawn[a] = 0
        s.broke[a] = 0
        s.spied[a] = 0
        s.hid[a] = 0
        s.asked[a] = 0
        s.confided[a] = 0
        s.token[a] = at.PROMISE
        s.stated[a] = 0
        s.order[a] = at.NO_ORDER
        if s.suspect[a] >= 0 and (s.proof[a] != at.RAIDING or s.status[s.suspect[a]] == 0):
            s.suspect[a] = -1
            s.proof[a] = at.NOTHING
        if s.status[a] == 1:
            fortune(s, p, a)
    pair(s, p, scratch)
    dockets(s, p)
    chairs(s, p)


@rule
def fortune(s: Any, p: Any, a: int) -> None:
    """A principal's income, need and order of the year."""
    make(s, a, s.base[a])
    luck = draw(s, turns.NEED + a) & 63
    s.need[a] = 0 if luck < 32 else 1 if luck < 48 else 2 if luck < 58 else 3
    waste(s, a, p.cost * s.need[a])
    w0, w1 = draw2(s, turns.ORDERED + a)
    if s.regard[a] <= 0:
        if (w0 >> 16) < p.ill_orders:
            s.order[a] = wrong_order(s, w1)
    elif s.need[a] >= 2 and (w0 >> 16) < p.bad_orders:
        s.order[a] = wrong_order(s, w1)
    elif s.need[a] >= 1 and (w0 & 0xFFFF) < p.orders:
        s.order[a] = at.INSIST if s.need[a] >= 2 and (w1 & 1) == 1 else at.CLAIM


@rule
def pair(s: Any, p: Any, scratch: Array) -> None:
    """Partners are drawn anew among the living; of an odd number one has none."""
    count = 0
    for a in range(p.num_agents):
        s.partner[a] = -1
        if s.status[a] == 1:
            scratch[count] = a
            count += 1
    for k in range(count - 1):
        j = k + draw(s, turns.PAIRED + k) % (count - k)
        scratch[k], scratch[j] = scratch[j], scratch[k]
    for k in range(count // 2):
        s.partner[scratch[2 * k]] = scratch[2 * k + 1]
        s.partner[scratch[2 * k + 1]] = scratch[2 * k]


@rule
def beside(s: Any, p: Any, a: int, way: int) -> int:
    """The next living neighbour on one side, -1 for none."""
    n = p.num_agents
    for j in range(1, n):
        b = (a + way * j + n * n) % n
        if s.status[b] == 1:
            return int(b)
    return -1


@rule
def dockets(s: Any, p: Any) -> None:
    """Partner, neighbours, and whomever one holds evidence against or else anyone; nobody twice."""
    n = p.num_agents
    for a in range(n):
        at0 = at.SLOTS * a
        for k in range(at.SLOTS):
            s.docket[at0 + k] = -1
        if s.status[a] == 0:
            continue
        s.docket[at0] = s.partner[a]
        left = beside(s, p, a, -1)
        right = beside(s, p, a, 1)
        fourth = s.suspect[a]
        if fourth < 0:
            fourth = draw(s, turns.LOT + a) % n
        if left != s.partner[a]:
            s.docket[at0 + 1] = left
        if right != s.partner[a] and right != left:
            s.docket[at0 + 2] = right
        twice = fourth in (left, right) or fourth == s.partner[a]
        if fourth != a and s.status[fourth] == 1 and not twice:
            s.docket[at0 + 3] = fourth


@rule
def chairs(s: Any, p: Any) -> None:
    """Two of the living in turn may propose; without a king alive another is drawn by lot."""
    n = p.num_agents
    s.chair[0] = beside(s, p, s.turn[0], 1)
    s.chair[1] = beside(s, p, s.chair[0], 1)
    s.turn[0] = s.chair[1]
    if s.ruler[0] >= 0 and s.status[s.ruler[0]] == 0:
        s.ruler[0] = -1
    if p.rule == at.KING and s.ruler[0] < 0:
        s.ruler[0] = beside(s, p, draw(s, turns.ONE + 3) % n, 1)
