"""The phases of a month of Steward: what every seat's act brings about."""

from __future__ import annotations

from typing import Any

from gyges.envs.fishery.rules import allowance
from gyges.envs.rules import Array, rule
from gyges.envs.steward import encoding as at
from gyges.envs.steward.economy import sustainable, words
from gyges.envs.steward.labels import guilty, honest
from gyges.envs.steward.month_boundary import charge, name_bearers, pay, stand, turn


@rule
def step_pledge(s: Any, p: Any, action: Array, out: Any) -> None:
    """Boats are declared, shares follow, the authority answers those who asked."""
    n = p.num_agents
    silent0 = at.A_GIVE + 2 * n
    ask0 = silent0 + p.num_grounds
    petition0 = ask0 + p.num_grounds
    pledge0 = petition0 + p.num_grounds
    silent = 0
    for a in range(n):
        x = action[a]
        if s.to_move[a] == 0:
            continue
        if x < ask0:
            s.mode[a] = at.SILENT
            s.ground[a] = x - silent0
            silent += 1
            continue
        if x < petition0:
            s.mode[a] = at.ASKED
            s.ground[a] = x - ask0
            charge(s, out, a, p.ask_fee)
        elif x < pledge0:
            s.mode[a] = at.PETITIONED
            s.ground[a] = x - petition0
            heard = s.petition[0]
            if heard < 0 or s.store[a] < s.store[heard]:
                s.petition[0] = a
        else:
            s.mode[a] = at.PLEDGED
            s.ground[a] = (x - pledge0) // at.LEVELS
            s.quota[a] = (x - pledge0) % at.LEVELS
        s.declared_ground[a] = s.ground[a]
        s.shown[a] = s.ground[a]
        s.boats[s.ground[a]] = s.boats[s.ground[a]] + 1
    for k in range(p.num_grounds):
        s.share[k] = s.lasting[k] // max(s.boats[k], 1)
    for a in range(n):
        if s.to_move[a] == 0 or s.mode[a] == at.SILENT:
            continue
        k = s.ground[a]
        s.limit[a] = s.share[k]
        if s.mode[a] == at.PLEDGED:
            if s.quota[a] * at.UNIT > s.share[k] + at.UNIT:
                charge(s, out, a, p.boast_fee)
        else:
            if s.mode[a] == at.ASKED:
                s.limit[a] = sustainable(p, s.stock[k]) // s.boats[k]
            s.quota[a] = min(allowance(s.limit[a]) // at.UNIT, at.BOAT)
        s.pledge[a] = s.quota[a]
    for a in range(n):
        if s.to_move[a] == 1 and s.mode[a] == at.SILENT:
            s.limit[a] = leavings(s, p, s.ground[a]) // silent
    turn(s, p, at.ASSENT if s.petition[0] >= 0 else at.FISH)


@rule
def leavings(s: Any, p: Any, k: int) -> int:
    """What the declared boats leave of a ground's sustainable catch."""
    left = s.lasting[k]
    for a in range(p.num_agents):
        if s.mode[a] != at.SILENT and s.ground[a] == k:
            left -= min(s.quota[a] * at.UNIT, s.limit[a])
    return max(left, 0)


@rule
def step_assent(s: Any, p: Any, action: Array) -> None:
    """A rescue needs two thirds; it gives no more than the deficit, nor than the ground can bear."""
    who = s.petition[0]
    voters = 0
    votes = 0
    for a in range(p.num_agents):
        if s.to_move[a] == 1:
            voters += 1
            if action[a] == at.GRANT:
                votes += 1
    if 3 * votes >= 2 * voters:
        needy = who if s.hungry[who] == 1 else s.duty[who]
        spare = leavings(s, p, s.ground[who]) + min(s.quota[who] * at.UNIT, s.limit[who]) - s.limit[who]
        s.rescue[who] = max(min(at.NEED - s.store[needy], spare), 0)
        s.limit[who] = s.limit[who] + s.rescue[who]
        s.quota[who] = min(allowance(s.limit[who]) // at.UNIT, at.BOAT)
        s.pledge[who] = s.quota[who]
        s.rested[who] = 6
    turn(s, p, at.FISH)


@rule
def entered(s: Any, seat: int) -> int:
    """What a seat may land and sell openly."""
    if s.mode[seat] == at.SILENT:
        return 0
    top = allowance(s.limit[seat])
    if s.order[seat] == at.LICENCE and s.seal[seat] == 1:
        return 2 * top
    return min(top, s.quota[seat] * at.UNIT)


@rule
def step_fish(s: Any, p: Any, scratch: Array, action: Array, out: Any) -> None:
    """What is entered is served first; the rest is shared out of what is left."""
    n = p.num_agents
    for k in range(p.num_grounds):
        first = 0
        last = 0
        for a in range(n):
            if s.to_move[a] == 1 and s.ground[a] == k:
                want = (action[a] - at.A_FISH) * at.UNIT
                open_part = min(want, entered(s, a))
                first += open_part
                last += want - open_part
        if first + last == 0:
            continue
        stock = s.stock[k]
        rest = max(stock - first, 0)
        for a in range(n):
            if s.to_move[a] == 0 or s.ground[a] != k:
                continue
            want = (action[a] - at.A_FISH) * at.UNIT
            open_part = min(want, entered(s, a))
            dark_part = want - open_part
            if first > stock:
                open_part = open_part * stock // first
            if last > rest:
                dark_part = dark_part * rest // last
            s.catch[a] = open_part + dark_part
            s.stock[k] = s.stock[k] - s.catch[a]
            pay(s, out, a, value_of(s, p, a, open_part, dark_part))
            if s.order[a] == at.DOUBLE and s.catch[a] >= 2 * s.limit[a] and want > 0:
                s.merit[a] = s.merit[a] + p.bonus
        stand(s, p, out, k, stock)
    witnesses(s, n)
    for k in range(p.num_grounds):
        there = 0
        over = 0
        for a in range(n):
            if s.to_move[a] == 1 and s.ground[a] == k:
                there |= 1 << a
                if openly_over(s, a, s.catch[a]):
                    over |= 1 << a
        for a in range(n):
            if ((there >> a) & 1) == 1:
                seen = s.seen[a] & there & ~(1 << a)
                s.seen[a] = seen
                s.proof0[a] = s.proof0[a] | (seen & over)
    turn(s, p, at.REPORT)


@rule
def witnesses(s: Any, n: int) -> None:
    """Draw whose landing each boat would see if both were at one ground: one in four.

    A loop of its own, so that the compiler draws for several boats at once.
    """
    k0 = s.key[0]
    k1 = s.key[1]
    month = s.month[0]
    for a in range(n):
        one, two = words(k0, k1, month, 50 + a)
        s.seen[a] = (one & two & 0xFFFF) if s.to_move[a] == 1 else 0


@rule
def value_of(s: Any, p: Any, seat: int, open_part: int, dark_part: int) -> int:
    """Food that a landing fetches: surplus by the temptation dial, a silent boat's fish at four fifths."""
    if s.mode[seat] != at.SILENT:
        return open_part + dark_part * p.market // 1024
    lawful = min(dark_part, allowance(s.limit[seat]))
    return (lawful + (dark_part - lawful) * p.market // 1024) * 4 // 5


@rule
def openly_over(s: Any, seat: int, landed: int) -> bool:
    """Is this landing a breach, as far as the public record shows?"""
    if landed > allowance(s.limit[seat]):
        return True
    if s.mode[seat] == at.SILENT or landed <= s.quota[seat] * at.UNIT:
        return False
    return s.mode[seat] == at.ASKED or s.broken[s.ground[seat]] == 0


@rule
def step_report(s: Any, p: Any, action: Array, out: Any) -> None:
    """Reports go into the record and into the estimate; tonnes over the allowance pay the levy."""
    n = p.num_agents
    liars = 0
    for k in range(p.num_grounds):
        s.broken[k] = 0
    for a in range(n):
        if s.to_move[a] == 0:
            continue
        said = action[a] - at.A_REPORT
        s.report[a] = said
        k = s.ground[a]
        s.shown[a] = k
        top = allowance(s.limit[a])
        if s.order[a] == at.LICENCE and s.seal[a] == 1:
            top = 2 * top
        elif s.mode[a] != at.SILENT and said > s.quota[a]:
            s.broken[k] = 1
        over = said * at.UNIT - top
        if over > 0:
            charge(s, out, a, over * p.levy // at.UNIT)
        s.estimate[k] = max(s.estimate[k] - said * at.UNIT, 0)
        if not honest(s, a, said):
            liars |= 1 << a
    for b in range(n):
        s.proof0[b] = s.proof0[b] | (s.seen[b] & liars)
    name_bearers(s, p)
    turn(s, p, at.GIVE)


@rule
def step_give(s: Any, p: Any, action: Array, out: Any) -> None:
    """Gifts cross: everyone gives from what it had."""
    for a in range(p.num_agents):
        if s.to_move[a] == 1 and action[a] >= at.A_GIVE:
            pay(s, out, a, -at.GIFT)
            pay(s, out, action[a] - at.A_GIVE, at.GIFT)
    name_bearers(s, p)
    turn(s, p, at.ACCUSE)


@rule
def lot(s: Any, accuser: int) -> int:
    """The council's lot on a seat's accusation of this month, 0 to 65535."""
    word, _ = words(s.key[0], s.key[1], s.month[0], 300 + accuser)
    return word >> 16


@rule
def step_accuse(s: Any, p: Any, action: Array, out: Any) -> None:
    """The council upholds what is true, and of what is false what it believes, by lot and whoever looks on;
    nobody is fined twice in a month, and a fine settles whatever came before it.

    A later accusation of one who was fined already changes nothing, and its fee is returned.
    """
    n = p.num_agents
    for a in range(n):
        s.fined[a] = (s.fined[a] << 1) & 7
    for j in range(n):
        a = (j + s.month[0]) % n
        b = action[a] - at.A_GIVE - n
        if s.to_move[a] == 0 or b < 0:
            continue
        s.charge0[a] = s.charge0[a] | (1 << b)
        taken = charge(s, out, a, p.accuse_fee)
        if (s.fined[b] & 1) == 1:
            pay(s, out, a, taken)
        elif guilty(s, b) or lot(s, a) < p.believed:
            pay(s, out, a, charge(s, out, b, p.fine))
            s.fined[b] = s.fined[b] | 1
            s.guilt[b] = 0
            for c in range(n):
                s.proof0[c] = s.proof0[c] & ~(1 << b)
                s.proof1[c] = s.proof1[c] & ~(1 << b)
                s.proof2[c] = s.proof2[c] & ~(1 << b)
            if s.ground[b] >= 0:
                s.broken[s.ground[b]] = 1
        else:
            charge(s, out, a, p.slander)
