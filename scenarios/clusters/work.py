"""A job as it travels to a worker of a cluster, and what the worker does with it."""

from __future__ import annotations

import functools
import hashlib
import pickle
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gyges
from gyges.envs import atomic
from gyges.envs.errors import JobError
from gyges.scenarios import executor
from gyges.scenarios.executor import Registered


class Task(NamedTuple):
    """A job with all that a worker must know.

    Attributes:
        function, argument: what is to be called, and with what.
        known: what the driver has registered.
        code: digest of the driver's package.
    """

    function: Callable[[Any], Any]
    argument: Any
    known: Registered
    code: str

    @classmethod
    def of(cls, function: Callable[[Any], Any], argument: Any) -> Task:
        """A job of this program."""
        return cls(function, argument, Registered.here(), code())

    @property
    def key(self) -> str:
        """SHA-256 of the job's content and of the code that does it."""
        return hashlib.sha256(pickle.dumps(tuple(self), protocol=5)).hexdigest()


_registered: list[Registered] = []
"""What this process has been told of already."""


@functools.cache
def code() -> str:
    """SHA-256 of the package's own sources."""
    root = Path(gyges.__file__).parent
    digest = hashlib.sha256()
    for room in ("envs", "agents", "scenarios"):
        files = (root / room).resolve().rglob("*")
        for path in sorted(path for path in files if path.suffix in (".py", ".toml")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def work(task: Task) -> Any:
    """Do a job.

    Raises:
        JobError: the package is another version here.
        Exception: whatever the job raises.
    """
    if code() != task.code:
        raise JobError(
            f"{platform.node()} has another version of gyges than the driver; install the same there"
        )
    executor.go_elsewhere()
    if task.known not in _registered:  # reading the plugins takes longer than many a job
        task.known.register()
        _registered.append(task.known)
    return task.function(task.argument)


class Batch:
    """Jobs that one process does, one after another: each result lies in its file as soon as it is there.

    submitit asks an object that it runs how to go on when its time is up or others come first (`checkpoint`).
    """

    def __call__(self, tasks: Sequence[Task], paths: Sequence[Path]) -> tuple[int, Exception] | None:
        """Do the jobs that have no result; the first that raises ends it: its number and what it raised."""
        for k, (task, path) in enumerate(zip(tasks, paths, strict=True)):
            try:
                if not path.exists():
                    atomic.write_bytes(path, pickle.dumps(work(task), protocol=5))
            except Exception as error:
                return k, error
        return None

    def checkpoint(self, tasks: Sequence[Task], paths: Sequence[Path]) -> Any:
        """What goes on: the same, as what is done stays done."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, tasks, paths)
