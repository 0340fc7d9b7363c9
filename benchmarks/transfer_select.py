"""Chooses the frozen variants of `gyges.envs.fairychess.variants.transfer`:

    python benchmarks/transfer_select.py LOG             # play candidates; goes on where the log ends
    python benchmarks/transfer_select.py LOG --write     # and write transfer.ini and transfer.json
    python benchmarks/transfer_select.py                 # the table of the documentation

Seeds of each split are drawn in their order, on 5x5 (6x6 where the size is held out). A candidate is passed
over where its rule has been taken more often than another of its split, or where one that was taken has the
same rules; it is taken where it passes `gyges.scenarios.transfer.candidates`. One process; a line of JSON a
candidate that is played.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gyges.envs import atomic
from gyges.envs.fairychess.variants import transfer
from gyges.envs.fairychess.variants.ini_files import TRANSFER, Variant, load
from gyges.envs.fairychess.variants.invent import HELD_RULES, LATEST, RULES, draw, rule_of, seeds
from gyges.envs.fairychess.variants.rule_distance import distance
from gyges.scenarios.transfer.candidates import BAR, measure

Row = dict[str, Any]


SIZES = {"size": (6, 6)}
"""Of the splits that are not on 5x5."""


def drawn(split: str, seed: int) -> Variant:
    """A candidate."""
    return load(draw(seed, SIZES.get(split, (5, 5)), LATEST))


def choose(log: Path) -> tuple[dict[str, list[Row]], dict[str, int]]:
    """Play candidates until every split has its places.

    Returns:
        Those that were taken, by split, in the order of their seeds; and how many were played.
    """
    lines = log.read_text().splitlines() if log.exists() else []
    rows = {(row["split"], row["seed"]): row for row in map(json.loads, lines)}
    chosen: dict[str, list[Row]] = {split: [] for split in transfer.PLACES}
    played = dict.fromkeys(transfer.PLACES, 0)
    for split, places in transfer.PLACES.items():
        seed = -1
        while len(chosen[split]) < places:
            seed = seeds(split, 1, seed + 1)[0]
            variant = drawn(split, seed)
            if passed_over(variant, split, chosen):
                continue
            if (split, seed) not in rows:
                rows[split, seed] = play(variant, split, seed, log)
            played[split] += 1
            if not rows[split, seed]["why"]:
                chosen[split].append(rows[split, seed])
    return chosen, played


def passed_over(variant: Variant, split: str, chosen: dict[str, list[Row]]) -> bool:
    """Has its rule been taken more often than another, or has one that was taken the same rules?"""
    taken = [row["rule"] for row in chosen[split]]
    if taken.count(rule_of(variant)) > min(map(taken.count, HELD_RULES if split == "rule" else RULES)):
        return True
    others = (drawn(row["split"], row["seed"]) for rows in chosen.values() for row in rows)
    return any(distance(variant, other).whole == 0 for other in others)


def play(variant: Variant, split: str, seed: int, log: Path) -> Row:
    """Play a candidate, and write what was found."""
    began = time.process_time()
    row = {"split": split, "seed": seed, "rule": rule_of(variant), **dataclasses.asdict(measure(variant))}
    row["seconds"] = round(time.process_time() - began, 1)
    with log.open("a") as file:
        file.write(json.dumps(row) + "\n")
    print(row, flush=True)
    return row


def freeze(chosen: dict[str, list[Row]], played: dict[str, int]) -> None:
    """Write what was chosen as the package's data."""
    texts, entries = [], []
    for split, rows in chosen.items():
        for k, row in enumerate(rows):
            name = f"transfer-{split}-{k + 1}"
            lines = draw(row["seed"], SIZES.get(split, (5, 5)), LATEST).split("\n")
            texts.append("\n".join([f"[{name}]", *lines[1:]]))
            figures = {key: round(row[key], 4) for key in ("drawn", "first", "plies", "score")}
            entries.append({"name": name, "split": split, "seed": row["seed"], **figures})
    head = "# Frozen variants, chosen by benchmarks/transfer_select.py; see docs/fairychess-inventing.md.\n\n"
    atomic.write_text(TRANSFER, head + "\n".join(texts))
    data = {"draw": LATEST, "bar": BAR.plain(), "played": played, "variants": entries}
    words = [sys.executable, "-c", f"from {transfer.__name__} import computed_digest as made; print(made())"]
    data["digest"] = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    atomic.write_text(transfer.STATISTICS, json.dumps(data, indent=1) + "\n")


def table() -> str:
    """The variants as rows of a table in Markdown."""
    lines = []
    for one in transfer.entries():
        variant = load(one.name)
        pieces = " ".join(f"`{p.betza}`" for p in variant.pieces if p.name.startswith("customPiece"))
        _, apart = transfer.nearest(one.name)
        figures = f"{one.drawn:.0%} | {one.first:.0%} | {one.plies:.0f} | {one.score:.0%} | {apart:.2f}"
        lines.append(f"| `{one.name}` | {pieces} | {rule_of(variant)} | {figures} |")
    return "\n".join(lines)


def main() -> None:
    """Choose, and write what is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("log", type=Path, nargs="?")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if given.log is None:
        print(table())
        return
    chosen, played = choose(given.log)
    if given.write:
        freeze(chosen, played)


if __name__ == "__main__":
    main()
