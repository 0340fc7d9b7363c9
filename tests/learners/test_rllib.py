"""The examples on Ray: all seats of Steward trained by RLlib, and settings found by Ray Tune."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ray.rllib", reason='needs pip install "gyges[rllib]"')
EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name, *words):
    """What an example prints, by lines."""
    command = [sys.executable, str(EXAMPLES / name), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def test_all_seats_are_trained_and_none_does_what_it_may_not():
    first, last = run("rllib.py", "--iterations", 1)[-2:]
    assert first.startswith("iteration 1: ")
    assert last == "0 illegal acts"


def test_tune_trains_runs_that_can_be_evaluated_and_stops_some(tmp_path):
    lines = run("ray_tune.py", "--trials", 3, "--frames", 900, "--out", tmp_path)
    found = [line for line in lines if line.startswith("episode_return ")]
    assert len(found) == 3
    assert " after 900 frames" in found[0]
    runs = list((tmp_path / "runs").iterdir())
    assert len(runs) == 3
    assert all((folder / "checkpoint.json").is_file() for folder in runs)
