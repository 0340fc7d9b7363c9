"""Jobs on a Ray cluster: a worker or node that dies costs time, and nothing else."""

from __future__ import annotations

import contextlib
import os
import re
import socket
from collections.abc import Callable, Generator, Mapping
from typing import Any

from gyges.envs.errors import ConfigError, JobError
from gyges.envs.extras import require
from gyges.scenarios.clusters.work import Task, work
from gyges.scenarios.executor import Executor, Job, Result

RETRIES = 3
"""How often a job is begun again whose worker died."""
SPREAD = "SPREAD"
"""Jobs go to all nodes in turn: left to itself, Ray gives a queue of short jobs to the node that asks."""
WINDOW = 64
"""Jobs at Ray at a time, at least; the others wait here."""
PATIENCE_S = 5.0
"""Without a result for so long, it is asked whether Ray's head is still there; and how long that may take."""


class RayExecutor(Executor):
    """Runs jobs on a Ray cluster, or on a Ray of its own on this machine. Use as a context manager.

    Args:
        address: ``HOST:PORT`` of the cluster's head, ``auto`` for the one of this machine; empty for the one
            that ``RAY_ADDRESS`` names or that runs here, or else for one that ends with this executor.

    Raises:
        MissingExtraError: Ray is not installed.
        ConfigError: the address is none.
        JobError: no head answers.
    """

    def __init__(self, address: str = "") -> None:
        require("ray", "ray", part="a Ray cluster")
        import ray

        self._ray: Any = ray
        place = _place(address)
        if place is not None:
            _reached(place)
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        self._ours = not ray.is_initialized()
        if self._ours:
            try:
                ray.init(address=address or None, log_to_driver=False, logging_level="ERROR")
            except Exception as error:  # of all kinds, even a bare Exception where it starts too slowly
                raise JobError(
                    f"no Ray head answers at {address or 'this machine'}: {_line(error)}"
                ) from None
        self._head = _place(str(ray.get_runtime_context().gcs_address))
        super().__init__(max(1, int(ray.cluster_resources().get("CPU", 1))))
        if self._ours:
            self._stack.callback(ray.shutdown)

    @property
    def local(self) -> bool:
        """Never: jobs run in Ray's processes."""
        return False

    def each(
        self, function: Callable[[Job], Result], jobs: Mapping[str, Job]
    ) -> Generator[tuple[str, Result], None, None]:
        """Name and result of every job, as they are ready.

        Raises:
            JobError: a job's worker died again and again, or the head is gone.
            Exception: what a job raised, with a note that names the job.
        """
        run = self._ray.remote(max_retries=RETRIES, scheduling_strategy=SPREAD)(work)
        left = iter(jobs.items())
        begun: dict[Any, str] = {}
        try:
            while True:
                while len(begun) < max(WINDOW, 4 * self.workers) and (job := next(left, None)) is not None:
                    begun[run.options(name=job[0]).remote(Task.of(function, job[1]))] = job[0]
                if not begun:
                    return
                ready, _ = self._ray.wait(list(begun), num_returns=1, timeout=PATIENCE_S)
                for one in ready:
                    name = begun.pop(one)
                    yield name, self._result(one, name)
                if not ready and self._head is not None:
                    _reached(self._head)
        finally:
            for one in begun:
                with contextlib.suppress(Exception):
                    self._ray.cancel(one, force=True)

    def _result(self, one: Any, name: str) -> Any:
        errors = self._ray.exceptions
        try:
            return self._ray.get(one)
        except errors.RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else JobError(_line(error))
            cause.add_note(f"in {name}")
            raise cause from None
        except errors.RayError as error:
            raise JobError(f"{name}: {_line(error)}; what was complete is kept, run again to go on") from None


def _place(address: str) -> tuple[str, int] | None:
    """Host and port of an address; None where Ray finds the cluster by itself."""
    if address in ("", "auto", "local"):
        return None
    found = re.fullmatch(r"(?:ray://)?\[?([^\[\]/]+?)\]?:(\d{1,5})", address)
    if found is None:
        raise ConfigError(f"a Ray cluster's address is HOST:PORT or auto, not {address!r}")
    return found[1], int(found[2])


def _reached(place: tuple[str, int]) -> None:
    """Raise unless something listens there."""
    try:
        socket.create_connection(place, timeout=PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        words = getattr(error, "strerror", None) or error
        raise JobError(
            f"no Ray head answers at {place[0]}:{place[1]}: {words}; what was complete is kept"
        ) from None


def _line(error: BaseException) -> str:
    """What an error says, in a line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
