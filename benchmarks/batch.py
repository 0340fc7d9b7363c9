"""Speed, scaling, memory and compile time of the bare batch.

    python benchmarks/batch.py [--game steward-v1] [--agents 16] [--repeats 9] [--out FILE.md]

Every seat is played by the game's clean persona; its actions are recorded first, so that only the
environment is timed. Observations and masks are written at every step, and the ledger judges every
act taken. Rows are reset when they are over. Figures are medians of turns, with the range.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, get_args, get_type_hints

from measure import ROOT, clock, recorded, replay, report, spread, turns

from gyges.envs import Batch, make
from gyges.envs.registry import game_class

FRESH = """
import time
begun = time.perf_counter()
from gyges.envs import Batch, make
imported = time.perf_counter()
batch = Batch(make({game!r}), {rows})
batch.step(batch.mask.argmax(axis=2).astype("int32"))
print(imported - begun, time.perf_counter() - imported)
"""


def one_row(game_id: str, repeats: int, agents: int) -> str:
    """Microseconds a step of a batch of one."""
    game = make(game_id, num_agents=agents)
    arms = {}
    for labels in ("off", "taken", "full"):
        batch, actions = recorded(game, 1, 3000, labels=labels)
        arms[labels] = lambda b=batch, a=actions: [1e6 * t / len(a) for t in replay(b, a)]
    figures = turns(arms, repeats)
    lines = []
    for labels in arms:
        wall, worked = zip(*figures[labels], strict=True)
        lines.append(f"| {labels} | {spread(wall)} | {spread(worked)} |")
    return "| labels | us a step, wall | us a step, processor |\n|---|---|---|\n" + "\n".join(lines)


def least(game_id: str) -> int:
    """The fewest seats that a game has."""
    bounds = get_type_hints(game_class(game_id).Config, include_extras=True)["num_agents"]
    return next((int(meta.ge) for meta in get_args(bounds)[1:] if meta.ge is not None), 1)


def many_rows(game_id: str, repeats: int, agents: int) -> str:
    """Environment steps a second on one core and on two, and what the host gives two strangers."""
    game = make(game_id, num_agents=agents)
    lines = []
    for rows in (64, 1024, 8192):
        steps = max(20, 60_000 // rows)
        arms = {}
        for threads in (1, 2):
            batch, actions = recorded(game, rows, steps, threads=threads)
            arms[str(threads)] = lambda b=batch, a=actions, n=rows: [
                n * len(a) / t / 1e6 for t in replay(b, a)
            ]
        strangers = [recorded(game, rows, steps, threads=1) for _ in range(2)]
        arms["apart"] = lambda s=strangers, n=2 * rows * steps: n / clock(lambda: apart(s)) / 1e6
        figures = turns(arms, repeats)
        one, worked = zip(*figures["1"], strict=True)
        two = [wall for wall, _ in figures["2"]]
        pairs = [b / a for a, b in zip(one, two, strict=True)]
        most = [b / a for a, b in zip(one, figures["apart"], strict=True)]
        columns = (worked, one, two, pairs, most)
        lines.append(f"| {rows} | " + " | ".join(spread(column) for column in columns) + " |")
    head = (
        "| rows | one core, by processor time | one core | two cores | two to one | two strangers to one |\n"
        "|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(lines)


def apart(batches: list[tuple[Batch, list[Any]]]) -> None:
    """Step several batches side by side, each on a thread of its own that waits for nobody."""
    for batch, _ in batches:
        batch.reset(seed=1)
    crew = [threading.Thread(target=lambda b=b, a=a: [b.step(x) for x in a]) for b, a in batches]
    for one in crew:
        one.start()
    for one in crew:
        one.join()


def memory(game_id: str, agents: int) -> str:
    """Bytes a row, without labels."""
    batch = Batch(make(game_id, num_agents=agents), 1024, labels="off")
    return f"{batch.nbytes / batch.rows:,.0f} bytes a row at {agents} agents without labels"


def start(game_id: str, repeats: int) -> str:
    """Seconds to the first step in fresh processes: compiling, then from the cache."""
    path = os.pathsep.join(str(ROOT / name) for name in ("src", "examples/well"))
    lines = []
    for rows in (1, 1024):
        with tempfile.TemporaryDirectory() as folder:
            env = {**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": folder}
            code = FRESH.format(game=game_id, rows=rows)
            taken = []
            for _ in range(1 + repeats):
                done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
                taken.append([float(x) for x in done.stdout.split()])
        first, cached = taken[0], [sum(x) for x in taken[1:]]
        lines.append(f"| {rows} | {first[1]:.1f} | {spread(cached)} |")
    head = "| rows | first use, s | import, start and step from the cache, s |\n|---|---|---|\n"
    return head + "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--game", default="steward-v1")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--agents", type=int, default=16, help="seats in many rows")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    alone = min(max(least(args.game), 5), args.agents)
    one = one_row(args.game, args.repeats, alone)
    many = many_rows(args.game, args.repeats, args.agents)
    body = (
        f"Game {args.game}, every seat played by its clean persona (actions recorded beforehand).\n"
        f"Medians of {args.repeats} turns, least and greatest in brackets. Processor time leaves out what\n"
        "other work on the machine takes; wall time does not. Two strangers are two batches of that size\n"
        "on a thread each, which never wait for one another: the most that the host gives.\n\n"
        f"## A batch of one, {alone} agents\n\n{one}\n\n"
        f"## Many rows, {args.agents} agents, every act judged: million steps a second\n\n{many}\n\n"
        f"## Memory\n\n{memory(args.game, args.agents)}.\n\n"
        f"## Start, in fresh processes\n\n{start(args.game, min(args.repeats, 5))}\n"
    )
    report("Benchmark: the batch", body, args.out)


if __name__ == "__main__":
    main()
