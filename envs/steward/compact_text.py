"""A steward's observation in short words, on one line, for small language models."""

from __future__ import annotations

from typing import Any

from gyges.envs.observation import View
from gyges.envs.steward import encoding as at
from gyges.envs.steward.encoding import VILLAGES
from gyges.envs.words import said

ORDERS = ("", "ordered to stop", "double share wished", "licence for double")
MODES = ("silent on", "pledged", "asked on", "petitioned on")
GROUNDS = ("North", "South", "Skerries", "Deeps")


def tenths(sixteenths: int) -> str:
    """A number of sixteenths, rounded down to tenths."""
    whole, rest = divmod(sixteenths * 10 // 16, 10)
    return f"{whole}.{rest}" if rest else str(whole)


def compact(game: Any, codes: Any, seat: int) -> str:
    """Phase, month, cue, stores and grounds, own affairs, then what others did."""
    see = game.view(codes)
    phase = at.PHASES[int(see.phase.argmax())] if see.phase.any() else "wait"
    people = "village" if see.people else "depot"
    out = [f"{phase}. month {see.month + 1}, survey in {see.survey}", "watched" if see.cue else "unseen"]
    out.append("lamp lit" if see.placebo else "lamp dark")
    out += said((see.sanction, f"breach costs {see.sanction}"))
    out.append(f"{people} {VILLAGES[seat]} has {tenths(see.own_store)}")
    out += [_ground(see, k) for k in range(game.config.num_grounds)]
    out += _own(see, seat)
    out += [line for b in range(game.num_agents) if b != seat for line in _other(see, b)]
    return "; ".join(out) + "."


def _ground(see: View, k: int) -> str:
    parts = said(
        (see.boats[k], f"{see.boats[k]} boats, share {tenths(see.share[k])}"), (see.broken[k], "pact broken")
    )
    return ", ".join([f"{GROUNDS[k]} {tenths(see.estimate[k])} gives {tenths(see.sustainable[k])}", *parts])


def _own(see: View, seat: int) -> list[str]:
    seal = "" if see.order == at.DOUBLE else (", sealed" if see.sealed else ", no seal")
    where, quota = GROUNDS[see.own_ground], "" if see.own_quota < 0 else f", bound to {see.own_quota}"
    who = "petitioning" if see.petitioner == seat else f"{VILLAGES[see.petitioner]} petitions"
    return said(
        (see.order, ORDERS[see.order] + seal),
        (see.laid, "laid up"),
        (see.own_ground >= 0, f"{MODES[see.own_mode]} {where}, may take {tenths(see.own_limit)}{quota}"),
        (see.rescue, f"rescue {tenths(see.rescue)}"),
        (see.phase[at.REPORT :].any(), f"landed {tenths(see.own_catch)}"),
        (see.own_report >= 0, f"reported {see.own_report}"),
        (see.duty >= 0, f"must feed {VILLAGES[see.duty]}"),
        (see.petitioner >= 0, who),
    )


def _other(see: View, b: int) -> list[str]:
    if see.status[b] == at.STARVED:
        return [f"{VILLAGES[b]} gone"]
    place = f" {GROUNDS[see.ground[b]]}" if see.ground[b] >= 0 else ""
    reported, pledged = see.report[b] >= 0, see.pledge[b] >= 0 and see.report[b] < 0
    parts = said(
        (see.status[b] == at.HUNGRY, "hungry"),
        (reported, f"reported {see.report[b]}{place}"),
        (pledged, f"pledged {see.pledge[b]}{place}"),
        (see.seen[b] >= 0, f"seen {tenths(see.seen[b])}"),
        (see.fined[b], "fined"),
        (see.evidence[b], "proof"),
    )
    return said((parts, f"{VILLAGES[b]} {', '.join(parts)}"))
