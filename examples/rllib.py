"""All seats of Steward trained by PPO of RLlib, with action masks, on its current API.

    pip install "gyges[rllib]"
    python examples/rllib.py [--iterations 3]

One shared policy plays every seat; its network sets the logits of what a seat may not do to the least number.
Prints, for each iteration, what a seat earns; and at the end how often the policy chose something that is not
legal, which is never.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from gyges.envs.pettingzoo import parallel_env

if any(find_spec(name) is None for name in ("ray", "tree", "torch")):
    print('skipped, for want of RLlib: pip install "gyges[rllib]"')
    sys.exit(0)

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

import gymnasium
import ray
import torch
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
from ray.rllib.core.rl_module.multi_rl_module import MultiRLModuleSpec
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.core.rl_module.torch.torch_rl_module import TorchRLModule
from ray.rllib.env.multi_agent_env import MultiAgentEnv

POLICY = "steward"
NEVER = -1e9
"""Logit of what a seat may not do."""


class Village(MultiAgentEnv):  # type: ignore[misc]
    """Steward as RLlib takes it: an observation holds its mask; nothing of the ledger reaches a learner."""

    def __init__(self, config: Any = None) -> None:
        super().__init__()
        self._env = parallel_env("steward-v1", **dict(config or {}))
        self.possible_agents = self.agents = list(self._env.possible_agents)
        self.illegal = 0
        self._masks: dict[str, Any] = {}
        self.observation_spaces = {agent: self._space(agent) for agent in self.possible_agents}
        self.action_spaces = {agent: self._env.action_space(agent) for agent in self.possible_agents}

    def _space(self, agent: str) -> gymnasium.spaces.Dict:
        actions = self._env.action_space(agent).n
        mask = gymnasium.spaces.Box(0.0, 1.0, (actions,), np.float32)
        return gymnasium.spaces.Dict(
            {"action_mask": mask, "observations": self._env.observation_space(agent)}
        )

    def _views(self, observations: Any, infos: Any) -> dict[str, Any]:
        self._masks = {agent: infos[agent]["action_mask"].astype(np.float32) for agent in observations}
        return {
            agent: {"action_mask": self._masks[agent], "observations": seen}
            for agent, seen in observations.items()
        }

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begin an episode."""
        observations, infos = self._env.reset(seed=seed)
        self.agents = list(self._env.agents)
        return self._views(observations, infos), {}

    def step(self, action_dict: Any) -> Any:
        """All seats act at once."""
        self.illegal += sum(self._masks[agent][action] == 0 for agent, action in action_dict.items())
        observations, rewards, ended, cut, infos = self._env.step(action_dict)
        self.agents = list(self._env.agents)
        over = {"__all__": not self.agents}
        return self._views(observations, infos), rewards, {**ended, **over}, {**cut, **over}, {}


class Masked(TorchRLModule, ValueFunctionAPI):  # type: ignore[misc]
    """Two layers, a head for logits and one for the value."""

    def setup(self) -> None:
        """Make the network."""
        seen = self.observation_space["observations"].shape[0]
        hidden, tanh = int(self.model_config["hidden"]), torch.nn.Tanh
        self.trunk = torch.nn.Sequential(
            torch.nn.Linear(seen, hidden), tanh(), torch.nn.Linear(hidden, hidden), tanh()
        )
        self.logits = torch.nn.Linear(hidden, int(self.action_space.n))
        self.value = torch.nn.Linear(hidden, 1)

    def _forward(self, batch: Any, **_: Any) -> dict[str, Any]:
        seen = batch[Columns.OBS]
        logits = self.logits(self.trunk(seen["observations"]))
        return {Columns.ACTION_DIST_INPUTS: logits.masked_fill(seen["action_mask"] == 0, NEVER)}

    def compute_values(self, batch: Any, embeddings: Any = None) -> Any:
        """Values [B] of observations."""
        return self.value(self.trunk(batch[Columns.OBS]["observations"])).squeeze(-1)


def train(iterations: int, batch: int = 240, **settings: Any) -> tuple[list[float], int]:
    """Train; what a seat earned an episode in each iteration, and how many acts were not legal."""
    module = RLModuleSpec(module_class=Masked, model_config={"hidden": 64})
    config = (
        PPOConfig()
        .environment(Village, env_config=settings)
        .env_runners(num_env_runners=0)
        .multi_agent(policies={POLICY}, policy_mapping_fn=lambda agent, episode, **_: POLICY)
        .rl_module(rl_module_spec=MultiRLModuleSpec(rl_module_specs={POLICY: module}))
        .training(train_batch_size_per_learner=batch, minibatch_size=128, num_epochs=4, lr=1e-3)
        .debugging(seed=0, log_level="ERROR")
    )
    algorithm = config.build_algo()
    try:
        earned = []
        for k in range(iterations):
            found = algorithm.train()["env_runners"]["module_episode_returns_mean"]
            earned.append(float(found[POLICY]))
            print(f"iteration {k + 1}: {earned[-1]:.1f} meals a seat", flush=True)
        village = algorithm.env_runner.env.envs[0].unwrapped
        return earned, int(village.illegal)
    finally:
        algorithm.stop()


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, and say what came of it."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=shape)
    parser.add_argument("--iterations", type=int, default=3)
    options = parser.parse_args(arguments)
    ray.init(address="local", num_cpus=1, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    try:
        _, illegal = train(options.iterations, num_agents=5)
    finally:
        ray.shutdown()
    print(f"{illegal} illegal acts")


if __name__ == "__main__":
    main()
