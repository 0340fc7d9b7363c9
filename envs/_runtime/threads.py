"""Threads that run compiled loops side by side.

Compiled loops release Python's lock, so plain threads suffice: no second, parallel compilation of the
rules, and any number of callers. A forked child makes its own threads.
"""

from __future__ import annotations

import collections
import itertools
import os
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gyges.envs.errors import ConfigError

LEAST_ROWS = 128  # of one thread's share: below, waking a thread costs more than it saves

Inbox = queue.SimpleQueue[tuple[Callable[[], None], "queue.SimpleQueue[None]"]]


class Crew:
    """Helpers that wait for work; started when first needed."""

    def __init__(self) -> None:
        self._inbox: queue.SimpleQueue[tuple[Callable[[], None], queue.SimpleQueue[None]]] = (
            queue.SimpleQueue()
        )
        self._size = 0
        self._owner = os.getpid()
        self._lock = threading.Lock()

    def run(
        self,
        function: Callable[..., int],
        first: tuple[Any, ...],
        calls: Sequence[tuple[Any, ...]],
        helpers: int,
    ) -> int:
        """Call a compiled function once, and if that gives less than 0, with each of the other arguments.

        Helpers wake while the first call runs. Returns when all is done.

        Args:
            function: must not raise.
            first: arguments of the first call.
            calls: arguments of the others, in any order.
            helpers: threads beside the caller's own.

        Returns:
            What the first call gave.
        """
        self._hire(helpers)
        todo: collections.deque[tuple[Any, ...]] = collections.deque()
        done: queue.SimpleQueue[None] = queue.SimpleQueue()
        gate = threading.Lock()

        def work() -> None:
            with gate:
                pass
            while True:
                try:
                    arguments = todo.popleft()
                except IndexError:
                    return
                function(*arguments)

        with gate:
            for _ in range(helpers):
                self._inbox.put((work, done))
            answer = function(*first)
            if answer < 0:
                todo.extend(calls)
        work()
        for _ in range(helpers):
            done.get()
        return int(answer)

    def _hire(self, helpers: int) -> None:
        if self._owner != os.getpid():
            self.__init__()  # type: ignore[misc]
        if self._size < helpers:
            with self._lock:
                while self._size < helpers:
                    threading.Thread(target=_serve, args=(self._inbox,), daemon=True, name="gyges").start()
                    self._size += 1


def _serve(inbox: Inbox) -> None:
    while True:
        work, done = inbox.get()
        try:
            work()
        finally:
            done.put(None)


crew = Crew()
"""The process's helpers."""


def thread_count(threads: int | None) -> int:
    """The number of threads asked for, by default that of the cores this process may use.

    Raises:
        ConfigError: not a number from 1 to 1024.
    """
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or not 1 <= threads <= 1024:
        raise ConfigError(f"threads is a number from 1 to 1024, not {threads!r}")
    return int(threads)


def chunks(rows: int, threads: int) -> list[tuple[int, int]]:
    """Ranges of rows for the threads, a few for each; none where one thread does."""
    threads = min(threads, rows // LEAST_ROWS)
    if threads < 2:
        return []
    parts = min(4 * threads, rows // LEAST_ROWS)
    cuts = [rows * k // parts for k in range(parts + 1)]
    return list(itertools.pairwise(cuts))
