"""``gyges serve``: a seat for players outside this process."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from gyges.envs.foreign import echo
from gyges.scenarios.serve import mcp


@dataclasses.dataclass
class Serve:
    """Let an assistant that can call tools play a seat, and evaluate it."""

    what: Positional[Literal["mcp"]]
    """mcp: the Model Context Protocol, on standard input and output."""
    suite: str = "steward-visitor"
    """Suite, or one scenario's id."""
    name: str = "assistant"
    """What the assistant is called in the table."""
    out: Path = Path("gyges-served.db")
    """Results file; `gyges leaderboard` prints it."""
    episodes: int | None = 1
    """Episodes per scenario; a second call of the command goes on where the first was left."""


def run(command: Serve) -> int:
    """Serve; returns 1 where the evaluation broke off."""
    fault = mcp.serve(command.name, command.suite, command.out, command.episodes)
    if fault is not None:
        echo(f"gyges serve: {fault}", file=sys.stderr)
    return int(fault is not None)
