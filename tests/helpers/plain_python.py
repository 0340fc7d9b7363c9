"""Random play of a game, compiled and as plain Python in a process of its own, must give the same bits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from gyges.envs.batch import Batch
from gyges.envs.policy import pick
from gyges.envs.registry import make


def hashes(id, settings, rows, steps):
    """Every twentieth step: a hash of the states, sums of what is seen, all that is paid and judged."""
    game = make(id, **settings)
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


def assert_same_bits(id, settings, rows, steps):
    """Play here and in a plain process, and compare."""
    code = (
        f"import json, sys; sys.path.insert(0, {str(Path(__file__).parent)!r});"
        f"from plain_python import hashes; print(json.dumps(hashes({id!r}, {settings!r}, {rows}, {steps})))"
    )
    env = {**os.environ, "GYGES_PURE": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == json.loads(json.dumps(hashes(id, settings, rows, steps)))
