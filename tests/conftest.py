"""What the whole suite shares: one warm compile cache before workers start, one thread a worker."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
if "PYTEST_XDIST_WORKER" in os.environ:  # workers are as many as cores
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")

PLAY = """
from gyges.envs import Batch, make
from gyges.envs.rollout import Seating
from gyges.envs.seat_env import policy_of
game = make({game!r})
Seating(Batch(game, 1), [policy_of(game, "clean")] * game.num_agents).step()
"""
SEARCH = """
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.search.alphabeta import search
search(Board("chess"), nodes=1)
"""
GAMES = ("fairychess_stakes-v1", "fairychess-v1", "custodian-v0", "steward-v1", "envoy-v0", "founder-v0",
         "tabular_custodian-v0", "tabular_steward-v1")  # fmt: skip
WARM = [SEARCH, *(PLAY.format(game=game) for game in GAMES)]
"""Programs that compile what several test files use, the longest first."""

LONGEST = (
    "envs/test_cuda_compile.py",
    "evaluation/test_sandbox.py",
    "fairychess/test_differ.py",
    "evaluation/test_burglars.py",
    "evaluation/test_kill.py",
    "evaluation/test_forgery.py",
    "studies/test_report.py",
    "fairychess/test_game.py",
    "learners/test_exact.py",
    "render/test_fairychess.py",
    "fairychess/test_nasty.py",
    "learners/test_runs.py",
)
"""Test files of more than half a minute, the longest first: begun late, one would keep a worker when the
others are done."""


def pytest_configure(config: pytest.Config) -> None:
    """Files go to workers in the order of `LONGEST`, not in that of their number of tests."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`LONGEST` first, the others as they were found."""
    folder = os.path.dirname(__file__)
    ranks = {os.path.join(folder, *name.split("/")): rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(str(item.path), len(ranks)))


def pytest_sessionstart(session: pytest.Session) -> None:
    """With several workers every game is compiled once, here, and not once a worker."""
    if not getattr(session.config.option, "numprocesses", None) or "PYTEST_XDIST_WORKER" in os.environ:
        return
    paths = [str(session.config.rootpath / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}

    def run(code: str) -> int:
        return subprocess.run([sys.executable, "-c", code], env=environment).returncode

    with ThreadPoolExecutor(session.config.option.numprocesses) as pool:
        if any(list(pool.map(run, WARM))):
            raise pytest.UsageError("the games do not compile: see above")
