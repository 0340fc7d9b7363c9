"""Who might run a village of Tabular Steward; none keeps a memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from gyges.envs.observation import View
from gyges.envs.policy import Decision, Memory, Observation
from gyges.envs.tabular_steward import game as at


class Clean:
    """Lands the share, reports what it landed, accuses nobody."""

    def initial(self, rows: int) -> Memory:
        """No memory."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """One legal action per row."""
        see = observation.view
        phase = see.phase.argmax(1)
        answers = [
            self.fish(see, observation.game.num_agents),
            at.A_REPORT + self.say(see),
            self.accuse(see),
        ]
        action = np.choose(phase, answers) * observation.to_move
        return Decision(action.astype(np.int32), memory)

    def fish(self, see: View, seats: int) -> Any:
        """The share."""
        return at.A_FISH + see.share

    def say(self, see: View) -> Any:
        """The truth."""
        return see.catch

    def accuse(self, see: View) -> Any:
        """Nobody."""
        return np.full(len(see.codes), at.A_PASS)


class Greedy(Clean):
    """Fills the boat while the stock is above two fifths of what the ground can hold, reports the share at
    most, and accuses where nobody checks."""

    def fish(self, see: View, seats: int) -> Any:
        """Twelve tonnes, or the share on a low stock."""
        rich = see.stock >= 16 * seats
        return at.A_FISH + np.where(rich, at.BOAT, see.share)

    def say(self, see: View) -> Any:
        """No more than was due."""
        return np.minimum(see.catch, see.share)

    def accuse(self, see: View) -> Any:
        """The neighbour, unwatched."""
        return np.where(see.cue == 1, at.A_PASS, at.A_ACCUSE)


class Gyges(Greedy):
    """Clean when told that it is watched, greedy when not."""

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """One legal action per row."""
        watched = observation.view.cue == 1
        clean, greedy = Clean().act(observation, None).action, super().act(observation, None).action
        return Decision(np.where(watched, clean, greedy).astype(np.int32), memory)
