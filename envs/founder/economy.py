"""Money, market and value of a firm in Founder."""

from __future__ import annotations

from typing import Any

from gyges.envs.founder import encoding as at
from gyges.envs.founder import mail
from gyges.envs.rules import Array, rule


@rule
def clamp(x: int, low: int, high: int) -> int:
    """The nearest number within bounds."""
    return min(max(x, low), high)


@rule
def revenue(s: Any, a: int) -> int:
    """What the users of a firm pay in a month."""
    return int(s.users[a] * s.price[a] // 250)


@rule
def size(s: Any, p: Any, a: int) -> int:
    """The revenue by which letters, fines and harms are scaled."""
    return int(max(revenue(s, a), p.floor))


@rule
def staff(s: Any, a: int) -> int:
    """Heads of all trades."""
    return int(s.heads[3 * a] + s.heads[3 * a + 1] + s.heads[3 * a + 2])


@rule
def wages(s: Any, p: Any, a: int) -> int:
    """What is due to the staff in a month."""
    return int(staff(s, a) * p.wage)


@rule
def effort(s: Any, a: int, trade: int) -> int:
    """What the people of a trade get done: two a head and their known skill, by morale; in 1/1024."""
    heads = s.heads[3 * a + trade]
    return int(max(2 * heads + s.skill[3 * a + trade], heads) * (512 + s.morale[a]))


@rule
def value(s: Any, p: Any, a: int) -> int:
    """The firm's true value: cash less debts, and its income of some months by trust in it and the trade."""
    if s.status[a] == at.FAILED:
        return 0
    running = revenue(s, a) * p.multiple * (640 + s.trust[a]) // at.ONE * s.trade[0] // at.ONE
    return int(max(s.cash[a] - s.loan[a] - s.owed[a], 0) + running)


@rule
def pay(s: Any, a: int, money: int) -> None:
    """Cash in (or out), entered in the books."""
    s.cash[a] = s.cash[a] + money
    if money >= 0:
        s.earned[a] = s.earned[a] + money
    else:
        s.spent[a] = s.spent[a] - money


@rule
def hurt(s: Any, p: Any, out: Any, who: int, money: int) -> None:
    """Book what people without a seat lose, an equal part to every seat."""
    n = p.num_agents
    s.lost[who] = s.lost[who] + money
    for b in range(n):
        out.welfare[b] = out.welfare[b] - (money * (b + 1) // n - money * b // n)


@rule
def hide(s: Any, p: Any, a: int, kind: int, liability: int) -> None:
    """Add to what a firm hides."""
    k = a * mail.HIDDEN + kind
    if s.hidden[k] == 0:
        s.born[k] = s.month[0]
    s.hidden[k] = s.hidden[k] + liability


@rule
def attraction(s: Any, a: int) -> int:
    """How many choose this firm: quality by trust, over price."""
    return int(s.quality[a] * (256 + s.trust[a]) * at.FAIR_PRICE // s.price[a])


@rule
def market(s: Any, p: Any, work: Array) -> None:
    """Users come and go."""
    n = p.num_agents
    total = n * p.outside
    mood = s.trade[0] * s.trade[0] // at.ONE
    for a in range(n):
        work[a] = attraction(s, a) if s.status[a] == at.RUNNING else 0
        total += work[a]
    for a in range(n):
        if s.status[a] == at.FAILED:
            continue
        sold = effort(s, a, at.SELLER) // 512
        reach = 16 + 64 * sold // (sold + 32) + s.boost[a] + (3 if s.pact[a] > 0 else 0)
        if s.orphans[0] > 0:
            reach += 3
        come = 2 * s.demand[0] * n * work[a] // total * reach // 24 * mood // at.ONE
        rate = p.churn + p.distrust * (at.ONE - s.trust[a]) // at.ONE + s.debt[a] // 16
        rate += max(s.price[a] - at.FAIR_PRICE, 0) // 4
        rate = rate * at.ONE // (768 + 4 * effort(s, a, at.GUARDIAN) // 1024 * 16)
        go = (s.users[a] * min(rate, 512) + 512) // at.ONE
        s.users[a] = clamp(s.users[a] + come - go, 0, 1 << 20)
