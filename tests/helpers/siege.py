"""A hostile policy played, and what it must not have done: forfeits of its own seat are all that it gets."""

import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import wells

from gyges.agents.load import build
from gyges.agents.sandbox.process import Limits
from gyges.envs.batch import Batch
from gyges.envs.errors import PolicyError
from gyges.envs.rollout import Seating
from gyges.scenarios.evaluation.plan import plan
from gyges.scenarios.evaluation.play import play_chunk, seated

HOSTILE = Path(__file__).with_name("hostile.py")
NONCE = "5a" * 16
COUNT = 2
LIMITS = Limits(act_seconds=5, start_seconds=20, memory_mb=1024, folder_mb=16, file_mb=8, failures=3,
                patience_seconds=40)  # fmt: skip


def siege(name):
    """What came of one policy, in a word: "not loaded", "forfeits N of M" or "nothing lost".

    Raises:
        AssertionError: it did something that it must not.
    """
    with tempfile.TemporaryDirectory(prefix="siege-") as own:  # other tests have theirs at the same time
        kept, tempfile.tempdir = tempfile.tempdir, own
        try:
            return _besieged(name, own)
        finally:
            tempfile.tempdir = kept


def _besieged(name, own):
    before, mark = standing(own), os.path.join(own, "mark")
    sys.path.append(mark)  # by which its processes are known, wherever they are
    try:
        word = _played(name)
        for _ in range(100):
            if not wells.workers(mark):
                break
            time.sleep(0.02)
        assert not wells.workers(mark), f"{name}: processes are left"
    finally:
        sys.path.remove(mark)
    assert standing(own) == before, f"{name}: files are left: {standing(own) ^ before}"
    return word


def _played(name):
    ready = plan(f"{HOSTILE}:{name}", [wells.RESIDENT])[0]
    personas = {one: build(source, ready.game) for one, source in ready.sources.items()}
    try:
        with seated(ready, LIMITS) as policy:
            done = play_chunk(ready, policy, personas, NONCE, 0, COUNT)
            if "_probabilities_" in name:
                _asked(policy, ready.game)
    except PolicyError as error:
        if "_construct_" not in name:
            raise AssertionError(f"{name}: {error}") from None
        return "not loaded"
    lost, seats = 0, 0
    for one in done:
        one.episode.to_json().encode()
        assert all(one.episode.seats[f.seat].focal for f in one.episode.forfeits), f"{name}: another's seat"
        assert all(f.reason.isprintable() for f in one.episode.forfeits), f"{name}: {one.episode.forfeits}"
        lost += len(one.episode.forfeits)
        seats += int(one.episode.focal.sum())
        assert [t for _, t, _ in one.episode.replay()][-1] == one.episode.steps
    return f"forfeits {lost} of {seats}" if lost else "nothing lost"


def _asked(policy, game):
    """Probabilities of some rows: each row of a distribution, or NaN."""
    seating = Seating(Batch(game, 2, seed=3), [policy] * game.num_agents)
    group = seating.groups[0]
    found = policy.probabilities(seating.observation(group), policy.initial(len(group.rows)))
    sound = np.abs(found.sum(axis=1) - 1) < 1e-3
    assert (sound | np.isnan(found).all(axis=1)).all(), found


def standing(own):
    """What stands where a policy may want to leave something: all in `own`, elsewhere what is named so."""
    folders = ("/tmp", HOSTILE.parent, "/dev/shm", os.getcwd())
    found = {e.path for f in folders if os.path.isdir(f) for e in os.scandir(f)
             if e.name.startswith(("hostile", "left"))}  # fmt: skip
    return found | {e.path for e in os.scandir(own)}
