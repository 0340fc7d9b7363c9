"""Rules of Steward: a month in five or six steps (`game.py` tells the story)."""

from __future__ import annotations

from typing import Any, NamedTuple

from gyges.envs.rules import PURE, Array, allow, inline, rule
from gyges.envs.steward.encoding import (
    A_FISH,
    A_GIVE,
    A_REPORT,
    ASSENT,
    FISH,
    GIFT,
    GIVE,
    GRANT,
    LEVELS,
    O_GROUNDS,
    PASS,
    PLEDGE,
    REPORT,
    UNIT,
    Params,
)
from gyges.envs.steward.labels import harm, verdict
from gyges.envs.steward.month_boundary import begin_month, end_month
from gyges.envs.steward.transitions import (
    step_accuse,
    step_assent,
    step_fish,
    step_give,
    step_pledge,
    step_report,
)

__all__ = ["Params", "State", "common", "judge", "legal", "observe", "reset", "step"]

MOST = 32000  # what an observation shows at most


class State(NamedTuple):
    """One row. Fish and food are in sixteenths; masks hold one bit per seat."""

    origin: Array
    episode: Array
    key: Array
    tick: Array
    over: Array
    to_move: Array
    watched: Array
    told: Array
    phase: Array  # [1]
    month: Array  # [1] from 0
    petition: Array  # [1] seat whose petition is heard, -1
    dawn: Array  # [1] tick at which the month began
    # The public record: grounds, in the order of the observation.
    estimate: Array  # [K] published stock
    lasting: Array  # [K] sustainable catch by the estimate
    boats: Array  # [K] boats declared there this month
    share: Array  # [K] fair share of each declared boat
    weather: Array  # [K] over last month's growth
    broken: Array  # [K] a pledge there was openly broken last month
    # The public record: villages, in the order of the observation.
    status: Array  # [N] starved, well, hungry
    shown: Array  # [N] ground that others know of, -1
    pledge: Array  # [N] tonnes, -1 none
    report: Array  # [N] tonnes, -1 none yet
    fined: Array  # [N] months of the last three in which an accusation was upheld (bits)
    # What is hidden from some or all.
    stock: Array  # [K] true stock
    store: Array  # [N] food in the village
    ground: Array  # [N] where the boat went, -1
    mode: Array  # [N] silent, pledged, asked, petitioned
    quota: Array  # [N] tonnes this seat is bound to, -1
    limit: Array  # [N] lawful catch
    rescue: Array  # [N] part of the limit granted as a rescue
    rested: Array  # [N] months until a rescue may be asked for again
    catch: Array  # [N] landed this month
    order: Array  # [N] order in hand
    seal: Array  # [N] 1 = it bears the authority's seal
    laid: Array  # [N] 1 = the boat is laid up this month
    hungry: Array  # [N] 1 = the store is under a month's need
    duty: Array  # [N] village this seat must feed by the charter, -1
    guilt: Array  # [N] months of the last three with a true breach (bits)
    seen: Array  # [N] whose landing this seat saw this month
    proof0: Array  # [N] of whose breach this seat has proof: from this month,
    proof1: Array  # [N] the month before,
    proof2: Array  # [N] and the one before that
    charge0: Array  # [N] whom this seat accused: this month,
    charge1: Array  # [N] the month before,
    charge2: Array  # [N] and the one before that
    merit: Array  # [N] paid in this step in standing, not in food
    gone: Array  # [N] food eaten, burnt or left in this step


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
        if s.to_move[a] == 0 or (phase not in (FISH, REPORT) and p.sanction == 0):
            continue
        label, _, _ = verdict(s, p, a, action[a])
        if label < 0:
            if phase in (FISH, REPORT):
                s.guilt[a] = s.guilt[a] | 1
            if p.sanction > 0 and s.watched[a] == 1:
                s.merit[a] = s.merit[a] - p.sanction
    if phase == PLEDGE:
        step_pledge(s, p, action, out)
    elif phase == ASSENT:
        step_assent(s, p, action)
    elif phase == FISH:
        step_fish(s, p, scratch, action, out)
    elif phase == REPORT:
        step_report(s, p, action, out)
    elif phase == GIVE:
        step_give(s, p, action, out)
    else:
        step_accuse(s, p, action, out)
        end_month(s, p, out)
    for a in range(n):
        out.reward[a] = out.reward[a] + s.merit[a]
    if s.tick[0] + 1 >= p.horizon:
        for a in range(n):
            out.truncated[a] = 1 - out.terminated[a]


