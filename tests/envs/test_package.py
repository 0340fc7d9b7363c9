"""The package: what importing it costs, what the wheel holds."""

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
    assert {n.split("/")[0] for n in packed} == {"gyges"}
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
