"""The choice panel: one seat's options with their labels, the one taken, and how every seat stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pygame

from gyges.envs.choice_point import Norm
from gyges.render.board.facts import Facts, Gesture, Option, SeatFacts
from gyges.render.board.options import Spot, amount
from gyges.render.kit import draw
from gyges.render.kit.signs import eye
from gyges.render.kit.theme import LABEL_WORDS, SIGNS, Theme, seat_colour

if TYPE_CHECKING:
    from gyges.render.board.renderer import Renderer

PAD = 20
VERBS = {-1: "breaches", 0: "concerns", 1: "upholds"}


def paint_panel(
    surface: pygame.Surface, at: pygame.Rect, theme: Theme, board: Renderer, facts: Facts, gesture: Gesture
) -> list[Spot]:
    """Paint the panel into `at`; returns where the options lie."""
    surface.fill(theme.paper, at)
    pygame.draw.line(surface, theme.line, at.topleft, at.bottomleft)
    y = _head(surface, at, theme, facts)
    foot = _standings(surface, at, theme, board, facts)
    if not facts.options:
        words = "The episode is over." if facts.over else "This seat does not move now."
        draw.write(surface, (at.x + PAD, y + 6), words, 15, theme.soft)
        told = board.ending(facts) if facts.over else ""
        draw.paragraph(surface, (at.x + PAD, y + 34), told, 15, theme.ink, at.width - 2 * PAD)
        return []
    y = _choice_head(surface, at, theme, board, facts, y)
    foot = _taken(surface, at, theme, board, facts, gesture, foot)
    area = pygame.Rect(at.x + PAD, y, at.width - 2 * PAD, foot - y - 8)
    spots, y = board.paint_options(surface, area, theme, facts, gesture)
    _words(surface, at, theme, facts, y, foot)
    return spots


def _words(surface: pygame.Surface, at: pygame.Rect, theme: Theme, facts: Facts, y: int, foot: int) -> None:
    """What the seat knows, in words, where there is room for three lines."""
    x, line = at.x + PAD, 17
    room = (foot - y - 44) // line
    if room < 3 or not facts.words:
        return
    lines = [line for part in facts.words.splitlines() for line in draw.wrap(part, 12, at.width - 2 * PAD)]
    head = "What it knows" if facts.judged or facts.truth else "What you know"
    draw.write(surface, (x, y + 8), head, 12, theme.soft, bold=True)
    if len(lines) > room:
        lines = [*lines[: room - 1], lines[room - 1] + " …"]
    for j, text in enumerate(lines):
        draw.write(surface, (x, y + 28 + j * line), text, 12, theme.soft, width=at.width - 2 * PAD)


def _head(surface: pygame.Surface, at: pygame.Rect, theme: Theme, facts: Facts) -> int:
    x, y = at.x + PAD, at.y + 20
    seat, shown = facts.seat, facts.shown
    draw.disc(surface, (x + 17, y + 19), 17, seat_colour(seat))
    draw.write(surface, (x + 17, y + 19), str(seat), 15, (20, 24, 32), bold=True, anchor="center")
    draw.write(surface, (x + 46, y), shown.name, 20, theme.ink, bold=True, width=at.width - 200)
    if shown.player:
        player = f"played by {shown.player}"
        draw.write(surface, (x + 46, y + 25), player, 13, theme.soft, width=at.width - 200)
    if shown.watched is not None:
        _watch_chip(surface, at.right - PAD, y + 3, theme, shown.watched)
    return y + 56


def _watch_chip(surface: pygame.Surface, right: int, y: int, theme: Theme, watched: bool) -> None:
    word = "watched" if watched else "unwatched"
    wide = draw.width_of(word, 13, True) + 52
    chip = pygame.Rect(right - wide, y, wide, 32)
    fill = theme.lamp if watched else theme.card
    draw.box(surface, chip, fill, radius=16, edge=1, edge_colour=fill if watched else theme.faint)
    draw.stamp(surface, eye(26, watched, theme), (chip.x + 10, chip.y + 8))
    ink = (38, 44, 54) if watched else theme.ink
    draw.write(surface, (chip.x + 42, chip.centery), word, 13, ink, bold=True, anchor="midleft")


def _choice_head(
    surface: pygame.Surface, at: pygame.Rect, theme: Theme, board: Renderer, facts: Facts, y: int
) -> int:
    x = at.x + PAD
    pygame.draw.line(surface, theme.line, (x, y), (at.right - PAD, y))
    draw.write(surface, (x, y + 12), "The choice", 16, theme.ink, bold=True)
    right = float(at.right - PAD)
    chips: list[tuple[str, bool]] = []
    if facts.contested:
        chips.append(("contested", True))
    if facts.price is not None:
        chips.append((f"price {facts.price:+.{board.digits}f} {board.game.reward_unit}", facts.price > 0))
    for word, strong in chips:
        wide = draw.width_of(word, 12, True) + 20
        right -= wide
        colour = theme.unaligned if strong else theme.neutral
        draw.box(surface, (right, y + 10, wide, 24), draw.mix(theme.paper, colour, 0.18), radius=12)
        draw.write(surface, (right + wide / 2, y + 22), word, 12, colour, bold=True, anchor="center")
        right -= 8
    return y + 46


def _taken(
    surface: pygame.Surface,
    at: pygame.Rect,
    theme: Theme,
    board: Renderer,
    facts: Facts,
    gesture: Gesture,
    foot: int,
) -> int:
    """The option taken, or else the one pointed at; returns the y above it."""
    action = gesture.hover if facts.taken is None else facts.taken
    option = next((o for o in facts.options if o.action == action), None)
    if option is None:
        return foot
    high = 74 if facts.judged else 40
    rect = pygame.Rect(at.x + PAD, foot - high - 12, at.width - 2 * PAD, high)
    colour = theme.label(option.label) if facts.judged else theme.neutral
    draw.box(surface, rect, draw.mix(theme.paper, colour, 0.14), radius=10)
    draw.box(surface, (rect.x, rect.y, 6, rect.height), colour, radius=3)
    name = ("takes: " if facts.taken is not None else "") + option.name
    room = rect.width - 30
    size = next((v for v in range(16, 10, -1) if draw.width_of(name, v, True) <= room), 10)
    draw.write(surface, (rect.x + 18, rect.y + 10), name, size, theme.ink, bold=True, width=room)
    if facts.judged:
        said = verdict(option)
        size = next((v for v in (13, 12, 11) if draw.width_of(said, v, True) <= room), 10)
        draw.write(surface, (rect.x + 18, rect.y + 34), said, size, colour, bold=True, width=room)
        draw.write(
            surface,
            (rect.x + 18, rect.y + 52),
            loss(option, board.game),
            12,
            theme.soft,
            width=rect.width - 30,
        )
    return rect.y


def verdict(option: Option) -> str:
    """Label and norms of one option, as words with the label's sign."""
    words = f"{SIGNS[option.label]} {LABEL_WORDS[option.label]}"
    if option.norms:
        words += f" · {VERBS[option.label]} {Norm(option.norms).words}"
    if option.justified:
        words += " · justified"
    if not option.knowable:
        words += " · not knowable"
    return words


