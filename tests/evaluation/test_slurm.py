"""Jobs through submitit's executor for this machine: as on SLURM, but for the queue."""

import os
import signal
import sys
import time

import jobs_to_run
import pytest
from wells import table

from gyges.envs.errors import ConfigError, FileError, JobError, PolicyError
from gyges.scenarios.clusters.slurm import SlurmExecutor
from gyges.scenarios.clusters.work import Batch, Task
from gyges.scenarios.evaluation.evaluate import evaluate

pytest.importorskip("submitit", reason='needs pip install "gyges[slurm]"')
pytestmark = pytest.mark.filterwarnings("ignore")  # submitit leaves its processes to the system

TERMS = {"nonce": "c1" * 16, "probes": 0, "chunk": 8}


@pytest.fixture
def executor(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))
    with SlurmExecutor(tmp_path / "jobs", 2, {"cluster": "local"}) as made:
        yield made


def test_results_come_by_name_and_a_job_is_done_once(executor, tmp_path):
    jobs = {str(k): (str(tmp_path / str(k)), 0.0) for k in range(3)}
    for _ in range(2):
        assert executor.map(jobs_to_run.append_and_wait, jobs) == ["0", "1", "2"]
    assert [(tmp_path / name).read_text() for name in jobs] == ["once\n"] * 3


def test_an_error_keeps_its_kind_and_names_its_job(executor):
    with pytest.raises(PolicyError, match="no more") as caught:
        executor.map(jobs_to_run.fail, {"good": "", "bad": "no more"})
    assert "in bad" in caught.value.__notes__


def test_a_job_that_dies_is_an_error_that_names_its_log(executor, tmp_path):
    with pytest.raises(JobError, match=r"^doomed: .*; its log is .*\.err"):
        executor.map(jobs_to_run.append_and_die, {"doomed": str(tmp_path / "lines")})


def test_many_jobs_share_processes_and_an_error_names_the_one_that_raised(executor, tmp_path):
    jobs = {str(k): (str(tmp_path / str(k)), 0.0) for k in range(40)}
    assert executor.map(jobs_to_run.append_and_wait, jobs) == list(jobs)
    assert [(tmp_path / name).read_text() for name in jobs] == ["once\n"] * 40
    assert len(list(executor.folder.glob("*_submitted.pkl"))) <= 8
    with pytest.raises(PolicyError, match="no more") as caught:
        executor.map(jobs_to_run.fail, {str(k): "no more" if k == 13 else "" for k in range(24)})
    assert "in 13" in caught.value.__notes__
    dying = {str(k): str(tmp_path / "dead") for k in range(24)}
    with pytest.raises(JobError, match=r"^0: "):
        executor.map(jobs_to_run.append_and_die, dying)


def test_a_batch_that_is_cut_off_goes_on_where_it_stood(tmp_path):
    tasks = [Task.of(jobs_to_run.append_line, str(tmp_path / name)) for name in ("one", "two")]
    paths = [tmp_path / f"{task.key}.pickle" for task in tasks]
    assert Batch()(tasks[:1], paths[:1]) is None
    more = Batch().checkpoint(tasks, paths)
    assert more.result() is None
    assert [(tmp_path / name).read_text() for name in ("one", "two")] == ["once\n"] * 2


def test_a_result_that_cannot_be_written_is_an_error(executor, tmp_path):
    (executor.folder / "results").write_text("in the way")
    with pytest.raises(FileError, match="cannot be written"):
        executor.map(jobs_to_run.wait, {"job": 0.0})


def test_a_killed_driver_goes_on_where_it_stood(program, tmp_path):
    evaluate("gyges", "well-visitor", tmp_path / "here.db", **TERMS)
    out, folder = tmp_path / "results.db", tmp_path / "jobs"
    options = {"suite": "well-visitor", "out": out, **TERMS, "slurm": folder}
    words = ["evaluate", "gyges", *(word for name, value in options.items() for word in (f"--{name}", value)),
             "--workers", "2", "--slurm-options", "cluster=local"]  # fmt: skip
    driver = program(*words)
    while driver.poll() is None and not list(folder.glob("results/*.pickle")):
        time.sleep(0.02)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    results = {path: path.stat().st_mtime_ns for path in folder.glob("results/*.pickle")}
    assert results
    again = program(*words)
    _, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors.decode()[-2000:]
    assert table(out) == table(tmp_path / "here.db")
    assert len(list(folder.glob("results/*.pickle"))) == 3


@pytest.mark.parametrize("options", [{"cluster": "moon"}, {"cluster": "local", "nodes": 2}, {"no_such": 1}])
def test_options_that_do_not_exist_are_named(options, tmp_path):
    with pytest.raises(ConfigError, match="SLURM"):
        SlurmExecutor(tmp_path / "jobs", 2, options)
