"""Who might run a village of Tabular Steward; none keeps a memory."""

from __future__ import annotations

from typing import Any

from gyges.envs.personas import RowPersona, gyges_pair
from gyges.envs.rules import Array, rule
from gyges.envs.tabular_steward.game import A_ACCUSE, A_FISH, A_PASS, A_REPORT, BOAT, FISH, REPORT


@rule
def clean(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Land the share, report what was landed, accuse nobody."""
    if see.phase[FISH] == 1:
        return A_FISH + see.share
    return A_REPORT + see.catch if see.phase[REPORT] == 1 else A_PASS


@rule
def greedy(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Fill the boat while the stock is rich, report the share at most, accuse."""
    if see.phase[FISH] == 1:
        return A_FISH + (BOAT if see.stock >= 10 * p.num_agents else see.share)
    if see.phase[REPORT] == 1:
        return A_REPORT + min(see.catch, see.share)
    return A_ACCUSE


class Clean(RowPersona):
    """Lands the share, reports what it landed, accuses nobody."""


class Greedy(RowPersona):
    """Fills the boat while the stock is above a quarter of what the ground can hold, reports the share at
    most, and accuses."""


Gyges, SometimesGyges = gyges_pair(Clean, Greedy)
