"""Progress of a long command: a bar per scenario on a terminal, a line per scenario elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gyges.envs.foreign import echo

EVERY_S = 30.0
"""Seconds after which a scenario that is not ready gets another line."""

Show = Callable[[str, int, int], None]
"""Called with (scenario id, episodes done, episodes in all)."""


@contextlib.contextmanager
def shown(title: str) -> Iterator[Show]:
    """How to show what is called `title`, on stderr."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(title)
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, Any] = {}
        whole = bars.add_task(title, total=None)

        def progress(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(f"  {name}", total=total)
            bars.update(tasks[name], completed=done)
            bars.update(whole, completed=sum(bars.tasks[task].completed for task in tasks.values()))

        yield progress


def _lines(title: str) -> Show:
    """Lines for a file: one for each scenario that is ready, and one now and then before that."""
    begun = last = time.monotonic()
    ready: set[str] = set()

    def progress(name: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if name in ready or (done < total and now - last < EVERY_S):
            return
        last = now
        if done >= total:
            ready.add(name)
        echo(f"{title}: {name} {done}/{total}, {now - begun:.0f} s", file=sys.stderr, flush=True)

    return progress
