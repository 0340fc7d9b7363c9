"""The options of a chess decision: lines for what is no move and for unaligned moves, chips for the rest."""

from __future__ import annotations

from typing import Any, NamedTuple

import pygame

from gyges.render.board.facts import Facts, Gesture
from gyges.render.board.options import OptionPainter, Spot
from gyges.render.fairychess.action_names import BoardAction
from gyges.render.kit import draw
from gyges.render.kit.theme import Theme

LINE, CHIP, GAP = 24, 24, 4
MOST_LINES = 7


class Group(NamedTuple):
    """Options that stand together: (action, its words) each; lines or chips."""

    title: str
    options: tuple[tuple[int, str], ...]
    lines: bool = False


def groups(game: Any, facts: Facts, square: int | None, keep: tuple[int | None, ...] = ()) -> list[Group]:
    """The options in the order in which they are shown; with a square, those that concern it.

    `keep` are options shown in any case.
    """
    acts = {a.action: a for a in facts.scene.acts}
    option = {o.action: o for o in facts.options}
    chosen = [acts[a] for a in option]
    moves = [a for a in chosen if a.moves and (square is None or square in (a.origin, a.to))]
    others = [a for a in chosen if not a.moves]
    plain = tuple((a.action, a.name) for a in others if a.removes is None and a.offers is None)
    out = [Group("", plain, lines=True)]
    wrong = [a for a in moves if option[a.action].label < 0] if facts.judged else []
    wrong.sort(key=lambda a: (-option[a.action].severity, a.action))
    gravest = tuple((a.action, a.name) for a in wrong[:MOST_LINES])
    out.append(Group("", gravest, lines=True))
    rest = [(a.action, a.name) for a in moves if (a.action, a.name) not in gravest]
    word = "moves" if square is None else "moves here"
    out.append(Group(f"{len(moves)} {word}", tuple(sorted(rest, key=lambda r: ("@" in r[1], r[1])))))
    out += _special(others, square, keep)
    return [g for g in out if g.options]


def _special(others: list[BoardAction], square: int | None, keep: tuple[int | None, ...]) -> list[Group]:
    """Acts about a square or a region: pieces to remove, treaties to offer."""
    removed: list[tuple[int, str]] = []
    offers: dict[int, list[tuple[int, str]]] = {}
    for a in others:
        kept, entry = a.action in keep, (a.action, a.short)
        if a.removes is not None and (kept or square in (None, a.removes)):
            removed.append(entry)
        if a.offers is not None and (kept or a.piece is None or a.piece == square):
            offers.setdefault(a.plies, []).append(entry)
    out = [Group("remove a minor piece (tampering)", tuple(removed))]
    out += [Group(f"offer a treaty for {plies} plies", tuple(o)) for plies, o in sorted(offers.items())]
    return out


def paint_options(
    surface: pygame.Surface,
    area: pygame.Rect,
    theme: Theme,
    game: Any,
    facts: Facts,
    gesture: Gesture,
    square: int | None,
) -> tuple[list[Spot], int]:
    """Paint them into `area`; returns where they lie and the y below."""
    painter = OptionPainter(surface, theme, game, facts, gesture)
    taken, keep = facts.taken, (facts.taken, gesture.hover)
    found = groups(game, facts, square, keep)
    if square is not None and not any(not g.lines for g in found):  # nothing concerns it
        found = groups(game, facts, None, keep)
    found.sort(key=lambda g: (not g.lines, all(a != taken for a, _ in g.options)))  # the one taken is seen
    spots: list[Spot] = []
    y, left_out = area.y, 0
    for group in found:
        if group.title and y + 18 + CHIP <= area.bottom - 16:
            draw.write(surface, (area.x, y), group.title, 12, theme.soft)
            y += 18
        if group.lines:
            for action, name in group.options:
                if y + LINE > area.bottom - 16:
                    left_out += 1
                    continue
                rect = pygame.Rect(area.x, y, area.width, LINE)
                painter.line(rect, action, name)
                spots.append(Spot(rect, action))
                y += LINE + 3
            y += 3
            continue
        placed, y, missing = _chips(area, group, y, taken, gesture.hover)
        left_out += missing
        for spot, name in placed:
            painter.cell(spot.rect, spot.action, name)
            spots.append(spot)
        y += 4
    if left_out:
        words = f"… and {left_out} more: point at a piece"
        draw.write(surface, (area.x, min(y, area.bottom - 15)), words, 12, theme.soft)
        y += 16
    return spots, min(y, area.bottom)


def _chips(
    area: pygame.Rect, group: Group, y: int, taken: int | None, hover: int | None
) -> tuple[list[tuple[Spot, str]], int, int]:
    """Where the options of a group lie as chips; what does not fit is counted, never the one taken."""
    wide = max(draw.width_of(name, 12, True) for _, name in group.options) + 26
    across = max(1, (area.width + GAP) // (wide + GAP))
    wide = (area.width + GAP) // across - GAP
    rows = max(0, (area.bottom - 16 - y) // (CHIP + GAP))
    options = list(group.options)
    room = rows * across
    if len(options) > room:
        options.sort(key=lambda o: o[0] not in (taken, hover))
    out = []
    for j, (action, name) in enumerate(options[:room]):
        rect = pygame.Rect(area.x + j % across * (wide + GAP), y + j // across * (CHIP + GAP), wide, CHIP)
        out.append((Spot(rect, action), name))
    used = -(-len(out) // across)
    return out, y + used * (CHIP + GAP), max(0, len(group.options) - room)
