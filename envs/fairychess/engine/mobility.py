"""Kinds of pieces as the rules count them, and where each can go on an empty board."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.notation.betza import FAR, Step, lame_path
from gyges.envs.fairychess.variants.ini_files import Piece, Squares, Variant


@dataclass(frozen=True)
class Kind:
    """A kind of piece as the rules count them: promoted pieces that change back are kinds of their own."""

    symbol: str  # as in a FEN, upper case: P, +P, Q~
    piece: Piece  # how it moves
    base: int  # the kind it counts as
    hand: int  # the kind it is in hand


def kinds_of(v: Variant) -> tuple[Kind, ...]:
    kinds: list[Kind] = [Kind("", Piece("", "", ""), 0, 0)]
    index = {p.letter: i + 1 for i, p in enumerate(v.pieces)}
    for p in v.pieces:
        kinds.append(Kind(p.letter.upper(), p, index[p.letter], index[p.letter]))
    for letter, target in v.promotedPieceType:
        own = index[letter]
        kept = len(kinds) if v.dropLoop else own
        kinds.append(Kind("+" + letter.upper(), kinds[index[target]].piece, index[target], kept))
    if (v.capturesToHand or v.twoBoards) and not v.dropLoop:
        pawn = index.get((v.promotionPawnTypes[0] or v.promotionPawnTypes[1] or " ")[-1], 0)
        for letter in dict.fromkeys(v.promotionPieceTypes[0] + v.promotionPieceTypes[1]):
            if pawn:
                kinds.append(Kind(letter.upper() + "~", kinds[index[letter]].piece, index[letter], pawn))
    return tuple(kinds)


def choices_of(v: Variant, kinds: tuple[Kind, ...]) -> dict[tuple[int, int], tuple[int, ...]]:
    symbols = {k.symbol: i for i, k in enumerate(kinds)}
    found: dict[tuple[int, int], tuple[int, ...]] = {}
    for k, kind in enumerate(kinds[1:], 1):
        for side in (0, 1):
            options: list[int] = []
            letter = kinds[kind.base].symbol  # a promoted piece may promote as what it has become
            if letter.lower() in v.promotionPawnTypes[side]:
                for q in v.promotionPieceTypes[side]:
                    options.append(symbols.get(q.upper() + "~", symbols[q.upper()]))
            if "+" + letter in symbols:
                options.append(symbols["+" + letter])
            if v.pieceDemotion and kind.symbol[0] == "+":
                options.append(symbols[kind.symbol[1:]])
            found[k, side] = tuple(options)
    return found


class Lines:
    """Where every piece can go from every square, on an empty board."""

    def __init__(self, v: Variant) -> None:
        self.v = v
        self.regions: dict[tuple[str, int], set[int]] = {}
        for name, side, squares in v.mobilityRegion:
            self.regions[name, side] = indices(squares, v)
        self._rays: dict[tuple[int, int], list[list[int]]] = {}

    def ray(self, dx: int, dy: int) -> list[list[int]]:
        """From every square, the squares met by going (dx, dy) again and again."""
        found = self._rays.get((dx, dy))
        if found is None:
            files, ranks = self.v.maxFile, self.v.maxRank
            found = []
            for square in range(files * ranks):
                y, x = divmod(square, files)
                line = []
                while 0 <= (x := x + dx) < files and 0 <= (y := y + dy) < ranks:
                    line.append(y * files + x)
                found.append(line)
            self._rays[dx, dy] = found
        return found

    def steps(self, piece: Piece, side: int, x: int, y: int) -> list[Step]:
        """The steps in force on a square, first player's point of view."""
        v = self.v
        ahead = y + 1 if side == 0 else v.maxRank - y
        found = []
        stone = v.extinctionPseudoRoyal and piece.letter in v.extinctionPieceTypes
        stone = stone and piece.letter in v.petrifyOnCaptureTypes  # it would turn itself to a wall
        for step in piece.steps:
            if stone and not step.move:
                continue
            if stone:
                step = replace(step, capture=False)
            if step.initial and not (v.doubleStep and (x, y) in v.doubleStepRegion[side]):
                continue
            if piece.name == "soldier" and ahead < v.soldierPromotionRank and step.dy <= 0:
                continue
            found.append(step)
        if (x, y) in v.diagonalLines:
            found += _diagonal(piece)
        triple = v.doubleStep and (x, y) in v.tripleStepRegion[side]
        if triple and piece.name == "pawn":
            found.append(Step(0, 2, 1, True, False, True))
            found.append(Step(0, 3, 1, True, False, True))
        return found

    def squares(self, piece: Piece, step: Step, side: int, x: int, y: int) -> list[int]:
        """The squares of a step in order, NOLAND set where the piece may only pass."""
        v = self.v
        origin = y * v.maxFile + x
        sign = -1 if side else 1
        region = self.regions.get((piece.name, side))
        line = self.ray(step.dx * sign, step.dy * sign)[origin]
        if step.lame:
            if not line:
                return []
            way = lame_path(step.dx, step.dy)
            found = [(y + sign * b) * v.maxFile + x + sign * a | at.NOLAND for a, b in way]
            found.append(line[0])
        else:
            found = line if step.hop else line[: step.reach]
        if step.drawn:
            lines = indices(v.diagonalLines, v)
            region = lines if region is None else region & lines
        if region is None:
            return found
        found = [u if u & at.SQ in region else u | at.NOLAND for u in found]
        while found and found[-1] & at.NOLAND:
            found.pop()
        return found


