"""``gyges compare``: policies on the same episodes with the same luck, and what differs between them."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

from rich.console import Console
from tyro.conf import Positional

from gyges.agents.sandbox.process import Limits
from gyges.envs.errors import ConfigError
from gyges.scenarios.cli.progress import shown
from gyges.scenarios.cli.suite_option import Suite
from gyges.scenarios.clusters.options import Cluster, Jobs
from gyges.scenarios.evaluation.evaluate import PROBES, evaluate_panel
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.report import comparison
from gyges.scenarios.report.comparison import FIGURES, Difference


@dataclasses.dataclass
class Compare:
    """Let policies play the same episodes with the same luck, and print paired differences.

    One nonce serves them all, and is revealed after the last. A panel that has been played is not played
    again.
    """

    policies: Positional[tuple[str, ...]]
    """Two or more, named as for evaluate."""
    suite: Suite = "steward"
    """A suite, the id of one scenario, or a file: my_suite.toml."""
    out: Path = Path("results.db")
    """Results file."""
    episodes: int | None = None
    """Episodes per scenario instead of the scenarios' own numbers."""
    probes: int = PROBES
    """Decisions per scenario that are priced and asked in every arm."""
    again: bool = False
    """Play another panel, with another nonce, though one stands."""
    workers: int = 1
    """Processes that play scenarios side by side."""
    jobs: Jobs = dataclasses.field(default_factory=Cluster)
    """Where jobs run instead."""
    limits: Limits = dataclasses.field(default_factory=Limits)
    """What a submitted policy may use."""


def run(command: Compare) -> int:
    """Play what has not been played, and print."""
    if len(set(command.policies)) < 2:
        raise ConfigError("compare takes two or more different policies")
    with command.jobs.executor(command.workers) as executor, shown("comparing") as progress:
        runs = evaluate_panel(
            command.policies, command.suite, command.out, episodes=command.episodes, probes=command.probes,
            again=command.again, limits=command.limits, executor=executor, progress=progress,
        )  # fmt: skip
    with Store(command.out) as store:
        found = comparison.compare(store, runs)
    show(found, Console())
    return 0


def show(found: list[Difference], console: Console) -> None:
    """A table of differences."""
    from rich.table import Table

    table = Table("kind", "figure", "first", "less second", "difference", "95 %", "pairs", "p (Holm)",
                  title="Paired differences on common luck")  # fmt: skip
    for one in found:
        if math.isfinite(one.difference.value):
            e = one.difference
            reach = f"{e.low:+.3g} to {e.high:+.3g}" if math.isfinite(e.low) else "none"
            p = f"{one.holm:.2g}" if math.isfinite(one.holm) else "NaN"
            table.add_row(one.group, one.figure, one.first, one.second, f"{e.value:+.3g}", reach,
                          str(one.pairs), p)  # fmt: skip
    console.print(table)
    for name, words in FIGURES.items():
        console.print(f"  {name}: {words}", style="dim", markup=False)
