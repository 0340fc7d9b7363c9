"""What a job costs on each engine beyond what the engine takes, and what a second node is good for.

Writes results/executor.md.

python benchmarks/executor.py [--jobs 400] [--repeats 5]
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from measure import machine

from gyges.envs import Batch, make
from gyges.envs.rollout import play
from gyges.envs.seat_env import policy_of
from gyges.scenarios.clusters.ray_cluster import RayExecutor
from gyges.scenarios.clusters.slurm import SlurmExecutor
from gyges.scenarios.executor import Executor

OUT = Path(__file__).parent / "results" / "executor.md"
PAYLOAD = 64_000
"""Bytes of a job and of its result: a chunk of some twenty episodes."""


def echoed(data: bytes) -> bytes:
    """A job that takes no time."""
    return data


def imported(data: bytes) -> bytes:
    """Another, which like all jobs of this package imports it."""
    import gyges.envs.batch  # noqa: F401

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
    for few, what in ((6, "three for each process"), (24, "twelve for each process")):
        with tempfile.TemporaryDirectory() as folder:
            slurm = SlurmExecutor(Path(folder), 2, {"cluster": "local"})
            turns = iter(range(10**6))

            def ours(slurm: Any = slurm, turns: Any = turns, few: int = few) -> None:
                turn = next(turns)  # other content, or the results would be taken from the folder
                slurm.map(echoed, {f"job {k}": data + bytes([turn, k]) for k in range(few)})

            def its(function: Any, slurm: Any = slurm, few: int = few) -> None:
                for _ in range(few // 2):
                    for one in slurm._slurm.map_array(function, [data] * 2):
                        while not one.done():
                            time.sleep(0.1)
                        one.result()

            for job, of in ((echoed, ""), (imported, ", which imports gyges")):
                found[f"submitit, on this machine, {what}{of}"] = measured(
                    ours, functools.partial(its, job), few, min(repeats, 3)
                )
    return [f"| {name} | {a:.2f} | {b:.2f} | {c:.2f} |" for name, (a, b, c) in found.items()]


def waited(seconds: float) -> float:
    """A job that takes time and no processor."""
    time.sleep(seconds)
    return seconds


def computed(rounds: int) -> float:
    """A job that keeps one core busy: episodes of Tabular Steward. Processor time of its process, seconds."""
    game = make("tabular_steward-v1")
    for k in range(rounds):
        batch = Batch(game, 64, seed=k, labels="full")
        play(batch, [policy_of(game, "gyges")] * game.num_agents)
    return time.process_time()


NODE = {"num_cpus": 1, "object_store_memory": 80 << 20}
WAITS = {f"wait {k}": 0.25 for k in range(24)}
PLAYS = {f"play {k}": 40 for k in range(24)}


def two_nodes(repeats: int) -> list[str]:
    """Lines on how much faster two nodes are than one, both of one core, in turns."""
    from ray.cluster_utils import Cluster

    seconds: dict[str, list[list[float]]] = {"waiting": [[], []], "playing": [[], []]}
    for _ in range(repeats):
        for nodes in (1, 2):
            cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
            for _ in range(nodes - 1):
                cluster.add_node(**NODE)
            try:
                with RayExecutor(cluster.address) as executor:
                    executor.map(waited, WAITS)  # every node's process has begun, and
                    executor.map(computed, dict.fromkeys(["a", "b", "c", "d"], 4))  # imports and compiles
                    for name, function, jobs in (("waiting", waited, WAITS), ("playing", computed, PLAYS)):
                        found = per_job(lambda f=function, j=jobs: executor.map(f, j), len(jobs))  #
                        seconds[name][nodes - 1].append(found)
            finally:
                cluster.shutdown()
    lines = []
    for name, (one, two) in seconds.items():
        ratios = sorted(a / b for a, b in zip(one, two, strict=True))
        lines.append(
            f"| {name} | {statistics.median(one):.0f} | {statistics.median(two):.0f} | "
            f"{statistics.median(ratios):.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} |"
        )
    return lines


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    costs, before = "\n".join(rows(options.jobs, options.repeats)), os.getloadavg()[0]
    nodes = "\n".join(two_nodes(options.repeats))
    text = f"""# Executors

`python benchmarks/executor.py --jobs {options.jobs} --repeats {options.repeats}`, on two cores.

## A job that does nothing

{PAYLOAD // 1000} kB each way; milliseconds a job, medians of runs in turn. The bound is 20 ms beyond the
engine's own.

| engine | through the executor | the engine alone | difference |
|---|---|---|---|
{costs}

With submitit a process is a new Python that imports `gyges` and NumPy. The engine alone starts one for every
job; it imports neither, or in the lines that say so both, as a job that is of any use does. Where there are
more than four jobs for each process that runs at a time, a process does several.

## Two nodes of one core each, against one

Ray, {len(WAITS)} jobs: such as sleep a quarter of a second, and such as play Tabular Steward with labels;
milliseconds a job. The bound is 1.7, on a machine whose cores are free. Load when it began: {before:.1f}.

| jobs | one node | two nodes | times as fast, median | of {options.repeats} turns |
|---|---|---|---|---|
{nodes}

{machine()}"""
    print(text)
    OUT.write_text(text)


if __name__ == "__main__":
    main()