def _diagonal(piece: Piece) -> list[Step]:
    """The steps of a piece that follows the lines drawn on the board, from a square on one of them."""
    corners = [(a, b) for a in (1, -1) for b in (1, -1)]
    if piece.name == "rook":
        return [Step(a, b, FAR, drawn=True) for a, b in corners]
    if piece.name == "janggiCannon":
        return [Step(a, b, FAR, hop=True, drawn=True) for a, b in corners]
    if piece.name == "soldier":
        return [Step(a, 1, drawn=True) for a in (1, -1)]
    if piece.name in ("wazir", "king") and piece.betza == "W":
        return [Step(a, b, drawn=True) for a, b in corners]
    return []


def merge(lines: list[tuple[int, list[int]]]) -> list[tuple[int, list[int]]]:
    """Join single leaps under one header, and a lame double step with the single step before it."""
    leaps: dict[int, dict[int, None]] = {}
    others: dict[tuple[int, tuple[int, ...]], None] = {}
    for head, squares in lines:
        if len(squares) == 1 and not head & at.HOP:
            leaps.setdefault(head, {})[squares[0]] = None
        else:
            others[head, tuple(squares)] = None
    joined: list[tuple[int, list[int]]] = []
    for head, way in others:
        first = way[0] & at.SQ
        if not head & at.HOP and way[0] & at.NOLAND and first in leaps.get(head, {}):
            del leaps[head][first]
            way = (first, *way[1:])
        joined.append((head, list(way)))
    return [(h | at.LEAP, [*s]) for h, s in leaps.items() if s] + _lengthened(joined)


def _lengthened(joined: list[tuple[int, list[int]]]) -> list[tuple[int, list[int]]]:
    """Join lines with longer ones over the same squares: a triple step with the double one."""
    if len({(head, squares[0] & at.SQ) for head, squares in joined}) == len(joined):
        return joined
    for head, squares in [*joined]:
        if head & at.HOP:
            continue
        plain = [s & at.SQ for s in squares]
        for other, longer in [*joined]:
            same = other == head and len(longer) > len(squares)
            if same and plain == [s & at.SQ for s in longer[: len(squares)]]:
                joined.remove((head, squares))
                joined.remove((other, longer))
                shared = [a & (b | at.SQ) for a, b in zip(squares, longer, strict=False)]
                joined.append((head, [*shared, *longer[len(squares) :]]))
                break
    return joined


def immobile(v: Variant, piece: Piece, side: int, square: int) -> bool:
    """Does no move lead from the square, whatever stands on the board?"""
    y, x = divmod(square, v.maxFile)
    sign = -1 if side else 1
    ends = [(x + sign * p.dx, y + sign * p.dy) for p in piece.steps if p.move and not p.initial]
    return not any(0 <= a < v.maxFile and 0 <= b < v.maxRank for a, b in ends)


def indices(squares: Squares, v: Variant) -> set[int]:
    return {y * v.maxFile + x for x, y in squares}
