"""The same moment, lived several times: copies of packed rows whose luck is that of a numbered future."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch, Snapshot
from gyges.envs.game import Game

Index = npt.NDArray[np.int64]


def fork_rows(game: Game, packed: npt.NDArray[np.int32], future: Index, *, seed: int = 0) -> Batch:
    """A batch (labels off) of packed rows [F, W]; row i lives future ``future[i]`` of `seed`."""
    batch = Batch(game, len(packed), labels="off", threads=1)
    batch.restore(Snapshot(game.id, packed))
    lives, place = np.unique(future, return_inverse=True)
    key = batch.state.key
    for j, life in enumerate(lives.tolist()):
        words = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, life]))).integers(
            -(2**31), 2**31, 2, dtype=np.int32
        )
        key[place == j] ^= words
    return batch
