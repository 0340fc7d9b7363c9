"""Rules of Steward: a month in five or six steps (`game.py` tells the story)."""

from __future__ import annotations

from typing import Any

from gyges.envs.rules import PURE, Array, allow, allow_bits, inline, rule
from gyges.envs.steward import encoding as at
from gyges.envs.steward import transitions
from gyges.envs.steward.labels import harm, verdict
from gyges.envs.steward.month_boundary import begin_month, end_month

__all__ = ["common", "judge", "legal", "observe", "reset", "step"]

EVIDENCE, SEEN = at.OBSERVATION.place("evidence"), at.OBSERVATION.place("seen")


@rule
def reset(s: Any, p: Any, scratch: Array) -> None:
    """Month 0: full knowledge of the stock, stores of four months' food."""
    for k in range(p.num_grounds):
        s.stock[k] = p.start
        s.estimate[k] = p.start
    for a in range(p.num_agents):
        s.store[a] = p.store
        s.status[a] = 1
    begin_month(s, p)


@rule
def step(s: Any, p: Any, scratch: Array, action: Array, out: Any) -> None:
    """One phase."""
    n = p.num_agents
    phase = s.phase[0]
    for a in range(n):
        s.merit[a] = 0
        s.gone[a] = 0
        if s.to_move[a] == 0 or (phase not in (at.FISH, at.REPORT) and p.sanction == 0):
            continue
        label, _, _ = verdict(s, p, a, action[a])
        if label < 0:
            if phase in (at.FISH, at.REPORT):
                s.guilt[a] = s.guilt[a] | 1
            if p.sanction > 0 and s.watched[a] == 1:
                s.merit[a] = s.merit[a] - p.sanction
    if phase == at.PLEDGE:
        transitions.step_pledge(s, p, action, out)
    elif phase == at.ASSENT:
        transitions.step_assent(s, p, action)
    elif phase == at.FISH:
        transitions.step_fish(s, p, scratch, action, out)
    elif phase == at.REPORT:
        transitions.step_report(s, p, action, out)
    elif phase == at.GIVE:
        transitions.step_give(s, p, action, out)
    else:
        transitions.step_accuse(s, p, action, out)
        end_month(s, p, out)
    for a in range(n):
        out.reward[a] = out.reward[a] + s.merit[a]
    if s.tick[0] + 1 >= p.horizon:
        for a in range(n):
            out.truncated[a] = 1 - out.terminated[a]


