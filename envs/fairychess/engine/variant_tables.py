"""Compile a variant into integer tables."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.attack_tables import attacks
from gyges.envs.fairychess.engine.mobility import Kind, Lines, choices_of, immobile, indices, kinds_of, merge
from gyges.envs.fairychess.variants.ini_files import Piece, Variant, VariantError

Ints = npt.NDArray[np.int32]
MAX_LINES = 60_000
"""Directions of all kinds of pieces together, times squares."""
JANGGI_POINTS = {"rook": 13, "janggiCannon": 7, "horse": 5, "janggiElephant": 3, "wazir": 3, "soldier": 2}


CHASERS = {
    "soldier": at.CHASE_SOLDIER, "fers": at.CHASE_MINOR, "elephant": at.CHASE_MINOR, "horse": at.CHASE_HORSE,
    "cannon": at.CHASE_CANNON, "rook": at.CHASE_ROOK,
}  # fmt: skip


def remembers(v: Variant) -> bool:
    """Do rights, passes or checks of the past bear on a position of the variant?"""
    rules = v.seirawanGating, v.cambodianMoves, v.bikjangRule, v.shatarMateRule, v.castlingWins != ""
    return any(rules + v.passing + v.passOnStalemate)


def memory(v: Variant) -> int:
    """Words that a position of the variant holds besides board, hands and counters (`Position.more`)."""
    if v.moveRepetitionIllegal:
        return at.MORE_FOLLOWED
    return at.MORE_COUNTED if v.countingRule != "none" else at.MORE if remembers(v) else 0


@dataclass(frozen=True)
class Compiled:
    """A variant's tables.

    Attributes:
        variant: what was compiled.
        kinds: index 0 is unused.
        choices: per kind and side, the kinds it may promote to.
        array: int32, every table in one buffer.
        offsets: int64 [len(Tables._fields) + 1], where each begins.
        row: int64 [len(Position._fields) + 1], where each part of a position begins.
    """

    variant: Variant
    kinds: tuple[Kind, ...]
    choices: dict[tuple[int, int], tuple[int, ...]]
    array: Ints
    offsets: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]

    @property
    def promotions(self) -> int:
        """R: promotion choices of the piece that has most."""
        return max((len(c) for c in self.choices.values()), default=0)

    @property
    def droppable(self) -> tuple[int, ...]:
        """The kinds that may be in hand, in the order of the action space."""
        v = self.variant
        hands = {k.hand for k in self.kinds[1:]} if v.pieceDrops or v.seirawanGating else set()
        return tuple(sorted(hands))

    @property
    def dropped(self) -> tuple[int, ...]:
        """The kinds that a drop may put on the board, in the order of the action space."""
        v = self.variant
        if not v.pieceDrops:
            return ()
        promoted = [k for k, kind in enumerate(self.kinds) if kind.symbol[:1] == "+" and v.dropPromoted]
        return self.droppable + tuple(promoted)

    @property
    def gated(self) -> tuple[int, ...]:
        """The kinds that may enter behind a first move."""
        return self.droppable if self.variant.seirawanGating else ()

    @property
    def walls(self) -> bool:
        """Does every move put a wall?"""
        return self.variant.wallingRule != "none"

    @property
    def passes(self) -> bool:
        """May a player ever pass?"""
        return any(self.variant.passing + self.variant.passOnStalemate)

    @property
    def num_actions(self) -> int:
        """A = S^2 (1 + R) + S D, and what passing, gating and walls add."""
        s = self.variant.squares
        plain = s * s * (1 + self.promotions) + s * len(self.dropped)
        return plain + s * s * len(self.gated) + s * self.walls + self.passes

    def table(self, name: str) -> Ints:
        """One table by name."""
        j = at.Tables._fields.index(name)
        return self.array[self.offsets[j] : self.offsets[j + 1]]


class _Compiler:
    def __init__(self, v: Variant) -> None:
        self.v = v
        self.kinds = kinds_of(v)
        self.choices = choices_of(v, self.kinds)
        self.lines = Lines(v)
        self.n = 2 * len(self.kinds)
        self.zone = [indices(r, v) for r in v.promotionRegion]

    @functools.cached_property
    def fixed(self) -> dict[tuple[int, int], list[bool]]:
        """By kind and side: the squares on which it could never move again and may not be put."""
        v = self.v
        return {
            (k, side): [v.immobilityIllegal and immobile(v, kind.piece, side, s) for s in range(v.squares)]
            for k, kind in enumerate(self.kinds)
            for side in (0, 1)
            if k
        }

    @functools.cached_property
    def enters(self) -> set[int]:
        """The kinds that come upon the board from a hand."""
        v = self.v
        if not v.pieceDrops and not v.seirawanGating:
            return set()
        return {
            k
            for k, kind in enumerate(self.kinds)
            if k and (kind.hand == k or (v.dropPromoted and kind.symbol[0] == "+"))
        }

    @functools.cached_property
    def royals(self) -> int:
        """0 no pseudo-royal pieces; 2 one piece a side, always; 3 the last of some kinds."""
        v, kinds = self.v, self.v.extinctionPieceTypes
        if not v.extinctionPseudoRoyal:
            return 0
        board = v.startFen.split(" ")[0]
        made = (
            v.promotionPieceTypes[0] + v.promotionPieceTypes[1] + "".join(b for _, b in v.promotedPieceType)
        )
        rare = len(kinds) == 1 and max(board.count(kinds), board.count(kinds.upper())) <= 1
        hands = v.pieceDrops or v.seirawanGating
        alone = rare and kinds not in made and not hands and not v.extinctionPieceCount
        return 2 if alone and not v.dupleCheck and not any(p.royal for p in v.pieces) else 3

    def promotion(self, k: int, side: int, origin: int, target: int) -> int:
        """The flags PROMO, MUST and STUCK of a move; NOLAND where it would be stuck and cannot promote."""
        v, kind = self.v, self.kinds[k]
        letter = self.kinds[kind.base].symbol.lower()
        pawn = letter in v.promotionPawnTypes[side] and not v.sittuyinPromotion
        stuck = self.fixed[k, side][target]
        zone = self.zone[side]
        turns = letter in dict(v.promotedPieceType) and not v.promotionPieceTypes[side]  # only turns over
        inside = target in zone or ((turns or not pawn) and origin in zone)
        choices = self.choices[k, side] and not v.sittuyinPromotion
        must = v.mandatoryPawnPromotion if pawn else v.mandatoryPiecePromotion
        if pawn and turns:
            must = v.mandatoryPiecePromotion or (v.mandatoryPawnPromotion and target in zone)
        if not inside or not (choices or (pawn and must)):
            return at.NOLAND if stuck else 0
        return at.PROMO | (at.MUST if must or stuck else 0) | (at.STUCK if stuck else 0)

    def paths(self) -> tuple[list[int], list[int]]:
        """Tables start and path."""
        v, start, path = self.v, [0] * (self.n * self.v.squares), [0]
        seen: dict[tuple[int, ...], int] = {(0,): 0}
        merged: dict[tuple[Piece, int, int], list[tuple[int, list[int]]]] = {}
        for k, kind in enumerate(self.kinds):
            for side in (0, 1) if k else ():
                for s in range(v.squares):
                    lines = merged.get((kind.piece, side, s))
                    if lines is None:
                        lines = merged[kind.piece, side, s] = self._marked(kind.piece, side, s)
                    words: list[int] = []
                    for head, squares in lines:
                        words.append(head | len(squares))
                        words += [q | self.promotion(k, side, s, q & at.SQ) for q in squares]
                    block = (len(words), *words)
                    if block not in seen:
                        seen[block] = len(path)
                        path += block
                    start[(2 * k + side) * v.squares + s] = seen[block]
        return start, path

    def _marked(self, piece: Piece, side: int, s: int) -> list[tuple[int, list[int]]]:
        """The lines of a piece from a square; TWICE marks squares to which several lead, FIRST those that
        only a first move reaches."""
        lines = merge(self._headed(piece, side, s))
        marks: dict[int, int] = {}
        for way in (at.MOVE, at.CAPTURE):
            ends = Counter(q for head, squares in lines if head & way for q in squares if not q & at.NOLAND)
            marks |= {q: at.TWICE for q, times in ends.items() if times > 1}
        if any(step.initial for step in piece.steps):
            y, x = divmod(s, self.v.maxFile)
            reached: tuple[set[int], set[int]] = (set(), set())
            for step in self.lines.steps(piece, side, x, y):
                if step.move:
                    reached[step.initial].update(self.lines.squares(piece, step, side, x, y))
            marks |= {q: marks.get(q, 0) | at.FIRST for q in reached[1] - reached[0]}
        return [(head, [q | marks.get(q, 0) for q in squares]) for head, squares in lines] if marks else lines

    def _headed(self, piece: Piece, side: int, s: int) -> list[tuple[int, list[int]]]:
        """The lines of a piece from a square, each with its header."""
        y, x = divmod(s, self.v.maxFile)
        found = []
        for step in self.lines.steps(piece, side, x, y):
            squares = self.lines.squares(piece, step, side, x, y)
            if squares:
                head = (at.MOVE if step.move else 0) | (at.CAPTURE if step.capture else 0)
                if step.hop:
                    head |= at.HOP | min(step.reach, 15) << at.AFTER
                found.append((head, squares))
        return found

    def roles(self) -> list[int]:
        v, found = self.v, [0] * len(self.kinds)
        king = v.castlingKingPiece
        for k, kind in enumerate(self.kinds[1:], 1):
            letter = self.kinds[kind.base].symbol.lower()
            own = kind.symbol.lower()
            extinct = letter in v.extinctionPieceTypes and v.extinctionValue != "none"
            moves = {(step.dx, step.dy) for step in kind.piece.steps if step.move and not step.initial}
            flags = [
                kind.piece.royal,
                extinct and self.royals == 2,
                own in v.enPassantTypes[0],
                own in v.nMoveRuleTypes[0],
                letter in v.blastImmuneTypes or kind.piece.name == "pawn",
                extinct,
                not v.flagPiece[0] or letter in v.flagPiece[0],
                not v.flagPiece[1] or letter in v.flagPiece[1],
                kind.piece.name == "rook"
                if v.cambodianMoves and not v.castling
                else own in v.castlingRookPieces,
                own == king,
                (v.pieceDrops or v.seirawanGating) and kind.hand == k,
                letter in v.blastImmuneTypes,
                kind.piece.name == "pawn",
                any(step.initial and step.move for step in kind.piece.steps),
                any((-dx, -dy) in moves for dx, dy in moves),
                extinct and self.royals == 3,
                own in v.enPassantTypes[1],
                own in v.nMoveRuleTypes[1],
                kind.piece.name == "janggiCannon",
                letter in v.mutuallyImmuneTypes or kind.piece.name == "janggiCannon",
                letter in v.petrifyOnCaptureTypes,
                kind.piece.name == "fers",
                kind.piece.name in ("knight", "rook", "bers"),
                kind.piece.name == "knight",
                v.pieceDemotion and own not in v.promotionPawnTypes[0] + v.promotionPawnTypes[1],
                *(
                    v.countingRule != "none" and kind.piece.name == name
                    for name in ("rook", "silver", "knight")
                ),
                *(v.moveRepetitionIllegal and self.invades(kind.piece.name, side) for side in (0, 1)),
            ]
            found[k] = sum(1 << j for j, flag in enumerate(flags) if flag)
        return found

    def invades(self, name: str, side: int) -> bool:
        """May a kind go where the other player's king may?"""
        king = next((p.name for p in self.v.pieces if p.royal), "")
        own, other = self.lines.regions.get((name, side)), self.lines.regions.get((king, 1 - side))
        return bool(king) and (own is None or other is None or bool(set(own) & set(other)))

    def drops(self) -> list[int]:
        v, found = self.v, [0] * (self.n * self.v.squares)
        for k, kind in enumerate(self.kinds[1:], 1):
            if k not in self.enters:
                continue
            for side in (0, 1):
                pawn = kind.piece.name == "pawn"
                region = v.dropRegion[side]
                roams = self.lines.regions.get((kind.piece.name, side))
                for s in range(v.squares):
                    y, x = divmod(s, v.maxFile)
                    first = y == (0 if side == 0 else v.maxRank - 1)
                    bad = (
                        (region is not None and (x, y) not in region)
                        or (roams is not None and s not in roams)
                        or (pawn and s in self.zone[side] and not v.promotionZonePawnDrops)
                        or (pawn and first and not v.firstRankPawnDrops)
                        or self.fixed[k, side][s]
                        or (v.sittuyinRookDrop and kind.piece.name == "rook" and not first)
                    )
                    found[(2 * k + side) * v.squares + s] = int(not bad)
        return found

    def head(self, directions: int, hoppers: bool, castles: bool, aligned: bool) -> list[int]:
        v, head = self.v, [0] * at.HEAD
        index = {k.symbol.lower(): i for i, k in enumerate(self.kinds)}
        value = {"win": at.WIN, "loss": at.LOSS, "draw": at.DRAW, "none": at.DRAW}
        royal = 1 if any(p.royal for p in v.pieces) else 2 if self.royals == 2 else 0
        royals = "".join(p.letter for p in v.pieces if p.royal)
        flag = any(v.flagRegion)
        remembered = int(memory(v) > 0) + 2 * at.COUNTINGS.index(v.countingRule) + 8 * v.moveRepetitionIllegal
        hands = v.pieceDrops or v.seirawanGating
        lame = any(step.lame and step.capture for p in v.pieces for step in p.steps)
        watched = not v.checking and royal == 1 and not (hoppers or lame or self.royals or v.blastOnCapture)
        watched = watched and aligned
        changing = v.petrifyOnCaptureTypes != "" or v.mutuallyImmuneTypes != ""
        cannons = any(p.name == "janggiCannon" for p in v.pieces)
        counsellors = [i for i, k in enumerate(self.kinds) if k.piece.name == "fers" and len(k.symbol) == 1]
        passes = (*v.passing, *(a or b for a, b in zip(v.passing, v.passOnStalemate, strict=True)))
        bishop = next((p.letter for p in v.pieces if p.name == "bishop"), "")
        pawns = [i for i, k in enumerate(self.kinds) if k.piece.name == "shogiPawn" and k.symbol[0] != "+"]
        drop_mate = pawns[0] if pawns and v.shogiPawnDropMateIllegal else 0
        extinct = v.extinctionValue != "none" and bool(v.extinctionPieceTypes)
        for j, x in (
            (at.FILES, v.maxFile),
            (at.RANKS, v.maxRank),
            (at.SQUARES, v.squares),
            (at.KINDS, len(self.kinds) - 1),
            (at.CHOICES, max([1, *(len(c) for c in self.choices.values())])),
            (at.DIRECTIONS, directions),
            (at.ROYAL, royal),
            (at.HOPPERS, hoppers),
            (at.BLAST, v.blastOnCapture),
            (at.CHECKING, v.checking),
            (at.MUST_CAPTURE, v.mustCapture),
            (at.MUST_DROP, v.mustDrop),
            (at.DROPS, v.pieceDrops),
            (at.TO_HAND, v.capturesToHand),
            (at.LAST_EXTINCT, extinct and (v.blastOnCapture or not v.extinctionPseudoRoyal)),
            (at.EXTINCT_VALUE, value[v.extinctionValue]),
            (at.EXTINCT_COUNT, v.extinctionPieceCount),
            (at.EXTINCT_OTHER, v.extinctionOpponentPieceCount),
            (at.FLAG, flag),
            (at.FLAG_MOVE, v.flagMove),
            (at.FLAG_SAFE, v.flagPieceSafe),
            (at.FLAG_COUNT, v.flagPieceCount),
            (at.CHECK_COUNT, v.checkCounting),
            (at.STALEMATE, value[v.stalemateValue]),
            (at.CHECKMATE, value[v.checkmateValue]),
            (at.N_MOVE, v.nMoveRule),
            (at.N_FOLD, v.nFoldRule),
            (at.FOLD_VALUE, value[v.nFoldValue]),
            (at.CASTLES, castles),
            (at.KING_FILE, v.castlingKingsideFile - 1),
            (at.QUEEN_FILE, v.castlingQueensideFile - 1),
            (at.NO_DOUBLED, index.get(v.dropNoDoubled, 0)),
            (at.DOUBLED_COUNT, v.dropNoDoubledCount),
            (at.DROP_MATE, drop_mate),
            (at.ENDS, flag or extinct or v.checkCounting or remembers(v)),
            (at.REMEMBERS, remembered),
            (at.FLAG_KING, sum(1 << side for side in (0, 1) if royals and v.flagPiece[side] == royals)),
            (at.EN_PASSANT, any(v.enPassantTypes) and v.doubleStep),
            (
                at.TEST_ALL,
                self.royals
                or v.blastOnCapture
                or (not v.checking and not watched)
                or (royal > 0 and (v.wallingRule != "none" or changing)),
            ),
            (at.ROYALS, (2 if v.dupleCheck else 1) if self.royals == 3 else 0),
            (at.LIMITED, bool(v.promotionLimit)),
            (at.OPPOSITE_BISHOP, index.get(bishop, 0) if v.dropOppositeColoredBishop else 0),
            (at.DROP_CASTLE, v.castlingDroppedPiece),
            (at.CASTLE_KING, index.get(v.castlingKingPiece, 0)),
            (at.CASTLE_RANK, v.castlingRank - 1),
            (at.CASTLE_FILE, v.castlingKingFile - 1),
            (at.EXTINCT_ALL, extinct and v.extinctionPieceTypes == "*"),
            (at.MOST, at.STRIDE if v.wallingRule != "none" or (v.seirawanGating and hands) else at.MAX_MOVES),
            (at.DROP_CHECKS, v.dropChecks),
            (at.DROP_PROMOTED, v.dropPromoted),
            (at.ON_CAPTURE, v.piecePromotionOnCapture),
            (at.MUST_TYPE, index.get(v.mustDropType[:1], 0)),
            (at.OPPOSITE, v.oppositeCastling),
            (at.MAKPONG, v.makpongRule),
            (at.SHY, bool(v.mutuallyImmuneTypes) or cannons),
            (at.PETRIFY, bool(v.petrifyOnCaptureTypes)),
            (at.WALLING, at.WALLS.index(v.wallingRule)),
            (at.GATING, 1 if v.seirawanGating else 2 if v.cambodianMoves else 0),
            (at.PASS, sum(1 << j for j, allowed in enumerate(passes) if allowed)),
            (at.SITTUYIN, counsellors[0] if v.sittuyinPromotion and counsellors else 0),
            (at.JANGGI, cannons),
            (at.BIKJANG, v.bikjangRule),
            (at.MATERIAL, at.MATERIALS.index(v.materialCounting)),
            (at.SHATAR, v.shatarMateRule),
            (at.ABSOLUTE, v.nFoldValueAbsolute),
            (
                at.PERPETUAL,
                v.perpetualCheckIllegal
                + (v.chasingRule != "none") * (at.CHASE + at.FLYING * v.flyingGeneral),
            ),
            (at.CLAIM, v.extinctionClaim),
            (at.FLAG_BLOCKED, v.flagPieceBlockedWin),
            (at.STALE_COUNT, v.stalematePieceCount),
            (at.WATCHED, watched),
            (at.CASTLE_WINS, sum(1 << "KQkq".index(right) for right in v.castlingWins)),
        ):
            head[j] = int(x)
        return head

    def limits(self) -> list[int]:
        limit = dict(self.v.promotionLimit)
        return [
            limit.get(self.kinds[k.base].symbol.lower(), 999) if i else 0 for i, k in enumerate(self.kinds)
        ]

    def areas(self) -> list[int]:
        v, found = self.v, [0] * (2 * self.v.squares)
        for side in (0, 1):
            for s in range(v.squares):
                y, x = divmod(s, v.maxFile)
                region, walls = v.enPassantRegion[side], v.wallingRegion[side]
                passing = region is None or (x, y) in region
                walled = walls is None or (x, y) in walls
                found[side * v.squares + s] = (
                    int((x, y) in v.flagRegion[side])
                    | int(passing) << 1
                    | int(walled) << 2
                    | int((x, y) in v.promotionRegion[side]) << 3
                    | int((y if side == 0 else v.maxRank - 1 - y) >= v.soldierPromotionRank - 1) << 4
                )
        return found

    def goals(self) -> list[int]:
        """The squares of the flag regions, behind where each player's begin and end."""
        first, second = (sorted(indices(region, self.v)) for region in self.v.flagRegion)
        return [3, 3 + len(first), 3 + len(first) + len(second), *first, *second]

    def bulk(self, head: list[int], path: list[int]) -> list[int]:
        """Table bulk, and its length in head, where every move is a step of a piece and all are legal."""
        v, found = self.v, list[int]()
        steps = [step for piece in v.pieces for step in piece.steps]
        fixed = v.mobilityRegion or v.diagonalLines or any(piece.name == "soldier" for piece in v.pieces)
        fixed = fixed or any(step.lame or step.initial or step.hop or step.reach > 1 for step in steps)
        if fixed or any(head[j] for j in SINGLY) or not _steps_only(path):
            return []
        for side in (0, 1):
            sign = -1 if side else 1
            for k, kind in enumerate(self.kinds[1:], 1):
                for step in kind.piece.steps:
                    dx, dy = sign * step.dx, sign * step.dy
                    want = (at.MOVE if step.move else 0) | (at.CAPTURE if step.capture else 0)
                    found += [4 * k + 1 + side, dy * v.maxFile + dx, want]
                    for s in range(v.squares):
                        y, x = divmod(s, v.maxFile)
                        found.append(int(0 <= x + dx < v.maxFile and 0 <= y + dy < v.maxRank))
        head[at.BULK] = len(found) // (2 * (3 + v.squares))
        return found

    def points(self) -> list[int]:
        """What each kind counts where drawn ends are decided by counting, times 2."""
        if self.v.materialCounting != "janggi":
            counted = self.v.materialCounting == "unweighted"
            return [2 * (counted and k > 0 and kind.base == k) for k, kind in enumerate(self.kinds)]
        return [2 * JANGGI_POINTS.get(k.piece.name, 0) for k in self.kinds]


