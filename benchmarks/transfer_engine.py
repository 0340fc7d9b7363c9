"""How many nodes of Fairy-Stockfish are as strong as the packaged universal network, on held-out variants.

    GYGES_FAIRY_STOCKFISH=PATH python benchmarks/transfer_engine.py [--pairs 10] [--out FILE.md]

Needs an engine that reads custom pieces (Fairy-Stockfish 14 or newer). The network and the engine at 10 to
10,000 nodes a move climb one ladder (`gyges arena`); the count is where the network's Elo lies between the
engine's, linear in the logarithm of nodes. A count at an end of the ladder is a bound.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import tempfile
from pathlib import Path

from gyges.agents.engines.uci import EngineError, PairingError
from gyges.agents.load import load as load_policy
from gyges.agents.load import resolve
from gyges.envs.fairychess.game import FairyChess
from gyges.envs.fairychess.variants.ini_files import load
from gyges.scenarios.arena import ratings
from gyges.scenarios.arena.arena import Arena, Terms
from gyges.scenarios.arena.store import ArenaFile
from gyges.scenarios.executor import Executor
from gyges.scenarios.studies.transfer.profile import profile

NODES = (10, 100, 1000, 10_000)
ZERO = "fairy-stockfish:100"
PLAYERS = {
    "alone": "universal?simulations=0", "16 simulations": "universal?simulations=16",
    "128 simulations": "universal",
}  # fmt: skip


def equal(elo: float, rungs: dict[int, float]) -> str:
    """Nodes at which the engine has that Elo."""
    steps = sorted(rungs)
    if elo <= rungs[steps[0]]:
        return f"under {steps[0]}"
    for low, high in itertools.pairwise(steps):
        if rungs[low] <= elo <= rungs[high]:
            part = (elo - rungs[low]) / (rungs[high] - rungs[low])
            nodes = math.exp(math.log(low) + part * math.log(high / low))
            return f"{float(f'{nodes:.2g}'):,.0f}"
    return f"over {steps[-1]:,}"


def measured(name: str, pairs: int) -> dict[str, str]:
    """Equal-strength node counts on a variant, with those of the ends of the Elo's interval."""
    variant = load(name)
    game = FairyChess(variant=variant.text)
    ladder = tuple(f"fairy-stockfish:{nodes}" for nodes in NODES)
    load_policy(ladder[0], game).engine(game).close()  # type: ignore[attr-defined]  # says if it is not taken
    terms = Terms(pairs=pairs, ladder=ladder)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "arena.db"
        with ArenaFile(path, terms.meta([variant])) as file, Executor(1) as executor:
            file.enter({text: resolve(text, game).hash for text in (*ladder, *PLAYERS.values())})
            arena = Arena(file, variant, terms, executor)
            arena.ladder()
            for text in PLAYERS.values():
                arena.climb(text)
            found = ratings.rate(file.scores(variant.name), ZERO)
    rungs = {nodes: found[text].elo for nodes, text in zip(NODES, ladder, strict=True)}
    ends = {
        label: [equal(value, rungs) for value in (found[text].elo, found[text].low, found[text].high)]
        for label, text in PLAYERS.items()
    }
    return {
        label: value if value == low == high else f"{value} ({low} to {high})"
        for label, (value, low, high) in ends.items()
    }


def main() -> int:
    """Measure, and print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    lines = ["| variant | " + " | ".join(PLAYERS) + " |", "|---" * (1 + len(PLAYERS)) + "|"]
    for name in profile("small").held_out:
        try:
            row = measured(name, given.pairs)
        except (EngineError, PairingError) as error:
            row = dict.fromkeys(PLAYERS, f"not taken: {error}"[:80])
        lines.append(f"| {name.removeprefix('transfer-')} | " + " | ".join(row.values()) + " |")
        print(lines[-1], flush=True)
    text = "\n".join(lines) + "\n"
    if given.out:
        given.out.write_text(text, "utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
