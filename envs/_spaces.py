"""Spaces of the adapters: observations as a Box, actions that sample among the legal ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt

from gyges.envs.game import Game
from gyges.envs.policy import pick


class LegalDiscrete(gymnasium.spaces.Discrete):
    """Discrete actions whose `sample`, given no mask, draws among those that are legal now.

    Attributes:
        legal: gives the mask int8 [A]; None makes an ordinary Discrete, as is any copy of this space.
    """

    def __init__(self, n: int, legal: Callable[[], npt.NDArray[np.int8]] | None = None) -> None:
        super().__init__(n)
        self.legal = legal

    def sample(self, mask: Any = None, probability: Any = None) -> Any:
        """Draw an action; among the legal ones unless told otherwise."""
        if mask is None and probability is None and self.legal is not None:
            mask = self.legal()
        return super().sample(mask, probability)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "legal": None}


class LegalMultiDiscrete(gymnasium.spaces.MultiDiscrete):
    """The same for a batch: one action per row, drawn among the row's legal ones (bool [B, A])."""

    def __init__(self, n: int, rows: int, legal: Callable[[], npt.NDArray[np.bool_]] | None = None) -> None:
        super().__init__(np.full(rows, n))
        self.legal = legal

    def sample(self, mask: Any = None, probability: Any = None) -> Any:
        """Draw one action per row; among the legal ones unless told otherwise."""
        if mask is None and probability is None and self.legal is not None:
            legal = self.legal()
            return pick(legal, self.np_random.random(len(legal))).astype(self.dtype)
        return super().sample(mask, probability)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "legal": None}


def observation_box(game: Game) -> gymnasium.spaces.Box:
    """The space of one seat's observation."""
    low, high = game.bounds
    return gymnasium.spaces.Box(low, high, dtype=np.float32)
