"""Reading PGN as people and servers write it: what was meant, and what had to be assumed.

Moves are found by what they say (piece, origin, target, promotion), not by their one strict name, so that
``0-0``, ``a8Q``, ``Ng1-f3``, ``exd6 e.p.`` and the like are understood. Every token is looked at once.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from gyges.envs.errors import FileError
from gyges.envs.fairychess.board import Board, castled_to, uci
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.notation.fen import square_index
from gyges.envs.fairychess.variants.ini_files import FenError, Variant, VariantError, load, names

RESULTS = {None: "*", -1: "1/2-1/2", 0: "1-0", 1: "0-1"}
SERVERS = {
    "standard": "chess", "normal": "chess", "fromposition": "chess", "classical": "chess",
    "fischerandom": "chess960", "fischerrandom": "chess960", "wildfr": "chess960", "threecheck": "3check",
    "fivecheck": "5check", "s": "seirawan", "sharper": "seirawan", "ouk": "cambodian",
    "oukchaktrang": "cambodian", "chinese": "xiangqi", "c": "xiangqi", "japanese": "shogi",
    "korean": "janggi", "thai": "makruk", "nocastling": "nocastle",
}  # fmt: skip
"""Names of variants on servers and in programs, in small letters and digits, without a last ``chess``."""
_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212\u00d7\u2026", "------x.", "\u200b\ufeff")
_TAG = re.compile(r'\[\s*([A-Za-z0-9_]+)\s+"((?:[^"\\\n]|\\.)*)"\s*\]')
_WORD = re.compile(r"[^\s{}();]+")
_CASTLE = re.compile(r"[O0o]-?[O0o](-?[O0o])?")
_NULL = frozenset(("--", "Z0", "0000", "@@@@", "null", "pass", "Pass", "PASS", "<>"))
_IDLE = re.compile(r"\$\d*|[!?=+\-/~\u2150-\u2bff\u00b1#]+|e\.?p\.?|ch\.?|dis|dbl|mate|N\.?")
_DROP = re.compile(r"(\+?[A-Za-z])?[@*]([a-l]\d{1,2})")
_MOVE = re.compile(
    r"(?P<piece>\+?[A-Z])?(?P<file>[a-l])??(?P<rank>\d{1,2})??(?P<takes>[x:\-])?(?P<to>[a-l]\d{1,2}):?"
    r"(?:[=/(]?(?P<becomes>\+|-|[A-Za-z])\)?)?"
)


@dataclasses.dataclass
class Text:
    """What a PGN text holds: tags, moves by UCI name, comments by ply, the result, and what was assumed."""

    variant: Variant
    fen: str
    tags: dict[str, str]
    moves: list[str] = dataclasses.field(default_factory=list)
    comments: dict[int, list[str]] = dataclasses.field(default_factory=dict)
    result: str = ""
    assumed: list[str] = dataclasses.field(default_factory=list)


def unescaped(value: str) -> str:
    """A tag's value as it was before it was written."""
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value)


def parse(text: str) -> Text:
    """Read one game.

    Raises:
        FileError: a tag, the variant, the position or a move is not understood; the message says which.
    """
    tags, rest = _tags(text)
    assumed: list[str] = []
    try:
        variant = _variant(tags, assumed)
        fen = _fen(variant, tags.get("FEN", ""), assumed)
        board = Board(variant, fen or None)
    except (VariantError, FenError) as error:
        raise FileError(f"the game's rules or its position: {error}") from error
    found = Text(variant, fen, tags, assumed=assumed)
    _movetext(rest, board, found)
    return found


# Tags.


def _tags(text: str) -> tuple[dict[str, str], str]:
    """The tags at the head, and the rest."""
    tags: dict[str, str] = {}
    lines = text.removeprefix("\ufeff").splitlines()
    n = 0
    while n < len(lines) and (not lines[n].strip() or lines[n].lstrip().startswith(("[", "%", ";"))):
        line = lines[n].strip()
        if line.startswith("["):
            at_end = 0
            for one in _TAG.finditer(line):
                if line[at_end : one.start()].strip():
                    break
                tags[one[1]] = unescaped(one[2])
                at_end = one.end()
            if line[at_end:].strip() or not at_end:
                raise FileError(f'{line[:60]!r} is no tag; expected [Name "value"]')
        n += 1
    return tags, "\n".join(line for line in lines[n:] if not line.startswith("%"))


