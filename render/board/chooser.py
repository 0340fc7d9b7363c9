"""Keys and mouse over a list of options."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pygame

from gyges.render.board.options import Spot, families


class Chooser:
    """Keys and mouse over a list of options; knows no window.

    Left and right or up and down move the mark, digits name the number in an option, enter or a click
    takes it.

    Attributes:
        mark: the action pointed at.
        taken: the action chosen, None until then.
    """

    def __init__(self, names: tuple[str, ...], legal: Iterable[int]) -> None:
        self.legal = [int(a) for a in legal]
        self.groups = families(tuple(names[a] for a in self.legal), tuple(self.legal))
        self.order = [action for group in self.groups for _, action in group.members]
        self.mark: int | None = self.order[0]
        self.taken: int | None = None
        self.left = False
        self._typed = ""

    @property
    def pointing(self) -> Any:
        """What `View.pointing` is; None where there is no board to point at."""
        return None

    def handle(self, event: Any, spots: Iterable[Spot] = ()) -> None:
        """Answer to one pygame event."""
        if event.type == pygame.QUIT:
            self.left = True
        elif event.type in (pygame.MOUSEMOTION, pygame.MOUSEBUTTONDOWN):
            for spot in spots:
                if spot.rect.collidepoint(event.pos) and spot.action in self.legal:
                    self.mark = spot.action
                    if event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
                        self.taken = spot.action
        elif event.type == pygame.KEYDOWN:
            self._key(event.key)

    def _key(self, key: int) -> None:
        step = {pygame.K_RIGHT: 1, pygame.K_LEFT: -1, pygame.K_TAB: 1}.get(key, 0)
        leap = {pygame.K_DOWN: 1, pygame.K_UP: -1}.get(key, 0)
        if self.mark is None:
            return
        if step:
            self.mark = self.order[(self.order.index(self.mark) + step) % len(self.order)]
        elif leap:
            j = next(j for j, g in enumerate(self.groups) if any(a == self.mark for _, a in g.members))
            self.mark = self.groups[(j + leap) % len(self.groups)].members[0][1]
        elif key in (pygame.K_RETURN, pygame.K_KP_ENTER, pygame.K_SPACE):
            self.taken = self.mark
        elif key == pygame.K_ESCAPE:
            self.left = True
        elif pygame.K_0 <= key <= pygame.K_9:
            self._digit(chr(key))
            return
        self._typed = ""

    def _digit(self, digit: str) -> None:
        """Mark the option with the typed number, in the marked family first."""
        here = [g for g in self.groups if any(a == self.mark for _, a in g.members)]
        numbers = {word: a for g in reversed([*here, *self.groups]) for word, a in g.members if word}
        for typed in (self._typed + digit, digit):
            if typed in numbers:
                self._typed, self.mark = typed, numbers[typed]
                return
        self._typed = digit
