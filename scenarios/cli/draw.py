"""``gyges draw``: positions of chess variants as a picture."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess import Variant, load
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.variants.ini_files import FenError, VariantError
from gyges.envs.foreign import echo
from gyges.render.fairychess.diagrams import diagram, sheet, squares_of, targets_of
from gyges.render.fairychess.position import Marks
from gyges.render.kit import draw, video
from gyges.render.kit.theme import DAY, NIGHT


@dataclasses.dataclass
class Draw:
    """Draw positions of chess variants as one PNG."""

    variants: Positional[tuple[str, ...]] = ("chess",)
    """Library names, FILE.ini or FILE.ini#NAME."""
    png: Path = Path("board.png")
    """File to write."""
    fen: str = ""
    """The position; the start position by default."""
    moves: tuple[str, ...] = ()
    """Moves played from there."""
    piece: str = ""
    """A square whose piece shows where it may go."""
    width: int = 720
    """Width of the picture in pixels."""
    across: int = 0
    """Boards in a row; as many as look well by default."""
    night: bool = False
    """Dark, as an unwatched decision is shown."""
    flip: bool = False
    """The second player's side below."""
    pieces: Literal["traditional", "western"] = "traditional"
    """Signs of xiangqi, janggi, shogi and makruk pieces: those of their home, or western ones."""


def run(given: Draw) -> int:
    """Draw; returns the exit status.

    Raises:
        ConfigError: no such variant, position or move, or a size that is none.
    """
    if not 200 <= given.width <= 4096:
        raise ConfigError(f"a picture is 200 to 4096 pixels wide, not {given.width}")
    theme = NIGHT if given.night else DAY
    boards = [_stood(name, given) for name in given.variants]
    if len(boards) == 1:
        board, last = boards[0]
        marks = Marks()
        if given.piece:
            chosen, targets = targets_of(board, given.piece)
            marks = Marks(chosen=chosen, targets=targets)
        image = diagram(board, given.width, theme=theme, last=last, marks=marks, flip=given.flip,
                        style=given.pieces)  # fmt: skip
    else:
        across = given.across or min(len(boards), max(1, given.width // 330))
        image = sheet([(b, b.variant.name) for b, _ in boards], given.width, across, theme, given.pieces)
    video.png(given.png, draw.pixels(image))
    echo(f"written {given.png}")
    return 0


def _stood(name: str, given: Draw) -> tuple[Board, tuple[int, ...]]:
    """A variant's position after the moves asked for, and the squares of the last of them."""
    try:
        variant: Variant = load(name)
        board = Board(variant, given.fen or None)
        last: tuple[int, ...] = ()
        for word in given.moves:
            move = board.moves().get(word)
            if move is None:
                legal = " ".join(board.moves())
                raise ConfigError(f"{word!r} is not legal in {board.fen}; legal are {legal}")
            last = squares_of(move)
            board.play(move)
    except (VariantError, FenError) as error:
        raise ConfigError(str(error)) from None
    return board, last
