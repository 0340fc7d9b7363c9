"""Every algorithm: one command trains it, and what it leaves behind plays and is evaluated."""

import json
import os
import pickle
import shutil
import zipfile

import numpy as np
import pytest

from gyges.agents import load as L
from gyges.agents.sb3 import policy as sb3_policy
from gyges.agents.trust import TRUST
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, FileError, PolicyError
from gyges.envs.rollout import play
from gyges.scenarios.cli import main as cli
from gyges.scenarios.cli.train import ALGORITHMS, algorithms, main
from gyges.scenarios.evaluation.plan import derive
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.mixtures import mixture, record_scenario
from gyges.scenarios.scenario import register_scenario, scenario

SMALL = {"num_agents": 2, "horizon": 6}
TINY = register_scenario(scenario("tabular-visitor").with_(id="tabular-learners", settings=SMALL, episodes=4))
CHESS = ("alphazero", "selfplay-ppo", "engine-sgd")
OWN = [name for name in ALGORITHMS if not name.startswith("text-") and name not in CHESS]
"""Those that learn any game; `CHESS` learn chess variants (tests/search)."""
PLAYING = ["ppo", "sb3-ppo", "sb3-a2c", "sb3-dqn", "sb3-maskable-ppo"]
QUICK = {
    "ppo": ["--frames", "300", "--rows", "4", "--steps", "12", "--threads", "1", "--no-tensorboard"],
    "sb3-ppo": ["--frames", "64", "--rows", "2", "--hyper", "n_steps=8", "batch_size=8"],
    "sb3-a2c": ["--frames", "1200", "--rows", "2"],
    "sb3-dqn": ["--frames", "200", "--rows", "2", "--hyper", "learning_starts=20"],
    "sb3-maskable-ppo": ["--frames", "64", "--rows", "2", "--hyper", "n_steps=8", "batch_size=8"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Trains an algorithm by the command, once; its folder."""
    room = tmp_path_factory.mktemp("runs")
    record_scenario(TINY, mixture("behaviour"), room / "data", decisions=1200)

    def train(name):
        out = room / name
        if not out.exists():
            given = ["train", name, "--out", str(out), "--quiet", *QUICK.get(name, ["--steps", "20"])]
            given += ["--scenario", TINY.id] if name in PLAYING else ["--dataset", str(room / "data")]
            assert cli.main(given) == 0
        return out

    return train


@pytest.fixture
def trusting(made, monkeypatch):
    monkeypatch.setenv(TRUST, str(made("ppo").parent))


def test_the_list_names_all(capsys):
    assert algorithms() == 0
    shown = capsys.readouterr().out
    assert set(PLAYING) < set(OWN)
    assert all(f" {name} " in shown for name in OWN)


@pytest.mark.parametrize("name", OWN)
def test_it_trains_by_one_command_and_plays(name, made, trusting):
    game = TINY.make_game()
    policy = L.load(str(made(name)), game)
    batch = Batch(game, 6, seed=3)
    found = play(batch, [policy, L.load("clean", game)], seed=1)["returns"]
    again = play(Batch(game, 6, seed=3), [policy, L.load("clean", game)], seed=1)["returns"]
    assert np.array_equal(found, again)  # luck comes from the observation alone
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", ["ppo", "conditioned", "sb3-maskable-ppo"])
def test_one_of_each_kind_of_folder_is_evaluated_by_one_command(name, made, tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(TRUST, raising=False)
    folder, out = made(name), tmp_path / "results.db"
    given = ["evaluate", str(folder), "--suite", TINY.id, "--out", str(out), "--probes", "0"]
    if name.startswith("sb3"):
        given += ["--trust", str(folder)]
    assert cli.main(given) == 0
    with Store(out) as store:
        (run,) = store.runs()
        assert run.policy == folder.name
    monkeypatch.delenv(TRUST, raising=False)


def test_models_are_loaded_from_trusted_folders_only(made, tmp_path, monkeypatch):
    """A pickle that would run code is not even opened without trust, nor through a link out of it."""
    game, folder = TINY.make_game(), tmp_path / "own" / "model"
    shutil.copytree(made("sb3-ppo"), folder)
    mark = tmp_path / "ran"

    class Hostile:
        def __reduce__(self):
            return os.mkdir, (str(mark),)

    with zipfile.ZipFile(folder / sb3_policy.MODEL) as old:
        data = json.loads(old.read("data"))
        parts = {name: old.read(name) for name in old.namelist() if name != "data"}
    import base64

    data["policy_class"][":serialized:"] = base64.b64encode(pickle.dumps(Hostile())).decode()
    with zipfile.ZipFile(folder / sb3_policy.MODEL, "w") as new:
        new.writestr("data", json.dumps(data))
        for name, part in parts.items():
            new.writestr(name, part)
    (tmp_path / "trusted").mkdir()
    (tmp_path / "trusted" / "link").symlink_to(folder)
    for value in (None, str(tmp_path / "trusted"), str(folder) + "x", ""):
        if value is None:
            monkeypatch.delenv(TRUST, raising=False)
        else:
            monkeypatch.setenv(TRUST, value)
        for where in (folder, tmp_path / "trusted" / "link"):
            with pytest.raises(PolicyError, match="runs whatever code"):
                L.load(str(where), game)
    assert not mark.exists()
    monkeypatch.setenv(TRUST, str(tmp_path / "own"))
    with pytest.raises(Exception):  # noqa: B017 - whatever the crafted file brings about
        L.load(str(folder), game)
    assert mark.exists()  # trust means what the message says


def test_a_model_of_another_game_is_refused(made, trusting):
    with pytest.raises(PolicyError, match="the model takes"):
        L.load(str(made("sb3-ppo")), scenario("steward-visitor").make_game())


def test_sb3_keeps_its_curves(made):
    lines = (made("sb3-a2c") / "progress.csv").read_text().splitlines()
    assert "time/total_timesteps" in lines[0]
    assert "rollout/ep_rew_mean" in lines[0]
    assert len(lines) >= 2


def test_evaluation_never_plays_what_was_trained_on():
    """Seeds of training are small numbers, those of evaluation follow from a nonce: other luck, layouts."""
    game, nonce = scenario("steward-visitor").make_game(), "00" * 16
    train = {Batch(game, 64, seed=seed).state.key.tobytes()[k * 8 : k * 8 + 8]
             for seed in range(8) for k in range(64)}  # fmt: skip
    again = Batch(game, 64, seed=derive(nonce, "steward-visitor")).state.key.tobytes()
    assert len(train) == 8 * 64
    assert train.isdisjoint(again[k * 8 : k * 8 + 8] for k in range(64))


def test_sb3_needs_a_folder_that_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written"):
        main(["sb3-a2c", "--scenario", TINY.id, "--out", str(tmp_path / "file" / "x"), "--quiet"])


def test_sb3_needs_fixed_seats(tmp_path):
    with pytest.raises(ConfigError, match="fixed focal seats"):
        main(["sb3-ppo", "--scenario", "steward-visitor", "--out", str(tmp_path / "x"), "--rows", "3"])


def test_the_hash_is_of_what_is_loaded(made, tmp_path):
    """Curves may change; the card and the weights may not; other names than a checkpoint's are refused."""
    game, folder = TINY.make_game(), tmp_path / "copy"
    shutil.copytree(made("ppo"), folder)
    before = L.resolve(str(folder), game).hash
    (folder / "curves.jsonl").write_text("changed")
    (folder / "notes").mkdir()
    (folder / "notes" / "x").write_text("more")
    assert L.resolve(str(folder), game).hash == before
    assert {p.name.partition("-")[0] for p in L.loaded(folder)} == {"checkpoint.json", "network", "training"}
    card = folder / "checkpoint.json"
    text = card.read_text()
    card.write_text(text.replace('"greedy": false', '"greedy": true'))
    assert L.resolve(str(folder), game).hash != before
    card.write_text(text)
    weights = next(folder.glob("network-*"))
    data = weights.read_bytes()
    weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert L.resolve(str(folder), game).hash != before
    for wrong in ("../../etc/passwd", "network-x.safetensors", 7):
        parts = json.loads(text)
        parts["files"]["network"]["name"] = wrong
        card.write_text(json.dumps(parts))
        with pytest.raises(PolicyError, match="names of stored networks"):
            L.resolve(str(folder), game)
    card.write_text(text)
    weights.unlink()
    with pytest.raises(PolicyError, match="not there"):
        L.resolve(str(folder), game)
