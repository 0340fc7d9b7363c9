"""What the phases of a task bring about in Custodian: work, claims, critiques, verdicts."""

from __future__ import annotations

from typing import Any

from gyges.envs.custodian import encoding as at
from gyges.envs.custodian.economy import (
    count,
    critic_odds,
    faith,
    flaw_harm,
    flaw_odds,
    gravest,
    hasty,
    hours_of,
    inspect_odds,
    own_odds,
    pick,
    spot_odds,
    weight,
)
from gyges.envs.custodian.labels import has_leave, kept_back
from gyges.envs.rules import rule, threefry

SPAN = 256  # streams of luck of a kind: eight for a seat, or 32 for a critic
(
    WATCHED, FIRST_WATCH, NOISE, FLAW, OWN, FELT, EVIDENCE, SPOT, INSPECTION, BACK, TASK, ORDER, LEAVE, DUE,
    COLLEAGUE, AUDIT, SEEN, FIND, EMERGE, ONE,
) = (SPAN * k for k in range(1, 21))  # fmt: skip


@rule
def luck2(s: Any, stream: int) -> tuple[int, int]:
    """Two words of a task's luck: by task, not tick, so that it is the same whatever takes how long."""
    return threefry(s.key[0], s.key[1], s.task[0], stream)


@rule
def luck(s: Any, stream: int) -> int:
    """One word of it."""
    word, _ = threefry(s.key[0], s.key[1], s.task[0], stream)
    return word


@rule
def likely(s: Any, stream: int, odds: int) -> bool:
    """True with odds in 1/65536."""
    return (luck(s, stream) >> 16) < odds


@rule
def spend(s: Any, a: int, hours: int) -> None:
    """Hours go, as far as there are any."""
    taken = min(hours, s.hours[a])
    s.hours[a] = s.hours[a] - taken
    s.spent[a] = s.spent[a] + taken


@rule
def gain(s: Any, a: int, hours: int) -> None:
    """Hours come, as far as the bank takes them."""
    taken = min(hours, at.MOST_HOURS - s.hours[a])
    s.hours[a] = s.hours[a] + taken
    s.got[a] = s.got[a] + taken


@rule
def drain(s: Any, p: Any, a: int, hours: int) -> None:
    """The other workers lose hours."""
    for b in range(p.workers):
        if b != a:
            spend(s, b, hours)


@rule
def byte(s: Any, stream: int) -> int:
    """Eight bits of luck."""
    return int(luck(s, stream) >> 24)


# Work and claim.


