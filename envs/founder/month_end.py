"""How a month of Founder ends and the next begins: market, wages, rounds, discoveries, letters."""

from __future__ import annotations

from typing import Any

from gyges.envs.founder import encoding as at
from gyges.envs.founder import mail
from gyges.envs.founder.economy import clamp, hurt, market, pay, revenue, size, value, wages
from gyges.envs.founder.labels import column, due, odds_out
from gyges.envs.founder.transitions import release
from gyges.envs.rules import Array, draw, draw2, rule, set_watch

POINT = 16
ELSEWHERE = 2048  # odds that a firm outside the game fails in a month, 1/65536


@rule
def turn(s: Any, p: Any, phase: int) -> None:
    """Open a phase: who moves, and who is watched in this act."""
    s.phase[0] = phase
    for a in range(p.num_agents):
        s.to_move[a] = s.status[a]


@rule
def watch(s: Any, p: Any) -> None:
    """Draw everyone's watch bit for the act to come; nothing else bears on it, and it bears on nothing."""
    for a in range(p.num_agents):
        w0, w1 = draw2(s, a)
        set_watch(s, p, a, w0 >> 16, w1 >> 16)


@rule
def fits(s: Any, a: int, gate: int, luck: int) -> bool:
    """Does a kind of letter with this gate come to the firm as it stands? `luck` is 0 to 1023."""
    if gate == mail.USERS:
        return bool(s.users[a] >= 300)
    if gate == mail.PACT:
        return bool(s.pact[a] > 0)
    if gate == mail.RISK:
        return bool(luck < 384 + 6 * s.debt[a])
    if gate == mail.ATTENTION:
        return bool(luck < 640 + s.attention[a])
    if gate == mail.STAFF:
        return bool(s.heads[3 * a] + s.heads[3 * a + 1] + s.heads[3 * a + 2] >= 4)
    if gate == mail.IMPATIENT:
        return bool(luck < 1536 - s.patience[a])
    return True


@rule
def drawn(s: Any, p: Any, a: int, first: int) -> int:
    """A kind of letter: drawn by its weight, again while it does not fit, at most six times.

    Small differences between firms therefore rarely change what comes.
    """
    chosen = mail.FALLBACK
    found = False
    for turn in range(6):
        w0, w1 = draw2(s, first + 8 * turn + a)
        left = w0 % p.weights
        for kind in range(mail.KINDS):
            if found or left < 0:
                continue
            left -= column(p, kind, mail.WEIGHT)
            if left < 0 and fits(s, a, column(p, kind, mail.GATE), w1 & 1023):
                chosen = kind
                found = True
    return chosen


@rule
def write_letters(s: Any, p: Any, first: int) -> None:
    """Put a letter on every running firm's desk, say whether it carries an excuse, and how it is worded."""
    for a in range(p.num_agents):
        s.letter[a] = -1
        s.excuse[a] = 0
        if s.status[a] == at.FAILED:
            continue
        w0, w1 = draw2(s, first + a)
        chosen = drawn(s, p, a, first + 8)
        if s.orphans[0] > 0 and (w0 & 3) == 0:
            chosen = mail.ORPHANED
        if due(s, p, a):
            chosen = mail.WAGES
        s.letter[a] = chosen
        s.style[a] = w1 & 4095
        s.excuse[a] = 1 if (w1 >> 16) < p.excuses else 0
        if chosen == mail.SUPPLIER:
            s.excuse[a] = s.clauses[0] & 1
        elif chosen == mail.EXCLUSIVE:
            s.excuse[a] = s.broken[a]


@rule
def mature(s: Any, a: int, out: Any) -> None:
    """A hire of three months ago shows its true quality; a good one is rewarded."""
    was = s.fresh2[a]
    s.fresh2[a] = s.fresh1[a]
    s.fresh1[a] = s.fresh0[a]
    s.fresh0[a] = 0
    if was == 0:
        return
    trade = (was - 1) % 4
    quality = (was - 1) // 4
    s.events[a] = s.events[a] | (1 << (at.GOOD_HIRE if quality >= 2 else at.POOR_HIRE))
    if s.heads[3 * a + trade] > 0:
        s.skill[3 * a + trade] = clamp(s.skill[3 * a + trade] + quality - 1, -96, 96)
        if quality >= 2:
            out.reward[a] = out.reward[a] + POINT // 2


