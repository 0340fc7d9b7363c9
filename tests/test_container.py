"""The container file of the OpenEnv server: its steps are known, and what it starts plays an episode.

`benchmarks/container.py` does all of its steps in an empty environment, which takes minutes.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tool():
    """`benchmarks/container.py`."""
    spec = importlib.util.spec_from_file_location("container_check", ROOT / "benchmarks" / "container.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def file(tool):
    return tool.steps(tool.FILE.read_text())


def test_every_step_is_one_that_the_check_does(tool, file):
    assert [step.word for step in file] == [
        "FROM", "WORKDIR", "COPY", "RUN", "RUN", "EXPOSE", "ENTRYPOINT", "CMD",
    ]  # fmt: skip
    assert tool.entry(file)[:3] == ["gyges", "serve", "openenv"]
    words = tool.entry(file)
    assert words[words.index("--port") + 1] == dict(file)["EXPOSE"]
    assert "docker" not in " ".join(rest for word, rest in file if word == "RUN")


def test_the_committed_result_is_of_these_steps(tool, file):
    text = tool.OUT.read_text()
    assert all(f"`{rest}`" in text for word, rest in file if word == "RUN")
    assert f"in the file: `{dict(file)['FROM']}`" in text


def test_python_and_extra_are_the_packages_own(file):
    project = (ROOT / "pyproject.toml").read_text()
    minor = int(re.fullmatch(r"python:3\.(\d+)-slim", dict(file)["FROM"])[1])
    low, high = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', project).groups()
    assert int(low) <= minor < int(high)
    install = next(rest for word, rest in file if word == "RUN")
    assert '\ngyges = "gyges.scenarios.cli.main:main"\n' in project  # what ENTRYPOINT names
    (extra,) = re.findall(r'"\.\[(\w+)\]"', install)
    assert re.search(rf"^{extra} = \[", project, re.M)


@pytest.mark.parametrize("line", ["ADD . .", "COPY a b", "RUNN x", "USER nobody"])
def test_what_the_check_cannot_do_is_refused(tool, line):
    with pytest.raises(ValueError, match="nothing here does that"):
        tool.steps(f"FROM python:3.12-slim\n# {line}\n{line}\n")


def test_lines_that_go_on_are_one_step(tool):
    assert tool.steps("RUN a \\\n  # note\n  b\nCMD []\n") == [("RUN", "a b"), ("CMD", "[]")]


def test_what_is_built_serves_an_episode(tool, file, tmp_path):
    """The last RUN line and the entry, in this environment."""
    pytest.importorskip("openenv", reason="the extra openenv is not installed")
    paths = os.pathsep.join([str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PYTHONPATH": paths, "PATH": path}
    last = [rest for word, rest in file if word == "RUN"][-1]
    subprocess.run(["sh", "-c", last], env=environment, cwd=tmp_path, check=True)
    command = [sys.executable, "-m", "gyges.scenarios.cli", *tool.entry(file)[1:]]
    with tool.served(command, environment, tmp_path) as url:
        assert re.match(r"\d+ turns, return -?[\d.]+, violations \d+", tool.play(url, environment, tmp_path))
