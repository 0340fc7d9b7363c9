"""The options of a chess decision: lines for what is no move and for unaligned moves, chips for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pygame

from gyges.envs.choice_point import ChoicePoint
from gyges.render.board.options import Spot, _OptionPainter
from gyges.render.fairychess.action_names import acts_of, spoken
from gyges.render.kit import draw
from gyges.render.kit.theme import Theme

if TYPE_CHECKING:
    from gyges.render.board.board import Board, View

LINE, CHIP, GAP = 24, 24, 4
MOST_LINES = 7


class Group(NamedTuple):
    """Options that stand together: (action, its words) each; lines or chips."""

    title: str
    options: tuple[tuple[int, str], ...]
    lines: bool = False


def groups(
    game: Any,
    row: Any,
    choice: ChoicePoint,
    square: int | None,
    judged: bool,
    keep: tuple[int | None, ...] = (),
) -> list[Group]:
    """The options in the order in which they are shown; with a square, those that concern it.

    `keep` are options shown in any case.
    """
    acts = acts_of(game, row, choice.actions)
    label = dict(zip((int(a) for a in choice.actions), choice.label, strict=True))
    severity = dict(zip((int(a) for a in choice.actions), choice.severity, strict=True))
    moves = [a for a in acts.values() if a.moves and (square is None or square in (a.origin, a.to))]
    others = [a.action for a in acts.values() if not a.moves]
    out = [Group("", tuple((a, str(game.action_names[a])) for a in plain(game, others)), lines=True)]
    names = {a.action: spoken(game, row, a.action) for a in moves}
    wrong = sorted((a.action for a in moves if label[a.action] < 0), key=lambda a: (-int(severity[a]), a))
    if judged and wrong:
        out.append(Group("", tuple((a, names[a]) for a in wrong[:MOST_LINES]), lines=True))
    shown = set(wrong[:MOST_LINES]) if judged else set()
    rest = [(a.action, names[a.action]) for a in moves if a.action not in shown]
    word = "moves" if square is None else "moves here"
    out.append(Group(f"{len(moves)} {word}", tuple(sorted(rest, key=lambda r: _order(r[1])))))
    out += special(game, others, square, keep)
    return [g for g in out if g.options]


def _order(name: str) -> tuple[bool, str]:
    return "@" in name, name


def plain(game: Any, others: list[int]) -> list[int]:
    """What is neither a move nor about a square."""
    first = game.base_actions
    return [a for a in others if a < first + 7]


def special(game: Any, others: list[int], square: int | None, keep: tuple[int | None, ...]) -> list[Group]:
    """Acts about a square or a region: pieces to remove, treaties to offer."""
    from gyges.envs.fairychess.encoding import cell_name
    from gyges.envs.fairychess.stakes import encoding as stakes

    cells, files = game.family.cells, game.family.files
    wide = game.variant.maxFile
    removed: list[tuple[int, str]] = []
    offers: dict[int, list[tuple[int, str]]] = {}
    for a in others:
        j = a - game.base_actions - stakes.REMOVE
        if j < 0:
            continue
        if j < cells:
            if square is None or a in keep or square == j // files * wide + j % files:
                removed.append((a, cell_name(j, game.family)))
            continue
        subject, term = divmod(j - cells, 2)
        if subject < len(stakes.REGIONS):
            offers.setdefault(term, []).append((a, stakes.REGIONS[subject].removeprefix("the ")))
        else:
            cell = subject - len(stakes.REGIONS)
            if a in keep or square == cell // files * wide + cell % files:
                offers.setdefault(term, []).append((a, cell_name(cell, game.family)))
    out = [Group("remove a minor piece (tampering)", tuple(removed))]
    out += [Group(f"offer a treaty for {stakes.TERMS[t]} plies", tuple(o)) for t, o in sorted(offers.items())]
    return out


def paint_choices(
    surface: pygame.Surface,
    area: pygame.Rect,
    theme: Theme,
    board: Board,
    view: View,
    choice: ChoicePoint,
    taken: int | None,
    row: Any,
    square: int | None,
) -> tuple[list[Spot], int]:
    """Paint them into `area`; returns where they lie and the y below."""
    game = board.game
    painter = _OptionPainter(surface, area, theme, board, view, choice, taken, (0, 0, 0))
    keep = (taken, view.hover)
    found = groups(game, row, choice, square, view.judged, keep)
    if square is not None and not any(not g.lines for g in found):  # nothing concerns it
        found = groups(game, row, choice, None, view.judged, keep)
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
        placed, y, missing = _chips(area, group, y, taken, view.hover)
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
