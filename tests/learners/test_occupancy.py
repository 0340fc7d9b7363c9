"""What holds a learner to recorded behaviour: chi-square of occupancies, and KL against its closed form."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
import torch
from well.game import Well

from gyges.agents.data.mixture import players
from gyges.agents.data.recorder import record
from gyges.agents.learn.occupancy import Occupancy
from gyges.agents.learn.ppo import PPO, PPOConfig
from gyges.agents.load import load
from gyges.agents.nn.networks import ActorCritic
from gyges.envs import make
from gyges.envs.errors import ConfigError, DataError
from gyges.scenarios.raters.raters import rater

SEAT = {"num_agents": 2, "horizon": 3, "ring": 1.0}
"""One month, unwatched: few enough states and acts to be counted."""


@pytest.fixture(scope="module")
def game():
    return make("tabular_steward", **SEAT)


def recorded(game, folder, mix, episodes, seed=0):
    clean = load("clean", game)
    return record(game, players(game, mix), folder, episodes=episodes, seed=seed,
                  background=lambda k: [None, clean])  # fmt: skip


@pytest.fixture(scope="module")
def data(game, tmp_path_factory):
    mix = {"clean~0.3": 0.5, "greedy~0.3": 0.3, "random": 0.2}
    return recorded(game, tmp_path_factory.mktemp("d") / "data", mix, 12_000)


def counted(one, other):
    """chi2 of two lists of hashable decisions, by counting; what `other` never did is left out."""
    p, q = Counter(one), Counter(other)
    n = len(one)
    squares = {k: (p[k] / n) ** 2 - p[k] / n * (1 - p[k] / n) / (n - 1) for k in p}  # without bias
    return sum(squares[k] / (q[k] / len(other)) for k in p if q[k]) - 1


def keys(codes, actions):
    return [bytes(np.asarray(c, np.int16)) + bytes([int(a)]) for c, a in zip(codes, actions, strict=True)]


def test_the_classifier_finds_the_ratio_that_counting_finds(game, data, tmp_path):
    other = recorded(game, tmp_path / "o", {"clean~0.3": 0.9, "random": 0.1}, 6000, seed=9)
    occupancy = Occupancy(data)
    generator = torch.Generator().manual_seed(0)
    scale = torch.from_numpy(game.scale)
    for what, close in ((other, 0.25), (data, 0.1)):
        features = torch.from_numpy(np.array(what.steps.codes, np.float32)) * scale
        action = torch.from_numpy(np.array(what.steps.action))
        occupancy.fit(features, action, generator, 600)
        found = float(occupancy.ratio(features, action).mean()) - 1
        true = counted(keys(what.steps.codes, what.steps.action), keys(data.steps.codes, data.steps.action))
        assert found == pytest.approx(true, abs=close * max(true, 1.0)), what.path
    with pytest.raises(DataError):
        occupancy.fit(features[:0], action[:0], generator, 1)


def table(game, rows):
    return [[None, load("clean", game)]] * rows


def learner(game, data, weight, seed=0):
    config = PPOConfig(
        frames=30_000, rows=64, steps=12, minibatch=256, gamma=1.0, bootstrap=False, learning_rate=2e-3,
        entropy=0.003, chi2_weight=weight, seed=seed, threads=1, labels=True,
    )  # fmt: skip
    return PPO(game, config, reward=rater("biased"), seats=table(game, 64), data=data)


def test_the_penalty_keeps_the_learner_where_the_data_are(game, data):
    """A biased rater's exploit is worth more than all honest play; the penalty keeps what is done near."""
    far = []
    for weight in (0.0, 30.0):
        one = learner(game, data, weight)
        told = []
        one.train(on_update=told.append)
        here = []
        for _ in range(40):
            rollout = one.collector.collect()
            codes = (rollout.features / one.collector.scale).round().flatten(0, 1).numpy()
            here += keys(codes, rollout.action.flatten().tolist())
        far.append(counted(here, keys(data.steps.codes, data.steps.action)))
    assert far[0] > 2.0
    assert far[1] < 0.8
    assert told[-1]["chi2"] < far[1] + 0.2  # a classifier finds no more than there is


def test_resuming_takes_the_classifier_along(game, data, tmp_path):
    straight = learner(game, data, 5.0)
    for _ in range(4):
        straight.update()
    first = learner(game, data, 5.0)
    for _ in range(2):
        first.update()
    first.save(tmp_path)
    second = learner(game, data, 5.0)
    second.load(tmp_path)
    for _ in range(2):
        second.update()
    for nets in ((straight.network, second.network), (straight.occupancy.net, second.occupancy.net)):
        assert all(torch.equal(a, b) for a, b in zip(*(net.parameters() for net in nets), strict=True))


def test_it_needs_data_of_the_game(game, data):
    with pytest.raises(ConfigError, match="needs a dataset"):
        PPO(game, PPOConfig(chi2_weight=1.0))
    with pytest.raises(DataError):
        PPO(Well(), PPOConfig(chi2_weight=1.0), data=data)


@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_kl_gives_the_data_policy_tilted_by_the_reward(weight):
    """One draw from a full well: the optimum is pi(a) ~ pi_data(a) exp(r(a) / w), in closed form."""
    game = Well(num_agents=2, horizon=1)
    reference = ActorCritic.for_game(game, seed=4)
    with torch.no_grad():
        reference.roles[0].policy_head.bias.copy_(torch.tensor([0.0, 0.5, 1.0, -0.5, -1.0]))
        reference.roles[0].policy_head.weight.zero_()
    config = PPOConfig(
        frames=60_000, rows=128, steps=4, minibatch=512, gamma=1.0, bootstrap=False, entropy=0.0,
        kl_weight=weight, learning_rate=3e-3, threads=1, stagger=False,
    )  # fmt: skip
    one = PPO(game, config, reference=(reference, None))
    one.train()
    rollout = one.collector.collect()
    found = np.bincount(rollout.action.flatten().numpy(), minlength=5)[1:] / rollout.action.numel()
    base = np.exp([0.5, 1.0, -0.5, -1.0])
    tilted = base * np.exp(np.arange(4) / weight)
    off = [np.abs(found - one / one.sum()).sum() / 2 for one in (tilted, base)]
    assert off[0] < 0.08
    assert off[0] < off[1] / 2


def test_an_option_without_sense_is_refused():
    with pytest.raises(ConfigError):
        dataclasses.replace(PPOConfig(), chi2_weight=-1.0)
