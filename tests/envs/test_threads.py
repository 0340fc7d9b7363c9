"""Threads: the same rows whatever their number, from several callers at once, and after a fork."""

import multiprocessing
import threading
import warnings

import numpy as np
import pytest
from well.game import Well

from gyges.envs import Batch
from gyges.envs.testing import random_actions


def played(threads, rows=700, steps=12):
    """Hash after random play; the actions do not depend on the number of threads."""
    batch = Batch(Well(num_agents=4), rows, seed=3, threads=threads, autoreset="next_step")
    rng = np.random.default_rng(5)
    for _ in range(steps):
        batch.step(random_actions(batch, rng.random((rows, 4))))
    return batch.state_hash()


@pytest.fixture(scope="module")
def expected():
    return played(1)


@pytest.mark.parametrize("threads", [2, 3, 16])
def test_any_number_of_threads(threads, expected):
    assert played(threads) == expected


def test_several_callers_at_once(expected):
    found = []
    callers = [threading.Thread(target=lambda: found.append(played(2))) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert found == [expected] * 4


def _child(pipe):
    pipe.send(played(2))


def test_after_a_fork(expected):
    assert played(2) == expected  # the parent's helpers are running
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forks beside threads
        child = context.Process(target=_child, args=(theirs,))
        child.start()
    assert ours.poll(60)
    assert ours.recv() == expected
    child.join()


def test_actions_in_any_memory_order(expected):
    """Only C-contiguous arrays reach the compiled loop; others are copied."""
    first, second = (Batch(Well(num_agents=4), 300, seed=1) for _ in range(2))
    actions = random_actions(first, np.random.default_rng(1).random((300, 4)))
    first.step(actions)
    strange = np.zeros((600, 8), np.int32)
    strange[::2, ::2] = actions
    second.step(np.asfortranarray(actions))
    assert second.state_hash() == first.state_hash()
    third = Batch(Well(num_agents=4), 300, seed=1)
    third.step(strange[::2, ::2])
    assert third.state_hash() == first.state_hash()
    assert len(first._loop.compiled.signatures) == 1
