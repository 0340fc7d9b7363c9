"""A small suite around the Well, and a results file to write to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import wells

HELPERS = Path(__file__).parents[1] / "helpers"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "results.db"


@pytest.fixture(scope="session")
def cheat():
    """The name of a policy in the file of cheats."""
    return lambda name: f"{HELPERS / 'cheats.py'}:{name}"


@pytest.fixture
def program():
    """Starts the command line, the Well's scenarios known to it, in a process of its own."""
    code = (
        f"import sys; sys.path.insert(0, {str(HELPERS)!r}); import wells\n"
        "from gyges.scenarios.cli.main import main\n"
        "raise SystemExit(main(sys.argv[1:]))"
    )
    started = []

    def start(*arguments, before=""):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        command = [sys.executable, "-c", before + code, *map(str, arguments)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def mark(tmp_path, monkeypatch):
    """A word in the environment of every worker that this test starts, wherever it hides."""
    monkeypatch.syspath_prepend(str(tmp_path / "mark"))
    return str(tmp_path / "mark")


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """The Well has a bank of questions; name of the suite that asks them."""
    from gyges.scenarios.counterfactual import bank, bank_builder

    folder = tmp_path_factory.mktemp("banks")
    game = wells.VISITOR.make_game()
    bank.save(
        bank_builder.build(game, episodes=48, sample=240, size=64, screen=1, final=2), folder / "well-v0.npz"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "FOLDER", folder)
        bank.bank_of.cache_clear()
        yield "well-asked"
    bank.bank_of.cache_clear()
