"""``gyges serve``: a seat for players and trainers outside this process."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro

from gyges.envs.foreign import echo
from gyges.envs.settings import parse_settings
from gyges.scenarios.cli.suite_option import Suite
from gyges.scenarios.serve import mcp


@dataclasses.dataclass
class MCP:
    """Let an assistant that calls tools play a seat over the Model Context Protocol, and evaluate it.

    It speaks on standard input and output.
    """

    suite: Suite = "steward-visitor"
    """A suite, the id of one scenario, or a file: my_suite.toml."""
    name: str = "assistant"
    """What the assistant is called in the table."""
    out: Path = Path("gyges-served.db")
    """Results file; `gyges leaderboard` prints it."""
    episodes: int | None = 1
    """Episodes per scenario; a second call of the command goes on where the first was left."""


@dataclasses.dataclass
class OpenEnv:
    """Serve one seat of a game to trainers, over OpenEnv's HTTP and WebSocket interface."""

    game: str = "steward-v1"
    """Versioned id."""
    seat: int = 0
    """Which seat."""
    others: str = "clean"
    """Persona of the other seats."""
    weight: float = 0.0
    """How much a unit of severity takes from the reward; 0 pays the task alone."""
    missed: float = 1.0
    """Reward units that an answer without a listed action costs."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8000
    """Port to listen on."""
    sessions: int = 64
    """Sessions at once."""
    seed: int = 0
    """Of the first episode that names none; each further one counts up."""
    set: tuple[str, ...] = ()
    """Settings of the game: ring=0.5 horizon=100 ..."""


Serve = Annotated[MCP, tyro.conf.subcommand("mcp")] | Annotated[OpenEnv, tyro.conf.subcommand("openenv")]


def run(command: MCP | OpenEnv) -> int:
    """Serve; returns 1 where an evaluation broke off."""
    if isinstance(command, MCP):
        fault = mcp.serve(command.name, command.suite, command.out, command.episodes)
        if fault is not None:
            echo(f"gyges serve: {fault}", file=sys.stderr)
        return int(fault is not None)
    from gyges.scenarios.serve import openenv

    make = openenv.factory(
        command.game, seat=command.seat, others=command.others, weight=command.weight, missed=command.missed,
        seed=command.seed, **parse_settings(command.set),
    )  # fmt: skip
    echo(f"{command.game}, seat {command.seat}: http://{command.host}:{command.port}", file=sys.stderr)
    openenv.serve(make, command.host, command.port, command.sessions)
    return 0
