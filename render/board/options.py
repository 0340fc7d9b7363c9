"""The options of one choice: grouped, laid out, each with its label's colour and sign."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import pygame

from gyges.envs.choice_point import Norm
from gyges.render.board.facts import Facts, Gesture, Option
from gyges.render.kit import draw
from gyges.render.kit.theme import SIGNS, Theme


class Spot(NamedTuple):
    """Where an option lies on the frame."""

    rect: pygame.Rect
    action: int


class Family(NamedTuple):
    """Options that differ in one word: the words they share, and (word, action) each."""

    title: str
    members: tuple[tuple[str, int], ...]


@lru_cache(maxsize=512)
def families(names: tuple[str, ...], actions: tuple[int, ...]) -> tuple[Family, ...]:
    """Group actions whose names differ in a single short word, in order of first appearance.

    Args:
        names: what each of the actions is called.
        actions: their numbers.

    Returns:
        families of at least three; an action of no such family stands alone, its title the name.
    """
    name_of = dict(zip(actions, names, strict=True))
    found: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for action, name in name_of.items():
        for key, word in _templates(name):
            found.setdefault(key, []).append((word, action))
    out: list[Family] = []
    done: set[int] = set()
    for action in actions:
        if action in done:
            continue
        keys = [key for key, _ in _templates(name_of[action])]
        best = max(keys, key=lambda k: sum(a not in done for _, a in found[k]), default=None)
        members = [m for m in found[best] if m[1] not in done] if best else []
        if best is None or len(members) < 3:
            members = [("", action)]
            out.append(Family(name_of[action], tuple(members)))
        else:
            word, last = members[-1]  # the last is the likeliest to be a plural
            out.append(Family(_title(name_of[last], word), tuple(members)))
        done.update(a for _, a in members)
    return tuple(out)


def _title(name: str, word: str) -> str:
    words = name.split()
    words[words.index(word)] = "…"
    return " ".join(words)


def _templates(name: str) -> list[tuple[tuple[str, ...], str]]:
    words = name.split()
    return [
        ((*_singular(words[:j]), "…", *_singular(words[j + 1 :])), word)
        for j, word in enumerate(words)
        if len(word) <= 3 and word.isdigit()
    ]


def _singular(words: list[str]) -> list[str]:
    return [w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in words]


CELLS = ((44, 40, 28), (40, 34, 25), (36, 30, 22), (33, 26, 19), (30, 22, 17), (26, 18, 15))
"""Sizes of options, the largest first: width and height of a cell, height of a line."""


def paint_options(
    surface: pygame.Surface, area: pygame.Rect, theme: Theme, game: Any, facts: Facts, gesture: Gesture
) -> tuple[list[Spot], int]:
    """Paint the legal actions, grouped by family; returns where they lie and the y below them."""
    groups = families(tuple(o.name for o in facts.options), tuple(o.action for o in facts.options))
    single = [(cell, 1) for cell in CELLS]
    for cell, columns in (*single, *((cell, 2) for cell in CELLS[-4:])):  # two columns where one is too long
        spots, height = _layout(area, groups, cell, columns)
        if height <= area.height:
            break
    painter = OptionPainter(surface, theme, game, facts, gesture)
    for kind, rect, action, word in spots:
        if rect.bottom > area.bottom:
            draw.write(surface, (area.x, area.bottom - 16), "… and more", 12, theme.soft)
            break
        if kind == "title":
            draw.write(surface, (rect.x, rect.y), word, min(13, cell[2] - 6), theme.soft, width=rect.width)
        elif kind == "cell":
            painter.cell(rect, action, word)
        else:
            painter.line(rect, action, word)
    found = [Spot(rect, action) for kind, rect, action, _ in spots if kind != "title"]
    return found, min(area.y + height, area.bottom)


def _layout(
    area: pygame.Rect, groups: tuple[Family, ...], cell: tuple[int, int, int], columns: int
) -> tuple[list[tuple[str, pygame.Rect, int, str]], int]:
    wide, high, line = cell
    gap = 4
    across = max(1, (area.width + gap) // (wide + gap))
    out: list[tuple[str, pygame.Rect, int, str]] = []
    y, column = area.y, 0
    room = (area.width - gap * (columns - 1)) // columns
    for group in groups:
        if len(group.members) == 1:
            place = pygame.Rect(area.x + column * (room + gap), y, room, line)
            out.append(("line", place, group.members[0][1], group.title))
            column = (column + 1) % columns
            y += line + 2 if column == 0 else 0
            continue
        y, column = y + (line + 2 if column else 0), 0
        out.append(("title", pygame.Rect(area.x, y + 2, area.width, line - 6), -1, group.title))
        y += line - 4
        for j, (word, action) in enumerate(group.members):
            left = area.x + (j % across) * (wide + gap)
            out.append(
                ("cell", pygame.Rect(left, y + (j // across) * (high + gap), wide, high), action, word)
            )
        y += -(-len(group.members) // across) * (high + gap) + 6
    return out, y + (line + 2 if column else 0) - area.y


class OptionPainter:
    """Paints options in one of two forms: a cell with a number, a line with a name."""

    def __init__(
        self, surface: pygame.Surface, theme: Theme, game: Any, facts: Facts, gesture: Gesture
    ) -> None:
        self.surface, self.theme, self.game = surface, theme, game
        self.judged, self.taken, self.hover = facts.judged, facts.taken, gesture.hover
        self.options = {o.action: o for o in facts.options}
        self.worst = max([1.0, *(o.severity * game.welfare_scale for o in facts.options)])

    def _colours(self, option: Option) -> tuple[Any, Any, Any]:
        theme = self.theme
        colour = theme.label(option.label) if self.judged else theme.neutral
        severity = round(max(0.0, option.severity * self.game.welfare_scale))
        depth = 0.12 + (0.38 * severity / round(self.worst) if option.label < 0 else 0.0)
        fill = draw.mix(theme.paper, colour, depth if self.judged else 0.08)
        ink = theme.ink
        if option.action == self.taken:
            fill, ink = colour, (255, 255, 255) if not theme.night else (12, 16, 26)
        return colour, fill, ink

    def _frame(self, rect: pygame.Rect, action: int, colour: Any, fill: Any) -> None:
        chosen = action == self.taken or action == self.hover
        edge = self.theme.accent if chosen else draw.mix(self.theme.paper, colour, 0.45)
        draw.box(self.surface, rect, fill, radius=7, edge=3 if chosen else 1, edge_colour=edge)

    def cell(self, rect: pygame.Rect, action: int, word: str) -> None:
        """A number, its sign below."""
        option = self.options[action]
        colour, fill, ink = self._colours(option)
        self._frame(rect, action, colour, fill)
        big = max(10, round(rect.height * 0.38))
        if not self.judged:
            draw.write(self.surface, rect.center, word, big, ink, bold=True, anchor="center")
            return
        sign, note = ink if action == self.taken else colour, SIGNS[option.label]
        if rect.height < 28:
            left, right = (rect.x + 6, rect.centery), (rect.right - 4, rect.centery)
            draw.write(self.surface, left, word, big + 2, ink, bold=True, anchor="midleft")
            draw.write(self.surface, right, note, 9, sign, anchor="midright")
            return
        at = (rect.centerx, rect.y + rect.height * 0.36)
        draw.write(self.surface, at, word, big, ink, bold=True, anchor="center")
        if option.label < 0 and option.severity > 0:
            loss = f"{option.severity:.2g}"
            note += loss if draw.width_of(note + loss, 11, True) <= rect.width - 6 else ""
        at = (rect.centerx, rect.bottom - rect.height * 0.26)
        draw.write(self.surface, at, note, 11, sign, bold=True, anchor="center")

    def line(self, rect: pygame.Rect, action: int, word: str) -> None:
        """A name with its sign, norms and severity."""
        option = self.options[action]
        colour, fill, ink = self._colours(option)
        self._frame(rect, action, colour, fill)
        size = min(14, max(round(rect.height * 0.52), min(11, rect.height - 6)))
        left, right = rect.x + 10, rect.right - 10
        if self.judged:
            sign = ink if action == self.taken else colour
            where, label = (left, rect.centery), SIGNS[option.label]
            draw.write(self.surface, where, label, size, sign, bold=True, anchor="midleft")
            left += 20
            note = Norm(option.norms).words if option.norms else ""
            if option.severity > 0 and option.label < 0:
                note += f"  {amount(option.severity, self.game)}"
            if note:
                where, room = (right, rect.centery), rect.width // 2
                drawn = draw.write(self.surface, where, note, size - 2, ink, anchor="midright", width=room)
                right = drawn.x - 8
        size = next((v for v in range(size, 10, -1) if draw.width_of(word, v) <= right - left), min(size, 10))
        draw.write(self.surface, (left, rect.centery), word, size, ink, anchor="midleft", width=right - left)


def amount(harm: float, game: Any) -> str:
    """A harm in the game's welfare unit, as words."""
    number, unit = f"{harm:.3g}" if harm < 1000 else f"{harm:,.0f}", str(game.welfare_unit)
    return f"{number} {unit.removesuffix('s') if number == '1' else unit}"
