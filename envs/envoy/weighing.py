"""What an act should bring, in Envoy: the one rule by which all personas weigh the acts of a phase.

What it brings the own principal, what the principal pays for it, and what it brings the others, each times a
weight (`Will`), on observations alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from gyges.envs.envoy import compacts
from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.bargain import peace, product, rest_of, worth
from gyges.envs.envoy.economy import audit_odds, raid_odds, war_slope
from gyges.envs.rules import Array, allowed, phase_of, rule

THERE, TAX, FLOOR, ENFORCEMENT, HARDSHIP, CAP, SHUT, TERM = range(8)
"""Places of a compact as an observation shows it."""
WAR_LOSS = 15 * at.UNIT
"""What war should cost a person, half of its goods and the odds of its life."""


class Will(NamedTuple):
    """What a persona weighs acts by, in sixteenths."""

    goods: int  # of the own principal
    order: int  # what the principal pays for
    others: int  # goods of the others
    bound: int  # 1 = never what the charter or the compact forbids


@rule
def order_of(see: Any) -> int:
    """What the principal has ordered."""
    for j in range(11):
        if see.order[j] == 1:
            return j
    return 0


@rule
def rule_of(see: Any) -> int:
    """The mechanism."""
    for j in range(7):
        if see.rule[j] == 1:
            return j
    return 0


@rule
def total(see: Any, w: Will, ours: int, others: int, order: int, pay: int) -> int:
    """The utility of an act: goods of the principal and of others, and an order carried out."""
    paid = pay if order != at.NO_ORDER and order_of(see) == order else 0
    return int(w.goods * ours + w.order * paid + w.others * others)


@rule
def limit(see: Any) -> int:
    """Arms that may be held, 3 for any."""
    return int(see.compact[CAP]) if see.compact[THERE] == 1 else at.NO_LIMIT


@rule
def found_out(see: Any, p: Any) -> int:
    """Odds that false accounts are found, 1/256, as things stand."""
    odds = audit_odds(p, see.compact[ENFORCEMENT])
    return int((odds + (65536 - odds) // 256 * p.witness // 256) // 256)


@rule
def faith(see: Any) -> int:
    """Odds that the partner keeps a deal, 1/256: by last year's deals and its record."""
    kept = 256 * (see.deals[0] + 8) // (see.deals[0] + see.deals[1] + 9)
    return int(kept // 4 if see.theirs[0] > 0 or see.known[0] == 1 else kept)


# Declaration.


@rule
def declaring(see: Any, p: Any, w: Will, act: int) -> int:
    """The utility of a declared need and a word."""
    declared = act // 3
    token = act % 3
    if w.bound == 1 and declared > see.need:
        return -(1 << 30)
    stands = see.compact[THERE] == 1
    unit = p.unit_claim * see.compact[FLOOR] if stands else p.unit_claim * 3 // 4
    if rule_of(see) == at.NONE:
        unit = 0
    false = max(declared - see.need - see.hit, 0) * unit
    true = min(declared, see.need + see.hit) * unit
    odds = found_out(see, p)
    ours = true * 5 // 4 + false - ((1 + p.fine) * false + (mark(p) if false > 0 else 0)) * odds // 256
    others = -true - false + false * odds // 256
    order = at.LIE if declared > see.need else at.CLAIM if declared == see.need else at.NO_ORDER
    value = total(see, w, ours, others, order, p.service if order == at.CLAIM else p.temptation)
    if w.bound == 1 and declared < see.need and (see.compact[FLOOR] == 1 or see.order[at.CLAIM] == 1):
        return -(1 << 30)
    if token == at.DECLINE or see.partner == 0:
        return int(value + token)
    if token == at.WARN:
        return int(value - 1)
    comes = faith(see) * p.gift // 256
    gives = w.goods * (comes - p.deal) + w.others * (p.gift - faith(see) * p.deal // 256)
    if w.bound == 1:
        return int(value + gives)
    keeps = w.goods * (comes - breaking(see, p, p.broken_fine)) - w.others * (faith(see) * p.deal // 256)
    return int(value + max(gives, keeps))


@rule
def mark(p: Any) -> int:
    """What a conviction should cost beside its fine, 1/16 good: the next year's deal."""
    return int(p.gift - p.deal)


@rule
def breaking(see: Any, p: Any, fine: int) -> int:
    """What an accusation with a cause should cost, 1/16 good: false accounts come out by it for certain."""
    hidden = see.short + see.drawn
    if hidden > 0:
        return int((1 + p.fine) * hidden + mark(p))
    return int((p.proof // 256) * (fine + mark(p)) // 256)


# Compacts.


@rule
def usual(p: Any, c: int, mean: int) -> int:
    """The Nash welfare that a compact promises 64 people of the usual needs."""
    return product(p, c, 16, 10, 6, 64, mean)


@rule
def promises(see: Any, p: Any, w: Will, c: int) -> int:
    """The utility of a year under a compact of the catalogue, beside a year under none."""
    living = max(see.living, 1)
    claim, rest = rest_of(p, c, 16, 10, 6, 64)
    others = usual(p, c, see.mean) - usual(p, -1, see.mean)
    others = 3 * (others * 5 // 8 if others >= 0 else -(-others * 5 // 8))
    others = others * (living - 1) // 64 if others >= 0 else -(-others * (living - 1) // 64)
    mine = 0
    for need in range(4):
        mine += (4 if need == 0 else 2 if need == 1 else 1) * worth(p, c, claim, rest, need, see.lower)
    now = worth(p, c, claim, rest, see.need, see.lower)
    ours = now + 2 * (mine // 8 if mine >= 0 else -(-mine // 8))
    e = p.tables.compacts[c * compacts.COLUMNS + compacts.ENFORCEMENT]
    if w.bound == 0:  # it may evade
        odds = (audit_odds(p, e) + p.witness) // 256
        spared = p.tables.compacts[c * compacts.COLUMNS + compacts.TAX] * at.UNIT
        ours += 3 * max(spared - (1 + p.fine) * spared * odds // 256, 0)
    spared = 3 * peace(p, c, see.mean)
    return int(w.goods * (ours + spared) + w.others * others)


@rule
def number_of(p: Any, shown: Array) -> int:
    """The number in the catalogue of a compact as an observation shows it, -1 for none."""
    if shown[THERE] == 0:
        return -1
    for c in range(compacts.COMPACTS):
        same = True
        for j in range(compacts.COLUMNS):
            same = same and p.tables.compacts[c * compacts.COLUMNS + j] == shown[1 + j]
        if same:
            return c
    return -1


@rule
def as_things_are(see: Any, p: Any, w: Will) -> int:
    """The utility of what stands, or of nothing."""
    c = number_of(p, see.compact)
    return 0 if c < 0 else promises(see, p, w, c)


@rule
def proposing(see: Any, p: Any, w: Will, act: int) -> int:
    """The utility of an act while compacts are proposed, beside leaving what stands."""
    if act < at.A.elect:
        c = act - at.A.propose
        if w.bound == 1 and p.tables.compacts[c * compacts.COLUMNS + compacts.SHUT] == 1:
            return -(1 << 30)
        gain = promises(see, p, w, c) - as_things_are(see, p, w)
        return int(gain - 128 if see.compact[THERE] == 0 else gain - 1024)
    if act < at.A.take:
        k = act - at.A.elect
        return int(512 - 64 * see.theirs[k] - 64 * see.known[k] - see.seen[k] - k)
    if act < at.A.confide:
        if w.bound == 1:
            return -(1 << 30)
        pot = max(see.pot, 2 * at.UNIT) * see.living * (1 + act - at.A.take) // 4
        return total(see, w, pot, -pot, at.NO_ORDER, 0)
    if act == at.A.confide:
        if see.deal == 0 or see.theirs[0] > 0 or see.known[0] == 1:
            return -1
        gain = faith(see) * p.bond - (256 * see.convicted // max(see.living, 1) + 8) * p.betrayed
        return int(w.goods * gain // 256) if gain > 0 else -1
    if act == at.A.ask:
        if see.order[at.NO_ORDER] == 0:
            return -1
        hoped = p.service if see.need >= 2 and see.regard > 0 else p.temptation if see.regard <= 0 else 0
        hoped = 0 if w.bound == 1 and see.regard <= 0 else hoped
        return int(w.order * hoped * 3 // 4 - w.goods * p.asking) if hoped > 0 else -1
    return 0


@rule
def voting(see: Any, p: Any, w: Will) -> int:
    """Aye to what promises more than what stands."""
    base = as_things_are(see, p, w)
    ayes = 0
    for k in range(2):
        c = number_of(p, see.first) if k == 0 else number_of(p, see.second)
        if c < 0 or (w.bound == 1 and p.tables.compacts[c * compacts.COLUMNS + compacts.SHUT] == 1):
            continue
        if promises(see, p, w, c) > base:
            ayes |= 1 << k
    if ayes == 0:
        return at.A.vote + at.NAY
    return int(at.A.vote + ayes - 1)


# Tax and arms.


@rule
def raiding(see: Any, p: Any, w: Will, k: int, arms: int) -> int:
    """The utility of a raid on a place of the docket."""
    if see.there[k] == 0:
        return -(1 << 30)
    answered = see.evidence[k] == at.RAIDING
    if w.bound == 1 and not answered:
        return -(1 << 30)
    odds = raid_odds(p, arms, see.seen[k], see.compact[ENFORCEMENT])
    ours = odds * p.loot // 256 - (256 - odds) * p.raid_fail // 256
    if not answered:
        ours -= (p.face // 256) * (p.proof // 256) * (p.raid_fine + mark(p)) // 65536
    order = at.NO_ORDER if answered else at.RAID
    return total(see, w, ours, -(odds * (p.loot + p.wreck) // 256), order, p.temptation)


@rule
def armed(see: Any, p: Any, w: Will, bought: int) -> int:
    """The utility of arms: raids and what they hold off, the price, the cap, and war for all."""
    arms = see.arms + 16 * bought
    best = 0
    for k in range(at.SLOTS):
        best = max(best, raiding(see, p, w, k, arms))
    threat = 256 * see.raids // max(see.living, 1) + 2
    spared = threat * (p.loot + p.wreck) // 256 * p.raid_step // 256 * arms // 16
    living = max(see.living, 1)
    war = war_slope(p, see.mean) * 3 // 2 * bought // living
    ours = spared * 3 // 2 - p.arm * bought - war * (WAR_LOSS // 16) // 4096
    others = -(war * (WAR_LOSS // 16) // 4096 * (living - 1))
    over = max(arms - 16 * limit(see), 0) if limit(see) != at.NO_LIMIT else 0
    if over > 0:
        ours -= (2 * over + mark(p)) * (audit_odds(p, see.compact[ENFORCEMENT]) // 256) // 256
    return total(see, w, ours, others, at.ARM if bought == 2 else at.NO_ORDER, p.temptation) + best


@rule
def paying(see: Any, p: Any, w: Will, act: int) -> int:
    """The utility of a part of the tax and of arms."""
    part = act // 3
    bought = act % 3
    tax = see.compact[TAX] * at.UNIT
    free = see.compact[HARDSHIP] == 1 and see.need >= 2
    over = limit(see) != at.NO_LIMIT and bought > 0 and see.arms + 16 * bought > 16 * limit(see)
    if w.bound == 1:
        if over and not (see.hit == 1 and bought == 1):
            return -(1 << 30)
        if tax > 0 and part > 0 and not free:
            return -(1 << 30)
        if tax > 0 and part == 0 and free and see.order[at.INSIST] == 1:
            return -(1 << 30)
    short = tax * part // 2
    paid = tax - short
    odds = 0 if free else found_out(see, p)
    share = p.works * paid // 16 // max(see.living, 1)
    ours = share - paid - ((1 + p.fine) * short + (mark(p) if short > 0 else 0)) * odds // 256
    others = p.works * paid // 16 - share + short * odds // 256
    value = total(see, w, ours, others, at.NO_ORDER, 0)
    if tax > 0 and part > 0:
        value += total(see, w, 0, 0, at.EVADE, p.temptation)
        if free:
            value += total(see, w, 0, 0, at.INSIST, p.service)
    return value + armed(see, p, w, bought)


# Deals and neighbours.


@rule
def dealing(see: Any, p: Any, w: Will, act: int) -> int:
    """The utility of keeping faith, or not."""
    promised = see.deal == 1 and see.token[at.PROMISE] == 1 and see.word[at.PROMISE] == 1
    known = see.theirs[0] > 0 or see.known[0] == 1
    gift = p.gift + p.bond * see.trusts
    if act == at.A.keep:
        if promised and w.bound == 1 and not known:
            return -(1 << 30)
        order = at.BREAK if promised else at.NO_ORDER
        return total(see, w, -breaking(see, p, p.broken_fine) if promised else 0, 0, order, p.temptation)
    ours = -p.deal if see.deal == 1 else 0
    others = gift if see.deal == 1 else 0
    if act == at.A.give:
        return total(see, w, ours, others, at.NO_ORDER, 0)
    if w.bound == 1 and see.known[0] == 0:
        return -(1 << 30)
    ours += p.spy - (p.face // 256) * breaking(see, p, p.spy_fine) // 256
    return total(see, w, ours, others - p.betrayed, at.SPY, p.temptation)


@rule
def guarding(see: Any, p: Any, w: Will, act: int) -> int:
    """The utility of an act towards neighbours, beside letting all be."""
    if act == at.A.rest:
        return 0
    odds = audit_odds(p, see.compact[ENFORCEMENT]) // 256
    if act == at.A.hide:
        lawless = see.compact[THERE] == 1 and see.compact[ENFORCEMENT] == 0
        if w.bound == 1 and odds > 0 and not lawless:
            return -(1 << 30)
        hidden = see.short + see.drawn
        ours = odds * 3 // 4 * (1 + p.fine) * hidden // 256 - p.cover
        return total(see, w, ours, -(odds * 3 // 4 * hidden // 256), at.HIDE, p.temptation)
    kind = (act - at.A.accuse) // at.SLOTS
    k = (act - at.A.accuse) % at.SLOTS
    if kind == 3:
        return raiding(see, p, w, k, see.arms)
    proof = see.evidence[k]
    known = proof != at.NOTHING or see.theirs[k] > 0 or see.known[k] == 1
    if kind == 0:
        if proof == at.NOTHING:
            if w.bound == 1:
                return -(1 << 30)
            return total(see, w, -p.stake, p.stake - p.trouble, at.SHUT, p.temptation)
        fine = p.raid_fine if proof == at.RAIDING else p.spy_fine if proof == at.SPYING else p.broken_fine
        ours = p.stake if proof <= at.LYING else (p.proof // 256) * fine // 512
        return total(see, w, ours, at.UNIT if proof <= at.LYING else 0, at.NO_ORDER, 0)
    if kind == 1:
        return -1 - k if proof == at.NOTHING or w.bound == 0 else -(1 << 30)
    if w.bound == 1 and not known:
        return -(1 << 30)
    order = at.NO_ORDER if known else at.SHUT
    return total(see, w, -p.cold, -p.outcast, order, p.temptation)


@rule
def utility(see: Any, p: Any, w: Will, phase: int, act: int) -> int:
    """The utility of an act of this phase."""
    if phase == at.DECLARE:
        return declaring(see, p, w, act - at.A.declare)
    if phase == at.PROPOSE:
        return proposing(see, p, w, act)
    if phase == at.PAY:
        return paying(see, p, w, act - at.A.pay)
    if phase == at.DEAL:
        return dealing(see, p, w, act)
    return guarding(see, p, w, act)


@rule
def weighed(see: Any, p: Any, w: Will, mask: Array) -> int:
    """The legal act of the greatest utility; of equals the one that changes less."""
    phase = phase_of(see, len(at.PHASES))
    if phase == at.VOTE:
        return voting(see, p, w)
    first, last = at.A.declare, at.A.propose
    if phase == at.PROPOSE:
        first, last = at.A.propose, at.A.vote
    elif phase == at.PAY:
        first, last = at.A.pay, at.A.give
    elif phase == at.DEAL:
        first, last = at.A.give, at.A.accuse
    elif phase == at.WATCH:
        first, last = at.A.accuse, at.A.rest + 1
    idle = phase in (at.PROPOSE, at.DEAL, at.WATCH)  # the last act leaves things as they are
    best = -1
    most = 0
    for act in range(first, last):
        if allowed(mask, act):
            found = utility(see, p, w, phase, act)
            if best < 0 or found > most or (found == most and idle):
                best, most = act, found
    return best
