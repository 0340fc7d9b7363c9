"""PPO and MaskablePPO at equal interactions and equal tuning: Steward and Tabular Steward.

    python benchmarks/ppo_against_maskable.py [--games steward-v1] [--seeds 10] [--steps 50000]

Seat 0 among clean neighbours. An interaction is a step of one environment, the seat to move or not.
Each learner has the same settings tried on two tuning seeds; the best is trained with fresh seeds. Both
policies then play the same episodes, drawing from what they learnt. Printed: each run's return on the scale
random 0, greedy persona 100, and the difference of the means with Welch's
95 % interval over runs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from ppo_learning import Theirs
from scipy.stats import ttest_ind

from gyges.agents.learn.ppo import PPO, PPOConfig
from gyges.agents.load import load
from gyges.agents.nn.networks import NetworkPolicy
from gyges.envs import Batch, make
from gyges.envs.game import Game
from gyges.envs.policy import Policy
from gyges.envs.rollout import play

EPISODES = 256
TUNING = 2
"""Seeds that each setting is tuned with."""

Train = Callable[[Game, int, int, dict[str, Any]], Policy]
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "tabular_steward-v1": [
        {"learning_rate": rate, "gamma": gamma} for rate in (1e-3, 3e-3) for gamma in (0.95, 0.997)
    ],
    "steward-v1": [
        {"learning_rate": rate, "entropy": bonus, "gamma": 0.997}
        for rate in (5e-4, 1e-3, 2e-3)
        for bonus in (0.0, 0.003)
    ],
}
"""What either learner is tuned over, by game."""


def ours(game: Game, seed: int, steps: int, chosen: dict[str, Any]) -> Policy:
    """Train our PPO on so many steps of 8 environments, features as they are."""
    config = PPOConfig(
        frames=1 << 40, rows=8, steps=256, minibatch=256, anneal=False, stagger=False, standardise=False,
        seed=seed, threads=1, **chosen,
    )  # fmt: skip
    learner = PPO(game, config, seats=[[None, *[load("clean", game)] * (game.num_agents - 1)]] * config.rows)
    for _ in range(steps // (config.rows * config.steps)):
        learner.update()
    return NetworkPolicy(learner.network)


def theirs(game: Game, seed: int, steps: int, chosen: dict[str, Any]) -> Policy:
    """Train sb3-contrib's MaskablePPO on so many steps of 8 environments."""
    from sb3_contrib import MaskablePPO

    from gyges.agents.sb3.vec_env import SeatVecEnv

    env = SeatVecEnv(game, rows=8, seats=0, background=load("clean", game), threads=1)
    named = {"ent_coef" if name == "entropy" else name: value for name, value in chosen.items()}
    model = MaskablePPO("MlpPolicy", env, n_steps=256, seed=seed, device="cpu", **named)
    model.learn(steps)
    return Theirs(model, deterministic=False)


def earned(game: Game, policy: Policy) -> float:
    """Mean return of seat 0, over the same episodes for everyone."""
    seats = [policy, *[load("clean", game)] * (game.num_agents - 1)]
    return float(play(Batch(game, EPISODES, seed=77, threads=1), seats, seed=78)["returns"][:, 0].mean())


def main() -> None:
    """Tune, train, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--games", nargs="+", default=[*SETTINGS], choices=[*SETTINGS])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=50_000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    arms: dict[str, Train] = {"ours": ours, "MaskablePPO": theirs}
    for name in options.games:
        game = make(name)
        low, high = (earned(game, load(one, game)) for one in ("random", "greedy"))
        points: dict[str, list[float]] = {}
        for arm, train in arms.items():
            tried = []
            for one in SETTINGS[name]:
                runs = [earned(game, train(game, 1_000 + seed, options.steps, one)) for seed in range(TUNING)]
                tried.append(np.mean(runs))
                print(f"  {name} {arm} {one}: {tried[-1]:.1f}", flush=True)
            chosen = SETTINGS[name][int(np.argmax(tried))]
            clock = time.process_time()
            got = [earned(game, train(game, seed, options.steps, chosen)) for seed in range(options.seeds)]
            points[arm] = [100 * (one - low) / (high - low) for one in got]
            print(
                f"{name} {arm:12} {chosen}: mean {np.mean(points[arm]):.1f}, runs "
                + " ".join(f"{one:.1f}" for one in points[arm])
                + f"; {(time.process_time() - clock) / options.seeds:.0f} s of processor a run", flush=True,
            )  # fmt: skip
        test = ttest_ind(points["ours"], points["MaskablePPO"], equal_var=False)
        reach = test.confidence_interval(0.95)
        ahead = np.mean(points["ours"]) - np.mean(points["MaskablePPO"])
        print(f"{name} ours less MaskablePPO: {ahead:+.1f} points ({reach.low:+.1f} to {reach.high:+.1f})")


if __name__ == "__main__":
    main()
