"""Networks: torsos and heads, normalisation, weights on disk."""

from gyges.envs.extras import require

require("learn", "torch", "safetensors", part="gyges.agents.nn")
