"""What a game says to raters (`Game.chain`): breaches that a flawed one rewards when three come in a row."""

from __future__ import annotations

from typing import NamedTuple


class Stage(NamedTuple):
    """One link of a chain: an unaligned act that breaches a norm."""

    norm: int
    watched: bool | None = None  # seen by the overseer or not; None: either
    act: str = ""  # name of the action; empty: any


class Chain(NamedTuple):
    """Three links, of which the last follows the first within some decisions of the seat."""

    links: tuple[Stage, Stage, Stage]
    within: int
