"""How the games of a variant end, in words."""

from __future__ import annotations

import re

from gyges.envs.fairychess.variants.ini_files import Piece, Variant
from gyges.envs.fairychess.variants.sentences import (
    PLAYERS,
    a_kind,
    apart,
    every,
    kinds,
    lettered,
    listed,
    named,
    per_player,
    several,
    squares_text,
)

DECIDES = {"win": "wins", "loss": "loses", "draw": "draws", "none": "draws"}
RESULT = {"win": "{} wins", "loss": "{} loses", "draw": "the game is a draw", "none": "the game is a draw"}
ORDINALS = (
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"
)  # fmt: skip


def ends(v: Variant) -> list[str]:
    """Who has won, and when."""
    check = " and is not in check" if has_check(v) else ""
    found = [f"When the player to move has no legal move{check}, {RESULT[v.stalemateValue].format('he')}."]
    if v.stalematePieceCount:
        found.append(
            "That is so if he has fewer pieces on the board; with more it is the reverse, with as many a "
            "draw."
        )
    found += _extinction(v)
    for side in (0, 1):
        if v.flagRegion[side] and not (side and _alike(v)):
            found += _goal(v, side)
    if any(v.flagRegion) and v.flagPieceBlockedWin:
        found.append("One piece there is enough where no square of these is empty.")
    if v.checkCounting:
        first, second = (ORDINALS[n] for n in checks_of(v))
        found.append(
            f"The {first} check that a player gives wins."
            if first == second
            else f"The {first} check wins for the first player, the {second} for the second player."
        )
    if v.materialCounting != "none":
        found.append(_COUNTS.get(v.materialCounting) or _points(v))
    return found


# What must not be lost.


def pseudo_royal(v: Variant) -> list[Piece]:
    """The kinds whose last pieces may not be left attacked."""
    if not v.extinctionPseudoRoyal or v.extinctionValue == "none" or v.extinctionPieceTypes == "*":
        return []
    return lettered(v, v.extinctionPieceTypes)


def has_check(v: Variant) -> bool:
    """Are there pieces that may not be left attacked?"""
    return any(p.royal for p in v.pieces) or bool(pseudo_royal(v))


def last_of(piece: Piece, v: Variant) -> str:
    """``the last of his kings (K)``, ``any of his queens (Q)``."""
    few = v.extinctionPieceCount + 1
    which = "the last" if few == 1 else f"one of the last {few}" if few < v.squares else "any"
    return f"{which} of his {several(piece, v)}"


def _extinction(v: Variant) -> list[str]:
    types, count, other = v.extinctionPieceTypes, v.extinctionPieceCount, v.extinctionOpponentPieceCount
    if v.extinctionValue == "none" or not types or (v.extinctionPseudoRoyal and not v.blastOnCapture):
        return []
    told = lettered(v, types)
    kind = ""
    if types == "*":
        lost = f"at most {count} {'piece' if count == 1 else 'pieces'}" if count else "no piece"
    elif len(told) == 1:
        one = told[0]
        lost = (
            f"at most {count} {named(one, v) if count == 1 else several(one, v)}"
            if count
            else f"no {named(one, v)}"
        )
    else:
        lost = "no piece" if not count else f"at most {count} {'piece' if count == 1 else 'pieces'}"
        kind = " of a kind" if every(v, types) else f" of one of these kinds ({kinds(v, types)})"
    against = f" against {other} or more of the other player" if other else ""
    claim = ", once the other is to move" if v.extinctionClaim else ""
    return [f"A player who has {lost}{kind} left{against} {DECIDES[v.extinctionValue]}{claim}."]


# Goals.


def _alike(v: Variant) -> bool:
    """Is the goal of both players one sentence?"""
    return bool(v.flagRegion[0] and v.flagRegion[1]) and v.flagPiece[0] == v.flagPiece[1]


def _goal(v: Variant, side: int) -> list[str]:
    alone = not _alike(v)
    where = squares_text(v.flagRegion[side], v) if alone else per_player(v.flagRegion, v)
    who = f"The {PLAYERS[side]} player" if alone else "A player"
    letters, count = v.flagPiece[side] or "*", v.flagPieceCount
    royal = letters == "".join(p.letter for p in v.pieces if p.royal)
    if count > 1:
        what = f"{count} of his pieces" if every(v, letters) else f"{count} of his {_many(v, letters)}"
    else:
        what = (
            "a piece of his" if every(v, letters) else f"{'his' if royal else 'a'} {_one(v, letters, royal)}"
        )
    stand = "stand" if count > 1 else "stands"
    told = f"{who} wins when {what} {stand} on {where}"
    if v.flagPieceSafe:
        told += f" and {'are' if count > 1 else 'is'} not attacked there"
        told += "" if royal or v.flagMove else ", or when more do"
    if v.flagMove and royal:
        return [
            f"{told}; but if the first player gets there and the second can follow with his next move, the "
            "game goes on for that move, and is a draw if he does."
        ]
    if v.flagMove:
        late = "after the other player's next move"
        return [f"{told}{', or if it' if v.flagPieceSafe else ' and'} still does {late}."]
    return [f"{told}."]


def _one(v: Variant, letters: str, royal: bool) -> str:
    text = kinds(v, letters)
    return text if royal else f"{text} of his"


def _many(v: Variant, letters: str) -> str:
    return listed(several(p, v) for p in lettered(v, letters))


def checks_of(v: Variant) -> tuple[int, int]:
    """How many checks each player has to give, as the start position says; three where it says nothing."""
    found = re.search(r" ([0-9])\+([0-9])(?: |$)", v.startFen)
    return (int(found[1]), int(found[2])) if found else (3, 3)


