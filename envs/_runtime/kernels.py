"""The loops that run a game's rules over rows. Executed anew for each game by `loader.launcher`.

Before execution the loader sets these names in this module: ``R`` (the game's rules module), ``STAMP``
(hash of all rule sources), and how rules see memory (`memory.access`): ``view`` (rows, i, offsets ->
State), ``value`` (array -> Params), ``line`` (array, i) and ``line2`` (array, i, j). The row functions are rules themselves, so the CUDA
kernels call them too.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from gyges.envs._runtime.modes import BEGIN, CHOOSE, FULL, OBSERVE, OFF, RESET_NEXT, RESET_SAME, STEP
from gyges.envs.choice_point import LEDGER
from gyges.envs.game import Out
from gyges.envs.rules import PURE, allow, allowed, as_int32, inline, rule, threefry

# fmt: off
R: Any
view: Any
value: Any
line: Any
line2: Any
STAMP: str

KEPT = 4  # origin and episode survive a reset


@rule
def nothing(s: Any, p: Any, scratch: Any, features: Any) -> None:
    """What is common to the observations of a game that says nothing of it."""


common = getattr(R, "common", nothing)


@rule
def reset_row(i: int, rows: Any, offsets: Any, par: Any, scratch: Any) -> None:
    row = line(rows, i)
    for j in range(KEPT, rows.shape[1]):
        row[j] = 0
    s = view(rows, i, offsets)
    k0, k1 = threefry(s.origin[0], s.origin[1], s.origin[2], s.episode[0])
    s.key[0] = as_int32(k0)
    s.key[1] = as_int32(k1)
    R.reset(s, value(par), line(scratch, i))


@rule
def observe_seat(s: Any, p: Any, scratch: Any, a: int, features: Any) -> None:
    common(s, p, scratch, features)
    R.observe(s, p, scratch, a, features)


@rule
def see_row(i: int, a: int, rows: Any, offsets: Any, par: Any, scratch: Any, features: Any, mask: Any) -> None:
    """Write features and mask of one seat, whatever the other seats' hold."""
    s = view(rows, i, offsets)
    p = value(par)
    observe_seat(s, p, line(scratch, i), a, line2(features, i, a))
    mask_seat(s, p, line(scratch, i), a, line2(mask, i, a), mask.shape[2])


@rule
def see_seats(i: int, rows: Any, offsets: Any, par: Any, scratch: Any, features: Any, mask: Any) -> None:
    """Write features and masks of all seats: what is common to them once, then copied."""
    s = view(rows, i, offsets)
    p = value(par)
    first = line2(features, i, 0)
    common(s, p, line(scratch, i), first)
    for a in range(1, features.shape[1]):
        own = line2(features, i, a)
        for j in range(features.shape[2]):
            own[j] = first[j]
    for a in range(features.shape[1]):
        R.observe(s, p, line(scratch, i), a, line2(features, i, a))
        mask_seat(s, p, line(scratch, i), a, line2(mask, i, a), mask.shape[2])


@inline
def mask_seat(s: Any, p: Any, scratch: Any, a: int, bits: Any, size: int) -> None:
    for j in range(size):
        bits[j] = 0
    if s.over[0] != 0 or s.to_move[a] == 0:
        allow(bits, 0)
    else:
        R.legal(s, p, scratch, a, bits)


@rule
def refused(i: int, action: Any, mask: Any, num_actions: int) -> int:
    """The first seat of row i whose action is out of range or not legal; -1 if there is none."""
    for a in range(action.shape[1]):
        x = int(action[i, a])
        if x < 0 or x >= num_actions or not allowed(line2(mask, i, a), x):
            return a
    return -1


@rule
def judge(s: Any, p: Any, scratch: Any, a: int, action: int) -> tuple[int, int, int, int, int]:
    """The game's judgement: a function of its own, so that it is compiled once."""
    return R.judge(s, p, scratch, a, action)  # type: ignore[no-any-return]


@rule
def judge_row(i: int, s: Any, p: Any, scratch: Any, action: Any, mask: Any, ledger: Any, labels: int, num_actions: int) -> None:
    """Fill the ledger of row i: what is taken, and with `FULL` what else there was."""
    for a in range(action.shape[1]):
        entry = line2(ledger, i, a)
        if labels != OFF:
            for j in range(ledger.shape[2]):
                entry[j] = 0
        entry[LEDGER.moved] = s.to_move[a]
        entry[LEDGER.watched] = s.watched[a]
        if labels == OFF or s.to_move[a] == 0:
            continue
        taken = int(action[i, a])
        bits = line2(mask, i, a)
        clean = 0
        unaligned = 0
        least = 0
        stake = 0
        known_clean = 0
        known_unaligned = 0
        first = 0 if labels == FULL else taken
        last = num_actions if labels == FULL else taken + 1
        for x in range(first, last):
            if labels == FULL and not allowed(bits, x):
                continue
            label, norms, harm, justified, knowable = judge(s, p, scratch, a, x)
            if x == taken:
                entry[LEDGER.label] = label
                entry[LEDGER.norms] = norms
                entry[LEDGER.harm] = harm
                entry[LEDGER.justified] = justified
                entry[LEDGER.knowable] = knowable
            if label < 0:
                unaligned += 1
                known_unaligned = known_unaligned | knowable
                stake = stake | norms
            else:
                if clean == 0 or harm < least:
                    least = harm
                clean += 1
                known_clean = known_clean | knowable
        if labels == FULL:
            entry[LEDGER.clean] = clean
            entry[LEDGER.unaligned] = unaligned
            entry[LEDGER.least] = least
            entry[LEDGER.stake] = stake
            entry[LEDGER.counted] = known_clean & known_unaligned


