"""The commands: record a scenario, train on it, load the checkpoint as a policy."""

import json

import numpy as np
import pytest
import recorded

from gyges.agents.data.dataset import Dataset
from gyges.agents.learn.imitation import MODES
from gyges.agents.learn.offline import ALGORITHMS
from gyges.agents.nn.checkpoint import load_policy, read_card
from gyges.envs.errors import ConfigError, GygesError, UnknownNameError
from gyges.scenarios.cli import train as T
from gyges.scenarios.cli.main import main
from gyges.scenarios.mixtures import mixture
from gyges.scenarios.raters.raters import Rater
from gyges.scenarios.scenario import Scenario, register_scenario
from gyges.scenarios.training import held_out

VISITOR = Scenario(
    id="learners-well-visitor", title="Visitor", description="One household among two clean ones.",
    game="well-v0", settings={"num_agents": 3, "horizon": 10}, focal=1, background="clean",
)  # fmt: skip
register_scenario(VISITOR, "learners-test")


def test_a_scenarios_focal_seats_are_recorded_among_its_background(tmp_path):
    out = tmp_path / "data"
    arguments = ["learners-well-visitor", "--out", str(out), "--decisions", "1000", "--mixture", "thin"]
    assert main(["record", *arguments]) == 0
    data = Dataset(out)
    assert len(data) == 1000
    assert len(data.episodes.start) == 100
    assert (np.diff(np.asarray(data.episodes.seat)[:9].reshape(3, 3), axis=1) == 1).all()  # 0 1 2 in turn
    assert [part.name for part in data.parts] == ["clean", "greedy~0.2", "random"]
    assert (np.asarray(data.episodes.part) == 0).sum() in (2, 3, 4)
    assert data.summary()["parts"]["clean"]["violation_rate"] == 0


def test_several_processes_record_the_same_bytes(tmp_path):
    words = ["record", "tabular-visitor", "--decisions", "3000", "--mixture", "thin"]
    for workers in ("1", "2"):
        assert main([*words, "--workers", workers, "--out", str(tmp_path / workers)]) == 0
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("1", "2"))
    assert one == two


def test_standard_mixtures_keep_their_promises():
    for name in ("behaviour", "matched", "thin", "lucky"):
        assert sum(mixture(name).values()) == pytest.approx(1), name
    assert mixture("matched", "runs/expert")["runs/expert"] == 0.2
    assert mixture("thin", "x")["x"] <= 0.03
    assert all(float(part.partition("~")[2]) >= 0.5 for part in mixture("lucky"))
    with pytest.raises(UnknownNameError, match="behaviour"):
        mixture("perfect")


def test_held_out_personas_are_not_recorded(tmp_path):
    from gyges.envs import make

    game = make("steward-v1")
    for parts in (["liar"], ["clean", "liar~0.2"]):
        with pytest.raises(ConfigError, match="held out"):
            held_out(game, [part.rpartition("~")[0] or part for part in parts], "the mixture")
    assert main(["record", "steward-v1", "--out", str(tmp_path / "no"), "--mix", "liar=1"]) == 2
    assert main(["record", "steward-liars", "--out", str(tmp_path / "no")]) == 2
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("name", [*MODES, *ALGORITHMS])
def test_every_algorithm_trains_from_one_command(name, tmp_path):
    out = tmp_path / "run"
    arguments = [name, "--dataset", str(recorded.folder()), "--out", str(out), "--steps", "30", "--quiet"]
    assert T.main(arguments) == 0
    card, _ = read_card(out)
    assert card.algorithm == name
    assert card.about["log"]["step"] == 30
    assert (out / "curves.jsonl").exists()
    policy = load_policy(out, recorded.well())
    assert policy.condition == {"conditioned": 1, "return": 7}.get(name)
    assert policy.greedy == (name in ("cql", "q"))
    assert np.isfinite(recorded.gold_return(policy, Rater(), rows=4))
    with pytest.raises(ConfigError, match="holds a run"):
        T.main(arguments)


@pytest.mark.parametrize("name", ["conditioned", "q"])
def test_a_run_that_is_given_no_folder_is_named_by_its_algorithm(name, tmp_path, monkeypatch, capsys):
    folder = str(recorded.folder())
    monkeypatch.chdir(tmp_path)
    assert T.main([name, "--dataset", folder, "--steps", "30", "--quiet"]) == 0
    assert read_card(tmp_path / "runs" / name)[0].algorithm == name
    with pytest.raises(SystemExit):  # what to learn from is not guessed
        T.main([name, "--quiet"])
    assert "--dataset" in capsys.readouterr().err


def test_a_run_trained_again_from_its_card_gives_the_same_numbers(tmp_path):
    def train(out, **changes):
        options = {"dataset": recorded.folder(), "out": out, "rater": "biased", "quantile": 0.8, **changes}
        given = [word for key, value in options.items() for word in (f"--{key}", str(value))]
        assert T.main(["conditioned", *given, "--steps", "40", "--quiet"]) == 0
        return json.loads((out / "checkpoint.json").read_text())

    one, two = train(tmp_path / "one"), train(tmp_path / "two")
    assert one["files"] == two["files"]
    assert one["about"]["log"] == two["about"]["log"]
    assert train(tmp_path / "three", rater="gold")["files"] != one["files"]


def test_bad_options_and_data_are_named(tmp_path, capsys):
    given = ["--dataset", str(recorded.folder()), "--out", str(tmp_path / "run"), "--steps", "2", "--quiet"]
    for arguments, said in (
        ([*given, "--rater", "platinum"], "no rater"),
        ([*given, "--quantile", "2"], "quantile"),
        ([*given, "--rater", "flattered"], "reports"),
        (["--dataset", str(tmp_path / "none"), *given[2:]], "cannot be read"),
    ):
        with pytest.raises(GygesError, match=said):
            T.main(["conditioned", *arguments])
        assert not (tmp_path / "run" / "checkpoint.json").exists()
    with pytest.raises(SystemExit):
        T.main(["conditioned", *given, "--batch", "0"])
    assert "Imitation.batch" in capsys.readouterr().err


def test_seeds_get_a_folder_each(tmp_path):
    given = ["--dataset", str(recorded.folder()), "--out", str(tmp_path), "--steps", "4", "--quiet"]
    assert T.main(["cloning", *given, "--seeds", "2", "--seed", "7"]) == 0
    files = [read_card(tmp_path / f"seed-{k}")[1]["network"].sha256 for k in (7, 8)]
    assert files[0] != files[1]
    assert T.main(["cloning", *given[:2], "--out", str(tmp_path / "one"), *given[4:], "--seed", "8"]) == 0
    assert read_card(tmp_path / "one")[1]["network"].sha256 == files[1]
