"""What the whole suite shares: one warm compile cache before workers start, one thread a worker."""

import os
import subprocess
import sys

import pytest

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
if "PYTEST_XDIST_WORKER" in os.environ:  # workers are as many as cores
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")

WARM = (
    "from gyges.envs import Batch, make\n"
    "for game in ('steward-v1', 'tabular_steward-v1'): Batch(make(game), 1)\n"
    "from gyges.envs.fairychess.board import Board\n"
    "from gyges.envs.fairychess.search.alphabeta import search\n"
    "search(Board('chess'), nodes=1)\n",
    "from gyges.envs import Batch, make\n"
    "for game in ('fairychess-v1', 'fairychess_stakes-v1'): Batch(make(game), 1)\n",
)
"""Programs that compile the games, as many as cores that are surely there."""


def pytest_sessionstart(session: pytest.Session) -> None:
    """With several workers every game is compiled once, here, and not once a worker."""
    if not getattr(session.config.option, "numprocesses", None) or "PYTEST_XDIST_WORKER" in os.environ:
        return
    paths = [str(session.config.rootpath / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    started = [subprocess.Popen([sys.executable, "-c", code], env=environment) for code in WARM]
    if any([process.wait() for process in started]):
        raise pytest.UsageError("the games do not compile: see above")
