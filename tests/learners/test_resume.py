"""Runs from records: resumed exactly, trained again from their command, stopped cleanly; and memory."""

import dataclasses
import errno
import os
import shlex
import signal

import numpy as np
import pytest
import recorded
import torch

from gyges.agents.data.dataset import Dataset
from gyges.agents.data.mixture import Player
from gyges.agents.data.recorder import record
from gyges.agents.data.sequences import SequenceBatches
from gyges.agents.learn import imitation as I
from gyges.agents.learn import offline as O
from gyges.agents.learn import trainer
from gyges.agents.nn import checkpoint
from gyges.agents.progress import Progress, read_curves
from gyges.envs import atomic
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, DataError, DivergedError, FileError
from gyges.envs.policy import Decision
from gyges.envs.rollout import play
from gyges.scenarios.cli import train as T
from gyges.scenarios.raters.raters import Rater
from gyges.scenarios.raters.score import gold_of

FEW = {"steps": 30, "batch": 128, "log_every": 7}


@pytest.fixture(scope="module")
def data():
    return Dataset(recorded.folder())


@pytest.fixture(scope="module")
def labels(data):
    gold = data.total(gold_of(data), "episode")
    return data.spread(gold >= np.quantile(gold, 0.7), "episode").astype(np.uint8)


def weights(network):
    return [p.detach().clone() for p in network.parameters()]


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


RUNS = ("conditioned", "gru", "iql", "q")


def start(name, control, data, labels):
    """One short run."""
    if name in ("iql", "q"):
        return O.learn_offline(data, O.Offline(algorithm=name, **FEW), scores=gold_of(data), control=control)
    more = {"mode": "filtered", "trunk": "gru", "window": 8} if name == "gru" else {"mode": name}
    return I.imitate(data, I.Imitation(**more, **FEW), labels=labels, control=control)


@pytest.mark.parametrize("name", RUNS)
def test_resuming_is_exact(name, data, labels):
    kept = []
    straight = start(name, trainer.Control(), data, labels)
    asked = []
    stop = lambda: asked.append(0) or len(asked) == 12  # noqa: E731
    stopped = start(name, trainer.Control(keep=lambda *one: kept.append(one), stop=stop), data, labels)
    network, step, arrays, plan = kept[-1]
    assert step == 12
    assert same(network, stopped.network)
    assert not same(network, straight.network)
    again = start(name, trainer.Control(begin=(arrays, plan)), data, labels)
    assert same(again.network, straight.network)
    drop = ("decisions_per_second",)
    tail = [{k: v for k, v in line.items() if k not in drop} for line in straight.log if line["step"] > 12]
    assert [{k: v for k, v in line.items() if k not in drop} for line in again.log] == tail
    with pytest.raises(FileError):
        start(name, trainer.Control(begin=(dict(list(arrays.items())[1:]), plan)), data, labels)


SHORT = ["--steps", "60", "--log-every", "10", "--every", "20", "--quiet"]


@pytest.mark.parametrize("name", ["conditioned", "q"])
def test_ctrl_c_stops_cleanly_and_resuming_ends_as_if_it_had_not(name, tmp_path, monkeypatch, capsys):
    given = [name, "--dataset", str(recorded.folder()), *SHORT]
    assert T.main([*given, "--out", str(tmp_path / "whole")]) == 0
    real = Progress.log

    def log(self, numbers):
        real(self, numbers)
        if numbers["step"] == 30:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "log", log)
        assert T.main([*given, "--out", str(tmp_path / "cut")]) == 130
    assert f"--resume {tmp_path / 'cut'}" in capsys.readouterr().err
    assert checkpoint.read_card(tmp_path / "cut")[0].about["step"] == 30
    play(Batch(recorded.well(), 2), [checkpoint.load_policy(tmp_path / "cut", recorded.well())] * 3)
    other = "conditioned" if name == "q" else "q"
    with pytest.raises(FileError, match=f"a run of {name}, not of {other}"):
        T.main([other, "--resume", str(tmp_path / "cut")])
    assert T.main([name, "--resume", str(tmp_path / "cut")]) == 0
    one, two = (checkpoint.load_network(tmp_path / k)[0] for k in ("whole", "cut"))
    assert same(one, two)
    lines = [[x["step"], x["loss"]] for x in read_curves(tmp_path / "cut")]
    assert lines == [[x["step"], x["loss"]] for x in read_curves(tmp_path / "whole")]
    with pytest.raises(ConfigError, match="is whole: 60 steps"):
        T.main([name, "--resume", str(tmp_path / "cut")])
    with pytest.raises(ConfigError, match="takes the folder"):
        T.main([name, "--resume"])


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path, monkeypatch):
    real, count = atomic.write_bytes, []

    def write(path, some):
        count.append(path)
        if len(count) > 4:  # the third checkpoint's files
            raise FileError(f"{path}: cannot be written: {os.strerror(errno.ENOSPC)}")
        real(path, some)

    monkeypatch.setattr(atomic, "write_bytes", write)
    given = ["cloning", "--dataset", str(recorded.folder()), "--out", str(tmp_path / "run"), *SHORT]
    with pytest.raises(FileError, match="No space left"):
        T.main(given)
    assert checkpoint.read_card(tmp_path / "run")[0].about["step"] == 20
    checkpoint.load_policy(tmp_path / "run", recorded.well())


