"""Studies: questions put to many learners at once, with predictions written down beforehand."""

from gyges.envs.extras import require

require("learn", "torch", "matplotlib", part="gyges.scenarios.studies")
