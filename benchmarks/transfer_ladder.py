"""How strong more search is on frozen variants:

    python benchmarks/transfer_ladder.py [--training 4] [--pairs 25]

Plays the rungs of the arena that search, each against the next, on the 16 held-out variants and the first
few of training, and writes results/transfer_ladder.md. Games stand in a file; the same command goes on where
it was stopped. One process.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from gyges.envs.fairychess.variants import transfer
from gyges.envs.fairychess.variants.invent import SPLITS
from gyges.scenarios.arena.arena import ZERO, Terms, run
from gyges.scenarios.arena.page import Table, reach, tables
from gyges.scenarios.arena.store import ArenaFile
from gyges.scenarios.executor import Executor

RUNGS = tuple(f"alphabeta:{nodes}" for nodes in (30, 100, 300, 1000))
RESULT = Path(__file__).parent / "results" / "transfer_ladder.md"


def cell(table: Table, rung: str) -> str:
    """A rating with its interval."""
    rated = table.ratings[rung]
    return f"{rated.elo:.0f} ({words})" if (words := reach(rated)) else f"{rated.elo:.0f}"


def page(found: dict[str, Table], training: int, pairs: int) -> str:
    """The ratings as a page in Markdown."""
    rungs = [rung for rung in RUNGS if rung != ZERO]
    games = f"{2 * pairs} games a pairing, {2 * pairs * len(rungs)} a variant"
    columns, rule = row("", [f"`{rung}`" for rung in rungs])[3:], "|---|" + "---|" * len(rungs)
    lines = [
        "# The ladder on the frozen variants",
        "",
        f"Elo of searches by positions a move, 95 % interval in brackets; `{ZERO}` has 0. Each rung plays",
        f"the next over {pairs} openings with both colours: {games}. How they are played and rated is",
        "on [the page of the arena](../../docs/arena.md), the variants on",
        f"[their page](../../docs/fairychess-inventing.md); the distribution is `{transfer.digest()[:12]}`.",
        "",
        "A search finishes its first ply whatever the number, so that 30 and 100 positions often choose the",
        "same moves. Where they do throughout, both games of an opening are one and make one point together:",
        "0 (0 to 0) says that, and no more.",
        "",
        f"`python benchmarks/transfer_ladder.py --training {training} --pairs {pairs}`",
        "",
        f"| median over variants {columns}",
        rule,
    ]
    for split in SPLITS:
        played = [found[name].ratings for name in transfer.names(split) if name in found]
        elo = [[ratings[rung].elo for ratings in played] for rung in rungs]
        lines.append(row(split, [f"{statistics.median(one):.0f}" for one in elo]))
    lines += ["", f"| variant {columns}", rule]
    lines += [row(f"`{name}`", [cell(table, rung) for rung in rungs]) for name, table in found.items()]
    return "\n".join(lines) + "\n"


def row(name: str, cells: list[str]) -> str:
    """A line of a table."""
    return " | ".join([f"| {name}", *cells]) + " |"


def main() -> None:
    """Play what has not been played, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pairs", type=int, default=25)
    parser.add_argument("--out", type=Path, default=Path("transfer_ladder.db"))
    parser.add_argument("--training", type=int, default=4)
    given = parser.parse_args()
    names = [*transfer.names("train")[: given.training], *(n for s in SPLITS[1:] for n in transfer.names(s))]
    with Executor(1) as executor:
        run(given.out, (), names, Terms(pairs=given.pairs, ladder=RUNGS), executor,
            progress=lambda pairing, done, of: print(pairing, done, of, flush=True))  # fmt: skip
    with ArenaFile(given.out) as file:
        found = {one.variant: one for one in tables(file, ZERO)}
    text = page({name: found[name] for name in names}, given.training, given.pairs)
    RESULT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