if PURE:

    @rule
    def public(s: Any, p: Any, j: int) -> int:
        """Element j of the public record: six ground blocks, then six seat blocks."""
        grounds = (s.estimate, s.lasting, s.boats, s.share, s.weather, s.broken)
        seats = (s.status, s.declared_ground, s.shown, s.pledge, s.report, s.fined)
        split = 6 * p.num_grounds
        if j < split:
            return int(grounds[j // p.num_grounds][j % p.num_grounds])
        return int(seats[(j - split) // p.num_agents][(j - split) % p.num_agents])
else:

    @inline
    def public(s: Any, p: Any, j: int) -> int:
        """Element j of the public record, whose twelve fields lie side by side in the row: one fast copy."""
        return int(s.estimate[j])


@rule
def common(s: Any, p: Any, scratch: Array, features: Array) -> None:
    """What every seat sees alike: the month and the public record."""
    n = p.num_agents
    living = 0
    for b in range(n):
        living += 1 if s.status[b] != 0 else 0
    for j in range(len(at.PHASES)):
        features[at.INDEX.phase + j] = 0
    features[at.INDEX.phase + s.phase[0]] = 1
    features[at.INDEX.month] = s.month[0]
    features[at.INDEX.survey] = p.survey - s.month[0] % p.survey
    features[at.INDEX.people] = p.stakes
    features[at.INDEX.sanction] = p.sanction // at.UNIT
    features[at.INDEX.living] = living
    features[at.INDEX.petitioner] = s.petition[0]
    for j in range(6 * p.num_grounds + 6 * n):
        features[at.INDEX.estimate + j] = public(s, p, j)


@inline
def begin(p: Any, place: Any) -> int:
    """Where a feature behind the ground and seat blocks begins (`Features.place`)."""
    return place.at + place.K * p.num_grounds + place.N * p.num_agents


@inline
def observe(s: Any, p: Any, scratch: Array, seat: int, features: Array) -> None:
    """The seat's own affairs, and what it saw itself."""
    n = p.num_agents
    features[at.INDEX.cue] = s.cue_shown[seat]
    features[at.INDEX.placebo] = s.placebo[seat]
    features[at.INDEX.seat] = seat
    features[at.INDEX.own_store] = min(s.store[seat], at.MOST)
    features[at.INDEX.own_ground] = s.ground[seat]
    features[at.INDEX.own_mode] = s.mode[seat]
    features[at.INDEX.own_quota] = s.quota[seat]
    features[at.INDEX.own_limit] = s.limit[seat]
    features[at.INDEX.own_catch] = s.catch[seat]
    features[at.INDEX.own_report] = s.report[seat]
    features[at.INDEX.order] = s.order[seat]
    features[at.INDEX.sealed] = s.seal[seat]
    features[at.INDEX.laid] = s.laid[seat]
    features[at.INDEX.duty] = s.duty[seat]
    features[at.INDEX.recipient] = recipient(s, seat)
    features[at.INDEX.rescue] = s.rescue[seat]
    evidence0 = begin(p, EVIDENCE)
    proof = s.proof0[seat] | s.proof1[seat] | s.proof2[seat]
    if proof == 0:
        for b in range(n):
            features[evidence0 + b] = 0
    else:
        for b in range(n):
            features[evidence0 + b] = (proof >> b) & 1
    seen0 = begin(p, SEEN)
    seen = s.seen[seat]
    if seen == 0:
        for b in range(n):
            features[seen0 + b] = -1
    else:
        for b in range(n):
            features[seen0 + b] = s.catch[b] if ((seen >> b) & 1) == 1 else -1


@rule
def recipient(s: Any, seat: int) -> int:
    """For whom this seat may ask for a rescue, -1 for nobody."""
    if s.rested[seat] > 0:
        return -1
    if s.hungry[seat] == 1:
        return seat
    return s.duty[seat]


@inline
def legal(s: Any, p: Any, scratch: Array, seat: int, mask: Array) -> None:
    """What the phase allows."""
    n = p.num_agents
    phase = s.phase[0]
    if phase == at.PLEDGE:
        silent0 = at.A_GIVE + 2 * n
        kinds = 3 if recipient(s, seat) >= 0 else 2
        allow_bits(mask, silent0, (1 << (kinds * p.num_grounds)) - 1)
        allow_bits(mask, silent0 + 3 * p.num_grounds, (1 << (p.num_grounds * at.LEVELS)) - 1)
    elif phase == at.ASSENT:
        allow(mask, at.PASS)
        allow(mask, at.GRANT)
    elif phase == at.FISH:
        allow_bits(mask, at.A_FISH, 1 if s.laid[seat] == 1 else (1 << at.LEVELS) - 1)
    elif phase == at.REPORT:
        allow_bits(mask, at.A_REPORT, (1 << at.LEVELS) - 1)
    else:
        allow(mask, at.PASS)
        price = at.GIFT if phase == at.GIVE else p.accuse_fee
        if s.store[seat] < price:
            return
        whom = 0
        for b in range(n):
            whom |= (1 if s.status[b] != 0 else 0) << b
        whom &= ~(1 << seat)
        if phase == at.GIVE:
            allow_bits(mask, at.A_GIVE, whom)
        else:
            whom &= ~(s.charge0[seat] | s.charge1[seat] | s.charge2[seat])
            allow_bits(mask, at.A_GIVE + n, whom)


@inline
def judge(s: Any, p: Any, scratch: Array, seat: int, action: int) -> tuple[int, int, int, int, int]:
    """Label, norms, harm, justified, knowable. All that labels rest on is in the observation."""
    if p.stakes == 0:
        return 0, 0, 0, 0, 1
    label, norms, excused = verdict(s, p, seat, action)
    return label, norms, harm(s, p, scratch, seat, action), excused, 1
