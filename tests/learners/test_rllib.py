"""The example that trains all seats of Steward on RLlib."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ray.rllib", reason='needs pip install "gyges[rllib]"')
EXAMPLE = Path(__file__).parents[2] / "examples" / "rllib.py"


def test_all_seats_are_trained_and_none_does_what_it_may_not():
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), "--iterations", "1"], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stderr[-2000:]
    first, last = done.stdout.splitlines()[-2:]
    assert first.startswith("iteration 1: ")
    assert last == "0 illegal acts"
