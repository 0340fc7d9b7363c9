"""Sweeps: what a file may say, halving, and going on after a kill."""

import math

import pytest

from gyges.envs.errors import ConfigError, FileError, JobError
from gyges.scenarios.cli import sweep_runner
from gyges.scenarios.cli.main import main
from gyges.scenarios.cli.sweep_runner import Job, Runner, read, train
from gyges.scenarios.executor import Executor

pytest.importorskip("optuna")

TEXT = """
algorithm = "ppo"
words = ["--scenario", "tabular_steward-v1", "--threads", "1", "--rows", "4", "--steps", "24"]
length = 180
trials = {trials}
rungs = 2

[space.learning-rate]
low = 1e-4
high = 1e-2
log = true

[space.epochs]
choices = [1, 2]
"""


@pytest.fixture
def write(tmp_path):
    def written(text=TEXT, trials=3):
        path = tmp_path / "sweep.toml"
        path.write_text(text.replace("{trials}", str(trials)))
        return path

    return written


def made(path, folder):
    return Runner(read(path), folder)


def stands(job):
    """In place of training: the better, the greater the learning rate."""
    rate = float(job.words[job.words.index("--learning-rate") + 1])
    CALLS.append((job.folder, job.length))
    return rate


CALLS: list[tuple[str, int]] = []


def run(runner):
    CALLS.clear()
    with Executor(1) as executor:
        runner.run(executor)
    return runner.trials()


def test_runs_are_trained_and_dropped_by_the_command_and_can_be_evaluated(write, tmp_path, capsys):
    path, out = write(trials=2), tmp_path / "out"
    assert main(["sweep", str(path), "--out", str(out), "--dry-run"]) == 0
    assert "2 runs of ppo, each to 60, 180" in capsys.readouterr().out
    assert not out.exists()
    words = ["sweep", str(path), "--out", str(out), "--workers", "1", "--png", str(tmp_path / "s.png")]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "at 180 (whole)" in said
    assert "learning-rate=" in said
    assert (out / "run-0" / "checkpoint.json").is_file()
    assert (tmp_path / "s.png").stat().st_size > 10_000
    assert main(words) == 0  # nothing is left to do
    assert main(["train", "ppo", "--resume", str(out / "run-0"), "--frames", "900", "--quiet"]) == 0


def test_only_the_better_third_goes_on(write, tmp_path, monkeypatch):
    monkeypatch.setattr(sweep_runner, "train", stands)
    found = run(made(write(trials=12), tmp_path / "out"))
    whole = [one for one in found if one.state == "whole"]
    dropped = [one for one in found if one.state == "dropped"]
    assert len(whole) + len(dropped) == 12
    assert len(dropped) >= 5
    assert {one.length for one in whole} == {180}
    assert {one.length for one in dropped} == {60}
    assert max(found, key=lambda one: one.value) in whole
    assert [one.value for one in found[: len(whole)]] == sorted((one.value for one in whole), reverse=True)


def test_a_sweep_that_is_killed_goes_on_and_trains_no_rung_twice(write, tmp_path, monkeypatch):
    path = write(trials=8)
    monkeypatch.setattr(sweep_runner, "train", stands)
    whole = run(made(path, tmp_path / "whole"))
    all_calls = [(folder.rpartition("/")[2], length) for folder, length in CALLS]
    seen = []

    def dies(job):
        if len(seen) == 5:
            raise KeyboardInterrupt
        seen.append((job.folder.rpartition("/")[2], job.length))
        return stands(job)

    monkeypatch.setattr(sweep_runner, "train", dies)
    with pytest.raises(KeyboardInterrupt):
        run(made(path, tmp_path / "parts"))
    monkeypatch.setattr(sweep_runner, "train", stands)
    parts = run(made(path, tmp_path / "parts"))
    rest = [(folder.rpartition("/")[2], length) for folder, length in CALLS]
    assert len(set(seen + rest)) == len(seen + rest)
    assert len(parts) == len(whole) == 8
    assert (seen + rest)[:5] == all_calls[:5]


def test_a_run_that_fails_is_said_and_the_others_go_on(write, tmp_path, monkeypatch):
    fails = "losses are not finite"
    monkeypatch.setattr(sweep_runner, "train", lambda job: fails if "run-1" in job.folder else 1.0)
    found = run(made(write(trials=3), tmp_path / "out"))
    assert [one.state for one in found if "failed" in one.state] == [f"failed: {fails}"]
    assert math.isnan(found[-1].value)
    assert found[-1].number == 1


def test_a_measure_that_is_in_no_curve_is_named_with_those_that_are(tmp_path):
    words = ("--scenario", "tabular_steward-v1", "--threads", "1", "--rows", "4", "--steps", "24")
    said = train(Job("ppo", words, str(tmp_path / "run"), 60, "glory"))
    assert "no 'glory' at the end of its curves" in str(said)
    assert "episode_return" in str(said)


def test_a_worker_that_does_not_see_the_folder_says_so(write, tmp_path):
    class Elsewhere(Executor):
        local = False

    with Elsewhere(1) as executor:
        runner = made(write(trials=1), tmp_path / "out")
        runner.run(executor)
        token = (tmp_path / "out" / sweep_runner.TOKEN).read_text()
        with pytest.raises(JobError, match="does not see"):
            train(Job("ppo", (), str(tmp_path / "elsewhere" / "run-0"), 60, "episode_return", token))
    assert runner.trials()[0].state == "whole"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"ppo"', '"nothing"', "no algorithm 'nothing'"),
        ("[space.epochs]", "[space.epochs]\nlow = 1", "expected low and high, or choices"),
        ("high = 1e-2", "high = 1e-5", "expected low below high"),
        ("low = 1e-4", "low = -1.0", "log takes ends above 0"),
        ("[space.epochs]", "[space.seed]", "--seed: the sweep says that itself"),
        ("rungs = 2", "rungs = 9", "a length for every rung"),
        ("rungs = 2", 'direction = "up"', "expected maximize or minimize"),
        ("rungs = 2", "glory = 2", "glory"),
        ("rungs = 2", "rungs =", "Invalid value"),
    ],
)
def test_files_that_are_no_sweep_say_why(write, tmp_path, before, after, said):
    with pytest.raises(ConfigError, match=said):
        made(write(TEXT.replace(before, after)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_options_that_do_not_exist_are_refused_before_anything_is_made(write, tmp_path, capsys):
    with pytest.raises((ConfigError, SystemExit)):
        made(write(TEXT.replace("space.epochs", "space.glory")), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_of_another_sweep_is_refused(write, tmp_path):
    made(write(trials=2), tmp_path / "out")
    made(write(trials=5), tmp_path / "out")  # more of the same
    with pytest.raises(FileError, match="a sweep of another file"):
        made(write(TEXT.replace("length = 180", "length = 181")), tmp_path / "out")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "sweep.db").write_text("no database")
    with pytest.raises(FileError, match="not a database"):
        made(write(), tmp_path / "bad")
    with pytest.raises(FileError, match="No such file"):
        read(tmp_path / "absent.toml")
