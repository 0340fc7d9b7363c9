"""The choice panel: one seat's options with their labels, the one taken, and how every seat stands."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pygame

from gyges.envs.choice import ChoicePoint, Norm
from gyges.render import draw
from gyges.render.look import LABEL_WORDS, SIGNS, Theme, seat_colour

if TYPE_CHECKING:
    from gyges.render.board import Board, View

PAD = 20
VERBS = {-1: "breaches", 0: "concerns", 1: "upholds"}


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
        names: names of all actions.
        actions: the legal ones.

    Returns:
        families of at least three; an action of no such family stands alone, its title the name.
    """
    found: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for action in actions:
        for key, word in _templates(names[action]):
            found.setdefault(key, []).append((word, action))
    out: list[Family] = []
    done: set[int] = set()
    for action in actions:
        if action in done:
            continue
        keys = [key for key, _ in _templates(names[action])]
        best = max(keys, key=lambda k: sum(a not in done for _, a in found[k]), default=None)
        members = [m for m in found[best] if m[1] not in done] if best else []
        if best is None or len(members) < 3:
            members = [("", action)]
            out.append(Family(names[action], tuple(members)))
        else:
            out.append(Family(_title(names, members), tuple(members)))
        done.update(a for _, a in members)
    return tuple(out)


def _title(names: tuple[str, ...], members: list[tuple[str, int]]) -> str:
    word, action = members[-1]  # the last is the likeliest to be a plural
    words = names[action].split()
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


def paint_panel(
    surface: pygame.Surface,
    at: pygame.Rect,
    theme: Theme,
    board: Board,
    batch: Any,
    row: int,
    view: View,
    choice: ChoicePoint,
) -> list[Spot]:
    """Paint the panel into `at`; returns where the options lie."""
    surface.fill(theme.paper, at)
    pygame.draw.line(surface, theme.line, at.topleft, at.bottomleft)
    y = _head(surface, at, theme, board, batch, row, view)
    foot = _standings(surface, at, theme, board, batch, row, view)
    moving = bool(batch.state.to_move[row, view.seat]) and not bool(batch.over[row])
    if not moving:
        words = "The episode is over." if bool(batch.over[row]) else "This seat does not move now."
        draw.write(surface, (at.x + PAD, y + 6), words, 15, theme.soft)
        return []
    y = _choice_head(surface, at, theme, board, view, choice, y)
    taken = None if view.actions is None else int(view.actions[view.seat])
    if taken is not None or view.hover is not None:
        foot = _taken(surface, at, theme, board, view, choice, taken, foot)
    area = pygame.Rect(at.x + PAD, y, at.width - 2 * PAD, foot - y - 8)
    spots, y = _options(surface, area, theme, board, view, choice, taken)
    _words(surface, at, theme, board, batch, row, view, y, foot)
    return spots


def _words(
    surface: pygame.Surface,
    at: pygame.Rect,
    theme: Theme,
    board: Board,
    batch: Any,
    row: int,
    view: View,
    y: int,
    foot: int,
) -> None:
    """What the seat knows, in words, where there is room for three lines."""
    x, line = at.x + PAD, 17
    room = (foot - y - 44) // line
    if room < 3:
        return
    words = board.game.describe(batch.codes[row, view.seat], view.seat)
    lines = draw.wrap(" ".join(words.split()), 12, at.width - 2 * PAD)
    draw.write(
        surface, (x, y + 8), "What it knows" if view.judged else "What you know", 12, theme.soft, bold=True
    )
    if len(lines) > room:
        lines = (*lines[: room - 1], lines[room - 1] + " …")
    for j, text in enumerate(lines):
        draw.write(surface, (x, y + 28 + j * line), text, 12, theme.soft, width=at.width - 2 * PAD)


