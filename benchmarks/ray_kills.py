"""Episodes on two Ray nodes of this machine while workers are killed, one every two seconds.

python benchmarks/ray_kills.py [--scenario steward-visitor] [--episodes 3000] [--every 2]

Prints how many workers were killed, and whether the results are those of one process: every row of
every episode, nothing twice and nothing lost. Exit status 1 where they are not.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from measure import machine

from gyges.scenarios.clusters.ray_cluster import RayExecutor
from gyges.scenarios.evaluation.evaluate import evaluate
from gyges.scenarios.evaluation.store import Store

NODE = {"num_cpus": 1, "object_store_memory": 80 << 20}
TERMS: dict[str, Any] = {"nonce": "c1" * 16, "chunk": 5}


def rows(path: Path) -> list[Any]:
    """All that a results file says of its episodes and probes, in order."""
    with Store(path) as store:
        (run,) = store.runs()
        (plan,) = store.plans(run)
        found = store.results(run, plan["id"])
        played = [store.episode(run, plan["id"], one.idx).to_json() for one in found]
        return [found, played, store.probes(run, plan["id"])]


def kill(scenario: str, every: float, stop: threading.Event, killed: list[str]) -> None:
    """Kill a worker that does a job every so many seconds; no job more than twice (Ray begins it thrice)."""
    import psutil

    while not stop.wait(every):
        for process in psutil.process_iter(["cmdline"]):
            title = (process.info["cmdline"] or [""])[0]
            if title.startswith(f"ray::{scenario}") and killed.count(title) < 2:
                killed.append(title)
                process.kill()
                break


def main() -> int:
    """Play here, play there under fire, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="steward-visitor")
    parser.add_argument("--episodes", type=int, default=3000)
    parser.add_argument("--probes", type=int, default=0)
    parser.add_argument("--every", type=float, default=2.0)
    given = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)  # for the nodes' workers
    from ray.cluster_utils import Cluster

    terms = {**TERMS, "episodes": given.episodes, "probes": given.probes}
    with tempfile.TemporaryDirectory() as folder:
        here, there = Path(folder) / "here.db", Path(folder) / "there.db"
        began = time.perf_counter()
        evaluate("gyges", given.scenario, here, **terms)
        alone = time.perf_counter() - began
        cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        cluster.add_node(**NODE)
        stop, killed = threading.Event(), list[str]()
        killer = threading.Thread(target=kill, args=(given.scenario, given.every, stop, killed))
        try:
            with RayExecutor(cluster.address) as executor:
                killer.start()
                began = time.perf_counter()
                evaluate("gyges", given.scenario, there, executor=executor, **terms)
                fired = time.perf_counter() - began
        finally:
            stop.set()
            killer.join()
            cluster.shutdown()
        same = rows(here) == rows(there)
    print(
        f"{given.episodes} episodes of {given.scenario}: {alone:.0f} s in one process, "
        f"{fired:.0f} s on two nodes"
    )
    print(f"workers killed: {len(killed)}; results {'the same' if same else 'DIFFER'}")
    print(machine(), end="")
    return 0 if same and killed else 1


if __name__ == "__main__":
    sys.exit(main())