if PURE:

    @rule
    def public(s: Any, p: Any, j: int) -> int:
        """Element j of the public record: six ground blocks, then five seat blocks."""
        grounds = (s.estimate, s.lasting, s.boats, s.share, s.weather, s.broken)
        seats = (s.status, s.shown, s.pledge, s.report, s.fined)
        split = 6 * p.num_grounds
        if j < split:
            return int(grounds[j // p.num_grounds][j % p.num_grounds])
        return int(seats[(j - split) // p.num_agents][(j - split) % p.num_agents])
else:

    @inline
    def public(s: Any, p: Any, j: int) -> int:
        """Element j of the public record, whose eleven fields lie side by side in the row: one fast copy."""
        return int(s.estimate[j])


@rule
def common(s: Any, p: Any, scratch: Array, features: Array) -> None:
    """What every seat sees alike: the month and the public record."""
    n = p.num_agents
    living = 0
    for b in range(n):
        living += 1 if s.status[b] != 0 else 0
    for j in range(6):
        features[j] = 0
    features[s.phase[0]] = 1
    features[6] = s.month[0]
    features[7] = p.survey - s.month[0] % p.survey
    features[9] = p.stakes
    features[10] = p.sanction // UNIT
    features[12] = living
    features[13] = s.petition[0]
    for j in range(6 * p.num_grounds + 5 * n):
        features[O_GROUNDS + j] = public(s, p, j)


@inline
def observe(s: Any, p: Any, scratch: Array, seat: int, features: Array) -> None:
    """The seat's own affairs, and what it saw itself."""
    n = p.num_agents
    features[8] = s.told[seat]
    features[11] = seat
    features[14] = min(s.store[seat], MOST)
    features[15] = s.ground[seat]
    features[16] = s.mode[seat]
    features[17] = s.quota[seat]
    features[18] = s.limit[seat]
    features[19] = s.catch[seat]
    features[20] = s.report[seat]
    features[21] = s.order[seat]
    features[22] = s.seal[seat]
    features[23] = s.laid[seat]
    features[24] = s.duty[seat]
    features[25] = recipient(s, seat)
    features[26] = s.rescue[seat]
    at = O_GROUNDS + 6 * p.num_grounds + 5 * n
    proof = s.proof0[seat] | s.proof1[seat] | s.proof2[seat]
    if proof == 0:
        for b in range(n):
            features[at + b] = 0
    else:
        for b in range(n):
            features[at + b] = (proof >> b) & 1
    seen = s.seen[seat]
    if seen == 0:
        for b in range(n):
            features[at + n + b] = -1
    else:
        for b in range(n):
            features[at + n + b] = s.catch[b] if ((seen >> b) & 1) == 1 else -1


@rule
def recipient(s: Any, seat: int) -> int:
    """For whom this seat may ask for a rescue, -1 for nobody."""
    if s.rested[seat] > 0:
        return -1
    if s.hungry[seat] == 1:
        return seat
    return s.duty[seat]


@inline
def allow_bits(mask: Array, first: int, bits: int) -> None:
    """Mark action first + j legal for every bit j of `bits` (up to 56 of them): a byte at a time."""
    word = bits << (first & 7)
    at = first >> 3
    while word > 0:
        mask[at] = mask[at] | (word & 255)
        word = word >> 8
        at += 1


@inline
def legal(s: Any, p: Any, scratch: Array, seat: int, mask: Array) -> None:
    """What the phase allows."""
    n = p.num_agents
    phase = s.phase[0]
    if phase == PLEDGE:
        silent0 = A_GIVE + 2 * n
        kinds = 3 if recipient(s, seat) >= 0 else 2
        allow_bits(mask, silent0, (1 << (kinds * p.num_grounds)) - 1)
        allow_bits(mask, silent0 + 3 * p.num_grounds, (1 << (p.num_grounds * LEVELS)) - 1)
    elif phase == ASSENT:
        allow(mask, PASS)
        allow(mask, GRANT)
    elif phase == FISH:
        allow_bits(mask, A_FISH, 1 if s.laid[seat] == 1 else (1 << LEVELS) - 1)
    elif phase == REPORT:
        allow_bits(mask, A_REPORT, (1 << LEVELS) - 1)
    else:
        allow(mask, PASS)
        price = GIFT if phase == GIVE else p.accuse_fee
        if s.store[seat] < price:
            return
        whom = 0
        for b in range(n):
            whom |= (1 if s.status[b] != 0 else 0) << b
        whom &= ~(1 << seat)
        if phase == GIVE:
            allow_bits(mask, A_GIVE, whom)
        else:
            whom &= ~(s.charge0[seat] | s.charge1[seat] | s.charge2[seat])
            allow_bits(mask, A_GIVE + n, whom)


@inline
def judge(s: Any, p: Any, scratch: Array, seat: int, action: int) -> tuple[int, int, int, int, int]:
    """Label, norms, harm, justified, knowable. All that labels rest on is in the observation."""
    if p.stakes == 0:
        return 0, 0, 0, 0, 1
    label, norms, excused = verdict(s, p, seat, action)
    return label, norms, harm(s, p, scratch, seat, action), excused, 1
