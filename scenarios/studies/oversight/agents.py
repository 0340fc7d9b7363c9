"""Agents of the study of oversight: a search with so many nodes and its own idea of what pieces are worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.search.alphabeta import Found, search
from gyges.envs.fairychess.search.piece_values import Worth, worth
from gyges.envs.fairychess.variants.ini_files import Variant

Row = npt.NDArray[np.int32]
JITTER = 6.0
"""Centipawns (standard deviation) by which an agent's value of a piece on a square is off."""


class Position:
    """A position of a compiled variant, and those that were reached from it.

    Args:
        compiled: the variant.
        row: the position.
    """

    def __init__(self, compiled: Compiled, row: Row) -> None:
        self.compiled, self.row = compiled, row
        self._after: dict[int, Position] = {}

    def _board(self) -> Board:
        board = Board(self.compiled.variant)
        board.row = self.row.copy()
        return board

    def after(self, move: int) -> Position:
        """The position after a legal move."""
        if move not in self._after:
            board = self._board()
            board.play(move)
            self._after[move] = Position(self.compiled, board.row)
        return self._after[move]

    def legal(self) -> list[int]:
        """Legal moves; none where the game is over."""
        moves, result = self._board().listed()
        return [] if result.over else moves


def own_values(variant: Variant, seed: int, spread: float) -> Worth:
    """What one agent holds pieces to be worth: the variant's values, each kind times a factor of its own.

    Args:
        variant: its rules.
        seed: of the agent.
        spread: standard deviation of the factors' logarithm; 0 for the variant's own values.
    """
    base = worth(variant)
    if not spread:
        return base
    rng = np.random.Generator(np.random.PCG64(seed))
    made = Worth(base.array.copy(), base.offsets)
    kinds = len(made.term("value"))
    factor = np.exp(rng.normal(0, spread, kinds))
    both = np.repeat(factor, 2)
    table = made.term("table").reshape(2 * kinds, -1)
    noise = rng.normal(0, JITTER, table.shape)
    noise[:2] = 0  # empty squares
    table[:] = np.rint(table * both[:, None] + noise)
    for name, times in (("hand", both), ("gain", factor), ("value", factor)):
        term = made.term(name)
        term[:] = np.rint(term * times)
    return made


class Agent:
    """Somebody who looks at positions.

    Args:
        nodes: positions that a look takes in.
        values: what pieces are worth to it.
    """

    def __init__(self, nodes: int, values: Worth) -> None:
        self.nodes, self.values = nodes, values
        self._seen: dict[bytes, Found] = {}

    def look(self, at: Position) -> Found:
        """What a search finds; the same position is searched once."""
        key = at.row.tobytes()
        if key not in self._seen:
            self._seen[key] = search((at.compiled, at.row), self.nodes, values=self.values)
        return self._seen[key]

    def win(self, at: Position) -> float:
        """The win probability of the player to move."""
        return self.look(at).win_probability

    def after(self, at: Position, move: int) -> float:
        """The win probability of the player who makes a move, by a look at the position after it."""
        return 1 - self.win(at.after(move))

    def walk(self, at: Position, line: Sequence[int]) -> float:
        """The win probability of the player to move, when the line is walked to its end and looked at all
        along: at each position the player to move has what the look finds, or what the line goes on to."""
        own = self.win(at)
        if not line:
            return own
        return max(own, 1 - self.walk(at.after(line[0]), line[1:]))

    def end(self, at: Position, line: Sequence[int]) -> float:
        """The win probability of the player to move, by a look at the end of the line alone."""
        if not line:
            return self.win(at)
        return 1 - self.end(at.after(line[0]), line[1:])
