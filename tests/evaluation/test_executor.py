"""Jobs spread over processes: order, names, one run each, and no process that stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jobs_to_run
import psutil
import pytest

from gyges.envs import extras
from gyges.envs.errors import ConfigError, JobError, MissingExtraError, PolicyError
from gyges.scenarios.clusters.options import Cluster
from gyges.scenarios.clusters.work import Task
from gyges.scenarios.executor import Executor


@pytest.fixture(params=[1, 2])
def executor(request):
    with Executor(request.param) as made:
        yield made


def test_results_come_in_the_order_of_the_jobs(executor):
    ready = []
    waits = {"slow": 0.4, "quick": 0.0, "middle": 0.1}
    assert executor.map(jobs_to_run.wait, waits, ready.append) == [0.4, 0.0, 0.1]
    assert sorted(ready) == sorted(waits)
    assert executor.map(jobs_to_run.wait, {}) == []


def test_an_error_keeps_its_kind_and_names_its_job(executor):
    with pytest.raises(PolicyError, match="no more") as caught:
        executor.map(jobs_to_run.fail, {"good": "", "bad": "no more"})
    assert "in bad" in caught.value.__notes__


def test_every_job_runs_once(executor, tmp_path):
    jobs = {str(k): str(tmp_path / f"{k}") for k in range(20)}
    executor.map(jobs_to_run.append_line, jobs)
    assert [Path(path).read_text() for path in jobs.values()] == ["once\n"] * 20


def test_processes_know_what_is_registered_here(executor):
    from gyges.envs import registry

    registry.register("well-v0", "well.game:Well")
    assert executor.map(jobs_to_run.game, {"well": "well-v0"}) == ["well.game:Well"]


def test_a_process_that_dies_is_an_error_that_repeats_nothing(tmp_path):
    jobs = {name: str(tmp_path / name) for name in ("one", "two")}
    with Executor(2) as executor, pytest.raises(JobError, match="died"):
        executor.map(jobs_to_run.append_and_die, jobs)
    assert all(Path(path).read_text() == "once\n" for path in jobs.values() if os.path.exists(path))


def test_leaving_ends_what_still_runs():
    before = time.monotonic()
    with pytest.raises(PolicyError), Executor(2) as executor:
        executor.map(jobs_to_run.wait_or_fail, {"long": 60.0, "bad": 0.0})
    assert time.monotonic() - before < 30
    assert not [p for p in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_no_process_outlives_the_one_that_started_it(tmp_path):
    parent = subprocess.Popen([sys.executable, jobs_to_run.__file__], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    children = psutil.Process(parent.pid).children(recursive=True)
    assert children
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        (Cluster(ray=(), slurm=Path("jobs")), "one of them"),
        (Cluster(ray=("a:1", "b:2")), "one address"),
        (Cluster(slurm_options=("timeout_min=1",)), "--slurm FOLDER"),
        (Cluster(slurm=Path("jobs"), slurm_options=("short",)), "name=value"),
    ],
)
def test_options_that_do_not_fit_are_refused(cluster, said):
    with pytest.raises(ConfigError, match=said):
        cluster.executor(2)


@pytest.mark.parametrize("cluster", [Cluster(ray=()), Cluster(slurm=Path("jobs"))])
def test_a_cluster_without_its_library_says_which_extra_brings_it(cluster, monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"gyges\[(ray|slurm)\]"):
        cluster.executor(2)


def test_jobs_of_equal_content_have_one_key():
    one, other = (Task.of(jobs_to_run.wait, (seconds, {"a": 1})) for seconds in (0.5, 0.25))
    assert one.key == Task.of(jobs_to_run.wait, (0.5, {"a": 1})).key != other.key
    assert one._replace(code="other").key != one.key


@pytest.mark.parametrize("workers", [0, -1])
def test_fewer_than_one_worker_is_refused(workers):
    with pytest.raises(ConfigError, match=f"got {workers}"):
        Executor(workers)
