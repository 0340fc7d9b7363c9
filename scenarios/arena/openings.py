"""Balanced openings of a variant: positions after a few random plies that a search holds to be even."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.search.alphabeta import search
from gyges.envs.fairychess.variants.ini_files import Variant

TRIES = 200
"""Random beginnings looked at for each opening that is wanted."""


class Balance(NamedTuple):
    """What counts as an even opening."""

    plies: int = 4
    """Random plies from the start position; up to twice as many where the position is not even."""
    nodes: int = 1_000
    """Positions that the search looks at."""
    bound: int = 80
    """Centipawns, for either side."""


EVEN = Balance()


def openings(variant: Variant, count: int, seed: int, balance: Balance = EVEN) -> list[str]:
    """So many different positions as FENs; the first k are the same however many are asked for.

    Args:
        variant: its rules.
        count: of openings.
        seed: of the random plies; learners that play from random positions use other luck.
        balance: what is even.

    Raises:
        ConfigError: the variant has not so many within `TRIES` beginnings an opening.
    """
    digest = hashlib.sha256(f"arena {seed} {balance} {variant.text}".encode()).digest()
    rng = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
    found: dict[str, None] = {}
    for _ in range(TRIES * count):
        if len(found) == count:
            break
        fen = _beginning(variant, rng, balance)
        if fen is not None:
            found[fen] = None
    if len(found) < count:
        raise ConfigError(
            f"{variant.name}: {len(found)} of {count} openings within {balance.bound} centipawns after "
            f"{balance.plies} to {2 * balance.plies} random plies; ask for fewer, or for a wider bound"
        )
    return list(found)


def _beginning(variant: Variant, rng: np.random.Generator, balance: Balance) -> str | None:
    """One random beginning that is even, or None."""
    board = Board(variant)
    for ply in range(2 * balance.plies):
        legal = board.listed()[0]
        board.play(legal[int(rng.integers(len(legal)))])
        if board.result().over:
            return None
        if ply + 1 >= balance.plies and _even(board, balance):
            return board.fen
    return None


def _even(board: Board, balance: Balance) -> bool:
    found = search(board, balance.nodes)
    return found.mate is None and abs(found.cp) <= balance.bound
