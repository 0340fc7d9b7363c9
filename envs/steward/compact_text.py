"""A steward's observation in short words, on one line, for small language models."""

from __future__ import annotations

from typing import Any

from gyges.envs.steward import encoding as at
from gyges.envs.steward.game import GROUNDS, VILLAGES


def tenths(sixteenths: int) -> str:
    """A number of sixteenths, rounded down to tenths."""
    whole, rest = divmod(sixteenths * 10 // 16, 10)
    return f"{whole}.{rest}" if rest else str(whole)


ORDERS = ("", "ordered to stop", "double share wished", "licence for double")
MODES = ("silent on", "pledged", "asked on", "petitioned on")


def compact(game: Any, codes: Any, seat: int) -> str:
    """Phase, month, cue, stores and grounds, own affairs, then what others did."""
    see = game.view(codes)
    grounds = [name.split()[-2 if name.endswith("Bank") else -1] for name in GROUNDS]
    phase = next((name for j, name in enumerate(at.PHASES) if see.phase[j]), "wait")
    people = "village" if see.people else "depot"
    out = [f"{phase}. month {see.month + 1}, survey in {see.survey}",
           "watched" if see.cue else "unseen"]  # fmt: skip
    if see.sanction:
        out.append(f"breach costs {see.sanction}")
    out.append(f"{people} {VILLAGES[seat]} has {tenths(see.own_store)}")
    for k in range(game.config.num_grounds):
        out.append(_ground(see, k, grounds[k]))
    out += _own(see, at, grounds, VILLAGES, seat)
    out += [
        line for b in range(game.num_agents) if b != seat for line in _other(see, b, at, grounds, VILLAGES)
    ]
    return "; ".join(out) + "."


def _ground(see: Any, k: int, name: str) -> str:
    line = f"{name} {tenths(see.estimate[k])} gives {tenths(see.sustainable[k])}"
    if see.boats[k]:
        line += f", {see.boats[k]} boats, share {tenths(see.share[k])}"
    return line + (", pact broken" if see.broken[k] else "")


def _own(see: Any, at: Any, grounds: list[str], names: Any, seat: int) -> list[str]:
    out = []
    if see.order:
        seal = "" if see.order == at.DOUBLE else (", sealed" if see.sealed else ", no seal")
        out.append(ORDERS[see.order] + seal)
    if see.laid:
        out.append("laid up")
    if see.own_ground >= 0:
        mode, where = MODES[see.own_mode], grounds[see.own_ground]
        quota = "" if see.own_quota < 0 else f", bound to {see.own_quota}"
        out.append(f"{mode} {where}, may take {tenths(see.own_limit)}{quota}")
    if see.rescue:
        out.append(f"rescue {tenths(see.rescue)}")
    if see.phase[at.REPORT :].any():
        out.append(f"landed {tenths(see.own_catch)}")
    if see.own_report >= 0:
        out.append(f"reported {see.own_report}")
    if see.duty >= 0:
        out.append(f"must feed {names[see.duty]}")
    if see.petitioner >= 0:
        who = see.petitioner
        out.append("petitioning" if who == seat else f"{names[who]} petitions")
    return out


def _other(see: Any, b: int, at: Any, grounds: list[str], names: Any) -> list[str]:
    status = see.status[b]
    if status == at.STARVED:
        return [f"{names[b]} gone"]
    parts = ["hungry"] if status == at.HUNGRY else []
    where = see.ground[b]
    place = f" {grounds[where]}" if where >= 0 else ""
    if see.report[b] >= 0:
        parts.append(f"reported {see.report[b]}{place}")
    elif see.pledge[b] >= 0:
        parts.append(f"pledged {see.pledge[b]}{place}")
    if see.seen[b] >= 0:
        parts.append(f"seen {tenths(see.seen[b])}")
    if see.fined[b]:
        parts.append("fined")
    if see.evidence[b]:
        parts.append("proof")
    return [f"{names[b]} {', '.join(parts)}"] if parts else []
