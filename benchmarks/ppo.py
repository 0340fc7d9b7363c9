"""Frames a second of PPO, side by side with stable-baselines3 and with an environment that costs nothing.

    python benchmarks/ppo.py [--game steward-v1] [--repeats 5]

One core, one thread, a 64-64 tanh network for the policy and one for the value, 4 epochs. stable-baselines3
runs twice: as it is commonly run (8 rows, 256 steps, minibatch 256), and on as many rows, with as large
minibatches, as ours. The arms take turns, so that what else the machine does falls on all of them alike;
medians over the turns. A frame is one step of one seat, whether it was to move or not (ours learns from
those that were, theirs from all). Frames a second are given by the clock on the wall and by the processor
time of this process: on a shared machine only the second is steady.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("src", "examples/well")]

from gyges.agents.learn.ppo import PPO, PPOConfig  # noqa: E402
from gyges.envs import registry  # noqa: E402
from gyges.envs.game import Game  # noqa: E402

ROWS, STEPS, MINIBATCH, EPOCHS = 256, 32, 2048, 4


def ours(game: Game, frozen: bool) -> tuple[Callable[[], int], dict[str, float]]:
    """Our learner; `frozen` replaces the batch's step by nothing. Also the time spent in steps."""
    config = PPOConfig(frames=1 << 40, rows=ROWS, steps=STEPS, minibatch=MINIBATCH, epochs=EPOCHS, threads=1)
    learner = PPO(game, config)
    spent = {"seconds": 0.0}
    inner = learner.collector.batch.step

    def step(actions: Any, *, validate: bool = True) -> None:
        begun = time.process_time()
        if not frozen:
            inner(actions, validate=validate)
        spent["seconds"] += time.process_time() - begun

    learner.update()
    learner.collector.batch.step = step  # type: ignore[method-assign]

    def turn() -> int:
        for _ in range(4):
            learner.update()
        return 4 * STEPS * len(learner.collector.seat)

    return turn, spent


def theirs(game: Game, masked: bool, rows: int, steps: int, minibatch: int) -> Callable[[], int]:
    """stable-baselines3 on the same environment."""
    from sb3_contrib import MaskablePPO
    from stable_baselines3 import PPO as SB3

    from gyges.agents.sb3.vec_env import SeatVecEnv

    env = SeatVecEnv(game, rows=rows, illegal="refuse" if masked else "replace", threads=1)
    make: Any = MaskablePPO if masked else SB3
    policy = {"net_arch": {"pi": [64, 64], "vf": [64, 64]}}
    model = make(
        "MlpPolicy", env, n_steps=steps, batch_size=minibatch, n_epochs=EPOCHS, seed=0, device="cpu",
        policy_kwargs=policy,
    )  # fmt: skip
    frames = env.num_envs * steps
    model.learn(frames)

    def turn() -> int:
        model.learn(frames)
        return frames

    return turn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--game", default="steward-v1")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, help="also write the numbers there, as JSON")
    options = parser.parse_args()
    registry.register("well-v0", "well.game:Well")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    game = registry.make(options.game)
    run, spent = ours(game, frozen=False)
    empty, _ = ours(game, frozen=True)
    arms = {
        "ours": run,
        "ours, no environment": empty,
        "sb3 PPO, 8 rows": theirs(game, False, 8, 256, 256),
        "sb3 PPO, our sizes": theirs(game, False, ROWS, STEPS, MINIBATCH),
        "MaskablePPO, 8 rows": theirs(game, True, 8, 256, 256),
        "MaskablePPO, our sizes": theirs(game, True, ROWS, STEPS, MINIBATCH),
    }
    wall: dict[str, list[float]] = {name: [] for name in arms}
    cpu: dict[str, list[float]] = {name: [] for name in arms}
    share = []
    for _ in range(options.repeats):
        for name, turn in arms.items():
            torch.set_num_threads(1)
            spent["seconds"], begun, clock = 0.0, time.process_time(), time.perf_counter()
            frames = turn()
            taken = time.process_time() - begun
            wall[name].append(frames / (time.perf_counter() - clock))
            cpu[name].append(frames / taken)
            if name == "ours":
                share.append(spent["seconds"] / taken)
    found = {name: (statistics.median(wall[name]), statistics.median(cpu[name])) for name in arms}
    print(f"{game.id}: {game.num_agents} seats, {game.observation_size} features, {game.num_actions} actions")
    print(f"ours: {ROWS} rows, {STEPS} steps, minibatch {MINIBATCH}; torch {torch.__version__}")
    print(f"{'':28}{'frames/s':>12}{'per CPU second':>16}{'ours / this':>13}")
    for name, (by_wall, by_cpu) in found.items():
        ratio = statistics.median(a / b for a, b in zip(cpu["ours"], cpu[name], strict=True))
        print(f"{name:28}{by_wall:12,.0f}{by_cpu:16,.0f}{ratio:13.2f}")
    print(f"environment's share of our time: {statistics.median(share):.1%}")
    if options.out:
        numbers = {"frames_per_second": found, "environment_share": statistics.median(share),
                   "game": game.id, "machine": platform.processor() or platform.machine()}  # fmt: skip
        options.out.write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
