"""What a step costs in two checkouts of Gyges, measured in turns on one core.

    python benchmarks/paired.py OTHER/src [--game steward-v1] [--other-game ID] [--agents 5] [--labels taken]
        [--pairs 20] [--steps 150] [--core 1] [--out FILE.md]

Each checkout runs in a process of its own, both on the same core; they take turns, so that other work on the
machine falls on both alike. Every seat plays a random legal action; drawing it is not timed. A ratio above 1
says that this checkout is faster.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

WORKER = """
import sys, time
import numpy as np
from gyges.envs import Batch, make
from gyges.envs.pettingzoo import AECGame, ParallelGame

game, agents, labels, steps = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
rng, clock = np.random.default_rng(1), time.thread_time
parallel = ParallelGame(game, num_agents=agents, labels=labels)
aec = AECGame(game, num_agents=agents, labels=labels)
batch = Batch(make(game, num_agents=agents), 1, seed=1, autoreset="next_step", threads=1, labels=labels)

def draw(mask):
    return int(rng.choice(np.flatnonzero(mask)))

def play_parallel():
    taken, (_, infos) = 0.0, parallel.reset(seed=1)
    for _ in range(steps):
        if not parallel.agents:
            _, infos = parallel.reset()
        actions = {agent: draw(infos[agent]["action_mask"]) for agent in parallel.agents}
        begun = clock()
        _, _, _, _, infos = parallel.step(actions)
        taken += clock() - begun
    return taken

def play_aec():
    taken, _ = 0.0, aec.reset(seed=1)
    for _ in range(steps):
        if not aec.agents:
            aec.reset()
        begun = clock()
        seen, _, terminated, truncated, _ = aec.last()
        taken += clock() - begun
        action = None if terminated or truncated else draw(seen["action_mask"])
        begun = clock()
        aec.step(action)
        taken += clock() - begun
    return taken

def play_batch():
    taken, _ = 0.0, batch.reset(seed=1)
    for _ in range(steps):
        actions = (rng.random(batch.mask.shape) * batch.mask).argmax(-1).astype(np.int32)
        begun = clock()
        batch.step(actions)
        taken += clock() - begun
    return taken

arms = {"parallel": play_parallel, "aec": play_aec, "batch": play_batch}
for arm in arms.values():
    arm()
print("ready", flush=True)
for line in sys.stdin:
    print(1e6 * arms[line.strip()]() / steps, flush=True)
"""
ARMS = {
    "parallel": "PettingZoo parallel",
    "aec": "PettingZoo AEC, one turn",
    "batch": "a batch of one row",
}


class Checkout:
    """One checkout in a process of its own."""

    def __init__(self, source: str, game: str, args: argparse.Namespace) -> None:
        words = [game, str(args.agents), args.labels, str(args.steps)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"},
        )
        if self.said() != "ready":
            raise SystemExit(f"{source}: the worker failed")

    def said(self) -> str:
        """The next line of its output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def microseconds(self, arm: str) -> float:
        """What a step costs."""
        assert self.process.stdin is not None
        print(arm, file=self.process.stdin, flush=True)
        return float(self.said())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("other", type=Path, help="the other checkout's folder src")
    parser.add_argument("--game", default="steward-v1")
    parser.add_argument("--other-game", help="its id there, where it has another")
    parser.add_argument("--agents", type=int, default=5)
    parser.add_argument("--labels", default="taken")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    from measure import ROOT, middle, report

    os.sched_setaffinity(0, {args.core})
    other = Checkout(str(args.other.resolve()), args.other_game or args.game, args)
    mine = Checkout(str(ROOT / "src"), args.game, args)
    lines = []
    for arm, words in ARMS.items():
        pairs = []
        for turn in range(args.pairs):
            order = (other, mine) if turn % 2 else (mine, other)
            found = {id(one): one.microseconds(arm) for one in order}
            pairs.append((found[id(other)], found[id(mine)]))
        theirs, ours = zip(*pairs, strict=True)
        low, half, high = statistics.quantiles([a / b for a, b in pairs], n=4)
        lines.append(
            f"| {words} | {middle(theirs):.1f} | {middle(ours):.1f} | {min(theirs):.1f} | {min(ours):.1f} "
            f"| {half:.2f} ({low:.2f} to {high:.2f}) |"
        )
    for one in (other, mine):
        one.process.kill()
    report(
        "Benchmark: two checkouts in turns",
        f"{args.game} with {args.agents} agents, labels {args.labels}, random legal actions: microseconds\n"
        f"a step, processor time; {args.pairs} pairs of {args.steps} steps on one core. Speed above 1: the\n"
        "new one is faster.\n\n"
        "| | other, median | new, median | other, least | new, least | speed, new to other (quartiles) |\n"
        "|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n",
        args.out,
    )


if __name__ == "__main__":
    main()
