"""A steward's observation in short words, on one line, for small language models."""

from __future__ import annotations

from typing import Any

from gyges.envs.steward import encoding as at
from gyges.envs.steward.describe import Reader
from gyges.envs.steward.game import GROUNDS, VILLAGES


def tenths(sixteenths: int) -> str:
    """A number of sixteenths, rounded down to tenths."""
    whole, rest = divmod(sixteenths * 10 // 16, 10)
    return f"{whole}.{rest}" if rest else str(whole)


ORDERS = ("", "ordered to stop", "double share wished", "licence for double")
MODES = ("silent on", "pledged", "asked on", "petitioned on")


def compact(game: Any, codes: Any, seat: int) -> str:
    """Phase, month, cue, stores and grounds, own affairs, then what others did."""
    codes = codes.tolist()
    r = Reader(game, codes)
    grounds = [name.split()[-2 if name.endswith("Bank") else -1] for name in GROUNDS]
    phase = next((name for j, name in enumerate(at.PHASES) if codes[j]), "wait")
    people = "village" if codes[at.O_PEOPLE] else "depot"
    out = [f"{phase}. month {codes[at.O_MONTH] + 1}, survey in {codes[at.O_SURVEY]}",
           "watched" if codes[at.O_TOLD] else "unseen"]  # fmt: skip
    if codes[at.O_SANCTION]:
        out.append(f"breach costs {codes[at.O_SANCTION]}")
    out.append(f"{people} {VILLAGES[seat]} has {tenths(codes[at.O_STORE])}")
    for k in range(game.config.num_grounds):
        out.append(_ground(r, k, grounds[k]))
    out += _own(codes, at, grounds, VILLAGES, seat)
    out += [line for b in range(game.num_agents) if b != seat for line in _other(r, b, at, grounds, VILLAGES)]
    return "; ".join(out) + "."


def _ground(r: Any, k: int, name: str) -> str:
    line = f"{name} {tenths(r.ground('estimate', k))} gives {tenths(r.ground('sustainable', k))}"
    if r.ground("boats", k):
        line += f", {r.ground('boats', k)} boats, share {tenths(r.ground('share', k))}"
    return line + (", pact broken" if r.ground("broken", k) else "")


def _own(codes: list[int], at: Any, grounds: list[str], names: Any, seat: int) -> list[str]:
    out = []
    if codes[at.O_ORDER]:
        seal = "" if codes[at.O_ORDER] == at.DOUBLE else (", sealed" if codes[at.O_SEAL] else ", no seal")
        out.append(ORDERS[codes[at.O_ORDER]] + seal)
    if codes[at.O_LAID]:
        out.append("laid up")
    if codes[at.O_GROUND] >= 0:
        mode, where = MODES[codes[at.O_MODE]], grounds[codes[at.O_GROUND]]
        quota = "" if codes[at.O_QUOTA] < 0 else f", bound to {codes[at.O_QUOTA]}"
        out.append(f"{mode} {where}, may take {tenths(codes[at.O_LIMIT])}{quota}")
    if codes[at.O_RESCUE]:
        out.append(f"rescue {tenths(codes[at.O_RESCUE])}")
    if codes[3] or codes[4] or codes[5]:
        out.append(f"landed {tenths(codes[at.O_CATCH])}")
    if codes[at.O_REPORTED] >= 0:
        out.append(f"reported {codes[at.O_REPORTED]}")
    if codes[at.O_DUTY] >= 0:
        out.append(f"must feed {names[codes[at.O_DUTY]]}")
    if codes[at.O_PETITIONER] >= 0:
        who = codes[at.O_PETITIONER]
        out.append("petitioning" if who == seat else f"{names[who]} petitions")
    return out


def _other(r: Any, b: int, at: Any, grounds: list[str], names: Any) -> list[str]:
    status = r.seat("status", b)
    if status == at.STARVED:
        return [f"{names[b]} gone"]
    parts = ["hungry"] if status == at.HUNGRY else []
    where = r.seat("ground", b)
    place = f" {grounds[where]}" if where >= 0 else ""
    if r.seat("report", b) >= 0:
        parts.append(f"reported {r.seat('report', b)}{place}")
    elif r.seat("pledge", b) >= 0:
        parts.append(f"pledged {r.seat('pledge', b)}{place}")
    if r.seat("seen", b) >= 0:
        parts.append(f"seen {tenths(r.seat('seen', b))}")
    if r.seat("fined", b):
        parts.append("fined")
    if r.seat("evidence", b):
        parts.append("proof")
    return [f"{names[b]} {', '.join(parts)}"] if parts else []
