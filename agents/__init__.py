"""Who plays: policies, learners and the ways to load them.

    from gyges.agents import PPO, PPOConfig, load_policy

Importing this imports none of it, neither torch nor stable-baselines3: each name comes with its first use.
"""

from typing import TYPE_CHECKING

from gyges.envs.public_names import lazy as _lazy

if TYPE_CHECKING:
    from gyges.agents.data.dataset import Dataset as Dataset
    from gyges.agents.data.mixture import players as players
    from gyges.agents.data.recorder import record as record
    from gyges.agents.learn.imitation import Imitation as Imitation
    from gyges.agents.learn.imitation import imitate as imitate
    from gyges.agents.learn.offline import Offline as Offline
    from gyges.agents.learn.offline import learn_offline as learn_offline
    from gyges.agents.learn.ppo import PPO as PPO
    from gyges.agents.learn.ppo import PPOConfig as PPOConfig
    from gyges.agents.load import load_policy as load_policy
    from gyges.agents.nn.networks import ActorCritic as ActorCritic
    from gyges.agents.nn.networks import NetworkPolicy as NetworkPolicy
    from gyges.agents.rewards import Conscience as Conscience
    from gyges.agents.rewards import RewardSource as RewardSource
    from gyges.agents.rewards import TaskReward as TaskReward
    from gyges.agents.sb3.vec_env import SeatVecEnv as SeatVecEnv

_MODULES = {
    "data.dataset": ("Dataset",),
    "data.mixture": ("players",),
    "data.recorder": ("record",),
    "learn.imitation": ("Imitation", "imitate"),
    "learn.offline": ("Offline", "learn_offline"),
    "learn.ppo": ("PPO", "PPOConfig"),
    "load": ("load_policy",),
    "nn.networks": ("ActorCritic", "NetworkPolicy"),
    "rewards": ("Conscience", "RewardSource", "TaskReward"),
    "sb3.vec_env": ("SeatVecEnv",),
}

__all__ = sorted(name for names in _MODULES.values() for name in names)
__getattr__ = _lazy(__name__, _MODULES)
