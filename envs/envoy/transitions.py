"""What the acts of a year bring about in Envoy, but for its end: words, compacts, tax and deals."""

from __future__ import annotations

from typing import Any

from gyges.envs.envoy import compacts
from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.bargain import product
from gyges.envs.envoy.economy import column, gain, lose, standing, waste
from gyges.envs.envoy.labels import bound, stands
from gyges.envs.rules import Array, chance, draw, draw2, rule

SPAN = 256  # streams of luck of a kind: one for a seat
(
    WATCHED, FIRST_WATCH, HEED, INCOME, NEED, ORDERED, PAIRED, LOT, ASKED, SEEN, WITNESS, FACE, PROOF, AUDIT,
    DEATH, RAIDED, HUNGER, ONE,
) = (SPAN * k for k in range(1, 19))  # fmt: skip


@rule
def carried_out(s: Any, p: Any, a: int, order: int, out: Any) -> None:
    """A principal pays for an order that was carried out."""
    if s.order[a] != order:
        return
    out.reward[a] = out.reward[a] + (p.service if order < at.LIE else p.temptation)
    s.order[a] = at.NO_ORDER


@rule
def hold(s: Any, a: int, b: int, proof: int) -> None:
    """A seat comes to hold evidence against another; the graver stays."""
    if s.status[a] == 0 or (s.suspect[a] >= 0 and s.proof[a] >= proof):
        return
    s.suspect[a] = b
    s.proof[a] = proof
    s.proved[a] = s.year[0]
    for k in range(3):
        if s.docket[at.SLOTS * a + k] == b:
            return
    s.docket[at.SLOTS * a + 3] = b


@rule
def witnessed(s: Any, p: Any, a: int, proof: int, stream: int) -> None:
    """Somebody, by lot, sees what a seat did."""
    w0, w1 = draw2(s, stream + a)
    b = (a + 1 + w1 % max(p.num_agents - 1, 1)) % p.num_agents
    if (w0 >> 16) < p.witness and b != a:
        hold(s, b, a, proof)


@rule
def wrong_order(s: Any, luck: int) -> int:
    """A wrong that a principal may order."""
    return int(at.LIE + luck % (at.HIDE + 1 - at.LIE))


