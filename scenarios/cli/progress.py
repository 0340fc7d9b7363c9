"""Progress of a long command: a bar per scenario on a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def bars(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar per scenario on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, Any] = {}
        whole = bars.add_task(title, total=None)

        def progress(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(f"  {name}", total=total)
            bars.update(tasks[name], completed=done)
            bars.update(whole, completed=sum(bars.tasks[task].completed for task in tasks.values()))

        yield progress
