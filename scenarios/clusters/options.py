"""Options that say where a command's jobs run: processes of this machine, a Ray cluster, or SLURM."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Annotated

import tyro

from gyges.envs.errors import ConfigError
from gyges.envs.settings import parse_settings
from gyges.scenarios.executor import Executor

SLURM_JOBS = 100
"""Jobs of SLURM at a time where nothing is said."""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """Where jobs run instead of in processes of this machine."""

    ray: tuple[str, ...] | None = None
    """Run jobs on a Ray cluster: HOST:PORT of its head, or nothing for the one that runs here or else one
    for this command alone. Takes what follows, so write it last."""
    slurm: Path | None = None
    """Run jobs as arrays of SLURM; a folder for jobs and results that every node sees."""
    slurm_options: tuple[str, ...] = ()
    """Options of submitit, as slurm_partition=short timeout_min=60; cluster=local runs jobs here."""

    @property
    def elsewhere(self) -> bool:
        """Whether jobs run on a cluster."""
        return self.ray is not None or self.slurm is not None

    def executor(self, workers: int | None) -> Executor:
        """What runs the jobs.

        Args:
            workers: processes of this machine, or jobs of SLURM at a time (100 where it is 1 or None).

        Raises:
            ConfigError, MissingExtraError, JobError: it cannot.
        """
        if self.ray is not None and self.slurm is not None:
            raise ConfigError("--ray and --slurm: jobs run on one of them")
        if self.slurm_options and self.slurm is None:
            raise ConfigError("--slurm-options are for --slurm FOLDER")
        if self.ray is not None:
            from gyges.scenarios.clusters.ray_cluster import RayExecutor

            if len(self.ray) > 1:
                raise ConfigError(f"--ray takes one address, not {' '.join(self.ray)}")
            return RayExecutor(*self.ray)
        if self.slurm is not None:
            from gyges.scenarios.clusters.slurm import SlurmExecutor

            together = workers if workers is not None and workers > 1 else SLURM_JOBS
            return SlurmExecutor(self.slurm, together, parse_settings(self.slurm_options))
        return Executor(workers)


Jobs = Annotated[Cluster, tyro.conf.arg(name="")]
"""The options `Cluster` of a command, without a prefix."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The same options for a module that is run by itself; `executor_of` reads them."""
    parser.add_argument("--workers", type=int, help="processes; one a core by default")
    parser.add_argument("--ray", nargs="?", const="", metavar="HOST:PORT", help="run jobs on a Ray cluster")
    parser.add_argument("--slurm", type=Path, metavar="FOLDER", help="run jobs as arrays of SLURM")
    parser.add_argument("--slurm-options", nargs="*", default=(), metavar="NAME=VALUE", help="of submitit")


def executor_of(options: argparse.Namespace) -> Executor:
    """What runs the jobs of options that `add_options` has added."""
    ray = None if options.ray is None else tuple(filter(None, [options.ray]))
    return Cluster(ray, options.slurm, tuple(options.slurm_options)).executor(options.workers)
