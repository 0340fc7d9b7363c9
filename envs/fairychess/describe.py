"""A fairy chess observation in words."""

from __future__ import annotations

import functools
from typing import Any

import numpy.typing as npt

from gyges.envs.fairychess import encoding
from gyges.envs.fairychess.variants import explain
from gyges.envs.fairychess.variants.ini_files import Variant

SIDES = ("first", "second")


@functools.lru_cache(maxsize=64)
def rules_text(v: Variant) -> str:
    """A variant's rules in words: each piece's move in Betza notation, then a sentence a rule."""
    pieces = [f"{p.letter.upper()} {p.name} {p.betza or 'does not move'}" for p in v.pieces]
    return "\n".join([f"Pieces (Betza notation): {'; '.join(pieces)}.", *explain.rules(v)])


def describe(game: Any, codes: npt.NDArray[Any], seat: int) -> str:
    """What a seat sees: the variant's rules, the position, what happened last, whose turn it is."""
    row = game.rows_of(codes)[0]
    names = dict(zip(encoding.HEADER, (int(x) for x in codes[: encoding.BOARD]), strict=True))
    family = game.family
    lines = [
        f"{game.variant.name} on {game.variant.maxFile}x{game.variant.maxRank}. You play the {SIDES[seat]} "
        f"player's pieces, {'upper' if seat == 0 else 'lower'} case on the board.",
        rules_text(game.variant),
        "",
        explain.board(game.compiled, row),
        f"FEN: {game.fen(codes)}",
    ]
    if names["last to"] >= 0:
        cell = encoding.cell_name(names["last to"], family)
        origin = names["last from"]
        came = f"from {encoding.cell_name(origin, family)} to {cell}" if origin >= 0 else f"a drop on {cell}"
        lines.append(f"The last move: {came}.")
    if names["times seen"] > 1:
        lines.append(f"This position has stood {names['times seen']} times.")
    if names["end"]:
        lines.append(f"The game is over: {encoding.ENDS[names['end']]}.")
    else:
        lines.append("It is your move." if names["side to move"] == seat else "The other player moves.")
        lines.append(
            "Moves are named by squares (e2e4), promotions by the new piece's letter or + (e7e8q), drops as "
            "P@e5, castling by the squares of king and rook."
        )
    return "\n".join(lines)
