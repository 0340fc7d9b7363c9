"""Copies and pickles of environments go on as the original does, and share nothing with it."""

import copy
import multiprocessing
import pickle
import subprocess
import sys

import gymnasium
import numpy as np
import pytest

import gyges.envs.pettingzoo as adapter
from gyges.envs import ActionError, Batch, make, registry


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.fixture(params=[copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
def again(request):
    return request.param


def last(mask):
    return int(np.flatnonzero(mask)[-1])


def play(env, steps):
    """Take the last legal action of every agent; the state's hash after each step."""
    found = []
    for _ in range(steps):
        env.step({agent: last(env._mask_of(env.seat(agent))) for agent in env.agents})
        found.append((env.state_hash(), env.state().tobytes()))
    return found


def test_parallel(id, again):
    env = adapter.parallel_env(id)
    env.reset(seed=3)
    play(env, 2)
    other, held = again(env), env.snapshot()
    ahead = play(other, 4)
    assert env.state_hash() != ahead[-1][0]  # the original stood still
    assert play(env, 4) == ahead
    env.restore(held)
    assert play(env, 4) == ahead
    agent = other.agents[0]
    drawn = {int(other.action_space(agent).sample()) for _ in range(40)}
    assert drawn <= set(np.flatnonzero(other._mask_of(other.seat(agent))).tolist())


def test_aec(id, again):
    env = adapter.env(id)
    env.reset(seed=3)
    other = again(env)
    for one in (other, env):
        for _ in range(6):
            one.step(last(one.observe(one.agent_selection)["action_mask"]))
    assert other.unwrapped.state_hash() == env.unwrapped.state_hash()
    assert other.agent_selection == env.agent_selection


def test_one_seat(id, again):
    env = gymnasium.make(registry.public_id(id), background="random").unwrapped
    env.reset(seed=3)
    other = again(env)
    for _ in range(4):
        action = last(env.action_masks())
        first, second = env.step(action), other.step(action)
        assert np.array_equal(first[0], second[0])
        assert first[1:4] == second[1:4]
        assert env.state_hash() == other.state_hash()
    assert other.action_masks()[other.action_space.sample()]


def test_rows_of_one_seat(id, again):
    env = gymnasium.make_vec(registry.public_id(id), num_envs=3, background="random")
    env.reset(seed=3)
    other = again(env)
    for _ in range(4):
        actions = env.action_masks().argmax(axis=1)
        for first, second in zip(env.step(actions)[:4], other.step(actions)[:4], strict=True):
            assert np.array_equal(first, second)
    assert other.action_masks()[range(3), other.action_space.sample()].all()


def test_batch(id, again):
    batch = Batch(make(id), 3, seed=1)
    other = again(batch)
    actions = batch.mask.argmax(axis=2).astype(np.int32)
    batch.step(actions)
    assert other.state_hash() != batch.state_hash()
    other.step(actions)
    assert other.state_hash() == batch.state_hash()
    assert np.array_equal(other.codes, batch.codes)
    assert np.array_equal(other.state.tick, batch.state.tick)


CHILD = """
import pickle, sys
env = pickle.load(sys.stdin.buffer)
for _ in range(4):
    env.step({a: int(env._mask_of(env.seat(a)).nonzero()[0][-1]) for a in env.agents})
print(env.state_hash())
"""


def test_a_fresh_process_goes_on():
    env = adapter.parallel_env("steward-v1")
    env.reset(seed=3)
    blob = pickle.dumps(env)
    child = subprocess.run([sys.executable, "-c", CHILD], input=blob, capture_output=True, check=True)
    assert child.stdout.decode().strip() == play(env, 4)[-1][0]


def _forked(env, pipe):
    pipe.send(play(env, 4)[-1][0])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_process_goes_on():
    env = adapter.parallel_env("steward-v1")
    env.reset(seed=3)
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=_forked, args=(env, there))
    child.start()
    assert here.poll(120)
    assert here.recv() == play(env, 4)[-1][0]
    child.join()


@pytest.mark.parametrize("actions", [None, 3, [1, 2], "seat_0"])
def test_actions_that_are_no_mapping(actions):
    env = adapter.parallel_env("well-v0")
    env.reset(seed=1)
    before = env.state_hash()
    with pytest.raises(ActionError, match="mapping"):
        env.step(actions)
    assert env.state_hash() == before


def test_ragged_actions():
    env = gymnasium.make_vec("gyges/Well-v0", num_envs=2)
    env.reset(seed=1)
    with pytest.raises(ActionError, match="integer array"):
        env.step([[1], [1, 2]])
