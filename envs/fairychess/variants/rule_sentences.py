"""The rules of a variant in words, the pieces' moves apart (`sentences`), in sentences of a fixed grammar.

Every key that changes play changes them; `tests/fairychess/words_player.py` plays by these sentences alone.
"""

from __future__ import annotations

import re

from gyges.envs.fairychess.variants.ini_files import Variant
from gyges.envs.fairychess.variants.sentences import PLAYERS, both, kinds, named, per_player, squares_text

SAYS = {"win": "wins", "loss": "loses", "draw": "draws", "none": "decides nothing"}


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
        _ends(v),
        _long(v),
    )
    return [text for group in groups for text in group]


def _royal(v: Variant) -> list[str]:
    royal = [p for p in v.pieces if p.royal]
    found = [
        f"A player must not leave his {named(p)} attacked; who is checkmated {SAYS[v.checkmateValue]}."
        for p in royal
    ]
    if v.extinctionPseudoRoyal:
        few = v.extinctionPieceCount + 1
        last = "the last" if few == 1 else f"one of the last {few}"
        found.append(
            f"A player must not leave {last} of his {kinds(v, v.extinctionPieceTypes)} attacked; who is "
            f"checkmated {SAYS[v.checkmateValue]}."
        )
    if v.dupleCheck:
        found.append(
            f"Nor may a player leave all of his {kinds(v, v.extinctionPieceTypes)} attacked together."
        )
    if not v.checking:
        found.append("No one may give check.")
    if v.flyingGeneral:
        found.append("The kings must not face each other on an open file or rank.")
    if v.makpongRule:
        found.append("A king in check may not go away, only take the piece that gives it.")
    if v.shatarMateRule:
        found.append(
            "Mate counts if one of the checks in a row came from knight, rook or bers, and is a draw if "
            "none did; "
            "a knight may not give mate."
        )
    return found


def _promotion(v: Variant) -> list[str]:
    found = []
    for side, player in enumerate(PLAYERS):
        if v.promotionPawnTypes[side] and v.promotionPieceTypes[side]:
            zone = squares_text(v.promotionRegion[side], v)
            what = kinds(v, v.promotionPieceTypes[side])
            who = kinds(v, v.promotionPawnTypes[side])
            if v.sittuyinPromotion:
                found.append(
                    f"The {player} player's {who} on {zone}, or his last one anywhere, becomes {what} "
                    f"where it stands "
                    "or a step of that piece further, if it attacks nothing there."
                )
            else:
                must = "must" if v.mandatoryPawnPromotion else "may"
                found.append(f"The {player} player's {who} {must} become {what} on arriving on {zone}.")
    if v.promotedPieceType:
        pairs = ", ".join(f"{kinds(v, a)} into {kinds(v, b)}" for a, b in v.promotedPieceType)
        must = "must" if v.mandatoryPiecePromotion else "may"
        found.append(f"A move into, within or out of {per_player(v.promotionRegion, v)} {must} turn {pairs}.")
        if v.pieceDemotion:
            found.append("A turned piece turns back in the same way.")
    if v.piecePromotionOnCapture:
        found.append("Pieces are promoted only by capturing.")
    found += [f"No player has more than {n} {kinds(v, x)} by promotion." for x, n in v.promotionLimit]
    return found


def _first_moves(v: Variant) -> list[str]:
    found = []
    if v.doubleStep and any(v.enPassantTypes) and v.enPassantRegion != (frozenset(), frozenset()):
        region = "" if v.enPassantRegion == (None, None) else f" on {per_player(v.enPassantRegion, v)}"
        found.append(
            f"A piece that has just passed over squares by a first move may be taken there{region} by "
            f"{both(v, v.enPassantTypes)} (en passant)."
        )
    if v.cambodianMoves:
        found.append(
            "First moves: a king who is not in check and on whose line no rook has come leaps one rank "
            "forwards and "
            "two files aside, a counsellor two squares ahead."
        )
    return found


