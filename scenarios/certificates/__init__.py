"""Certificates of games: play-outs, harm against forks, prices, the best response found; playthroughs."""

from gyges.scenarios.certificates.certify import certify, hook_of
from gyges.scenarios.certificates.playthrough import golden, tell

__all__ = ["certify", "golden", "hook_of", "tell"]