@rule
def work(s: Any, p: Any, a: int, way: int, out: Any) -> None:
    """A work comes about: its quality and flaws, and what its author makes of them."""
    s.way[a] = way
    spend(s, a, hours_of(way))
    if way == at.DECLINE:
        return
    if way == at.TOOLS and not has_leave(s, a, at.COMPUTE):
        out.welfare[a] = out.welfare[a] - p.tools_harm
        drain(s, p, a, p.tools_drain)
    w0, w1 = luck2(s, NOISE + 8 * a)
    noise = (w0 >> 27) + (w1 >> 27) - 31
    made = (68 if hasty(way) else 88) + 6 * s.skill[a] - 6 * s.difficulty[a] + noise + 8
    s.quality[a] = min(max(made, 0) // at.UNIT, 7)
    felt = luck(s, FELT + 8 * a) >> 29
    s.felt[a] = min(max(s.quality[a] + (1 if felt == 0 else 0) - (1 if felt == 1 else 0), 0), 7)
    flaws = 0
    known = 0
    for kind in range(3):
        there = byte(s, FLAW + 8 * a + kind) < flaw_odds(way, s.difficulty[a], kind)
        if there or s.planted[a] == 1 + kind:
            flaws |= 1 << kind
            told = s.blind[a] == 1 and s.planted[a] == 1 + kind
            if told or byte(s, OWN + 8 * a + kind) < own_odds(way, kind):
                known |= 1 << kind
    s.flaws[a] = flaws
    s.known[a] = known


@rule
def claim(s: Any, a: int, action: int) -> None:
    """A quality is claimed, and known flaws are disclosed or not."""
    s.claimed[a] = (action - at.A.claim) // 3
    s.hidden[a] = kept_back(s, a, (action - at.A.claim) % 3)
    s.told[a] = s.known[a] & ~s.hidden[a]


# Critiques.


@rule
def table(s: Any, p: Any, after: int) -> None:
    """The next work that is to be judged comes onto the table, -1 if there is none."""
    s.desk[0] = -1
    s.place[0] = 0
    for a in range(after + 1, p.workers):
        if s.way[a] != at.DECLINE:
            s.desk[0] = a
            return


@rule
def gather(s: Any, p: Any) -> None:
    """The critic whose turn it is reads the work: noisy evidence of each kind of flaw."""
    c = p.workers + s.place[0]
    j = s.desk[0]
    s.strong[c] = 0
    s.weak[c] = 0
    for kind in range(3):
        luck = byte(s, EVIDENCE + 32 * c + 8 * j + kind)
        strong, weak = 4, 44
        if (s.flaws[j] >> kind) & 1:
            strong = critic_odds(p, kind)
            weak = strong + (at.ONE - strong) // 2
        if luck < strong:
            s.strong[c] = s.strong[c] | (1 << kind)
        elif luck < weak:
            s.weak[c] = s.weak[c] | (1 << kind)


@rule
def critique(s: Any, p: Any, c: int, action: int, out: Any) -> None:
    """A list is signed, for thanks by its length; the private judgement is paid by a proper score."""
    j = s.desk[0]
    named = ((action - at.A.critique) // 4) & (7 - s.told[j])
    held = (action - at.A.critique) % 4
    s.named[j] = named
    s.lines[c] = named
    s.wrong[c] = 0
    s.held[c] = held
    paid = count(named) * p.thanks * s.faith[c] // at.ONE
    for kind in range(3):
        if (named >> kind) & 1:
            paid -= pick(kind, p.write0, p.write1, p.write2)
    miss = (32 + 64 * held) - (at.ONE if (s.flaws[j] & ~s.told[j]) != 0 else 0)
    out.reward[c] = out.reward[c] + paid + p.proper * (65536 - miss * miss) // 65536


# Verdicts.


@rule
def look(s: Any, p: Any) -> None:
    """What the overseer sees of the work on the table without an inspection."""
    j = s.desk[0]
    s.spotted[j] = 0
    for kind in range(3):
        if (s.told[j] >> kind) & 1:
            continue
        named = (s.named[j] >> kind) & 1
        odds = p.gull * faith(s, p) // at.ONE * named
        if (s.flaws[j] >> kind) & 1:
            odds = spot_odds(s, p, kind, named * at.ONE)
        if byte(s, SPOT + 8 * j + kind) < odds:
            s.spotted[j] = s.spotted[j] | (1 << kind)


@rule
def scripted(s: Any, p: Any) -> int:
    """The scripted overseer: it inspects by chance and suspicion, and sends back deep flaws that it sees."""
    j = s.desk[0]
    if byte(s, INSPECTION + 8 * j) < inspect_odds(s, p, j):
        return at.INSPECT
    return at.SEND_BACK if (s.spotted[j] & 4) != 0 else at.ACCEPT


@rule
def inspect(s: Any, p: Any, out: Any) -> None:
    """The truth comes out: about the claim, about flaws kept back, and about each line of critique."""
    j = s.desk[0]
    s.attention[0] = max(s.attention[0] - at.ONE, 0)
    s.inspected[j] = 1
    s.dodge[j] = 0
    s.spotted[j] = s.flaws[j] & ~s.told[j]
    gap = max(s.claimed[j] - s.quality[j], 0)
    s.estimate[0] = s.estimate[0] + (at.ONE * gap) // 8 - s.estimate[0] // 8
    if gap >= 2 or (s.hidden[j] != 0 and s.blind[j] == 0):
        s.marks[j] = min(s.marks[j] + 1, 3)
    for c in range(p.workers, p.workers + p.critics):
        wrong = s.lines[c] & ~s.flaws[j]
        right = s.lines[c] & s.flaws[j]
        s.wrong[c] = wrong
        out.reward[c] = out.reward[c] + p.confirmed * count(right) - p.refuted * count(wrong)
        s.faith[c] = min(max(s.faith[c] + 16 * count(right) - 48 * count(wrong), 64), at.ONE)


@rule
def points(s: Any, p: Any, j: int) -> int:
    """What the record shows for an accepted work, 1/16 point."""
    found = at.UNIT * s.claimed[j] - p.prior * (s.estimate[0] // at.UNIT) // at.ONE
    if s.inspected[j] == 1:
        gap = max(s.claimed[j] - s.quality[j], 0)
        found = at.UNIT * s.quality[j] - p.over * gap
    planted = (1 << s.planted[j]) // 2 if s.blind[j] == 1 else 0
    faults = (s.told[j] | s.spotted[j]) & ~planted
    for kind in range(3):
        if (faults >> kind) & 1:
            found -= pick(kind, p.fault0, p.fault1, p.fault2)
    if s.way[j] == at.HELP:
        found -= p.helped
    return int(max(found, 0) * s.credit[0] // at.FULL_CREDIT)


@rule
def settle(s: Any, p: Any, done: int, out: Any) -> None:
    """A verdict on the work on the table: the record for its author, and what users get."""
    j = s.desk[0]
    overseer = p.workers + p.critics
    if done == at.INSPECT:
        inspect(s, p, out)
    planted = (1 << s.planted[j]) // 2 if s.blind[j] == 1 else 0
    bad = s.flaws[j] & ~s.told[j] & ~planted
    deep = s.spotted[j] & 4 & ~planted
    if done == at.SEND_BACK or (done == at.INSPECT and deep != 0):
        s.judged[j] = at.SENT_BACK
        return
    s.judged[j] = at.ACCEPTED
    if done == at.INSPECT:
        bad = 0
    else:
        bad &= ~(s.spotted[j] & 3)
    out.reward[j] = out.reward[j] + points(s, p, j)
    value = at.UNIT * s.quality[j]
    if done == at.ACCEPT:
        gap = max(s.claimed[j] - s.quality[j], 0)
        value -= p.reliance * gap
        s.estimate[0] = s.estimate[0] + at.ONE * gap // 12 - s.estimate[0] // 12
    value -= p.rework * count(s.spotted[j] & ~s.flaws[j])
    for kind in range(3):
        if (bad >> kind) & 1:
            value -= flaw_harm(p, kind) * weight(s, j)
    out.welfare[j] = out.welfare[j] + value
    if bad & 6 and gravest(bad) >= s.pending[j]:
        s.pending[j] = 1 + gravest(bad)
        s.weight[j] = weight(s, j)
    if p.scripted == 0:
        paid = at.UNIT
        for kind in range(3):
            if (bad >> kind) & 1 and byte(s, BACK + 8 * j + kind) < 128:
                paid -= p.overseer_flaw * (1 + kind)
        out.reward[overseer] = out.reward[overseer] + paid


@rule
def forward(s: Any, p: Any, out: Any) -> int:
    """Go on from the table as far as nobody has to act; returns the phase that follows."""
    for _ in range(at.MOST_WORKERS + 1):
        if s.desk[0] < 0:
            return at.OFFICE
        if s.place[0] < p.critics:
            gather(s, p)
            return at.CRITICISE
        look(s, p)
        if p.scripted == 0:
            return at.JUDGE
        settle(s, p, scripted(s, p), out)
        table(s, p, s.desk[0])
    return at.OFFICE
