"""stable-baselines3: environments for it, its models as policies, training with it."""

from gyges.envs.extras import require

require("learn", "stable_baselines3", "sb3_contrib", "torch", part="gyges.agents.sb3")
