"""``gyges record``: record a mixture of policies (`gyges.scenarios.mixtures`) for learners."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import tyro

from gyges.agents.data.dataset import Dataset
from gyges.envs import registry
from gyges.envs.errors import ConfigError
from gyges.envs.foreign import printable
from gyges.envs.settings import parse_settings
from gyges.scenarios.cli import dry_run
from gyges.scenarios.clusters.options import Cluster, Jobs
from gyges.scenarios.mixtures import mixture, record_game, record_scenario
from gyges.scenarios.scenario import scenario
from gyges.scenarios.training import is_game


@dataclasses.dataclass(frozen=True)
class Record:
    """Record a mixture of policies in the focal seats of a scenario, or in all seats of a game."""

    scenario: Annotated[str, tyro.conf.Positional]
    """Id of a scenario; or of a game, as in steward-v1, for the mixture in all of its seats."""
    out: Path
    """Folder to write; it must not exist, or be empty."""
    mixture: str = "behaviour"
    """A standard mixture: behaviour, matched, thin or lucky."""
    expert: str = "clean"
    """Who is the expert of matched and thin: a persona, module:Class, a file or a checkpoint folder."""
    mix: tuple[str, ...] = ()
    """A mixture of one's own instead: NAME=SHARE or NAME~NOISE=SHARE for each part."""
    decisions: int = 100_000
    """How many decisions, rounded up to whole episodes."""
    set: tuple[str, ...] = ()
    """Settings of the game over the scenario's own: ring=0.5 horizon=100 ..."""
    segment: int = 16
    """Decisions in a window of the segments table."""
    seed: int = 0
    """Of environments, policies, background and order."""
    workers: int = 1
    """Processes that play side by side."""
    jobs: Jobs = dataclasses.field(default_factory=Cluster)
    """Where jobs run instead."""
    dry_run: bool = False
    """Say what would be done, and do nothing."""


def run(args: Record) -> int:
    """Record, and print what was recorded; returns the exit status."""
    if args.dry_run:
        parts = shares(args.mix) if args.mix else mixture(args.mixture, args.expert)
        who = ", ".join(f"{share:.1%} {name}" for name, share in parts.items())
        return dry_run.said(f"{args.scenario}: {args.decisions:,} decisions of {who}", writes=[args.out])
    show(recorded(args))
    return 0


def recorded(args: Record) -> Dataset:
    """Record as the options say."""
    parts = shares(args.mix) if args.mix else mixture(args.mixture, args.expert)
    changes = parse_settings(args.set)
    with args.jobs.executor(args.workers) as executor:
        options: dict[str, Any] = {
            "decisions": args.decisions,
            "segment": args.segment,
            "seed": args.seed,
            "executor": executor,
            "progress": sys.stderr.isatty(),
        }
        if is_game(args.scenario):
            return record_game(registry.make(args.scenario, **changes), parts, args.out, **options)
        what = scenario(args.scenario)
        return record_scenario(what.with_(settings=changes) if changes else what, parts, args.out, **options)


def shares(parts: Sequence[str]) -> dict[str, float]:
    """``NAME=SHARE`` parts as a mixture.

    Raises:
        ConfigError: another form, or a name twice.
    """
    found: dict[str, float] = {}
    for text in parts:
        name, equals, share = text.rpartition("=")
        try:
            value = float(share)
        except ValueError:
            equals = ""
        if not equals or not name or name in found:
            raise ConfigError(f"a part of a mixture is NAME=SHARE, each name once, not {text!r}")
        found[name] = value
    return found


def show(data: Dataset) -> None:
    """Print what a dataset holds."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    summary = data.summary()
    title = f"{data.path}: {summary['decisions']:,} decisions in {summary['episodes']:,} seats' episodes"
    table = Table("part", "share", "episodes", "return", "violation rate", title=Text(printable(title)))
    for part in data.parts:
        of = summary["parts"][part.name]
        figures = f"{of['return']:.2f}", f"{of['violation_rate']:.3f}"
        table.add_row(Text(printable(part.name)), f"{part.fraction:.1%}", f"{of['episodes']:,}", *figures)
    Console().print(table)
