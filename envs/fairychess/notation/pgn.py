"""Games as PGN, in and out, with the variant's rules in a tag.

Whoever reads the file can play it again, also where the variant was invented a minute before: the tag
``Rules`` holds its section of variants.ini (line ends as ``\\n``). Chess comes out as every PGN reader
takes it. Moves are SAN by the usual rules, extended to any piece; where two moves would share a name
they stand as UCI (``e2e4``), which `read` takes as well, and much else that people write.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from gyges.envs.errors import FileError
from gyges.envs.fairychess.board import Board, castled_to, uci
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.notation import pgn_reader
from gyges.envs.fairychess.notation.fen import square_name
from gyges.envs.fairychess.notation.pgn_reader import RESULTS
from gyges.envs.fairychess.variants.ini_files import Variant

MAX_CHARACTERS = 1 << 20


@dataclasses.dataclass(frozen=True)
class Record:
    """One game.

    Attributes:
        variant: its rules.
        moves: UCI names in order.
        fen: where it begins; the variant's start position when empty.
        winner: 0 (first player), 1 (second), -1 (draw), None (not finished).
        tags: further tags by name (Event, White, Black, ...).
        comments: text after the n-th move, counted from 1; 0 before the first.
        assumed: what a text that was read did not say, a sentence each.
    """

    variant: Variant
    moves: tuple[str, ...]
    fen: str = ""
    winner: int | None = None
    tags: Mapping[str, str] = dataclasses.field(default_factory=dict)
    comments: Mapping[int, str] = dataclasses.field(default_factory=dict)
    assumed: tuple[str, ...] = dataclasses.field(default=(), compare=False)

    def board(self) -> Board:
        """The position at the beginning."""
        return Board(self.variant, self.fen or None)


def record_of(
    game: Any,
    actions: Iterable[int],
    *,
    fen: str = "",
    winner: int | None = None,
    tags: Mapping[str, str] | None = None,
) -> Record:
    """A record of a game's moves.

    Args:
        game: a `FairyChess` game.
        actions: one action a ply, in order.
        fen: where it began; the variant's start position when empty.
        winner, tags: as in `Record`.

    Raises:
        FileError: an action is no legal move where it stands.
    """
    board = Board(game.variant, fen or None)
    names = []
    for ply, action in enumerate(actions, 1):
        legal = {game.action_of(move): move for move in reversed(board.listed()[0])}
        if int(action) not in legal:
            raise FileError(f"ply {ply}: action {action} is not legal in {board.fen!r}")
        move = legal[int(action)]
        names.append(uci(board.compiled, board.row, move, board.chess960))
        board.play(move)
    return Record(game.variant, tuple(names), fen, winner, dict(tags or {}))


# SAN.

Going = dict[tuple[str, int], set[int]]
"""From where pieces of a letter go to a square."""


def _stem(board: Board, move: int) -> tuple[str, str]:
    """The letter of a move's piece, empty for a pawn, and what stands before its target (x or nothing)."""
    c, squares = board.compiled, board.row[board.compiled.row[1] : board.compiled.row[2]]
    code = int(squares[move >> at.FROM & at.SQ])
    kind = c.kinds[code >> 2]
    takes = "x" if squares[move & at.SQ] or move & at.EP else ""
    pawn = kind.piece.name == "pawn" and kind.symbol == "P"
    return ("" if pawn else kind.symbol.replace("~", "")), takes


def _suffix(board: Board, move: int) -> str:
    choice = move >> at.CHOICE & 31
    if not choice:
        return ""
    c = board.compiled
    code = int(board.row[c.row[1] + (move >> at.FROM & at.SQ)])
    symbol = c.kinds[c.choices[code >> 2, (code & 3) - 1][choice - 1]].symbol
    return "=+" if symbol[0] == "+" else "=" + symbol[0]


