"""How a run tells of itself: a table on a terminal, a line now and then elsewhere, curves in files."""

from __future__ import annotations

import contextlib
import json
import math
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table

from gyges.agents.trackers import TENSORBOARD, Tracker, Trackers

CURVES = "curves.jsonl"


class Progress:
    """Shows and keeps what a learner logs; a context manager.

    Args:
        title: heading of the table.
        total: value of ``counter`` at which the run is done.
        counter: which logged number counts up to `total`.
        folder: where `curves.jsonl` and the trackers' files go; None keeps nothing.
        start: the counter where a resumed run goes on; later lines of its curves are dropped.
        trackers: where the numbers go besides.
        quiet: show nothing.
    """

    def __init__(
        self, title: str, total: float, *, counter: str = "frames", folder: Path | None = None,
        start: float = 0, trackers: Trackers = TENSORBOARD, quiet: bool = False,
        console: Console | None = None,
    ) -> None:  # fmt: skip
        self.title, self.total, self.counter, self.start = title, total, counter, start
        self.folder, self.trackers = folder, trackers
        self.console = console or Console(stderr=True, quiet=quiet)
        self.begun = self.spoke = time.monotonic()
        self.live: Live | None = None
        self.file: TextIO | None = None
        self.open: list[Tracker] = []

    def __enter__(self) -> Progress:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            _cut(self.folder / CURVES, self.counter, self.start)
            self.file = (self.folder / CURVES).open("a")
            self.open = self.trackers.begin(self.folder, self.title, self.start)
        if self.console.is_terminal and not self.console.quiet:
            self.live = Live(console=self.console, refresh_per_second=4)
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        for closing in (self.file, *self.open):
            if closing is not None:
                closing.close()
        if self.live is not None:
            self.live.stop()

    def log(self, numbers: Mapping[str, float]) -> None:
        """One more line of the curves."""
        if self.file is not None:
            plain = {k: v if math.isfinite(v) else None for k, v in numbers.items()}
            self.file.write(json.dumps(plain) + "\n")
            self.file.flush()
        for tracker in self.open:
            tracker.log(numbers, int(numbers[self.counter]))
        if self.live is not None:
            self.live.update(self._table(numbers))
        elif time.monotonic() - self.spoke > 10:
            self.spoke = time.monotonic()
            shown = ("episode_return", "episode_score", "violation_rate", "entropy", "validation_loss")
            parts = [f"{name} {numbers[name]:.4g}" for name in shown if name in numbers]
            done = numbers[self.counter] / self.total
            self.console.print(f"{self.title}: {done:.0%}, {', '.join(parts)}", highlight=False)

    def _table(self, numbers: Mapping[str, float]) -> Table:
        done = numbers[self.counter] - self.start
        left = (self.total - numbers[self.counter]) / max(done, 1) * (time.monotonic() - self.begun)
        share = numbers[self.counter] / self.total
        table = Table(title=f"{self.title}  {share:.0%}, {_duration(left)} to go", title_justify="left")
        table.add_column("measure")
        table.add_column("now", justify="right")
        for name, value in numbers.items():
            table.add_row(name.replace("_", " "), f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}")
        return table


def _cut(path: Path, counter: str, start: float) -> None:
    """Drop lines that a resumed run will write again, and what a killed one left half-written."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text(errors="replace").splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            if json.loads(line)[counter] <= start:
                kept.append(line + "\n")
    path.write_text("".join(kept))


def read_curves(folder: str | Path) -> list[dict[str, float]]:
    """The lines of `curves.jsonl`, oldest first; NaN where a number was not finite."""
    lines = (Path(folder) / CURVES).read_text().splitlines()
    return [{k: math.nan if v is None else v for k, v in json.loads(line).items()} for line in lines]


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@contextlib.contextmanager
def interruptible() -> Iterator[Sequence[int]]:
    """Within, the first Ctrl-C is noted (the list given is then not empty); the second one interrupts."""
    caught: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        if caught:
            raise KeyboardInterrupt
        caught.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield caught
    finally:
        signal.signal(signal.SIGINT, before)