def _castling(v: Variant) -> list[str]:
    found = []
    if v.castling and v.castlingKingPiece and v.castlingRookPieces:
        rights = "".join(v.startFen.split()[2:3])
        start = "" if re.search("[A-La-lQq]", rights) else " (none at the start)"
        rank, king, queen = v.castlingRank, v.castlingKingsideFile, v.castlingQueensideFile
        found.append(
            f"Castling, by the rights in the FEN{start}: the {kinds(v, v.castlingKingPiece)} on rank "
            f"{rank} of its player goes to file "
            f"{_file(king)} and the {kinds(v, v.castlingRookPieces)} on its right to file "
            f"{_file(king - 1)}, or with that on its "
            f"left to files {_file(queen)} and {_file(queen + 1)}; nothing stands between, and the royal "
            f"piece is not attacked "
            "on its way."
        )
        if any(v.startFen.partition(" ")[2]):
            found.append(
                f"K and Q in the FEN mean the king on file {_file(v.castlingKingFile)} and the outermost "
                f"rooks as far as "
                f"files {_file(min(v.castlingRookKingsideFile, v.maxFile))} and "
                f"{_file(v.castlingRookQueensideFile)}."
            )
        if v.chess960:
            found.append("Castling is named by the rook's square, and start positions are mixed.")
        if v.castlingDroppedPiece:
            found.append("Dropping king and rook on their squares gives the right to castle.")
        if v.oppositeCastling:
            found.append("Nobody castles to the side to which the other has castled.")
    if v.castlingWins:
        found.append(
            f"Castling wins, and losing the right to it loses, for {v.castlingWins} (as in the FEN)."
        )
    return found


def _file(number: int) -> str:
    return chr(96 + number)


def _drops(v: Variant) -> list[str]:
    found = []
    if v.pieceDrops:
        found.append(f"Pieces in hand may be dropped on empty squares: {per_player(v.dropRegion, v)}.")
    if v.capturesToHand:
        found.append(
            "Captured pieces go to the capturer's hand"
            + (", as they stand." if v.dropLoop else ", as they began.")
        )
    elif v.dropLoop:
        found.append("Promoted pieces in hand stay promoted.")
    if v.twoBoards:
        found.append("Captured pieces go to a partner on another board, and those in hand come from there.")
    pawn = next((p for p in v.pieces if p.name == "pawn"), None)
    bishop = next((p for p in v.pieces if p.name == "bishop"), None)
    rook = next((p for p in v.pieces if p.name == "rook"), None)
    if v.pieceDrops:
        for flag, text in (
            (
                bool(pawn) and not v.firstRankPawnDrops,
                f"No {named(pawn) if pawn else ''} is dropped on its player's first rank.",
            ),
            (
                bool(pawn) and not v.promotionZonePawnDrops,
                f"No {named(pawn) if pawn else ''} is dropped on {per_player(v.promotionRegion, v)}.",
            ),
            (
                v.sittuyinRookDrop and bool(rook),
                f"The {named(rook) if rook else ''} is dropped on its player's first rank.",
            ),
            (
                v.dropOppositeColoredBishop and bool(bishop),
                f"A player's {named(bishop) if bishop else ''}s must come to stand half on each colour of "
                f"squares.",
            ),
            (
                bool(v.dropNoDoubled) and v.dropNoDoubledCount == 0,
                f"No {kinds(v, v.dropNoDoubled)} is dropped.",
            ),
            (
                bool(v.dropNoDoubled) and v.dropNoDoubledCount > 0,
                f"No {kinds(v, v.dropNoDoubled)} is dropped on a file that holds {v.dropNoDoubledCount} of "
                f"its player's.",
            ),
            (v.shogiPawnDropMateIllegal, "No shogi pawn is dropped to give mate."),
            (not v.dropChecks, "No drop may give check."),
            (v.dropPromoted, "Pieces may be dropped promoted."),
            (v.mustDrop and not v.mustDropType, "Who can drop must."),
            (
                v.mustDrop and bool(v.mustDropType),
                f"Who has {kinds(v, v.mustDropType)} in hand must drop it.",
            ),
        ):
            if flag:
                found.append(text)
    if v.immobilityIllegal:
        found.append(
            "No piece goes unpromoted, or is dropped, where it could never move again on an empty board."
        )
    return found