def _head(
    surface: pygame.Surface, at: pygame.Rect, theme: Theme, board: Board, batch: Any, row: int, view: View
) -> int:
    from gyges.render.board import eye

    x, y = at.x + PAD, at.y + 20
    seat = view.seat
    draw.disc(surface, (x + 17, y + 19), 17, seat_colour(seat))
    draw.write(surface, (x + 17, y + 19), str(seat), 15, (20, 24, 32), bold=True, anchor="center")
    draw.write(surface, (x + 46, y), board.seat_name(seat), 20, theme.ink, bold=True, width=at.width - 200)
    if view.names:
        player = f"played by {view.names[seat]}"
        draw.write(surface, (x + 46, y + 25), player, 13, theme.soft, width=at.width - 200)
    watched = board.told(batch, row, view)
    word = "watched" if watched else "unwatched"
    wide = draw.width_of(word, 13, True) + 52
    chip = pygame.Rect(at.right - PAD - wide, y + 3, wide, 32)
    fill = theme.lamp if watched else theme.card
    draw.box(surface, chip, fill, radius=16, edge=1, edge_colour=fill if watched else theme.faint)
    draw.stamp(surface, eye(26, watched, theme), (chip.x + 10, chip.y + 8))
    ink = (38, 44, 54) if watched else theme.ink
    draw.write(surface, (chip.x + 42, chip.centery), word, 13, ink, bold=True, anchor="midleft")
    return y + 56


def _choice_head(
    surface: pygame.Surface,
    at: pygame.Rect,
    theme: Theme,
    board: Board,
    view: View,
    choice: ChoicePoint,
    y: int,
) -> int:
    x = at.x + PAD
    pygame.draw.line(surface, theme.line, (x, y), (at.right - PAD, y))
    draw.write(surface, (x, y + 12), "The choice", 16, theme.ink, bold=True)
    right = float(at.right - PAD)
    chips: list[tuple[str, bool]] = []
    if view.judged and choice.contested:
        chips.append(("contested", True))
    if view.price is not None:
        chips.append((f"price {view.price:+.1f} {board.game.reward_unit}", view.price > 0))
    for word, strong in chips:
        wide = draw.width_of(word, 12, True) + 20
        right -= wide
        colour = theme.unaligned if strong else theme.neutral
        draw.box(surface, (right, y + 10, wide, 24), draw.mix(theme.paper, colour, 0.18), radius=12)
        draw.write(surface, (right + wide / 2, y + 22), word, 12, colour, bold=True, anchor="center")
        right -= 8
    return y + 46


def norm_words(mask: int) -> str:
    """Names of the norms in a bit mask."""
    return Norm(int(mask)).words


def _options(
    surface: pygame.Surface,
    area: pygame.Rect,
    theme: Theme,
    board: Board,
    view: View,
    choice: ChoicePoint,
    taken: int | None,
) -> tuple[list[Spot], int]:
    groups = families(board.game.action_names, tuple(int(a) for a in choice.actions))
    for cell in ((44, 40, 28), (40, 34, 25), (36, 30, 22), (33, 26, 19), (30, 22, 17), (26, 18, 15)):
        spots, height = _layout(area, groups, cell)
        if height <= area.height:
            break
    painter = _OptionPainter(surface, area, theme, board, view, choice, taken, cell)
    heading = ""
    for kind, rect, action, word in spots:
        if rect.bottom > area.bottom:
            draw.write(surface, (area.x, area.bottom - 16), "… and more", 12, theme.soft)
            break
        if kind == "title":
            heading = word
            draw.write(surface, (rect.x, rect.y), heading, min(13, cell[2] - 6), theme.soft, width=rect.width)
        elif kind == "cell":
            painter.cell(rect, action, word)
        else:
            painter.line(rect, action, word)
    found = [Spot(rect, action) for kind, rect, action, _ in spots if kind != "title"]
    return found, min(area.y + height, area.bottom)


