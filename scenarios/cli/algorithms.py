"""``gyges algorithms``: what ``gyges train`` can do."""

from __future__ import annotations

import dataclasses

from gyges.scenarios.cli import train


@dataclasses.dataclass
class Algorithms:
    """List the algorithms of `gyges train`, each with a line on what it does."""


def run(command: Algorithms) -> int:
    """Print; returns the exit status."""
    del command
    return train.algorithms()
