"""Data files that a stranger may have written: named errors only, and nothing of them is ever run."""

import io
import json
import os
import pickle
import sqlite3
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gyges.agents.data.dataset import Dataset
from gyges.envs.errors import FileError, GygesError
from gyges.scenarios.cli.main import main
from gyges.scenarios.counterfactual import bank as bk
from gyges.scenarios.evaluation.evaluate import evaluate
from gyges.scenarios.scenario import Scenario


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mknod, (self.path,)


@pytest.fixture
def trap(tmp_path):
    """Something to hide in files; it must never go off."""
    path = tmp_path / "sprung"
    yield Trap(str(path))
    assert not path.exists()


# Banks.


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path, parts, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data, **options)
    return path


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def claims(shape, dtype="<f8"):
    """The file of an array that says it is of this shape and holds nothing."""
    head = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode()


@pytest.fixture
def sound(asked):
    return bk.FOLDER / "well-v0.npz"


@pytest.mark.parametrize(
    "part",
    [
        claims((10**9,)),
        claims((10**15,)),
        claims((10**30,)),
        claims((-1,)),
        claims((3,), "|O"),
        claims((3,), "V99999999999"),
        b"",
        b"\x93NUMPY\x09\x09",
        b"not an array",
    ],
)
def test_arrays_that_claim_too_much(sound, tmp_path, part):
    parts = members(sound)
    parts["price.npy"] = part
    with pytest.raises(FileError):
        bk.load(packed(tmp_path / "b.npz", parts))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("tick", lambda a: a + 10_000),
        ("tick", lambda a: a - 10_000),
        ("episode", lambda a: a + 10_000),
        ("seat", lambda a: a - 100),
        ("phase", lambda a: a - 100),
        ("price", lambda a: a * np.nan),
        ("price", lambda a: a.astype("U9")),
        ("actions", lambda a: a[0]),
        ("length", lambda a: a[:2]),
        ("states", lambda a: a[:, :3]),
        ("norms", lambda a: a.astype(np.int64)),
        ("tick", lambda a: a[:0]),
    ],
)
def test_banks_that_do_not_hang_together(sound, tmp_path, name, change):
    """Even with a digest that is right."""
    bank = bk.load(sound)
    bk.save(bank._replace(**{name: change(getattr(bank, name))}), tmp_path / "b.npz")
    with pytest.raises(FileError):
        bk.load(tmp_path / "b.npz")


def test_a_pickle_in_a_bank_stays_asleep(sound, tmp_path, trap):
    parts = members(sound)
    for payload in (npy(np.array([trap], object)), pickle.dumps(trap)):
        with pytest.raises(FileError):
            bk.load(packed(tmp_path / "b.npz", {**parts, "head.npy": payload}))
        (tmp_path / "c.npz").write_bytes(payload)
        with pytest.raises(FileError):
            bk.load(tmp_path / "c.npz")


def test_a_bomb_in_a_bank_stays_small(sound, tmp_path):
    parts = members(sound)
    parts["price.npy"] = claims((1 << 26,)) + bytes(1 << 29)
    with pytest.raises(FileError, match="unpacks to more"):
        bk.load(packed(tmp_path / "b.npz", parts))


@pytest.mark.parametrize("kept", [0, 1, 30, 200, -1, -30])
def test_truncated_banks(sound, tmp_path, kept):
    (tmp_path / "b.npz").write_bytes(sound.read_bytes()[:kept])
    with pytest.raises(FileError):
        bk.load(tmp_path / "b.npz")


# Results.


@pytest.fixture
def results(out):
    evaluate("clean", "well-visitor", out, episodes=3, probes=0)
    return out


