"""The notebook with the dials of Steward: it runs as a script, and its price moves as it should."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("marimo", reason="the extra notebook is not installed")

ROOT = Path(__file__).parents[1]
PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
import dials
outputs, found = dials.app.run()
print(found["sentence"])
at = lambda **changed: dials.priced(**{{"ring": 0.5, "temptation": 1, "growth": 0.5, **changed}})
print(*(at(**changed).price for changed in (
    {{}}, {{"ring": 0.0}}, {{"ring": 1.0}}, {{"temptation": 2}}, {{"growth": 1.0}},
)))
print(at(ring=1.0).together)
"""


@pytest.fixture(scope="module")
def said():
    """What it says, in a process of its own: marimo keeps tasks running."""
    code = PROGRAM.format(folder=str(ROOT / "docs" / "tutorials"))
    paths = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": paths, "MPLBACKEND": "Agg"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def test_it_says_what_doing_right_costs(said):
    price, clean, greedy = (
        int(found)
        for found in re.findall(r"costs this steward (\d+) .* earns (\d+), greedy (\d+)\.", said[0])[0]
    )
    assert abs(price - (greedy - clean)) <= 1


def test_the_price_moves_with_the_dials(said):
    usual, seen, unseen, tempted, plenty = map(float, said[1].split())
    assert seen == 0.0
    assert 0.0 < plenty < usual < unseen
    assert usual < tempted
    assert float(said[2]) < -50.0


def test_the_extra_names_what_it_needs():
    text = (ROOT / "pyproject.toml").read_text()
    assert re.search(r'^notebook = \["marimo>=[\d.]+", "matplotlib>=[\d.]+"\]$', text, re.M)
