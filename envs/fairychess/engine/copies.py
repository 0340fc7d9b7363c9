"""Positions copied out of a row, and in again: info, board, hands, counts, what is remembered besides."""

from __future__ import annotations

from typing import Any

from gyges.envs.fairychess.engine.layout import (
    INFO,
    KINDS,
    MORE,
    MORE_COUNTED,
    MORE_FOLLOWED,
    REMEMBERS,
    SQUARES,
)
from gyges.envs.rules import rule


@rule
def memory(t: Any) -> int:
    """Words that positions hold besides (`Position.more`)."""
    held = t.head[REMEMBERS]
    return 0 if held == 0 else MORE if held == 1 else MORE_COUNTED if held < 8 else MORE_FOLLOWED


@rule
def keep(s: Any, t: Any, into: Any, first: int) -> None:
    """Copy the position into an array, from an index on."""
    n, squares = 2 * (t.head[KINDS] + 1), t.head[SQUARES]
    for j in range(INFO):
        into[first + j] = s.info[j]
    first += INFO
    for j in range(squares):
        into[first + j] = s.board[j]
    first += squares
    for j in range(n):
        into[first + j] = s.pocket[j]
        into[first + n + j] = s.count[j]
    first += 2 * n
    for j in range(memory(t)):
        into[first + j] = s.more[j]


@rule
def bring(s: Any, t: Any, back: Any, first: int) -> None:
    """Copy a position kept by `keep` in again."""
    n, squares = 2 * (t.head[KINDS] + 1), t.head[SQUARES]
    for j in range(INFO):
        s.info[j] = back[first + j]
    first += INFO
    for j in range(squares):
        s.board[j] = back[first + j]
    first += squares
    for j in range(n):
        s.pocket[j] = back[first + j]
        s.count[j] = back[first + n + j]
    first += 2 * n
    for j in range(memory(t)):
        s.more[j] = back[first + j]


@rule
def exchange(s: Any, t: Any, held: Any, first: int) -> None:
    """Exchange the position with one kept by `keep`."""
    n, squares = 2 * (t.head[KINDS] + 1), t.head[SQUARES]
    for j in range(INFO):
        s.info[j], held[first + j] = held[first + j], s.info[j]
    first += INFO
    for j in range(squares):
        s.board[j], held[first + j] = held[first + j], s.board[j]
    first += squares
    for j in range(n):
        s.pocket[j], held[first + j] = held[first + j], s.pocket[j]
        s.count[j], held[first + n + j] = held[first + n + j], s.count[j]
    first += 2 * n
    for j in range(memory(t)):
        s.more[j], held[first + j] = held[first + j], s.more[j]
