"""``gyges arena``: rate policies on chess variants."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from tyro.conf import Positional

from gyges.agents.sandbox.process import Limits
from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.variants import transfer
from gyges.envs.foreign import echo, printable
from gyges.scenarios.arena.arena import LADDER, ZERO, Terms
from gyges.scenarios.arena.arena import run as play
from gyges.scenarios.arena.openings import EVEN, Balance
from gyges.scenarios.arena.page import Table, games, html, reach, tables
from gyges.scenarios.arena.ratings import Sequential
from gyges.scenarios.arena.store import ArenaFile
from gyges.scenarios.cli import dry_run
from gyges.scenarios.cli.progress import shown
from gyges.scenarios.clusters.options import Cluster, Jobs


@dataclasses.dataclass
class Arena:
    """Rate policies on chess variants, against a ladder of searches, with both colours of even openings.

    Every policy climbs the ladder until it stands between two rungs; all are rated together, with intervals.
    Games that have been played are not played again: the same command goes on where it was stopped. With
    --sprt two policies play each other until the test decides.
    """

    policies: Positional[tuple[str, ...]] = ()
    """That are rated, named as for evaluate; none: the ladder itself."""
    variant: tuple[str, ...] = ("gardner",)
    """Library names, FILE.ini#NAME, frozen ones (transfer-atom-1) or all of a split (transfer-atom)."""
    out: Path = Path("arena.db")
    """Results file."""
    pairs: int = 50
    """Openings of a pairing, each played with both colours; 50 are 100 games, +-48 Elo at even strength."""
    ladder: tuple[str, ...] = LADDER
    """Rungs, weakest first."""
    zero: str = ZERO
    """Whose rating is 0."""
    sprt: tuple[float, float] | None = None
    """Elo bounds: is the first policy stronger than the second by the second bound, or not by the first?"""
    horizon: int = 160
    """Plies after the opening at which a game is drawn."""
    plies: int = EVEN.plies
    """Random plies of an opening; up to twice as many until it is even."""
    nodes: int = EVEN.nodes
    """Positions searched to see whether an opening is even."""
    bound: int = EVEN.bound
    """Centipawns within which it is."""
    seed: int = 0
    """Of openings and luck."""
    workers: int | None = None
    """Processes; by default one a core."""
    jobs: Jobs = dataclasses.field(default_factory=Cluster)
    """Where jobs run instead."""
    html: Path | None = None
    """Also write a page."""
    pgn: Path | None = None
    """Also write every game."""
    dry_run: bool = False
    """Say how many games there may be, and play none."""
    limits: Limits = dataclasses.field(default_factory=Limits)
    """What a submitted policy may use."""


def run(command: Arena) -> int:
    """Play what has not been played; print, and write what is wanted."""
    balance = Balance(command.plies, command.nodes, command.bound)
    terms = Terms(command.pairs, command.horizon, command.seed, balance, command.ladder)
    if command.zero not in (*command.ladder, *command.policies):
        raise ConfigError(f"--zero: {command.zero!r} is neither on the ladder nor among the policies")
    command = dataclasses.replace(command, variant=transfer.expanded(command.variant))
    if command.dry_run:
        return dry_run.said(_most(command), writes=[command.out])
    with command.jobs.executor(command.workers) as executor, shown("arena") as progress:
        tests = play(
            command.out, command.policies, command.variant, terms, executor, sprt=command.sprt,
            limits=command.limits, progress=progress,
        )  # fmt: skip
    console = Console()
    with ArenaFile(command.out) as file:
        for variant, test in tests.items():
            _say(variant, command.policies, test)
        if not tests:
            found = tables(file, command.zero)
            for one in found:
                _show(one, command.zero, console)
            if command.html is not None:
                command.html.write_text(html(found, command.zero), encoding="utf-8")
        if command.pgn is not None:
            command.pgn.write_text("\n".join(games(file)), encoding="utf-8")
    return 0


def _most(command: Arena) -> str:
    """The most games there may be."""
    variants = len(command.variant)
    if command.sprt is not None:
        return f"at most {2 * command.pairs * variants:,} games"
    rungs = len(command.ladder)
    climbs = sum(name not in command.ladder for name in command.policies) * math.ceil(math.log2(rungs + 1))
    return f"at most {2 * command.pairs * variants * (rungs - 1 + climbs):,} games in {variants} variants"


def _say(variant: str, policies: Sequence[str], test: Sequential) -> None:
    """The sequential test in words."""
    first, second = policies
    words = (
        "no decision between them" if test.verdict == "open" else f"{first} is {test.verdict} than {second}"
    )
    echo(f"{variant}: {words}; log likelihood ratio {test.ratio:+.2f} within {test.low:.2f} and "
         f"{test.high:.2f} after {test.pairs} pairs of games")  # fmt: skip


def _show(one: Table, zero: str, console: Console) -> None:
    """A variant's ratings on the terminal."""
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(
        "policy", "Elo", "95 %", "games", "score", title=Text(printable(f"{one.variant}: {zero} has 0"))
    )
    for name, rated in one.ratings.items():
        figures = f"{rated.elo:.0f}", reach(rated), str(rated.games), f"{rated.score:.0%}"
        grid.add_row(Text(printable(name)), *figures)
    console.print(grid)
    if one.forfeits:
        echo(f"{one.forfeits} games were forfeited")
