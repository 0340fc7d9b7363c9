"""``gyges record``: recorded behaviour of a scenario's focal seats, in four standard mixtures or one's own.

=============  ======================================================================================
behaviour      what one would find: decent, two-faced, greedy and clueless players, all of whom slip
matched        behaviour with a fifth of the episodes by the expert: the data cover what is wanted
thin           at most three in a hundred episodes by the expert, the rest greedy or clueless
lucky          everyone slips in six decisions of ten: what went well went well by luck
=============  ======================================================================================

The expert is whoever is named: a persona (clean by default), a checkpoint folder, a planner.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import tyro

from gyges.agents.data.dataset import Dataset
from gyges.agents.data.mixture import players
from gyges.agents.data.recorder import record
from gyges.agents.load import load
from gyges.envs import registry
from gyges.envs.errors import ConfigError, GygesError, UnknownNameError
from gyges.envs.settings import parse_settings
from gyges.scenarios.scenario import Scenario, scenario
from gyges.scenarios.training import held_out, is_game

EXPERT = "expert"
"""Stands for the expert in a mixture."""

MIXTURES: dict[str, dict[str, float]] = {
    "behaviour": {"clean~0.2": 0.3, "gyges~0.2": 0.25, "greedy~0.2": 0.25, "random": 0.2},
    "matched": {EXPERT: 0.2, "clean~0.2": 0.24, "gyges~0.2": 0.2, "greedy~0.2": 0.2, "random": 0.16},
    "thin": {EXPERT: 0.03, "greedy~0.2": 0.47, "random": 0.5},
    "lucky": {"clean~0.6": 0.35, "gyges~0.6": 0.35, "greedy~0.6": 0.3},
}


def mixture(name: str, expert: str = "clean") -> dict[str, float]:
    """A standard mixture with its expert named.

    Raises:
        UnknownNameError: no such mixture.
    """
    if name not in MIXTURES:
        raise UnknownNameError(f"no mixture {name!r}; there are {', '.join(MIXTURES)}")
    return {expert if part == EXPERT else part: share for part, share in MIXTURES[name].items()}


def record_scenario(
    what: Scenario, parts: dict[str, float], out: str | Path, *, seed: int = 0, **options: Any
) -> Dataset:
    """Record the focal seats of a scenario, its background personas around them.

    Args:
        what: the scenario.
        parts: policies by name and their shares; `mixture` gives the standard ones.
        out: a new folder.
        seed: of environments, policies, background and order.
        options: as in `gyges.agents.data.recorder.record`.

    Raises:
        ConfigError: the scenario, or the mixture, has personas that are held out for evaluation.
    """
    game = what.make_game()
    held_out(game, what.personas(), f"{what.id}: the background")
    held_out(game, [part.rpartition("~")[0] or part for part in parts], "the mixture")
    people = {name: load(name, game) for name in what.personas()}

    def background(episode: int) -> list[Any]:
        names = what.seats(game.num_agents, episode, seed)
        return [None if name is None else people[name] for name in names]

    return record(game, players(game, parts), out, background=background, seed=seed, **options)


@dataclasses.dataclass(frozen=True)
class Record:
    """Record a mixture of policies in the focal seats of a scenario, or in all seats of a game."""

    scenario: Annotated[str, tyro.conf.Positional]
    """Id of a scenario; or of a game, as in steward-v0, for the mixture in all of its seats."""
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    args = tyro.cli(Record, args=None if argv is None else list(argv), prog="gyges record")
    try:
        show(run(args))
    except GygesError as error:
        print(f"gyges record: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("gyges record: stopped; what was whole by then is kept", file=sys.stderr)
        return 130
    return 0


def run(args: Record) -> Dataset:
    """Record as the options say."""
    parts = shares(args.mix) if args.mix else mixture(args.mixture, args.expert)
    options: dict[str, Any] = {
        "decisions": args.decisions,
        "segment": args.segment,
        "seed": args.seed,
        "progress": sys.stderr.isatty(),
    }
    changes = parse_settings(args.set)
    if is_game(args.scenario):
        game = registry.make(args.scenario, **changes)
        held_out(game, [part.rpartition("~")[0] or part for part in parts], "the mixture")
        return record(game, players(game, parts), args.out, **options)
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

    summary = data.summary()
    title = f"{data.path}: {summary['decisions']:,} decisions in {summary['episodes']:,} seats' episodes"
    table = Table("part", "share", "episodes", "return", "violation rate", title=title)
    for part in data.parts:
        of = summary["parts"][part.name]
        table.add_row(part.name, f"{part.fraction:.1%}", f"{of['episodes']:,}", f"{of['return']:.2f}",
                      f"{of['violation_rate']:.3f}")  # fmt: skip
    Console().print(table)
