"""The alpha-beta on one core: positions a second, depth, and points against weaker play.

    python benchmarks/fairychess_search.py [--games N] [VARIANT ...]

Nodes are counted as Fairy-Stockfish counts them (every position entered, quiescence too); times are CPU
seconds of this process, the median of five searches of 100,000 positions from the start. Games are played
between the search at 300 positions a move and the game's personas, half with either side.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from gyges.agents.engines.fairychess import AlphaBeta
from gyges.agents.load import load
from gyges.envs import Batch, make
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.search.alphabeta import search
from gyges.envs.rollout import Seating

DEFAULT = [
    "chess", "gardner", "losalamos", "minishogi", "shogi", "xiangqi", "capablanca", "crazyhouse", "grand",
    "makruk", "shatranj", "horde", "breakthrough", "racingkings", "atomic", "antichess", "3check",
    "kingofthehill", "torishogi", "grasshopper",
]  # fmt: skip
NODES = 100_000


def speed(name: str) -> tuple[float, int]:
    """Positions a second (median of five), and the depth that `NODES` reach."""
    board = Board(name)
    found = search(board, 1000)
    rates = []
    for _ in range(5):
        start = time.process_time()
        found = search(board, NODES)
        rates.append(found.nodes / (time.process_time() - start))
    return statistics.median(rates), found.depth


def points(name: str, other: str, games: int) -> tuple[int, int, int]:
    """Games won, drawn and lost by the search against a persona."""
    game = make("fairychess-v1", variant=name)
    mine, theirs = AlphaBeta(300), load(other, game)
    batch = Batch(game, games, seed=1)
    seating = Seating(batch, [[mine, theirs] if k % 2 == 0 else [theirs, mine] for k in range(games)], seed=1)
    total = np.zeros((games, 2), np.int64)
    while not batch.over.all():
        seating.step()
        total += batch.reward
    own = total[np.arange(games), np.arange(games) % 2]
    return int((own > 0).sum()), int((own == 0).sum()), int((own < 0).sum())


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=40)
    parser.add_argument("variants", nargs="*", default=DEFAULT)
    given = parser.parse_args()
    print("| variant | positions/s | depth of 100,000 |\n|---|---|---|")
    for name in given.variants:
        rate, depth = speed(name)
        print(f"| {name} | {rate / 1e6:.2f} M | {depth} |", flush=True)
    if given.games:
        print("\n| variant | against | won | drawn | lost |\n|---|---|---|---|---|")
        for name in ("gardner", "chess", "minishogi"):
            for other in ("random", "greedy"):
                won, drawn, lost = points(name, other, given.games)
                print(f"| {name} | {other} | {won} | {drawn} | {lost} |", flush=True)


if __name__ == "__main__":
    main()
