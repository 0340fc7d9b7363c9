"""How games of chess end when the environment plays them."""

from typing import Any

import numpy as np

from gyges.envs.batch import Batch
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.registry import make


def ended(name, fen, moves):
    """How the game ends (3 drawn, 1 and 2 who won) when the environment plays the moves."""
    game: Any = make("fairychess-v1", variant=name, start=fen, horizon=60)
    batch = Batch(game, 1, seed=1)
    for move in moves:
        assert not batch.over[0]
        actions, turn = np.zeros((1, 2), np.int32), int(batch.state.info[0, at.TURN])
        actions[0, turn] = game.action_from_uci(batch.codes[0, turn], move)
        batch.step(actions)
    return int(batch.state.end[0, 0])