def test_a_diverging_run_leaves_its_last_checkpoint(tmp_path, monkeypatch):
    real = O.PlainQ.loss

    def loss(self, batch):
        value, found = real(self, batch)
        self.steps = getattr(self, "steps", 0) + 1
        return (value * float("nan") if self.steps == 33 else value), found

    monkeypatch.setattr(O.PlainQ, "loss", loss)
    given = ["q", "--dataset", str(recorded.folder()), "--out", str(tmp_path / "run"), *SHORT]
    with pytest.raises(DivergedError, match="gradient step 33"):
        T.main(given)
    network, card = checkpoint.load_network(tmp_path / "run")
    assert card.about["step"] == 20
    assert all(bool(torch.isfinite(p).all()) for p in network.parameters())


AGAIN = [
    ["conditioned", "--rater", "biased", "--quantile", "0.8", "--learning-rate", "3e-3", "--hidden", "8"],
    ["iql", "--binary", "--expectile", "0.7", "--seed", "4"],
    ["ppo", "--scenario", "well.game:Well", "--set", "horizon=8", "--frames", "700", "--rows", "6",
     "--steps", "5", "--threads", "1", "--no-anneal", "--seeds", "2", "--no-tensorboard"],
]  # fmt: skip


@pytest.mark.parametrize("given", AGAIN, ids=lambda given: given[0])
def test_a_run_trained_again_from_its_printed_command_gives_the_same_numbers(given, tmp_path, capsys):
    if given[0] != "ppo":
        given = [*given, "--dataset", str(recorded.folder()), "--steps", "25"]
    assert T.main([*given, "--out", str(tmp_path / "one")]) == 0
    printed = [line for line in capsys.readouterr().err.splitlines() if line.startswith("gyges train")]
    folder = tmp_path / "one" / "seed-1" if given[0] == "ppo" else tmp_path / "one"
    card, files = checkpoint.read_card(folder)
    assert card.about["command"] == printed[-1]
    words = shlex.split(printed[-1])[2:]
    words[words.index("--out") + 1] = str(tmp_path / "two")
    assert T.main(words) == 0
    again, other = checkpoint.read_card(tmp_path / "two")
    assert other["network"] == files["network"]
    assert again.about.get("log") == card.about.get("log")


# Memory.


class Alternating:
    """Draws nothing and everything in turns: only its memory tells which comes next."""

    def initial(self, rows):
        return np.zeros(rows, np.int64)

    def act(self, observation, memory):
        lot = (observation.uniform(3) < 0.5).astype(np.int64)
        turn = np.where(observation.first, lot, 1 - memory)
        return Decision((1 + 3 * turn).astype(np.int32), turn)


@pytest.fixture(scope="module")
def turns(tmp_path_factory):
    """Everyone draws from a well that is never low, seeing nothing that tells the turn."""
    game = recorded.well(num_agents=2, horizon=12)
    return record(game, [Player("turns", Alternating())], tmp_path_factory.mktemp("t") / "d", episodes=600)


@pytest.mark.parametrize("trunk", ["gru", "attention"])
def test_memory_learns_what_only_the_past_tells(turns, trunk):
    how = I.Imitation(mode="cloning", steps=300, batch=480, learning_rate=1e-2, hidden=(24, 24), trunk=trunk,
                      window=12)  # fmt: skip
    found = I.imitate(turns, how)
    assert found.log[-1]["validation_loss"] < 0.12  # log 2 / 12 cannot be known: the first draw
    game = turns.game()
    seen = []
    play(Batch(game, 200, seed=8), [found.policy()] * 2, on_step=lambda batch, acts: seen.append(acts.copy()))
    acts = np.stack(seen)
    assert (acts[1:] != acts[:-1]).mean() > 0.95
    assert 0.3 < (acts[0] == 4).mean() < 0.7
    short = I.imitate(turns, dataclasses.replace(how, window=1))
    assert short.log[-1]["validation_loss"] > found.log[-1]["validation_loss"] + 0.1


def test_memory_with_a_token_and_with_a_filter(data, labels):
    how = I.Imitation(mode="cloning", trunk="gru", window=20, steps=120, batch=600, learning_rate=1e-2,
                      hidden=(24, 24))  # fmt: skip
    plain = recorded.gold_return(I.imitate(data, how).policy(), Rater())
    for mode in ("conditioned", "filtered"):
        found = I.imitate(data, dataclasses.replace(how, mode=mode), labels=labels)
        assert recorded.gold_return(found.policy(), Rater()) > plain, mode


def test_windows_cover_each_episode_once_a_pass_in_order(data):
    which = np.arange(len(data))
    windows = SequenceBatches(data, 64, 7, beside={"which": which})
    seen = []
    for batch in windows:
        counts = batch["weight"]
        assert (counts.sum(0) >= 1).all()
        run = np.where(counts, batch["which"], -1)
        assert ((np.diff(run, axis=0) == 1) | ~counts[1:]).all()
        assert (np.asarray(data.steps.tick)[run[0]] % 7 == 0).all()  # an episode is cut from its beginning
        seen.append(run[counts])
    found = np.concatenate(seen)
    assert len(np.unique(found)) == len(found) > 0.97 * len(data)
    skipped = list(
        zip(range(3), SequenceBatches(data, 64, 7, beside={"which": which}).forever(2), strict=False)
    )
    straight = [
        x
        for _, x in zip(
            range(5), SequenceBatches(data, 64, 7, beside={"which": which}).forever(), strict=False
        )
    ]
    assert np.array_equal(skipped[0][1]["which"], straight[2]["which"])
    some = SequenceBatches(data, 64, 7, keep=which < 10)
    assert sum(int(batch["weight"].sum()) for batch in some) == 10
    with pytest.raises(DataError):
        SequenceBatches(data, 64, 7, keep=which < 0)