COUNTS = [
    "'{}'",
    "json_remove(counts, '$.returns')",
    "json_set(counts, '$.returns', json('[1]'))",
    "json_set(counts, '$.returns', json('[1,2,3,4,\"x\"]'))",
    "json_set(counts, '$.length', 'long')",
    "json_set(counts, '$.length', json('[1]'))",
    "json_set(counts, '$.welfare', 3)",
    "json_set(counts, '$.violations_unwatched', json('[[1],2,3,4,5]'))",
    "json_set(counts, '$.answers_ok', json('{}'))",
    'replace(counts, \'"length":\', \'"length":1e999,"long":\')',
    'replace(counts, \'"length":\', \'"length":NaN,"long":\')',
]


def ran(arguments, capsys):
    """What a command says, and its exit status."""
    code = main([str(a) for a in arguments])
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "\x1b[31m" not in said.out + said.err
    return code, said.out + said.err


@pytest.mark.parametrize("change", COUNTS)
def test_counts_that_are_none(results, capsys, change):
    with sqlite3.connect(results) as db:
        db.execute(f"UPDATE episodes SET counts = {change} WHERE idx = 1")
    db.close()
    assert ran(["leaderboard", results], capsys)[0] == 2
    assert ran(["leaderboard", results, "--verify"], capsys)[0] in (1, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"background": True},
        {"settings": {"num_agents": 10**9}},
        {"settings": {"num_agents": "five"}},
        {"settings": {"horizon": 1e300}},
        {"settings": {"stakes": "[chess]"}},
        {"settings": {"stakes": 2**70}},
        {"settings": [1]},
        {"focal": [10**9]},
        {"focal": 1.5},
        {"focal": {}},
        {"episodes": 10**9},
        {"episodes": "all"},
        {"tags": "x"},
        {"title": 7},
        {"game": "../../etc/passwd"},
        {"game": "os:system"},
        {"kind": "movie"},
        {"reference": "gyges.scenarios.cli.main:main"},
        {"background": ["../clean", "clean", "clean", "clean"]},
    ],
)
def test_scenarios_that_are_none(results, capsys, change):
    with sqlite3.connect(results) as db:
        data = {**json.loads(db.execute("SELECT data FROM plans").fetchone()[0]), **change}
        try:
            digest = Scenario.from_dict(data).hash()
        except GygesError:
            digest = "0" * 64
        db.execute("UPDATE plans SET data = ?, hash = ?", (json.dumps(data), digest))
    db.close()
    assert ran(["leaderboard", results, "--verify"], capsys)[0] in (1, 2)
    assert ran(["leaderboard", results], capsys)[0] == 2


def test_names_that_command_a_terminal(results, capsys, tmp_path):
    with sqlite3.connect(results) as db:
        db.execute("UPDATE runs SET policy = ?", ("\x1b[31m\x07red\r\n<script>",))
    db.close()
    ran(["leaderboard", results, "--verify"], capsys)
    assert ran(["leaderboard", results, "--html", tmp_path / "b.html"], capsys)[0] == 0
    assert "<script" not in (tmp_path / "b.html").read_text().lower()


def test_files_of_an_older_schema_are_named(results, capsys):
    with sqlite3.connect(results) as db:
        db.execute("PRAGMA user_version = 0")
    db.close()
    code, said = ran(["leaderboard", results], capsys)
    assert code == 2
    assert "schema 0" in said


# Folders that cannot be written, disks that are full.


@pytest.mark.skipif(sys.platform != "linux", reason="/proc takes no files")
@pytest.mark.parametrize(
    "command",
    [
        [
            "evaluate",
            "clean",
            "--suite",
            "well-visitor",
            "--episodes",
            1,
            "--probes",
            0,
            "--out",
            "/proc/r.db",
        ],
        [
            "evaluate",
            "clean",
            "--suite",
            "well-visitor",
            "--episodes",
            1,
            "--probes",
            0,
            "--out",
            "/proc/a/r.db",
        ],
        ["leaderboard", "RESULTS", "--html", "/proc/b.html"],
        ["export", "RESULTS", "well-visitor", 1, "--out", "/proc/e.json"],
    ],
)
def test_folders_that_take_no_files(results, capsys, command):
    code, said = ran([results if part == "RESULTS" else part for part in command], capsys)
    assert code == 2
    assert "/proc" in said


