"""Learners: PPO, imitation, offline reinforcement learning, reward models."""

from gyges.envs.extras import require

require("learn", "torch", "safetensors", part="gyges.agents.learn")
