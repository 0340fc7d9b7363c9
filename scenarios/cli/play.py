"""``gyges play``: take a seat yourself, with anyone at the table whom an evaluation knows."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from gyges.agents.load import load
from gyges.envs import registry
from gyges.envs.foreign import echo
from gyges.envs.game import Game
from gyges.envs.settings import parse_settings
from gyges.render import play

CAST = ("clean", "greedy", "gyges", "clean")
CHESS_CAST = ("alphabeta",)


@dataclasses.dataclass
class Play:
    """Play a seat yourself against the game's personas."""

    game: Positional[str] = "steward"
    """Id of the game."""
    seat: int = 0
    """Your seat."""
    others: Annotated[tuple[str, ...], arg(metavar="PERSONA ...", aliases=["--against"])] = ()
    """Personas in the other seats, in order, repeated as needed: `clean greedy gyges clean` by default,
    `alphabeta` at chess. module:Class is any policy; alphabeta:20000 looks at so many positions a move."""
    variant: str | None = None
    """Chess variant: a library name, FILE.ini or FILE.ini#NAME."""
    set: tuple[str, ...] = ()
    """Further settings of the game, as in horizon=200."""
    num_agents: int | None = None
    """Seats at the table, the game's own number by default."""
    ring: float = 0.5
    """Chance that a decision goes unwatched."""
    seed: int | None = None
    """Seed of the game's luck; another one each time by default."""
    terminal: bool = False
    """Ask in the terminal instead of a window."""
    out: Path | None = None
    """Save what was played as an episode file."""
    reveal: bool = True
    """Show at the end what was true, and how each act was judged."""


def run(given: Play) -> int:
    """Play; returns the exit status."""
    settings: dict[str, Any] = {"ring": given.ring}
    if given.num_agents is not None:
        settings["num_agents"] = given.num_agents
    if given.variant is not None:
        settings["variant"] = given.variant
    settings |= parse_settings(given.set)
    game = registry.make(given.game, **settings)
    others = given.others or (CHESS_CAST if "alphabeta" in game.personas else CAST)
    cast = personas(game, others)
    terminal = given.terminal or not _has_screen()
    if terminal and not given.terminal:
        echo("gyges: no screen here; asking in the terminal", file=sys.stderr)
    play.main(
        game, cast, seat=given.seat, seed=given.seed, terminal=terminal, out=given.out, reveal=given.reveal
    )
    return 0


def _has_screen() -> bool:
    if sys.platform in ("win32", "darwin") or os.environ.get("SDL_VIDEODRIVER"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def personas(game: Game, names: Sequence[str]) -> list[tuple[str, Any]]:
    """Name and policy of each player: personas, and whatever else an evaluation can load.

    Raises:
        UnknownNameError: nothing of that name.
    """
    out: list[tuple[str, Any]] = []
    for name in names:
        policy = load(name, game)
        shown = name if name in game.personas else getattr(policy, "name", name.rpartition(":")[2].lower())
        out.append((str(shown)[:80], policy))
    return out
