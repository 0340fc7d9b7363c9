"""``gyges sweep FILE.toml``: find good settings of a learner."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

from tyro.conf import Positional

from gyges.envs.foreign import echo
from gyges.scenarios.cli import dry_run
from gyges.scenarios.cli.sweep_runner import Runner, Trial, read
from gyges.scenarios.clusters.options import Cluster, Jobs


@dataclasses.dataclass
class Sweep:
    """Train a learner under many settings, drawn by Optuna, and drop those that fall behind.

    The file names the algorithm of gyges train, its words, and what the settings are drawn from
    (docs/sweeps.md). A sweep that was stopped goes on by the same command.
    """

    file: Positional[Path]
    """The sweep, as TOML."""
    out: Path | None = None
    """Folder of the runs and of Optuna's file; sweeps/NAME by default."""
    workers: int | None = None
    """Processes; by default one a core."""
    jobs: Jobs = dataclasses.field(default_factory=Cluster)
    """Where jobs run instead; every machine sees the folder of the runs."""
    png: Path | None = None
    """Also draw parallel coordinates."""
    dry_run: bool = False
    """Say what would be trained, and train nothing."""


def run(command: Sweep) -> int:
    """Train what has not been trained; print all trials."""
    sweep = read(command.file)
    folder = command.out or Path("sweeps") / command.file.stem
    if command.dry_run:
        lengths = ", ".join(f"{n:,}" for n in sweep.lengths)
        line = f"{sweep.trials} runs of {sweep.algorithm}, each to {lengths} unless it falls behind"
        return dry_run.said(line, f"drawn: {', '.join(sweep.space)}", writes=[folder])
    runner = Runner(sweep, folder)
    with command.jobs.executor(command.workers) as executor:
        runner.run(executor, lambda trial: echo(in_words(trial, sweep.measure)))
    trials = runner.trials()
    echo(f"\n{sweep.measure}, longest runs first, the best first:")
    for trial in trials:
        echo(in_words(trial, sweep.measure))
    if command.png is not None:
        runner.draw(command.png)
        echo(f"written {command.png}")
    return 0


def in_words(trial: Trial, measure: str) -> str:
    """A trial in a line."""
    settings = " ".join(
        f"{name}={value:.3g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in trial.settings.items()
    )
    value = f"{measure} {trial.value:.4g}" if math.isfinite(trial.value) else "no value"
    return f"{trial.folder}: {value} at {trial.length:,} ({trial.state}), {settings}"
