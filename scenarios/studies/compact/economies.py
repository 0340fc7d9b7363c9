"""Economies in which the study of compacts is played: the game's own, and draws from a prior.

The prior says for each constant of the game's economy between what it is drawn, independently of the others;
nothing else of the rules varies. It was written down before anything was played under it.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np

from gyges.envs.envoy.game import Envoy

EVEN: dict[str, tuple[int, int]] = {
    "honest": (2, 8), "store": (64, 192), "low": (64, 128), "spread": (32, 96), "cost": (24, 56),
    "works": (20, 40), "unit_claim": (12, 32), "audit_cost": (2, 8), "fine": (0, 3), "proof": (16384, 49152),
    "deal": (32, 64), "bond": (0, 32), "betrayed": (48, 112), "loot": (32, 96), "raid_base": (90, 166),
    "raid_step": (24, 72), "raid_guard": (13, 39), "face": (6554, 32768), "ill_orders": (32768, 65536),
}  # fmt: skip
"""Constants that are drawn evenly between two whole numbers, both included."""
FACTOR: dict[str, float] = {
    "audit": 3.0, "witness": 2.0, "broken_fine": 2.0, "spy_fine": 2.0, "raid_fine": 2.0, "raid_fail": 2.0,
    "arm": 2.0, "seize": 2.0, "stake": 2.0, "trouble": 2.0, "cold": 2.0, "outcast": 2.0, "cover": 2.0,
    "asking": 2.0, "service": 2.0, "war_base": 2.0, "war_line": 4.0, "war_square": 4.0, "war_deaths": 2.0,
    "orders": 2.0, "bad_orders": 2.0,
}  # fmt: skip
"""Constants that are multiplied by a factor, evenly in its logarithm between its inverse and this."""
GAIN = (1.3, 2.2)
"""What a deal brings, of what it costs."""
WASTE = (1.0, 2.0)
"""What a raid destroys, of what it takes."""
TEMPTATION = (0.5, 2.0)
"""What principals pay for a wrong, of what they pay in the game's own economy."""


class DrawnEnvoy(Envoy):
    """Envoy with other constants.

    Args:
        constants: in place of those of the same name.
        settings: as of the game.
    """

    def __init__(self, constants: dict[str, int], **settings: Any) -> None:
        self.drawn = constants
        super().__init__(**settings)

    def constants(self) -> dict[str, int]:
        """The game's own, but for those that were drawn."""
        return super().constants() | self.drawn


@lru_cache
def drawn(economy: int) -> tuple[dict[str, int], float]:
    """Constants and temptation of an economy by its number; 0 is the game's own."""
    if economy == 0:
        return {}, 1.0
    rng = np.random.default_rng(seed_of("economy", economy, 0))
    own = Envoy().constants()
    found = {name: int(rng.integers(low, high + 1)) for name, (low, high) in EVEN.items()}
    for name, most in FACTOR.items():
        found[name] = max(round(own[name] * float(most ** rng.uniform(-1, 1))), 1)
    found["gift"] = round(found["deal"] * float(rng.uniform(*GAIN)))
    found["wreck"] = round(found["loot"] * float(rng.uniform(*WASTE)))
    return found, round(float(rng.uniform(*TEMPTATION)), 3)


def game(economy: int, **settings: Any) -> Envoy:
    """The game in an economy."""
    constants, temptation = drawn(economy)
    return DrawnEnvoy(constants, temptation=temptation, **settings)


def seed_of(purpose: str, economy: int, seats: int) -> int:
    """A seed of 62 bits; arms of one economy and size share it, and so their luck."""
    text = f"gyges study compact:{purpose}:{economy}:{seats}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 2