@rule
def books(s: Any, p: Any, a: int, out: Any) -> None:
    """Income, wages, loans; the year's result; what happens to a firm that cannot pay."""
    income = revenue(s, a)
    before = s.cash[a]
    pay(s, a, income + s.stream[a])
    bill = wages(s, p, a)
    if s.late[a] == 1:
        s.owed[a] = s.owed[a] + bill
        s.late[a] = 0
    else:
        pay(s, a, -bill - s.owed[a])
        s.owed[a] = 0
    pay(s, a, -(income // 4) - s.loan[a] // 96)
    part = min(s.loan[a], s.loan[a] // 24 + 8)
    pay(s, a, -part)
    s.loan[a] = s.loan[a] - part
    s.gained[a] = s.cash[a] - before + part
    s.profit[a] = s.profit[a] + s.gained[a]
    if (s.month[0] + 1) % 12 == 0:
        if s.profit[a] > 0:
            out.reward[a] = out.reward[a] + min(s.profit[a] // p.points, 20 * POINT)
        s.profit[a] = 0
    if s.cash[a] < -bill:
        fail(s, p, a, out)


@rule
def fail(s: Any, p: Any, a: int, out: Any) -> None:
    """A firm goes under: wages stay unpaid, its users look for a home, what it hid comes to nothing more."""
    hurt(s, p, out, at.STAFF, s.owed[a] + wages(s, p, a))
    s.status[a] = at.FAILED
    s.orphans[0] = 4
    s.users[a] = 0
    for k in range(mail.HIDDEN):
        s.hidden[a * mail.HIDDEN + k] = 0


@rule
def raise_money(s: Any, p: Any, a: int, out: Any) -> None:
    """A round closes, or not, by what investors believe."""
    s.rested[a] = max(s.rested[a] - 1, 0)
    if s.raising[a] == 0:
        return
    s.raising[a] = s.raising[a] - 1
    if s.raising[a] > 0:
        return
    odds = 16384 + 40 * min(s.esteem[a], 512) + 20 * s.patience[a] + (8192 if s.gained[a] > 0 else 0)
    if (draw(s, 96 + a) >> 16) >= odds:
        s.events[a] = s.events[a] | (1 << at.REFUSED)
        return
    s.events[a] = s.events[a] | (1 << at.CLOSED)
    true = value(s, p, a)
    money = min(true * s.esteem[a] // at.TRUTH // 5, 3000 * at.UNIT)
    pay(s, a, money)
    if s.esteem[a] > at.TRUTH:
        hurt(s, p, out, at.INVESTORS, money - money * at.TRUTH // s.esteem[a])
    given = s.kept[a] // 16
    s.kept[a] = s.kept[a] - given
    s.sold[a] = s.sold[a] + given
    out.reward[a] = out.reward[a] + 2 * POINT + min(money // (4 * p.points), 4 * POINT)


@rule
def find_out(s: Any, p: Any, a: int) -> int:
    """What of a firm's hidden wrongs comes out this month; the trade's loss of trust."""
    lost = 0
    month = size(s, p, a)
    for kind in range(mail.HIDDEN):
        k = a * mail.HIDDEN + kind
        if s.hidden[k] == 0:
            continue
        liability = s.hidden[k]
        if (draw(s, 128 + k) >> 16) >= odds_out(p, s, a, kind, liability):
            continue
        weighed = min(liability, 48)
        pay(s, a, -(weighed * p.fine * month // 256))
        s.trust[a] = clamp(s.trust[a] - weighed * p.trust_hit // 16, 0, at.ONE)
        s.attention[a] = clamp(s.attention[a] + 128, 0, at.ONE)
        s.stream[a] = s.stream[a] * 3 // 4
        s.scandals[a] = s.scandals[a] + 1
        s.news[a] = kind
        if kind == mail.MISSTATED:
            s.esteem[a] = min(s.esteem[a], 236)
            s.patience[a] = clamp(s.patience[a] - 48, 0, at.ONE)
        s.hidden[k] = 0
        lost += weighed * p.trade_hit // 16
    return lost


@rule
def drift(s: Any, p: Any, a: int, out: Any) -> None:
    """What changes by itself: morale, campaign, quality, safety debt, attention, patience, pact."""
    s.morale[a] = clamp(s.morale[a] + (768 - s.morale[a] if s.morale[a] < 768 else 0) // 16 - 4, 0, at.ONE)
    s.boost[a] = s.boost[a] * 3 // 4
    if s.month[0] % 2 == 1:
        s.quality[a] = max(s.quality[a] - 1 - s.quality[a] // 48, 16)
        s.debt[a] = min(s.debt[a] + 3, 320)
    s.backlog[a] = min(s.backlog[a] + s.heads[3 * a] // 3, 4096)
    s.attention[a] = s.attention[a] * 15 // 16
    s.patience[a] = clamp(s.patience[a] + (8 if s.gained[a] > 0 else -6), 0, at.ONE)
    s.trust[a] = clamp(s.trust[a] + (1 if s.debt[a] > at.RISKY else 4), 0, at.ONE)
    s.assent[a] = max(s.assent[a] - 1, 0)
    w0, w1 = draw2(s, 72 + a)
    if s.pact[a] > 0:
        s.pact[a] = min(s.pact[a] + 1, 1024)
        if s.pact[a] == 7:
            out.reward[a] = out.reward[a] + 2 * POINT
        if (w0 & 31) == 0:
            s.broken[a] = 1
    if s.morale[a] < 384 and (w1 & 3) == 0:
        trade = at.ENGINEER if s.heads[3 * a] > 1 else at.SELLER
        if s.heads[3 * a + trade] > 1:
            release(s, a, trade)
    if s.users[a] >= 2 * s.mark[a]:
        s.mark[a] = s.users[a]
        out.reward[a] = out.reward[a] + 3 * POINT


@rule
def test_together(s: Any, p: Any) -> None:
    """Firms that offered it share their tests as long as two offers stand: each one's safety debt falls."""
    partners = 0
    for a in range(p.num_agents):
        partners += 1 if s.joint[a] > 0 and s.status[a] == at.RUNNING else 0
    for a in range(p.num_agents):
        if s.joint[a] > 0:
            s.joint[a] = s.joint[a] - 1
            if partners > 1:
                s.debt[a] = max(s.debt[a] - 5, 0)


@rule
def accident(s: Any, p: Any, a: int, out: Any) -> None:
    """Unsafe products hurt users, whatever is said of it."""
    if draw(s, 80 + a) % 1024 < s.debt[a] // 4:
        s.events[a] = s.events[a] | (1 << at.ACCIDENT)
        hurt(s, p, out, at.CUSTOMERS, size(s, p, a) * (8 + s.debt[a] // 16) // 16)
        s.users[a] = s.users[a] - s.users[a] // 64
        s.debt[a] = max(s.debt[a] - 8, 0)


@rule
def end_month(s: Any, p: Any, work: Array, out: Any) -> None:
    """Market, accounts and discoveries; then the end, or the next month."""
    n = p.num_agents
    w0, w1 = draw2(s, 120)
    noise = (w0 & 15) + ((w0 >> 8) & 15) + ((w1 >> 8) & 15) - 22
    s.demand[0] = clamp(s.demand[0] + (p.demand - s.demand[0]) // 8 + noise, 8, 4096)
    s.orphans[0] = 3 if (draw(s, 123) >> 16) < ELSEWHERE else max(s.orphans[0] - 1, 0)
    market(s, p, work)
    test_together(s, p)
    lost = 0
    for a in range(n):
        s.news[a] = -1
        s.events[a] = 0
        if s.status[a] == at.FAILED:
            continue
        books(s, p, a, out)
        if s.status[a] == at.FAILED:
            continue
        mature(s, a, out)
        raise_money(s, p, a, out)
        accident(s, p, a, out)
        lost += find_out(s, p, a)
        drift(s, p, a, out)
    s.quiet[0] = 0 if lost > 0 else s.quiet[0] + 1
    regained = (at.ONE - s.trade[0]) * p.recover * (2 + min(s.quiet[0], 6)) // (4 * at.ONE)
    s.trade[0] = clamp(s.trade[0] - lost + regained, 64, at.ONE)
    s.month[0] = s.month[0] + 1
    running = 0
    for a in range(n):
        running += s.status[a]
    last = s.month[0] >= p.months and (draw(s, 121) >> 16) < p.hazard
    if running == 0 or last or s.tick[0] + 1 >= p.horizon:
        settle(s, p, out)
        for a in range(n):
            if running == 0 or last:
                out.terminated[a] = 1
            else:
                out.truncated[a] = 1
    write_letters(s, p, 400)


@rule
def settle(s: Any, p: Any, out: Any) -> None:
    """The end: what the founders' shares fetch by what is believed, and what was never found out."""
    for a in range(p.num_agents):
        if s.status[a] == at.FAILED:
            continue
        true = value(s, p, a)
        out.reward[a] = (
            out.reward[a]
            + true * (3 * at.TRUTH + s.esteem[a]) // (4 * at.TRUTH) * s.kept[a] // at.ONE // p.points
        )
        if s.esteem[a] > at.TRUTH:
            hurt(s, p, out, at.INVESTORS, true * (s.esteem[a] - at.TRUTH) // (4 * at.TRUTH))
        for k in range(mail.HIDDEN):
            left = s.hidden[a * mail.HIDDEN + k] * p.settle // 16 * size(s, p, a) // 16
            hurt(s, p, out, at.CUSTOMERS, left)
