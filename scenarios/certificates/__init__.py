"""Certificates of games: play-outs, harm against forks, prices, the best response found; playthroughs."""

from gyges.envs.extras import require

require("learn", "scipy", part="gyges.scenarios.certificates")

from gyges.scenarios.certificates.certify import certify, hook_of  # noqa: E402
from gyges.scenarios.certificates.playthrough import golden, tell  # noqa: E402

__all__ = ["certify", "golden", "hook_of", "tell"]
