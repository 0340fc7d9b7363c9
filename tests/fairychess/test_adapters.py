"""Fairy chess behind PettingZoo and Gymnasium: their own conformance tests, and equality with the batch."""

import functools
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import gyges.envs
import gyges.envs.pettingzoo as adapter
from gyges.envs import Batch, make
from gyges.envs.errors import ActionError

with warnings.catch_warnings():  # PettingZoo's tests import an environment by a way that it deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test
    from pettingzoo.test.state_test import state_test

DICT_WARNINGS = (  # PettingZoo's tests know by name which environments may have a Dict observation
    "Observation is not a NumPy array",
    "Observation space for each agent probably should be gymnasium.spaces.box",
)
SETTINGS = [
    {"variant": "gardner"},
    {"variant": "minishogi", "planes": True},
    {"variant": "dobutsu", "horizon": 9},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_pettingzoo_conformance(settings, capsys):
    game = adapter.fairychess_v1
    makers = {n: functools.partial(getattr(game, n), **settings) for n in ("env", "raw_env", "parallel_env")}
    with warnings.catch_warnings():
        for message in DICT_WARNINGS:
            warnings.filterwarnings("ignore", message)
        api_test(makers["env"](), num_cycles=120)
        api_test(makers["raw_env"](labels="off"), num_cycles=40)
        parallel_api_test(makers["parallel_env"](), num_cycles=60)
    seed_test(makers["env"], num_cycles=30)
    parallel_seed_test(makers["parallel_env"], num_cycles=30)
    state_test(makers["env"](), makers["parallel_env"]())
    cut = makers["raw_env"](
        max_cycles=4
    )  # PettingZoo's own test of this wants every seat to act in each cycle
    cut.reset(seed=1)
    for number, agent in enumerate(cut.possible_agents):
        cut.action_space(agent).seed(number)  # a short game of dobutsu may be over before it is cut
    played = 0
    for agent in cut.agent_iter():
        ended = cut.terminations[agent] or cut.truncations[agent]
        cut.step(None if ended else cut.action_space(agent).sample())
        played += not ended
    assert played == 4


def test_aec_plays_the_batchs_game():
    env = adapter.fairychess_v1.env(variant="gardner")
    batch = Batch(make("fairychess-v1", variant="gardner"), 1, seed=6)
    env.reset(seed=6)
    generator, paid = np.random.default_rng(1), np.zeros(2)
    for agent in env.agent_iter():
        seen, _, terminated, truncated, _ = env.last()
        if terminated or truncated:
            env.step(None)
            continue
        seat = env.unwrapped.possible_agents.index(agent)
        assert batch.state.to_move[0, seat] == 1
        assert np.array_equal(seen["observation"], batch.codes[0, seat] * batch.game.scale)
        assert np.array_equal(seen["action_mask"], batch.mask[0, seat])
        action = int(generator.choice(np.flatnonzero(seen["action_mask"])))
        with pytest.raises(ActionError):
            env.step(int(np.flatnonzero(seen["action_mask"] == 0)[-1]))
        env.step(action)
        actions = np.zeros((1, 2), np.int32)
        actions[0, seat] = action
        batch.step(actions)
        paid += batch.reward[0]
    assert batch.over[0]
    assert paid.sum() == 0


def test_gymnasium_seat_against_a_policy():
    env = gymnasium.make(
        "gyges/Fairychess-v1", variant="gardner", seat=1, background="greedy", illegal="replace"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_env(env.unwrapped, skip_render_check=True)
    observation, info = env.reset(seed=3)
    total, over = 0.0, False
    while not over:
        assert env.observation_space.contains(observation)
        action = int(np.flatnonzero(info["action_mask"])[0])
        observation, reward, terminated, truncated, info = env.step(action)
        total, over = total + reward, terminated or truncated
    assert total in (-1.0, 0.0, 1.0)


def test_gymnasium_vector_with_planes():
    envs = gymnasium.make_vec("gyges/Fairychess-v1", num_envs=5, variant="minixiangqi", planes=True,
                              background="random")  # fmt: skip
    observation, info = envs.reset(seed=3)
    assert observation.shape[:1] == (5,)
    assert observation.shape[2:] == (7, 7)
    for _ in range(20):
        mask = np.asarray(info["action_mask"]).reshape(5, -1)
        observation, *_, info = envs.step(mask.argmax(1))
        assert envs.observation_space.contains(observation)


def test_the_import_is_light():
    import subprocess
    import sys

    code = (
        "import sys, gyges.envs as e; g = e.make('fairychess-v1', variant='gardner');"
        "g.features; g.action_names[5];"
        "assert not {'numba', 'torch', 'pygame', 'gymnasium'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert gyges.envs.make