SINGLY = (
    at.ROYAL, at.ROYALS, at.DROPS, at.CASTLES, at.EN_PASSANT, at.MUST_CAPTURE, at.PASS, at.WALLING, at.GATING,
    at.SITTUYIN, at.TEST_ALL, at.HOPPERS, at.SHY,
)  # fmt: skip
"""Constants of variants whose moves are counted one by one."""


def _steps_only(path: list[int]) -> bool:
    """Do all lines of a path table lead one square far, without promotion or other marks?"""
    j = 1  # a block for pieces that go nowhere comes first
    while j < len(path):
        end = j + 1 + path[j]
        j += 1
        while j < end:
            last = j + 1 + (path[j] & at.COUNT)
            if not path[j] & at.LEAP or any(word > at.SQ for word in path[j + 1 : last]):
                return False
            j = last
    return True


@functools.lru_cache(maxsize=64)
def _zobrist(count: int) -> Ints:
    generator = np.random.Generator(np.random.PCG64(20_260_101))
    return generator.integers(-(2**31), 2**31, count, dtype=np.int64).astype(np.int32)


def _packed(c: _Compiler, parts: dict[str, Any]) -> Compiled:
    v = c.v
    arrays = [np.asarray(parts.get(name, ()), np.int32).ravel() for name in at.Tables._fields]
    offsets = np.concatenate([[0], np.cumsum([len(a) for a in arrays])]).astype(np.int64)
    row = np.cumsum([0, at.INFO, v.squares, c.n, c.n, memory(v)]).astype(np.int64)
    return Compiled(v, c.kinds, c.choices, np.concatenate(arrays), offsets, row)


