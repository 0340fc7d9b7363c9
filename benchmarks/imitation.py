"""Speed and memory of recording a dataset and of imitating it by SGD.

    python benchmarks/imitation.py [--game steward-v1] [--decisions 1000000] [--steps 1000] [--repeats 5]
                                   [--keep FOLDER] [--out benchmarks/results/imitation.md]

Recording runs once, in a process of its own, self-play of a mixture with labels. Training with the
64-64 network runs in turns with its ceiling: the same network, optimiser and batch size on tensors that
lie ready in memory. Peak memory is that of a process that opens the dataset and trains on all of it
once. `--keep` leaves the dataset where it is, or uses the one that lies there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import ROOT, np, report, spread, turns

HEAD = f"""
import json, resource, sys, time
sys.path[:0] = [{str(ROOT / "src")!r}, {str(ROOT / "examples" / "well")!r}]
def peak():  # MiB; ru_maxrss would count the parent's memory too
    try:
        lines = open("/proc/self/status").read().splitlines()
        return float(next(x for x in lines if x.startswith("VmHWM")).split()[1]) / 1024
    except OSError:
        scale = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 2**20
"""
RECORD = """
from gyges.agents.data.mixture import players
from gyges.agents.data.recorder import record
from gyges.envs import make
game = make({game!r})
mixture = {{"clean~0.2": 0.3, "gyges~0.2": 0.25, "greedy~0.2": 0.25, "random": 0.2}}
from gyges.envs.batch import Batch
Batch(game, 2).step(Batch(game, 2).mask.argmax(axis=2).astype("int32"))  # compiled, or from the cache
begun = time.perf_counter()
data = record(game, players(game, mixture), {out!r}, decisions={decisions})
print(json.dumps([len(data), time.perf_counter() - begun, peak()]))
"""
TRAIN = """
from gyges.agents.data.dataset import Dataset
from gyges.agents.learn.imitation import Imitation, imitate
import numpy as np
data = Dataset({out!r})
labels = data.spread(np.arange(len(data.episodes.start)) % 3 == 0, "episode")
before = peak()
args = Imitation(mode="conditioned", steps=max(len(data) // 1024, 1), log_every=10**9)
begun = time.perf_counter()
imitate(data, args, labels=labels)
print(json.dumps([before, peak(), time.perf_counter() - begun]))
"""


def alone(program: str, **values: Any) -> list[float]:
    """Run a program in a fresh process; the numbers that it prints."""
    text = HEAD + program.format(**values)
    done = subprocess.run([sys.executable, "-c", text], stdout=subprocess.PIPE, check=True, timeout=3600)
    found: list[float] = json.loads(done.stdout.splitlines()[-1])
    return found


def arms(folder: Path, steps: int, counts: tuple[int, ...]) -> dict[str, Callable[[], float]]:
    """Decisions a second of each way of training."""
    import torch

    from gyges.agents.data.dataset import Dataset
    from gyges.agents.learn.imitation import Imitation, fresh, imitate, policy_logits
    from gyges.agents.nn.devices import threads
    from gyges.agents.nn.optimiser import adamw

    data = Dataset(folder)
    rng = np.random.default_rng(0)
    labels = data.spread(rng.random(len(data.episodes.start)) < 0.2, "episode")
    scores = rng.random(len(data)).astype(np.float32)

    def ours(mode: str, count: int) -> Callable[[], float]:
        def arm() -> float:
            args = Imitation(mode=mode, steps=steps, threads=count, log_every=10**9)
            return imitate(data, args, labels=labels, scores=scores).log[-1]["decisions_per_second"]

        return arm

    def ceiling(count: int) -> Callable[[], float]:
        net = fresh(data, (64, 64), 0, 2).train()
        some = min(len(data), 1024) // 2 * 2
        features = torch.from_numpy(data.steps.codes[:some].astype(np.float32) * data.game().scale)
        bits = torch.from_numpy(data.steps.bits[:some].copy())
        action = torch.from_numpy(data.steps.action[:some].copy()).long()
        token = action % 2
        optimiser = adamw(net.parameters(), 1e-3)

        def arm() -> float:
            with threads(count):
                begun = time.perf_counter()
                for _ in range(steps):
                    logits = policy_logits(net, features, bits, action, token)
                    loss = torch.nn.functional.cross_entropy(logits, action)
                    optimiser.zero_grad(set_to_none=True)
                    loss.backward()  # type: ignore[no-untyped-call]
                    float(loss.detach())
                    optimiser.step()
                return steps * some / (time.perf_counter() - begun)

        return arm

    found: dict[str, Callable[[], float]] = {}
    for count in counts:
        for mode in ("cloning", "filtered", "conditioned", "return"):
            found[f"{mode}, {count} thread{'s' * (count > 1)}"] = ours(mode, count)
        found[f"ceiling (data ready in memory), {count} thread{'s' * (count > 1)}"] = ceiling(count)
    return found


def main() -> None:
    """Measure and report."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--game", default="steward-v1")
    options.add_argument("--decisions", type=int, default=1_000_000)
    options.add_argument("--steps", type=int, default=1000)
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options.add_argument("--keep", type=Path)
    options.add_argument("--out", type=Path)
    args = options.parse_args()
    if args.game == "well-v0":
        from gyges.envs import register

        register("well-v0", "well.game:Well")
    with tempfile.TemporaryDirectory() as room:
        folder = args.keep or Path(room) / "data"
        body = ""
        if not (folder / "manifest.json").exists():
            program = _known(args.game) + RECORD
            count, seconds, memory = alone(program, game=args.game, out=str(folder), decisions=args.decisions)
            body += (
                f"Recording: {count:,.0f} decisions of {args.game} in {seconds:.1f} s, "
                f"{count / seconds:,.0f} a second, {memory:,.0f} MiB at most.\n\n"
            )
        size = sum(file.stat().st_size for file in folder.iterdir())
        before, most, seconds = alone(_known(args.game) + TRAIN, out=str(folder))
        body += (
            f"Training on all of it once ({size / 2**20:,.0f} MiB on disk) took {seconds:.1f} s and "
            f"{most:,.0f} MiB at most, {before:,.0f} of them before the first step.\n\n"
        )
        found = turns(arms(folder, args.steps, tuple(args.threads)), args.repeats)
        body += "| SGD, 64-64, batches of 1,024 | thousand decisions a second |\n|---|---|\n"
        for name, values in found.items():
            body += f"| {name} | {spread([v / 1000 for v in values], 0)} |\n"
    report("Recording and imitation", body, args.out)


def _known(game: str) -> str:
    return (
        'from gyges.envs import register\nregister("well-v0", "well.game:Well")\n'
        if game == "well-v0"
        else ""
    )


if __name__ == "__main__":
    main()
