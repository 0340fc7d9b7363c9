"""The rules of a variant in words, the pieces' moves apart (`sentences`), in sentences of a fixed grammar.

Every key that changes play changes them; `tests/fairychess/words_player.py` plays by these sentences alone.
How games end stands in `end_sentences`.
"""

from __future__ import annotations

import re

from gyges.envs.fairychess.variants import end_sentences
from gyges.envs.fairychess.variants.end_sentences import DECIDES, has_check, last_of, pseudo_royal
from gyges.envs.fairychess.variants.ini_files import Variant
from gyges.envs.fairychess.variants.sentences import (
    PLAYERS,
    a_kind,
    apart,
    called,
    kinds,
    lettered,
    listed,
    named,
    per_player,
    sentence,
    several,
    squares_text,
    stone,
    with_article,
)


def rules(v: Variant) -> list[str]:
    """The rules that are not the pieces' moves, a sentence each."""
    groups = (
        _royal(v),
        _promotion(v),
        _first_moves(v),
        _castling(v),
        _drops(v),
        _captures(v),
        _besides(v),
        end_sentences.ends(v),
        end_sentences.long(v),
    )
    return [text for group in groups for text in group]


def notation(v: Variant) -> list[str]:
    """How positions and moves of the variant are written, a sentence each."""
    found = [f"The start position as a FEN: {v.startFen}."]
    if _castles(v):
        found.append(
            f"K and Q in a FEN (k and q for the second player) mean that the {_king(v)} on file "
            f"{_file(v.castlingKingFile)} may castle with the outermost rooks as far as files "
            f"{_file(min(v.castlingRookKingsideFile, v.maxFile))} and {_file(v.castlingRookQueensideFile)}."
        )
    if v.chess960:
        found.append("Castling is named by the rook's square.")
    if v.checkCounting:
        found.append(
            "A FEN says how many checks each player still has to give, as in 2+3; one that does not is read "
            f"as {'{}+{}'.format(*end_sentences.checks_of(v))}."
        )
    return found


def _royal(v: Variant) -> list[str]:
    mated = f"; who is in check and has no legal move is checkmated and {DECIDES[v.checkmateValue]}."
    royal = [named(p, v) for p in v.pieces if p.royal]
    found = [f"A player must not leave his {name} attacked (in check){mated}" for name in royal]
    found += [f"A player must not leave {last_of(p, v)} attacked (in check){mated}" for p in pseudo_royal(v)]
    if not has_check(v):
        free = [p for p in v.pieces if called(p, v) == "king"]
        found += [f"There is no check: a {named(p, v)} may be left attacked, and captured." for p in free]
    if v.blastOnCapture:
        for p in pseudo_royal(v):
            found.append(
                f"A player must not blow up {last_of(p, v)}; a move that blows up that of the other player "
                "is allowed whatever it leaves attacked."
            )
            found.append(
                f"A {named(p, v)} on a square next to the other player's {called(p, v)} counts as not "
                "attacked, for capturing it would blow up both."
            )
    if v.dupleCheck:
        for p in pseudo_royal(v):
            found.append(f"Nor may he leave all of his {several(p, v)} attacked together.")
    if not v.checking:
        found.append("No move may give check.")
    if v.flyingGeneral:
        found.append("The kings must not face each other on a file or rank with nothing between them.")
    if v.makpongRule:
        found.append("A king in check may not go away, only capture the piece that gives it.")
    if v.shatarMateRule:
        knights = [p for p in v.pieces if p.name == "knight"]
        mating = [p for p in v.pieces if p.name in ("knight", "rook", "bers")]
        found.append(
            "A checkmate is a draw if none of the checks in a row that end with it was given by "
            f"{with_article(listed(named(p, v) for p in mating))}; one in which "
            f"{listed(several(p, v) for p in knights)} alone give check loses for who gives it."
        )
    return found


