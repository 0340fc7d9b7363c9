"""stable-baselines3: the VecEnv, and that its algorithms learn on it."""

import numpy as np
import pytest
import torch
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.vec_env import VecMonitor

from gyges.agents.sb3.vec_env import SeatVecEnv
from gyges.envs import ActionError, Batch, ConfigError, WithheldError, make


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def legal(env, rng):
    return np.array([rng.choice(np.flatnonzero(m)) for m in env.action_masks()])


def test_self_play_equals_batch(id, rng):
    env = SeatVecEnv(id, rows=3, labels="taken", threads=1)
    game = make(id)
    n = game.num_agents
    batch = Batch(game, 3, seed=8, threads=1)
    env.seed(8)
    observation = env.reset()
    ends = 0
    for _ in range(120):
        assert np.array_equal(observation.reshape(3, n, -1), batch.codes * game.scale)
        actions = legal(env, rng)
        observation, rewards, dones, infos = env.step(actions)
        batch.step(actions.reshape(3, n))
        assert np.array_equal(rewards.reshape(3, n), batch.reward / game.reward_scale)
        assert rewards.dtype == np.float32
        assert np.array_equal(dones.reshape(3, n).all(axis=1), batch.over)
        for k, info in enumerate(infos):
            row, seat = divmod(k, n)
            assert info["label"] == batch.ledger[row, seat, 1]
            assert ("terminal_observation" in info) == bool(batch.over[row])
            if batch.over[row]:
                last = batch.codes[row, seat] * game.scale
                assert np.array_equal(info["terminal_observation"].ravel(), last)
                cut = batch.truncated[row, seat] and not batch.terminated[row, seat]
                assert info["TimeLimit.truncated"] is bool(cut)
                ends += 1
        if batch.over.any():
            batch.reset_rows(batch.over)
        assert env.seats.batch.state_hash() == batch.state_hash()
    assert ends > 0


def test_truncation_and_termination_are_told_apart(rng):
    env = SeatVecEnv("relay-v0", rows=8, horizon=12)
    env.seed(1)
    env.reset()
    kinds = set()
    for _ in range(60):
        _, _, _, infos = env.step(legal(env, rng))
        kinds |= {info["TimeLimit.truncated"] for info in infos if "terminal_observation" in info}
    assert kinds == {True, False}


def test_single_seat_among_backgrounds(id, rng):
    env = SeatVecEnv(id, rows=4, seats=1, background={0: "greedy"})
    env.seed(2)
    first = env.reset()
    assert first.shape == (4, *env.observation_space.shape)
    done = 0
    for _ in range(100):
        _, _, dones, infos = env.step(legal(env, rng))
        done += dones.sum()
        assert all(("terminal_observation" in i) == d for i, d in zip(infos, dones, strict=True))
    assert done > 0
    env.seed(2)
    assert np.array_equal(env.reset(), first)


def test_two_seats_learn():
    env = SeatVecEnv("well-v0", rows=2, seats=[0, 2], num_agents=4)
    assert env.num_envs == 4
    env.reset()
    assert env.step(np.full(4, 1))[1].shape == (4,)


def test_masks_by_the_ways_that_sb3_contrib_asks(id):
    env = SeatVecEnv(id, rows=2)
    env.reset()
    for one in (env, VecMonitor(env)):
        assert is_masking_supported(one)
        assert np.array_equal(get_action_masks(one), env.seats.masks.reshape(env.num_envs, -1))
    assert len(env.env_method("action_masks", indices=[1])) == 1
    with pytest.raises(AttributeError):
        env.env_method("no_such_method")
    with pytest.raises(AttributeError):
        env.get_attr("no_such_attribute")
    assert env.env_is_wrapped(object) == [False] * env.num_envs
    with pytest.raises(WithheldError):
        env.env_method("choice_point")
    judged = SeatVecEnv(id, rows=2, labels="taken")
    assert len(judged.env_method("choice_point", indices=0)) == 1


@pytest.mark.parametrize("bad", [np.nan, 1.5, 99, -1, 0])
def test_bad_actions_change_nothing(bad):
    env = SeatVecEnv("well-v0", rows=2)
    env.seed(1)
    env.reset()
    before = env.seats.batch.state_hash()
    actions = np.ones(6, np.float64 if isinstance(bad, float) else np.int64)
    actions[4] = bad
    with pytest.raises(ActionError):
        env.step(actions)
    assert env.seats.batch.state_hash() == before


@pytest.mark.parametrize("seats", [9, [0, 9], "seat_0", [True]])
def test_bad_seats(seats):
    with pytest.raises(ConfigError):
        SeatVecEnv("well-v0", seats=seats)


def test_maskable_ppo_trains(id):
    env = SeatVecEnv(id, rows=4)
    model = MaskablePPO("MlpPolicy", VecMonitor(env), n_steps=16, batch_size=32, n_epochs=1, seed=1)
    model.learn(400)
    assert model.num_timesteps >= 400
    action, _ = model.predict(env.reset(), action_masks=env.action_masks())
    env.step(action)


@pytest.mark.parametrize("algorithm", [PPO, A2C, DQN])
def test_algorithms_without_masks_train(id, algorithm):
    env = SeatVecEnv(id, rows=4, seats=0, background="clean", illegal="replace")
    arguments = {PPO: {"n_steps": 32, "batch_size": 32, "n_epochs": 1}, A2C: {}, DQN: {"learning_starts": 50}}
    model = algorithm("MlpPolicy", VecMonitor(env), seed=1, **arguments[algorithm])
    model.learn(400)
    assert model.num_timesteps >= 400
    action, _ = model.predict(env.reset())
    env.step(action)
