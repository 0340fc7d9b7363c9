"""How fast episodes are evaluated, and how soon a hanging policy is gone. Prints medians.

python benchmarks/evaluation.py [--repeats 5]
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from pathlib import Path

from gyges.agents.load import build, resolve
from gyges.agents.sandbox.answers import Asked, Failure
from gyges.agents.sandbox.process import Limits, Worker
from gyges.scenarios.evaluation.plan import plan
from gyges.scenarios.evaluation.play import play_chunk
from gyges.scenarios.scenario import scenario

HANGS = """
import ctypes
class Hangs:
    def initial(self, rows):
        ctypes.PyDLL(None).sleep(1000)
    def act(self, observation, memory):
        return None
"""


def episodes_per_second(id: str, policy: str, count: int) -> tuple[float, float]:
    """Episodes per second of wall clock and of processor time, recording and judging included."""
    ready = plan(policy, [scenario(id)])[0]
    personas = {name: build(source, ready.game) for name, source in ready.sources.items()}
    mine = build(ready.source, ready.game)
    wall, cpu = time.perf_counter(), time.process_time()
    play_chunk(ready, mine, personas, "00" * 16, 0, count)
    return count / (time.perf_counter() - wall), count / (time.process_time() - cpu)


def seconds_over_the_limit(limit: float) -> tuple[float, float]:
    """Seconds from a policy's limit until it is gone, and to start its process."""
    game = scenario("steward-visitor").make_game()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hangs.py"
        path.write_text(HANGS)
        begun = time.perf_counter()
        worker = Worker(resolve(str(path), game), game, Limits(act_seconds=limit))
        started = time.perf_counter()
        with contextlib.suppress(Failure):
            worker.ask(Asked("initial", 0, 4, row_bytes=65_536), {"rows": 4}, {}, limit)
        assert worker.process is None
        return time.perf_counter() - started - limit, started - begun


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    episodes_per_second("steward-resident", "gyges", 8)
    for id, count in (("steward-resident", 128), ("steward-resident", 256), ("steward-visitor", 256)):
        found = [episodes_per_second(id, "gyges", count) for _ in range(repeats)]
        wall, cpu = (statistics.median(column) for column in zip(*found, strict=True))
        print(f"{id}, {count} rows: {wall:.0f} episodes/s, {cpu:.0f} per second of processor time")
    late, start = zip(*(seconds_over_the_limit(0.5) for _ in range(repeats)), strict=True)
    print(f"a policy that hangs in C is gone {1e3 * statistics.median(late):.0f} ms after its limit")
    print(f"a policy's process answers {1e3 * statistics.median(start):.0f} ms after it is started")


if __name__ == "__main__":
    main()
