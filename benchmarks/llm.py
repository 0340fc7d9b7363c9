"""What language-model play costs besides the model, and that no turn outlasts its deadline. Prints medians.

    python benchmarks/llm.py [--repeats 5]

Overhead is processor time of this process per decision: everything but the model. The servers run in
processes of their own. The ideal of a run is its decisions over the concurrency, times the latency.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "examples" / "well"), str(ROOT / "tests" / "llm" / "house")]

LATENCY = 0.05


async def _serve(port: int, latency: float) -> None:
    """A chat server that answers everything with the first option after some time."""
    message = {"role": "assistant", "content": '{"choice": 1}'}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "model": "mock"}
    raw = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n".encode()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                given = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1]) for line in given.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )  # fmt: skip
                await reader.readexactly(length)
                await asyncio.sleep(latency)
                writer.write(head + raw)
                await writer.drain()

    server = await asyncio.start_server(one, "127.0.0.1", port, backlog=512)
    await server.serve_forever()


@contextlib.contextmanager
def serving(latency: float) -> Iterator[str]:
    """The server in a process of its own; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, "--serve", str(port), str(latency)])
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def played(backend: Any, concurrency: int, *, game: str, rows: int, **settings: Any) -> dict[str, float]:
    """One batch of episodes with the model in seat 0 and clean personas in the others."""
    from gyges.agents.llm.chat.client import ClientConfig
    from gyges.agents.llm.chat.policy import ChatPolicy
    from gyges.agents.llm.chat.prompts import Setup
    from gyges.envs import make
    from gyges.envs.batch import Batch
    from gyges.envs.registry import load_name
    from gyges.envs.rollout import Seating

    made = make(game, **settings)
    policy = ChatPolicy(backend, Setup(), ClientConfig(answer_format="json_schema", concurrency=concurrency))
    clean = load_name(made.personas["clean"])()
    batch = Batch(made, rows, seed=1, threads=1)
    seating = Seating(batch, [policy, *[clean] * (made.num_agents - 1)])
    begun, cpu = time.perf_counter(), time.process_time()
    while not batch.over.all():
        seating.step()
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    outcomes = policy.account["outcomes"]
    policy.close()
    assert outcomes["ok"] == sum(outcomes.values())
    return {"decisions": outcomes["ok"], "wall": wall, "cpu": cpu}


def overhead(repeats: int) -> None:
    """Processor time a decision: with a mock in this process, and through the client."""
    from gyges.agents.llm.chat.mock import Mock
    from gyges.agents.llm.chat.openai_backend import Server

    print("overhead of the adapter, processor time a decision (target: under 2 ms)")
    short = {"game": "steward-v1", "rows": 64, "months": 2, "hazard": 1.0}
    played(Mock([1]), 16, **short)  # warm
    bare = [played(Mock([1]), 16, **short) for _ in range(repeats)]
    with serving(0.0) as url:
        client = [played(Server("mock", url), 16, **short) for _ in range(repeats)]
    for name, runs in (("prompt, reading, game, bookkeeping", bare), ("the same with the client", client)):
        each = sorted(1e3 * run["cpu"] / run["decisions"] for run in runs)
        print(f"  {name:<38}{statistics.median(each):6.2f} ms   ({each[0]:.2f} to {each[-1]:.2f})")


def concurrency(repeats: int) -> None:
    """64 episodes against a latency of 50 ms."""
    from gyges.agents.llm.chat.openai_backend import Server

    print(f"64 episodes against a server of {1e3 * LATENCY:.0f} ms (target: within 1.3x of the ideal)")
    with serving(LATENCY) as url:
        for width in (4, 8, 16, 32):
            found = []
            for _ in range(repeats):
                run = played(
                    Server("mock", url), width, game="steward-v1", rows=64, months=1, hazard=1.0, num_agents=3
                )
                ideal = math.ceil(64 / width) * LATENCY * run["decisions"] / 64
                found.append((run["wall"] / ideal, run["wall"]))
            ratio, wall = (statistics.median(column) for column in zip(*found, strict=True))
            print(f"  {width:>3} at once: {wall:6.2f} s, {ratio:.2f}x the ideal")


def deadlines() -> None:
    """The longest of a hundred turns under every fault."""
    from fake_server import FAULTS, FakeServer

    from gyges.agents.llm.chat.client import ClientConfig
    from gyges.agents.llm.chat.openai_backend import Server
    from gyges.agents.llm.chat.policy import ChatPolicy
    from gyges.envs import make
    from gyges.envs.batch import Batch
    from gyges.envs.rollout import play

    config = ClientConfig(answer_format="json_schema", call=0.5, turn=1.0, wait=0.05, concurrency=10)
    print(f"a hundred turns of every fault, deadline {config.turn:g} s (target: exceeded by less than 1 s)")
    for fault in FAULTS:
        with FakeServer(lambda request, fault=fault: fault, stall=60.0) as server:
            policy = ChatPolicy(Server("fake", server.url), config=config)
            batch = Batch(make("well-v0", num_agents=5, horizon=4), 5, seed=1, threads=1)
            play(batch, [policy] * 5)
            account = policy.account
            policy.close()
        lost = account["outcomes"]["infrastructure"]
        print(f"  {fault:<18} longest turn {account['longest']:5.2f} s, {lost} lost, {account['errors']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", choices=("overhead", "concurrency", "deadlines"))
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(_serve(int(given.serve[0]), float(given.serve[1])))
    from gyges.envs import registry

    registry.register("well-v0", "well.game:Well")
    if given.only in (None, "overhead"):
        overhead(given.repeats)
    if given.only in (None, "concurrency"):
        concurrency(given.repeats)
    if given.only in (None, "deadlines"):
        deadlines()


if __name__ == "__main__":
    main()
