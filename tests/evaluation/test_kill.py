"""kill -9 at random moments of an evaluation: the resumed table equals the uninterrupted one.

``GYGES_KILLS=20`` tries twenty moments; by default there are three.
"""

import os
import random
import signal
import subprocess
import time

import psutil
import pytest
from wells import table

from gyges.agents.sandbox import TOKEN
from gyges.scenarios.store import Store

KILLS = int(os.environ.get("GYGES_KILLS", "3"))
NONCE = "e1" * 16


def arguments(policy, path):
    suite = "well-visitor" if ".py" in policy else "well"
    options = {"--suite": suite, "--out": path, "--nonce": NONCE, "--probes": 4, "--chunk": 3}
    return ["evaluate", policy, *(part for pair in options.items() for part in pair)]


def completed(process):
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()[-2000:]


@pytest.fixture(scope="module")
def whole():
    """Uninterrupted tables by policy, and how long they took."""
    return {}


def uninterrupted(whole, program, policy, path):
    if policy not in whole:
        begun = time.monotonic()
        completed(program(*arguments(policy, path)))
        whole[policy] = (table(path), time.monotonic() - begun)
    return whole[policy]


def workers():
    """Processes of submitted policies that run now."""
    found = set()
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and TOKEN in process.environ():
                found.add(process.pid)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("moment", range(KILLS))
def test_killed_and_resumed(moment, whole, program, tmp_path, cheat):
    policy = "gyges" if moment % 3 else cheat("Raises")
    expected, seconds = uninterrupted(whole, program, policy, tmp_path / "a.db")
    before = workers()
    path = tmp_path / "b.db"
    chance = random.Random(moment)
    kills = 0
    for _ in range(3):  # killed, resumed and killed again
        process = program(*arguments(policy, path))
        try:
            process.wait(seconds * chance.uniform(0.2, 1.0))
            break
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
    completed(program(*arguments(policy, path)))
    for mine, theirs in zip(table(path), expected, strict=True):
        assert mine == theirs
    with Store(path) as store:
        assert len(store.runs()) == 1
    assert kills > 0 or seconds < 1
    for _ in range(100):  # a worker sees its parent's end by the closing of a pipe
        if workers() <= before:
            break
        time.sleep(0.02)
    assert workers() <= before
