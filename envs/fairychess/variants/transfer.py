"""The frozen distribution: 48 invented variants to learn on and to be tested on, by name.

`transfer.ini` holds their rules: 32 of the split `train` on 5x5, and of every other split (`invent`) four
that hold what no training variant does. A search found them worth learning; `transfer.json` says what was
asked (`bar`) and measured. `load("transfer-atom-1")` and every command that takes a variant know them.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gyges.envs.fairychess.variants.ini_files import load, transfer_names
from gyges.envs.fairychess.variants.invent import SPLITS
from gyges.envs.fairychess.variants.rule_distance import distance

STATISTICS = Path(__file__).parent / "transfer.json"
PLACES = {split: 32 if split == "train" else 4 for split in SPLITS}
"""Variants of each split."""


@dataclass(frozen=True)
class Entry:
    """A variant of the distribution, and what the search that chose it found.

    Attributes:
        name: as `load` knows it.
        split: of `invent`.
        seed: of `invent.draw`, at this size.
        drawn: share of games of the search against itself.
        first: share of the decided ones that the first player won.
        plies: mean length of a game.
        score: share of points against the weaker search.
    """

    name: str
    split: str
    seed: int
    drawn: float
    first: float
    plies: float
    score: float


@functools.cache
def statistics() -> dict[str, Any]:
    """How the distribution was made: version of `draw`, bar, candidates played by split, variants, digest."""
    return dict(json.loads(STATISTICS.read_text(encoding="utf-8")))


@functools.cache
def entries() -> tuple[Entry, ...]:
    """All variants in their order: training first."""
    return tuple(Entry(**one) for one in statistics()["variants"])


def names(split: str | None = None) -> tuple[str, ...]:
    """Names of all variants, or of those of a split.

    Raises:
        ValueError: no such split.
    """
    if split is not None and split not in SPLITS:
        raise ValueError(f"no split {split!r}; the splits are {', '.join(SPLITS)}")
    return tuple(one.name for one in entries() if split in (None, one.split))


def expanded(given: Iterable[str]) -> tuple[str, ...]:
    """Variants as given, `transfer-SPLIT` exchanged for the names of that split's variants."""
    splits = {f"transfer-{split}": names(split) for split in SPLITS}
    return tuple(name for one in given for name in splits.get(one, (one,)))


@functools.cache
def nearest(name: str) -> tuple[str, float]:
    """The training variant nearest to one of the distribution, other than itself, and how far it is."""
    variant = load(name)
    found = [(distance(variant, load(one)).whole, one) for one in names("train") if one != name]
    apart, other = min(found)
    return other, apart


def digest() -> str:
    """SHA-256 of the rules of all variants and of how far they are apart; it goes into results."""
    return str(statistics()["digest"])


def computed_digest() -> str:
    """The digest, of what the package holds now: some seconds."""
    variants = [load(name) for name in transfer_names()]
    apart = [
        [f"{part:.6f}" for part in distance(variants[i], variants[j])]
        for i in range(len(variants))
        for j in range(i)
    ]
    words = json.dumps([[one.text for one in variants], apart])
    return hashlib.sha256(words.encode()).hexdigest()
