"""The alpha-beta as a player: it sees observations alone, and rebuilds the position from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.search.alphabeta import key, search
from gyges.envs.policy import Decision, Memory, Observation

NODES = 2_000
"""Positions looked at for a move, by default: about two milliseconds of the alpha-beta."""
KEPT = 100
"""Earlier positions that are remembered for repetition."""


def moves_seen(observation: Observation, row: int) -> tuple[Board, dict[int, int]]:
    """The position that a row sees, and the legal moves by action, as far as its mask allows them."""
    game: Any = observation.game
    board = Board(game.variant)
    board.row = game.rows_of(observation.codes[row])[0]
    mask = observation.mask[row]
    found: dict[int, int] = {}
    for move in board.listed()[0]:
        action = game.action_of(move)
        if mask[action]:
            found.setdefault(action, move)
    return board, found


class AlphaBeta:
    """Searches a fixed number of positions for every move.

    Memory: keys of the game's earlier positions, int64 [R, KEPT], newest last, 0 for none.
    """

    def __init__(self, nodes: int = NODES) -> None:
        if not 1 <= nodes <= 100_000_000:
            raise ConfigError(f"alphabeta looks at 1 to 100,000,000 positions a move, not {nodes}")
        self.nodes = nodes
        self.name = "alphabeta" if nodes == NODES else f"alphabeta:{nodes}"

    def initial(self, rows: int) -> Memory:
        """Nothing remembered."""
        return np.zeros((rows, KEPT), np.int64)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The best move found for each row that is to move."""
        kept: npt.NDArray[np.int64] = np.array(memory, np.int64)
        kept[observation.first] = 0
        actions = np.argmax(observation.mask, axis=1).astype(np.int32)
        score = np.zeros(len(observation), np.int32)
        for row in np.flatnonzero(observation.to_move):
            board, moves = moves_seen(observation, int(row))
            if not moves:
                continue  # no move is asked for: the first legal act stands
            past = [int(k) for k in kept[row] if k]
            found = search(board, self.nodes, list(moves.values()), past)
            by_move = {move: action for action, move in moves.items()}
            actions[row], score[row] = by_move[int(found.move or 0)], found.cp
            own = key(board.compiled, board.row)
            board.play(int(found.move or 0))
            kept[row] = np.concatenate([kept[row, 2:], [own, key(board.compiled, board.row)]])
        return Decision(actions, kept, {"cp": score})
