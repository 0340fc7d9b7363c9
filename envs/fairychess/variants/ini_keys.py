"""The keys of variants.ini: what kind of value each takes, and which are refused or ignored."""

from __future__ import annotations

from gyges.envs.fairychess.variants.pieces import CUSTOM, PIECES

MAX_FILES, MAX_RANKS = 12, 10

BOOL, INT, VALUE, TYPES, FILE, SQUARES, TEXT, WALLING, MATERIAL, COUNTING, CHASING, RIGHTS = (
    "bool",
    "int",
    "value",
    "types",
    "file",
    "squares",
    "text",
    "walling",
    "material",
    "counting",
    "chasing",
    "rights",
)
VALUES = ("win", "loss", "draw", "none")
WORDS = {
    VALUE: VALUES,
    WALLING: ("none", "duck", "past", "static", "arrow", "edge"),
    MATERIAL: ("none", "janggi", "unweighted", "whitedrawodds", "blackdrawodds"),
    COUNTING: ("none", "makruk", "cambodian", "asean"),
    CHASING: ("none", "axf"),
}
"""Kinds of values that are one of some words."""
PAIRED = {
    "promotionRegion": SQUARES,
    "doubleStepRegion": SQUARES,
    "tripleStepRegion": SQUARES,
    "dropRegion": SQUARES,
    "flagRegion": SQUARES,
    "flagPiece": TYPES,
    "promotionPieceTypes": TYPES,
    "promotionPawnTypes": TYPES,
    "enPassantRegion": SQUARES,
    "enPassantTypes": TYPES,
    "nMoveRuleTypes": TYPES,
    "wallingRegion": SQUARES,
    "pass": BOOL,
    "passOnStalemate": BOOL,
}
"""Keys that also stand with White or Black behind them."""
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
    "castlingRookKingsideFile": (FILE, 1, MAX_FILES),
    "castlingRookQueensideFile": (FILE, 1, MAX_FILES),
    "blastImmuneTypes": (TYPES, 0, 0),
    "mutuallyImmuneTypes": (TYPES, 0, 0),
    "petrifyOnCaptureTypes": (TYPES, 0, 0),
    "mustDropType": (TYPES, 0, 0),
    "diagonalLines": (SQUARES, 0, 0),
    "castlingWins": (RIGHTS, 0, 0),
    "wallingRule": (WALLING, 0, 0),
    "materialCounting": (MATERIAL, 0, 0),
    "countingRule": (COUNTING, 0, 0),
    "chasingRule": (CHASING, 0, 0),
    "dropNoDoubled": (TYPES, 1, 1),
    "dropNoDoubledCount": (INT, 0, 10),
    "soldierPromotionRank": (INT, 1, MAX_RANKS),
    "nMoveRule": (INT, 0, 1000),
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
            "dropChecks",
            "dropPromoted",
            "twoBoards",
            "piecePromotionOnCapture",
            "pieceDemotion",
            "oppositeCastling",
            "sittuyinRookDrop",
            "sittuyinPromotion",
            "gating",
            "seirawanGating",
            "cambodianMoves",
            "makpongRule",
            "nFoldValueAbsolute",
            "perpetualCheckIllegal",
            "moveRepetitionIllegal",
            "shatarMateRule",
            "stalematePieceCount",
            "bikjangRule",
            "extinctionClaim",
            "flagPieceBlockedWin",
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

LINES = "a game of lines, as tic-tac-toe and connect four are: not chess-like, not supported"
FLIPS = "a game of flipping and enclosing, as flipello and ataxx are: not chess-like, not supported"
OTHER_GAMES = {
    "ataxx": FLIPS,
    "clobber": "pieces that only capture their neighbours: not chess-like, not supported",
    "clobber10": "pieces that only capture their neighbours: not chess-like, not supported",
    "flipello": FLIPS,
    "flipello10": FLIPS,
    "flipersi": FLIPS,
}
"""Variants that the engine has and the library has not, with the reason."""
UNSUPPORTED: dict[str, tuple[tuple[str, ...], str]] = {
    "connectN": (("0",), LINES),
    "connectNxN": (("0",), LINES),
    "collinearN": (("0",), LINES),
    "connectRegion1White": (("", "-"), LINES),
    "connectRegion2White": (("", "-"), LINES),
    "connectRegion1Black": (("", "-"), LINES),
    "connectRegion2Black": (("", "-"), LINES),
    "enclosingDrop": (("none",), FLIPS),
    "flipEnclosedPieces": (("none",), FLIPS),
    "adjudicateFullBoard": (("false",), FLIPS),
    "wallOrMove": (("false",), "a wall in place of a move is not followed"),
    "petrifyBlastPieces": (("false",), "walls made of what a blast destroys are not followed"),
    "prisonerPawnPromotion": (("false",), "not in the engine's documentation; not followed"),
    "dropOnTop": (("false",), LINES),
    "freeDrops": (("false",), "not in the engine's documentation; not followed"),
}
"""Keys that change the rules, known and not supported: values that leave them alone, and the reason."""

MOOT = frozenset(
    [
        "connectPieceTypes",
        "connectVertical",
        "connectHorizontal",
        "connectDiagonal",
        "connectValue",
        "enclosingDropStart",
    ]
)
"""Keys that say more of an unsupported one, and nothing without it."""

SIDED = ("promotionRegion", "doubleStepRegion", "tripleStepRegion", "dropRegion")
"""Paired keys that never stand without a player."""
MAPS = ("promotionLimit", "promotedPieceType")
KEYS = (
    frozenset(SINGLE)
    | {key + side for key in PAIRED for side in ("White", "Black")}
    | (frozenset(PAIRED) - frozenset(SIDED))
    | {"pawnTypes"}
    | frozenset(MAPS)
)
"""Every key with a meaning here, besides the names of pieces and mobilityRegion keys."""
PIECE_KEYS = frozenset(PIECES) | {f"customPiece{i}" for i in range(1, CUSTOM + 1)}
