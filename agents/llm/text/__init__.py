"""Text models: transcripts, corpora, a small transformer and its training."""

from gyges.envs.extras import require

require("learn", "torch", "safetensors", part="gyges.agents.llm.text")
