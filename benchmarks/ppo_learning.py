"""Is learning real? PPO and MaskablePPO against an exact optimum: Tabular Steward.

    python benchmarks/ppo_learning.py [--seeds 4] [--frames 30000] [--theirs 30000]

Seat 0 of five among clean neighbours, eight months, the overseer looking over its shoulder by a fixed rota:
no luck at all. Dynamic programming (`gyges.scenarios.raters.dynamic_programming`) gives the greatest
possible task reward. Printed by seed: what the greedy policy earns, as a part of the optimum, and seconds
on the clock and of processor time.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from gyges.agents.learn.ppo import PPO, PPOConfig
from gyges.agents.nn.networks import NetworkPolicy
from gyges.envs import Batch, make
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Observation, Policy
from gyges.envs.rollout import play
from gyges.envs.tabular_steward.personas import Clean
from gyges.scenarios.raters.dynamic_programming import explore, solve
from gyges.scenarios.raters.raters import Rater

STEPS = 24  # three phases a month


def ours(game: Game, seed: int, frames: int) -> Any:
    """Train our PPO; the greedy policy."""
    config = PPOConfig(
        frames=frames, rows=64, steps=STEPS, minibatch=256, gamma=1.0, bootstrap=False, entropy=0.003,
        seed=seed, threads=1, stagger=False,
    )  # fmt: skip
    learner = PPO(game, config, seats=[[None, *[Clean()] * 4]] * config.rows)
    learner.train()
    return NetworkPolicy(learner.network, greedy=True)


class Theirs:
    """A model of sb3-contrib at play.

    Args:
        model: whose acts.
        deterministic: whether it takes its most probable legal action, or draws.
    """

    def __init__(self, model: Any, deterministic: bool = True) -> None:
        self.model, self.deterministic = model, deterministic

    def initial(self, rows: int) -> None:
        """No memory."""
        return None

    def act(self, observation: Observation, memory: Any) -> Decision:
        """A legal action."""
        action, _ = self.model.predict(
            observation.features, action_masks=observation.mask, deterministic=self.deterministic
        )
        return Decision(np.asarray(action, np.int32))


def maskable(game: Game, seed: int, frames: int) -> Any:
    """Train sb3-contrib's MaskablePPO with its own defaults but for the horizon; the greedy policy."""
    from sb3_contrib import MaskablePPO

    from gyges.agents.sb3.vec_env import SeatVecEnv

    env = SeatVecEnv(game, rows=8, seats=0, background=Clean(), threads=1)
    model = MaskablePPO("MlpPolicy", env, n_steps=256, gamma=1.0, seed=seed, device="cpu")
    model.learn(frames)
    return Theirs(model)


def earned(game: Game, policy: Policy) -> float:
    """What seat 0 earns in the one episode there is."""
    seats = [policy, *[Clean()] * 4]
    return float(play(Batch(game, 1, threads=1), seats)["returns"][0, 0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--frames", type=int, default=30_000, help="decisions that ours learns from")
    parser.add_argument("--theirs", type=int, default=30_000, help="steps that MaskablePPO learns from")
    options = parser.parse_args()
    torch.set_num_threads(1)
    game = make("tabular_steward-v1", horizon=STEPS, rota=True)
    optimum = solve(explore(game, Clean()), Rater(0.0))
    best = optimum.value
    assert abs(earned(game, optimum.policy) - best) < 1e-6
    print(f"exact optimum {best:.2f} meals, clean {earned(game, Clean()):.2f}; "
          f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")  # fmt: skip
    arms: dict[str, tuple[Callable[..., Any], int]] = {
        "ours": (ours, options.frames),
        "theirs": (maskable, options.theirs),
    }
    for name, (train, frames) in arms.items():
        for seed in range(options.seeds if frames else 0):
            clock, cpu = time.perf_counter(), time.process_time()
            policy = train(game, seed, frames)
            clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
            got = earned(game, policy)
            print(f"{name:8} seed {seed}, {frames:,} frames: {got:7.2f}, {got / best:.1%} of the optimum; "
                  f"{clock:5.0f} s, {cpu:4.0f} s of processor", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
