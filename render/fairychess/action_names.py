"""Actions of a chess game as people see them: from where to where, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.notation.fen import square_name

PAWNS = frozenset({"pawn", "shogiPawn", "soldier", "breakthrough"})


class Act(NamedTuple):
    """One action.

    Attributes:
        action: its number.
        origin: the square it leaves; None for a drop and for what is no move.
        to: the square it goes to; -1 for what is no move.
        kind: the kind that is dropped, 0 for none.
        becomes: the kind that the piece promotes to, 0 for none.
        castles: the king goes towards the rook on `to`.
        captures: something is taken.
    """

    action: int
    origin: int | None
    to: int
    kind: int = 0
    becomes: int = 0
    castles: bool = False
    captures: bool = False

    @property
    def moves(self) -> bool:
        """Whether it is a move or a drop."""
        return self.to >= 0


def acts_of(game: Any, row: Any, actions: Iterable[int]) -> dict[int, Act]:
    """Legal actions of a position, by number.

    Args:
        game: a fairy chess game.
        row: the engine's row of the position.
        actions: those to read.
    """
    return {int(a): act_of(game, row, int(a)) for a in actions}


def act_of(game: Any, row: Any, action: int) -> Act:
    """One legal action of a position."""
    c: Compiled = game.compiled
    cells, files = game.family.cells, game.family.files
    sheet, wide = cells * cells, c.variant.maxFile

    def square(cell: int) -> int:
        return int(cell // files * wide + cell % files)

    if not 0 < action < game.base_actions:
        return Act(action, None, -1)
    to = square(action % cells)
    if action >= sheet * (1 + game.family.choices):
        slot = (action - sheet * (1 + game.family.choices)) // cells
        return Act(action, None, to, kind=c.droppable[slot])
    choice, origin = action // sheet, square(action % sheet // cells)
    board, info = row[c.row[1] : c.row[2]], row[: at.INFO]
    piece, there = int(board[origin]), int(board[to])
    kind, side = piece >> 2, (piece & 3) - 1
    castles = there & 3 == side + 1 and there < at.CIVILIAN
    passing = there == 0 and to in (info[at.EP0], info[at.EP1]) and _passes(c, kind, side, origin, to)
    becomes = c.choices[kind, side][choice - 1] if choice else 0
    return Act(action, origin, to, 0, becomes, castles, bool(there and not castles) or passing)


def _passes(c: Compiled, kind: int, side: int, origin: int, to: int) -> bool:
    """Does a piece go to an en passant square by capturing alone?"""
    wide, sign = c.variant.maxFile, -1 if side else 1
    dx, dy = sign * (to % wide - origin % wide), sign * (to // wide - origin // wide)
    found = [
        step
        for step in c.kinds[kind].piece.steps
        if any((n * step.dx, n * step.dy) == (dx, dy) for n in range(1, min(step.reach, 12) + 1))
    ]
    captures = any(step.capture for step in found) and not any(step.move for step in found)
    return captures and bool(c.table("role")[kind] >> 2 & 1)


def spoken(game: Any, row: Any, action: int) -> str:
    """What an action is called: Nb1–c3, e4×d5, e7–e8=Q, P@e5, O-O, or its name where it is no move."""
    c: Compiled = game.compiled
    act = act_of(game, row, action)
    if not act.moves:
        return str(game.action_names[action])
    there = square_name(c, act.to)
    if act.origin is None:
        return f"{c.kinds[act.kind].symbol}@{there}"
    if act.castles:
        return "O-O" if act.to > act.origin else "O-O-O"
    kind = c.kinds[int(row[c.row[1] + act.origin]) >> 2]
    letter = "" if kind.piece.name in PAWNS and kind.symbol == "P" else kind.symbol
    name = f"{letter}{square_name(c, act.origin)}{'×' if act.captures else '–'}{there}"
    if act.becomes:
        symbol = c.kinds[act.becomes].symbol
        name += "+" if symbol[0] == "+" else f"={symbol[0]}"
    return name