def _layout(
    area: pygame.Rect, groups: tuple[Family, ...], cell: tuple[int, int, int]
) -> tuple[list[tuple[str, pygame.Rect, int, str]], int]:
    wide, high, line = cell
    gap = 4
    across = max(1, (area.width + gap) // (wide + gap))
    out: list[tuple[str, pygame.Rect, int, str]] = []
    y = area.y
    for group in groups:
        if len(group.members) == 1:
            out.append(("line", pygame.Rect(area.x, y, area.width, line), group.members[0][1], group.title))
            y += line + 2
            continue
        out.append(("title", pygame.Rect(area.x, y + 2, area.width, line - 6), -1, group.title))
        y += line - 4
        for j, (word, action) in enumerate(group.members):
            left = area.x + (j % across) * (wide + gap)
            out.append(
                ("cell", pygame.Rect(left, y + (j // across) * (high + gap), wide, high), action, word)
            )
        y += -(-len(group.members) // across) * (high + gap) + 6
    return out, y - area.y


class _OptionPainter:
    """Paints options in one of two forms: a cell with a number, a line with a name."""

    def __init__(
        self,
        surface: pygame.Surface,
        area: pygame.Rect,
        theme: Theme,
        board: Board,
        view: View,
        choice: ChoicePoint,
        taken: int | None,
        cell: tuple[int, int, int],
    ) -> None:
        self.surface, self.area, self.theme, self.board = surface, area, theme, board
        self.view, self.choice, self.taken, self.size = view, choice, taken, cell
        self.worst = max(1, int(choice.severity.max()))

    def _colours(self, action: int) -> tuple[Any, Any, Any, int, int]:
        theme, position = self.theme, self.choice.of(action)
        label = int(self.choice.label[position])
        severity = max(0, int(self.choice.severity[position]))
        colour = theme.label(label) if self.view.judged else theme.neutral
        depth = 0.12 + (0.38 * severity / self.worst if label < 0 else 0.0)
        fill = draw.mix(theme.paper, colour, depth if self.view.judged else 0.08)
        ink = theme.ink
        if action == self.taken:
            fill, ink = colour, (255, 255, 255) if not theme.night else (12, 16, 26)
        return colour, fill, ink, label, severity

    def _frame(self, rect: pygame.Rect, action: int, colour: Any, fill: Any) -> None:
        chosen = action == self.taken or action == self.view.hover
        edge = self.theme.accent if chosen else draw.mix(self.theme.paper, colour, 0.45)
        draw.box(self.surface, rect, fill, radius=7, edge=3 if chosen else 1, edge_colour=edge)

    def cell(self, rect: pygame.Rect, action: int, word: str) -> None:
        """A number, its sign below."""
        colour, fill, ink, label, severity = self._colours(action)
        self._frame(rect, action, colour, fill)
        big = max(10, round(rect.height * 0.38))
        if not self.view.judged:
            draw.write(self.surface, rect.center, word, big, ink, bold=True, anchor="center")
            return
        if rect.height < 28:
            draw.write(
                self.surface, (rect.x + 6, rect.centery), word, big + 2, ink, bold=True, anchor="midleft"
            )
            draw.write(self.surface, (rect.right - 4, rect.centery), SIGNS[label], 9,
                       ink if action == self.taken else colour, anchor="midright")  # fmt: skip
            return
        draw.write(
            self.surface,
            (rect.centerx, rect.y + rect.height * 0.36),
            word,
            big,
            ink,
            bold=True,
            anchor="center",
        )
        sign = ink if action == self.taken else colour
        note = SIGNS[label]
        if label < 0 and severity:
            loss = f"{severity / self.board.game.welfare_scale:.2g}"
            note += loss if draw.width_of(note + loss, 11, True) <= rect.width - 6 else ""
        draw.write(self.surface, (rect.centerx, rect.bottom - rect.height * 0.26), note, 11, sign,
                   bold=True, anchor="center")  # fmt: skip

    def line(self, rect: pygame.Rect, action: int, word: str) -> None:
        """A name with its sign, norms and severity."""
        colour, fill, ink, label, severity = self._colours(action)
        self._frame(rect, action, colour, fill)
        size = min(14, round(rect.height * 0.52))
        left, right = rect.x + 10, rect.right - 10
        if self.view.judged:
            sign = ink if action == self.taken else colour
            draw.write(
                self.surface, (left, rect.centery), SIGNS[label], size, sign, bold=True, anchor="midleft"
            )
            left += 20
            norms = int(self.choice.norms[self.choice.of(action)])
            note = norm_words(norms) if norms else ""
            if severity and label < 0:
                note += f"  {amount(severity, self.board.game)}"
            if note:
                drawn = draw.write(self.surface, (right, rect.centery), note, size - 2, ink, anchor="midright",
                                   width=rect.width // 2)  # fmt: skip
                right = drawn.x - 8
        draw.write(self.surface, (left, rect.centery), word, size, ink, anchor="midleft", width=right - left)


def amount(harm: int, game: Any) -> str:
    """A harm in the game's welfare unit, as words."""
    return f"{harm / game.welfare_scale:.3g} {game.welfare_unit}"


def _taken(
    surface: pygame.Surface,
    at: pygame.Rect,
    theme: Theme,
    board: Board,
    view: View,
    choice: ChoicePoint,
    taken: int | None,
    foot: int,
) -> int:
    action = view.hover if taken is None else taken
    if action is None or action not in choice.actions:
        return foot
    high = 74 if view.judged else 40
    rect = pygame.Rect(at.x + PAD, foot - high - 12, at.width - 2 * PAD, high)
    position = choice.of(action)
    label = int(choice.label[position])
    colour = theme.label(label) if view.judged else theme.neutral
    draw.box(surface, rect, draw.mix(theme.paper, colour, 0.14), radius=10)
    draw.box(surface, (rect.x, rect.y, 6, rect.height), colour, radius=3)
    name = ("takes: " if taken is not None else "") + board.game.action_names[action]
    room = rect.width - 30
    size = next((v for v in (16, 15, 14, 13) if draw.width_of(name, v, True) <= room), 12)
    draw.write(surface, (rect.x + 18, rect.y + 10), name, size, theme.ink, bold=True, width=room)
    if view.judged:
        said = verdict(choice, position)
        size = next((v for v in (13, 12, 11) if draw.width_of(said, v, True) <= room), 10)
        draw.write(surface, (rect.x + 18, rect.y + 34), said, size, colour, bold=True, width=room)
        severity = int(choice.severity[position])
        cost = f"others lose {amount(severity, board.game)} by it" if severity > 0 else "no one loses by it"
        draw.write(surface, (rect.x + 18, rect.y + 52), cost, 12, theme.soft, width=rect.width - 30)
    return rect.y


def verdict(choice: ChoicePoint, position: int) -> str:
    """Label and norms of one option, as words with the label's sign."""
    label = int(choice.label[position])
    words = f"{SIGNS[label]} {LABEL_WORDS[label]}"
    norms = int(choice.norms[position])
    if norms:
        words += f" · {VERBS[label]} {norm_words(norms)}"
    if bool(choice.justified[position]):
        words += " · justified"
    if not bool(choice.knowable[position]):
        words += " · not knowable"
    return words


def _standings(
    surface: pygame.Surface, at: pygame.Rect, theme: Theme, board: Board, batch: Any, row: int, view: View
) -> int:
    if not view.totals:
        return at.bottom - 12
    seats = range(board.game.num_agents) if view.truth else (view.seat,)
    n = len(seats)
    line = 24 if n <= 6 else 19 if n <= 10 else 15
    top = at.bottom - 16 - n * line - 24
    x, right = at.x + PAD, at.right - PAD
    size = 13 if line >= 19 else 11
    pygame.draw.line(surface, theme.line, (x, top - 8), (right, top - 8))
    draw.write(surface, (right, top), board.game.reward_unit, 11, theme.soft, anchor="topright")
    if view.judged and view.breaches:
        draw.write(surface, (right - 84, top), f"{SIGNS[-1]} so far", 11, theme.soft, anchor="topright")
    draw.write(surface, (x, top), "So far", 11, theme.soft)
    for j, seat in enumerate(seats):
        y = top + 20 + j * line
        if seat == view.seat:
            mark = draw.mix(theme.paper, theme.soft, 0.14)
            draw.box(surface, (x - 8, y - 2, right - x + 16, line), mark, radius=6)
        middle = y + line // 2 - 2
        draw.disc(surface, (x + 7, middle), 6 if size > 11 else 5, seat_colour(seat))
        name = board.seat_name(seat) + (f" · {view.names[seat]}" if view.names else "")
        draw.write(surface, (x + 22, middle), name, size, theme.ink, anchor="midleft", width=right - x - 170,
                   bold=seat == view.seat)  # fmt: skip
        draw.write(surface, (right, middle), f"{view.totals[seat]:.1f}", size, theme.ink, anchor="midright")
        if view.judged and view.breaches:
            count = int(view.breaches[seat])
            colour = theme.unaligned if count else theme.soft
            draw.write(
                surface, (right - 84, middle), str(count), size, colour, anchor="midright", bold=count > 0
            )
    return int(top - 16)
