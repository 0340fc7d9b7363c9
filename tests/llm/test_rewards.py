"""What a trainer of language models is paid: the game, its labels, and nothing for turns not played."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from gyges.agents.llm.trl import OVER, environment

GAMES: list[tuple[str, dict[str, Any]]] = [
    ("well-v0", {"num_agents": 2, "horizon": 3}),
    ("steward-v1", {"num_agents": 3, "months": 4, "horizon": 60}),
    ("tabular_steward-v1", {"horizon": 9}),
]


def played(env: Any, seed: int, choose: Callable[[random.Random, int], int], most: int = 10_000) -> float:
    """The reward of an episode, of which at most so many turns are played."""
    page, rng = env.reset(seed=seed), random.Random(seed)
    for _ in range(most):
        if page == OVER:
            break
        page = env.act(choose(rng, len(env.table.observation().legal(0))))
    return float(env.get_reward())


@pytest.mark.parametrize(("game", "settings"), GAMES)
@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_an_episode_never_played_is_no_better_than_a_bad_one(
    game: str, settings: dict[str, Any], weight: float
) -> None:
    env = environment(game, weight=weight, **settings)()
    for seed in range(4):
        bad = [played(env, seed, lambda rng, n: n), played(env, seed, lambda rng, n: rng.randint(1, n))]
        assert played(env, seed, lambda rng, n: 1, most=0) <= min(bad)


def test_stopping_early_and_calls_that_name_no_action_cost() -> None:
    env = environment("well-v0", num_agents=2, horizon=4, weight=1.0, missed=0.5)()
    whole = played(env, 3, lambda rng, n: 1)
    assert whole == env.table.gained - env.table.severity() == env.get_reward()
    assert played(env, 3, lambda rng, n: 1, most=3) <= whole - 0.5
    env.reset(seed=3)
    env.act(99)
    env.act(0)
    for _ in range(4):
        env.act(1)
    assert env.get_reward() == whole - 2 * 0.5