def _outline(c: _Compiler, directions: int, hoppers: bool, aligned: bool) -> dict[str, Any]:
    """The tables that do not depend on where pieces go: all that reading a FEN needs."""
    castles = c.v.castling and bool(c.v.castlingKingPiece)
    return {
        "head": c.head(directions, hoppers, castles, aligned),
        "role": c.roles(),
        "zobrist": _zobrist((c.n + 34) * c.v.squares * 2),
    }


@functools.lru_cache(maxsize=512)
def compiled(v: Variant) -> Compiled:
    """Compile a variant; the same variant is compiled once."""
    from gyges.envs.fairychess.notation.fen import row_of

    c = _Compiler(v)
    start, path = c.paths()
    attack = attacks(v, c.kinds, c.lines)
    choices = max([1, *(len(x) for x in c.choices.values())])
    choice = np.zeros((c.n, choices), np.int32)
    for (k, side), options in c.choices.items():
        choice[2 * k + side, : len(options)] = options
    parts = _outline(c, attack["directions"], bool(np.any(attack["hops"])), bool(attack["toward"])) | {
        "start": start,
        "path": path,
        "rays": attack["rays"],
        "line": attack["line"],
        "kind": attack["kind"],
        "toward": attack["toward"],
        "hits": attack["hits"],
        "hops": attack["hops"],
        "choice": choice.ravel(),
        "limit": c.limits(),
        "base": [k.base for k in c.kinds],
        "hand": [k.hand for k in c.kinds],
        "drop": c.drops(),
        "area": c.areas(),
        "chaser": [CHASERS.get(k.piece.name, at.CHASE_KING * k.piece.royal) for k in c.kinds],
        "point": c.points(),
        "goal": c.goals(),
        "setup": np.zeros(at.INFO + v.squares + 2 * c.n + memory(v), np.int32),
    }
    parts["bulk"] = c.bulk(parts["head"], path)
    made = _packed(c, parts)
    made.table("setup")[:] = row_of(made, v.startFen)
    return made


def check(v: Variant, where: str) -> None:
    """Say what is wrong with a variant; what can be found without compiling it.

    Raises:
        VariantError: the start position is none, or sizes are past a limit.
    """
    from gyges.envs.fairychess.notation.fen import row_of
    from gyges.envs.fairychess.variants.ini_files import FenError

    lines = sum(len(p.steps) for p in v.pieces) * v.squares
    if lines > MAX_LINES:
        raise VariantError(
            f"{where}: the pieces of [{v.name}] go {lines // v.squares} ways on {v.squares} squares; at "
            f"most {MAX_LINES // v.squares} are allowed on so many"
        )
    c = _Compiler(v)
    try:
        row_of(_packed(c, _outline(c, 1, False, False)), v.startFen)
    except FenError as error:
        raise VariantError(f"{where}: startFen of [{v.name}]: {error}") from error
