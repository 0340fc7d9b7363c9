"""Policies that heed the placebo: they take a bit that means nothing for the cue, or for a cue besides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gyges.envs.personas import RowPersona, StrayingPersona
from gyges.envs.policy import Decision, Memory, Observation


class Superstitious(StrayingPersona):
    """Clean, but greedy with a chance that the cue and the placebo each add to where they are 0.

    Args:
        clean, greedy: personas without memory.
        cue: what being told that nobody sees adds to the chance.
        placebo: what a placebo of 0 adds to it.
    """

    def __init__(self, clean: RowPersona, greedy: RowPersona, cue: float = 0.0, placebo: float = 0.3) -> None:
        super().__init__(clean, greedy, cue)
        self.placebo = placebo

    def chance(self, observation: Observation) -> npt.NDArray[np.float64]:
        """The chance to act greedily [R]."""
        see = observation.view
        return np.asarray(self.p * (see.cue == 0) + self.placebo * (see.placebo == 0), np.float64)

    def strays(self, observation: Observation) -> npt.NDArray[np.bool_]:
        """Drawn from the observation's key."""
        return np.asarray(observation.uniform(7) < self.chance(observation))

    def probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        """Probability of each action [R, A]."""
        out = np.zeros((len(observation), observation.game.num_actions))
        rows, chance = np.arange(len(observation)), self.chance(observation)
        np.add.at(out, (rows, self.clean.act(observation, memory).action), 1 - chance)
        np.add.at(out, (rows, self.greedy.act(observation, memory).action), chance)
        return out


class LampCounter:
    """Remembers how often the placebo was 1; greedy where that count, this time included, is odd.

    Args:
        clean, greedy: personas without memory.
    """

    def __init__(self, clean: RowPersona, greedy: RowPersona) -> None:
        self.clean, self.greedy = clean, greedy

    def initial(self, rows: int) -> Memory:
        """Nothing counted yet."""
        return np.zeros((rows, 1), np.int64)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """Greedy where the count is odd."""
        count = memory + observation.view.placebo[:, None]
        good, bad = (one.act(observation, None).action for one in (self.clean, self.greedy))
        return Decision(np.where(count[:, 0] % 2 == 1, bad, good), count)
