"""CPU time of one picture of a chess game: python benchmarks/chess_frames.py

Medians of process time over frames at different moments of random games; what is drawn once and kept
(pieces, the empty board) is warm, as in a window.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.policy import RandomPolicy
from gyges.envs.rollout import Seating, rollout
from gyges.render.board.plain import renderer_for
from gyges.render.replay import Player
from gyges.render.timeline import Timeline

PLAIN: dict[str, dict[str, Any]] = {
    name: {"variant": name} for name in ("gardner", "chess", "shogi", "grand")
}
STAKES: dict[str, Any] = {
    "variant": "chess",
    "start": "r1bqkb1r/pppp1ppp/2n2n2/4p1^1/2^1P3/2N2N2/PPPP1PPP/R1BQKB1R w KQkq - 0 1",
    "civilians": True,
    "treaties": True,
    "tampering": True,
    "orders": 0.3,
}


def reel_of(id: str, settings: dict[str, Any]) -> Timeline:
    """A random game of at most 40 acts."""
    game = registry.make(id, horizon=40, **settings)
    batch = Batch(game, 1, seed=5, labels="full")
    seating, timeline = Seating(batch, [RandomPolicy()] * 2), Timeline(game, ("first", "second"))
    for _ in rollout(batch, seating, [timeline]):
        pass
    return timeline


def milliseconds(timeline: Timeline, size: tuple[int, int]) -> float:
    """Median process time of a frame with its panel and time bar."""
    player = Player(timeline, size)
    player.board.price = lambda *_: None  # a search, not drawing
    assert type(player.board) is type(renderer_for(timeline.game))
    for t in range(len(timeline)):
        player.frame(t)
    taken = []
    for _ in range(3):
        for t in range(len(timeline)):
            begun = time.process_time()
            player.frame(t)
            taken.append(1000 * (time.process_time() - begun))
    return statistics.median(taken)


def main() -> None:
    """Print a table."""
    print(f"{'game':<22}{'1280 x 800':>14}{'1920 x 1080':>14}   ms a frame (process time, median)")
    games = {name: ("fairychess-v1", settings) for name, settings in PLAIN.items()}
    games["chess with stakes"] = ("fairychess_stakes-v1", STAKES)
    for name, (id, settings) in games.items():
        timeline = reel_of(id, settings)
        found = [milliseconds(timeline, size) for size in ((1280, 800), (1920, 1080))]
        print(f"{name:<22}{found[0]:>14.1f}{found[1]:>14.1f}")


if __name__ == "__main__":
    main()