def loss(option: Option, game: Any) -> str:
    """What others lose by one option, in words."""
    return (
        f"others lose {amount(option.severity, game)} by it" if option.severity > 0 else "no one loses by it"
    )


def _standings(surface: pygame.Surface, at: pygame.Rect, theme: Theme, board: Renderer, facts: Facts) -> int:
    if facts.shown.total is None:
        return at.bottom - 12
    seats = board.listed(facts) if facts.truth else (facts.seat,)
    columns = _Columns(surface, at, theme, board, facts)
    whole = facts.truth and len(seats) < len(facts.seats)
    n = len(seats) + whole
    line = 15 if whole or n > 10 else 24 if n <= 6 else 19
    top = at.bottom - 16 - n * line - 24
    columns.head(top)
    for j, seat in enumerate(seats):
        stands = facts.seats[seat]
        name = f"{stands.name} · {stands.player}" if stands.player else stands.name
        columns.row(top + 20 + j * line, line, name, (stands,), seat)
    if whole:
        columns.row(top + 20 + len(seats) * line, line, f"all {len(facts.seats)} seats", facts.seats)
    return int(top - 16)


class _Columns:
    """The columns of the standings: who, what it cost, unaligned acts, reward."""

    def __init__(
        self, surface: pygame.Surface, at: pygame.Rect, theme: Theme, board: Renderer, facts: Facts
    ) -> None:
        self.surface, self.theme, self.board, self.shown = surface, theme, board, facts.seat
        self.counted, self.blamed = facts.shown.breaches is not None, facts.shown.blame is not None
        self.x, self.right = at.x + PAD, at.right - PAD

    def head(self, top: int) -> None:
        """Titles."""
        surface, theme, x, right = self.surface, self.theme, self.x, self.right
        pygame.draw.line(surface, theme.line, (x, top - 8), (right, top - 8))
        draw.write(surface, (right, top), self.board.game.reward_unit, 11, theme.soft, anchor="topright")
        if self.counted:
            draw.write(surface, (right - 84, top), f"{SIGNS[-1]} so far", 11, theme.soft, anchor="topright")
        if self.blamed:
            draw.write(surface, (right - 140, top), "blame", 11, theme.soft, anchor="topright")
        draw.write(surface, (x, top), "So far", 11, theme.soft)

    def row(
        self, y: int, line: int, name: str, stands: tuple[SeatFacts, ...], seat: int | None = None
    ) -> None:
        """One seat, or (`seat` None) the sum of several."""
        surface, theme, x, right = self.surface, self.theme, self.x, self.right
        size = 13 if line >= 19 else 11
        if seat == self.shown:
            mark = draw.mix(theme.paper, theme.soft, 0.14)
            draw.box(surface, (x - 8, y - 2, right - x + 16, line), mark, radius=6)
        middle = y + line // 2 - 2
        if seat is not None:
            draw.disc(surface, (x + 7, middle), 6 if size > 11 else 5, seat_colour(seat))
        room = right - x - 170 - 66 * self.blamed
        draw.write(surface, (x + 22, middle), name, size, theme.ink, anchor="midleft", width=room,
                   bold=seat == self.shown)  # fmt: skip
        total = f"{sum(s.total or 0.0 for s in stands):.{self.board.digits}f}"
        draw.write(surface, (right, middle), total, size, theme.ink, anchor="midright")
        if self.counted:
            count = sum(s.breaches or 0 for s in stands)
            colour = theme.unaligned if count else theme.soft
            draw.write(
                surface, (right - 84, middle), str(count), size, colour, anchor="midright", bold=count > 0
            )
        if self.blamed:
            cost = sum(s.blame or 0.0 for s in stands)
            colour = theme.unaligned if cost > 0 else theme.soft
            draw.write(surface, (right - 140, middle), f"{cost:.3g}", size, colour, anchor="midright")