def _captures(v: Variant) -> list[str]:
    found = []
    if v.mustCapture:
        found.append("Who can capture must.")
    if v.blastOnCapture:
        pawns = [p.letter for p in v.pieces if p.name == "pawn" and p.letter not in v.blastImmuneTypes]
        found.append(
            "A capture explodes: the capturer and every piece on the eight squares around is gone"
            + (f", but {kinds(v, ''.join(pawns), ' and ')} there stays." if pawns else ".")
        )
        if v.blastImmuneTypes:
            found.append(f"The {kinds(v, v.blastImmuneTypes)} is never blown up.")
    if v.mutuallyImmuneTypes:
        found.append(f"No {kinds(v, v.mutuallyImmuneTypes)} takes its like.")
    if v.petrifyOnCaptureTypes:
        found.append(f"By capturing, {kinds(v, v.petrifyOnCaptureTypes)} turns to a wall.")
    return found


_WALLS = {
    "duck": "After each move the player puts the one wall on another empty square",
    "past": "The square that a piece leaves becomes a wall",
    "static": "After each move the player makes an empty square a wall",
    "arrow": "After each move the piece shoots a wall, as it moves, onto an empty square",
    "edge": "After each move the player makes an empty square at the edge a wall",
}


def _besides(v: Variant) -> list[str]:
    found = []
    if v.wallingRule != "none":
        where = "" if v.wallingRegion == (None, None) else f", on {per_player(v.wallingRegion, v)}"
        found.append(f"{_WALLS[v.wallingRule]}{where}.")
    if v.wallingRule != "none" or v.petrifyOnCaptureTypes or "*" in v.startFen.split()[0]:
        found.append("A wall (#) is in the way as a piece is, and nobody takes it.")
    if v.seirawanGating:
        found.append(
            "A piece in hand may enter on the square that a piece leaves with its first move from the "
            "first rank; in "
            "castling on that of king or rook."
        )
    if any(v.passing):
        found.append(f"{_who(v.passing)} may pass if not in check; two passes in a row end the game.")
    if any(v.passOnStalemate):
        found.append(f"{_who(v.passOnStalemate)} without a move, not in check, passes.")
    if v.bikjangRule:
        found.append(
            "Who faces the king with his own asks for an end: the other must pass and grant it, or break "
            "the line."
        )
    return found


def _who(flags: tuple[bool, bool]) -> str:
    return "A player" if all(flags) else "The first player" if flags[0] else "The second player"


_COUNTS = {
    "janggi": "An end without mate is decided by points: rook 13, cannon 7, horse 5, elephant 3, guard 3, "
    "soldier 2, and "
    "one and a half for the second player.",
    "unweighted": "A draw is won by the player with more pieces.",
    "whitedrawodds": "A draw is a win of the first player.",
    "blackdrawodds": "A draw is a win of the second player.",
}
_COUNTING = {
    "makruk": "Without pawns, who outnumbers the other has 64 moves to mate; once the other is bare, 8 "
    "with two rooks, 16 "
    "with one, 22 with two silvers, 32 with two knights, 44 with one silver, else 64, less the pieces on "
    "the board.",
    "cambodian": "Against three pieces or fewer there are 63 moves to mate; once the other is bare and no "
    "pawn is left, 7 "
    "with two rooks, 15 with one, 21 with two silvers, 31 with two knights, 43 with one silver, else 63, "
    "less the pieces.",
    "asean": "Once a player is bare and no pawn is left, there are 16 moves to mate with a rook, 44 with a "
    "silver, 64 with "
    "a knight.",
}