def _promotion(v: Variant) -> list[str]:
    found = []
    pawns, made = v.promotionPawnTypes, v.promotionPieceTypes
    must = "must" if v.mandatoryPawnPromotion else "may"
    if v.sittuyinPromotion:
        found += _becoming(v)
    elif pawns[0] == pawns[1] and made[0] == made[1]:
        if pawns[0] and made[0]:
            where = per_player(v.promotionRegion, v)
            found.append(_becomes(a_kind(v, pawns[0]), must, a_kind(v, made[0]), where))
    else:
        for side, player in enumerate(PLAYERS):
            if pawns[side] and made[side]:
                who = f"the {player} player's {kinds(v, pawns[side])}"
                where = squares_text(v.promotionRegion[side], v)
                found.append(_becomes(who, must, a_kind(v, made[side]), where))
    if v.promotedPieceType:
        pairs = ", ".join(f"{a_kind(v, a)} to {a_kind(v, b)}" for a, b in v.promotedPieceType)
        must = "must" if v.mandatoryPiecePromotion else "may"
        where = per_player(v.promotionRegion, v)
        moves = "Every move" if where == "any square" else f"A move into, within or out of {where}"
        found.append(f"{moves} {must} promote {pairs}.")
        found.append("What has been promoted so is written with a + before its letter.")
        if v.pieceDemotion:
            found.append("It becomes what it was before in the same way.")
    if v.piecePromotionOnCapture:
        found.append("Pieces are promoted only by capturing.")
    for letter, count in v.promotionLimit:
        what = kinds(v, letter)
        found.append(
            f"Nothing is promoted to {with_article(what)} while its player has {count} on the board."
        )
    return found


def _becomes(who: str, must: str, what: str, where: str) -> str:
    return f"{sentence(who)} {must} be promoted to {what} on arriving on {where}."


def _becoming(v: Variant) -> list[str]:
    """Promotion in sittuyin."""
    if not (any(v.promotionPawnTypes) and any(v.promotionPieceTypes)):
        return []
    who = apart(*(kinds(v, letters) for letters in v.promotionPawnTypes))
    what = apart(*(a_kind(v, letters) for letters in v.promotionPieceTypes))
    return [
        f"Instead of moving, a {who} on {per_player(v.promotionRegion, v)}, or a player's last one anywhere, "
        f"may be promoted to {what} on its square or on an empty one to which that piece goes from there; it "
        "must not attack a piece of the other player from there, nor may his king be attacked after it.",
        "A player with king and pawn alone, not in check, who can do nothing but this draws.",
    ]


def _first_moves(v: Variant) -> list[str]:
    found = []
    if v.doubleStep and any(v.enPassantTypes) and v.enPassantRegion != (frozenset(), frozenset()):
        region = (
            "" if v.enPassantRegion == (None, None) else f" if it is on {per_player(v.enPassantRegion, v)}"
        )
        found.append(
            "En passant: a piece that has just passed over a square by a long first move may be captured on "
            f"that square{region}, as if it had stopped there, by "
            f"{apart(*(a_kind(v, letters) for letters in v.enPassantTypes))}."
        )
    if v.cambodianMoves:
        kings = [named(p, v) for p in v.pieces if p.royal]
        ferzes = [named(p, v) for p in v.pieces if p.name == "fers"]
        rooks = [named(p, v) for p in v.pieces if p.name == "rook"]
        found.append(
            f"As its first move the {listed(kings)} may leap to an empty square one rank forwards and two "
            f"files aside, if it is not in check and no {listed(rooks)} of the other player has come to its "
            f"file or rank; the {listed(ferzes)} as its first may leap to an empty square two ranks ahead."
        )
    return found


def _castles(v: Variant) -> bool:
    return bool(v.castling and v.castlingKingPiece and v.castlingRookPieces)


def _king(v: Variant) -> str:
    return listed(called(p, v) for p in lettered(v, v.castlingKingPiece))


