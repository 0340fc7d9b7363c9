"""Commands that spread their jobs give on a cluster of two workers, byte for byte, what they give here."""

import contextlib
import io
import json
import os
import re
import sys

import pytest
from wells import table

from gyges.scenarios.arena.store import ArenaFile
from gyges.scenarios.cli.main import main
from gyges.scenarios.counterfactual import bank_builder
from gyges.scenarios.report import baselines

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's and submitit's own

SWEEP = """
algorithm = "ppo"
words = ["--scenario", "tabular_steward-v1", "--threads", "1", "--rows", "4", "--steps", "24"]
length = 180
trials = 3
rungs = 2

[space.learning-rate]
low = 1e-4
high = 1e-2
"""


def command(*words):
    """What a command prints."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert main(list(map(str, words))) == 0
    return said.getvalue()


def module(run, *words):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert run(list(map(str, words))) == 0
    return said.getvalue()


def contents(folder, *patterns):
    """Files of a folder."""
    found = {p.name: p.read_bytes() for pattern in patterns for p in folder.glob(pattern)}
    assert found
    return found


def evaluated(folder, where):
    path = folder / "results.db"
    command("evaluate", "gyges", "--suite", "well-two", "--out", path, "--nonce", "c1" * 16, "--probes", 4,
            "--chunk", 5, *where)  # fmt: skip
    return table(path)


def rated(folder, where):
    path = folder / "arena.db"
    words = ["--pairs", 4, "--nodes", 50, "--ladder", "random", "greedy", "--zero", "greedy", "--horizon", 40]
    said = command("arena", "alphabeta:3", *words, "--out", path, *where)
    with ArenaFile(path) as file:
        return said, file.games(), file.scores("gardner")


def studied(folder, where):
    command("study", "oversight", "--profile", "ci", "--out", folder / "study", *where)
    found = contents(folder / "study", "*.csv", "*.json", "*.png")
    return found | {"summary.json": {**json.loads(found["summary.json"]), "seconds": 0}}


def measured(folder, where):
    baselines.FILE = folder / "baselines.json"
    module(baselines.main, "tabular-visitor", "tabular-rota", "--episodes", 8, *where)
    return baselines.FILE.read_bytes()


def asked(folder, where):
    path = folder / "bank.npz"
    words = ["--episodes", 48, "--sample", 240, "--size", 32, "--out", path]
    module(bank_builder.main, "well-visitor", *words, *where)
    return path.read_bytes()


def recorded(folder, where):
    command("record", "tabular-visitor", "--out", folder / "data", "--decisions", 3000, *where)
    return contents(folder / "data", "*")


def swept(folder, where):
    (folder / "sweep.toml").write_text(SWEEP)
    out = folder / "sweep"
    workers = [] if "--workers" in where else ["--workers", 2]
    said = command("sweep", folder / "sweep.toml", "--out", out, *workers, *where)
    weights = {path.parent.name: path.read_bytes() for path in out.glob("*/network-*.safetensors")}
    assert len(weights) == 3
    return re.sub(re.escape(str(folder)), "", said), weights


COMMANDS = {f.__name__: f for f in (evaluated, rated, studied, measured, asked, recorded, swept)}


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """What this process makes, by command."""
    made = {}

    def expected(name):
        if name not in made:
            made[name] = COMMANDS[name](
                tmp_path_factory.mktemp(name), ["--workers", 2 if name == "swept" else 1]
            )
        return made[name]

    return expected


@pytest.fixture(scope="module")
def helpers():
    """Processes that are started from now on find the tests' helpers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))
        yield


@pytest.fixture(scope="module")
def ray_words(helpers):
    pytest.importorskip("ray", reason='needs pip install "gyges[ray]"')
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 80 << 20}
    made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    made.add_node(**node)
    yield ["--ray", made.address]
    made.shutdown()


@pytest.fixture(scope="module")
def slurm_words(helpers, tmp_path_factory):
    pytest.importorskip("submitit", reason='needs pip install "gyges[slurm]"')
    folder = tmp_path_factory.mktemp("jobs")
    return ["--workers", 2, "--slurm", folder, "--slurm-options", "cluster=local"]


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("engine", ["ray_words", "slurm_words"])
def test_a_cluster_gives_what_this_process_gives(name, engine, here, request, tmp_path):
    where = request.getfixturevalue(engine)
    assert COMMANDS[name](tmp_path, where) == here(name)
