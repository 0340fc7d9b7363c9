"""A variant in words and pictures of letters."""

from __future__ import annotations

from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled, compiled
from gyges.envs.fairychess.notation.fen import written
from gyges.envs.fairychess.variants.ini_files import Piece, Variant
from gyges.envs.fairychess.variants.rule_sentences import rules
from gyges.envs.fairychess.variants.sentences import pieces


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


def diagram(piece: Piece, reach: int = 4) -> str:
    """A piece's move around it: o moves or captures, m moves only, x captures only, others explained.

    A star stands for a hop over a piece, i for a first move. Lines that go on run to the edge.
    """
    size = 2 * reach + 1
    grid = [["."] * size for _ in range(size)]
    for step in piece.steps:
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


def explain(v: Variant) -> str:
    """What `gyges fairychess check` prints of a variant."""
    c = compiled(v)
    lines = [f"{v.name} ({v.where})", "", board(c), ""]
    for piece in v.pieces:
        lines += [f"  {piece.letter.upper()}  {piece.name}  {piece.betza or '(does not move)'}"]
        if piece.steps:
            lines += [diagram(piece), ""]
    lines += [f"  - {text}" for text in [*pieces(v), *rules(v)]]
    lines.append(
        f"  {c.num_actions} actions: {v.squares} squares, {c.promotions} promotion choices, "
        f"{len(c.droppable)} kinds dropped"
    )
    return "\n".join(lines) + "\n"
