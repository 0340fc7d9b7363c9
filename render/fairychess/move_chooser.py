"""A person at a chess board: click and click, drag, drop from the pocket, choose what a pawn becomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

import pygame

from gyges.envs.fairychess.board import castled_to
from gyges.render.board.chooser import Chooser
from gyges.render.board.options import Spot
from gyges.render.fairychess.action_names import BoardAction
from gyges.render.fairychess.empty_board import Grid
from gyges.render.fairychess.position import PocketSpot


class Pointing(NamedTuple):
    """What a person points at or holds.

    Attributes:
        square: a square, None for none.
        kind: a kind in hand, 0 for none.
        held: where the mouse holds the piece of `square` (or of `kind`), None while it lies.
        popup: actions to choose among: promotions of one move.
        slide: (from, to, share): the piece on `to` is still on its way, share 0 to 1.
        picked: it was picked, not only passed over.
    """

    square: int | None = None
    kind: int = 0
    held: tuple[int, int] | None = None
    popup: tuple[int, ...] = ()
    slide: tuple[int, int, float] | None = None
    picked: bool = False


class PaintedBoard(Protocol):
    """Where things lay on the last frame, and the game shown."""

    game: Any
    grid: Grid
    hands: list[PocketSpot]
    popups: list[Spot]


class MoveChooser(Chooser):
    """Keys and mouse over a board and a panel of options; knows no window.

    A piece is picked by a click and goes where the next click says, or is dragged there; a click on an
    option in the panel takes it; Esc or the right button lets go; Esc with nothing in hand leaves. Left
    and right move a mark through the options, enter takes it.

    Args:
        board: the renderer, whose last frame says where things lie.
        acts: the legal actions.
        squares: piece codes [S].
        mover: whose turn it is.
    """

    def __init__(
        self, board: PaintedBoard, acts: Mapping[int, BoardAction], squares: Any, mover: int
    ) -> None:
        self.board, self.acts, self.squares, self.mover = board, acts, squares, mover
        self.legal = self.order = list(acts)
        self.mark: int | None = None
        self.taken: int | None = None
        self.left = False
        self._square: int | None = None
        self._kind = 0
        self._held: tuple[int, int] | None = None
        self._over: int | None = None
        self._popup: tuple[int, ...] = ()

    @property
    def pointing(self) -> Pointing:
        """What the picture shows of it."""
        picked = self._square is not None or self._kind > 0
        square = self._square if picked else self._over
        return Pointing(square, self._kind, self._held, self._popup, picked=picked)

    def handle(self, event: Any, spots: Iterable[Spot] = ()) -> None:
        """Answer to one pygame event."""
        if event.type == pygame.QUIT:
            self.left = True
        elif event.type == pygame.KEYDOWN:
            self._press(event.key)
        elif event.type == pygame.MOUSEMOTION:
            self._hover(event.pos, spots)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._down(event.pos, spots)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 3:
            self._let_go()
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            self._up(event.pos)

    def _let_go(self) -> None:
        self._square, self._kind, self._held, self._popup = None, 0, None, ()

    def _press(self, key: int) -> None:
        if key == pygame.K_ESCAPE:
            if self._square is None and not self._kind and not self._popup:
                self.left = True
            self._let_go()
        elif key in (pygame.K_RIGHT, pygame.K_DOWN, pygame.K_LEFT, pygame.K_UP):
            step = 1 if key in (pygame.K_RIGHT, pygame.K_DOWN) else -1
            place = -1 if self.mark is None else self.order.index(self.mark)
            place = max(place, 0) if self.mark is None and step < 0 else place
            self.mark = self.order[(place + step) % len(self.order)]
        elif key in (pygame.K_RETURN, pygame.K_KP_ENTER) and self.mark is not None:
            self.taken = self.mark

    def _hover(self, pos: tuple[int, int], spots: Iterable[Spot]) -> None:
        if self._held is not None:
            self._held = pos
            return
        self.mark = next((s.action for s in spots if s.rect.collidepoint(pos)), None)
        square = self.board.grid.square(pos)
        stands = square is not None and int(self.squares[square]) & 3 in (1, 2)
        self._over = square if stands else None

    def _down(self, pos: tuple[int, int], spots: Iterable[Spot]) -> None:
        if self._popup:
            self.taken = next((s.action for s in self.board.popups if s.rect.collidepoint(pos)), None)
            self._let_go()
            return
        for spot in spots:
            if spot.rect.collidepoint(pos) and spot.action in self.acts:
                self.taken = spot.action
                return
        for held in self.board.hands:
            if held.rect.collidepoint(pos) and held.side == self.mover:
                self._let_go()
                if any(a.kind == held.kind for a in self.acts.values()):
                    self._kind, self._held = held.kind, pos
                return
        square = self.board.grid.square(pos)
        if square is None:
            self._let_go()
        elif not self._goes(square):
            again = square == self._square
            self._let_go()
            if int(self.squares[square]) & 3 in (1, 2) and not again:
                self._square = square
                self._held = pos if any(a.origin == square for a in self.acts.values()) else None

    def _up(self, pos: tuple[int, int]) -> None:
        if self._held is None:
            return
        self._held = None
        square = self.board.grid.square(pos)
        if square is not None and square != self._square and not self._goes(square):
            self._let_go()

    def _goes(self, square: int) -> bool:
        """Send what is picked to a square, if it may go there."""
        own = [
            a
            for a in self.acts.values()
            if a.moves and (a.kind == self._kind if a.origin is None else a.origin == self._square)
        ]
        found = [a.action for a in own if a.to == square]
        if not found:  # castling is also told by where the king goes
            c = self.board.game.compiled
            found = [a.action for a in own if a.castles and castled_to(c, a.origin or 0, a.to) == square]
        if len(found) == 1:
            self.taken = found[0]
        elif found:
            self._popup, self._held = tuple(found), None
        return bool(found)
