"""How fast pictures are painted: medians over the frames of one episode, in milliseconds.

python benchmarks/pictures.py
"""

from __future__ import annotations

import itertools
import statistics
import time

from gyges.envs import Batch, make
from gyges.envs.policy import RandomPolicy
from gyges.envs.rollout import Seating, rollout
from gyges.render.kit import draw
from gyges.render.replay import Player
from gyges.render.timeline import Timeline

TABLES = (
    ("steward-v1", {"num_agents": 2, "num_grounds": 1}),
    ("steward-v1", {"num_agents": 5, "num_grounds": 2}),
    ("steward-v1", {"num_agents": 16, "num_grounds": 4}),
    ("custodian-v0", {}),
    ("envoy-v0", {"num_agents": 8}),
    ("envoy-v0", {"num_agents": 24}),
    ("envoy-v0", {"num_agents": 200}),
)


def main() -> None:
    """Print one line a table size."""
    print(f"{'game':<12} {'seats':>5} {'first ms':>9} {'again ms':>9} {'frames/s':>9}")
    for name, settings in TABLES:
        game = make(name, **settings)
        agents = game.num_agents
        batch = Batch(game, 1, seed=1, labels="full")
        seating, timeline = Seating(batch, [RandomPolicy()] * agents), Timeline(game)
        for _ in itertools.islice(rollout(batch, seating, [timeline]), 60):
            pass
        player, surface = Player(timeline), draw.canvas((1280, 800))
        times: list[list[float]] = []
        for _ in range(3):
            times.append([])
            for t in range(len(timeline)):
                player.go(t)
                begun = time.perf_counter()
                player.paint(surface)
                draw.pixels(surface)
                times[-1].append(1000 * (time.perf_counter() - begun))
        first, again = statistics.median(times[0]), statistics.median(times[-1])
        print(f"{name:<12} {agents:>5} {first:>9.1f} {again:>9.1f} {1000 / again:>9.0f}")


if __name__ == "__main__":
    main()
