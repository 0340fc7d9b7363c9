"""What is at stake in a chess game: treaties on the board, orders, tokens, words beside it."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import pygame

from gyges.envs.fairychess.stakes import describe
from gyges.envs.fairychess.stakes import encoding as at
from gyges.render.fairychess.position import Region
from gyges.render.kit import draw
from gyges.render.kit.theme import SIGNS, Theme, mix
from gyges.render.steward import sprites


class Stakes:
    """What one seat sees of the stakes: its observation's part from `layout.FEATURES`.

    Attributes:
        see: the integers, by the O_ constants.
        actor: who acts now, 0 or 1.
    """

    def __init__(self, game: Any, codes: npt.NDArray[Any], turn: int, seat: int) -> None:
        self.game, self.seat = game, seat
        self.see = [int(v) for v in codes[game.slices["stakes"]]]
        self.actor = 1 - self.see[at.O_BY] if self.see[at.O_STAGE] == at.OFFERED else turn

    @property
    def people(self) -> bool:
        """Whether neutral pieces are people; otherwise they are crates."""
        return bool(self.see[at.O_PEOPLE])

    def _square(self, cell: int) -> int:
        files, wide = self.game.family.files, self.game.variant.maxFile
        return int(cell // files * wide + cell % files)

    def regions(self) -> tuple[Region, ...]:
        """Squares under a treaty, and the piece that an order spares."""
        see, out = self.see, []
        v = self.game.variant
        if see[at.O_STAGE] != at.NONE:
            if see[at.O_REGION] >= 0:
                inside = at.region_cells(v.maxFile, v.maxRank)[see[at.O_REGION]]
                squares = tuple(int(s) for s in inside.nonzero()[0])
            else:
                squares = (self._square(see[at.O_PIECE]),) if see[at.O_PIECE] >= 0 else ()
            broken = see[at.O_BROKEN] > 0
            offered = see[at.O_STAGE] == at.OFFERED
            word = "offered" if offered else "broken" if broken else "treaty"
            out.append(Region(squares, f"{word} · {see[at.O_LEFT]}", broken))
        if see[at.O_ORDER] == at.O_SPARE and see[at.O_TARGET] >= 0:
            out.append(Region((self._square(see[at.O_TARGET]),), "spare"))
        return tuple(r for r in out if r.squares)

    def deed(self, action: int) -> tuple[int | None, Region | None]:
        """The square of a piece that an action removes, and the region of a treaty that it offers."""
        verb, cells = action - self.game.base_actions - at.REMOVE, self.game.family.cells
        if 0 <= verb < cells:
            return self._square(verb), None
        if verb < 0:
            return None, None
        subject, term = divmod(verb - cells, 2)
        v = self.game.variant
        if subject < len(at.REGIONS):
            inside = at.region_cells(v.maxFile, v.maxRank)[subject]
            squares = tuple(int(s) for s in inside.nonzero()[0])
        else:
            squares = (self._square(subject - len(at.REGIONS)),)
        return None, Region(squares, f"offer · {at.TERMS[term]}")

    def lines(self) -> list[tuple[str, bool]]:
        """What the seat knows of the stakes, a sentence each, and whether it is news."""
        see, game = self.see, self.game
        out: list[tuple[str, bool]] = []
        if see[at.O_CIVILIANS]:
            people = "Civilians live here. They can be captured, and die."
            out.append((people if self.people else "Crates stand here. They can be captured.", False))
        out += [(line, see[at.O_STAGE] != at.NONE) for line in describe.treaty(game, see, self.seat)]
        for line in describe.tampering(game, see, self.seat):
            out.append((line, "token" not in line))
        return out

    def paint_words(self, surface: pygame.Surface, rect: pygame.Rect, theme: Theme) -> int:
        """Paint order, treaty, token and what has just happened; returns the y below."""
        y = rect.y + 2
        draw.write(surface, (rect.x + 4, y), "At stake", 13, theme.ink, bold=True)
        y += 24
        order = describe.order(self.game, self.see)
        if order:
            text = order[0].removeprefix("You hold an order: ").partition(". It bears")[0]
            text = text.replace("pieces written ^", "civilians" if self.people else "crates")
            y = self._letter(surface, rect, theme, text, y)
        for line, news in self.lines():
            for part in draw.wrap(line, 12, rect.width - 10):
                draw.write(surface, (rect.x + 4, y), part, 12, theme.ink if news else theme.soft, bold=False)
                y += 16
            y += 5
        return y + 6

    def _letter(self, surface: pygame.Surface, rect: pygame.Rect, theme: Theme, text: str, y: int) -> int:
        lines = draw.wrap(text[0].upper() + text[1:], 12, rect.width - 52)
        high = max(44, 20 + 16 * len(lines) + 6)
        box = pygame.Rect(rect.x, y, rect.width - 2, high)
        sealed = bool(self.see[at.O_SEAL])
        edge = (190, 40, 40) if sealed else theme.faint
        fill = mix(theme.card, (252, 246, 226), 0.0 if theme.night else 0.6)
        draw.box(surface, box, fill, radius=8, edge=2, edge_colour=edge)
        draw.stamp(surface, sprites.letter(sealed, theme.night), (box.x + 10, box.y + 10))
        head = "Order, sealed" if sealed else "Order, no seal"
        draw.write(surface, (box.x + 38, box.y + 5), head, 12, theme.ink, bold=True)
        for j, part in enumerate(lines):
            draw.write(surface, (box.x + 38, box.y + 22 + 16 * j), part, 12, theme.ink)
        return y + high + 8


def paint_deed(
    surface: pygame.Surface, plate: pygame.Rect, theme: Theme, name: str, label: int | None, above: bool
) -> None:
    """What a player is about to do that is no move, as a bubble at its strip."""
    colour = theme.soft if label is None else theme.label(label)
    sign = "" if label is None else SIGNS[label] + "  "
    size = 14
    room = plate.width - 60
    wide = min(room, draw.width_of(sign + name, size, True) + 26)
    y = plate.bottom + 6 if above else plate.y - 36
    box = pygame.Rect(plate.centerx - wide // 2, y, wide, 30)
    tip = plate.bottom - 2 if above else plate.y + 2
    side = box.y if above else box.bottom
    corner = [(box.centerx - 8, side), (box.centerx + 8, side), (box.centerx, tip)]
    pygame.draw.polygon(surface, colour, corner)
    fill = mix(theme.card, colour, 0.18) if label else theme.card
    draw.box(surface, box, fill, radius=14, edge=2, edge_colour=colour)
    draw.write(surface, box.center, sign + name, size, theme.ink, bold=True, anchor="center", width=wide - 16)


def paint_holdings(
    surface: pygame.Surface,
    plate: pygame.Rect,
    theme: Theme,
    batch: Any,
    row: int,
    side: int,
    tampering: bool,
) -> None:
    """On a player's strip, where the truth is shown: the token and the order that it holds."""
    state = batch.state
    x = plate.centerx + 10
    if tampering:
        spent = not int(state.token[row, side])
        colour = theme.faint if spent else theme.unaligned
        word = "token spent" if spent else "token"
        wide = draw.width_of(word, 11, True) + 16
        draw.box(surface, (x, plate.centery - 10, wide, 20), theme.card, radius=9, edge=1, edge_colour=colour)
        draw.write(surface, (x + wide / 2, plate.centery), word, 11, colour, bold=True, anchor="center")
        x += wide + 10
    if int(state.order[row, side]):
        letter = sprites.letter(bool(state.seal[row, side]), theme.night)
        draw.stamp(surface, letter, (x, plate.centery - 11))
