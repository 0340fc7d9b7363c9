"""How the plain game is told: what a seat reads at the start, the game as PGN, its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gyges.envs.certificate import Playthrough, Story
from gyges.envs.fairychess import encoding
from gyges.envs.fairychess.notation import pgn
from gyges.envs.game import Game

GRASSHOPPER = "[hop:gardner]\ncustomPiece1 = g:gQ\nstartFen = rgbqk/ppppp/5/PPPPP/RGBQK w - - 0 1\n"


class ChessPlaythrough(Playthrough):
    """Greedy (first player) against random."""

    @classmethod
    def stories(cls, game: type[Game]) -> Mapping[str, Story]:
        """Three variants."""
        games = {"gardner": ("gardner", 8), "minishogi": ("minishogi", 2), "grasshopper": (GRASSHOPPER, 5)}
        return {
            f"plain-{name}": Story(game(variant=variant), ("greedy", "random"), seed=seed, luck=seed)
            for name, (variant, seed) in games.items()
        }

    def head(self, batch: Any) -> list[str]:
        """What the first player reads."""
        self.actions: list[int] = []
        return [batch.game.describe(batch.codes[0, 0], 0), ""]

    def before(self, batch: Any, actions: Any) -> list[str]:
        """Moves are told at the end."""
        self.actions.append(int(actions[np.argmax(batch.state.to_move[0])]))
        return []

    def after(self, batch: Any, actions: Any) -> list[str]:
        """Nothing."""
        return []

    def end(self, batch: Any) -> list[str]:
        """The game as PGN, how it ended, and the last position."""
        game, end, why = batch.game, int(batch.state.end[0, 0]), int(batch.state.why[0, 0])
        tags = {"Event": "golden playthrough", "White": "greedy", "Black": "random"}
        winner = {1: 0, 2: 1, 3: -1}.get(end)
        record = pgn.record_of(game, self.actions, winner=winner, tags=tags)
        fen = game.fen(batch.codes[0, 0])
        how = f"{encoding.ENDS[end]} by {encoding.WHY[why]} after {len(self.actions)} plies: {fen}"
        return [pgn.write(record), how]
