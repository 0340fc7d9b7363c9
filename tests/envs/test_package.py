"""The package: what importing it costs, what the wheel holds."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLOW = ("torch", "numba", "pygame", "stable_baselines3", "matplotlib", "gymnasium", "pettingzoo")


@pytest.mark.parametrize("module", ["gyges", "gyges.envs"])
def test_import_leaves_slow_libraries_alone(module):
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); import {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(SLOW) & set(loaded.stdout.split())


BARE = """
import importlib, pkgutil, sys
sys.path.insert(0, {src!r})

from importlib.machinery import PathFinder

found = PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name.split(".")[0] in {extras!r} else found(name, *more)
import gyges
from gyges.envs.errors import MissingExtraError

for module in pkgutil.walk_packages(gyges.__path__, "gyges.", onerror=lambda name: None):
    if any(part in module.name for part in ("_runtime.kernels", "__main__", "inspect_tasks")):
        continue  # kernels are executed by the loader; Inspect itself loads its tasks
    try:
        importlib.import_module(module.name)
    except MissingExtraError as error:
        print(module.name, "|", error)
"""
EXTRAS = ("torch", "stable_baselines3", "sb3_contrib", "safetensors", "matplotlib", "scipy", "filelock",
          "openai", "httpx", "anyio", "mcp", "openenv",
          "inspect_ai", "transformers", "peft", "trl", "minari", "tensorboard",
          "imageio", "imageio_ffmpeg", "pyffish", "chess", "ray", "submitit", "verifiers")  # fmt: skip
LEARN = ("gyges.agents.nn", "gyges.agents.learn", "gyges.agents.sb3", "gyges.agents.llm.text")


def test_a_part_without_its_extra_says_which_one_to_install():
    """With no extra installed every module imports, or names the extra that it lacks."""
    code = BARE.format(src=str(ROOT / "src"), extras=EXTRAS)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    refused = dict(line.split(" | ", 1) for line in done.stdout.splitlines())
    assert set(LEARN) <= set(refused)
    for name, message in refused.items():
        assert 'pip install "gyges[' in message, name
    core = ("gyges.envs", "gyges.render", "gyges.scenarios.evaluation", "gyges.scenarios.report",
            "gyges.scenarios.counterfactual", "gyges.agents.sandbox", "gyges.agents.data")  # fmt: skip
    assert not [name for name in refused if name.startswith(core)]


def test_the_changelogs_new_import_paths_exist():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(gyges[\w.]+)` \| `(gyges[\w.]+)` \|$", text, re.M)
    assert len(rows) > 150
    missing = [new for _, new in rows if not _source(new)]
    assert missing == []


def _source(name):
    path = ROOT.joinpath(*name.split(".")[1:])
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def test_wheel_holds_every_tracked_source_file(tmp_path):
    pytest.importorskip("hatchling")
    tracked = subprocess.run(
        ["git", "ls-files", "envs", "agents", "scenarios", "render"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if tracked.returncode:
        pytest.skip("not a git checkout")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    packed = {n for n in zipfile.ZipFile(wheel).namelist() if not n.startswith("gyges-")}
    wanted = {f"gyges/{line}" for line in tracked.stdout.split() if (ROOT / line).exists()}
    wanted |= {"gyges/__init__.py", "gyges/py.typed"}
    assert wanted <= packed, sorted(wanted - packed)
    assert {n.split("/")[0] for n in packed} == {"gyges", "gyges_verifiers.py"}
    fonts = "gyges/render/kit/fonts/"
    assert {n for n in packed if n.startswith(fonts)} == {
        f"{fonts}{name}"
        for name in (
            "DejaVuSans.ttf",
            "DejaVuSans-Bold.ttf",
            "LICENSE_DEJAVU",
            "GygesPieces.ttf",
            "LICENSE_GYGES_PIECES",
        )
    }
    assert not [n for n in packed if n.endswith((".pyc", ".nbi", ".nbc"))]


def test_a_checkout_without_links_still_imports(tmp_path):
    """Where symbolic links are text files, the package finds its folders by itself."""
    package = tmp_path / "src" / "gyges"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text((ROOT / "src" / "gyges" / "__init__.py").read_text())
    (package / "envs").write_text("../../envs")
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs" / "__init__.py").write_text("FOUND = True\n")
    found = f"import sys; sys.path.insert(0, {str(tmp_path / 'src')!r})"
    code = f"{found}; import gyges.envs; print(gyges.envs.FOUND)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "True", done.stderr
