"""What `gyges.agents` offers, and what importing it costs."""

import subprocess
import sys

import pytest

import gyges.agents as agents


def test_every_public_name_is_there():
    for name in agents.__all__:
        assert getattr(agents, name).__name__ in (name, "load")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        agents.nothing  # noqa: B018


def test_importing_it_imports_nothing_slow():
    slow = ("torch", "stable_baselines3", "matplotlib", "tyro", "gyges.agents.learn", "gyges.agents.nn")
    code = f"import sys, gyges.agents; print([name for name in {slow} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
