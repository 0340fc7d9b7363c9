"""Players of any variant who see observations only."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.fairychess.encoding import INDEX
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import compiled
from gyges.envs.fairychess.variants.ini_files import Variant
from gyges.envs.policy import Decision, Memory, Observation, pick


@functools.lru_cache(maxsize=64)
def worth(v: Variant) -> npt.NDArray[np.float64]:
    """What each kind is worth [K + 1]: squares it reaches on an empty board, on average, plus one.

    A royal piece is worth more than all others. The measure is rough, and the same for a piece that
    nobody has seen before.
    """
    c = compiled(v)
    start, path = c.table("start").reshape(-1, v.squares), c.table("path")
    role = c.table("role")
    found = np.ones(len(c.kinds))
    for kind in range(1, len(c.kinds)):
        total = 0.0
        for s in range(v.squares):
            j = int(start[2 * kind, s])
            end = j + 1 + int(path[j])
            j += 1
            while j < end:
                head, count = int(path[j]), int(path[j]) & at.COUNT
                weight = 0.5 * (bool(head & at.MOVE) + bool(head & at.CAPTURE))
                total += weight * (1 if head & at.HOP else count)
                j += 1 + count
        found[kind] += total / v.squares
        if role[kind] & 3 or role[kind] >> 5 & 1:
            found[kind] += 1000
    found[0] = 0
    return found


class Greedy:
    """Takes what is worth most; promotes to what is worth most; otherwise moves at random."""

    def initial(self, rows: int) -> Memory:
        """No memory."""
        return None

    def gains(self, observation: Observation, row: int, actions: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """What each action wins at once, in `worth`."""
        game: Any = observation.game
        c, family, codes = game.compiled, game.family, observation.codes[row]
        board = codes[game.slices["board"]].astype(np.int64)
        value = worth(game.variant)
        side = int(codes[INDEX.turn])
        sheet = family.cells**2
        moves = actions < sheet * (1 + family.choices)
        choice = np.where(moves, actions // sheet, 0)
        origin = np.where(moves, actions % sheet // family.cells, 0)
        to = actions % family.cells  # sheets and slots are whole numbers of boards
        taken, mover = board[to], board[origin]
        foe = (taken & 3) == 2 - side
        gain = np.where(foe, value[np.where(foe, taken >> 2, 0)], 0.0)
        table = c.table("choice").reshape(2 * len(c.kinds), -1)
        chosen = moves & (choice > 0)
        became = table[np.where(chosen, mover >> 1, 0), np.where(chosen, choice - 1, 0)]
        grown = value[became] - value[np.where(chosen, mover >> 2, 0)]
        return np.asarray(gain + np.where(chosen, grown, 0.0))

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """Choose the action that gains most, at random among equals."""
        mask = observation.mask.copy()
        for row in np.flatnonzero(observation.to_move):
            actions = np.flatnonzero(mask[row])
            gains = self.gains(observation, int(row), actions)
            mask[row, actions[gains < gains.max()]] = False
        return Decision(pick(mask, observation.uniform()), memory)
