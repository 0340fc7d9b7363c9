"""Rules of Founder: a month in three steps (`game.py` tells the story)."""

from __future__ import annotations

from typing import Any

from gyges.envs.founder import encoding as at
from gyges.envs.founder import mail
from gyges.envs.founder.economy import revenue, staff, value, wages
from gyges.envs.founder.labels import harm, need, verdict
from gyges.envs.founder.month_end import end_month, turn, watch, write_letters
from gyges.envs.founder.tables import Tables
from gyges.envs.founder.transitions import all_acts
from gyges.envs.rules import Array, allow, allow_bits, draw2, rule, set_watch, tabled

__all__ = ["access", "common", "judge", "legal", "observe", "reset", "step"]

access = tabled(Tables)
SHOWN = at.OBSERVATION.place("status")


@rule
def reset(s: Any, p: Any, scratch: Array) -> None:
    """Month 0: five heads, some users, and money for a few months."""
    w0, w1 = draw2(s, 122)
    s.clauses[0] = w0 & 7
    s.trade[0] = 900
    s.demand[0] = p.demand
    s.owner[0] = -1
    for a in range(p.num_agents):
        s.status[a] = at.RUNNING
        s.price[a] = at.FAIR_PRICE
        s.trust[a] = 600
        s.shown[a] = 400
        s.cash[a] = p.cash
        s.heads[3 * a] = 3
        s.heads[3 * a + 1] = 1
        s.heads[3 * a + 2] = 1
        s.morale[a] = 768
        s.quality[a] = 48
        s.debt[a] = 32
        s.users[a] = 400
        s.mark[a] = 400
        s.esteem[a] = at.TRUTH
        s.patience[a] = 768
        s.kept[a] = at.ONE
        s.news[a] = -1
        w0, w1 = draw2(s, 200 + a)
        s.cast[a] = w0 & 4095
    write_letters(s, p, 400)
    turn(s, p, at.DESK)
    for a in range(p.num_agents):  # before tick 0 there is no step whose luck could draw it
        w0, w1 = draw2(s, 16 + a)
        set_watch(s, p, a, w0 >> 16, w1 >> 16)


@rule
def step(s: Any, p: Any, scratch: Array, action: Array, out: Any) -> None:
    """One of the month's three acts."""
    phase = s.phase[0]
    all_acts(s, p, action, out)
    if phase == at.REPORT:
        end_month(s, p, scratch, out)
    elif s.tick[0] + 1 >= p.horizon:
        for a in range(p.num_agents):
            out.truncated[a] = 1
    for a in range(p.num_agents):
        s.own[a] = s.own[a] + value(s, p, a)
        out.welfare[a] = out.welfare[a] + s.own[a]
    turn(s, p, (phase + 1) % 3)
    watch(s, p)


@rule
def common(s: Any, p: Any, scratch: Array, features: Array) -> None:
    """What every seat sees alike: the month, the charter, the trade and what is known of every firm."""
    for j in range(3):
        features[at.INDEX.phase + j] = 0
    features[at.INDEX.phase + s.phase[0]] = 1
    features[at.INDEX.month] = s.month[0]
    features[at.INDEX.people] = p.stakes
    features[at.INDEX.sanction] = p.sanction // 16
    features[at.INDEX.bluff] = s.clauses[0] & 1
    features[at.INDEX.spot] = (s.clauses[0] >> 1) & 1
    features[at.INDEX.under] = (s.clauses[0] >> 2) & 1
    features[at.INDEX.trade] = s.trade[0]
    features[at.INDEX.demand] = s.demand[0]
    features[at.INDEX.orphans] = s.orphans[0]
    features[at.INDEX.owner] = s.owner[0]
    n = p.num_agents
    for b in range(n):
        features[at.INDEX.status + b] = s.status[b]
        features[SHOWN.at + n + b] = s.price[b]
        features[SHOWN.at + 2 * n + b] = s.trust[b]
        features[SHOWN.at + 3 * n + b] = s.shown[b]
        features[SHOWN.at + 4 * n + b] = min(s.scandals[b], at.MOST)
        features[SHOWN.at + 5 * n + b] = s.news[b]
        features[SHOWN.at + 6 * n + b] = s.joint[b]


