"""Games and suites of other packages, on the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gyges.envs import UnknownNameError, registry

ROOT = Path(__file__).parents[2]


def gyges(*arguments, plugins):
    places = [ROOT / "src", ROOT / "examples" / "well", ROOT / "tests" / "helpers"]
    environment = {**os.environ, "GYGES_PLUGINS": plugins, "PYTHONPATH": os.pathsep.join(map(str, places))}
    command = [sys.executable, "-m", "gyges.scenarios.cli.main", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def test_a_plugin_brings_its_game_and_its_suite():
    without = json.loads(gyges("list", "--json", plugins="").stdout)
    found = json.loads(gyges("list", "--json", plugins=" wells ").stdout)
    ids = [{one["id"] for one in told["environments"]} for told in (without, found)]
    assert ids[1] - ids[0] == {"well-v0"}
    assert "well" in found["suites"]


def test_a_plugin_that_is_not_there_is_named():
    result = gyges("list", plugins="no_such_plugin")
    assert result.returncode == 2
    assert "plugin 'no_such_plugin'" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_plugin_that_breaks_shows_where(tmp_path, monkeypatch):
    (tmp_path / "half_a_plugin.py").write_text("import another_that_is_not_there")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("GYGES_PLUGINS", "half_a_plugin")
    with pytest.raises(ModuleNotFoundError, match="another_that_is_not_there"):
        registry.load_plugins()
    monkeypatch.setenv("GYGES_PLUGINS", "neither.here.nor.there")
    with pytest.raises(UnknownNameError, match="neither"):
        registry.load_plugins()


@pytest.mark.parametrize("name", ["steward", "tabular_steward", "fairychess", "fairychess_stakes"])
def test_a_version_that_was_replaced_is_refused_by_what_replaces_it(name):
    with pytest.raises(UnknownNameError, match=f"{name}-v1 replaces {name}-v0"):
        registry.make(f"{name}-v0")
    assert registry.make(name).id == f"{name}-v1"
