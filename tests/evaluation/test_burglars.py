"""Policies that try every door of the sandbox: what `docs/threat-model.md` says is shut is shut."""

import platform
import shutil
import sys
from pathlib import Path

import pytest
from wells import RESIDENT, VISITOR, workers

from gyges.agents.load import build
from gyges.agents.sandbox import process as confined
from gyges.agents.sandbox.landlock import has_landlock
from gyges.agents.sandbox.process import Limits
from gyges.agents.sandbox.seccomp import has_filter
from gyges.envs.errors import PolicyError
from gyges.scenarios.cli.main import main
from gyges.scenarios.evaluation.plan import plan
from gyges.scenarios.evaluation.play import play_chunk, seated

HELPERS = Path(__file__).parents[1] / "helpers"
NONCE = "5a" * 16

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox's limits are Linux's"),
    pytest.mark.skipif(
        not (has_landlock() and has_filter()), reason="this kernel lacks Landlock or the filter"
    ),
]


@pytest.fixture(autouse=True)
def nothing_is_left_behind(mark):
    yield
    assert not workers(mark)


@pytest.fixture
def burglar(tmp_path):
    """Names of policies in a copy of the burglars' file, with a folder of its own beside it."""
    home = tmp_path / "policies"
    (home / "burglars").mkdir(parents=True)
    shutil.copy(HELPERS / "burglars.py", home / "burglars.py")
    (home / "burglars" / "weights.txt").write_text("mine")
    target = tmp_path / "target"
    target.mkdir()
    (target / "results.db").write_text("the nonce")
    (target / "secret.txt").write_text("a key")
    (home / "burglars" / "target.txt").write_text(str(target))
    return lambda name: f"{home / 'burglars.py'}:{name}"


def played(policy, *, limits=None, scenario=VISITOR, count=2, hidden=()):
    ready = plan(policy, [scenario])[0]
    personas = {name: build(source, ready.game) for name, source in ready.sources.items()}
    limits = limits or Limits(act_seconds=60, memory_mb=2048, failures=2)
    with seated(ready, limits, hidden) as made:
        return play_chunk(ready, made, personas, NONCE, 0, count)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the burglar knows this processor's numbers")
@pytest.mark.parametrize("inside", [False, True], ids=["elsewhere", "on the path of modules"])
def test_every_door_is_shut(burglar, tmp_path, monkeypatch, inside):
    target = tmp_path / "target"
    if inside:  # the results lie in a folder that Python imports from
        monkeypatch.syspath_prepend(str(target))
    files = [str(target / name) for name in ("results.db", "secret.txt")]
    done = played(burglar("Burglar"), hidden=files if inside else ())
    said = dict(line.split(": ", 1) for line in done[0].episode.words[0].text.splitlines())
    shut = {name for name, what in said.items() if what.startswith("closed")}
    allowed = {"read a bank", "a thread", "numpy", "its own folder", "a mode", "its own limits"}
    allowed |= {"what lies beside it"} | ({"list the folder"} if inside else set())
    assert len(shut) > 45
    assert set(said) - shut == allowed, {n: said[n] for n in (set(said) - shut) ^ allowed}
    assert (target / "results.db").read_text() == "the nonce"
    assert not any(one.episode.forfeits for one in done)


@pytest.mark.parametrize("name", ["Patches", "EvilInts"])
def test_what_it_does_in_its_own_process_changes_nothing(burglar, name):
    mine, theirs = played(burglar(name)), played("clean")
    for one, other in zip(mine, theirs, strict=True):
        assert (one.episode.actions == other.episode.actions).all()
        assert one.counts == other.counts


BRUTES = [
    ("ExitsBySystemExit", "SystemExit"),
    ("Interrupts", "KeyboardInterrupt"),
    ("RaisesTheUnspeakable", "its process ended"),
    ("AnswersInfinitelyDeep", ""),
    ("ClaimsTerabytes", ""),
    ("ThreadBomb", ""),
    ("BlocksSignals", "no answer within"),
    ("LongWords", "words are a list"),
    ("ManyFiles", "more than"),
]


HANGING = ("AnswersInfinitelyDeep", "BlocksSignals")
"""Each of their calls costs its limit."""


@pytest.mark.parametrize(("name", "reason"), BRUTES)
def test_brutes_lose_their_own_seat(burglar, name, reason):
    seconds = 2 if name in HANGING else 5
    limits = Limits(act_seconds=seconds, memory_mb=1024, failures=2, folder_mb=64)
    done = played(burglar(name), limits=limits, scenario=RESIDENT, count=3)
    reasons = [f.reason for one in done for f in one.episode.forfeits]
    assert reasons
    assert all(reason in one for one in reasons), reasons


def test_what_the_system_does_not_hold_off_is_said(monkeypatch, capsys):
    assert confined.unprotected() == []
    monkeypatch.setattr(confined, "has_landlock", lambda: False)
    monkeypatch.setattr(confined, "has_filter", lambda: False)
    assert [line.split()[3] for line in confined.unprotected()] == ["no", "no"]
    assert main(["evaluate", "nowhere.py", "--suite", "well-visitor"]) == 2
    assert "no Landlock" in capsys.readouterr().err
    assert main(["evaluate", "nobody", "--suite", "well-visitor"]) == 2  # plays in this process, if at all
    assert "Landlock" not in capsys.readouterr().err


def test_a_file_that_is_closed_to_a_policy_is_named_with_what_opens_it(tmp_path):
    (tmp_path / "weights.txt").write_text("3")
    text = (
        "from pathlib import Path\n"
        "class Mine:\n"
        "    def __init__(self, game=None):\n"
        "        Path(__file__).with_name('weights.txt').read_text()\n"
        "    def initial(self, rows):\n"
        "        return [None] * rows\n"
        "    def act(self, observation, memory):\n"
        "        raise NotImplementedError\n"
    )
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(PolicyError, match=r"weights\.txt.*--limits\.reads"):
        played(f"{tmp_path / 'mine.py'}:Mine")
