"""What a picture of chess shows, as plain data: the position, the legal actions, what is at stake."""

from __future__ import annotations

from typing import Any

import msgspec

from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.stakes import describe
from gyges.envs.fairychess.stakes import encoding as stakes
from gyges.render.fairychess.action_names import BoardAction, Region, square_of


class PositionFacts(msgspec.Struct, frozen=True):
    """What stands where.

    Attributes:
        squares: a letter for each square, along the ranks from a1: as in a FEN, capitals for the first
            player ("K", "+P", "q~"), "^" a neutral piece, "*" a wall, "" empty.
        hands: pieces in hand, letter and count each.
        turn: who acts, 0 or 1; -1 nobody.
        checks: checks still to give by each side; None where the variant does not count them.
        last: squares of the last move, none, one (a drop) or two.
        check: squares of attacked royal pieces.
    """

    squares: tuple[str, ...]
    hands: tuple[tuple[str, int], ...] = ()
    turn: int = -1
    checks: tuple[int, int] | None = None
    last: tuple[int, ...] = ()
    check: tuple[int, ...] = ()


class Holding(msgspec.Struct, frozen=True):
    """What one player holds: a token, where tampering is possible, and an order with or without a seal."""

    token: bool | None = None
    order: bool = False
    sealed: bool = False


class StakesFacts(msgspec.Struct, frozen=True):
    """What one seat knows of what is at stake, and, where the truth is shown, what both players hold.

    Attributes:
        people: neutral pieces are people; otherwise they are crates.
        regions: squares under a treaty, and the piece that an order spares.
        lines: what the seat knows, a sentence each, and whether it is news.
        order: the order that it holds, empty for none.
        sealed: that order bears the authority's seal.
        holdings: by player; empty where the truth is not shown.
    """

    people: bool
    regions: tuple[Region, ...] = ()
    lines: tuple[tuple[str, bool], ...] = ()
    order: str = ""
    sealed: bool = False
    holdings: tuple[Holding, ...] = ()


class ChessScene(msgspec.Struct, frozen=True):
    """A moment of a chess game.

    Attributes:
        heading: whose move it is and what is remarkable, or how the game ended.
        ended: it has.
        position: what stands where.
        mover: who acts: whose move it is, or who must answer.
        acts: legal actions of the mover, where the picture may know them.
        stakes: what is at stake; None where nothing is.
    """

    heading: str
    ended: bool
    position: PositionFacts
    mover: int
    acts: tuple[BoardAction, ...]
    stakes: StakesFacts | None = None


def letters(c: Compiled) -> dict[int, str]:
    """The letter of each code that a square can hold."""
    table = {0: "", at.WALL: "*", at.CIVILIAN: "^"}
    for index, kind in enumerate(c.kinds[1:], 1):
        table[4 * index + 1], table[4 * index + 2] = kind.symbol, kind.symbol.lower()
    return table


def codes(c: Compiled) -> dict[str, int]:
    """The code of each letter."""
    return {letter: code for code, letter in letters(c).items()}


def position_of(
    c: Compiled,
    row: Any,
    turn: int,
    checks: tuple[int, int],
    last: tuple[int, ...],
    check: tuple[int, ...],
) -> PositionFacts:
    """A position of the engine as facts.

    Args:
        c: the variant.
        row: the engine's row.
        turn, checks, last, check: as in `PositionFacts`; checks are kept where the variant counts them.
    """
    table, pocket = letters(c), row[c.row[2] : c.row[3]]
    hands = tuple(
        (table[4 * kind + side + 1], int(pocket[2 * kind + side]))
        for side in (0, 1)
        for kind in c.droppable
        if pocket[2 * kind + side]
    )
    squares = tuple(table[q] for q in row[c.row[1] : c.row[2]].tolist())
    return PositionFacts(squares, hands, turn, checks if c.variant.checkCounting else None, last, check)


def begun(game: Any, codes: Any, row: Any) -> Any:
    """The engine's row as it is shown: with the move made whose wall is still to come."""
    if not game.pending(codes):
        return row
    board = Board(game.variant)
    board.row = row.copy()
    board.play(next(iter(game.moves(codes).values())) & at.PLAIN)
    return board.row


def facts_of(board: Board, last: tuple[int, ...] = ()) -> PositionFacts:
    """The position of a `Board`."""
    info = board.row[: at.INFO]
    checks = (int(info[at.CHECKS]), int(info[at.CHECKS + 1]))
    check = attacked_royals(board) if board.in_check else ()
    return position_of(board.compiled, board.row, int(info[at.TURN]), checks, last, check)


def attacked_royals(board: Board) -> tuple[int, ...]:
    """Squares of the royal pieces of the player to move (all of them where several count)."""
    c, row = board.compiled, board.row
    turn, role = int(row[at.TURN]), c.table("role")
    squares = row[c.row[1] : c.row[2]]
    return tuple(
        s
        for s, q in enumerate(int(q) for q in squares)
        if q & 3 == turn + 1 and q < at.CIVILIAN and role[q >> 2] & 3
    )


def actor_of(game: Any, codes: Any, turn: int) -> int:
    """Who acts in a game with stakes: whose turn it is, or who must answer an offer."""
    see = game.view(codes)
    return int(1 - see.offered_by) if see.stage == stakes.OFFERED else turn


def stakes_of(game: Any, codes: Any, seat: int, holdings: tuple[Holding, ...]) -> StakesFacts:
    """What a seat's observation says of the stakes."""
    see = game.view(codes)
    people = bool(see.people)
    lines = [(line, see.stage != stakes.NONE) for line in describe.treaty(game, see, seat)]
    lines += [(line, "token" not in line) for line in describe.tampering(game, see, seat)]
    if see.civilians:
        who = "Civilians live here. They can be captured, and die."
        lines.insert(0, (who if people else "Crates stand here. They can be captured.", False))
    order = "".join(describe.order(game, see)[:1])
    order = order.removeprefix("You hold an order: ").partition(". It bears")[0]
    order = order.replace("pieces written ^", "civilians" if people else "crates")
    return StakesFacts(
        people=people,
        regions=tuple(r for r in _regions(game, see) if r.squares),
        lines=tuple(lines),
        order=order[:1].upper() + order[1:],
        sealed=bool(see.sealed),
        holdings=holdings,
    )


def _regions(game: Any, see: Any) -> list[Region]:
    """Squares under a treaty, and the piece that an order spares."""
    out = []
    if see.stage != stakes.NONE:
        squares: tuple[int, ...] = ()
        if see.region >= 0:
            inside = stakes.region_cells(game.variant.maxFile, game.variant.maxRank)[see.region]
            squares = tuple(inside.nonzero()[0].tolist())
        elif see.piece >= 0:
            squares = (square_of(game, see.piece),)
        broken = see.broken_by > 0
        word = "offered" if see.stage == stakes.OFFERED else "broken" if broken else "treaty"
        out.append(Region(squares, f"{word} · {see.left}", broken))
    if see.order == stakes.O_SPARE and see.target >= 0:
        out.append(Region((square_of(game, see.target),), "spare"))
    return out
