"""kill -9 at random moments of an evaluation: the resumed table equals the uninterrupted one.

``GYGES_KILLS=20`` tries twenty moments; by default there are three.
"""

import os
import random
import signal
import subprocess
import time

import pytest
from wells import table, workers

from gyges.scenarios.cli import main
from gyges.scenarios.evaluation.store import Store

KILLS = int(os.environ.get("GYGES_KILLS", "3"))
NONCE = "e1" * 16


def arguments(policy, path, **more):
    options = {"--suite": "well", "--out": path, "--nonce": NONCE, "--probes": 4, "--chunk": 3, **more}
    if ".py" in policy:  # a probe that fails starts a hundred processes
        options |= {"--suite": "well-visitor", "--probes": 2}
    return ["evaluate", policy, *(part for pair in options.items() for part in pair)]


def completed(process):
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()[-2000:]


def killed(process, seconds):
    """Kill a process after some seconds; whether it was still running."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


@pytest.fixture(scope="module")
def whole():
    """Uninterrupted tables by policy, and how long they took."""
    return {}


def uninterrupted(whole, program, policy, path):
    if policy not in whole:
        warm = arguments(policy, path.with_name("warm.db"), **{"--episodes": 1})  # compiles where it must
        completed(program(*warm))
        begun = time.monotonic()
        completed(program(*arguments(policy, path)))
        whole[policy] = (table(path), time.monotonic() - begun)
    return whole[policy]


@pytest.mark.parametrize("moment", range(KILLS))
def test_killed_and_resumed(moment, whole, program, tmp_path, cheat, mark):
    policy = "gyges" if moment % 3 else cheat("Raises")
    expected, seconds = uninterrupted(whole, program, policy, tmp_path / "a.db")
    chance = random.Random(moment)
    for attempt in range(20):
        path = tmp_path / f"b{attempt}.db"
        wait = seconds * chance.uniform(0.1, 0.9) * 0.8**attempt
        if killed(program(*arguments(policy, path)), wait):
            break
    killed(program(*arguments(policy, path)), seconds * chance.uniform(0.1, 0.9))  # and perhaps again
    completed(program(*arguments(policy, path)))
    for mine, theirs in zip(table(path), expected, strict=True):
        assert mine == theirs
    with Store(path) as store:
        assert len(store.runs()) == 1
    for _ in range(100):  # a worker sees its parent's end by the closing of a pipe
        if not workers(mark):
            break
        time.sleep(0.02)
    assert not workers(mark)


def test_a_signal_within_a_finaliser_is_not_lost():
    """What is raised in one is printed and forgotten; the signal has to come again."""

    class Late:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)

    def work():
        with main._ended_by_signals():
            Late()
            time.sleep(5)

    with pytest.raises(SystemExit) as ended:
        work()
    assert ended.value.code == 128 + signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_temporary_is_left_by_a_signal(number, program, tmp_path, cheat, mark, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    if number != signal.SIGKILL:  # under nohup it is ignored, and would be by the program too
        before = signal.signal(number, signal.SIG_DFL)
    process = program(*arguments(cheat("TooSlow"), tmp_path / "a.db", **{"--episodes": 600}))  # a minute
    if number != signal.SIGKILL:
        signal.signal(number, before)
    for _ in range(600):
        if any(temporary.glob("gyges-policy-*")) or process.poll() is not None:
            break
        time.sleep(0.05)
    assert process.poll() is None
    time.sleep(0.5)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number), errors
    assert b"Traceback" not in errors
    for _ in range(200):
        if not workers(mark) and not any(temporary.iterdir()):
            break
        time.sleep(0.02)
    assert not workers(mark)
    assert [p.name for p in temporary.iterdir()] == []
