"""Perft from the start position with leaf counting, one core: ours beside Debian's Fairy-Stockfish.

    python benchmarks/fairychess_perft.py [VARIANT:DEPTH ...]

Both are timed in CPU seconds of one process (theirs less the seconds it takes to start), in turn, three
times; the medians are compared. Needs the
Debian package fairy-stockfish (its path: GYGES_FAIRY_STOCKFISH).
"""

from __future__ import annotations

import os
import re
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.perft import perft

ENGINE = os.environ.get("GYGES_FAIRY_STOCKFISH", "/usr/games/fairy-stockfish")
DEFAULT = (  # noqa: SIM905
    "chess:6 gardner:7 losalamos:7 minishogi:5 shogi:5 xiangqi:5 capablanca:5 crazyhouse:5 grand:4 "
    "makruk:5 shatranj:5 horde:6 breakthrough:5 racingkings:5 atomic:5 antichess:6 3check:5 kingofthehill:5"
).split()


def theirs(variant: str, depth: int) -> tuple[int, float] | None:
    """Nodes and CPU seconds of Fairy-Stockfish; None if it lacks the variant."""
    words = f"uci\nsetoption name UCI_Variant value {variant}\nposition startpos\ngo perft {depth}\nquit\n"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run([ENGINE], input=words, capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    options = re.search(r"UCI_Variant type combo .*", out)
    if options is None or f" {variant} " not in options[0] + " ":
        return None
    nodes = re.search(r"Nodes searched: (\d+)", out)
    return (int(nodes[1]), after.ru_utime - before.ru_utime) if nodes else None


def startup(variant: str) -> float:
    """CPU seconds that Fairy-Stockfish takes to start and count one ply."""
    found = theirs(variant, 1)
    return found[1] if found else 0.0


def ours(variant: str, depth: int) -> tuple[int, float]:
    """Nodes and CPU seconds of ours."""
    board = Board(variant)
    start = time.process_time()
    nodes = perft(board, depth)
    return nodes, time.process_time() - start


def main(jobs: list[str]) -> int:
    """Print the table."""
    perft(Board("chess"), 2)
    print(f"{'variant':16}{'depth':>6}{'leaves':>14}{'ours M/s':>10}{'theirs M/s':>12}{'ratio':>8}")
    for job in jobs:
        variant, depth = job.split(":")[0], int(job.split(":")[1])
        rates: tuple[list[float], list[float]] = ([], [])
        counts = set()
        idle = min(startup(variant) for _ in range(3)) if Path(ENGINE).exists() else 0.0
        for _ in range(3):
            nodes, seconds = ours(variant, depth)
            rates[0].append(nodes / max(seconds, 1e-6) / 1e6)
            counts.add(nodes)
            peer = theirs(variant, depth) if Path(ENGINE).exists() else None
            if peer:
                rates[1].append(peer[0] / max(peer[1] - idle, 1e-3) / 1e6)
                counts.add(peer[0])
        mine = statistics.median(rates[0])
        other = statistics.median(rates[1]) if rates[1] else float("nan")
        note = "" if len(counts) == 1 else f"  counts differ: {sorted(counts)}"
        print(
            f"{variant:16}{depth:>6}{max(counts):>14}{mine:>10.1f}{other:>12.1f}{mine / other:>8.2f}{note}",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or DEFAULT))
