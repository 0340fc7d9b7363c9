"""The batch: seeds, snapshots, forks, resets, refusals."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from well.game import Well

from gyges.envs import ActionError, Batch, ConfigError, SnapshotError, make
from gyges.envs.testing import random_play, trajectory_hash

ROOT = Path(__file__).parents[2]


@pytest.fixture
def batch():
    return Batch(Well(), 5, seed=7)


def legal(batch):
    return np.argmax(batch.mask, axis=2).astype(np.int32)


@pytest.mark.parametrize(
    "actions",
    [
        lambda a: a.astype(np.float64),
        lambda a: a.astype(np.float32) * np.nan,
        lambda a: a[:-1],
        lambda a: a[:, :-1],
        lambda a: a - 2,
        lambda a: a + 100,
        lambda a: a.astype(np.int64) + 2**40,
        lambda a: a > 0,
        lambda a: [["draw"] * 3] * 5,
        lambda a: None,
    ],
)
def test_bad_actions_change_nothing(batch, actions):
    before = batch.state_hash()
    with pytest.raises(ActionError):
        batch.step(actions(legal(batch)))
    assert batch.state_hash() == before


def test_refusal_names_row_seat_and_legal_actions(batch):
    actions = legal(batch)
    actions[3, 1] = 0
    with pytest.raises(ActionError, match=r"row 3, seat 1: action 0 \(wait\).*legal: 1 \(draw 0 buckets\)"):
        batch.step(actions)


def test_torch_and_lists_are_accepted(batch):
    import torch

    batch.step(torch.as_tensor(legal(batch)))
    batch.step(legal(batch).tolist())
    assert (batch.state.tick == 2).all()


@pytest.mark.parametrize("mode", ["next_step", "same_step"])
def test_autoreset(mode):
    game = Well(horizon=3)
    batch = Batch(game, 4, seed=1, autoreset=mode)
    for _ in range(3):
        batch.step(legal(batch))
    assert batch.truncated.all()
    if mode == "same_step":
        assert batch.first.all()
        assert (batch.final[..., 5] == 3).all(), "the last day's observation is kept"
        assert (batch.codes[..., 5] == 0).all()
    else:
        assert batch.over.all()
        assert (batch.codes[..., 5] == 3).all()
        batch.step(np.zeros((4, 3), np.int32))
        assert batch.first.all()
        assert not batch.truncated.any()
    assert (batch.state.episode == 1).all()


def test_disabled_autoreset_freezes(batch):
    game = Well(horizon=2)
    batch = Batch(game, 2, seed=1)
    for _ in range(2):
        batch.step(legal(batch))
    before = batch.state_hash()
    assert batch.mask.sum() == 6
    batch.step(np.zeros((2, 3), np.int32))
    assert batch.state_hash() == before
    assert not batch.reward.any()


def test_episode_luck_differs_and_seed_returns(batch):
    first = batch.state_hash()
    batch.reset()
    second = batch.state_hash()
    batch.reset(seed=7)
    assert batch.state_hash() == first != second
    assert Batch(Well(), 5, seed=7 + 2**32).state_hash() != first


def test_reset_rows_touches_only_those(batch):
    before = batch.packed.copy()
    batch.reset_rows([1, 3])
    assert (batch.packed == before).all(axis=1).tolist() == [True, False, True, False, True]


def test_fork_meets_the_same_luck_unless_told(batch):
    for _ in random_play(batch, 5, 0):
        pass
    same = batch.fork([2, 2])
    for _ in random_play(same, 8, 3):
        pass
    assert (same.state.watched[0] == same.state.watched[1]).all()
    futures = batch.fork([0, 1], copies=32, new_luck=True)
    tick = futures.state.watched.reshape(2, 32, -1)
    assert (tick == tick[:, :1]).all(), "the present is shared"
    futures.step(np.ones((64, 3), np.int32))
    assert len({futures.state.watched[j].tobytes() for j in range(32)}) > 1, "futures differ"


def test_paired_futures_share_luck_across_rows():
    batch = Batch(Well(), 1, seed=3)
    pair = batch.fork([0, 0], copies=8, new_luck=True)
    for _ in range(5):
        pair.step(np.ones((16, 3), np.int32))
    assert (pair.state.watched[:8] == pair.state.watched[8:]).all()


def test_restore_refuses_another_shape(batch):
    with pytest.raises(SnapshotError):
        batch.restore(Batch(Well(num_agents=4), 5).snapshot())
    with pytest.raises(SnapshotError):
        batch.restore(batch.snapshot([0, 1]))


@pytest.mark.parametrize(
    "options",
    [{"rows": 0}, {"rows": 2.5}, {"labels": "some"}, {"autoreset": "never"}, {"device": "tpu"},
     {"threads": 0}, {"seed": 1.5}],
)  # fmt: skip
def test_bad_options(options):
    with pytest.raises(ConfigError):
        Batch(Well(), **{"rows": 2, **options})


@pytest.mark.parametrize(
    "settings",
    [{"num_agents": 1}, {"num_agents": 2.0}, {"ring": -0.1}, {"cue": 0.2}, {"horizon": "x"}, {"colour": 1},
     {"ring": float("nan")}],
)  # fmt: skip
def test_bad_settings(settings):
    with pytest.raises(ConfigError):
        Well(**settings)


HASH = """
import sys
from gyges.envs import make, register
from gyges.envs.testing import trajectory_hash
register("well-v0", "well.game:Well")
game = make(sys.argv[1])
print(trajectory_hash(game, rows=int(sys.argv[2]), steps=int(sys.argv[3]), seed=11, device=sys.argv[4]))
"""


def run_hash(game, rows, steps, device="cpu", **environment):
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "examples" / "well")])
    done = subprocess.run(
        [sys.executable, "-c", HASH, game, str(rows), str(steps), device],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PYTHONPATH": path, **environment},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["well-v0", "steward-v1"])
def test_plain_python_and_cuda_simulator_equal_compiled(name):
    """The same bits from njit, parallel njit, plain Python and CUDA kernels in the simulator."""
    game = Well() if name == "well-v0" else make(name)
    compiled = trajectory_hash(game, rows=4, steps=800, seed=11)  # two episodes and more
    assert run_hash(name, 4, 800, GYGES_PURE="1") == compiled
    simulated = trajectory_hash(game, rows=3, steps=60, seed=11)
    pytest.importorskip("numba_cuda", reason="the CUDA simulator comes with numba-cuda")
    assert run_hash(name, 3, 60, device="cuda", NUMBA_ENABLE_CUDASIM="1") == simulated
    serial = [trajectory_hash(game, rows=1, steps=500, seed=s) for s in (1, 2)]
    assert serial[0] != serial[1]


REFUSED = """
import numpy as np
import well
from gyges.envs import Batch, make
from gyges.envs.errors import ActionError
batch = Batch(make("well-v0"), 4, seed=3, device="cuda")
good, bad = np.ones((4, 3), np.int32), np.ones((4, 3), np.int32)
batch.step(good, validate=False)
bad[2, 1] = np.flatnonzero(~batch.mask[2, 1])[0]
worse = np.where(batch.mask, 1, 0).argmin(2).astype(np.int32)
before = batch.packed.copy()
for actions in (bad, good, worse, good):
    batch.step(actions, validate=False)
assert np.array_equal(before, batch.packed)
try:
    batch.illegal()
except ActionError as error:
    print(error)
batch.illegal()
batch.step(good)
assert not np.array_equal(before, batch.packed)
"""


def test_a_step_refused_on_the_device_stays_flagged_until_it_is_asked_for():
    pytest.importorskip("numba_cuda", reason="the CUDA simulator comes with numba-cuda")
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "examples" / "well")])
    done = subprocess.run(
        [sys.executable, "-c", REFUSED], capture_output=True, text=True, timeout=600,
        env={**os.environ, "PYTHONPATH": path, "NUMBA_ENABLE_CUDASIM": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("row 2, seat 1"), done.stdout
