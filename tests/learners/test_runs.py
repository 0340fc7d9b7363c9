"""Runs of `gyges train`: what a printed command and resuming promise; errors by their names."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import recorded
import torch
from well.game import Well

from gyges.agents.data.dataset import Dataset
from gyges.agents.learn import imitation as I
from gyges.agents.learn import offline as O
from gyges.agents.learn import ppo
from gyges.agents.learn.collector import Collector
from gyges.agents.learn.ppo import PPO, PPOConfig
from gyges.agents.nn import checkpoint
from gyges.agents.nn.networks import ActorCritic
from gyges.agents.progress import read_curves
from gyges.agents.rewards import TaskReward
from gyges.agents.trust import TRUST
from gyges.envs import make, register
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, FileError, GygesError, PolicyError, UnknownNameError
from gyges.envs.rollout import play
from gyges.scenarios.cli import train
from gyges.scenarios.raters.score import gold_of

ROOT = Path(__file__).parents[2]
PPO_SHORT = ["ppo", "--scenario", "well.game:Well", "--set", "horizon=8", "--frames", "400", "--rows", "4",
             "--steps", "5", "--threads", "1", "--no-tensorboard", "--quiet"]  # fmt: skip
SGD_SHORT = ["--dataset", "DATA", "--steps", "20", "--log-every", "5", "--quiet"]


def given(name, out, *more):
    words = PPO_SHORT if name == "ppo" else [name, *SGD_SHORT]
    words = [str(recorded.folder()) if word == "DATA" else word for word in words]
    return [*words, "--out", str(out), *more]


def same(one, other):
    one, other = checkpoint.load_network(one)[0], checkpoint.load_network(other)[0]
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


# Resumed.

LENGTH = {"ppo": "frames", "conditioned": "steps", "q": "steps"}


@pytest.mark.parametrize("name", LENGTH)
def test_a_whole_run_is_made_longer_and_its_command_says_so(name, tmp_path):
    out, length = tmp_path / "run", f"--{LENGTH[name]}"
    assert train.main(given(name, out)) == 0
    first = checkpoint.read_card(out)[0].about
    with pytest.raises(ConfigError, match=f"is whole: .* {LENGTH[name]}.*a greater number"):
        train.main([name, "--resume", str(out), "--quiet"])
    assert train.main([name, "--resume", str(out), length, "800"]) == 0
    about = checkpoint.read_card(out)[0].about
    assert about["run"]["how"][LENGTH[name]] == 800
    assert about["command"] == f"{first['command']} && gyges train {name} --resume {out} {length} 800"
    axis = "frames" if name == "ppo" else "step"
    curve = [line[axis] for line in read_curves(out)]
    assert curve == sorted(set(curve))
    assert curve[-1] >= 800
    again, words = tmp_path / "again", [shlex.split(part) for part in about["command"].split(" && ")]
    for part in words:
        assert train.main([str(again) if word == str(out) else word for word in part[2:]]) == 0
    assert same(out, again)


@pytest.mark.parametrize("name", LENGTH)
def test_what_a_resumed_run_may_not_change_is_refused_aloud(name, tmp_path):
    out, length = tmp_path / "run", f"--{LENGTH[name]}"
    assert train.main(given(name, out, "--every", "1")) == 0
    for words, said in (
        (["--learning-rate", "0.5"], "--learning-rate 0.5: the run in .* began with"),
        (["--hidden", "9", "9"], "--hidden"),
        (["--seed", "3"], "--seed 3"),
        (["--device", "cuda"], "--device cuda"),
        (["--out", str(tmp_path / "other")], "--out"),
        ([length, "1"], "is whole"),
    ):
        with pytest.raises(ConfigError, match=said):
            train.main([name, "--resume", str(out), *words])
    card = json.loads((out / checkpoint.FILE).read_text())
    card["about"]["frames" if name == "ppo" else "step"] = 3  # as if it had been stopped
    (out / checkpoint.FILE).write_text(json.dumps(card))
    with pytest.raises(ConfigError, match="finish it before making it longer"):
        train.main([name, "--resume", str(out), length, "800"])
    if name == "ppo":  # what is shown and kept may change
        assert train.main([name, f"--resume={out}", length, "400", "--every", "2", "--quiet"]) == 0


@pytest.mark.parametrize("name", ["sb3-a2c", "text-tagged"])
def test_what_cannot_be_resumed_says_so(name, tmp_path):
    with pytest.raises(ConfigError, match="train it anew"):
        train.main([name, "--resume", str(tmp_path)])


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(FileError):
        train.main(["ppo", "--resume", str(tmp_path)])
    assert train.main(given("q", tmp_path / "q")) == 0
    with pytest.raises(FileError, match="a run of q, not of ppo"):
        train.main(["ppo", "--resume", str(tmp_path / "q")])
    card = json.loads((tmp_path / "q" / checkpoint.FILE).read_text())
    card["about"]["run"]["how"]["unheard"] = 1
    (tmp_path / "q" / checkpoint.FILE).write_text(json.dumps(card))
    with pytest.raises(FileError, match="not a run that can go on"):
        train.main(["q", "--resume", str(tmp_path / "q"), "--steps", "30"])


# Reproduced, by processes.


def process(words, threads):
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "examples" / "well")])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, "-m", "gyges.scenarios.cli", *words], capture_output=True, text=True,
        env=environment, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return [line for line in done.stderr.splitlines() if line.startswith("gyges train")]


def test_the_printed_commands_of_several_seeds_give_their_weights_in_processes_of_their_own(tmp_path):
    words = ["train", "ppo", "--scenario", "well.game:Well", "--set", "horizon=8", "--frames", "100",
             "--rows", "4", "--steps", "5", "--threads", "1", "--hidden", "256", "256",
             "--no-tensorboard"]  # fmt: skip
    printed = process([*words, "--seeds", "2", "--out", str(tmp_path / "all")], threads=2)
    assert len(printed) == 2
    for k, line in enumerate(printed):
        again = shlex.split(line)[1:]
        again[again.index("--out") + 1] = str(tmp_path / f"again-{k}")
        process(again, threads=1 + k)
        assert same(tmp_path / "all" / f"seed-{k}", tmp_path / f"again-{k}"), line


def test_first_weights_do_not_depend_on_the_number_of_threads():
    before, made = torch.get_num_threads(), []
    try:
        for count in (1, 2, 4):
            torch.set_num_threads(count)
            made.append(ActorCritic((30,), 9, 2, hidden=(512, 512), seed=3).state_dict())
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(made[0][k], other[k]) for other in made[1:] for k in other)


# What is learnt from.


def test_a_recurrent_minibatch_without_a_sample_is_left_out():
    """One pair in four decides; with a minibatch a pair, those of the others held nothing."""
    config = PPOConfig(rows=4, steps=3, minibatch=1, epochs=1, trunk="gru", hidden=(8, 8), threads=1)
    learner = PPO(Well(num_agents=2, horizon=8), config)
    rollout = learner.collector.collect()
    sample = torch.zeros_like(rollout.moved)
    sample[1, 2] = sample[2, 5] = True
    parts = learner._minibatches(sample)
    assert sorted(int(pair) for part in parts for pair in part) == [2, 5]
    logged = learner._learn(rollout, torch.randn(rollout.value.shape), rollout.value.clone(), sample)
    assert np.isfinite(logged["policy_loss"])


def test_frames_count_what_is_learnt_from():
    learner = PPO(make("steward-v1", num_agents=3, horizon=40), PPOConfig(rows=5, steps=7, threads=1))
    logged = [learner.update() for _ in range(3)]
    samples = 0
    again = PPO(make("steward-v1", num_agents=3, horizon=40), PPOConfig(rows=5, steps=7, threads=1))
    learn = again._learn

    def counting(rollout, advantage, target, sample):
        nonlocal samples
        samples += int(sample.sum())
        return learn(rollout, advantage, target, sample)

    again._learn = counting
    for _ in range(3):
        again.update()
    assert logged[-1]["frames"] == samples == learner.frames


def test_rollouts_too_short_to_learn_from_end_the_run(monkeypatch):
    """Where seats take turns and a rollout is one step, whoever moved is not to move after it."""
    monkeypatch.setattr(ppo, "IDLE", 5)
    register("relay-v0", "relay:Relay")
    learner = PPO(make("relay-v0"), PPOConfig(rows=2, steps=1, threads=1, stagger=False))
    with pytest.raises(
        ConfigError, match="no decision of 5 rollouts can be learnt from: their 1 steps are few"
    ):
        learner.train()


def test_seats_that_are_not_to_move_are_not_asked(monkeypatch):
    game, asked = make("steward-v1", num_agents=3, horizon=40), []
    network = ActorCritic.for_game(game)
    forward = network.forward
    monkeypatch.setattr(network, "forward", lambda x, *rest: asked.append(len(x)) or forward(x, *rest))
    collector = Collector(game, network, rows=6, steps=30, threads=1)
    rollout = collector.collect()
    asked.pop()  # the value of the present is everybody's
    moved = rollout.moved.sum(1).tolist()
    assert asked == moved  # nobody was cut by a time limit meanwhile
    assert sum(moved) < rollout.moved.numel()
    idle = ~rollout.moved
    assert (rollout.action[idle] == 0).all()
    assert (rollout.log_probability[idle] == 0).all()
    assert (rollout.value[rollout.moved] != 0).all()


# Standardised alike.


def test_a_feature_that_never_changed_keeps_its_unit_for_every_learner():
    data = Dataset(recorded.folder())
    constant = np.ptp(np.asarray(data.steps.codes), axis=0) == 0
    assert constant.any()
    few = {"steps": 2, "batch": 64}
    ppo = PPO(recorded.well(), PPOConfig(rows=4, steps=20, threads=1))
    ppo.update()
    networks = [
        I.imitate(data, I.Imitation(mode="cloning", **few)).network,
        O.learn_offline(data, O.Offline(algorithm="iql", **few), scores=gold_of(data)).network,
    ]
    for network in networks:
        assert (network.gain[torch.from_numpy(constant)] == 1).all()
        assert (network.gain[torch.from_numpy(~constant)] != 1).all()
    still = ppo.seen[2] / ppo.seen[0] < 1e-8
    assert still.any()
    assert (ppo.network.gain[still] == 1).all()
    assert all(float(network.gain.max()) <= 1000 for network in [*networks, ppo.network])
    for network in [*networks, ppo.network]:  # one unit away from what was always so: one unit, not five
        at = torch.from_numpy(constant) if network is not ppo.network else still
        apart = network.shift.clone()
        apart[at] += 1
        seen = network.inputs(apart.unsqueeze(0), None, None)
        assert torch.allclose(seen[0], at.float(), atol=1e-6)


class Constant(TaskReward):
    """Pays the same for every step."""

    def __init__(self, paid):
        self.paid = np.float32(paid)

    def __call__(self, step, memory):
        return np.full(step.reward.shape, self.paid, np.float32), memory


@pytest.mark.parametrize("paid", [0.0, 2.0])
def test_a_constant_return_leaves_rewards_in_their_unit(paid):
    learner = PPO(Well(horizon=8), PPOConfig(rows=4, steps=6, gamma=0.0, threads=1), reward=Constant(paid))
    learner.update()
    assert learner._scale() == 1


# Named errors.


def test_a_device_that_is_not_here_is_named(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    for call in (
        lambda: PPO(Well(), PPOConfig(device="cuda")),
        lambda: I.imitate(Dataset(recorded.folder()), I.Imitation(mode="cloning", device="cuda")),
        lambda: O.learn_offline(
            Dataset(recorded.folder()), O.Offline(device="cuda"), scores=gold_of(Dataset(recorded.folder()))
        ),
        lambda: train.main(
            ["sb3-a2c", "--scenario", "well.game:Well", "--device", "cuda", "--out", str(tmp_path)]
        ),
    ):
        with pytest.raises(ConfigError, match="finds 0 CUDA devices"):
            call()
    with pytest.raises(ConfigError, match="cpu or cuda, not 'quantum'"):
        PPO(Well(), PPOConfig(device="quantum"))


class Wrong(TaskReward):
    """Pays in other shapes."""

    def __init__(self, paid):
        self.paid = paid

    def __call__(self, step, memory):
        return self.paid


@pytest.mark.parametrize(
    ("reward", "said"),
    [
        (lambda step, memory: (0, memory), "got function"),
        (TaskReward, "got TaskReward"),
        (object(), "got object"),
        (Wrong(np.zeros((2, 3), np.float32)), "gave a ndarray"),
        (Wrong((np.zeros(3, np.float32), None)), r"score of shape \(3,\)"),
        (Wrong((1.0, None)), "score of shape None"),
    ],
)
def test_what_is_no_reward_source_is_named(reward, said):
    with pytest.raises(ConfigError, match=said):
        PPO(Well(), PPOConfig(rows=2, steps=2, threads=1), reward=reward).update()


def test_what_is_no_network_is_named():
    for call in (
        lambda network: PPO(Well(), network=network),
        lambda network: PPO(Well(), PPOConfig(kl_weight=1.0), reference=(network, None)),
        lambda network: I.imitate(Dataset(recorded.folder()), I.Imitation(mode="cloning"), network=network),
    ):
        with pytest.raises(ConfigError, match="is an ActorCritic, not Linear"):
            call(torch.nn.Linear(2, 2))
    with pytest.raises(PolicyError, match="takes observations"):
        PPO(Well(), network=ActorCritic((3,), 2, 3))


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--scenario", "well.game:Nothing"], "no 'Nothing'"), (["--scenario", "json:dumps"], "cannot be made"),
     (["--scenario", "builtins:dict"], "not a game"), (["--rater", "json:dumps"], "cannot be made"),
     (["--rater", "builtins:dict"], "got dict")],
)  # fmt: skip
def test_names_of_the_wrong_things_are_named(words, said, tmp_path):
    with pytest.raises(GygesError, match=said):
        train.main(["ppo", "--quiet", "--frames", "9", "--out", str(tmp_path), *words])


def test_a_whole_number_may_be_written_short(tmp_path, capsys):
    words = given("ppo", tmp_path)
    words[words.index("--frames") + 1] = "1e2"
    assert train.main(words) == 0
    assert checkpoint.read_card(tmp_path)[0].about["config"]["frames"] == 100
    for wrong in ("1.5", "1e-3", "many", "nan", "inf"):
        with pytest.raises(SystemExit):
            train.main(["ppo", "--frames", wrong])
        assert "frames" in capsys.readouterr().err


# Networks of one's own.


def test_a_trunk_of_ones_own_is_trained_saved_resumed_and_played_where_it_is_trusted(tmp_path, monkeypatch):
    monkeypatch.setenv(TRUST, str(tmp_path))
    more = ["--trunk", "own_trunk:Residual", "--hidden", "8"]
    for name in ("ppo", "conditioned"):
        assert train.main(given(name, tmp_path / name, *more)) == 0
        longer = ["--frames", "500"] if name == "ppo" else ["--steps", "30"]
        assert train.main([name, "--resume", str(tmp_path / name), "--quiet", *longer]) == 0
        game = Well(horizon=8) if name == "ppo" else recorded.well()
        policy = checkpoint.load_policy(tmp_path / name, game)
        assert (policy.network.roles[0].norm.weight != 0).any()
        play(Batch(game, 2, threads=1), [policy] * game.num_agents)
    monkeypatch.delenv(TRUST)
    with pytest.raises(FileError, match=r"'own_trunk:Residual' is code.*GYGES_TRUST"):
        checkpoint.load_policy(tmp_path / "ppo")


def test_what_is_no_trunk_is_named():
    game = Well()
    for name, kind, said in (
        ("own_trunk:Nothing", UnknownNameError, "no 'Nothing'"),
        ("own_trunk:function", ConfigError, "expected a class of torch.nn.Module"),
        ("torch.nn:Linear", ConfigError, "not made of a NetworkSpec"),
        ("resnet", ConfigError, "module:Class, not 'resnet'"),
    ):
        with pytest.raises(kind, match=said):
            ActorCritic.for_game(game, trunk=name, hidden=(8,))
    crooked = ActorCritic.for_game(game, trunk="own_trunk:Crooked", hidden=(8,))
    with pytest.raises(PolicyError, match=r"own_trunk:Crooked: expected logits, values and memory"):
        PPO(game, PPOConfig(rows=2, steps=2, threads=1), network=crooked).update()