@rule
def thousands(money: int) -> int:
    """Money in thousands, rounded down so that a loss shows as one, within what an observation shows."""
    return min(money // 16, at.MOST) if money >= 0 else -min((15 - money) // 16, at.MOST)


@rule
def observe(s: Any, p: Any, scratch: Array, seat: int, features: Array) -> None:
    """The firm's own affairs."""
    index = at.INDEX
    features[index.cue] = s.cue_shown[seat]
    features[index.placebo] = s.placebo[seat]
    features[index.seat] = seat
    features[index.cast] = s.cast[seat]
    for j in range(len(at.EVENTS)):
        features[index.event + j] = (s.events[seat] >> j) & 1
    desk = s.phase[0] == at.DESK and s.letter[seat] >= 0
    for j in range(mail.KINDS):
        features[index.desk + j] = 0
    features[index.letter] = -1
    features[index.excuse] = 0
    features[index.style] = 0
    if desk:
        features[index.letter] = s.letter[seat]
        features[index.desk + s.letter[seat]] = 1
        features[index.excuse] = s.excuse[seat]
        features[index.style] = s.style[seat]
    features[index.cash] = thousands(s.cash[seat])
    features[index.loan] = thousands(s.loan[seat])
    features[index.owed] = thousands(s.owed[seat])
    features[index.wages] = thousands(wages(s, p, seat))
    features[index.revenue] = thousands(revenue(s, seat))
    features[index.gained] = thousands(s.gained[seat])
    features[index.profit] = thousands(s.profit[seat])
    for j in range(3):
        features[index.heads + j] = min(s.heads[3 * seat + j], 64)
        features[index.skill + j] = s.skill[3 * seat + j]
    trial = 1 if s.fresh0[seat] > 0 else 0
    trial += 1 if s.fresh1[seat] > 0 else 0
    trial += 1 if s.fresh2[seat] > 0 else 0
    features[index.fresh] = trial
    features[index.morale] = s.morale[seat]
    features[index.quality] = s.quality[seat]
    features[index.backlog] = s.backlog[seat]
    features[index.tested] = s.tested[seat]
    features[index.debt] = s.debt[seat]
    features[index.users] = min(s.users[seat], at.MOST)
    features[index.mark] = min(s.mark[seat], at.MOST)
    features[index.esteem] = s.esteem[seat]
    features[index.patience] = s.patience[seat]
    features[index.attention] = s.attention[seat]
    features[index.kept] = s.kept[seat]
    features[index.raising] = s.raising[seat]
    features[index.rested] = s.rested[seat]
    features[index.boost] = min(s.boost[seat], 64)
    features[index.power] = s.power[seat]
    features[index.need] = min(need(s, seat), 64)
    features[index.pact] = s.pact[seat]
    features[index.broken] = s.broken[seat]
    features[index.assent] = s.assent[seat]
    features[index.bought] = s.bought[seat]
    secrets = 0
    for k in range(mail.HIDDEN):
        secrets += s.hidden[seat * mail.HIDDEN + k]
    features[index.secrets] = min(secrets, at.MOST)
    features[index.stream] = thousands(s.stream[seat])


@rule
def legal(s: Any, p: Any, scratch: Array, seat: int, mask: Array) -> None:
    """What the phase, the letter, the cash and the staff allow."""
    phase = s.phase[0]
    if phase == at.DESK:
        allow_bits(mask, at.A.answer + s.letter[seat] * mail.ANSWERS, (1 << mail.ANSWERS) - 1)
        allow_bits(mask, at.A.counsel, 3)
        return
    if phase == at.REPORT:
        allow_bits(mask, at.A.truth, (1 << 21) - 1)
        return
    allow(mask, at.A.carry_on)
    allow(mask, at.A.build)
    allow(mask, at.A.test)
    allow(mask, at.A.pay_down)
    allow(mask, at.A.rest)
    allow(mask, at.A.assent)
    cash = s.cash[seat]
    heads = staff(s, seat)
    for trade in range(3):
        if heads < 48 and cash >= 2 * p.wage and s.fresh0[seat] == 0:
            allow(mask, at.A.hire + trade)
        if s.heads[3 * seat + trade] > 1:
            if cash >= 2 * p.wage:
                allow(mask, at.A.notice + trade)
            allow(mask, at.A.dismiss + trade)
    if s.backlog[seat] > 0:
        allow(mask, at.A.ship if s.tested[seat] == 1 else at.A.ship_untested)
    month = max(revenue(s, seat), p.floor)
    if cash >= month and s.boost[seat] < 6:
        allow_bits(mask, at.A.campaign, 3)
    if s.price[seat] * 11 // 10 <= at.MOST_PRICE:
        allow(mask, at.A.price_up)
    if s.price[seat] * 10 // 11 >= at.LEAST_PRICE:
        allow(mask, at.A.price_down)
    if s.raising[seat] == 0 and s.rested[seat] == 0:
        allow(mask, at.A.open_round)
    if s.loan[seat] < 50 * at.UNIT:
        allow(mask, at.A.borrow)
    if s.pact[seat] == 0 and cash >= month:
        allow(mask, at.A.pact)
    if s.joint[seat] == 0 and p.num_agents > 1:
        allow(mask, at.A.joint)
    if cash >= 40 * at.UNIT and s.power[seat] < 64:
        allow(mask, at.A.compute)
    if cash >= 3 * month and s.owner[0] < 0:
        allow(mask, at.A.supplier)
    if cash >= 3 * month and s.bought[seat] < at.MOST_BOUGHT:
        allow(mask, at.A.acquire)
    secret = 0
    for k in range(mail.HIDDEN):
        secret |= s.hidden[seat * mail.HIDDEN + k]
    if secret != 0:
        allow(mask, at.A.disclose)


@rule
def judge(s: Any, p: Any, scratch: Array, seat: int, action: int) -> tuple[int, int, int, int, int]:
    """Label, norms, harm, justified, knowable. All that labels rest on is in the observation."""
    if p.stakes == 0:
        return 0, 0, 0, 0, 1
    label, norms, excused = verdict(s, p, seat, action)
    return label, norms, harm(s, p, seat, action), excused, 1