def _plain(name: str) -> str:
    """Small letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _variant(tags: dict[str, str], assumed: list[str]) -> Variant:
    """The game's rules: its own text, or the library's by this name or a server's."""
    if "Rules" in tags:
        return load(tags["Rules"])
    said = tags.get("Variant", "").strip() or "chess"
    known = names()
    if said.lower() in known:
        return load(said.lower())
    library = {_plain(name): name for name in known}
    for ending, more in (("", ""), ("960", "chess960 = true\n"), ("chess960", "chess960 = true\n")):
        key = _plain(said)
        if not key.endswith(ending):
            continue
        key = key.removesuffix(ending)
        short = key.removesuffix("chess")
        name = library.get(key) or SERVERS.get(key) or library.get(short) or SERVERS.get(short)
        if name:
            assumed.append(f"the variant {said[:40]!r} is {name}{' with pieces mixed' if more else ''}")
            return load(f"[{name}960:{name}]\n{more}") if more else load(name)
    return load(said.lower())  # says what the library has


def _fen(variant: Variant, text: str, assumed: list[str]) -> str:
    """The position, with what is commonly left out or written otherwise."""
    words = (
        text.translate(_DASHES).replace("_", " ") if " " not in text.strip() else text.translate(_DASHES)
    ).split()
    if not words:
        return ""
    if len(words) == 1:
        words.append("w")
        assumed.append("the FEN does not say who is to move: the first player")
    words[1] = {"white": "w", "black": "b"}.get(words[1].lower(), words[1].lower())
    if len(words) > 2 and re.fullmatch("[KQkq]{1,4}", words[2]):
        words[2] = _kept_rights(variant, words, assumed) or "-"
    fen = " ".join(words)
    return "" if fen == variant.startFen else fen


def _kept_rights(variant: Variant, words: list[str], assumed: list[str]) -> str:
    """The castling rights for which king and rook are there."""
    kept = ""
    for right in words[2]:
        try:
            Board(variant, " ".join([*words[:2], right]))
            kept += right
        except FenError as error:
            if "without a king and a rook" not in str(error):
                raise
            assumed.append(f"castling {right} in the FEN, where no king and rook stand for it, is no right")
    return kept


# Moves.


def _movetext(text: str, board: Board, found: Text) -> None:
    """Play the main line; variations and marks are passed over, comments kept."""
    text = text.translate(_DASHES)
    depth = place = 0
    closes = text.rfind("}")
    while place < len(text):
        letter = text[place]
        if letter == "{":
            if place > closes:
                found.assumed.append(
                    f"the comment after ply {len(found.moves)} goes to the end: no }} follows"
                )
            end = text.find("}", place) if place < closes else len(text)
            if not depth:
                _comment(found, text[place + 1 : end])
            place = end + 1
        elif letter == ";":
            end = text.find("\n", place)
            place = len(text) if end < 0 else end
        elif letter in "()":
            depth = max(depth + (1 if letter == "(" else -1), 0)
            place += 1
        elif letter.isspace() or letter == "}":
            place += 1
        else:
            word = _WORD.match(text, place)
            assert word is not None
            place = word.end()
            opened = text[place : place + 1] == "(" and re.match(r"\(([A-Za-z+])\)", text[place : place + 4])
            token = word[0]
            if opened and not depth and re.search(r"[a-l]\d{1,2}$", token):
                token += opened[0]
                place += opened.end()
            if not depth and _token(token, board, found):
                break
    if place < len(text) and text[place:].strip():
        found.assumed.append(f"what follows {found.result} is another game, and not read")


def _comment(found: Text, words: str) -> None:
    found.comments.setdefault(len(found.moves), []).extend(words.split())


def _token(token: str, board: Board, found: Text) -> bool:
    """Read one word of the main line; True for the game's end."""
    said = {"1/2": "1/2-1/2", "\u00bd-\u00bd": "1/2-1/2", "\u00bd": "1/2-1/2"}.get(token, token)
    if said in RESULTS.values():
        found.result = said
        return True
    name = re.sub(r"^\d+(?:\.+|\)|$)", "", token).lstrip(".")
    if token in _NULL:
        name = token
    if not name or (_IDLE.fullmatch(name) and name not in _NULL):
        return False
    found.moves.append(_played(board, name, len(found.moves) + 1, found.assumed))
    return False


def _played(board: Board, name: str, ply: int, assumed: list[str]) -> str:
    """Play a move as it is written; returns its UCI name."""
    move = _understood(board, name, ply, assumed)
    if move is None:
        why = "a null move; no player may pass here" if name in _NULL else "no legal move"
        raise FileError(f"ply {ply}: {name[:20]!r} is {why} in {board.fen!r}")
    said = uci(board.compiled, board.row, move, board.chess960)
    board.play(move)
    return said


