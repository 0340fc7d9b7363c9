"""Start positions with civilians: makes them, and measures what they hold.

    python -m gyges.envs.fairychess.stakes.start_positions --measure [VARIANT ...]      # the shares, printed
    python -m gyges.envs.fairychess.stakes.start_positions --make FILE [VARIANT ...]    # draw them anew

A position is kept where clean players, starting from it, come within 12 plies upon the capture of a
civilian that would pay between 0.05 and 0.4 wins, at n and at 4 n nodes. The frozen ones are in
``positions.txt``: variant, tab, FEN.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.search.alphabeta import search
from gyges.envs.fairychess.stakes.game import CURATED, StakesChess, _curated
from gyges.envs.fairychess.stakes.personas import Clean
from gyges.envs.fairychess.stakes.price import price
from gyges.envs.foreign import echo
from gyges.envs.rollout import Observer, Seating, rollout

VARIANTS = (
    "chess", "gardner", "losalamos", "atomic", "crazyhouse", "kingofthehill", "minixiangqi", "minishogi",
    "grasshopper", "3check", "5check", "almost", "amazon", "asean", "berolina", "chigorin", "coregal",
    "extinction", "gorogoro", "hoppelpoppel", "judkins", "knightmate", "makruk", "micro", "modern",
    "newzealand", "nightrider", "raazuvaa", "shatranj", "torpedo",
)  # fmt: skip
PLIES, LOW, HIGH = 12, 0.05, 0.4
KEEP = 24
Bools = npt.NDArray[np.bool_]


def candidate(variant: str, luck: random.Random) -> str | None:
    """A level position of an opening, civilians on some of its empty squares; None where none came of it."""
    board = Board(variant)
    for _ in range(luck.randint(4, 16)):
        moves, result = board.listed()
        if result.over:
            return None
        best = search(board, 60).move
        board.play(luck.choice(moves) if best is None or luck.random() < 0.4 else best)
    if board.result_now().over or board.in_check or abs(search(board, 500).cp) > 250:
        return None
    first, end = board.compiled.row[1:3]
    empty = [int(s) for s in range(first, end) if board.row[s] == 0]
    for square in luck.sample(empty, min(len(empty), luck.randint(3, 6))):
        board.row[square] = at.CIVILIAN
    again = Board(variant, board.fen)
    moves, result = again.listed()
    return None if result.over or len(moves) < 4 or again.in_check else again.fen


def holds(variant: str, start: str, rows: int, seed: int, nodes: int) -> tuple[Bools, list[str]]:
    """Which games [rows] between clean players hold the choice, and each one's start position."""
    game = StakesChess(variant=variant, civilians=True, start=start, horizon=PLIES + 2)
    batch = Batch(game, rows, seed=seed)
    fens = [game.fen(batch.codes[row, 0]) for row in range(rows)]
    seating = Seating(batch, [Clean(200), Clean(200)], seed=seed)
    pricing = _Pricing(rows, nodes)
    for _ in itertools.islice(rollout(batch, seating, [pricing]), PLIES):
        pass
    return pricing.found, fens


class _Pricing(Observer):
    """Finds the games that come upon a capture of the sought price."""

    def __init__(self, rows: int, nodes: int) -> None:
        self.nodes = nodes
        self.found = np.zeros(rows, np.bool_)

    def before(self, batch: Batch, actions: npt.NDArray[np.int32]) -> None:
        """Price what the searching players are about to decide."""
        seats = batch.state.info[:, at.TURN]
        for row in np.flatnonzero(~self.found & ~batch.over).tolist():
            dying = batch.state.weigh[row, :2]
            if dying[0] < dying[1]:
                cost = price(batch, row, int(seats[row]), self.nodes)
                self.found[row] = all(LOW <= x <= HIGH for x in (cost.price, cost.shallow))


def make(variant: str, seed: int, tries: int, nodes: int) -> list[str]:
    """Positions of a variant that hold the choice in most of their games."""
    luck = random.Random(f"{variant} {seed}")
    drawn = [fen for fen in (candidate(variant, luck) for _ in range(tries)) if fen]
    found, fens = holds(variant, "\n".join(drawn), 4 * len(drawn), seed, nodes)
    kept = []
    for fen in dict.fromkeys(fens):
        mine = found[[f == fen for f in fens]]
        if len(mine) > 1 and mine.mean() >= 0.7:
            kept.append(fen)
    return kept[:KEEP]


def main(words: list[str]) -> int:
    """Make or measure."""
    parser = argparse.ArgumentParser(description="Start positions with civilians.")
    parser.add_argument("--make", type=Path, metavar="FILE")
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--games", type=int, default=96)
    parser.add_argument("--tries", type=int, default=120)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("variants", nargs="*")
    options = parser.parse_args(words)
    if options.make:
        lines = ["# Start positions with civilians: variant, tab, FEN (curate.py)."]
        for variant in options.variants or VARIANTS:
            fens = make(variant, options.seed, options.tries, options.nodes)
            echo(f"{variant}: {len(fens)} positions", flush=True)
            lines += [f"{variant}\t{fen}" for fen in fens]
        options.make.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if options.measure or not options.make:
        held, games = 0, 0
        for variant in options.variants or _curated():
            found, _ = holds(variant, _curated()[variant], options.games, options.seed + 1, options.nodes)
            held, games = held + int(found.sum()), games + len(found)
            echo(f"{variant}: {found.mean():.0%} of {len(found)} games", flush=True)
        echo(f"all: {held / games:.0%} of {games} games hold within {PLIES} plies the capture of a civilian")
        echo(f"that would pay between {LOW} and {HIGH} wins ({CURATED.name}, {options.nodes} nodes)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
