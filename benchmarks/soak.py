"""Many sessions for long at an OpenEnv server: what does it keep of them? Writes results/soak.md.

python benchmarks/soak.py [--episodes 1000] [--sessions 64] [--game tabular_steward-v1]

The server is `gyges serve openenv` in a process of its own. Clients play whole episodes side by side, each
with a new connection after every fourth; one in eight is broken off in the middle, its connection being cut.
Of some episodes the outcome is compared with the same episode played here, without a server. Exits
with 1 where memory, descriptors or threads are kept, or an episode differs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from gyges.scenarios.serve.openenv import Choice, GameClient, factory

OUT = Path(__file__).parent / "results" / "soak.md"
EACH = 4
"""Episodes of a connection."""
CUT = 8
"""One episode in so many is broken off."""
MALFORMED = {
    "no JSON": b"{".decode(),
    "no object": "[1]",
    "unknown type": '{"type": "dance"}',
    "step before reset": '{"type": "step", "data": {"choice": 1}}',
    "no number": '{"type": "step", "data": {"choice": "two"}}',
    "a field too many": '{"type": "step", "data": {"choice": 1, "label": 1}}',
    "bytes": b"\xff\x00",
}
"""Messages that a client may send by mistake, by what is wrong with them."""


class Sample(NamedTuple):
    """What the server holds."""

    episodes: int  # ended or broken off so far
    memory: float  # resident, MB
    descriptors: int
    threads: int


class Soaked(NamedTuple):
    """What came of it."""

    samples: list[Sample]
    before: Sample  # before the first client
    after: Sample  # when all clients have left
    outcomes: dict[int, dict[str, float]]  # by seed, of the episodes that were played to the end
    turns: int
    waited: (
        float  # longest time until a session was free for a client whose last connection had ended, seconds
    )
    seconds: float


@contextlib.contextmanager
def server(game: str, sessions: int) -> Iterator[tuple[psutil.Process, str]]:
    """`gyges serve openenv` on a free port; yields its process and address.

    Raises:
        RuntimeError: it does not serve.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = ["serve", "openenv", "--game", game, "--port", str(port), "--sessions", str(sessions)]
    with subprocess.Popen([sys.executable, "-m", "gyges.scenarios.cli", *words]) as process:
        try:
            for _ in range(480):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).read()
                    break
                if process.poll() is not None:
                    raise RuntimeError(f"the server ended with {process.returncode}")
                time.sleep(0.25)
            yield psutil.Process(process.pid), f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def sample(process: psutil.Process, episodes: int = 0) -> Sample:
    """What it holds now."""
    memory = process.memory_info().rss / 1e6
    return Sample(episodes, memory, process.num_fds(), process.num_threads())


def pick(seed: int, turn: int, options: int) -> int:
    """Which option is taken: a function of seed and turn."""
    return (seed * 31 + turn * turn * 7) % options + 1


def alone(game: str, seed: int) -> dict[str, float]:
    """The same episode without a server: its judgement."""
    seat = factory(game)()
    page, turn = seat.reset(seed=seed), 0
    while not page.done:
        page, turn = seat.step(Choice(choice=pick(seed, turn, len(page.options)))), turn + 1
    return dict(page.judgement)


