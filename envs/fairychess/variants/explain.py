"""A variant in words and pictures of letters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled, compiled
from gyges.envs.fairychess.notation.fen import written
from gyges.envs.fairychess.variants.ini_files import Piece, Variant
from gyges.envs.fairychess.variants.rule_sentences import notation, rules
from gyges.envs.fairychess.variants.sentences import board as base
from gyges.envs.fairychess.variants.sentences import called, movement, places, steps_of


def board(c: Compiled, row: object = None) -> str:
    """A position drawn with letters; upper case is the first player's."""
    v = c.variant
    squares = c.table("setup")[c.row[1] : c.row[2]] if row is None else row[c.row[1] : c.row[2]]  # type: ignore[index]
    wide = 3 if any(len(k.symbol) > 1 for k in c.kinds) else 2
    lines = []
    for y in range(v.maxRank - 1, -1, -1):
        cells = []
        for x in range(v.maxFile):
            q = int(squares[y * v.maxFile + x])
            cells.append(("." if q == 0 else "#" if q == at.WALL else written(c, q)).rjust(wide))
        lines.append(f"{y + 1:>3} {''.join(cells)}")
    return "\n".join([*lines, "    " + "".join(chr(97 + x).rjust(wide) for x in range(v.maxFile))])


def diagram(piece: Piece, v: Variant, reach: int = 4) -> str:
    """A piece's move around it: o moves or captures, m moves only, x captures only, others explained.

    A star stands for a hop over a piece, i for a first move. Lines that go on run to the edge.
    """
    size = 2 * reach + 1
    grid = [["."] * size for _ in range(size)]
    for step in steps_of(piece, v):
        sign = (
            "*"
            if step.hop
            else "i"
            if step.initial
            else "o"
            if step.move and step.capture
            else "m"
            if step.move
            else "x"
        )
        for n in range(1, reach + 1 if step.hop else min(step.reach, reach) + 1):
            x, y = reach + n * step.dx, reach + n * step.dy
            if 0 <= x < size and 0 <= y < size:
                old = grid[y][x]
                grid[y][x] = "o" if {old, sign} == {"m", "x"} else sign if old == "." else old
    grid[reach][reach] = piece.letter.upper()
    rows = [row for row in reversed(grid)]
    used = [
        max(abs(x - reach), abs(y - reach)) for y in range(size) for x in range(size) if grid[y][x] != "."
    ]
    keep = max(used, default=0)
    rows = rows[reach - keep : reach + keep + 1]
    return "\n".join("      " + " ".join(row[reach - keep : reach + keep + 1]) for row in rows)


def explain(v: Variant, start: Sequence[str] = ()) -> str:
    """What `gyges fairychess check` prints of a variant.

    Args:
        v: the variant.
        start: what there is to say of its start position besides the board, a sentence each.
    """
    c = compiled(v)
    lines = [v.name, "", board(c), "", "Board and moves", "", *_items(base(v)), "", "Pieces", ""]
    for piece in v.pieces:
        absent = "" if piece.letter in written_letters(v) else " (none at the start)"
        lines += [f"  {piece.letter.upper()}  {called(piece, v)}{absent}"]
        lines += [f"     {text}" for text in movement(piece, v)]
        lines += [diagram(piece, v), ""] if steps_of(piece, v) else [""]
    lines += ["Rules", "", *_items([*places(v), *rules(v), *start]), "", "For programs", ""]
    betza = ", ".join(f"{p.letter.upper()} {p.betza or '-'}" for p in v.pieces)
    facts = [
        f"The variant stands in {v.where}.",
        *notation(v),
        f"The pieces' moves in Betza's notation: {betza}.",
    ]
    return "\n".join([*lines, *_items([*facts, _actions(c)])]) + "\n"


def _items(texts: Sequence[str]) -> list[str]:
    return [f"  - {text}" for text in texts]


def written_letters(v: Variant) -> set[str]:
    """The letters of the pieces that are there at the start, on the board or in hand."""
    return set(re.sub("[^a-z]", "", v.startFen.split()[0].lower()))


def _actions(c: Compiled) -> str:
    """What the numbers are by which agents name moves."""
    squares = c.variant.squares
    promoted = {0: "", 1: " or with a promotion"}.get(
        c.promotions, f" or with one of {c.promotions} promotions"
    )
    parts = [f"from each of {squares} squares to each, plain{promoted}"]
    if c.dropped:
        parts.append(f"drops of {len(c.dropped)} kinds on each")
    if c.gated:
        parts.append(f"moves behind which one of {len(c.gated)} kinds enters")
    if c.walls:
        parts.append("a wall on each")
    if c.passes:
        parts.append("a pass")
    return f"Agents name moves by numbers below {c.num_actions}, whether legal or not: {'; '.join(parts)}."
