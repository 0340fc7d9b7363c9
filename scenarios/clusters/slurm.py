"""Jobs on a SLURM cluster, through submitit: arrays of jobs, and results in a folder that all nodes share.

A result lies in the folder under the hash of its job's content. The jobs of a driver that is killed go on,
and the same command takes their results and submits only what is missing. Where there are many jobs, a
process does several: to start Python takes longer than many a job.
"""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gyges.envs.errors import ConfigError, JobError
from gyges.envs.extras import require
from gyges.scenarios.clusters.work import Batch, Task
from gyges.scenarios.executor import Executor, Job, Result

ARRAY = 1000
"""Batches of jobs in an array at most; SLURM's own bound is 1,001 by default."""
TURNS = 4
"""Batches for each of the processes that run at a time, about: fewer would leave some idle at the end."""
POLL_S = {"local": 0.1}
"""Time between looks at what is ready; 5 s on a cluster."""


class SlurmExecutor(Executor):
    """Runs jobs as arrays of SLURM. Use as a context manager.

    Args:
        folder: for jobs, logs and results; every node sees it.
        workers: jobs of an array that run at a time.
        options: of submitit, as ``timeout_min`` or ``slurm_partition``; ``cluster=local`` runs the jobs in
            processes of this machine.

    Raises:
        MissingExtraError: submitit is not installed.
        ConfigError: SLURM is not here, or an option does not exist.
    """

    def __init__(self, folder: Path, workers: int = 100, options: Mapping[str, Any] | None = None) -> None:
        require("slurm", "submitit", part="SLURM")
        import submitit

        super().__init__(workers)
        self.folder, more = folder.absolute(), dict(options or {})
        self.cluster = str(more.pop("cluster", "slurm"))
        self._submitit: Any = submitit
        try:
            self._slurm: Any = submitit.AutoExecutor(self.folder, cluster=self.cluster)
            bound = {} if self.cluster == "local" else {"slurm_array_parallelism": workers}
            self._slurm.update_parameters(**{"name": "gyges", **bound, **more})
        except (ValueError, TypeError, NameError, AssertionError, RuntimeError) as error:
            raise ConfigError(f"SLURM: {str(error).splitlines()[0][:300]}") from None
        except OSError as error:
            raise ConfigError(f"{self.folder}: cannot hold jobs: {error.strerror}") from None

    @property
    def local(self) -> bool:
        """Never: jobs run in processes of SLURM."""
        return False

    def each(
        self, function: Callable[[Job], Result], jobs: Mapping[str, Job]
    ) -> Generator[tuple[str, Result], None, None]:
        """Name and result of every job, as they are ready; results that lie in the folder first.

        Raises:
            JobError: a job ended without a result; the error names its log.
            Exception: what a job raised, with a note that names the job.
        """
        tasks = {name: Task.of(function, argument) for name, argument in jobs.items()}
        left = []
        for name, task in tasks.items():
            if self._path(task).exists():
                yield name, self._take(task)
            else:
                left.append(name)
        size = max(1, len(left) // (TURNS * self.workers))
        batches = [{name: tasks[name] for name in left[k : k + size]} for k in range(0, len(left), size)]
        together = self.workers if self.cluster == "local" else ARRAY
        for first in range(0, len(batches), together):
            yield from self._array(batches[first : first + together])

    def _array(self, batches: Sequence[Mapping[str, Task]]) -> Generator[tuple[str, Any], None, None]:
        paths = [[self._path(task) for task in batch.values()] for batch in batches]
        begun = self._slurm.map_array(Batch(), [list(batch.values()) for batch in batches], paths)
        left = {id(one): batch for one, batch in zip(begun, batches, strict=True)}
        try:
            poll = POLL_S.get(self.cluster, 5.0)
            for one in self._submitit.helpers.as_completed(begun, poll_frequency=poll):
                batch = left.pop(id(one))
                self._ended(one, batch)
                for name, task in batch.items():
                    yield name, self._take(task)
        finally:
            for one in begun:
                if id(one) in left:
                    with contextlib.suppress(Exception):
                        one.cancel()

    def _ended(self, one: Any, batch: Mapping[str, Task]) -> None:
        """Raise what a job of a batch raised, or that its process ended by itself."""
        names = list(batch)
        try:
            failed = one.result()
        except Exception as problem:  # submitit has errors of its own, and passes on what it could not read
            words = str(problem).strip().splitlines() or [type(problem).__name__]
            name = next((name for name in names if not self._path(batch[name]).exists()), names[-1])
            raise JobError(f"{name}: {words[-1][:300]}; its log is {one.paths.stderr}") from None
        if failed is not None:
            failed[1].add_note(f"in {names[failed[0]]}")
            raise failed[1]

    def _path(self, task: Task) -> Path:
        return self.folder / "results" / f"{task.key}.pickle"

    def _take(self, task: Task) -> Any:
        path = self._path(task)
        try:
            return pickle.loads(path.read_bytes())
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise JobError(f"{path}: not a job's result: {error}") from None
