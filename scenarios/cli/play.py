"""``gyges play`` with anyone at the table whom an evaluation knows: checkpoints, language models."""

from __future__ import annotations

from collections.abc import Sequence

from gyges.agents.load import load
from gyges.render import play


def command(arguments: Sequence[str] | None = None) -> int:
    """Read arguments and play."""
    return play.command(arguments, find=load)
