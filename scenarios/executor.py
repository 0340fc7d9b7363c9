"""Independent jobs, spread over processes of this machine.

    with Executor(2) as executor:
        results = executor.map(function, {"name of a job": its_argument, ...})

Results come in the order of the jobs, whoever is ready first. A job runs once: one that fails, or whose
process dies, ends the whole, and its error says which job it was. A process ends with the one that started
it, however that ends.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from gyges.agents import load
from gyges.envs import registry
from gyges.envs.errors import ConfigError, JobError

Job = TypeVar("Job")
Result = TypeVar("Result")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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

    def map(
        self,
        function: Callable[[Job], Result],
        jobs: Mapping[str, Job],
        done: Callable[[str], None] = lambda name: None,
    ) -> list[Result]:
        """What a function gives for every job, in the order of the jobs.

        Args:
            function: at the top of a module; where there are several workers it, its argument and its
                result are pickled.
            jobs: arguments by the job's name.
            done: called with the name of each job that is ready, as they come.

        Raises:
            JobError: a process died.
            Exception: what a job raised, with a note that names the job; jobs that have not begun never do.
        """
        if self.workers == 1:
            return [_here(function, name, job, done) for name, job in jobs.items()]
        pool = self._started()
        futures = {pool.submit(function, job): name for name, job in jobs.items()}
        try:
            for future in as_completed(futures):
                _named(future, futures[future])
                done(futures[future])
        except BaseException:
            for future in futures:
                future.cancel()
            raise
        return [future.result() for future in futures]

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")  # a fork would copy locks that threads hold
            reader, writer = context.Pipe(duplex=False)
            tables = registry.games(), dict(load.CHECKPOINTS)
            self._pool = ProcessPoolExecutor(self.workers, context, _begin, (reader, *tables))
            self._stack.callback(self._pool.shutdown, cancel_futures=True)
            self._stack.callback(writer.close)  # first: whatever still runs ends now
            self._stack.callback(reader.close)
        return self._pool


def _here(function: Callable[[Job], Result], name: str, job: Job, done: Callable[[str], None]) -> Result:
    try:
        result = function(job)
    except Exception as error:
        error.add_note(f"in {name}")
        raise
    done(name)
    return result


def _named(future: Future[Any], name: str) -> None:
    """Raise what the job raised, with its name."""
    try:
        future.result()
    except BrokenProcessPool:
        raise JobError(f"a process that ran {name}, or another job, died") from None
    except Exception as error:
        error.add_note(f"in {name}")
        raise


def _begin(
    alive: multiprocessing.connection.Connection, games: dict[str, str], loaders: dict[str, str]
) -> None:
    """Make a process ready: what is registered there is registered here, and it ends when `alive` closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_until_closed, args=(alive,), daemon=True).start()
    registry.load_plugins()
    for id, entry in games.items():
        registry.register(id, entry)
    for file_name, loader in loaders.items():
        load.register_checkpoint(file_name, loader)


def _until_closed(alive: multiprocessing.connection.Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        alive.recv()
    os._exit(1)
