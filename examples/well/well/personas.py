"""Who might live at the well; none keeps a memory."""

from __future__ import annotations

from typing import Any

from gyges.envs.personas import RowPersona, gyges_pair
from gyges.envs.rules import Array, rule
from well.game import MOST


@rule
def clean(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Draw the fair share."""
    return int(1 + see.share)


@rule
def greedy(see: Any, p: Any, own: Array, mask: Array, memory: Array) -> int:
    """Draw as much as one can carry."""
    return 1 + MOST


class Clean(RowPersona):
    """Draws the fair share."""


class Greedy(RowPersona):
    """Draws as much as it can carry."""


Gyges, SometimesGyges = gyges_pair(Clean, Greedy)