@pytest.mark.skipif(sys.platform != "linux", reason="file sizes are limited with setrlimit")
def test_a_full_disk_is_named_and_the_run_goes_on(out, program, tmp_path):
    """Writes fail past 150 kB; with room again the run is completed."""
    command = [
        "evaluate",
        "clean",
        "--suite",
        "well",
        "--episodes",
        64,
        "--probes",
        0,
        "--chunk",
        4,
        "--out",
        out,
    ]
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))\n"
    process = program(*command, before=limit)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 2, errors
    assert b"Traceback" not in errors
    assert b"results.db" in errors
    process = program(*command)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert main(["leaderboard", str(out), "--verify"]) == 0


@pytest.mark.parametrize("what", ["page", "bank"])
def test_killed_while_writing_leaves_the_old_file(what, results, asked, tmp_path):
    """Killed just before the finished file is put in its place."""
    target = tmp_path / "target"
    target.write_text("old")
    act = {
        "page": f"main(['leaderboard', {str(results)!r}, '--html', {str(target)!r}])",
        "bank": f"bank.save(bank.load({str(bk.FOLDER / 'well-v0.npz')!r}), {str(target)!r})",
    }[what]
    helpers = str(Path(__file__).parents[1] / "helpers")
    code = (
        f"import os, signal, sys; sys.path.insert(0, {helpers!r}); import wells\n"
        "from gyges.scenarios.counterfactual import bank\nfrom gyges.scenarios.cli.main import main\n"
        "def die(source, to):\n    if str(to).endswith('target'): os.kill(os.getpid(), signal.SIGKILL)\n"
        f"os.replace = die\n{act}\n"
    )
    path = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True
    )
    assert done.returncode == -9, done.stderr.decode()[-2000:]
    assert target.read_text() == "old"


# Datasets.


def test_two_recorders_never_share_a_folder(tmp_path):
    from gyges.agents.data import recorder as rd
    from gyges.agents.data import writer
    from gyges.agents.load import load
    from gyges.envs.registry import make

    game = make("well-v0", num_agents=3)
    mixture = [rd.Player("clean", load("clean", game), 1.0)]
    with writer.taken(tmp_path / "data") as folder:
        (folder / "steps.codes.npy").write_bytes(b"of the first")
        with pytest.raises(FileError, match="another recording"):
            rd.record(game, mixture, tmp_path / "data", episodes=2)
        assert (folder / "steps.codes.npy").read_bytes() == b"of the first"
    with pytest.raises(FileError, match="something already"):
        rd.record(game, mixture, tmp_path / "data", episodes=2)
    assert len(rd.record(game, mixture, tmp_path / "other", episodes=2)) > 0
    assert not (tmp_path / "other" / writer.LOCK).exists()


@pytest.mark.parametrize("moment", [0.05, 0.3, 0.6])
def test_a_recording_that_was_killed_is_no_dataset(tmp_path, moment):
    helpers = str(Path(__file__).parents[1] / "helpers")
    code = (
        f"import os, signal, sys, threading; sys.path.insert(0, {helpers!r}); import wells\n"
        "from gyges.agents.data import recorder as rd\nfrom gyges.agents.load import load\n"
        "from gyges.envs.registry import make\nfrom gyges.envs.batch import Batch\n"
        "game = make('well-v0', num_agents=3)\nBatch(game, 1).choice_point(0, 0)\n"
        f"threading.Timer({moment}, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()\n"
        f"rd.record(game, [rd.Player('clean', load('clean', game), 1.0)], {str(tmp_path / 'data')!r},"
        " decisions=100_000_000)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.returncode == -9, done.stderr.decode()[-2000:]
    with pytest.raises(FileError):
        Dataset(tmp_path / "data")