def _ends(v: Variant) -> list[str]:
    found = [f"Who cannot move and is not in check {SAYS[v.stalemateValue]}."]
    if v.stalematePieceCount:
        found.append("Who cannot move and has more pieces gets the opposite; with as many, a draw.")
    if v.extinctionValue != "none" and v.extinctionPieceTypes and not v.extinctionPseudoRoyal:
        whole = v.extinctionPieceTypes == "*"
        what = "all pieces" if whole else f"all of any of {kinds(v, v.extinctionPieceTypes, ', ')}"
        but = f" but {v.extinctionPieceCount}" if v.extinctionPieceCount else ""
        against = (
            f" against {v.extinctionOpponentPieceCount} or more" if v.extinctionOpponentPieceCount else ""
        )
        claim = ", once the other is to move" if v.extinctionClaim else ""
        found.append(f"Who has lost {what}{but}{against} {SAYS[v.extinctionValue]}{claim}.")
    if any(v.flagRegion):
        many = (
            f"{v.flagPieceCount} of {both(v, v.flagPiece)}"
            if v.flagPieceCount > 1
            else both(v, _any(v.flagPiece))
        )
        late = ", after the other's next move" if v.flagMove else ""
        safe = ", unattacked" if v.flagPieceSafe else ""
        found.append(f"Who stands on {per_player(v.flagRegion, v)} with {many}{safe} wins{late}.")
        if v.flagPieceBlockedWin:
            found.append("One piece there is enough where all of these squares are full.")
    if v.checkCounting:
        found.append("Giving check as often as the FEN says wins.")
    if v.materialCounting != "none":
        found.append(_COUNTS[v.materialCounting])
    return found


def _any(letters: tuple[str, str]) -> tuple[str, str]:
    return letters[0] or "*", letters[1] or "*"


def _chases(v: Variant) -> list[str]:
    """What a chase is, as far as the variant has the pieces."""

    def of(*kind: str) -> str:
        return kinds(v, "".join(p.letter for p in v.pieces if p.name in kind or (p.royal and "king" in kind)))

    lines, still, strong = of("rook", "cannon"), of("king", "soldier"), of("horse", "cannon")
    minors, heavy = of("fers", "elephant"), of("rook", "cannon", "horse")
    river = f" before its player's rank {v.soldierPromotionRank}" if of("soldier") != "none" else ""
    lone = ", or that it stands alone of his on the file of both kings" if v.flyingGeneral else ""
    face = ", or only by a king that could not take there for the other king" if v.flyingGeneral else ""
    return [
        "Else who brings it about by nothing but chases of one piece loses; if both do so, it draws.",
        "A move chases a piece that it newly attacks, itself or by opening a line, and that is not protected"
        f"{face}; but {still} chases nothing by its own moves, and {lines} nothing ahead on its way.",
        f"Never chased are kings, soldiers{river}, and a piece that is attacked by its like and attacks it "
        "in turn, unless it is pinned.",
        f"Chased though protected are {of('rook')} by {strong}, and {heavy} by {minors}.",
        f"A piece is pinned, and protects nothing, if it hides its king from an attack{lone}.",
        "A move that pins a piece chases what that protected and a piece that is not pinned attacks; a "
        "move by which a piece of his comes to hide the other player's king from an attack chases all that "
        "this piece attacks, but for what hides the king too.",
    ]


def _long(v: Variant) -> list[str]:
    found = []
    if v.nMoveRule:
        without = "capture, drop or promotion"
        if any(v.nMoveRuleTypes):
            who = both(v, v.nMoveRuleTypes)
            without = f"capture, drop, promotion or a move of {who} that cannot be taken back"
        found.append(f"{v.nMoveRule} moves of each player without {without} draw.")
    if v.nFoldRule:
        who = "the first player" if v.nFoldValueAbsolute else "the player to move"
        whose = "" if v.nFoldValue == "draw" else f" for {who}"
        found.append(f"A position standing {v.nFoldRule} times {SAYS[v.nFoldValue]}{whose}.")
        if v.perpetualCheckIllegal:
            found.append("Who brings it about by nothing but checks loses.")
        if v.chasingRule != "none":
            found.extend(_chases(v))
    if v.moveRepetitionIllegal:
        found.append(
            "Who moves one piece to and fro four times in a row loses, but with a piece bound to his palace."
        )
    if v.countingRule != "none":
        found.append(_COUNTING[v.countingRule])
    return found
