"""What ``gyges fairychess`` does: check a variant file, count and compare moves."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.explain import explain
from gyges.envs.fairychess.perft import divide, perft
from gyges.envs.fairychess.variants import FenError, Variant, VariantError, load, names, read

LEGEND = (
    "Diagrams: the capital letter is the piece; o moves or captures, m only moves, x only captures, "
    "i on its first move, * over a piece."
)


class _Tally:
    """Counts rows, and prints the last line."""

    def __init__(self) -> None:
        self.rows = self.matched = self.mismatched = self.unsupported = 0
        self.names: dict[str, bool] = {}

    def skip(self, what: str, name: str, reason: Exception) -> None:
        self.unsupported += 1
        self.names.setdefault(name, False)
        print(f"unsupported: {what}: {reason}")

    def close(self) -> int:
        supported = sum(self.names.values())
        share = 100 * (self.matched + self.mismatched) / max(self.rows, 1)
        print(f"supported: {share:.1f} % of rows, {supported} of {len(self.names)} variant names")
        counts = f"{self.matched} matched, {self.mismatched} mismatched, {self.unsupported} unsupported"
        print(f"{self.rows} rows, {counts}")
        return 1 if self.mismatched else 0


def _counted(name: str) -> Variant:
    """A variant for counting moves: suicide differs from antichess only in who wins a stalemate."""
    return load("antichess" if name == "suicide" else name)


def perft_file(path: str | Path) -> int:
    """Compare a table of perft counts with ours.

    Args:
        path: tab-separated rows with a heading; columns variant, fen, depth and nodes are read, and
            chess960 where there is one.

    Returns:
        0, or 1 when a count differs.
    """
    tally = _Tally()
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            tally.rows += 1
            name, fen, depth = row["variant"], row["fen"], int(row["depth"])
            try:
                board = Board(_counted(name), fen, chess960=row.get("chess960") == "1")
                nodes = perft(board, depth)
            except (VariantError, FenError) as error:
                tally.skip(f"{name} {fen}", name, error)
                continue
            tally.names[name] = True
            if nodes == int(row["nodes"]):
                tally.matched += 1
                continue
            tally.mismatched += 1
            print(f"mismatch: {name} {fen} depth {depth}: {nodes} nodes, the file says {row['nodes']}")
            for move, count in divide(board, depth).items():
                print(f"    {move}: {count}")
    return tally.close()


_WINNERS = {None: None, "first": 0, "second": 1, "draw": -1}


def moves_file(path: str | Path) -> int:
    """Compare positions with ours: legal moves, whether the game is over, who won, check.

    Args:
        path: one JSON object a line with variant, fen, moves, and where given game_over, winner,
            in_check, history_dependent with start_fen and history.

    Returns:
        0, or 1 when something differs.
    """
    tally = _Tally()
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        row = json.loads(line)
        tally.rows += 1
        name, label = row["variant"], f"{row.get('id', '')} {row['variant']} {row['fen']}"
        try:
            found = _position(row)
        except (VariantError, FenError) as error:
            tally.skip(label, name, error)
            continue
        tally.names[name] = True
        if not found:
            tally.matched += 1
        else:
            tally.mismatched += 1
            print(f"mismatch: {label}")
            print("\n".join(f"    {x}" for x in found))
    return tally.close()


def _position(row: dict[str, Any]) -> list[str]:
    variant = load(row["variant"])
    found: list[str] = []
    if row.get("history_dependent"):
        board = Board(variant, row.get("start_fen"))
        for move in row.get("history", []):
            board.push(move)
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
        0; 1 when a variant is wrong, with the reason printed; 2 when the file cannot be read.
    """
    try:
        variants = [load(str(path))] if str(path) in names() else list(_read(path).values())
    except VariantError as error:
        print(error)
        return 1
    except (OSError, UnicodeDecodeError) as error:
        why = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        print(f"{path}: cannot be read: {why}", file=sys.stderr)
        return 2
    print(LEGEND)
    for variant in variants:
        print(explain(variant))
        if said := ended(variant):
            print(said + "\n")
    return 0


def ended(variant: Variant) -> str:
    """What there is to say where the game is over before the first move; empty where it is not."""
    board = Board(variant)
    result = board.result()
    if not result.over:
        return ""
    who = ("the first player has won", "the second player has won", "drawn")[result.winner or 0]
    moves = "" if board.moves() else "; there is no legal move"
    return f"  the start position is already over ({who}{moves})"


def _read(path: str | Path) -> dict[str, Variant]:
    return read(Path(path).read_text(encoding="utf-8"), str(path))
