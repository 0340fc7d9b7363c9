"""Equality with the CPU, and steps a second at many rows, on an NVIDIA GPU.

    python benchmarks/gpu.py [--device cuda] [--repeats 5] [--out benchmarks/results/gpu.md]

First the hashes of random play on the device and on the CPU are compared, and the run ends if they differ.
Then recorded random legal actions are replayed: observations and masks are written at every step, and
acts are judged. Figures are medians of turns, with the range. ``--device cpu`` tries the script itself.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
from measure import clock, report, spread

from gyges.envs import Batch, make
from gyges.envs.testing import trajectory_hash

ROWS = {"cuda": (1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20), "cpu": (1 << 8, 1 << 10)}
GAMES: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("steward-v1", {"num_agents": 16}, 1 << 20),
    ("fairychess-v1", {"variant": "chess"}, 1 << 18),
    ("fairychess-v1", {"variant": "gardner"}, 1 << 18),
)
STEPS = 24
PART = 4096  # rows whose masks are drawn from at a time


def equal(name: str, settings: dict[str, Any], device: str) -> str:
    """The hash that the device and the CPU share; ends the run where they differ."""
    game = make(name, **settings)
    ours = trajectory_hash(game, rows=256, steps=40, device=device)
    theirs = trajectory_hash(game, rows=256, steps=40)
    if ours != theirs:
        sys.exit(f"{name} {settings}: {device} gives {ours}, the CPU {theirs}")
    return ours


def legal_actions(batch: Batch, generator: torch.Generator) -> Any:
    """A random legal action of every seat, int32 [B, N]."""
    mask = torch.as_tensor(batch.mask)
    picked = torch.empty(mask.shape[:2], dtype=torch.int32, device=mask.device)
    for lo in range(0, len(mask), PART):
        part = mask[lo : lo + PART]
        luck = torch.rand(part.shape, generator=generator, device=part.device)
        picked[lo : lo + PART] = (luck * part).argmax(-1).int()
    return picked if batch.on_cuda else picked.numpy()


def rate(name: str, settings: dict[str, Any], rows: int, device: str, repeats: int) -> str:
    """One line of the table."""
    game = make(name, **settings)
    batch = Batch(game, rows, seed=1, device=device, autoreset="next_step")
    generator = torch.Generator(device=device).manual_seed(1)
    actions = []
    for _ in range(STEPS):
        actions.append(legal_actions(batch, generator))
        batch.step(actions[-1])

    def replay() -> None:
        for one in actions:
            batch.step(one, validate=False)
        if batch.on_cuda:
            torch.cuda.synchronize()

    figures = []
    for _ in range(repeats):
        batch.reset(seed=1)
        figures.append(rows * STEPS / clock(replay) / 1e6)
    return f"| {name} {settings} | {rows:,} | {spread(figures)} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        sys.exit("no CUDA device is at hand")
    where = torch.cuda.get_device_name() if args.device == "cuda" else "CPU"
    lines = [f"Device: {where}.\n", "| game | hash of random play, equal to the CPU's |", "|---|---|"]
    lines += [f"| {name} {settings} | {equal(name, settings, args.device)} |" for name, settings, _ in GAMES]
    lines += ["", "| game | rows | million steps a second |", "|---|---|---|"]
    for name, settings, most in GAMES:
        for rows in ROWS[args.device]:
            if rows <= most:
                lines.append(rate(name, settings, rows, args.device, args.repeats))
                print(lines[-1], flush=True)
    report("Benchmark: many rows on a GPU", "\n".join(lines) + "\n", args.out)


if __name__ == "__main__":
    main()
