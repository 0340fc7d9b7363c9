"""Independent jobs, spread over processes of this machine.

    with Executor(2) as executor:
        results = executor.map(function, {"name of a job": its_argument, ...})

Results come in the order of the jobs, whoever is ready first (`map`), or as they are ready (`each`). A job
runs once: one that fails, or whose process dies, ends the whole, and its error says which job it was. A
process ends with the one that started it, however that ends. Other machines: `gyges.scenarios.clusters`.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import NamedTuple, TypeVar

from gyges.agents import load
from gyges.envs import registry
from gyges.envs.errors import ConfigError, JobError
from gyges.scenarios.scenario import Scenario, register_scenario, registered

Job = TypeVar("Job")
Result = TypeVar("Result")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_elsewhere = False


def elsewhere() -> bool:
    """Whether this process does jobs for a driver that may run on another machine."""
    return _elsewhere


def go_elsewhere() -> None:
    """Say that this process does so, from now on."""
    global _elsewhere
    _elsewhere = True


class Registered(NamedTuple):
    """What a program has registered, as a process that works for it is told."""

    games: dict[str, str]
    loaders: dict[str, str]
    scenarios: tuple[Scenario, ...]

    @classmethod
    def here(cls) -> Registered:
        """What is registered in this process."""
        return cls(registry.games(), dict(load.CHECKPOINTS), registered())

    def register(self) -> None:
        """Register it in this process."""
        registry.load_plugins()
        for id, entry in self.games.items():
            registry.register(id, entry)
        for file_name, loader in self.loaders.items():
            load.register_checkpoint(file_name, loader)
        for one in self.scenarios:
            register_scenario(one)


class Executor:
    """Runs jobs in processes of its own, or in this one. Use as a context manager.

    Args:
        workers: processes, which start when they are first needed; with 1, jobs run here. By default one a
            core.

    Raises:
        ConfigError: fewer than one.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = cores() if workers is None else workers
        if self.workers < 1:
            raise ConfigError(f"workers: expected 1 or more, got {workers}")
        self._stack = contextlib.ExitStack()
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._pool = None

    @property
    def local(self) -> bool:
        """Whether jobs run on this machine, among its files."""
        return True

    @property
    def here(self) -> bool:
        """Whether jobs run in this process, one after another."""
        return self.local and self.workers == 1

    def map(
        self,
        function: Callable[[Job], Result],
        jobs: Mapping[str, Job],
        done: Callable[[str], None] = lambda name: None,
    ) -> list[Result]:
        """What a function gives for every job, in the order of the jobs.

        Args:
            function: at the top of a module; where jobs do not run here it, its argument and its result are
                pickled.
            jobs: arguments by the job's name.
            done: called with the name of each job that is ready, as they come.

        Raises:
            JobError: a process died.
            Exception: what a job raised, with a note that names the job; jobs that have not begun never do.
        """
        found = {}
        for name, result in self.each(function, jobs):
            found[name] = result
            done(name)
        return [found[name] for name in jobs]

    def each(
        self, function: Callable[[Job], Result], jobs: Mapping[str, Job]
    ) -> Generator[tuple[str, Result], None, None]:
        """Name and result of every job, as they are ready; otherwise as `map`."""
        if self.here:
            for name, job in jobs.items():
                yield name, _here(function, name, job)
            return
        pool = self._started()
        futures = {pool.submit(function, job): name for name, job in jobs.items()}
        try:
            for future in as_completed(list(futures)):
                name = futures.pop(future)
                yield name, _named(future, name)
        finally:
            for future in futures:
                future.cancel()

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")  # a fork would copy locks that threads hold
            reader, writer = context.Pipe(duplex=False)
            known = Registered.here()
            self._pool = ProcessPoolExecutor(self.workers, context, _begin, (reader, known))
            self._stack.callback(self._pool.shutdown, cancel_futures=True)
            self._stack.callback(writer.close)  # first: whatever still runs ends now
            self._stack.callback(reader.close)
        return self._pool


def _here(function: Callable[[Job], Result], name: str, job: Job) -> Result:
    try:
        return function(job)
    except Exception as error:
        error.add_note(f"in {name}")
        raise


def _named(future: Future[Result], name: str) -> Result:
    """A result; what the job raised is raised with its name."""
    try:
        return future.result()
    except BrokenProcessPool:
        raise JobError(f"a process that ran {name}, or another job, died") from None
    except Exception as error:
        error.add_note(f"in {name}")
        raise


def _begin(alive: multiprocessing.connection.Connection, known: Registered) -> None:
    """Make a process ready: what is registered there is registered here, and it ends when `alive` closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_until_closed, args=(alive,), daemon=True).start()
    known.register()


def _until_closed(alive: multiprocessing.connection.Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        alive.recv()
    os._exit(1)
