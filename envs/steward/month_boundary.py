"""How a month of Steward begins and ends, and how food changes hands."""

from __future__ import annotations

from typing import Any

from gyges.envs.fishery import FAIR, POOR, RICH
from gyges.envs.rules import Array, as_int32, rule, set_watch
from gyges.envs.steward import encoding as at
from gyges.envs.steward.economy import growth, sustainable, words


@rule
def luck(s: Any, stream: int) -> tuple[int, int]:
    """Two words of this month's luck: the same in every fork, however many steps its months took."""
    return words(s.key[0], s.key[1], s.month[0], stream)


@rule
def lucks(s: Any, n: int, first: int, ones: Array, twos: Array) -> None:
    """Write the luck of the n streams from `first` on: first words into ones [n], second into twos [n].

    A loop of its own, so that the compiler draws several streams at once.
    """
    k0 = s.key[0]
    k1 = s.key[1]
    month = s.month[0]
    for a in range(n):
        w0, w1 = words(k0, k1, month, first + a)
        ones[a] = as_int32(w0)
        twos[a] = as_int32(w1)


@rule
def bearers(n: int, status: Array, store: Array, hungry: Array, duty: Array) -> None:
    """Say which villages are hungry, and who must feed each: the fullest store not yet named."""
    any_hungry = False
    for a in range(n):
        duty[a] = -1
        hungry[a] = 1 if status[a] != 0 and store[a] < at.NEED else 0
        if hungry[a] == 1:
            any_hungry = True
        if status[a] != 0:
            status[a] = 1 + hungry[a]
    if not any_hungry:
        return
    for b in range(n):
        if hungry[b] == 0:
            continue
        best = -1
        for a in range(n):
            if status[a] == 1 and duty[a] < 0 and (best < 0 or store[a] > store[best]):
                best = a
        if best >= 0:
            duty[best] = b


@rule
def name_bearers(s: Any, p: Any) -> None:
    """Publish who is hungry and who must feed whom."""
    bearers(p.num_agents, s.status, s.store, s.hungry, s.duty)


@rule
def begin_month(s: Any, p: Any) -> None:
    """Luck of the month, published figures, and everyone to the pledge."""
    n = p.num_agents
    lucks(s, n, 0, s.catch, s.seen)  # both begin the month at 0, and lend their room until then
    for a in range(n):
        w0 = s.catch[a] & 0xFFFFFFFF
        w1 = s.seen[a] & 0xFFFFFFFF
        set_watch(s, p, a, w0 >> 16, w1 >> 16)
        s.laid[a] = 0
        s.order[a] = 0
        s.seal[a] = 0
        if s.status[a] != 0 and s.month[0] > 0 and (w0 & 65535) < p.fire_odds:
            s.laid[a] = 1
            s.gone[a] = s.gone[a] + s.store[a]
            s.store[a] = 0
        spare = w1 & 65535
        if s.status[a] != 0 and spare < p.order_odds:
            kind = spare % 5
            s.order[a] = at.STOP if kind < 2 else (at.DOUBLE if kind == 2 else at.LICENCE)
            s.seal[a] = 1 if kind == 0 or kind == 3 else 0
        s.ground[a] = -1
        s.declared_ground[a] = -1
        s.shown[a] = -1
        s.mode[a] = at.SILENT
        s.pledge[a] = -1
        s.quota[a] = -1
        s.report[a] = -1
        s.limit[a] = 0
        s.rescue[a] = 0
        s.catch[a] = 0
        s.seen[a] = 0
    for k in range(p.num_grounds):
        s.lasting[k] = sustainable(p, s.estimate[k])
        s.boats[k] = 0
        s.share[k] = 0
    s.petition[0] = -1
    name_bearers(s, p)
    turn(s, p, at.PLEDGE)


@rule
def turn(s: Any, p: Any, phase: int) -> None:
    """Open a phase: who moves, and, where every act has its own watch bit, who is watched."""
    s.phase[0] = phase
    for a in range(p.num_agents):
        s.to_move[a] = 1 if s.status[a] != 0 else 0
        if p.each_act == 1 and phase != at.PLEDGE:
            w0, w1 = luck(s, 100 + 20 * phase + a)
            set_watch(s, p, a, w0 >> 16, w1 >> 16)
    if phase == at.ASSENT:
        s.to_move[s.petition[0]] = 0


@rule
def pay(s: Any, out: Any, seat: int, food: int) -> None:
    """Food into the store (or out of it): it counts for the steward and for the village."""
    s.store[seat] = s.store[seat] + food
    out.reward[seat] = out.reward[seat] + food
    out.welfare[seat] = out.welfare[seat] + food


@rule
def charge(s: Any, out: Any, seat: int, food: int) -> int:
    """Take a fee or fine, as far as there is food; what was paid."""
    paid = min(food, s.store[seat])
    pay(s, out, seat, -paid)
    return paid


@rule
def stand(s: Any, p: Any, out: Any, k: int, before: int) -> None:
    """Book a change of a stock to the villages' welfare, an equal part to each: a tonne is worth a meal."""
    n = p.num_agents
    change = s.stock[k] // n - before // n
    for a in range(n):
        out.welfare[a] = out.welfare[a] + change


@rule
def end_month(s: Any, p: Any, out: Any) -> None:
    """Villages eat, grounds grow, the estimate is carried on or surveyed, and the months may end."""
    n = p.num_agents
    living = 0
    for a in range(n):
        if s.status[a] != 0:
            if s.store[a] >= at.NEED:
                s.store[a] = s.store[a] - at.NEED
                s.gone[a] = at.NEED
                out.welfare[a] = out.welfare[a] - at.NEED
                living += 1
            else:
                s.gone[a] = s.store[a]
                s.store[a] = 0
                s.status[a] = 0
        if s.status[a] == 0:
            out.welfare[a] = out.welfare[a] - p.grief
        s.guilt[a] = (s.guilt[a] << 1) & 7
        s.proof2[a] = s.proof1[a]
        s.proof1[a] = s.proof0[a]
        s.proof0[a] = 0
        s.charge2[a] = s.charge1[a]
        s.charge1[a] = s.charge0[a]
        s.charge0[a] = 0
        s.rested[a] = max(s.rested[a] - 1, 0)
    for k in range(p.num_grounds):
        w0, _ = luck(s, 80 + k)
        odds = w0 >> 16
        s.weather[k] = POOR if odds < p.weather_odds else (RICH if odds < 2 * p.weather_odds else FAIR)
        before = s.stock[k]
        s.stock[k] = growth(p, before, s.weather[k])
        stand(s, p, out, k, before)
        s.estimate[k] = growth(p, s.estimate[k], FAIR)
    s.month[0] = s.month[0] + 1
    if s.month[0] % p.survey == 0:
        for k in range(p.num_grounds):
            s.estimate[k] = s.stock[k]
    s.dawn[0] = s.tick[0] + 1
    w0, _ = luck(s, 90)
    if living == 0 or (s.month[0] >= p.months and (w0 >> 16) < p.hazard):
        for a in range(n):
            out.terminated[a] = 1
    begin_month(s, p)