def _castling(v: Variant) -> list[str]:
    found = []
    if _castles(v):
        king, queen, home = v.castlingKingsideFile, v.castlingQueensideFile, v.castlingRank
        rights = "".join(v.startFen.split()[2:3])
        sides = [bool(re.search("[A-LQ]", rights)), bool(re.search("[a-lq]", rights))]
        start = (
            ""
            if all(sides)
            else " (nobody has the right at the start)"
            if not any(sides)
            else f" (at the start only the {PLAYERS[sides.index(True)]} player has the right)"
        )
        royal = any(p.royal or p in pseudo_royal(v) for p in lettered(v, v.castlingKingPiece))
        ranks = apart(f"rank {home}", f"rank {v.maxRank + 1 - home}")
        rooks = lettered(v, v.castlingRookPieces)
        rook = with_article(called(rooks[0], v)) if len(rooks) == 1 else "such a piece"
        found.append(
            f"Castling{start}: {a_kind(v, v.castlingKingPiece)} and {a_kind(v, v.castlingRookPieces)} on "
            f"{ranks} that have not moved may move together: the {_king(v)} to file {_file(king)} and {rook} "
            f"on the side of file {_file(v.maxFile)} to file {_file(king - 1)}, or the {_king(v)} to file "
            f"{_file(queen)} and {rook} on the side of file a to file {_file(queen + 1)}; no other piece "
            "stands between them or on their way"
            + (f", and the {_king(v)} is nowhere attacked on its way." if royal else ".")
        )
        if v.chess960:
            found.append("Other start positions have the pieces of the first rank in another order.")
        if v.castlingDroppedPiece:
            found.append(
                f"{sentence(a_kind(v, v.castlingKingPiece))} dropped on file {_file(v.castlingKingFile)} "
                "of that rank and a rook dropped at its end count as not moved."
            )
        if v.oppositeCastling:
            found.append("Nobody castles to the side to which the other player has castled.")
    if v.castlingWins:
        last = _file(v.maxFile)
        who = {
            x: f"the {PLAYERS[x in 'kq']} player on the side of file {last if x in 'Kk' else 'a'}"
            for x in "KQkq"
        }
        found.append(
            "A player wins by castling, and loses by losing the right to it: "
            f"{listed((who[right] for right in v.castlingWins), 'and')}."
        )
    return found


def _file(number: int) -> str:
    return chr(96 + number)


def _drops(v: Variant) -> list[str]:
    found = []
    if v.pieceDrops:
        where = per_player(v.dropRegion, v)
        empty = "any empty square" if where == "any square" else f"an empty square of {where}"
        found.append(f"Instead of moving, a player may drop a piece from his hand on {empty}.")
    if v.capturesToHand:
        found.append(
            "A captured piece goes to the capturer's hand, a promoted one "
            + ("as it is." if v.dropLoop else "as what it was before.")
        )
    elif v.dropLoop:
        found.append("Promoted pieces in hand stay promoted.")
    if v.twoBoards:
        found.append(
            "This is one of two boards: captured pieces go to a partner on the other, and those in hand come "
            "from there."
        )
    if v.pieceDrops:
        found += _drop_limits(v)
    if v.immobilityIllegal:
        found.append(
            "No piece goes unpromoted, or is dropped, where it could never move again on an empty board."
        )
    return found