@rule
def step_row(i: int, rows: Any, offsets: Any, par: Any, scratch: Any, action: Any, reward: Any, welfare: Any,
             terminated: Any, truncated: Any, features: Any, mask: Any, ledger: Any, final: Any,
             autoreset: int, labels: int, num_actions: int) -> bool:
    """Advance row i. True when every seat's features and mask are still to be written."""
    s = view(rows, i, offsets)
    p = value(par)
    out = Out(line(reward, i), line(welfare, i), line(terminated, i), line(truncated, i))
    seats = action.shape[1]
    for a in range(seats):
        out.reward[a] = 0
        out.welfare[a] = 0
    if s.over[0] != 0:
        for a in range(seats):
            for j in range(ledger.shape[2]):
                ledger[i, a, j] = 0
        if autoreset == RESET_NEXT:
            for a in range(seats):
                out.terminated[a] = 0
                out.truncated[a] = 0
            s.episode[0] = s.episode[0] + 1
            reset_row(i, rows, offsets, par, scratch)
            return True
        return False
    work = line(scratch, i)
    judge_row(i, s, p, work, action, mask, ledger, labels, num_actions)
    for a in range(seats):
        out.terminated[a] = 0
        out.truncated[a] = 0
    R.step(s, p, work, line(action, i), out)
    s.tick[0] = s.tick[0] + 1
    ended = True
    for a in range(seats):
        if out.terminated[a] == 0 and out.truncated[a] == 0:
            ended = False
    if ended:
        s.over[0] = 1
        for a in range(seats):
            s.to_move[a] = 0
        if autoreset == RESET_SAME:
            for a in range(seats):
                observe_seat(s, p, work, a, line2(final, i, a))
            s.episode[0] = s.episode[0] + 1
            reset_row(i, rows, offsets, par, scratch)
    return True


@rule
def choose_row(i: int, seat: int, rows: Any, offsets: Any, par: Any, scratch: Any, action: Any, ledger: Any) -> None:
    """Judge the actions [1, L] of a seat of row i into a ledger [1, L, columns]."""
    s = view(rows, i, offsets)
    p = value(par)
    for j in range(action.shape[1]):
        label, norms, harm, justified, knowable = judge(s, p, line(scratch, i), seat, int(action[0, j]))
        entry = line2(ledger, 0, j)
        entry[LEDGER.label] = label
        entry[LEDGER.norms] = norms
        entry[LEDGER.harm] = harm
        entry[LEDGER.justified] = justified
        entry[LEDGER.knowable] = knowable


def build(stamp: str) -> Any:
    """Make the game's one compiled loop.

    ``loop(mode, lo, hi, ...)`` serves every purpose, so that the rules are compiled once:

    =======  =========================================================================================
    STEP     refuse illegal actions of any row (if `validate`; -1 or row * N + seat), then step rows lo
             to hi
    BEGIN    reset those rows from lo to hi that have a one in action [B, 1]
    OBSERVE  write features and mask of rows lo to hi
    CHOOSE   judge the actions [1, L] of seat `hi` of row `lo` into ledger [1, L, columns]
    =======  =========================================================================================

    It closes over the stamp, so that Numba's cache forgets it when a rule changes.
    """

    def loop(mode, lo, hi, rows, offsets, par, scratch, action, reward, welfare, terminated, truncated,  # type: ignore[no-untyped-def]
             features, mask, ledger, final, autoreset, labels, num_actions, validate):
        stamp  # noqa: B018
        if mode == CHOOSE:
            choose_row(lo, hi, rows, offsets, par, scratch, action, ledger)
            return -1
        if mode == STEP and validate:
            for i in range(rows.shape[0]):
                bad = refused(i, action, mask, num_actions)
                if bad >= 0:
                    return i * action.shape[1] + bad
        for i in range(lo, hi):
            seen = mode == OBSERVE
            if mode == BEGIN and action[i, 0] != 0:
                reset_row(i, rows, offsets, par, scratch)
                seen = True
            if mode == STEP:
                seen = step_row(i, rows, offsets, par, scratch, action, reward, welfare, terminated, truncated,
                                features, mask, ledger, final, autoreset, labels, num_actions)
            if seen:
                see_seats(i, rows, offsets, par, scratch, features, mask)
        return -1

    return loop if PURE else njit(loop, cache=True, nogil=True, error_model="numpy")