def _bare(board: Board, move: int, going: Going) -> str:
    """SAN without its check mark."""
    c = board.compiled
    to, origin = move & at.SQ, move >> at.FROM & at.SQ
    if move & at.DROP:
        return f"{c.kinds[origin].symbol}@{square_name(c, to)}"
    if move & at.CASTLE:
        return "O-O" if castled_to(c, origin, to) == castled_to(c, 0, 1) + _first(c, origin) else "O-O-O"
    letter, takes = _stem(board, move)
    rivals = going[letter, to] - {origin}
    files = c.variant.maxFile
    name = square_name(c, origin)
    if not letter:
        where = name[0] if takes or rivals else ""
    elif not rivals:
        where = ""
    elif all(r % files != origin % files for r in rivals):
        where = name[0]
    elif all(r // files != origin // files for r in rivals):
        where = name[1:]
    else:
        where = name
    return letter + where + takes + square_name(c, to) + _suffix(board, move)


def _first(c: Any, origin: int) -> int:
    """The first square of a rank."""
    return int(origin - origin % c.variant.maxFile)


def names(board: Board) -> dict[str, int]:
    """Every legal move by the one name that `write` gives it, without check marks."""
    legal = board.listed()[0]
    going: Going = {}
    for move in legal:
        if not move & (at.DROP | at.CASTLE):
            origins = going.setdefault((_stem(board, move)[0], move & at.SQ), set())
            origins.add(move >> at.FROM & at.SQ)
    found: dict[str, list[int]] = {}
    for move in legal:
        found.setdefault(_bare(board, move, going), []).append(move)
    single = {name: moves[0] for name, moves in found.items() if len(moves) == 1}
    for moves in found.values():
        for move in moves if len(moves) > 1 else ():
            single[uci(board.compiled, board.row, move, board.chess960)] = move
    return single


# Out.


def write(record: Record) -> str:
    """A game as PGN.

    Raises:
        FileError: a move is not legal where it stands.
    """
    v = record.variant
    given = {"Event": "?", "Site": "?", "Date": "????.??.??", "Round": "?", "White": "?", "Black": "?"}
    tags = {**given, **record.tags, "Result": RESULTS[record.winner], "Variant": v.name}
    if record.fen or v.name != "chess":
        tags |= {"SetUp": "1", "FEN": record.fen or v.startFen}
    tags["Rules"] = v.text
    lines = [f'[{name} "{_escaped(value)}"]' for name, value in tags.items()]
    return "\n".join([*lines, "", _wrapped(_movetext(record)), ""])


def _movetext(record: Record) -> list[str]:
    board, found = record.board(), []
    if 0 in record.comments:
        found.append(_comment(record.comments[0]))
    number, black = int(board.row[at.PLY]) // 2 + 1, bool(board.row[at.TURN])
    fresh = True
    for ply, name in enumerate(record.moves, 1):
        legal = board.moves()
        if name not in legal:
            raise FileError(f"ply {ply}: {name[:20]!r} is not legal in {board.fen!r}")
        said = next(n for n, m in names(board).items() if m == legal[name])
        if not black or fresh:
            found.append(f"{number}." + (".." if black else ""))
        board.play(legal[name])
        mark = ""
        if board.in_check and said != name:  # a UCI name may end in + for a promotion
            mark = "#" if board.result_now().over else "+"
        found.append(said + mark)
        fresh = ply in record.comments
        if fresh:
            found.append(_comment(record.comments[ply]))
        number, black = number + black, not black
    return [*found, RESULTS[record.winner]]


def _comment(text: str) -> str:
    return "{" + " ".join(text.replace("{", "(").replace("}", ")").split()) + "}"


def _wrapped(tokens: list[str]) -> str:
    lines = [""]
    for token in tokens:
        if lines[-1] and len(lines[-1]) + 1 + len(token) > 79:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + token
    return "\n".join(lines)


def _escaped(value: str) -> str:
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


# In.


def read(text: str) -> Record:
    """Read one game, as people and servers write it; `Record.assumed` says what was not written.

    A tag ``Rules`` gives the variant, otherwise ``Variant`` names one of the library, also by the names of
    large servers ("Three-check", "From Position", "S-Chess"). Castling with zeros, promotions without ``=``,
    more squares than needed, ``e.p.``, ``%`` lines, null moves where a player may pass and marks of all kinds
    are understood; where a result stands in the tag and after the moves, the tag counts.

    Raises:
        FileError: the text is too long, or a move or a tag is not understood; the message says which.
    """
    if len(text) > MAX_CHARACTERS:
        raise FileError(f"{len(text)} characters; a game has at most {MAX_CHARACTERS}")
    found = pgn_reader.parse(text)
    result = found.tags.get("Result", "*")
    if result == "*" and found.result not in ("", "*"):
        found.assumed.append(f"the result is {found.result}, as it stands after the moves")
        result = found.result
    winner = next((w for w, r in RESULTS.items() if r == result), None)
    known = {"Result", "Variant", "SetUp", "FEN", "Rules"}
    rest = {name: value for name, value in found.tags.items() if name not in known}
    moves, assumed = tuple(found.moves), tuple(found.assumed)
    comments = {ply: " ".join(words) for ply, words in found.comments.items()}
    return Record(found.variant, moves, found.fen, winner, rest, comments, assumed)
