"""Actions of a chess game as people see them: from where to where, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from gyges.envs.fairychess.encoding import cell_name, slots_of
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.notation.fen import square_name
from gyges.envs.fairychess.stakes import encoding as stakes

PAWNS = frozenset({"pawn", "shogiPawn", "soldier", "breakthrough"})


class Region(msgspec.Struct, frozen=True):
    """Squares under a treaty (or of a piece that an order spares), and what stands beside them."""

    squares: tuple[int, ...]
    words: str
    broken: bool = False


class BoardAction(msgspec.Struct, frozen=True):
    """One action. Squares count along the ranks from a1; kinds are those of the variant, by index.

    Attributes:
        action: its number.
        name: what it is called: Nb1–c3, e4×d5, e7–e8=Q, P@e5, O-O, Nb1–c3/H@b1, wall d4, or its name where it
            is no move.
        origin: the square it leaves; None for a drop, for a wall and for what is no move.
        to: the square it goes to, or on which a wall is put; -1 for what is no move.
        kind: the kind in hand that is dropped, 0 for none.
        becomes: the kind that the piece promotes to, or as which it is dropped, 0 for none.
        enters: the kind in hand that enters behind the move, 0 for none.
        beside: in castling it enters on the rook's square.
        castles: the king goes towards the rook on `to`.
        captures: something is taken.
        removes: the square of a piece that tampering makes vanish, None for none.
        offers: what a treaty that it offers is about, None for none.
        piece: the square of the piece, where the treaty is about one.
        plies: how long that treaty would last.
        short: its name among its like: a square or a region.
    """

    action: int
    name: str = ""
    origin: int | None = None
    to: int = -1
    kind: int = 0
    becomes: int = 0
    enters: int = 0
    beside: bool = False
    castles: bool = False
    captures: bool = False
    removes: int | None = None
    offers: Region | None = None
    piece: int | None = None
    plies: int = 0
    short: str = ""

    @property
    def moves(self) -> bool:
        """Whether it is a move or a drop."""
        return self.to >= 0


def puts_wall(act: BoardAction) -> bool:
    """Whether it puts the wall of a move made before."""
    return act.moves and act.origin is None and not act.kind


def acts_of(game: Any, row: Any, actions: Iterable[int]) -> dict[int, BoardAction]:
    """Legal actions of a position, by number.

    Args:
        game: a fairy chess game.
        row: the engine's row of the position.
        actions: those to read.
    """
    return {int(a): act_of(game, row, int(a)) for a in actions}


def act_of(game: Any, row: Any, action: int) -> BoardAction:
    """One legal action of a position."""
    passing = game.family.passes and action == game.family.num_actions - 1
    if passing or not 0 < action < game.base_actions:
        return _no_move(game, action)
    act = _move(game, row, action)
    return msgspec.structs.replace(act, name=_spoken(game.compiled, row, act))


def square_of(game: Any, cell: int) -> int:
    """The square of a cell of the observation."""
    return int(cell // game.family.files * game.variant.maxFile + cell % game.family.files)


def _no_move(game: Any, action: int) -> BoardAction:
    """An action that is no move: it tampers with a piece, offers a treaty, or is a word alone."""
    name, cells = str(game.action_names[action]), game.family.cells
    cell = action - game.base_actions - stakes.REMOVE
    if action < game.base_actions or cell < 0:
        return BoardAction(action, name)
    if cell < cells:
        return BoardAction(action, name, removes=square_of(game, cell), short=cell_name(cell, game.family))
    subject, term = divmod(cell - cells, 2)
    plies = stakes.TERMS[term]
    if subject < len(stakes.REGIONS):
        inside = stakes.region_cells(game.variant.maxFile, game.variant.maxRank)[subject]
        offer = Region(tuple(inside.nonzero()[0].tolist()), f"offer · {plies}")
        short = stakes.REGIONS[subject].removeprefix("the ")
        return BoardAction(action, name, offers=offer, plies=plies, short=short)
    cell = subject - len(stakes.REGIONS)
    piece = square_of(game, cell)
    offer, short = Region((piece,), f"offer · {plies}"), cell_name(cell, game.family)
    return BoardAction(action, name, offers=offer, piece=piece, plies=plies, short=short)


def _move(game: Any, row: Any, action: int) -> BoardAction:
    c: Compiled = game.compiled
    family, cells = game.family, game.family.cells
    if action >= family.wall_actions:
        return BoardAction(action, to=square_of(game, action - family.wall_actions))
    if action >= family.gate_actions:
        slot, place = divmod(action - family.gate_actions, cells * cells)
        act = msgspec.structs.replace(_step(game, row, action, place), enters=c.droppable[slot])
        if act.castles and act.to == int(row[at.CASTLER + int(row[at.TURN])]):  # named from the rook's square
            return msgspec.structs.replace(act, origin=act.to, to=act.origin, beside=True)
        return act
    if action >= family.drop_actions:
        slot, cell = divmod(action - family.drop_actions, cells)
        kind = next(kind for kind, j in slots_of(c, family).items() if j == slot)
        held = int(c.table("hand")[kind])
        return BoardAction(action, to=square_of(game, cell), kind=held, becomes=kind if kind != held else 0)
    return _step(game, row, action, action)


def _step(game: Any, row: Any, action: int, place: int) -> BoardAction:
    """A move of a piece on the board, the one numbered `place` in a block of such moves."""
    c: Compiled = game.compiled
    cells = game.family.cells
    sheet, to = cells * cells, square_of(game, place % cells)
    choice, origin = place // sheet, square_of(game, place % sheet // cells)
    board, info = row[c.row[1] : c.row[2]], row[: at.INFO]
    piece, there = int(board[origin]), int(board[to])
    kind, side = piece >> 2, (piece & 3) - 1
    castles = there & 3 == side + 1 and there < at.CIVILIAN
    passing = there == 0 and to in (info[at.EP0], info[at.EP1]) and _passes(c, kind, side, origin, to)
    becomes = c.choices[kind, side][choice - 1] if choice else 0
    captures = bool(there and not castles) or passing
    return BoardAction(action, "", origin, to, becomes=becomes, castles=castles, captures=captures)


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


def _spoken(c: Compiled, row: Any, act: BoardAction) -> str:
    there = square_name(c, act.to)
    if act.origin is None:
        kind = act.becomes or act.kind
        return f"{c.kinds[kind].symbol}@{there}" if kind else f"wall {there}"
    if act.enters:
        entered = f"{c.kinds[act.enters].symbol}@{there if act.beside else square_name(c, act.origin)}"
        return f"{_went(c, row, act)}/{entered}"
    return _went(c, row, act)


def _went(c: Compiled, row: Any, act: BoardAction) -> str:
    """The name of a move of a piece on the board, without what enters behind it."""
    assert act.origin is not None
    if act.castles:
        return "O-O" if act.to > act.origin else "O-O-O"
    there = square_name(c, act.to)
    kind = c.kinds[int(row[c.row[1] + act.origin]) >> 2]
    letter = "" if kind.piece.name in PAWNS and kind.symbol == "P" else kind.symbol
    name = f"{letter}{square_name(c, act.origin)}{'×' if act.captures else '–'}{there}"
    if act.becomes:
        symbol = c.kinds[act.becomes].symbol
        name += "+" if symbol[0] == "+" else f"={symbol[0]}"
    return name
