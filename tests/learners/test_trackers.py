"""Trackers: every learner's numbers reach TensorBoard and W&B (offline), and no run needs either."""

from __future__ import annotations

import json

import pytest

from gyges.agents import trackers
from gyges.agents.progress import Progress, read_curves
from gyges.agents.trackers import Trackers
from gyges.scenarios.cli.main import main


class Kept:
    """A tracker that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, dict[str, float]]] = []
        self.closed = False

    def log(self, numbers, step):
        self.lines.append((step, dict(numbers)))

    def close(self):
        self.closed = True


@pytest.fixture
def kept(monkeypatch):
    one = Kept()
    monkeypatch.setattr(Trackers, "begin", lambda self, folder, title, start: [one])
    return one


GAME = ["--scenario", "tabular_steward-v1", "--threads", "1"]
PPO = ["train", "ppo", *GAME, "--frames", "1024", "--rows", "8"]
SB3 = ["train", "sb3-a2c", *GAME, "--frames", "2600", "--rows", "1"]


@pytest.mark.parametrize("words", [PPO, SB3], ids=["ppo", "sb3"])
def test_a_learner_tells_its_trackers(words, tmp_path, kept):
    assert main([*words, "--out", str(tmp_path / "run"), "--quiet"]) == 0
    assert kept.closed
    steps = [step for step, _ in kept.lines]
    assert steps == sorted(steps)
    assert steps
    assert steps[-1] > 0
    assert all(isinstance(value, (int, float)) for _, line in kept.lines for value in line.values())


def test_curves_and_trackers_say_the_same(tmp_path, kept):
    with Progress("run", 10, folder=tmp_path, quiet=True) as shown:
        shown.log({"frames": 5, "loss": 0.25})
        shown.log({"frames": 10, "loss": 0.125})
    assert [line for _, line in kept.lines] == read_curves(tmp_path)
    assert [step for step, _ in kept.lines] == [5, 10]


def test_wandb_offline_keeps_the_run_in_its_folder(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="the extra track is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    with Progress("run", 10, folder=tmp_path, quiet=True, trackers=Trackers(False, "gyges-test")) as shown:
        shown.log({"frames": 5, "loss": 0.25})
    (folder,) = (tmp_path / "wandb").glob("offline-run-*")
    assert list(folder.glob("run-*.wandb"))
    assert [json.loads(line)["loss"] for line in (tmp_path / "curves.jsonl").read_text().splitlines()] == [
        0.25
    ]


def test_a_folder_s_run_keeps_its_name(tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(trackers, "require", lambda *_, **__: None)
    fake = type("wandb", (), {"init": staticmethod(lambda **kw: begun.append(kw))})
    monkeypatch.setitem(__import__("sys").modules, "wandb", fake)
    Trackers(False, "p").begin(tmp_path, "a", 0)
    Trackers(False, "p").begin(tmp_path, "a", 5)
    Trackers(False, "p").begin(tmp_path / "other", "a", 5)
    assert begun[0]["id"] == begun[1]["id"] != begun[2]["id"]
    assert begun[0]["resume"] == "allow"