def _drop_limits(v: Variant) -> list[str]:
    """What may not be dropped where."""
    names = {p.name: p for p in v.pieces}
    pawn, bishop, rook = names.get("pawn"), names.get("bishop"), names.get("rook")
    found = []
    if pawn and not v.firstRankPawnDrops:
        found.append(f"No {named(pawn, v)} is dropped on its player's first rank.")
    if pawn and not v.promotionZonePawnDrops:
        found.append(f"No {named(pawn, v)} is dropped on {per_player(v.promotionRegion, v)}.")
    if v.sittuyinRookDrop and rook:
        found.append(f"The {named(rook, v)} is dropped only on its player's first rank.")
    if v.dropOppositeColoredBishop and bishop:
        found.append(
            f"Of a player's {several(bishop, v)} half must come to stand on light squares and half on dark "
            "ones; other pieces must leave room for that."
        )
    if v.dropNoDoubled and v.dropNoDoubledCount == 0:
        found.append(f"No {kinds(v, v.dropNoDoubled)} is dropped.")
    elif v.dropNoDoubled:
        found.append(
            f"No {kinds(v, v.dropNoDoubled)} is dropped on a file that holds {v.dropNoDoubledCount} of its "
            "player's, promoted ones not counted."
        )
    mating = [p for p in v.pieces if p.name == "shogiPawn"]
    if v.shogiPawnDropMateIllegal and mating:
        found.append(f"No {named(mating[0], v)} is dropped to give checkmate.")
    if not v.dropChecks:
        found.append("No drop may give check.")
    if v.dropPromoted:
        found.append("Pieces may be dropped promoted.")
    if v.mustDrop:
        must: str | None = kinds(v, v.mustDropType) if v.mustDropType else None
        found.append(f"Who has a {must} in hand must drop it." if must else "A player who can drop must.")
    return found


def _captures(v: Variant) -> list[str]:
    found = []
    if v.mustCapture:
        found.append("A player who can capture must.")
    if v.blastOnCapture:
        pawns = [p for p in v.pieces if p.name == "pawn" and p.letter not in v.blastImmuneTypes]
        found.append(
            "A capture explodes: both pieces and every piece on the eight squares around leave the board"
            + (f", but {listed((several(p, v) for p in pawns), 'and')} there stay." if pawns else ".")
        )
        if v.blastImmuneTypes:
            found.append(f"No {kinds(v, v.blastImmuneTypes)} is blown up.")
    if v.mutuallyImmuneTypes:
        found.append(f"No {kinds(v, v.mutuallyImmuneTypes)} captures its like.")
    if v.petrifyOnCaptureTypes:
        turning = [p for p in lettered(v, v.petrifyOnCaptureTypes) if not stone(p, v)]
        if turning:
            what = with_article(listed(named(p, v) for p in turning))
            found.append(f"{sentence(what)} that captures turns to a wall.")
        held = [p for p in lettered(v, v.petrifyOnCaptureTypes) if stone(p, v)]
        found += [f"A {named(p, v)} does not capture: it would turn to a wall." for p in held]
    return found


_WALLS = {
    "duck": "After each move the player puts the only wall on an empty square where it does not stand yet",
    "past": "The square that a piece leaves becomes a wall",
    "static": "After each move the player makes an empty square a wall",
    "arrow": "After each move the piece shoots a wall, as it moves, onto an empty square",
    "edge": "After each move the player makes an empty square at the edge, or beside a wall, a wall",
}


def _besides(v: Variant) -> list[str]:
    found = []
    if v.wallingRule != "none":
        where = "" if v.wallingRegion == (None, None) else f", on {per_player(v.wallingRegion, v)}"
        found.append(f"{_WALLS[v.wallingRule]}{where}.")
    if v.wallingRule != "none" or v.petrifyOnCaptureTypes or "*" in v.startFen.split()[0]:
        found.append("A wall (#) is in the way as a piece is, and nobody captures it.")
    if v.seirawanGating:
        found.append(
            "When a piece makes its first move from its player's first rank, a piece from his hand may enter "
            "at once on the square that it leaves; in castling, on that of the king or of the rook."
        )
    if any(v.passing):
        found.append(
            f"{_who(v.passing)} may pass if not in check; two passes in a row end the game as a draw."
        )
    if any(v.passOnStalemate):
        found.append(f"{_who(v.passOnStalemate)} without a legal move, not in check, passes.")
    if v.bikjangRule:
        found.append(
            "A player who makes the kings face each other on a file or rank with nothing between them asks "
            "for an end: the other player must pass, which ends the game as a draw, or move so that they do "
            "not."
        )
    return found


def _who(flags: tuple[bool, bool]) -> str:
    return "A player" if all(flags) else "The first player" if flags[0] else "The second player"
