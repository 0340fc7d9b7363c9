"""What the rule of perpetual chase costs random play of xiangqi.

    python benchmarks/fairychess_chases.py [--rows 64,1024] [--pairs 6] [--seconds 1.0]

Steps per CPU second (as in fairychess_play.py, drawn from the list) with `chasingRule = axf` over those with
`chasingRule = none`, in one process and in turn, the first of a pair alternating.
"""

from __future__ import annotations

import argparse
import statistics
import time

from fairychess_play import player

from gyges.envs import Batch, make

WITHOUT = "[unchased:xiangqi]\nchasingRule = none\n"


def table(variant, rows):  # type: ignore[no-untyped-def]
    """A batch that has been played for a while, and what draws its actions."""
    batch = Batch(
        make("fairychess-v1", variant=variant), rows, labels="off", autoreset="next_step", threads=1
    )
    draw = player(batch, "listed")
    for _ in range(300):
        batch.step(draw())
    return batch, draw


def rate(batch, draw, seconds):  # type: ignore[no-untyped-def]
    """Steps per CPU second."""
    steps, begun = 0, time.thread_time()
    while time.thread_time() - begun < seconds:
        for _ in range(max(1, 512 // batch.rows)):
            batch.step(draw())
            steps += batch.rows
    return steps / (time.thread_time() - begun)


def main() -> None:
    """Print a line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", default="64,1024")
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=1.0)
    chosen = parser.parse_args()
    for rows in (int(r) for r in chosen.rows.split(",")):
        tables = table("xiangqi", rows), table(WITHOUT, rows)
        ratios = []
        for number in range(chosen.pairs):
            found = [0.0, 0.0]
            for j in (0, 1) if number % 2 == 0 else (1, 0):
                found[j] = rate(*tables[j], chosen.seconds)
            ratios.append(found[0] / found[1])
        each = " ".join(f"{ratio:.3f}" for ratio in sorted(ratios))
        print(f"{rows:,} rows: {statistics.median(ratios):.3f} ({each})", flush=True)


if __name__ == "__main__":
    main()
