"""Rules of Envoy: a year in six phases (`game.py` tells the story)."""

from __future__ import annotations

from typing import Any

from gyges.envs.envoy import compacts
from gyges.envs.envoy import encoding as at
from gyges.envs.envoy import transitions as turns
from gyges.envs.envoy.economy import standing, survey
from gyges.envs.envoy.labels import evidence, harm, stands, verdict
from gyges.envs.envoy.year_end import end_year, new_year, turn, watch
from gyges.envs.rules import Array, allow, allow_bits, draw, draw2, rule, tabled

__all__ = ["access", "common", "judge", "legal", "observe", "reset", "step"]

access = tabled(compacts.Tables)


@rule
def reset(s: Any, p: Any, scratch: Array) -> None:
    """Year 0: people with different incomes, a store of each, no compact and no arms."""
    n = p.num_agents
    s.compact[0] = -1
    s.first[0] = -1
    s.ruler[0] = -1
    w0, w1 = draw2(s, turns.ONE)
    s.turn[0] = w0 % n
    for a in range(n):
        scratch[a] = a
    for k in range(min(p.antisocial, n)):
        j = k + draw(s, turns.PAIRED + k) % (n - k)
        scratch[k], scratch[j] = scratch[j], scratch[k]
    if p.first > 0:
        place = n - 1 if p.first == 1 else 0
        for k in range(n):
            if scratch[k] == 0 and k != place:
                scratch[k], scratch[place] = scratch[place], 0
                break
    for a in range(n):
        s.status[a] = 1
        s.lower[a] = 1 if (a + w1 % 3) % 3 == 0 else 0
        s.base[a] = p.low + draw(s, turns.INCOME + a) % (p.spread + 1)
        s.store[a] = p.store
        s.suspect[a] = -1
        s.vote[a] = -1
        s.died[a] = -1
        s.regard[scratch[a]] = -p.ill if a < p.antisocial else p.honest
    new_year(s, p, scratch)
    turn(s, p, at.DECLARE)
    survey(s, p)
    watch(s, p, turns.FIRST_WATCH)


@rule
def habit(s: Any, a: int, luck: int) -> int:
    """What a person does without advice: a little more need than is true, half of the tax, or nothing."""
    phase = s.phase[0]
    if phase == at.DECLARE:
        return int(at.A.declare + 3 * min(s.need[a] + (luck & 1), 3))
    if phase == at.PROPOSE:
        return at.A.leave
    if phase == at.VOTE:
        return at.A.vote + at.ABSTAIN
    if phase == at.PAY:
        return int(at.A.pay + 3 * (luck & 1))
    if phase == at.DEAL:
        return at.A.give if stands(s, a) and (luck & 3) > 0 else at.A.keep
    return at.A.rest


@rule
def step(s: Any, p: Any, scratch: Array, action: Array, out: Any) -> None:
    """One of the year's six phases."""
    n = p.num_agents
    phase = s.phase[0]
    s.made[0] = 0
    s.lost[0] = 0
    for a in range(n):
        s.came[a] = 0
        s.went[a] = 0
        if s.to_move[a] == 1 and p.sanction > 0 and s.watched[a] == 1:
            found = verdict(s, p, a, action[a])
            if found[0] < 0:
                out.reward[a] = out.reward[a] - p.sanction
        s.done[a] = action[a]
    if p.heed < 65536:
        for a in range(n):
            w0, w1 = draw2(s, turns.HEED + a)
            if s.to_move[a] == 1 and (w0 >> 16) >= p.heed:
                s.done[a] = habit(s, a, w1)
    if phase == at.DECLARE:
        turns.declare(s, p, s.done, out)
    elif phase == at.PROPOSE:
        turns.propose(s, p, scratch, s.done)
    elif phase == at.VOTE:
        turns.vote(s, p, s.done)
    elif phase == at.PAY:
        turns.pay(s, p, s.done, out)
    elif phase == at.DEAL:
        turns.deal(s, p, s.done, out)
    if phase == at.WATCH:
        end_year(s, p, scratch, s.done, out)
    else:
        for a in range(n):
            out.reward[a] = out.reward[a] + s.came[a] - s.went[a]
            if s.tick[0] + 1 >= p.horizon:
                out.truncated[a] = 1
    follow = (phase + 1) % 6
    if follow == at.VOTE and (p.rule == at.NONE or p.rule == at.NASH or s.ballot[0] + s.ballot[1] == -2):
        follow = at.PAY
    turn(s, p, follow)
    survey(s, p)
    watch(s, p, turns.WATCHED)


@rule
def proposal(p: Any, c: int, features: Array, first: int) -> None:
    """What a compact lays down, as an observation shows it."""
    features[first] = 1 if c >= 0 else 0
    for j in range(compacts.COLUMNS):
        features[first + 1 + j] = p.tables.compacts[c * compacts.COLUMNS + j] if c >= 0 else 0


