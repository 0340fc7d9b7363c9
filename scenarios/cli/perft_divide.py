"""``gyges fairychess divide``: perft move by move beside another engine, down to the first difference."""

from __future__ import annotations

import functools
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.perft import divide, perft
from gyges.envs.fairychess.variants.ini_files import load, names
from gyges.envs.foreign import echo

Counts = dict[str, int]


def _said(engine: Path, words: str) -> str:
    """What an engine answers to some lines of UCI; ConfigError where it does not."""
    try:
        return subprocess.run(
            [str(engine)], input=words, capture_output=True, text=True, check=True, timeout=600
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigError(f"engine {str(engine)!r} counts nothing: {error}") from error


@functools.lru_cache(maxsize=8)
def _own_variants(engine: Path) -> frozenset[str]:
    """The variants that an engine has without a file."""
    found = re.search(r"option name UCI_Variant (.*)", _said(engine, "uci\nquit\n"))
    return frozenset(found[1].split() if found else ())


def engine_counts(engine: Path, board: Board, depth: int) -> Counts:
    """Perft move by move of a UCI engine that knows variants.ini files (Fairy-Stockfish): of its own variant
    where it has one of a library variant's name, else of the variant's text.

    Raises:
        ConfigError: it cannot be started, or does not know the variant.
    """
    variant = board.variant
    own = variant.name in names() and load(variant.name) == variant and variant.name in _own_variants(engine)
    name = variant.name if own else "gyges-" + variant.name
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "variants.ini")
        file.write_text(re.sub(r"^\[.*\]", f"[{name}]", variant.text), encoding="utf-8")
        words = (
            ("" if own else f"load {file}\n") + f"uci\nsetoption name UCI_Variant value {name}\n"
            f"setoption name UCI_Chess960 value {str(board.chess960).lower()}\n"
            f"position fen {board.fen}\ngo perft {depth}\nquit\n"
        )
        out = _said(engine, words)
    if f" {name}" not in out:
        raise ConfigError(f"engine {str(engine)!r} does not take {variant.name}")
    return {move: int(count) for move, count in re.findall(r"^(\S+): (\d+)$", out, re.MULTILINE)}


def first_difference(
    board: Board, depth: int, theirs: Callable[[Board, int], Counts], played: Iterable[str] = ()
) -> tuple[list[str], str, Counts, Counts] | None:
    """Follow counts that differ down to a position whose moves differ.

    Args:
        board: where to begin.
        depth: plies to count.
        theirs: the other engine's counts by move.
        played: moves that led to `board`.

    Returns:
        The moves to it, its FEN, and what is counted only by us and only by them; None where all agree.
    """
    mine, other = divide(board, depth), theirs(board, depth)
    if mine.keys() == other.keys():
        for move in mine:
            if mine[move] != other[move] and depth > 1:
                after = Board(board.variant, chess960=board.chess960)
                after.row = board.row.copy()
                after.push(move)
                return first_difference(after, depth - 1, theirs, [*played, move])
    if mine == other:
        return None
    return (
        list(played),
        board.fen,
        {m: n for m, n in mine.items() if other.get(m) != n},
        {m: n for m, n in other.items() if mine.get(m) != n},
    )


def report(variant: str, fen: str | None, depth: int, engine: Path | None) -> int:
    """Print perft move by move; beside an engine, the first difference.

    Returns:
        0, or 1 where the counts differ.

    Raises:
        ConfigError: the depth is none, or the engine counts nothing.
    """
    if depth < 1:
        raise ConfigError(f"depth {depth}; expected 1 or more")
    board = Board(variant, fen)
    for move, count in divide(board, depth).items():
        echo(f"{move}: {count}")
    echo(f"{perft(board, depth)} leaves")
    if engine is None:
        return 0
    found = first_difference(board, depth, lambda at, left: engine_counts(engine, at, left))
    if found is None:
        echo(f"{engine.name} counts the same")
        return 0
    played, where, ours, theirs = found
    echo(f"first difference after {' '.join(played) or 'no move'}: {where}")
    echo("  ours only: " + (" ".join(f"{m} ({n})" for m, n in ours.items()) or "none"))
    echo("  theirs only: " + (" ".join(f"{m} ({n})" for m, n in theirs.items()) or "none"))
    return 1