@rule
def declare(s: Any, p: Any, action: Array, out: Any) -> None:
    """Need is declared, and a word is given to the partner."""
    for j in range(4):
        s.needs[j] = 0
    for a in range(p.num_agents):
        if s.to_move[a] == 0:
            continue
        said = action[a] - at.A.declare
        s.stated[a] = said // 3
        s.token[a] = said % 3
        s.needs[said // 3] = s.needs[said // 3] + 1
        if s.stated[a] > s.need[a]:
            carried_out(s, p, a, at.LIE, out)
        elif s.stated[a] == s.need[a]:
            carried_out(s, p, a, at.CLAIM, out)


@rule
def ask(s: Any, p: Any, a: int) -> None:
    """A principal is asked what it wants: its due, or, some of them, a wrong."""
    waste(s, a, p.asking)
    s.asked[a] = 1
    if s.order[a] != at.NO_ORDER:
        return
    w0, w1 = draw2(s, ASKED + a)
    wrong = p.ill_orders if s.regard[a] <= 0 else p.bad_orders
    if (w0 >> 16) < wrong:
        s.order[a] = wrong_order(s, w1)
    elif s.need[a] >= 2:
        s.order[a] = at.INSIST


@rule
def enact(s: Any, p: Any, compact: int) -> None:
    """A compact comes to stand."""
    s.compact[0] = compact
    s.left[0] = column(p, compact, compacts.TERM)
    if s.first[0] < 0:
        s.first[0] = s.year[0]


@rule
def propose(s: Any, p: Any, scratch: Array, action: Array) -> None:
    """Compacts are proposed, leaders elected, confidences told, principals asked."""
    n = p.num_agents
    for a in range(n):
        scratch[a] = 0
    for a in range(n):
        if s.to_move[a] == 0:
            continue
        act = action[a]
        if at.A.propose <= act < at.A.elect:
            s.ballot[0 if s.chair[0] == a else 1] = act - at.A.propose
        elif at.A.elect <= act < at.A.take:
            b = s.docket[at.SLOTS * a + act - at.A.elect]
            scratch[b] = scratch[b] + 1
        elif at.A.take <= act < at.A.confide:
            s.share[0] = 4 * (1 + act - at.A.take)
        elif act == at.A.confide:
            s.confided[a] = 1
        elif act == at.A.ask:
            ask(s, p, a)
    if p.rule == at.LEADER and s.year[0] % 3 == 0:
        elect(s, p, scratch)
    if p.rule == at.NASH:
        best = s.compact[0]
        most = declared_product(s, p, best)
        for k in range(2):
            if s.ballot[k] >= 0:
                found = declared_product(s, p, s.ballot[k])
                if found > most:
                    best, most = s.ballot[k], found
        if best != s.compact[0]:
            enact(s, p, best)


@rule
def declared_product(s: Any, p: Any, compact: int) -> int:
    """The Nash welfare that a compact promises by what was declared."""
    return product(p, compact, s.needs[1], s.needs[2], s.needs[3], s.living[0], s.mean[0])


@rule
def elect(s: Any, p: Any, votes: Array) -> None:
    """Whoever has most votes leads; of equals the first after a place drawn by lot."""
    n = p.num_agents
    first = draw(s, ONE) % n
    best = -1
    for j in range(n):
        a = (first + j) % n
        if s.status[a] == 1 and (best < 0 or votes[a] > votes[best]):
            best = a
    s.ruler[0] = best


@rule
def passes(s: Any, p: Any, ayes: int, nays: int, ruler: bool) -> bool:
    """Does a proposal pass by the mechanism?"""
    if p.rule >= at.LEADER:
        return ruler
    if ayes == 0:
        return False
    if p.rule == at.MAJORITY:
        return ayes > nays
    if p.rule == at.SUPERMAJORITY:
        return 3 * ayes >= 2 * (ayes + nays)
    return nays == 0


@rule
def vote(s: Any, p: Any, action: Array) -> None:
    """Votes are counted; of two proposals that pass the one with more ayes comes to stand."""
    for j in range(5):
        s.votes[j] = 0
    ruled = -1
    for a in range(p.num_agents):
        if s.to_move[a] == 0:
            continue
        k = action[a] - at.A.vote
        s.vote[a] = k
        s.votes[k] = s.votes[k] + 1
        if s.ruler[0] == a:
            ruled = k
    both = s.votes[at.AYE_BOTH]
    first = s.votes[at.AYE_FIRST] + both
    second = s.votes[at.AYE_SECOND] + both
    cast = first + s.votes[at.AYE_SECOND] + s.votes[at.NAY]
    chosen = -1
    if s.ballot[0] >= 0 and passes(s, p, first, cast - first, ruled == at.AYE_FIRST or ruled == at.AYE_BOTH):
        chosen = s.ballot[0]
    better = s.ballot[1] >= 0 and (chosen < 0 or second > first)
    if better and passes(s, p, second, cast - second, ruled == at.AYE_SECOND):
        chosen = s.ballot[1]
    if chosen >= 0:
        enact(s, p, chosen)


@rule
def pay(s: Any, p: Any, action: Array, out: Any) -> None:
    """Tax and arms are paid for, and the pot is shared out."""
    tax = standing(s, p, compacts.TAX) * at.UNIT
    free = standing(s, p, compacts.HARDSHIP)
    due = 0
    paid = 0
    for a in range(p.num_agents):
        if s.to_move[a] == 0:
            continue
        part = (action[a] - at.A.pay) // 3
        bought = (action[a] - at.A.pay) % 3
        paid += lose(s, a, tax - tax * part // 2)
        if free == 1 and s.need[a] >= 2:
            if part > 0 and tax > 0:
                carried_out(s, p, a, at.INSIST, out)
        else:
            due += tax
            s.short[a] = tax * part // 2
        if tax > 0 and part > 0:
            carried_out(s, p, a, at.EVADE, out)
        if bought == 2:
            carried_out(s, p, a, at.ARM, out)
        bought = min(bought, s.store[a] // p.arm)
        waste(s, a, bought * p.arm)
        s.arms[a] = s.arms[a] + 16 * bought
    s.met[0] = min(64 * paid // due, 64) if due > 0 else 0
    share_out(s, p, paid)
    for a in range(p.num_agents):
        if s.short[a] > 0:
            witnessed(s, p, a, at.EVASION, WITNESS)
        elif s.drawn[a] > 0:
            witnessed(s, p, a, at.LYING, WITNESS)


@rule
def share_out(s: Any, p: Any, paid: int) -> None:
    """The pot: works, the cost of audits, the king's share, the floor, and the rest in equal parts."""
    pot = paid * p.works // 16
    s.made[0] = s.made[0] + pot - paid
    costs = min(s.living[0] * standing(s, p, compacts.ENFORCEMENT) * p.audit_cost, pot)
    s.lost[0] = s.lost[0] + costs
    pot -= costs
    if pot > 0:
        pot += s.purse[0]
        s.purse[0] = 0
    s.pot[0] = pot
    if s.share[0] > 0 and s.ruler[0] >= 0:
        taken = pot * s.share[0] // 16
        gain(s, s.ruler[0], taken)
        pot -= taken
    shut = standing(s, p, compacts.SHUT)
    asked = 0
    sharing = 0
    for a in range(p.num_agents):
        if s.status[a] == 1:
            asked += s.stated[a] * p.unit_claim
            sharing += 0 if shut == 1 and s.lower[a] == 1 else 1
    if standing(s, p, compacts.FLOOR) == 0:
        asked = 0
    met = min(asked, pot)
    left = pot
    for a in range(p.num_agents):
        if s.status[a] == 0 or asked == 0:
            continue
        unit = p.unit_claim * met // asked if asked > pot else p.unit_claim
        gain(s, a, s.stated[a] * unit)
        left -= s.stated[a] * unit
        s.drawn[a] = max(s.stated[a] - s.need[a] - s.hit[a], 0) * unit
    each = left // max(sharing, 1)
    for a in range(p.num_agents):
        if s.status[a] == 1 and not (shut == 1 and s.lower[a] == 1):
            gain(s, a, each)
            left -= each
    s.purse[0] = s.purse[0] + left


@rule
def deal(s: Any, p: Any, action: Array, out: Any) -> None:
    """Deals are kept or broken, confidences used."""
    for j in range(3):
        s.deals[j] = 0
    for a in range(p.num_agents):
        if s.to_move[a] == 0:
            continue
        b = s.partner[a]
        agreed = stands(s, a)
        if agreed and action[a] != at.A.keep:
            given = lose(s, a, p.deal)
            brings = (p.gift + p.bond * s.confided[b]) * given // p.deal
            s.made[0] = s.made[0] + brings - given
            gain(s, b, brings)
        if action[a] == at.A.keep and bound(s, a):
            s.broke[a] = 1
            hold(s, b, a, at.BROKEN)
            carried_out(s, p, a, at.BREAK, out)
        if action[a] == at.A.spy:
            s.spied[a] = 1
            carried_out(s, p, a, at.SPY, out)
            if chance(s, SEEN + a, p.face):
                hold(s, b, a, at.SPYING)
        k = 2 if not agreed else 1 if action[a] == at.A.keep else 0
        s.deals[k] = s.deals[k] + 1
    for a in range(p.num_agents):
        if s.spied[a] == 1:
            taken = lose(s, s.partner[a], p.betrayed)
            s.lost[0] = s.lost[0] + max(taken - p.spy, 0)
            gain(s, a, min(taken, p.spy))
