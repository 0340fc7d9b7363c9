"""First use of each game with an empty cache: processor seconds until a batch has stepped.

    python benchmarks/first_compile.py [GAME ...]

Every game is compiled in processes of its own, three in turn, on one core. Writes results/first_compile.md.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import machine

OUT = Path(__file__).parent / "results" / "first_compile.md"
GAMES = (
    "steward-v1", "tabular_steward-v1", "founder-v0", "envoy-v0", "custodian-v0", "tabular_custodian-v0",
    "fairychess-v1", "fairychess_stakes-v1",
)  # fmt: skip
FIRST_USE = """
import sys, time
from gyges.envs import Batch, make
from gyges.envs.testing import random_play
begun = time.process_time()
batch = Batch(make(sys.argv[1]), 2, threads=1)
list(random_play(batch, 1, 0))
print(time.process_time() - begun)
"""


def seconds(game: str) -> float:
    """Of one first use, in a process with an empty cache."""
    with tempfile.TemporaryDirectory() as cache:
        told = subprocess.run(
            [sys.executable, "-c", FIRST_USE, game],
            env={**os.environ, "NUMBA_CACHE_DIR": cache}, capture_output=True, text=True, check=True,
        )  # fmt: skip
    return float(told.stdout)


def main() -> None:
    """Measure, print and write."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    lines = []
    for game in sys.argv[1:] or GAMES:
        found = sorted(seconds(game) for _ in range(3))
        lines.append(f"| {game} | {statistics.median(found):.1f} | {found[0]:.1f} to {found[-1]:.1f} |")
        print(lines[-1], flush=True)
    table = "\n".join(lines)
    OUT.write_text(f"""# First compile

`python benchmarks/first_compile.py`: processor seconds on one core until a batch of a game has stepped, with
an empty cache; later processes take the compiled rules from it. The bound is 10.

| game | median of three | from to |
|---|---|---|
{table}

{machine()}""")


if __name__ == "__main__":
    main()
