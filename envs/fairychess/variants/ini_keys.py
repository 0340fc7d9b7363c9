"""The keys of variants.ini: what kind of value each takes, and which are refused or left aside."""

from __future__ import annotations

from gyges.envs.fairychess.variants.pieces import CUSTOM, PIECES

MAX_FILES, MAX_RANKS = 12, 10

BOOL, INT, VALUE, TYPES, FILE, SQUARES, TEXT = (
    "bool",
    "int",
    "value",
    "types",
    "file",
    "squares",
    "text",
)
VALUES = ("win", "loss", "draw", "none")
PAIRED = {
    "promotionRegion": SQUARES,
    "doubleStepRegion": SQUARES,
    "tripleStepRegion": SQUARES,
    "dropRegion": SQUARES,
    "flagRegion": SQUARES,
    "flagPiece": TYPES,
    "promotionPieceTypes": TYPES,
    "promotionPawnTypes": TYPES,
}
SINGLE: dict[str, tuple[str, int, int]] = {
    "maxRank": (INT, 1, MAX_RANKS),
    "maxFile": (FILE, 1, MAX_FILES),
    "startFen": (TEXT, 0, 0),
    "chess960": (BOOL, 0, 0),
    "castlingKingsideFile": (FILE, 1, MAX_FILES),
    "castlingQueensideFile": (FILE, 1, MAX_FILES),
    "castlingKingFile": (FILE, 1, MAX_FILES),
    "castlingRank": (INT, 1, MAX_RANKS),
    "castlingKingPiece": (TYPES, 1, 1),
    "castlingRookPieces": (TYPES, 0, 0),
    "enPassantTypes": (TYPES, 0, 0),
    "enPassantRegion": (SQUARES, 0, 0),
    "blastImmuneTypes": (TYPES, 0, 0),
    "dropNoDoubled": (TYPES, 1, 1),
    "dropNoDoubledCount": (INT, 1, 10),
    "soldierPromotionRank": (INT, 1, MAX_RANKS),
    "nMoveRule": (INT, 0, 1000),
    "nMoveRuleTypes": (TYPES, 0, 0),
    "nFoldRule": (INT, 0, 10),
    "nFoldValue": (VALUE, 0, 0),
    "stalemateValue": (VALUE, 0, 0),
    "checkmateValue": (VALUE, 0, 0),
    "extinctionValue": (VALUE, 0, 0),
    "extinctionPieceTypes": (TYPES, 0, 0),
    "extinctionPieceCount": (INT, 0, 64),
    "extinctionOpponentPieceCount": (INT, 0, 64),
    "flagPieceCount": (INT, 1, 64),
    **{
        key: (BOOL, 0, 0)
        for key in [
            "mandatoryPawnPromotion",
            "mandatoryPiecePromotion",
            "blastOnCapture",
            "doubleStep",
            "castling",
            "castlingDroppedPiece",
            "checking",
            "mustCapture",
            "mustDrop",
            "pieceDrops",
            "dropLoop",
            "capturesToHand",
            "firstRankPawnDrops",
            "promotionZonePawnDrops",
            "dropOppositeColoredBishop",
            "immobilityIllegal",
            "flyingGeneral",
            "shogiPawnDropMateIllegal",
            "extinctionPseudoRoyal",
            "dupleCheck",
            "flagMove",
            "flagPieceSafe",
            "checkCounting",
        ]
    },
}
IGNORED = frozenset(
    [
        "variantTemplate",
        "pieceToCharTable",
        "pocketSize",
        "pieceValueMg",
        "pieceValueEg",
        "endgameEval",
        "nnueAlias",
        "fastAttacks",
        "fastAttacks2",
        "twoBoardsHint",
    ]
)
"""Keys that say how to draw, evaluate or name a variant, not how it is played."""

REFUSED: dict[str, tuple[str, ...]] = {
    "dropChecks": ("true",),
    "dropOnTop": ("false",),
    "enclosingDrop": ("none",),
    "enclosingDropStart": ("", "-"),
    "sittuyinRookDrop": ("false",),
    "sittuyinPromotion": ("false",),
    "gating": ("false",),
    "wallingRule": ("none",),
    "arrowGating": ("false",),
    "duckGating": ("false",),
    "staticGating": ("false",),
    "pastGating": ("false",),
    "seirawanGating": ("false",),
    "cambodianMoves": ("false",),
    "diagonalLines": ("", "-"),
    "makpongRule": ("false",),
    "flipEnclosedPieces": ("none",),
    "nFoldValueAbsolute": ("false",),
    "perpetualCheckIllegal": ("false",),
    "moveRepetitionIllegal": ("false",),
    "chasingRule": ("none",),
    "stalematePieceCount": ("false",),
    "shatarMateRule": ("false",),
    "bikjangRule": ("false",),
    "extinctionClaim": ("false",),
    "flagPieceBlockedWin": ("false",),
    "connectN": ("0",),
    "materialCounting": ("none",),
    "countingRule": ("none",),
    "adjudicateFullBoard": ("false",),
    "twoBoards": ("false",),
    "prisonerPawnPromotion": ("false",),
    "oppositeCastling": ("false",),
    "petrifyOnCaptureTypes": ("", "-"),
    "petrifyOnCapture": ("false",),
    "castlingForbiddenPlies": ("0",),
    "piecePromotionOnCapture": ("false",),
    "pass": ("false",),
    "passOnStalemate": ("false",),
    "pieceDemotion": ("false",),
    "dropPromoted": ("false",),
    "mutuallyImmuneTypes": ("", "-"),
    "mustDropType": ("*",),
    "wallOrMove": ("false",),
    "freeDrops": ("false",),
}
"""Keys that change the rules and are not supported, with the values that leave the rules alone."""

TOLERATED = frozenset(
    [
        "perpetualCheckIllegal",
        "moveRepetitionIllegal",
        "chasingRule",
        "materialCounting",
        "countingRule",
        "nFoldValueAbsolute",
    ]
)
"""Keys of `REFUSED` that decide only how a long game ends by repetition or counting. They are read and
left aside, said so by `gyges fairychess check`; moves and mates are not touched by them."""

REGIONS = ("promotionRegion", "doubleStepRegion", "tripleStepRegion", "dropRegion", "flagRegion")
MAPS = ("promotionLimit", "promotedPieceType")
KEYS = (
    frozenset(SINGLE)
    | {key + side for key in PAIRED for side in ("White", "Black")}
    | (frozenset(PAIRED) - frozenset(REGIONS))
    | {"flagRegion"}
    | frozenset(MAPS)
)
"""Every key with a meaning here, besides the names of pieces and mobilityRegion keys."""
PIECE_KEYS = frozenset(PIECES) | {f"customPiece{i}" for i in range(1, CUSTOM + 1)}
