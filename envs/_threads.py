"""Threads that run compiled loops side by side.

Compiled loops release Python's lock, so plain threads suffice: no second, parallel compilation of the
rules, and any number of callers. A forked child makes its own threads.
"""

from __future__ import annotations

import collections
import os
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

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
