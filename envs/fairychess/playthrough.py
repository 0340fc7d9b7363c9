"""Golden playthroughs of the plain game: what a seat is told at the start, the game as PGN, its end.

python -m gyges.envs.fairychess.playthrough tests/fairychess/golden      # write them again
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from gyges.envs.batch import Batch
from gyges.envs.fairychess import encoding
from gyges.envs.fairychess.game import FairyChess
from gyges.envs.fairychess.notation import pgn
from gyges.envs.fairychess.personas import Greedy
from gyges.envs.policy import RandomPolicy
from gyges.envs.rollout import Seating

GAMES = {
    "plain-gardner.txt": ({"variant": "gardner"}, 8),
    "plain-minishogi.txt": ({"variant": "minishogi"}, 2),
    "plain-grasshopper.txt": (
        {"variant": "[hop:gardner]\ncustomPiece1 = g:gQ\nstartFen = rgbqk/ppppp/5/PPPPP/RGBQK w - - 0 1\n"},
        5,
    ),
}


def told(settings: dict[str, str], seed: int) -> str:
    """One game of greedy (first player) against random."""
    game = FairyChess(**settings)
    batch = Batch(game, 1, seed=seed, threads=1)
    seating = Seating(batch, [Greedy(), RandomPolicy()], seed=seed)
    start, actions = game.describe(batch.codes[0, 0], 0), []
    while not batch.over[0]:
        side = int(np.argmax(batch.state.to_move[0]))
        actions.append(int(seating.step()[0, side]))
    end, why = int(batch.state.end[0, 0]), int(batch.state.why[0, 0])
    winner = {1: 0, 2: 1, 3: -1}.get(end)
    tags = {"Event": "golden playthrough", "White": "greedy", "Black": "random"}
    record = pgn.record_of(game, actions, winner=winner, tags=tags)
    fen = game.fen(batch.codes[0, 0])
    close = f"{encoding.ENDS[end]} by {encoding.WHY[why]} after {len(actions)} plies: {fen}"
    return "\n".join([start, "", pgn.write(record), close, ""])


def golden() -> dict[str, str]:
    """The texts by file name."""
    return {name: told(settings, seed) for name, (settings, seed) in GAMES.items()}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in golden().items():
        (folder / name).write_text(text)
        print(folder / name)
