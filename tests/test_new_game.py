"""``gyges new-game``: what it writes is the example, passes its own tests, and overwrites nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gyges.envs.errors import ConfigError
from gyges.scenarios.new_game import write

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "well"
LEFT = {"__pycache__", ".pytest_cache"}


def files(folder):
    found = (path for path in folder.rglob("*") if path.is_file() and not LEFT & set(path.parts))
    return {str(path.relative_to(folder)): path.read_text() for path in found}


def test_the_example_is_exactly_what_it_writes(tmp_path):
    written = write("well", tmp_path)
    assert files(tmp_path / "well") == files(EXAMPLE)
    assert {path.name for path in written} >= {"game.py", "rules.py", "personas.py", "suite.py", "README.md"}


@pytest.mark.slow
def test_a_game_of_another_name_passes_its_tests_and_is_evaluated(tmp_path):
    write("fish_pond", tmp_path, title="The Pond")
    room = tmp_path / "fish_pond"
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}:{room}",
        "GYGES_PLUGINS": "fish_pond,fish_pond.suite",
    }

    def run(*command):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=room, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "passed" in run("pytest", "-q", "-p", "no:cacheprovider")
    assert "The Pond" in run("gyges.scenarios.cli", "list")
    run(
        "gyges.scenarios.cli",
        "evaluate",
        "greedy",
        "--suite",
        "fish-pond-visitor",
        "--episodes",
        "4",
        "--probes",
        "0",
    )


def test_bad_names_and_existing_files_are_refused(tmp_path):
    for name in ("Well", "9well", "we ll", ""):
        with pytest.raises(ConfigError, match="lower-case"):
            write(name, tmp_path)
    write("well", tmp_path)
    with pytest.raises(ConfigError, match="exists already"):
        write("well", tmp_path)
    with pytest.raises(ConfigError, match="checkout"):
        write("pond", tmp_path, in_tree=True)


def test_in_a_checkout_it_enters_the_game_and_its_suite(tmp_path):
    for name in ("envs/registry.py", "scenarios/scenario.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text((ROOT / name).read_text())
    write("old_mill", tmp_path, in_tree=True)
    assert '"old_mill-v0": "gyges.envs.old_mill.game:OldMill"' in (tmp_path / "envs/registry.py").read_text()
    assert (
        '"old_mill": "gyges.scenarios.old_mill_suite:suite"'
        in (tmp_path / "scenarios/scenario.py").read_text()
    )
    assert "from gyges.envs.old_mill.game import INDEX" in (tmp_path / "envs/old_mill/rules.py").read_text()
    assert (tmp_path / "docs/old_mill.md").exists()
    assert (tmp_path / "tests/old_mill/golden/mixed.txt").exists()
    assert not (tmp_path / "old_mill").exists()
