"""Is learning real? PPO and MaskablePPO against an exact optimum: Steward's tabular mode.

    python benchmarks/ppo_learning.py [--seeds 4] [--frames 150000]

One ground, no luck, 24 months, one learning seat among four that take the fair share; dynamic programming
(`gyges.envs.steward.tabular`) gives the greatest possible catch. Printed by seed: the catch of the greedy
policy as a part of the optimum, and seconds on the clock and of processor time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / name) for name in ("src", "tests/metrics/house")]

from one_ground import Fair, OneGround  # noqa: E402

from gyges.agents.networks import NetworkPolicy  # noqa: E402
from gyges.agents.ppo import PPO, PPOConfig  # noqa: E402
from gyges.envs.batch import Batch  # noqa: E402
from gyges.envs.play import play  # noqa: E402
from gyges.envs.policy import Decision, Observation  # noqa: E402
from gyges.envs.steward import tabular  # noqa: E402

MONTHS = 24


def ours(game: OneGround, seed: int, frames: int) -> Any:
    """Train our PPO; the greedy policy."""
    config = PPOConfig(
        frames=frames, rows=64, steps=MONTHS, minibatch=256, gamma=1.0, bootstrap=False, entropy=0.003,
        seed=seed, threads=1, stagger=False,
    )  # fmt: skip
    learner = PPO(game, config, table=[[None, *[Fair()] * 4]] * config.rows)
    learner.train()
    return NetworkPolicy(learner.network, greedy=True)


class Theirs:
    """A model of stable-baselines3 at play, greedy."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def initial(self, rows: int) -> None:
        """No memory."""
        return None

    def act(self, observation: Observation, memory: Any) -> Decision:
        """Its most probable legal action."""
        action, _ = self.model.predict(
            observation.features, action_masks=observation.mask, deterministic=True
        )
        return Decision(np.asarray(action, np.int32))


def maskable(game: OneGround, seed: int, frames: int) -> Any:
    """Train sb3-contrib's MaskablePPO with its own defaults but for the horizon; the greedy policy."""
    from sb3_contrib import MaskablePPO

    from gyges.agents.sb3 import SeatVecEnv

    env = SeatVecEnv(game, rows=8, seats=0, background=Fair(), threads=1)
    model = MaskablePPO("MlpPolicy", env, n_steps=256, gamma=1.0, seed=seed, device="cpu")
    model.learn(frames)
    return Theirs(model)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--frames", type=int, default=150_000)
    parser.add_argument("--without", choices=["ours", "theirs"], help="leave one of the two out")
    options = parser.parse_args()
    torch.set_num_threads(1)
    game = OneGround(horizon=MONTHS)
    ground = tabular.ground(5, whole_tonnes=True)
    best = float(tabular.solve(ground, MONTHS).value[0, ground.start])
    print(f"exact optimum {best:.1f} tonnes; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    arms: dict[str, Callable[..., Any]] = {"ours": ours, "theirs": maskable}
    for name, train in arms.items():
        for seed in range(options.seeds if name != options.without else 0):
            clock, cpu = time.perf_counter(), time.process_time()
            policy = train(game, seed, options.frames)
            clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
            seats = [policy, *[Fair()] * 4]
            caught = float(play(Batch(game, 1, threads=1), seats)["returns"][0, 0])
            print(f"{name:8} seed {seed}: {caught:6.1f}, {caught / best:.1%} of the optimum; "
                  f"{clock:5.0f} s, {cpu:4.0f} s of processor", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