async def soak(process: psutil.Process, url: str, episodes: int, sessions: int) -> Soaked:
    """Play, and sample the server at every tenth of the way."""
    seeds, done = itertools.count(), itertools.count(1)
    samples, outcomes, turns, waited = [], {}, 0, 0.0
    before, begun = sample(process), time.perf_counter()

    async def one(client: GameClient, seed: int) -> bool:
        """An episode; False where it was broken off."""
        nonlocal turns
        page = (await client.reset(seed=seed)).observation
        for turn in itertools.count():
            if page.done:
                outcomes[seed] = dict(page.judgement)
                return True
            if seed % CUT == CUT - 1 and turn == 5:
                client._ws.transport.abort()
                return False
            page = (await client.step(Choice(choice=pick(seed, turn, len(page.options))))).observation
            turns += 1
        return True

    async def player() -> None:
        nonlocal waited
        seed = next(seeds)
        while seed < episodes:
            client, begin = await joined(url)
            whole, waited = True, max(waited, begin)
            for _ in range(EACH):
                whole = await one(client, seed)
                number, seed = next(done), next(seeds)
                if number % max(1, episodes // 10) == 0:
                    samples.append(sample(process, number))
                if not whole or seed >= episodes:
                    break
            if whole:
                await client.close()

    await asyncio.gather(*(player() for _ in range(sessions)))
    seconds = time.perf_counter() - begun
    await settled(process, before)
    return Soaked(samples, before, sample(process, episodes), outcomes, turns, waited, seconds)


async def joined(url: str, patience: float = 30.0) -> tuple[GameClient, float]:
    """A client with a session, and the seconds until the server had one free.

    Raises:
        RuntimeError, ConnectionClosed: it had none in time.
    """
    begun = time.monotonic()
    while True:
        client = GameClient(base_url=url)
        await client.connect()
        try:
            await client.state()
            return client, time.monotonic() - begun
        except (RuntimeError, ConnectionClosed):  # at capacity
            await client.close()
            if time.monotonic() > begun + patience:
                raise
            await asyncio.sleep(0.05)


async def settled(process: psutil.Process, before: Sample, patience: float = 20.0) -> None:
    """Wait until sessions have ended whose clients are gone, or patience has."""
    until = time.monotonic() + patience
    while process.num_fds() > before.descriptors + 2 and time.monotonic() < until:
        await asyncio.sleep(0.2)


async def refused(url: str, sessions: int) -> dict[str, str]:
    """What the server says to malformed messages and to one session too many, by what is wrong."""
    said = {}
    for name, message in MALFORMED.items():
        async with connect(f"{url.replace('http', 'ws', 1)}/ws", proxy=None) as one:
            await one.send(message)
            try:
                said[name] = _words(await asyncio.wait_for(one.recv(), 20))
            except Exception as ended:
                said[name] = f"{type(ended).__name__}: {ended}"
    async with contextlib.AsyncExitStack() as stack:
        for seed in range(sessions):
            client = await stack.enter_async_context(GameClient(base_url=url))
            await client.reset(seed=seed)
        async with connect(f"{url.replace('http', 'ws', 1)}/ws", proxy=None) as one:
            said["one session too many"] = _words(await asyncio.wait_for(one.recv(), 20))
    return said


def _words(raw: Any) -> str:
    data = json.loads(raw).get("data", {})
    errors = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in data.get("errors", []))
    return " ".join(filter(None, [str(data.get("code")), str(data.get("message")), errors]))


def kept(found: Soaked) -> list[str]:
    """What the server keeps, in words; nothing where it is flat."""
    early, late = found.samples[len(found.samples) // 3], found.samples[-1]
    faults = []
    if found.after.descriptors > found.before.descriptors + 2:
        faults.append(f"descriptors: {found.before.descriptors} before, {found.after.descriptors} after")
    if late.memory > early.memory * 1.03 + 2:
        faults.append(
            f"memory: {early.memory:.0f} MB at {early.episodes}, {late.memory:.0f} at {late.episodes}"
        )
    if found.after.threads > found.before.threads + 64:
        faults.append(f"threads: {found.before.threads} before, {found.after.threads} after")
    return faults


def main() -> None:
    """Soak, and write what came of it."""
    from measure import machine

    parser = argparse.ArgumentParser()
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--sessions", type=int, default=64)
    parser.add_argument("--game", default="tabular_steward-v1")
    args = parser.parse_args()
    with server(args.game, args.sessions) as (process, url):
        found = asyncio.run(soak(process, url, args.episodes, args.sessions))
        said = asyncio.run(refused(url, args.sessions))
        asyncio.run(settled(process, found.before))
        last = sample(process, args.episodes)
    checked = sorted(found.outcomes)[:: max(1, len(found.outcomes) // 50)]
    faults = kept(found._replace(after=last))
    faults += [
        f"episode {seed} differs" for seed in checked if found.outcomes[seed] != alone(args.game, seed)
    ]
    rows = [("before the first client", found.before)]
    rows += [(f"{s.episodes} episodes", s) for s in found.samples]
    rows += [("all clients gone", found.after), ("after what was refused", last)]
    cut, sizes = args.episodes - len(found.outcomes), f"--episodes {args.episodes} --sessions {args.sessions}"
    verdict = "Kept or different: " + "; ".join(faults) if faults else "Nothing is kept, none differs"
    lines = [
        "# A server for long",
        f"`python benchmarks/soak.py {sizes} --game {args.game}`: {len(found.outcomes)} episodes to the end, "
        f"{cut} broken off by a cut connection, {found.turns:,} turns in {found.seconds:.0f} s. "
        f"The longest that a client waited for a session while all others were in use: {found.waited:.1f} s.",
        "\n".join([
            "| | memory, MB | descriptors | threads |", "|---|---|---|---|",
            *(f"| {name} | {s.memory:.0f} | {s.descriptors} | {s.threads} |" for name, s in rows),
        ]),
        f"{len(checked)} outcomes compared with the same episodes played without a server. {verdict}.",
        "\n".join(["| sent | answer |", "|---|---|", *(f"| {a} | {b} |" for a, b in said.items())]),
        machine(),
    ]  # fmt: skip
    OUT.write_text("\n\n".join(lines))
    print(OUT.read_text())
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
