"""Why a move may be legal here and not for the independent engine, or the reverse: each reason is one of the
list in `docs/fairychess.md`, and is tried on the move itself."""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import Any

from gyges.envs.fairychess import Variant, load
from gyges.envs.fairychess.board import Board, castled_to
from gyges.envs.fairychess.engine import layout as at


@functools.lru_cache(maxsize=64)
def without(variant: Variant, keys: str) -> Variant:
    """The variant without its lines whose keys match a pattern."""
    lines = [line for line in variant.text.splitlines() if not re.match(rf"({keys})\w* *=", line)]
    return load("\n".join(lines) + "\n")


def square(name: str) -> tuple[int, int]:
    """File and rank of a square's name, from 0."""
    return ord(name[0]) - 97, int(name[1:]) - 1


class Move:
    """A move's name taken apart: what moves, from where to where, whether it captures."""

    def __init__(self, board: Board, name: str) -> None:
        found = re.match(r"([a-l]\d+)([a-l]\d+)", name)
        self.plain = name.partition(",")[0]
        self.kind, self.letter, self.symbol, self.castles = "", "", "", False
        self.straight, self.far, self.capture, self.promotes = False, 0, False, False
        if not found:
            return
        v, (x, y), (u, w) = board.variant, square(found[1]), square(found[2])
        end = w * v.maxFile + u
        code, taken = (int(board.row[board.compiled.row[1] + b * v.maxFile + a]) for a, b in ((x, y), (u, w)))
        if code & 3 in (1, 2):
            self.kind = board.compiled.kinds[code >> 2].piece.name
            self.letter = board.compiled.kinds[code >> 2].piece.letter
            self.symbol = board.compiled.kinds[code >> 2].symbol
        passed = end in board.row[at.EP0 : at.EP0 + 2]
        self.straight, self.far, self.capture = x == u, abs(w - y), taken != 0 or passed
        self.castles = taken & 3 == code & 3 or any(
            whole & at.CASTLE and castled_to(board.compiled, whole >> at.FROM & at.SQ, whole & at.SQ) == end
            for whole in board.listed()[0]
            if (whole >> at.FROM & at.SQ) == y * v.maxFile + x
        )
        self.promotes = (u, w) in v.promotionRegion[int(board.row[0])]


def reason(oracle: Any, name: str, board: Board, move: str, ours: bool) -> str:
    """Why only one of the two has the move; nothing where no reason is known.

    Args:
        oracle: the independent engine, which knows the variant as `name`.
        board: the position.
        move: its name.
        ours: we have it, and the engine has not.
    """
    v, m = board.variant, Move(board, move)
    side = int(board.row[0])
    pawn = next((p.letter for p in v.pieces if p.name == "pawn"), "")
    walls = v.wallingRule != "none"
    if not ours and pawn_mates(oracle, name, v, board.fen, set(), {move}):
        return "pawn dropped for mate"
    if walls and "@" in m.plain:
        return "a drop without a wall"
    if walls and m.plain[-1] in "+-":
        return "turning over without a wall"
    if v.wallingRule == "duck" and (move in oracle.look(name, board.fen, [])["moves"]) == ours:
        return "a check that the leaving wall opens"
    stays = m.plain in Board(without(v, "wallingRule"), board.fen).moves() if walls else False
    if v.wallingRule == "duck" and not ours and stays:
        return "a king behind the wall that leaves"
    if m.castles and walls:
        return "castling named by the king's step"
    if ours and walls and not stays:
        return "a wall against check"
    if not ours and stays and any(step.hop for p in v.pieces for step in p.steps):
        return "a wall as a hurdle"
    if ours and v.dropPromoted and v.dropNoDoubled and move[0] == "+" and "@" in move:
        return "a piece dropped promoted beside its like"
    promoted = v.dropPromoted and move[0] == "+" and "@" in move
    if not ours and promoted and (v.mobilityRegion or v.sittuyinRookDrop):
        return "a piece dropped promoted where it may not go"
    if ours and promoted and v.dropOppositeColoredBishop:
        return "a bishop that is something else in hand"
    if ours and v.gating and v.dropNoDoubled and move[-1] == v.dropNoDoubled and "@" not in move:
        return "what enters is not dropped"
    if not ours and v.flyingGeneral and m.kind == "pawn" and not m.straight and not m.capture:
        return "en passant between facing kings"
    if not ours and v.pieceDemotion and move.endswith("-") and m.symbol[:1] != "+":
        return "turning back of what a pawn became"
    shot = re.fullmatch(r".*,([a-l])(\d+)([a-l])(\d+)", move)
    ahead = shot is not None and shot[1] == shot[3] and abs(int(shot[2]) - int(shot[4])) == 2
    if ours and v.wallingRule == "arrow" and m.kind == "pawn" and ahead:
        return "a pawn that shoots two squares"
    if m.kind == "pawn" and any(v.tripleStepRegion) and m.straight and m.far in (2, 3):
        return "triple steps"
    if m.kind == "pawn" and m.promotes and pawn not in v.promotionPawnTypes[side]:
        return "a pawn that does not promote"
    pawns = v.promotionPawnTypes[side]
    if m.letter and m.letter in pawns and m.promotes and v.piecePromotionOnCapture and not m.capture:
        return "promotion on capture"
    unseen = ours and not v.checking and bool(v.mobilityRegion)
    if unseen and move not in Board(without(v, "mobilityRegion"), board.fen).moves():
        return "regions and checks"
    return ""


def pawn_mates(oracle: Any, name: str, variant: Variant, fen: str, mine: set[str], theirs: set[str]) -> bool:
    """Are theirs more only by pawn drops that mate?

    Shogi forbids them, and so do we; the engine lists them and scores the mate as lost for who dropped.
    """
    pawns = tuple(p.letter.upper() + "@" for p in variant.pieces if p.name == "shogiPawn")
    return (
        variant.shogiPawnDropMateIllegal
        and mine < theirs
        and all(m.startswith(pawns) and not oracle.look(name, fen, [m])["moves"] for m in theirs - mine)
    )


def reasons(oracle: Any, name: str, board: Board, ours: list[str], theirs: list[str]) -> Counter[str]:
    """The reasons of all moves that only one of the two has, counted; "" counts those without one."""
    return Counter(
        reason(oracle, name, board, move, mine) for moves, mine in ((ours, True), (theirs, False))
        for move in moves
    )  # fmt: skip
