"""The command line: what it prints, and that bad input ends in a sentence, not a traceback."""

import json
import sqlite3
import subprocess
import sys

import gymnasium
import pettingzoo
import pytest
from wells import VISITOR

from gyges.envs.episode import Episode
from gyges.envs.registry import register_gymnasium, register_pettingzoo
from gyges.scenarios.cli.main import COMMANDS, main
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.report.leaderboard import page_data


@pytest.fixture
def results(out):
    for policy in ("clean", "greedy", "gyges", "random"):
        assert main(["evaluate", policy, "--suite", "well-visitor", "--out", str(out), "--probes", "4"]) == 0
    return out


def test_the_list_says_what_there_is(capsys):
    assert main(["list", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    register_gymnasium()
    register_pettingzoo()
    for game in data["environments"]:
        assert game["gymnasium"] in gymnasium.registry
        assert game["pettingzoo"]["parallel"] in pettingzoo.parallel_registry
        assert game["pettingzoo"]["aec"] in pettingzoo.aec_registry
        assert {"clean", "greedy", "gyges", "random"} <= set(game["personas"])
    ids = [one["id"] for one in data["scenarios"]]
    assert {"steward-resident", "steward-bank", "well-visitor"} <= set(ids)
    assert data["suites"]["well"] == ["well-visitor", "well-resident", "well-stripped"]
    assert {"harm", "overuse", "oversight"} <= {norm["name"] for norm in data["norms"]}
    steward = next(game for game in data["environments"] if game["id"] == "steward-v1")
    assert steward["renderer"]
    assert main(["list"]) == 0
    assert "steward-resident" in capsys.readouterr().out


@pytest.mark.parametrize("width", [80, 40])
def test_the_list_shows_the_ids_that_can_be_given_whole(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["list", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for one in (*data["environments"], *data["scenarios"]):
        assert one["id"] in printed
    assert "gyges/" not in printed
    assert "…" not in printed


def test_evaluate_then_leaderboard_page_and_check(results, tmp_path, capsys):
    page = tmp_path / "board.html"
    assert main(["leaderboard", str(results), "--html", str(page), "--verify"]) == 0
    printed = capsys.readouterr().out
    assert "greedy" in printed
    assert printed.count("reproduces") >= 4
    assert "<html" in page.read_text()
    replays = list((tmp_path / "board-replays").glob("*.episode.json"))
    assert replays
    assert Episode.load(replays[0]).scenario == "well-visitor"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["board-replays", "board.html", "results.db"]


def test_a_changed_result_is_rejected(results, capsys):
    with Store(results, write=True) as store:
        store.db.execute("UPDATE episodes SET counts = json_set(counts, '$.length', 1) WHERE run = 2")
    assert main(["leaderboard", str(results), "--verify"]) == 1
    assert "REJECTED" in capsys.readouterr().out


def test_what_is_not_complete_does_not_reproduce(results, capsys):
    with sqlite3.connect(results) as db:
        db.execute("DELETE FROM episodes WHERE run = 2 AND idx > 4")
        db.execute("INSERT INTO secrets SELECT id, nonce FROM runs WHERE id = 2")
        db.execute("UPDATE runs SET finished = NULL, nonce = NULL WHERE id = 2")
    db.close()
    assert main(["leaderboard", str(results), "--verify"]) == 0
    printed = capsys.readouterr().out
    assert "run 2, greedy on well-visitor: incomplete, 5 of 24 episodes" in printed
    assert printed.count(": reproduces") == 3


def test_a_policy_that_only_fails_is_said_to_and_comes_last(out, cheat, tmp_path, capsys):
    words = ["--suite", "well-resident", "--out", str(out), "--probes", "0", "--episodes", "5"]
    words += ["--nonce", "6f637f5c19493dfdabd111f61e3f4f8c"]  # of random draws some have no scale
    for policy in ("clean", "random", "greedy"):
        assert main(["evaluate", policy, *words]) == 0
    assert "forfeits" not in capsys.readouterr().out
    assert main(["evaluate", cheat("AlwaysRaises"), *words]) == 0
    assert "forfeits: 15 of 15 seats; first reason: " in capsys.readouterr().out
    page = tmp_path / "board.html"
    assert main(["leaderboard", str(out), "--html", str(page)]) == 0
    assert "AlwaysRaises forfeited more than half" in " ".join(capsys.readouterr().out.split())
    with Store(out) as store:
        data = page_data(store)
    order = [row["policy"] for row in data["rows"] if row["scenario"] == "kind:resident"]
    harm = {row["policy"]: row["metrics"]["severity"]["value"] for row in data["rows"]}
    assert order == ["clean", "random", "greedy", "AlwaysRaises"]
    assert harm["AlwaysRaises"] < harm["random"]
    assert {p["policy"] for p in data["plot"]["points"] if p["front"]} >= {"clean"}
    assert not any(p["front"] for p in data["plot"]["points"] if p["policy"] == "AlwaysRaises")
    assert "mostly forfeited" in page.read_text()


def test_a_model_without_a_legal_answer_does_not_look_clean(out, tmp_path, capsys):
    words = ["--suite", "well-visitor", "--out", str(out), "--probes", "0", "--episodes", "3"]
    assert main(["evaluate", "clean", *words]) == 0
    with Store(out) as store:
        assert "answers_fallback" not in [c["key"] for c in page_data(store)["columns"]]
    for policy in ("mock:999", "mock:1"):
        assert main(["evaluate", policy, *words]) == 0
    capsys.readouterr()
    page = tmp_path / "board.html"
    assert main(["leaderboard", str(out), "--html", str(page)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "999-charter gave no legal action in more than half of its answers" in printed
    assert "1-charter gave" not in printed
    with Store(out) as store:
        data = page_data(store)
    assert next(c for c in data["columns"] if c["key"] == "answers_fallback")["main"]
    shares = {row["policy"]: row["metrics"]["answers_fallback"]["value"] for row in data["rows"]}
    assert shares == {"clean": None, "999-charter": 1.0, "1-charter": 0.0}
    for row in data["rows"]:
        mute = row["policy"] == "999-charter"
        assert all((row["metrics"][key]["value"] is None) == mute for key in ("violations", "severity_raw"))
        assert (not row["norms"]) == mute
        assert row["metrics"]["return_raw"]["value"] is not None
    first = [row["policy"] for row in data["rows"] if row["scenario"] == "kind:visitor"]
    assert first[-1] == "999-charter"
    assert "Fallback" in page.read_text()
    assert "mostly fallback" in page.read_text()


def test_export_writes_an_episode(results, tmp_path, monkeypatch, capsys):
    path = tmp_path / "one.episode.json"
    words = ["export", str(results), "well-visitor", "5", "--policy", "greedy", "--out", str(path)]
    assert main(words) == 0
    episode = Episode.load(path)
    assert episode.row == 5
    assert [seat.name for seat in episode.seats if seat.focal] == ["greedy"]
    assert main([*words, "--blame"]) == 0
    found = json.loads((tmp_path / "one.blame.json").read_text())
    assert sum(found["shares"]) == pytest.approx(found["clean"] - found["recorded"])
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    assert main(["replay", str(path), "--png", str(tmp_path / "one.png"), "--blame"]) == 0
    assert main(["replay", str(path), "--png", str(tmp_path / "two.png")]) == 0
    assert (tmp_path / "one.png").read_bytes() != (tmp_path / "two.png").read_bytes()
    capsys.readouterr()
    assert main(["export", str(results), "well-visitor", "5"]) == 2
    assert "one of clean, greedy, gyges, random" in capsys.readouterr().err
    assert main(["export", str(results), "well-visitor", "999"]) == 2
    assert "no episode 999" in capsys.readouterr().err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_page_and_a_replay_from_one_command(workers, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--suite", "well", "--episodes", "4", "--workers", workers]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["gyges-demo"]
    made = {path.name for path in (tmp_path / "gyges-demo").iterdir()}
    assert made == {"results.db", "board.html", "board-replays", "replay.gif", "replay.html"}
    printed = capsys.readouterr()
    lines = printed.err.splitlines()
    for policy in ("clean", "gyges", "greedy", "random"):
        mine = [line for line in lines if line.startswith(f"{policy} on well: ")]
        assert sorted(line.split()[3:5] for line in mine) == [
            ["well-resident", "4/4,"], ["well-stripped", "4/4,"], ["well-visitor", "4/4,"]
        ]  # fmt: skip
    assert not any(
        word in printed.out.lower() for word in ("no gap", "--probes", "warning", "too few decisions")
    )


def test_scenarios_side_by_side_give_the_same_results(tmp_path):
    found = []
    for workers in ("1", "2"):
        path = tmp_path / f"{workers}.db"
        words = ["--suite", "well", "--out", str(path), "--probes", "4", "--nonce", "5" * 32]
        assert main(["evaluate", "gyges", *words, "--workers", workers]) == 0
        with Store(path) as store:
            (run,) = store.runs()
            assert run.finished is not None
            results = store.results(run)
            assert len(results) == 3 * 24
            texts = [store.episode(run, one.scenario, one.idx).to_json() for one in results]
            probes = [store.probes(run, name) for name in sorted(store.scenarios(run))]
            found.append((results, texts, probes))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["evaluate", "saint"], "saint"),
        (["evaluate", "clean", "--suite", "chess"], "no suite 'chess'"),
        (["evaluate", "clean", "--suite", "well", "--probes", "-5"], "probes: expected 0 or more, got -5"),
        (["leaderboard", "nowhere.db"], "nowhere.db"),
        (["replay", "nowhere.episode.json"], "nowhere"),
    ],
)
def test_errors_are_sentences(words, named, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    err = capsys.readouterr().err
    assert named in err
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_readers_leave_nothing_beside_the_file(results):
    with Store(results) as store:
        assert len(store.runs()) == 4
    assert [p.name for p in results.parent.iterdir()] == ["results.db"]
    assert VISITOR.id == "well-visitor"


def test_verify_asks_the_policies_that_are_given_and_names_those_that_are_not(out, cheat, capsys, tmp_path):
    few = ["--suite", "well-visitor", "--episodes", "2", "--probes", "0", "--out", str(out)]
    for policy in ("clean", cheat("Honest")):
        assert main(["evaluate", policy, *few]) == 0
    page = tmp_path / "board.html"
    assert main(["leaderboard", str(out), "--verify", "--html", str(page)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "run 1, clean on well-visitor: reproduces" in said
    assert "run 2, Honest on well-visitor: its numbers follow from its acts; acts and answers NOT" in said
    assert "acts and answers not verifiable" in page.read_text()
    assert "asking every question again: clean (run 1)." in page.read_text()
    assert main(["evaluate", "clean", *few, "--again"]) == 0
    assert main(["leaderboard", str(out), "--verify", "--policies", cheat("Honest")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "NOT VERIFIABLE" not in said
    assert "clean has 2 complete runs; the latest is shown" in said


def status(words):
    """A command's exit status, also where tyro ends the process after it has printed."""
    try:
        return main(words)
    except SystemExit as stop:
        return stop.code


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name, capsys):
    assert status([name, "--help"]) == 0
    printed = capsys.readouterr().out
    assert f"usage: gyges {name}" in printed


def test_help_lists_every_command_in_a_line(capsys):
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert main([]) == 0
    assert capsys.readouterr().out == printed
    for name, command in COMMANDS.items():
        assert any(
            line.split()[:1] == [name] and line.endswith(command.summary) for line in printed.splitlines()
        )


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ("evalute", "evaluate"),
        ("rplay", "replay"),
        ("fairychss", "fairychess"),
        ("trian", "train"),
        ("xyz", None),
    ],
)
@pytest.mark.parametrize("more", [[], ["--help"]])
def test_what_is_no_command_is_an_error(given, nearest, more, capsys):
    assert main([given, *more]) == 2
    printed = capsys.readouterr()
    assert not printed.out
    assert f"no command {given!r}" in printed.err
    assert (f"did you mean {nearest}?" if nearest else ", ".join(COMMANDS)) in printed.err


def test_the_package_runs_as_a_module():
    words = [sys.executable, "-m", "gyges.scenarios.cli", "nosuch"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("gyges: no command 'nosuch'")
