"""Writes perft.tsv, the project's own table of move counts, from pyffish (Fairy-Stockfish).

    python tests/fairychess/make_perft.py [NAME ...]

With names, rows of these variants are added to the table.
For every variant of the library: the start position and a position from a random game, each at the
greatest depth of at most `NODES` leaves. Our engine only chooses the depth; the counts are pyffish's.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from differ import renamed
from oracle import Oracle

from gyges.envs.fairychess import load, names
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.perft import perft

NODES = 4_000
TABLE = Path(__file__).with_name("perft.tsv")


def main(chosen: list[str]) -> None:
    """Write the table, or add to it."""
    oracle = Oracle()
    lines = ["variant\tfen\tdepth\tnodes\tchess960"]
    if chosen:
        lines = TABLE.read_text(encoding="utf-8").splitlines()
    for name in chosen or names():
        variant = load(name)
        alias, ini = renamed(variant)
        assert alias in oracle.load(ini), name
        luck = random.Random(name)
        board = Board(variant)
        fens = [variant.startFen]
        for _ in range(luck.randrange(12, 40)):
            moves = sorted(board.moves())
            if not moves or board.result_now().over:
                break
            board.push(luck.choice(moves))
            fens[1:] = [board.fen]
        for fen in fens:
            depth = 1
            while (
                depth < 4
                and perft(Board(variant, fen), depth) <= NODES // 20
                and perft(Board(variant, fen), depth + 1) <= NODES
            ):
                depth += 1
            nodes = oracle.perft(alias, fen, depth, variant.chess960)
            lines.append(f"{name}\t{fen}\t{depth}\t{nodes}\t{int(variant.chess960)}")
            print(lines[-1], flush=True)
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    oracle.close()


if __name__ == "__main__":
    main(sys.argv[1:])
