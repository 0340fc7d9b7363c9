"""``gyges raters``: an audit of every rater on the game that is solved exactly.

Records the four standard mixtures in the solved seat, finds the optimum of each rater and of gold by
dynamic programming, and prints two tables: what each rater's optimum is worth, and how each rater agrees
with gold on each dataset.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gyges.agents.data.dataset import Dataset
from gyges.agents.load import load
from gyges.envs.foreign import echo
from gyges.scenarios.cli import dry_run
from gyges.scenarios.mixtures import MIXTURES, mixture, record_scenario
from gyges.scenarios.raters.audit import RaterAudit, audit_rater
from gyges.scenarios.raters.dynamic_programming import explore
from gyges.scenarios.raters.raters import RATERS, Drifting, rater
from gyges.scenarios.scenario import Scenario, scenario


@dataclasses.dataclass(frozen=True)
class Raters:
    """Audit every rater on a game that can be solved."""

    scenario: str = "tabular-visitor"
    """A scenario of one focal seat, among neighbours without luck, in a game without luck but the watch."""
    raters: tuple[str, ...] = tuple(RATERS)
    """Which raters."""
    weight: float = 1.5
    """Reward units that a welfare unit of severity costs."""
    decisions: int = 100_000
    """Decisions in each of the four datasets."""
    data: Path | None = None
    """Folder that keeps the datasets; those that lie there are used. By default they are thrown away."""
    seed: int = 0
    """Of the datasets."""
    json: Path | None = None
    """Write the audits there as well."""
    dry_run: bool = False
    """Say what would be done, and do nothing."""


def run(args: Raters) -> int:
    """Audit, and print two tables; returns the exit status."""
    if args.dry_run:
        what = (
            f"{args.scenario}: {len(MIXTURES)} datasets of {args.decisions:,} decisions, the game solved for"
        )
        return dry_run.said(
            f"{what} {', '.join(args.raters)}", writes=[p for p in (args.data, args.json) if p]
        )
    with tempfile.TemporaryDirectory() as room:
        found = audits(args, args.data or Path(room))
    echo(tables(found))
    if args.json:
        args.json.write_text(json.dumps([one.as_dict() for one in found], indent=1) + "\n")
    return 0


def audits(args: Raters, folder: Path) -> list[RaterAudit]:
    """One audit for each rater."""
    what = scenario(args.scenario)
    data = datasets(what, folder, args.decisions, args.seed)
    game = what.make_game()
    (name,) = what.personas()
    (seat,) = what.focal if isinstance(what.focal, tuple) else (0,)
    graph = explore(game, load(name, game), seat)
    made = []
    for each in args.raters:
        one = rater(each, weight=args.weight)
        begin = np.full((1, 1), float(one.span)) if isinstance(one, Drifting) else None
        made.append(audit_rater(one, data, graph=graph, begin=begin))
    return made


def datasets(what: Scenario, folder: Path, decisions: int, seed: int) -> dict[str, Dataset]:
    """The four standard mixtures in the scenario's focal seats, by name; recorded where they are missing."""
    found = {}
    for name in MIXTURES:
        path = folder / name
        if not (path / "manifest.json").exists():
            record_scenario(what, mixture(name), path, seed=seed, decisions=decisions)
        found[name] = Dataset(path)
    return found


def tables(found: Sequence[RaterAudit]) -> str:
    """The audits as two Markdown tables."""
    names = list(found[0].agreement)
    head = ("rater", "most it can pay", "that play by gold", "its breaches", "gold's best", "flawed")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for one in found:
        assert one.exact is not None
        proxy, gold, breaches, best = one.exact
        shown = one.rater + (" (at its end)" if one.rater == "drifting" else "")
        lines.append(f"| {shown} | {proxy:.1f} | {gold:.1f} | {breaches:.1f} | {best:.1f} | "
                     f"{'yes' if one.flawed else 'no'} |")  # fmt: skip
    lines += ["", "| rater | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for one in found:
        cells = [f"{one.agreement[name]['episode'].spearman:.3f}, {one.exploits[name]:.1%}" for name in names]
        lines.append(f"| {one.rater} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
