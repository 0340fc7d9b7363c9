"""Pictures of chess positions: ``gyges draw VARIANT``, one variant or a sheet of many."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.render.fairychess.empty_board import Grid
from gyges.render.fairychess.facts import facts_of
from gyges.render.fairychess.pieces import piece_set
from gyges.render.fairychess.position import CAPTURE, MOVE, Marks, Target, paint_plate, paint_position
from gyges.render.fairychess.signs import STYLES
from gyges.render.kit import draw
from gyges.render.kit.theme import DAY, Theme

SIDES = ("First", "Second")


def targets_of(board: Board, origin: str) -> tuple[int, tuple[Target, ...]]:
    """The square named, and where the piece on it may go.

    Raises:
        ConfigError: no move begins there.
    """
    c = board.compiled
    found: dict[int, Target] = {}
    squares = board.row[c.row[1] : c.row[2]]
    start = -1
    for name, move in board.moves().items():
        if not name.startswith(origin) or name[len(origin)].isdigit() or move & at.DROP:
            continue
        start, to = move >> at.FROM & at.SQ, move & at.SQ
        taken = bool(squares[to] or move & at.EP) and not move & at.CASTLE
        promotes = bool(move >> at.CHOICE & 31) or (to in found and found[to].promotes)
        found[to] = Target(to, CAPTURE if taken else MOVE, promotes)
    if start < 0:
        raise ConfigError(f"no move begins at {origin!r}; the legal moves are {' '.join(board.moves())}")
    return start, tuple(found.values())


def diagram(
    board: Board,
    size: int = 480,
    *,
    theme: Theme = DAY,
    title: str = "",
    last: tuple[int, ...] = (),
    marks: Marks | None = None,
    flip: bool = False,
    style: str = STYLES[0],
) -> pygame.Surface:
    """A position as a picture `size` pixels wide, about as high as the board needs."""
    v, c = board.variant, board.compiled
    pieces = piece_set(c, style)
    head = round(size * 0.062)
    plate = round(size * (0.085 if c.droppable else 0.058))
    pad = max(4, size // 60)
    cell = (size - 2 * pad) / (v.maxFile + 0.9)
    high = round(min(cell, size / 5.4) * (v.maxRank + 0.55))
    made = draw.canvas((size, head + 2 * plate + high + 5 * pad), theme.sky)
    draw.write(made, (pad * 2, pad + head / 2), title or v.name, round(head * 0.62), theme.ink, bold=True,
               anchor="midleft", width=size - 4 * pad)  # fmt: skip
    area = pygame.Rect(pad, head + plate + 2 * pad, size - 2 * pad, high)
    grid = Grid(v, area, flip)
    position = facts_of(board, last)
    paint_position(made, grid, pieces, theme, position, marks or Marks())
    upper = pygame.Rect(pad, head + pad, size - 2 * pad, plate)
    lower = pygame.Rect(pad, made.get_height() - pad - plate, size - 2 * pad, plate)
    for side, rect in ((0, lower), (1, upper)) if not flip else ((0, upper), (1, lower)):
        paint_plate(made, rect, pieces, theme, position, side, SIDES[side], flip)
    return made


def sheet(
    boards: Sequence[tuple[Board, str]],
    width: int,
    across: int,
    theme: Theme = DAY,
    style: str = STYLES[0],
) -> pygame.Surface:
    """Many positions on one picture, `across` in a row."""
    one = width // across
    made = [diagram(board, one - 8, theme=theme, title=title, style=style) for board, title in boards]
    rows = [made[j : j + across] for j in range(0, len(made), across)]
    heights = [max(m.get_height() for m in row) + 8 for row in rows]
    page = draw.canvas((width, sum(heights) + 8), theme.paper)
    y = 8
    for row, high in zip(rows, heights, strict=True):
        for j, image in enumerate(row):
            page.blit(image, (j * one + 4, y))
        y += high
    return page


def squares_of(move: int) -> tuple[int, ...]:
    """The squares that a move of the engine touches: one for a drop, else two."""
    to, origin = move & at.SQ, move >> at.FROM & at.SQ
    return (to,) if move & at.DROP else (origin, to)
