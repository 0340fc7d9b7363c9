"""Steward keeps the contract of every game, at several sizes, compiled and as plain Python."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError
from gyges.envs.policy import pick
from gyges.envs.registry import make
from gyges.envs.testing import check_game

SETTINGS = [
    {},
    {"num_agents": 2, "num_grounds": 1, "watch": "act"},
    {"num_agents": 16, "arm": "sanctioned", "orders": 0.5},
    {"num_agents": 3, "num_grounds": 4, "store": 2, "fire": 0.2, "temptation": 2.5},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_contract(settings):
    check_game(make("steward-v1", **settings), rows=12, steps=120)


def test_state_has_a_width_for_every_field():
    game = make("steward-v1")
    assert len(game.widths()) == len(game.State._fields)


def hashes(settings, rows, steps):
    game = make("steward-v1", **settings)
    batch = Batch(game, rows, seed=11, autoreset="same_step", labels="full")
    rng = np.random.default_rng(5)
    found = []
    for t in range(steps):
        mask = batch.mask.reshape(-1, game.num_actions)
        batch.step(pick(mask, rng.random(len(mask))).reshape(rows, -1))
        if t % 20 == 19:
            sums = [int(batch.codes.astype(np.int64).sum()), batch.reward.tolist(), batch.ledger.tolist()]
            found.append([batch.state_hash(), sums])
    return found


@pytest.mark.parametrize("settings", SETTINGS[:3], ids=str)
def test_plain_python_gives_the_same_bits(settings):
    code = (
        "import json, sys; sys.path.insert(0, 'tests/steward');"
        f"from test_contract import hashes; print(json.dumps(hashes({settings!r}, 2, 120)))"
    )
    env = {**os.environ, "GYGES_PURE": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == json.loads(json.dumps(hashes(settings, 2, 120)))


@pytest.mark.parametrize(
    "bad",
    [{"num_agents": 1}, {"num_agents": 17}, {"num_grounds": 5}, {"arm": "none"}, {"watch": "week"},
     {"start": 0.1}, {"growth": 2.0}, {"horizon": 0}, {"store": 3.5}, {"hazard": float("nan")}],
    ids=str,
)  # fmt: skip
def test_bad_settings_are_refused_by_name(bad):
    with pytest.raises(ConfigError, match=next(iter(bad))):
        make("steward-v1", **bad)


def test_memory_of_a_row_at_sixteen_seats():
    batch = Batch(make("steward-v1", num_agents=16), 64, labels="off")
    assert batch.nbytes / 64 < 8704
