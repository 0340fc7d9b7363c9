"""Jobs on two Ray nodes of this machine: workers, a node and the driver are killed, and nothing changes."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter

import jobs_to_run
import psutil
import pytest
from wells import table

from gyges.envs.errors import ConfigError, JobError, PolicyError
from gyges.scenarios.clusters import work
from gyges.scenarios.clusters.ray_cluster import RayExecutor
from gyges.scenarios.evaluation.evaluate import evaluate
from gyges.scenarios.evaluation.store import Store

ray = pytest.importorskip("ray", reason='needs pip install "gyges[ray]"')
pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own

SUITE, TERMS = "well-two", {"nonce": "c1" * 16, "probes": 4, "chunk": 3}
NODE = {"num_cpus": 1, "object_store_memory": 80 << 20}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The table as this process makes it."""
    path = tmp_path_factory.mktemp("here") / "results.db"
    evaluate("gyges", SUITE, path, **TERMS)
    return table(path)


@pytest.fixture(scope="module")
def helpers():
    """Processes that are started from now on find the tests' helpers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))
        yield


@pytest.fixture(scope="module")
def cluster(helpers):
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    made.add_node(**NODE)
    yield made
    made.shutdown()


@pytest.fixture
def executor(cluster):
    with RayExecutor(cluster.address) as made:
        yield made


def test_results_come_by_name_and_in_the_order_of_the_jobs(executor):
    assert executor.workers == 2
    waits = {"slow": 0.4, "quick": 0.0, "middle": 0.1}
    assert executor.map(jobs_to_run.wait, waits) == [0.4, 0.0, 0.1]
    assert dict(executor.each(jobs_to_run.wait, waits)) == waits
    assert executor.map(jobs_to_run.wait, {}) == []


def test_every_node_gets_a_share_of_the_jobs(executor):
    jobs = {f"job {k}": 0.1 for k in range(20)}
    executor.map(jobs_to_run.process, jobs)  # the nodes' processes begin
    shares = Counter(executor.map(jobs_to_run.process, jobs)).values()
    assert len(shares) == 2
    assert min(shares) >= 6


def test_an_error_keeps_its_kind_and_names_its_job(executor):
    with pytest.raises(PolicyError, match="no more") as caught:
        executor.map(jobs_to_run.fail, {"good": "", "bad": "no more"})
    assert "in bad" in caught.value.__notes__


def test_workers_know_what_is_registered_here(executor):
    assert executor.map(jobs_to_run.game, {"well": "well-v0"}) == ["well.game:Well"]


def test_a_job_whose_worker_dies_every_time_is_an_error_that_names_it(executor, tmp_path):
    with pytest.raises(JobError, match="doomed"):
        executor.map(jobs_to_run.append_and_die, {"doomed": str(tmp_path / "lines")})
    assert (tmp_path / "lines").read_text() == "once\n" * 4


def test_a_policy_plays_in_a_sandbox_of_the_worker_or_not_at_all(executor, cheat):
    assert executor.map(jobs_to_run.sandboxed, {"job": (cheat("Honest"), [])}) == ["Sandbox"]
    with pytest.raises(PolicyError, match=r"no submissions are played on .* no Landlock"):
        executor.map(jobs_to_run.sandboxed, {"job": (cheat("Honest"), ["This system has no Landlock."])})
    assert executor.map(jobs_to_run.sandboxed, {"job": ("clean", ["No Landlock."])}) != ["Sandbox"]


def test_another_version_of_the_package_is_refused(executor, monkeypatch):
    monkeypatch.setattr(work, "code", lambda: "f" * 64)
    with pytest.raises(JobError, match="another version"):
        executor.map(jobs_to_run.wait, {"job": 0.0})


def busy():
    """Ray's workers that do a job."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or [""]
        if words[0].startswith("ray::well-"):  # Ray names them by their jobs
            found.append((words[0], process))
    return found


def kill_workers(stop, killed):
    """Kill a worker that does a job, again and again; no job more often than Ray begins it again."""
    while not stop.wait(0.05):
        for title, process in busy():
            if killed.count(title) < 2 and len(killed) < 12:
                killed.append(title)
                process.kill()
                time.sleep(0.5)
                break


def test_killed_workers_change_nothing(executor, expected, tmp_path):
    stop, killed = threading.Event(), []
    killer = threading.Thread(target=kill_workers, args=(stop, killed))
    killer.start()
    try:
        evaluate("gyges", SUITE, tmp_path / "results.db", executor=executor, **TERMS)
    finally:
        stop.set()
        killer.join()
    assert len(killed) > 4
    assert table(tmp_path / "results.db") == expected


def test_a_node_that_dies_changes_nothing(executor, cluster, tmp_path):
    node = cluster.add_node(**NODE)
    jobs = {f"job {k}": (str(tmp_path / str(k)), 0.5) for k in range(9)}
    found = {}
    for name, result in executor.each(jobs_to_run.append_and_wait, jobs):
        if not found:
            cluster.remove_node(node, allow_graceful=False)
        found[name] = result
    assert found == {f"job {k}": str(k) for k in range(9)}


def test_a_killed_driver_goes_on_where_it_stood(cluster, expected, program, tmp_path):
    out = tmp_path / "results.db"
    options = {"suite": SUITE, "out": out, **TERMS, "ray": cluster.address}
    words = ["evaluate", "gyges", *(word for name, value in options.items() for word in (f"--{name}", value))]
    driver = program(*words)
    while driver.poll() is None and episodes(out) < 6:
        time.sleep(0.02)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    some = episodes(out)
    assert 6 <= some < 48
    again = program(*words)
    _, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors.decode()[-2000:]
    assert table(out) == expected


def episodes(path):
    """How many stand in a results file that perhaps is not there."""
    if not path.exists():
        return 0
    with Store(path) as store:
        return sum(len(store.results(run)) for run in store.runs())


HEADLESS = """
import sys, jobs_to_run
from gyges.scenarios.clusters import ray_cluster
from gyges.envs.errors import JobError
ray_cluster.PATIENCE_S = 0.5
with ray_cluster.RayExecutor(sys.argv[1]) as executor:
    try:
        for name, result in executor.each(jobs_to_run.wait, {"quick": 0.0, "long": 60.0}):
            print(name, flush=True)
    except JobError as error:
        print(error, flush=True)
"""


def test_a_head_that_dies_is_an_error(helpers):
    from ray.cluster_utils import Cluster

    alone = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False, "num_cpus": 2})
    address = alone.address
    with subprocess.Popen([sys.executable, "-c", HEADLESS, address], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL) as driver:  # fmt: skip
        assert driver.stdout.readline() == "quick\n"
        alone.head_node.kill_gcs_server()
        said = driver.stdout.readline()
        driver.kill()
    alone.shutdown()
    assert said.startswith(f"no Ray head answers at {address}")


def test_a_ray_that_does_not_start_is_an_error(monkeypatch):
    def init(**options):
        raise Exception("The current node timed out during startup.")

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(JobError, match="no Ray head answers at this machine: Exception: The current node"):
        RayExecutor()


def test_where_nothing_answers_it_is_said_at_once():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(JobError, match=f"no Ray head answers at 127.0.0.1:{port}: "):
        RayExecutor(f"127.0.0.1:{port}")
    for nonsense in ("nowhere", "http://x:1", "a:b:c"):
        with pytest.raises(ConfigError, match="HOST:PORT"):
            RayExecutor(nonsense)
    assert not ray.is_initialized()
