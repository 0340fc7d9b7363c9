"""Functions for the tests of the executor; as a script, a parent whose jobs take a minute."""

import os
import time
from pathlib import Path

from gyges.envs import registry
from gyges.envs.errors import PolicyError
from gyges.scenarios.executor import Executor


def wait(seconds):
    time.sleep(seconds)
    return seconds


def fail(words):
    if words:
        raise PolicyError(words)


def wait_or_fail(seconds):
    fail("" if seconds else "failed at once")
    time.sleep(seconds)


def append_line(path):
    with Path(path).open("a") as file:
        file.write("once\n")


def append_and_die(path):
    append_line(path)
    os._exit(9)


def game(id):
    return registry.games()[id]


def report(name):
    print("ready", flush=True)


if __name__ == "__main__":
    with Executor(2) as executor:
        executor.map(wait, {"quick": 0.0, "long": 60.0, "longer": 61.0}, report)
