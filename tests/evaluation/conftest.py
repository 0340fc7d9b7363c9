"""A small suite around the Well, and a results file to write to."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "house"))

import wells  # noqa: E402, F401


@pytest.fixture
def out(tmp_path):
    return tmp_path / "results.db"


@pytest.fixture
def cheat():
    """The name of a policy in the file of cheats."""
    return lambda name: f"{HERE / 'house' / 'cheats.py'}:{name}"
