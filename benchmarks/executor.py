"""What a job costs on each engine, beyond what the engine itself takes. Writes results/executor.md.

python benchmarks/executor.py [--jobs 400] [--repeats 5]
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from measure import machine

from gyges.scenarios.clusters.ray_cluster import RayExecutor
from gyges.scenarios.clusters.slurm import SlurmExecutor
from gyges.scenarios.executor import Executor

OUT = Path(__file__).parent / "results" / "executor.md"
PAYLOAD = 64_000
"""Bytes of a job and of its result: a chunk of some twenty episodes."""


def echoed(data: bytes) -> bytes:
    """A job that takes no time."""
    return data


def per_job(run: Callable[[], Any], jobs: int) -> float:
    """Milliseconds a job."""
    begun = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - begun) / jobs


def measured(
    ours: Callable[[], Any], bare: Callable[[], Any], jobs: int, repeats: int
) -> tuple[float, float, float]:
    """Medians of milliseconds a job, ours and the engine's own, and of the differences, taken in turn."""
    ours(), bare()
    pairs = [(per_job(ours, jobs), per_job(bare, jobs)) for _ in range(repeats)]
    mine, its = (statistics.median(column) for column in zip(*pairs, strict=True))
    return mine, its, statistics.median(a - b for a, b in pairs)


def rows(jobs: int, repeats: int) -> list[str]:
    """A line of the table for each engine."""
    data = bytes(PAYLOAD)
    named = {f"job {k}": data for k in range(jobs)}
    found = {}
    with contextlib.ExitStack() as stack:
        local = stack.enter_context(Executor(2))
        pool = stack.enter_context(ProcessPoolExecutor(2, get_context("spawn")))
        found["processes of this machine"] = measured(
            lambda: local.map(echoed, named), lambda: list(pool.map(echoed, named.values())), jobs, repeats
        )
    with RayExecutor("local") as ray_executor:
        import ray

        bare = ray.remote(max_retries=3)(echoed)
        found["Ray, one node"] = measured(
            lambda: ray_executor.map(echoed, named),
            lambda: ray.get([bare.remote(one) for one in named.values()]), jobs, repeats,
        )  # fmt: skip
    few = 6
    with tempfile.TemporaryDirectory() as folder:
        slurm = SlurmExecutor(Path(folder), 2, {"cluster": "local"})
        turns = iter(range(10**6))

        def ours() -> None:
            turn = next(turns)  # other content, or the results would be taken from the folder
            slurm.map(echoed, {f"job {k}": data + bytes([turn, k]) for k in range(few)})

        def its() -> None:
            for _ in range(few // 2):
                for one in slurm._slurm.map_array(echoed, [data] * 2):
                    while not one.done():
                        time.sleep(0.1)
                    one.result()

        found["submitit, on this machine"] = measured(ours, its, few, min(repeats, 3))
    return [f"| {name} | {a:.2f} | {b:.2f} | {c:.2f} |" for name, (a, b, c) in found.items()]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    text = (
        f"# Executors\n\n`python benchmarks/executor.py --jobs {options.jobs} --repeats {options.repeats}`, "
        f"on two cores. Jobs that do nothing, {PAYLOAD // 1000} kB each way; "
        "milliseconds a job, medians of runs in turn. The bound is 20 ms beyond the engine's own.\n\n"
        "| engine | through the executor | the engine alone | difference |\n|---|---|---|---|\n"
        + "\n".join(rows(options.jobs, options.repeats))
        + "\n\nThrough submitit a job is a new Python process that imports `gyges`, where the engine "
        f"alone imports nothing of it.\n\n{machine()}"
    )
    print(text)
    OUT.write_text(text)


if __name__ == "__main__":
    main()
