"""Positions as FEN text, in and out."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.mobility import Kind
from gyges.envs.fairychess.engine.variant_tables import Compiled
from gyges.envs.fairychess.variants.ini_files import FenError

Row = npt.NDArray[np.int32]
MAX_LENGTH = 600
MAX_POCKET = 96
NEUTRAL = {"*": at.WALL, "^": at.CIVILIAN}
"""What belongs to neither player."""


def square_name(c: Compiled, square: int) -> str:
    """``e4`` for a square's index."""
    return chr(97 + square % c.variant.maxFile) + str(square // c.variant.maxFile + 1)


def square_index(c: Compiled, name: str) -> int:
    """The index of ``e4``, -1 when it is no square of the board."""
    found = re.fullmatch(r"([a-l])([0-9]{1,2})", name)
    if not found:
        return -1
    x, y = ord(found[1]) - 97, int(found[2]) - 1
    return y * c.variant.maxFile + x if x < c.variant.maxFile and 0 <= y < c.variant.maxRank else -1


def _symbols(kinds: tuple[Kind, ...]) -> dict[str, int]:
    return {k.symbol: i for i, k in enumerate(kinds) if i}


def row_of(c: Compiled, fen: str) -> Row:
    """Read a FEN.

    Args:
        c: the compiled variant.
        fen: board, player to move, and where the variant has them castling, en passant square,
            checks still to give (``3+3``), half-move clock (where moves are counted: in place of the en
            passant square the plies to mate in, then the plies counted) and move number; later fields may
            be missing.

    Returns:
        int32 [c.row[-1]], the position.

    Raises:
        FenError: saying which part does not fit.
    """
    if len(fen) > MAX_LENGTH:
        raise FenError(f"{len(fen)} characters; a FEN has at most {MAX_LENGTH}")
    words = fen.split()
    if not words:
        raise FenError("empty; expected a board and the player to move")
    row = np.zeros(int(c.row[-1]), np.int32)
    info, board = row[: at.INFO], row[c.row[1] : c.row[2]]
    _board(c, words[0], board, row[c.row[2] : c.row[3]])
    more, head = row[c.row[4] :], c.table("head")
    side = words[1] if len(words) > 1 else ""
    if side not in ("w", "b"):
        raise FenError(f"player to move {side[:20]!r}; expected w or b")
    info[at.TURN] = int(side == "b")
    info[at.EP0 : at.CHECKS] = -1
    info[at.CHECKS : at.CHECKS + 2] = _start_checks(c) if c.variant.checkCounting else 0
    numbers = _rest(c, words[2:], info, board, more)
    if head[at.REMEMBERS] & 6 and len(numbers) == 3 and numbers[0]:
        more[at.COUNT_LIMIT : at.COUNT_PLY + 1] = [min(n, 999) for n in numbers[:2]]
    elif len(numbers) > 1:
        info[at.CLOCK] = numbers[-2]
    if numbers:
        info[at.PLY] = 2 * (max(numbers[-1], 1) - 1) + info[at.TURN]
    _count(c, row)
    if head[at.BIKJANG]:
        more[at.LATELY] = int(_facing(c, info, board))
    return row


def _facing(c: Compiled, info: Row, board: Row) -> bool:
    """Do the kings face each other on a rank or file?"""
    low, high = sorted(int(s) for s in info[at.KING : at.KING + 2])
    files = c.variant.maxFile
    step = files if low % files == high % files else 1 if low // files == high // files else 0
    return low >= 0 and step > 0 and not board[low + step : high : step].any()


def _start_checks(c: Compiled) -> tuple[int, int]:
    found = re.search(r" ([0-9])\+([0-9])(?: |$)", c.variant.startFen)
    return (int(found[1]), int(found[2])) if found else (3, 3)


def _board(c: Compiled, text: str, board: Row, pocket: Row) -> None:
    v = c.variant
    symbols = _symbols(c.kinds)
    text, bracket, hand = text.partition("[")
    if bracket:
        if not hand.endswith("]"):
            raise FenError(f"pieces in hand {hand[:30]!r} are not closed by ]")
        hand = hand[:-1]
    ranks = text.split("/")
    if len(ranks) == v.maxRank + 1 and not bracket:
        hand = ranks.pop()
    if len(ranks) != v.maxRank:
        raise FenError(f"{len(ranks)} ranks; the board has {v.maxRank}")
    for y, rank in zip(range(v.maxRank - 1, -1, -1), ranks, strict=True):
        x = 0
        for token in re.findall(r"[0-9]+|\*|\+?[A-Za-z]~?|.", rank):
            if token.isdecimal() and token.isascii():
                x += int(token[:3])
                continue
            if x < v.maxFile:
                board[y * v.maxFile + x] = NEUTRAL.get(token) or _code(c, token, symbols)
            x += 1
        if x != v.maxFile:
            raise FenError(f"rank {y + 1} ({rank[:40]!r}) has {x} squares; the board has {v.maxFile}")
    for letter in "" if hand in ("", "-") else hand:
        code = _code(c, letter, symbols)
        if code >> 2 not in c.droppable:
            raise FenError(f"{letter!r} in hand; this variant drops {_letters(c) or 'nothing'}")
        pocket[code >> 1] += 1
    if pocket.sum() > MAX_POCKET:
        raise FenError(f"{pocket.sum()} pieces in hand; at most {MAX_POCKET}")


def _letters(c: Compiled) -> str:
    return " ".join(c.kinds[k].symbol for k in c.droppable)


def _code(c: Compiled, token: str, symbols: dict[str, int]) -> int:
    symbol = token.upper() if token.isascii() else token
    kind = symbols.get(symbol, 0)
    if not kind and symbol.endswith("~"):
        kind = symbols.get(symbol[:-1], 0)
    if not kind:
        raise FenError(f"{token[:5]!r} is no piece of {c.variant.name}; it has {' '.join(symbols)}")
    first = token.strip("+~").isupper()
    return 4 * kind + (1 if first else 2)


def _rest(c: Compiled, words: list[str], info: Row, board: Row, more: Row) -> list[int]:
    """Castling, en passant, checks; returns the numbers at the end."""
    numbers: list[int] = []
    castled = passed = False
    for word in words:
        checks = re.fullmatch(r"(\+?)([0-9])\+([0-9])", word)
        if re.fullmatch(r"[0-9]{1,5}", word):
            numbers.append(int(word))
        elif checks:
            given = [int(checks[2]), int(checks[3])]
            if checks[1]:  # checks given so far, as some write it
                given = [max(a - b, 0) for a, b in zip(_start_checks(c), given, strict=True)]
            if c.variant.checkCounting:
                info[at.CHECKS : at.CHECKS + 2] = given
        elif not castled and not numbers and re.fullmatch(r"-|[A-La-l]*[KQkqA-La-l]+", word):
            castled = True
            if word != "-":
                _castling(c, word, info, board, more)
        elif not passed and re.fullmatch(r"-|([a-l][0-9]{1,2}){1,3}", word):
            castled = passed = True
            if word != "-":
                _en_passant(c, word, info, board)
        else:
            raise FenError(f"{word[:30]!r} where castling, en passant square, checks or a number is expected")
    return numbers


def _castling(c: Compiled, word: str, info: Row, board: Row, more: Row) -> None:
    head, role, files = c.table("head"), c.table("role"), c.variant.maxFile
    if not head[at.CASTLES] and not head[at.GATING]:
        return
    for letter in word:
        side = 0 if letter.isupper() else 1
        y = head[at.CASTLE_RANK] if side == 0 else c.variant.maxRank - 1 - head[at.CASTLE_RANK]
        rank = [int(q) for q in board[y * files : (y + 1) * files]]
        own = [q if q & 3 == side + 1 else 0 for q in rank]
        king = _king(c, rank, side)
        rooks = [x for x in range(files) if role[own[x] >> 2] >> 8 & 1]
        name = letter.lower()
        if head[at.GATING] and (name not in "kq" or not head[at.CASTLES]):
            x = ord(name) - 97
            if x >= files or not own[x]:
                raise FenError(f"first move {letter!r} where no piece stands on rank {y + 1}")
            more[at.GATES + side] |= 1 << x
            continue
        if name in "kq":
            beside = [x for x in rooks if (x > king) == (name == "k")]
            corner = c.variant.castlingRookKingsideFile, c.variant.castlingRookQueensideFile
            within = [x for x in beside if (x < corner[0] if name == "k" else x >= corner[1] - 1)]
            rook = (max(within) if name == "k" else min(within)) if within else -1
        else:
            rook = ord(name) - 97 if ord(name) - 97 in rooks else -1
        if king < 0 or rook < 0:
            raise FenError(f"castling {letter!r} without a king and a rook on rank {y + 1} to castle with")
        if head[at.GATING]:
            more[at.GATES + side] |= 1 << rook | 1 << king
        info[at.RIGHTS + 2 * side + int(rook < king)] = y * files + rook
        info[at.CASTLER + side] = y * files + king


def _king(c: Compiled, rank: list[int], side: int) -> int:
    """The file of the piece that castles by a plain K or Q: the one at home, or else the first; -1 none."""
    role, home = c.table("role"), int(c.table("head")[at.CASTLE_FILE])
    kings = [x for x, q in enumerate(rank) if q & 3 == side + 1 and role[q >> 2] >> 9 & 1]
    return home if home in kings else (kings[0] if kings else -1)


def _en_passant(c: Compiled, word: str, info: Row, board: Row) -> None:
    """Squares passed, and where it does not stand behind them the piece that passed."""
    squares = [square_index(c, name) for name in re.findall(r"[a-l][0-9]{1,2}", word)]
    if min(squares) < 0:
        raise FenError(f"en passant square {word!r} is not on the board")
    if not c.table("head")[at.EN_PASSANT]:
        return
    mover = 1 - int(info[at.TURN])
    empty = [s for s in squares if board[s] == 0][:2]
    victims = [s for s in squares if board[s] & 3 == mover + 1]
    if not empty:
        return
    step = c.variant.maxFile * (1 if mover == 0 else -1)
    for n in range(1, 3):
        victim = empty[0] + n * step
        if not victims and 0 <= victim < c.variant.squares and board[victim]:
            victims = [victim] if board[victim] & 3 == mover + 1 else [-1]
    if victims and victims[0] >= 0:
        info[at.EP0 : at.EP0 + len(empty)] = empty
        info[at.EPV] = victims[0]


def _passed(c: Compiled, info: Row) -> str:
    """The en passant squares, with the piece that passed where it is not behind them on their file."""
    squares = [int(s) for s in info[at.EP0 : at.EP1 + 1] if s >= 0]
    victim, files = int(info[at.EPV]), c.variant.maxFile
    if any(s % files != victim % files for s in squares):
        squares.append(victim)
    return "".join(square_name(c, s) for s in sorted(squares)) or "-"


def _count(c: Compiled, row: Row) -> None:
    info, board = row[: at.INFO], row[c.row[1] : c.row[2]]
    pocket, count = row[c.row[2] : c.row[3]], row[c.row[3] : c.row[4]]
    role, zobrist = c.table("role"), c.table("zobrist")
    head = c.table("head")
    walls = head[at.WALLING] or head[at.PETRIFY]  # those that stand from the start are no news
    for s, q in enumerate(int(x) for x in board):
        if q == 0 or (q == at.WALL and not walls):
            continue
        kind, side = q >> 2, (q & 3) - 1
        if q in (at.CIVILIAN, at.WALL):
            count[0] += int(q == at.CIVILIAN)
            kind = 0
        else:
            count[2 * c.kinds[kind].base + side] += 1
        if role[kind] & 3:
            if info[at.KING + side] >= 0:
                raise FenError(
                    f"a second royal {c.kinds[kind].symbol} of the {('first', 'second')[side]} player"
                )
            info[at.KING + side] = s
        at_zobrist = 2 * ((q >> 1 & 255) * c.variant.squares + s)
        info[at.HASH : at.HASH + 2] ^= zobrist[at_zobrist : at_zobrist + 2]
    for side in (0, 1):
        info[at.POCKETS + side] = pocket[side::2].sum()
        royal = sum(int(pocket[2 * k + side]) for k in c.droppable if role[k] & 3)
        if royal + (info[at.KING + side] >= 0) > 1:
            raise FenError(f"a second royal piece of the {('first', 'second')[side]} player, in hand")
    if info[at.TURN]:
        at_zobrist = 2 * len(c.kinds) * 2 * c.variant.squares
        info[at.HASH : at.HASH + 2] ^= zobrist[at_zobrist : at_zobrist + 2]


def fen_of(c: Compiled, row: Row) -> str:
    """Write a position as FEN."""
    v = c.variant
    info, board, pocket = row[: at.INFO], row[c.row[1] : c.row[2]], row[c.row[2] : c.row[3]]
    ranks = []
    for y in range(v.maxRank - 1, -1, -1):
        text, empty = "", 0
        for x in range(v.maxFile):
            q = int(board[y * v.maxFile + x])
            if q == 0:
                empty += 1
                continue
            text += str(empty) if empty else ""
            empty = 0
            text += written(c, q)
        ranks.append(text + (str(empty) if empty else ""))
    fen = "/".join(ranks)
    if c.droppable:
        hand = "".join(
            (c.kinds[k].symbol if side == 0 else c.kinds[k].symbol.lower()) * int(pocket[2 * k + side])
            for side in (0, 1)
            for k in c.droppable
        )
        fen += f"[{hand}]"
    fen += " " + "wb"[int(info[at.TURN])] + " " + (_rights(c, row) or "-")
    limit, clock = 0, int(info[at.CLOCK])
    if v.countingRule != "none" and row[c.row[4] + at.COUNT_LIMIT]:
        limit, clock = (int(n) for n in row[c.row[4] + at.COUNT_LIMIT : c.row[4] + at.COUNT_PLY + 1])
    fen += f" {limit or _passed(c, info)}"
    if v.checkCounting:
        fen += f" {info[at.CHECKS]}+{info[at.CHECKS + 1]}"
    return fen + f" {clock} {int(info[at.PLY]) // 2 + 1}"


def written(c: Compiled, code: int) -> str:
    """How a FEN writes what stands on a square that is not empty."""
    for text, neutral in NEUTRAL.items():
        if code == neutral:
            return text
    symbol = c.kinds[code >> 2].symbol
    return symbol if code & 1 else symbol.lower()


def _rights(c: Compiled, row: Row) -> str:
    """Castling rights: K and Q for the outermost rook, otherwise the rook's file."""
    files, info, board, role = c.variant.maxFile, row[: at.INFO], row[c.row[1] : c.row[2]], c.table("role")
    text = ""
    for j in range(4):
        rook = int(info[at.RIGHTS + j])
        if rook < 0:
            continue
        side, x, first = j >> 1, rook % files, rook - rook % files
        beyond = range(x + 1, files) if j % 2 == 0 else range(x)
        others = [int(board[first + u]) for u in beyond]
        outermost = not any(q & 3 == side + 1 and role[q >> 2] >> 8 & 1 for q in others)
        king = _king(c, [int(q) for q in board[first : first + files]], side)
        home = info[at.CASTLER + side] == first + king
        letter = "KQ"[j % 2] if outermost and home and not c.variant.chess960 else chr(65 + x)
        text += letter if side == 0 else letter.lower()
    return text + (_gates(c, row) if c.table("head")[at.GATING] else "")


def _gates(c: Compiled, row: Row) -> str:
    """First moves still to come, by file, but those that a castling right implies."""
    files, info = c.variant.maxFile, row[: at.INFO]
    text = ""
    for side in (0, 1):
        rooks = [int(info[at.RIGHTS + 2 * side + j]) for j in (0, 1)]
        implied = {r % files for r in rooks if r >= 0}
        if implied:
            implied.add(int(info[at.CASTLER + side]) % files)
        gates = int(row[c.row[4] + at.GATES + side])
        found = "".join(chr(65 + x) for x in range(files) if gates >> x & 1 and x not in implied)
        text += found if side == 0 else found.lower()
    return text
