"""The picture of a game that has none of its own: every seat as a card."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
import pygame

from gyges.envs.registry import load_name
from gyges.render.board.facts import Facts, Gesture, View
from gyges.render.board.renderer import Renderer, paint_card
from gyges.render.kit import draw
from gyges.render.kit.theme import Theme


class Cards(msgspec.Struct, frozen=True):
    """What each seat knows in words; empty where that is not shown."""

    words: tuple[str, ...]


class PlainRenderer(Renderer):
    """Every seat as a card: what it knows in words, whether it is watched, what it is about to do."""

    Scene: ClassVar[type] = Cards

    def scene_facts(self, batch: Any, row: int, view: View) -> Cards:
        """What the seats know."""
        shown = range(self.game.num_agents) if view.truth else (view.seat,)
        words = {seat: str(self.game.describe(batch.codes[row, seat], seat)) for seat in shown}
        return Cards(tuple(words.get(seat, "") for seat in range(self.game.num_agents)))

    def paint_scene(self, surface: pygame.Surface, theme: Theme, facts: Facts, gesture: Gesture) -> None:
        """Paint title and cards."""
        surface.fill(theme.sky, self.scene)
        x, y = self.scene.topleft
        draw.write(surface, (x + 28, y + 22), self.game.title, 26, theme.ink, bold=True)
        draw.write(surface, (x + 28, y + 58), facts.moment, 16, theme.soft)
        n = len(facts.seats)
        columns = 1 if n <= 2 else 2 if n <= 8 else 4
        rows = -(-n // columns)
        wide = (self.scene.width - 28 * 2 - 14 * (columns - 1)) // columns
        high = min(230, (self.scene.height - 110 - 14 * (rows - 1)) // rows)
        for seat in range(n):
            left = x + 28 + (seat % columns) * (wide + 14)
            top = y + 92 + (seat // columns) * (high + 14)
            self._card(surface, theme, facts, seat, pygame.Rect(left, top, wide, high))

    def _card(self, surface: pygame.Surface, theme: Theme, facts: Facts, seat: int, at: pygame.Rect) -> None:
        stands = facts.seats[seat]
        paint_card(surface, theme, facts, seat, at, width=at.width - 110, eye_left=46)
        lines = max(1, (at.height - 84) // 18)
        words = facts.scene.words[seat]
        draw.paragraph(surface, (at.x + 18, at.y + 50), words, 13, theme.soft, at.width - 36, lines)
        if stands.act is not None:
            act = f"→ {stands.act_name}"
            draw.write(
                surface, (at.x + 18, at.bottom - 30), act, 15, theme.ink, bold=True, width=at.width - 36
            )


def renderer_for(game: Any, size: tuple[int, int] = (1280, 800)) -> Renderer:
    """The game's own renderer, or `PlainRenderer` where it names none."""
    kind = load_name(game.renderer) if game.renderer else PlainRenderer
    return kind(game, size=size)  # type: ignore[no-any-return]
