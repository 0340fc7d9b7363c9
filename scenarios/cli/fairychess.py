"""``gyges fairychess``: check a variant file, count moves and compare them with a table's."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from tyro.conf import Positional

from gyges.envs import atomic
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.perft import MAX_DEPTH, divide, perft
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.variants.explain import explain
from gyges.envs.fairychess.variants.ini_files import (
    MAX_BYTES,
    FenError,
    Variant,
    VariantError,
    load,
    names,
    read_each,
    transfer_names,
)
from gyges.envs.fairychess.variants.sentences import named, several
from gyges.envs.foreign import echo

LEGEND = (
    "Boards: capital letters are the pieces of the first player, who sits below, small ones those of the "
    "second; # is a wall.\n"
    "Diagrams, as a piece's owner sees it: the capital letter is the piece; o moves or captures, "
    "m only moves, x only captures, i on its first move, * over a piece. A line that reaches the edge may go "
    "on beyond it.\n"
)


@dataclasses.dataclass
class FairyChess:
    """Check a file of chess variants, or compare a table of moves with ours."""

    action: Positional[Literal["check", "perft", "moves", "divide"]]
    """check: say what the variants of an .ini file mean, in words and diagrams. perft: compare a table of
    perft counts, tab-separated. moves: compare positions, a JSON object a line. divide: count a variant's
    leaves move by move, and find the first difference from an engine."""
    path: Positional[Path | None] = None
    """The file; for check and divide also the name of a variant in the library."""
    file: Path | None = None
    """The same, as an option."""
    depth: int = 3
    """divide: plies to count."""
    fen: str | None = None
    """divide: the position; the variant's start position by default."""
    engine: Path | None = None
    """divide: a UCI engine that reads variants.ini files, to compare with."""


def run(command: FairyChess) -> int:
    """Do one of the four.

    Returns:
        0; 1 where a variant is wrong or something differs; 2 where the file cannot be read.

    Raises:
        ConfigError: no file, or two; or the engine of divide counts nothing.
    """
    if (command.path is None) == (command.file is None):
        raise ConfigError(f"gyges fairychess {command.action} takes one file")
    if command.action == "divide":
        from gyges.scenarios.cli.perft_divide import report

        return report(str(command.path or command.file), command.fen, command.depth, command.engine)
    action = {"check": check, "perft": perft_file, "moves": moves_file}[command.action]
    try:
        return action(command.path or command.file or "")
    except FileError as error:
        echo(error, file=sys.stderr)
        return 2


class _Tally:
    """Counts rows, and prints the last line."""

    def __init__(self) -> None:
        self.rows = self.matched = self.mismatched = self.unsupported = 0
        self.names: dict[str, bool] = {}

    def skip(self, what: str, name: str, reason: Exception) -> None:
        self.unsupported += 1
        self.names.setdefault(name, False)
        echo(f"unsupported: {what}: {reason}")

    def close(self) -> int:
        supported = sum(self.names.values())
        share = 100 * (self.matched + self.mismatched) / max(self.rows, 1)
        echo(f"supported: {share:.1f} % of rows, {supported} of {len(self.names)} variant names")
        counts = f"{self.matched} matched, {self.mismatched} mismatched, {self.unsupported} unsupported"
        echo(f"{self.rows} rows, {counts}")
        return 1 if self.mismatched else 0


def perft_file(path: str | Path) -> int:
    """Compare a table of perft counts with ours.

    Args:
        path: tab-separated rows with a heading; columns variant, fen, depth and nodes are read, and
            chess960 where there is one.

    Returns:
        0, or 1 when a count differs.

    Raises:
        FileError: it cannot be read, or a row has not this form.
    """
    lines = _lines(path, 100_000_000)
    heading = lines[0][1].split("\t")
    if missing := {"variant", "fen", "depth", "nodes"} - set(heading):
        raise FileError(
            f"{path}:1: no column {' or '.join(sorted(missing))}; expected a heading, tab-separated"
        )
    tally = _Tally()
    for number, line in lines[1:]:
        row = dict(zip(heading, line.split("\t"), strict=False))
        try:
            name, fen, depth, expected = row["variant"], row["fen"], int(row["depth"]), int(row["nodes"])
        except (KeyError, ValueError):
            raise FileError(
                f"{path}:{number}: {line[:60]!r}: expected {' '.join(heading)}, tab-separated"
            ) from None
        if not 0 <= depth <= MAX_DEPTH:
            raise FileError(f"{path}:{number}: depth {depth}; expected 0 to {MAX_DEPTH}")
        tally.rows += 1
        try:
            board = Board(name, fen, chess960=row.get("chess960") == "1")
            nodes = perft(board, depth)
        except (VariantError, FenError) as error:
            tally.skip(f"{name} {fen}", name, error)
            continue
        tally.names[name] = True
        if nodes == expected:
            tally.matched += 1
            continue
        tally.mismatched += 1
        echo(f"mismatch: {name} {fen} depth {depth}: {nodes} nodes, the file says {expected}")
        for move, count in divide(board, depth).items() if depth else ():
            echo(f"    {move}: {count}")
    return tally.close()


_WINNERS = {None: None, "first": 0, "second": 1, "draw": -1}


