"""What a step costs through each API, beside another library's environment.

    python benchmarks/adapters.py [--game steward-v1] [--repeats 9] [--out benchmarks/results/adapters.md]

Every seat plays a random legal action; drawing it is not timed. `mpe2`'s simple_spread with three
agents runs in the same turns, with random actions drawn beforehand.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import middle, np, report, spread, turns

from gyges.agents.sb3.vec_env import SeatVecEnv
from gyges.envs.gymnasium import SeatEnv, SeatVectorEnv
from gyges.envs.pettingzoo import AECGame, ParallelGame

STEPS = 400
CLOCK = time.thread_time  # processor time: what other work on the machine takes is left out


def draw(rng: np.random.Generator, mask: Any) -> int:
    """A random legal action."""
    return int(rng.choice(np.flatnonzero(mask)))


def parallel(game_id: str, **options: Any) -> Callable[[], float]:
    """Microseconds a step of PettingZoo parallel, 5 agents."""
    env, rng = ParallelGame(game_id, num_agents=5, **options), np.random.default_rng(1)

    def arm() -> float:
        taken = 0.0
        _, infos = env.reset(seed=1)
        for _ in range(STEPS):
            if not env.agents:
                _, infos = env.reset()
            actions = {agent: draw(rng, infos[agent]["action_mask"]) for agent in env.agents}
            begun = CLOCK()
            _, _, _, _, infos = env.step(actions)
            taken += CLOCK() - begun
        return 1e6 * taken / STEPS

    return arm


def aec(game_id: str) -> Callable[[], float]:
    """Microseconds a turn of PettingZoo AEC, `last` and `step`, 5 agents."""
    env, rng = AECGame(game_id, num_agents=5), np.random.default_rng(1)

    def arm() -> float:
        taken = 0.0
        env.reset(seed=1)
        for _ in range(STEPS):
            if not env.agents:
                env.reset()
            begun = CLOCK()
            observation, _, terminated, truncated, _ = env.last()
            taken += CLOCK() - begun
            action = None if terminated or truncated else draw(rng, observation["action_mask"])
            begun = CLOCK()
            env.step(action)
            taken += CLOCK() - begun
        return 1e6 * taken / STEPS

    return arm


def single(game_id: str) -> Callable[[], float]:
    """Microseconds a step of Gymnasium's single seat among four clean ones."""
    env, rng = SeatEnv(game_id, num_agents=5), np.random.default_rng(1)

    def arm() -> float:
        taken, over = 0.0, True
        env.reset(seed=1)
        for _ in range(STEPS):
            if over:
                env.reset()
            action = draw(rng, env.action_masks())
            begun = CLOCK()
            _, _, terminated, truncated, _ = env.step(action)
            taken += CLOCK() - begun
            over = terminated or truncated
        return 1e6 * taken / STEPS

    return arm


def rows(env: Any, count: int, masks: Callable[[], Any]) -> Callable[[], float]:
    """Microseconds per environment and step of a vectorised environment."""
    rng = np.random.default_rng(1)

    def arm() -> float:
        taken, steps = 0.0, 40
        env.reset()
        for _ in range(steps):
            legal = masks()
            order = np.cumsum(legal, axis=1)
            actions = (order >= (rng.random(len(legal)) * order[:, -1]).astype(int)[:, None] + 1).argmax(
                axis=1
            )
            begun = CLOCK()
            env.step(actions)
            taken += CLOCK() - begun
        return 1e6 * taken / steps / count

    return arm


def simple_spread() -> Callable[[], float] | None:
    """Microseconds a step of mpe2's simple_spread, 3 agents; None where mpe2 is not installed."""
    if importlib.util.find_spec("mpe2") is None:
        return None
    from mpe2 import simple_spread_v3

    env, rng = simple_spread_v3.parallel_env(N=3, max_cycles=1 << 30), np.random.default_rng(1)

    def arm() -> float:
        env.reset(seed=1)
        plans = [{agent: int(rng.integers(5)) for agent in env.agents} for _ in range(STEPS)]
        begun = CLOCK()
        for actions in plans:
            env.step(actions)
        return 1e6 * (CLOCK() - begun) / STEPS

    return arm


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--game", default="steward-v1")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    vector = SeatVectorEnv(args.game, num_envs=1024, num_agents=5, labels="off", threads=1)
    learner = SeatVecEnv(args.game, rows=256, num_agents=5, threads=1)
    ours = "PettingZoo parallel, 5 agents"
    arms: dict[str, Callable[[], float]] = {
        ours: parallel(args.game),
        f"{ours}, labels withheld": parallel(args.game, labels="off"),
        "PettingZoo AEC, one turn, 5 agents": aec(args.game),
        "Gymnasium, one seat among 4 clean": single(args.game),
        "Gymnasium vector, 1,024 rows, one seat among 4 clean, per row": rows(
            vector, 1024, vector.action_masks
        ),
        "stable-baselines3 self-play, 1,280 seats, per seat": rows(learner, 1280, learner.action_masks),
    }
    theirs = simple_spread()
    if theirs is not None:
        arms["mpe2 simple_spread parallel, 3 agents"] = theirs
    figures = turns(arms, args.repeats)
    lines = [f"| {name} | {spread(values, 1)} |" for name, values in figures.items()]
    body = (
        f"Game {args.game}, random legal actions. Medians of {args.repeats} turns of {STEPS} steps,\n"
        "least and greatest in brackets.\n\n| | us a step, processor time |\n|---|---|\n"
        + "\n".join(lines)
        + "\n"
    )
    if theirs is not None:
        ratio = middle(figures["mpe2 simple_spread parallel, 3 agents"]) / middle(figures[ours])
        body += f"\nsimple_spread takes {ratio:.1f} times as long a step as {args.game} with more agents.\n"
    report("Benchmark: the APIs", body, args.out)


if __name__ == "__main__":
    main()