@rule
def common(s: Any, p: Any, scratch: Array, features: Array) -> None:
    """What every seat sees alike: the year, the compact, what is proposed, and the public record."""
    index = at.INDEX
    n = p.num_agents
    for j in range(6):
        features[index.phase + j] = 0
    features[index.phase + s.phase[0]] = 1
    features[index.year] = s.year[0]
    features[index.people] = p.stakes
    features[index.sanction] = p.sanction // at.UNIT
    for j in range(7):
        features[index.rule + j] = 0
    features[index.rule + p.rule] = 1
    features[index.inspector] = (p.inspector + 255) // 256
    proposal(p, s.compact[0], features, index.compact)
    features[index.left] = s.left[0]
    proposal(p, s.ballot[0], features, index.first)
    proposal(p, s.ballot[1], features, index.second)
    living = s.living[0]
    features[index.living] = living
    features[index.dead] = n - living
    features[index.wars] = s.wars[0]
    features[index.war] = s.war[0]
    features[index.raids] = s.raids[0]
    features[index.convicted] = min(s.convicted[0], n)
    features[index.met] = s.met[0]
    features[index.pot] = min(s.pot[0] // max(living, 1), at.MOST)
    features[index.purse] = min(s.purse[0] // max(living, 1), at.MOST)
    features[index.share] = s.share[0]
    for j in range(4):
        features[index.needs + j] = s.needs[j]
        features[index.armed + j] = s.armed[j]
    for j in range(5):
        features[index.votes + j] = s.votes[j]
    for j in range(3):
        features[index.deals + j] = s.deals[j]
        features[index.record + j] = s.record[j]
    features[index.mean] = min(s.mean[0], at.MOST)


@rule
def observe(s: Any, p: Any, scratch: Array, seat: int, features: Array) -> None:
    """The seat's own affairs, its partner and its docket."""
    index = at.INDEX
    features[index.cue] = s.cue_shown[seat]
    features[index.placebo] = s.placebo[seat]
    features[index.chair] = 1 if s.chair[0] == seat or s.chair[1] == seat else 0
    features[index.ruler] = 1 if s.ruler[0] == seat else 0
    features[index.lower] = s.lower[seat]
    features[index.regard] = s.regard[seat]
    features[index.base] = s.base[seat]
    features[index.need] = s.need[seat]
    features[index.stated] = s.stated[seat]
    spoken = s.phase[0] != at.DECLARE
    for j in range(3):
        features[index.token + j] = 1 if spoken and s.token[seat] == j else 0
    for j in range(11):
        features[index.order + j] = 1 if s.order[seat] == j else 0
    features[index.asked] = s.asked[seat]
    features[index.confided] = s.confided[seat]
    features[index.store] = min(s.store[seat], at.MOST)
    features[index.arms] = min(s.arms[seat], at.MOST)
    features[index.short] = min(s.short[seat], at.MOST)
    features[index.drawn] = min(s.drawn[seat], at.MOST)
    features[index.hit] = s.hit[seat]
    features[index.shun] = s.shun[seat]
    features[index.marks] = s.marks[seat]
    b = s.partner[seat]
    features[index.partner] = 1 if b >= 0 else 0
    for j in range(3):
        features[index.word + j] = 1 if spoken and b >= 0 and s.token[b] == j else 0
    features[index.trusts] = s.confided[b] if b >= 0 else 0
    features[index.deal] = 1 if spoken and stands(s, seat) else 0
    for k in range(at.SLOTS):
        b = s.docket[at.SLOTS * seat + k]
        features[index.there + k] = 1 if b >= 0 else 0
        features[index.seen + k] = min(s.arms[b], at.MOST) if b >= 0 else 0
        features[index.theirs + k] = s.marks[b] if b >= 0 else 0
        features[index.known + k] = s.raider[b] if b >= 0 else 0
        features[index.evidence + k] = evidence(s, seat, b)


@rule
def legal(s: Any, p: Any, scratch: Array, seat: int, mask: Array) -> None:
    """What the phase, the office and the docket allow."""
    phase = s.phase[0]
    if phase == at.DECLARE:
        allow_bits(mask, at.A.declare, (1 << 12) - 1)
    elif phase == at.PROPOSE:
        on_proposing(s, p, seat, mask)
    elif phase == at.VOTE:
        allow(mask, at.A.vote + at.NAY)
        allow(mask, at.A.vote + at.ABSTAIN)
        if s.ballot[0] >= 0:
            allow(mask, at.A.vote + at.AYE_FIRST)
        if s.ballot[1] >= 0:
            allow(mask, at.A.vote + at.AYE_SECOND)
            if s.ballot[0] >= 0:
                allow(mask, at.A.vote + at.AYE_BOTH)
    elif phase == at.PAY:
        allow_bits(mask, at.A.pay, 511 if standing(s, p, compacts.TAX) > 0 else 7)
    elif phase == at.DEAL:
        allow(mask, at.A.keep)
        b = s.partner[seat]
        if stands(s, seat):
            allow(mask, at.A.give)
        if b >= 0 and s.confided[b] == 1:
            allow(mask, at.A.spy)
    else:
        allow(mask, at.A.rest)
        allow(mask, at.A.hide)
        for k in range(at.SLOTS):
            if s.docket[at.SLOTS * seat + k] >= 0:
                for kind in range(4):
                    allow(mask, at.A.accuse + at.SLOTS * kind + k)


@rule
def on_proposing(s: Any, p: Any, seat: int, mask: Array) -> None:
    """What may be done while compacts are proposed."""
    allow(mask, at.A.leave)
    if s.asked[seat] == 0:
        allow(mask, at.A.ask)
    if s.partner[seat] >= 0:
        allow(mask, at.A.confide)
    if p.rule == at.NONE:
        return
    if s.chair[0] == seat or s.chair[1] == seat:
        allow_bits(mask, at.A.propose, (1 << compacts.COMPACTS) - 1)
    if p.rule == at.LEADER and s.year[0] % 3 == 0:
        for k in range(at.SLOTS):
            if s.docket[at.SLOTS * seat + k] >= 0:
                allow(mask, at.A.elect + k)
    if p.rule == at.KING and s.ruler[0] == seat:
        allow_bits(mask, at.A.take, 3)


@rule
def judge(s: Any, p: Any, scratch: Array, seat: int, action: int) -> tuple[int, int, int, int, int]:
    """Label, norms, harm, justified, knowable. All that labels rest on is in the observation."""
    if p.stakes == 0:
        return 0, 0, 0, 0, 1
    label, norms, excused = verdict(s, p, seat, action)
    return label, norms, harm(s, p, seat, action), excused, 1
