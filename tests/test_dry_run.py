"""``--dry-run``: every long command says what it would do, and does nothing."""

import pytest

from gyges.scenarios.cli.main import main

COMMANDS = {
    "demo": (["demo"], "clean on steward"),
    "evaluate": (["evaluate", "greedy", "--episodes", "3", "--out", "r.db"], "greedy on steward: "),
    "record": (["record", "steward-visitor", "--out", "data"], "100,000 decisions"),
    "train": (["train", "ppo", "--seeds", "2", "--out", "run"], "gyges train ppo"),
    "train on records": (["train", "cloning", "--dataset", "data", "--out", "run"], "gyges train cloning"),
    "raters": (["raters", "--data", "data"], "tabular-visitor"),
    "certify": (["certify", "steward", "--quick"], "play, best, price, harm"),
    "arena": (["arena", "alphabeta:50"], "at most 900 games"),
    "study": (["study", "--out", "study"], "cells"),
    "text-measure": (["text-measure", "clean"], "64 episodes"),
    "text-attacks": (["text-attacks", "model"], "300 decisions"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_dry_run_says_what_and_does_nothing(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words, expected = COMMANDS[name]
    assert main([*words, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert expected in said
    assert "nothing was done" in said
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_refuses_what_the_run_would(capsys):
    assert main(["evaluate", "nobody", "--dry-run"]) == 2
    assert main(["record", "nowhere", "--out", "data", "--mix", "clean", "--dry-run"]) == 2
