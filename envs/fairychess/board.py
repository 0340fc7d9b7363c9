"""A game of fairy chess for people and scripts: positions, legal moves, results, move names."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.variant_tables import Compiled, compiled
from gyges.envs.fairychess.notation.fen import fen_of, row_of, square_name
from gyges.envs.fairychess.variants.ini_files import Variant, VariantError, load


class Result(NamedTuple):
    """How a game stands. `winner` is 0 (first), 1 (second), -1 (draw), or None while it goes on."""

    over: bool
    winner: int | None


def castled_to(c: Compiled, origin: int, rook: int) -> int:
    """Where the king goes when he castles with the rook on `rook`."""
    files = c.variant.maxFile
    column = at.KING_FILE if rook > origin else at.QUEEN_FILE
    return origin - origin % files + int(c.table("head")[column])


def uci(c: Compiled, row: npt.NDArray[np.int32], move: int, chess960: bool = False) -> str:
    """A move's name, one for each legal move.

    ``e2e4``, ``e7e8q``, ``P@e5``; a trailing ``+`` for a promotion that may change back, ``-`` for changing
    back. Castling is named by the king's square, or by the rook's where the king could also step there.
    ``b1c3h`` puts a piece from hand on b1 (``h1e1h``: he castles, and it enters on h1), ``e2e4,e4d5`` a wall
    on d5; ``e1e1`` passes.
    """
    to, origin, choice = move & at.SQ, move >> at.FROM & at.SQ, move >> at.CHOICE & 31
    second = move >> at.SECOND
    if move & at.DROP:
        name = f"{c.kinds[origin].symbol}@{square_name(c, to)}"
    elif move & at.CASTLE and move & at.GATE and choice:
        name = square_name(c, to) + square_name(c, origin)
    else:
        goal = to
        if move & at.CASTLE and not (chess960 or c.variant.chess960):
            goal = castled_to(c, origin, to)
            if goal != to and steps(c, row, origin, goal):
                goal = to
        name = square_name(c, origin) + square_name(c, goal)
        if choice and not move & at.CASTLE:
            piece = int(row[c.row[1] + origin])
            before = c.kinds[piece >> 2].symbol
            symbol = c.kinds[c.choices[piece >> 2, (piece & 3) - 1][choice - 1]].symbol
            back = before[0] == "+" and symbol == before[1:]
            name += "-" if back else "+" if symbol[0] == "+" else symbol[0].lower()
    if move & at.GATE:
        name += c.kinds[second].symbol.lower()
    elif second:
        end = castled_to(c, origin, to) if move & at.CASTLE else to
        name += f",{square_name(c, end)}{square_name(c, second - 1)}"
    return name


def steps(c: Compiled, row: npt.NDArray[np.int32], origin: int, target: int) -> bool:
    """Could the piece on `origin` go to the empty square `target` by an ordinary move? (Kings: no hops.)"""
    squares = c.variant.squares
    board = row[c.row[1] : c.row[2]]
    path = c.table("path")
    j = int(c.table("start")[(int(board[origin]) >> 1) * squares + origin])
    end = j + 1 + int(path[j])
    j += 1
    while j < end:
        head, last = int(path[j]), j + 1 + (int(path[j]) & at.COUNT)
        for k in range(j + 1, last):
            square = int(path[k]) & at.SQ
            if square == target and head & at.MOVE and not path[k] & at.NOLAND:
                return bool(board[target] == 0)
            if board[square] and not head & at.LEAP:
                break
        j = last
    return False


class Board:
    """One position of a variant, played on.

    Args:
        variant: a `Variant`, or what `load` takes.
        fen: where to begin; the variant's start position by default.
        chess960: name castling by the rook's square.

    Raises:
        VariantError, FenError: as `load` and `row_of` do.
    """

    def __init__(
        self, variant: Variant | str = "chess", fen: str | None = None, chess960: bool = False
    ) -> None:
        self.variant = variant if isinstance(variant, Variant) else load(variant)
        self.compiled = compiled(self.variant)
        self.chess960 = chess960 or self.variant.chess960
        self.row = row_of(self.compiled, fen) if fen else self.compiled.table("setup").copy()
        self._out = np.zeros((1, at.STRIDE), np.int32)
        self._counts = np.zeros((1, 2), np.int64)
        if self.row[at.EP0] >= 0:
            self._prune()
        self._past = [(self._key(), self._checked())]
        self._begun, self._played = self.row, list[int]()

    def _prune(self) -> None:
        """An en passant square counts only where somebody may capture there."""
        found = {m & at.SQ for m in self._listed()[0] if m & at.EP}
        kept = [int(s) for s in self.row[at.EP0 : at.EP0 + 2] if s in found]
        self.row[at.EP0 : at.EP0 + 2] = (*kept, -1, -1)[:2]

    def _checked(self) -> bool:
        """Is the player to move in check? Asked only where perpetual check counts."""
        return bool(self.compiled.table("head")[at.PERPETUAL] & 1) and self.in_check

    def _key(self) -> tuple[int, ...]:
        c, row = self.compiled, self.row
        parts = (
            row[at.HASH : at.HASH + 2], row[at.RIGHTS : at.RIGHTS + 4], row[at.EP0 : at.EP0 + 2],
            row[at.CHECKS : at.CHECKS + 2], row[c.row[2] : c.row[3]], row[c.row[4] : c.row[4] + 2],
        )  # fmt: skip
        return tuple(int(x) for part in parts for x in part)

    @property
    def fen(self) -> str:
        """The position as FEN."""
        return fen_of(self.compiled, self.row)

    def _listed(self) -> tuple[list[int], int, int]:
        """The legal moves, the result for the player to move, and bits: 1 in check, 2 the count is over,
        4 the other player has gone to and fro."""
        from gyges.envs.fairychess.engine.compiled import LIST, engine

        c = self.compiled
        n = int(engine()(c.array[None], c.offsets, self.row[None], c.row, self._out, self._counts, LIST))
        outcome, bits = self._counts[0]
        if n > (most := int(c.table("head")[at.MOST])):
            raise VariantError(f"{n} legal moves in {self.fen!r}; at most {most} are allowed")
        return [int(m) for m in self._out[0, :n]], int(outcome), int(bits)

    def moves(self) -> dict[str, int]:
        """The legal moves by name."""
        return {uci(self.compiled, self.row, m, self.chess960): m for m in self._listed()[0]}

    @property
    def in_check(self) -> bool:
        """Is a royal piece of the player to move attacked?"""
        return bool(self._listed()[2] & 1)

    def listed(self) -> tuple[list[int], Result]:
        """The legal moves as integers, and how the game stands."""
        found, outcome, bits = self._listed()
        return found, self._judged(found, outcome, bits)

    def result_now(self) -> Result:
        """How the game stands without regard to its history: goals, mate and stalemate."""
        return self._said(self._listed()[1])

    def _said(self, outcome: int) -> Result:
        side = int(self.row[at.TURN])
        if outcome == at.NOTHING:
            return Result(False, None)
        return Result(True, -1 if outcome == at.DRAW else side if outcome == at.WIN else 1 - side)

    def result(self) -> Result:
        """How the game stands: by the variant's goals, mate, stalemate, repetition or the n-move rule."""
        return self._judged(*self._listed())

    def _judged(self, found: list[int], outcome: int, bits: int) -> Result:
        head = self.compiled.table("head")
        if outcome == at.NOTHING and found:
            if head[at.N_MOVE] and self.row[at.CLOCK] >= 2 * head[at.N_MOVE]:
                outcome = self._drawn()
            elif bits & 4:
                outcome = at.WIN
            elif head[at.N_FOLD]:
                outcome = self._folded()
            if outcome == at.NOTHING and bits & 2:
                outcome = at.DRAW
        return self._said(outcome)

    def _drawn(self) -> int:
        """A drawn end for the player to move: where the variant says so, pieces are counted."""
        from gyges.envs.fairychess.engine.compiled import COUNTED, engine

        c = self.compiled
        if not c.table("head")[at.MATERIAL]:
            return at.DRAW
        engine()(c.array[None], c.offsets, self.row[None], c.row, self._out, self._counts, COUNTED)
        return int(self._counts[0, 0])

    def _folded(self) -> int:
        """What repetition decides for the player to move: perpetual check loses where it is illegal."""
        head = self.compiled.table("head")
        key, side, times, since = self._key(), int(self.row[at.TURN]), 0, 0
        for ago, (past, _) in enumerate(reversed(self._past)):
            times += past == key
            if times == head[at.N_FOLD]:
                since = len(self._past) - 1 - ago
                break
        else:
            return at.NOTHING
        mine = theirs = False
        if head[at.PERPETUAL] & 1:
            mine = all(check for _, check in self._past[since::2])
            theirs = all(check for _, check in self._past[since + 1 :: 2])
        if head[at.PERPETUAL] & at.CHASE and not mine and not theirs:
            hunted = self._hunted(len(self._past) - 1 - since)
            mine, theirs = bool(hunted & 1), bool(hunted & 2)
        if mine != theirs:
            return at.WIN if mine else at.LOSS
        if mine:
            return self._drawn()
        value = int(head[at.FOLD_VALUE])
        if head[at.ABSOLUTE] and side == 1:
            value = -value
        return self._drawn() if value == at.DRAW else value

    def _hunted(self, plies: int) -> int:
        """Whose pieces have been chased all the time for so many plies (bits): `pursuit.hunted`."""
        from gyges.envs.fairychess.engine.compiled import CHASED, engine

        c, size = self.compiled, len(self._played)
        moves = np.roll(np.array(self._played, np.int32), int(self._begun[at.PLY]) % max(size, 1))
        record = np.concatenate([moves, self._begun])[None]
        self._counts[0] = plies, size
        engine()(c.array[None], c.offsets, self.row[None], c.row, record, self._counts, CHASED)
        return int(self._counts[0, 0])

    def push(self, name: str) -> None:
        """Play a move by name.

        Raises:
            ValueError: it is not legal; the position is as it was.
        """
        legal = self.moves()
        if name not in legal:
            raise ValueError(
                f"{name[:20]!r} is not legal in {self.fen!r}; legal are {' '.join(sorted(legal))}"
            )
        self.play(legal[name])

    def play(self, move: int) -> None:
        """Play a move from `moves`; it is not checked again."""
        from gyges.envs.fairychess.engine.compiled import PLAY, engine

        c = self.compiled
        if not self._played:
            self._begun = self.row.copy()
        self._counts[0, 0] = move
        engine()(c.array[None], c.offsets, self.row[None], c.row, self._out, self._counts, PLAY)
        self._played.append(move)
        self._past.append((self._key(), self._checked()))
