"""Functions for the tests of the executor; as a script, a parent whose jobs take a minute."""

import os
import time
from pathlib import Path

from gyges.agents import load
from gyges.agents.sandbox.process import Limits
from gyges.envs import registry
from gyges.envs.errors import PolicyError
from gyges.scenarios.evaluation import play
from gyges.scenarios.executor import Executor


def wait(seconds):
    time.sleep(seconds)
    return seconds


def process(seconds):
    time.sleep(seconds)
    return os.getpid()


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


def append_and_wait(job):
    path, seconds = job
    append_line(path)
    time.sleep(seconds)
    return Path(path).name


def sandboxed(job):
    """Load a policy as a job of an evaluation does, on a machine that lacks what `missing` says."""
    source, missing = job
    play.unprotected = lambda: missing
    game = registry.make("well-v0")
    with play.opened(load.resolve(source, game), game, Limits()) as policy:
        return type(policy).__name__


def game(id):
    return registry.games()[id]


def report(name):
    print("ready", flush=True)


if __name__ == "__main__":
    with Executor(2) as executor:
        executor.map(wait, {"quick": 0.0, "long": 60.0, "longer": 61.0}, report)