def moves_file(path: str | Path) -> int:
    """Compare positions with ours: legal moves, whether the game is over, who won, check.

    Args:
        path: one JSON object a line with variant, fen, moves, and where given game_over, winner,
            in_check, history_dependent with start_fen and history.

    Returns:
        0, or 1 when something differs.

    Raises:
        FileError: it cannot be read, or a row has not this form.
    """
    tally = _Tally()
    for number, line in _lines(path, 100_000_000):
        row = _parsed(line, f"{path}:{number}")
        tally.rows += 1
        name, label = row["variant"], f"{row.get('id', '')} {row['variant']} {row['fen']}"
        try:
            found = _position(row, f"{path}:{number}")
        except (VariantError, FenError) as error:
            tally.skip(label, name, error)
            continue
        tally.names[name] = True
        if not found:
            tally.matched += 1
        else:
            tally.mismatched += 1
            echo(f"mismatch: {label}")
            echo("\n".join(f"    {x}" for x in found))
    return tally.close()


def _parsed(line: str, where: str) -> dict[str, Any]:
    """One position of a file; FileError where it has another form."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise FileError(f"{where}: {line[:60]!r} is no JSON object") from None
    texts = isinstance(row, dict) and all(isinstance(row.get(key), str) for key in ("variant", "fen"))
    lists = texts and all(isinstance(row.get(key, []), list) for key in ("moves", "history"))
    if not (
        lists and "moves" in row and all(isinstance(m, str) for m in row["moves"] + row.get("history", []))
    ):
        raise FileError(f"{where}: expected variant and fen as texts, moves as a list of texts")
    if row.get("winner") not in _WINNERS:
        raise FileError(f"{where}: winner {row['winner']!r}; expected first, second, draw or null")
    return dict(row)


def _position(row: dict[str, Any], where: str) -> list[str]:
    variant = load(row["variant"])
    found: list[str] = []
    if row.get("history_dependent"):
        board = Board(variant, row.get("start_fen"))
        for move in row.get("history", []):
            try:
                board.push(move)
            except ValueError as error:
                return [f"history: {error}"]
    else:
        board = Board(variant, row["fen"])
    mine, theirs = set(board.moves()), set(row["moves"])
    if mine != theirs:
        found.append(f"moves: ours only {sorted(mine - theirs)}, the file's only {sorted(theirs - mine)}")
    result = board.result()
    if "game_over" in row and result.over != row["game_over"]:
        found.append(f"game over: {result.over}, the file says {row['game_over']}")
    if "winner" in row and result.winner != _WINNERS[row["winner"]]:
        found.append(f"winner: {result.winner}, the file says {row['winner']}")
    if "in_check" in row and row["in_check"] is not None and board.in_check != row["in_check"]:
        found.append(f"in check: {board.in_check}, the file says {row['in_check']}")
    return found


def check(path: str | Path) -> int:
    """Print what the variants of a file mean: board, pieces with diagrams, rules in words.

    Returns:
        0; 1 when a variant is wrong or not supported, with the reason printed.

    Raises:
        FileError: it cannot be read.
    """
    try:
        known = str(path) in (*names(), *transfer_names())
        variants = {str(path): load(str(path))} if known else _read(path)
    except VariantError as error:
        echo(error)
        return 1
    echo(LEGEND)
    for variant in variants.values():
        if isinstance(variant, VariantError):
            echo(f"{variant}\n")
            continue
        over = ended(variant)
        echo(explain(variant, [*unseen_at_start(variant), *([over] if over else [])]))
    refused = [name for name, variant in variants.items() if isinstance(variant, VariantError)]
    if refused:
        echo(
            f"{len(variants) - len(refused)} of {len(variants)} variants read; refused: {', '.join(refused)}"
        )
    return 1 if refused else 0


def ended(variant: Variant) -> str:
    """What there is to say where the game is over before the first move; empty where it is not."""
    board = Board(variant)
    result = board.result()
    if not result.over:
        return ""
    from gyges.render.fairychess.endings import reason_of, result_words

    winner = -1 if result.winner is None else result.winner
    return f"The start position is already over: {result_words(winner, reason_of(board, winner))}"


def _hand(c: Compiled, row: Any, side: int) -> str:
    """What a player has in hand, in words; empty for nothing."""
    pocket = row[c.row[2] : c.row[3]].tolist()
    held = [(c.kinds[kind], pocket[2 * kind + side]) for kind in c.droppable]
    return ", ".join(
        f"{count} {named(kind.piece, c.variant) if count == 1 else several(kind.piece, c.variant)}"
        + (f", written {kind.symbol}" if len(kind.symbol) > 1 else "")
        for kind, count in held
        if count
    )


def unseen_at_start(variant: Variant) -> list[str]:
    """What the start position holds that the board does not show, a sentence each."""
    board = Board(variant)
    c, row, found = board.compiled, board.row, list[str]()
    for side, name in enumerate(("first", "second")):
        if pieces := _hand(c, row, side):
            found.append(f"In the {name} player's hand at the start: {pieces}.")
    return found


def _text(path: str | Path, most: int) -> str:
    try:
        text = atomic.read_bytes(path, most).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(f"{path}: cannot be read: not UTF-8 text") from None
    if not text.strip():
        raise FileError(f"{path}: empty")
    return text


def _lines(path: str | Path, most: int) -> list[tuple[int, str]]:
    """A file's lines that are not blank, with their numbers."""
    lines = enumerate(_text(path, most).replace("\r\n", "\n").split("\n"), 1)
    return [(number, line) for number, line in lines if line.strip()]


def _read(path: str | Path) -> Mapping[str, Variant | VariantError]:
    return read_each(_text(path, MAX_BYTES), str(path))
