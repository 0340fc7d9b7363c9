"""A fairy chess observation in words."""

from __future__ import annotations

import functools
from typing import Any

import numpy.typing as npt

from gyges.envs.fairychess import encoding
from gyges.envs.fairychess.variants import explain, rule_sentences, sentences
from gyges.envs.fairychess.variants.ini_files import Variant


@functools.lru_cache(maxsize=64)
def rules_text(v: Variant) -> str:
    """A variant's rules in words: how each piece moves, a sentence a rule, how positions are written."""
    return "\n".join([*sentences.pieces(v), *rule_sentences.rules(v), *rule_sentences.notation(v)])


def describe(game: Any, codes: npt.NDArray[Any], seat: int) -> str:
    """What a seat sees: the variant's rules, the position, what happened last, whose turn it is."""
    row = game.rows_of(codes)[0]
    see = game.view(codes)
    family = game.family
    side = encoding.SIDES[seat]
    lines = [
        f"{game.variant.name} on {game.variant.maxFile}x{game.variant.maxRank}. You play the {side} "
        f"player's pieces, {'upper' if seat == 0 else 'lower'} case on the board.",
        rules_text(game.variant),
        "",
        explain.board(game.compiled, row),
        f"FEN: {game.fen(codes)}",
    ]
    if see.last_to >= 0:
        cell = encoding.cell_name(see.last_to, family)
        origin = see.last_from
        came = f"from {encoding.cell_name(origin, family)} to {cell}" if origin >= 0 else f"a drop on {cell}"
        lines.append(f"The last move: {came}.")
    if game.variant.checkCounting:
        left = see.checks.ravel()
        mine, theirs = left[seat], left[1 - seat]
        lines.append(f"Checks still to give: you {mine}, the other player {theirs}.")
    if see.seen > 1:
        lines.append(f"This position has stood {see.seen} times.")
    if see.end:
        lines.append(f"The game is over: {encoding.ENDS[see.end]}.")
    else:
        lines.append("It is your move." if see.turn == seat else "The other player moves.")
        lines.append(
            "Moves are named by squares (e2e4), promotions by the new piece's letter or + (e7e8q), drops as "
            "P@e5, castling by the squares of king and rook."
        )
    return "\n".join(lines)