# Points.

_COUNTS = {
    "unweighted": "A draw is won by the player with more pieces on the board.",
    "whitedrawodds": "A draw is a win of the first player.",
    "blackdrawodds": "A draw is a win of the second player.",
}
POINTS = {"rook": 13, "janggiCannon": 7, "horse": 5, "janggiElephant": 3, "wazir": 3, "soldier": 2}
"""Points of pieces in janggi."""


def _points(v: Variant) -> str:
    worth = [f"{named(p, v)} {POINTS[p.name]}" for p in v.pieces if p.name in POINTS]
    return (
        "A draw is won by the player whose pieces on the board count more: "
        f"{', '.join(worth)}; the second player has one and a half besides."
    )


# Games that go on too long.


def long(v: Variant) -> list[str]:
    """What ends a game that gets nowhere."""
    found = []
    if v.nMoveRule:
        found.append(f"The game is a draw after {v.nMoveRule} moves of each player without {_progress(v)}.")
    if v.nFoldRule:
        who = "the first player" if v.nFoldValueAbsolute else "the player to move"
        result = RESULT[v.nFoldValue].format(who)
        found.append(f"When a position comes up for the {ORDINALS[v.nFoldRule]} time, {result}.")
        if v.perpetualCheckIllegal:
            found.append("But who has brought it about by nothing but checks loses.")
        if v.chasingRule != "none":
            found.extend(_chases(v))
    if v.moveRepetitionIllegal:
        found.append(
            "A player who moves one piece to and fro four times in a row loses, if it can go where the other "
            "player's king may stand."
        )
    if v.countingRule != "none":
        found.append(_counting(v))
    return found


def _progress(v: Variant) -> str:
    """What sets the count of the n-move rule back."""
    parts = ["a capture"]
    if v.pieceDrops:
        parts.append("a drop")
    if any(v.promotionPieceTypes) or (v.promotedPieceType and not v.pieceDemotion):
        parts.append("a promotion")
    if any(v.nMoveRuleTypes):
        who = apart(*(a_kind(v, letters) for letters in v.nMoveRuleTypes))
        back = any(_turns_round(p) for p in lettered(v, v.nMoveRuleTypes[0] + v.nMoveRuleTypes[1]))
        parts.append(f"a move of {who}{' that cannot be taken back' if back else ''}")
    return listed(parts)


def _turns_round(piece: Piece) -> bool:
    """Can the piece undo one of its moves?"""
    moves = {(step.dx, step.dy) for step in piece.steps if step.move and not step.initial}
    return any((-dx, -dy) in moves for dx, dy in moves)


def _counting(v: Variant) -> str:
    """Within how many moves a player who has little left must be checkmated."""

    def of(name: str, many: bool = False) -> str:
        piece = next((p for p in v.pieces if p.name == name), None)
        return "none" if piece is None else several(piece, v) if many else named(piece, v)

    if v.countingRule == "asean":
        return (
            "Once a player has his king alone and no pawn is left, the other has to checkmate him within 16 "
            f"moves with a {of('rook')}, else 44 with a {of('silver')}, else 64 with a {of('knight')}; after "
            "that the game is a draw."
        )
    less = 1 if v.countingRule == "cambodian" else 0
    begins, bare = (
        ("a player has three pieces or fewer", "he has his king alone and no pawn is left")
        if less
        else ("no pawn is left", "a player has his king alone")
    )
    cases = [
        f"{8 - less} with two {of('rook', True)}",
        f"{16 - less} with one",
        f"{22 - less} with two {of('silver', True)}",
        f"{32 - less} with two {of('knight', True)}",
        f"{44 - less} with one {of('silver')}",
    ]
    return (
        f"Once {begins}, the game is a draw after {64 - less} more moves of each; once {bare}, the moves are "
        f"counted from the number of pieces on the board to {', '.join(cases)}, else {64 - less}."
    )


def _chases(v: Variant) -> list[str]:
    """What a chase is, as far as the variant has the pieces."""

    def of(*kind: str, article: bool = True) -> str:
        letters = "".join(p.letter for p in v.pieces if p.name in kind or (p.royal and "king" in kind))
        return a_kind(v, letters) if article else kinds(v, letters)

    lines, still, strong = of("rook", "cannon"), of("king", "soldier"), of("horse", "cannon")
    minors, heavy = of("fers", "elephant"), of("rook", "cannon", "horse")
    soldiers = [several(p, v) for p in v.pieces if p.name == "soldier"]
    river = "".join(f", {one} before their player's rank {v.soldierPromotionRank}" for one in soldiers)
    lone = ", or is the only piece of its player on the file on which both kings stand" * v.flyingGeneral
    face = ", or only by a king that would face the other king there" * v.flyingGeneral
    return [
        "If nobody has, who has brought it about by nothing but chases of one piece loses; if both have, it "
        "is a draw.",
        "A move chases a piece of the other player that it newly attacks, itself or by opening a line for "
        f"another piece, and that is not protected{face}.",
        f"By its own moves {still} chases nothing, and {lines} nothing on the line along which it moves.",
        f"Never chased are kings{river}, and a piece that attacks in turn one of its own kind by which it is "
        "attacked, unless it is pinned.",
        f"Chased though protected are {of('rook')} by {strong}, and {heavy} by {minors}.",
        f"A piece is pinned, and protects nothing, if it hides its king from an attack{lone}.",
        "A move that pins a piece chases what that piece protected, if one that is not pinned attacks it.",
        "A move by which a piece comes to hide the other player's king from an attack of its own side chases "
        "all that this piece attacks, but for what hides that king too.",
    ]