def _understood(board: Board, name: str, ply: int, assumed: list[str]) -> int | None:
    """The legal move that a word means, None for none."""
    legal = board.listed()[0]
    bare = re.sub(r"(?:e\.?p\.?|ch\.?|mate)?[!?]*$", "", name)
    if bare in _NULL:
        return _pass(legal)
    for word in dict.fromkeys((bare, bare.rstrip("#"), re.sub(r"(?:\+|#)$", "", bare), bare.rstrip("+#"))):
        word = re.sub(r"e\.?p\.?$", "", word)
        if _CASTLE.fullmatch(word):
            return _castling(board, legal, long=len(re.sub("-", "", word)) == 3)
        drop, move = _DROP.fullmatch(word), _MOVE.fullmatch(word)
        found = (
            _drops(board, legal, drop) if drop else _moves(board, legal, move, ply, assumed) if move else []
        )
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            by_name = board.moves()
            if word in by_name:
                return by_name[word]
            either = " or ".join(sorted(n for n, m in by_name.items() if m in found)[:4])
            raise FileError(f"ply {ply}: {name[:20]!r} may be {either} in {board.fen!r}")
    if re.fullmatch(r"[a-l]\d.*", bare):  # castling, walls and entering pieces by their UCI names
        by_name = board.moves()
        return by_name.get(bare) or by_name.get(bare.rstrip("+#"))
    return None


def _pass(legal: list[int]) -> int | None:
    idle = [m for m in legal if not m & (at.DROP | at.CASTLE) and m & at.SQ == m >> at.FROM & at.SQ]
    return next((m for m in idle if not m >> at.CHOICE & 31), None)


def _castling(board: Board, legal: list[int], long: bool) -> int | None:
    c = board.compiled
    for move in legal:
        if move & at.CASTLE and not move & at.GATE:
            origin, rook = move >> at.FROM & at.SQ, move & at.SQ
            kings = castled_to(c, origin, rook) % c.variant.maxFile == int(c.table("head")[at.KING_FILE])
            if kings != long:
                return move
    return None


def _drops(board: Board, legal: list[int], word: Any) -> list[int]:
    c = board.compiled
    target, symbol = square_index(c, word[2]), (word[1] or "P").upper()
    return [
        m
        for m in legal
        if m & at.DROP and m & at.SQ == target and c.kinds[m >> at.FROM & at.SQ].symbol == symbol
    ]


def _moves(board: Board, legal: list[int], word: Any, ply: int, assumed: list[str]) -> list[int]:
    """The legal moves that fit piece, origin, target and promotion as they are written."""
    c = board.compiled
    files, target = c.variant.maxFile, square_index(c, word["to"])
    squares = board.row[c.row[1] : c.row[2]]
    origin_known = word["file"] is not None and word["rank"] is not None
    fitting = []
    for m in legal:
        origin = m >> at.FROM & at.SQ
        if m & (at.DROP | at.CASTLE) or m & at.SQ != target:
            continue
        if word["file"] and origin % files != ord(word["file"]) - 97:
            continue
        if word["rank"] and origin // files != int(word["rank"]) - 1:
            continue
        kind = c.kinds[int(squares[origin]) >> 2]
        symbol = kind.symbol.replace("~", "")
        if symbol == (word["piece"] or "P") or (origin_known and not word["piece"]):
            fitting.append(m)
    becomes = word["becomes"]
    if becomes in ("+", "-") and (word["piece"] or not origin_known) and f"={becomes}" not in word[0]:
        return []  # the mark of check
    exact = [m for m in fitting if (becomes or "").upper() in _becomes(board, m)]
    if exact or becomes:
        return exact
    queens = [m for m in fitting if "Q" in _becomes(board, m)]
    if len(queens) == 1:
        assumed.append(f"ply {ply}: {word[0]!r} does not say what it promotes to: a queen")
        return queens
    return fitting


def _becomes(board: Board, move: int) -> tuple[str, ...]:
    """What a piece becomes by a move, + or - for turning over; or what enters behind it."""
    c = board.compiled
    if move & at.GATE:
        return (c.kinds[move >> at.SECOND].symbol,)
    choice = move >> at.CHOICE & 31
    if not choice:
        return ("",)
    code = int(board.row[c.row[1] + (move >> at.FROM & at.SQ)])
    before = c.kinds[code >> 2].symbol
    symbol = c.kinds[c.choices[code >> 2, (code & 3) - 1][choice - 1]].symbol
    return (symbol[0], "-") if before[0] == "+" and symbol == before[1:] else (symbol[0],)
