"""What the benchmarks share: recorded actions, medians of turns, and a line about the machine."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / name) for name in ("src", "examples/well") if str(ROOT / name) not in sys.path]

import numpy as np  # noqa: E402

from gyges.envs import Batch  # noqa: E402
from gyges.envs.rollout import Seating  # noqa: E402
from gyges.envs.seat_env import policy_of  # noqa: E402

PACKAGES = ("numba", "numpy", "gymnasium", "pettingzoo", "mpe2", "stable-baselines3", "torch")


def machine() -> str:
    """Processor, cores, load, versions and date, as lines of Markdown."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    versions = []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return (
        f"- Date: {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC\n"
        f"- Machine: {model}, {len(os.sched_getaffinity(0))} cores, {platform.system()}\n"
        f"- Load averages over 1, 5 and 15 minutes at the end of the run: {load}\n"
        f"- Python {platform.python_version()}, {', '.join(versions)}\n"
    )


def recorded(
    game: Any, rows: int, steps: int, persona: str = "clean", **options: Any
) -> tuple[Batch, list[Any]]:
    """A batch, and the actions [B, N] of its first steps when every seat is played by a persona.

    Replay them after ``batch.reset(seed=1)``: the same trajectories without the cost of deciding.
    """
    batch = Batch(game, rows, seed=1, autoreset="next_step", **options)
    policy = policy_of(game, persona)
    seating = Seating(batch, [policy] * game.num_agents)
    actions = [seating.step() for _ in range(steps)]
    return batch, actions


def turns(arms: dict[str, Callable[[], Any]], repeats: int) -> dict[str, list[Any]]:
    """Figures of several arms, measured in turns so that other work on the machine falls on all alike."""
    figures: dict[str, list[Any]] = {name: [] for name in arms}
    for _ in range(repeats):
        for name, arm in arms.items():
            figures[name].append(arm())
    return figures


def clock(function: Callable[[], Any]) -> float:
    """Seconds that a call takes."""
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def middle(values: Sequence[float]) -> float:
    """Median."""
    return statistics.median(values)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median, with the least and greatest figure in brackets."""
    return f"{middle(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def replay(batch: Batch, actions: Sequence[Any]) -> tuple[float, float]:
    """Seconds for the recorded steps: by the clock on the wall, and processor time of this thread."""
    batch.reset(seed=1)
    step = batch.step
    begun, worked = time.perf_counter(), time.thread_time()
    for one in actions:
        step(one)
    return time.perf_counter() - begun, time.thread_time() - worked


def report(title: str, body: str, out: Path | None) -> None:
    """Print a page, and write it where asked."""
    page = f"# {title}\n\n{body}\n{machine()}"
    print(page)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")


__all__ = ["ROOT", "clock", "machine", "middle", "np", "recorded", "replay", "report", "spread", "turns"]
