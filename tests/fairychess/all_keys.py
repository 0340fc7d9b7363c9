"""Variants drawn from all keys together, against an independent engine.

    python tests/fairychess/all_keys.py FIRST COUNT [PLIES] [--log FILE]

A variant is a known one with one to five keys set at random and perhaps a piece of its own; text that our
reader or the engine's refuses is drawn anew. Left out are variants that `docs/fairychess.md` lists as
different on purpose; moves that it lists are counted by their reason (`explained.py`), and the game goes on
with the moves that both have. With a log, a line of JSON is added for every piece of seeds, and pieces that
it holds are not played again.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from differ import EXPLAINED, compare
from oracle import Oracle

from gyges.envs.fairychess import Variant, VariantError, load
from gyges.envs.fairychess.board import Board

BASES = (
    "chess", "chess", "chess", "crazyhouse", "capahouse", "gardner", "losalamos", "minishogi", "shogi",
    "xiangqi", "minixiangqi", "makruk", "shatranj", "berolina", "torpedo", "racingkings", "3check",
    "kingofthehill", "antichess", "horde", "breakthrough", "knightmate", "grasshopper", "placement",
    "euroshogi", "judkins", "hoppelpoppel", "nightrider", "almost", "extinction", "threekings",
    "cambodian", "seirawan", "kyotoshogi", "grand", "janggi", "sittuyin", "shatar", "duck", "spartan",
    "koedem", "atomic", "makpong", "asean", "torishogi", "chigorin", "legan", "shouse", "hoppelpoppel",
)  # fmt: skip
MOVES = (
    "W", "F", "D", "N", "A", "H", "C", "Z", "G", "K", "R", "B", "Q", "R2", "B3", "NN", "WD", "FA",
    "mNcK", "mRcB", "fRbB", "nN", "nA", "nD", "mRcpR", "pB", "gQ", "gR", "fFsW", "vR", "sB", "fbN",
    "mWcF", "ffN", "lrfF", "fhN", "bhN", "KAD", "NmK", "cKmQ", "fsR", "fWcF", "mfRcF",
)  # fmt: skip
REGIONS = ("*1", "*2", "*3 *4", "*7", "*8", "*4 *5", "d4 e4 d5 e5", "a* h*", "*6 *7 *8", "*1 *2 *3", "-")
TRUE = ("true", "false")
VALUES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        [
            "mandatoryPawnPromotion", "mandatoryPiecePromotion", "piecePromotionOnCapture",
            "blastOnCapture", "doubleStep", "castling", "checking", "mustCapture", "mustDrop",
            "capturesToHand", "firstRankPawnDrops", "promotionZonePawnDrops",
            "dropOppositeColoredBishop", "immobilityIllegal", "flyingGeneral",
            "shogiPawnDropMateIllegal", "flagMove", "flagPieceSafe", "flagPieceBlockedWin",
            "dropPromoted", "oppositeCastling", "sittuyinRookDrop", "makpongRule",
            "stalematePieceCount", "extinctionClaim", "dropLoop", "dropChecks", "chess960",
            "pieceDrops", "pieceDemotion", "extinctionPseudoRoyal", "dupleCheck",
            "perpetualCheckIllegal", "nFoldValueAbsolute", "checkCounting", "moveRepetitionIllegal",
            "castlingDroppedPiece", "sittuyinPromotion", "gating", "seirawanGating", "cambodianMoves",
            "shatarMateRule", "bikjangRule", "pass", "passWhite", "passOnStalemate", "passOnStalemateBlack",
        ],
        TRUE,
    ),
    **dict.fromkeys(
        [
            "promotionRegionWhite", "promotionRegionBlack", "doubleStepRegionWhite",
            "doubleStepRegionBlack", "tripleStepRegionWhite", "tripleStepRegionBlack",
            "dropRegionWhite", "dropRegionBlack", "flagRegionWhite", "flagRegionBlack",
            "enPassantRegionWhite", "enPassantRegionBlack", "mobilityRegionWhiteKnight",
            "mobilityRegionBlackKnight", "mobilityRegionWhiteRook", "mobilityRegionBlackQueen"
        ],
        REGIONS[:-1],
    ),
    **dict.fromkeys([
            "stalemateValue", "checkmateValue", "nFoldValue"
        ], ("win", "loss", "draw")),
    "extinctionValue": ("win", "loss", "draw"),
    **dict.fromkeys([
            "extinctionPieceTypes", "promotionPieceTypes", "nMoveRuleTypes", "promotionPawnTypes"
        ],
                    ("n", "r", "q", "nr", "qrbn", "x")),
    **dict.fromkeys([
            "blastImmuneTypes", "mutuallyImmuneTypes", "petrifyOnCaptureTypes"
        ], ("n", "r", "q", "nb", "p")),
    **dict.fromkeys([
            "extinctionPieceCount", "extinctionOpponentPieceCount", "dropNoDoubledCount"
        ], ("0", "1", "2")),
    "flagPiece": ("k", "n", "p", "*"),
    "flagPieceCount": ("1", "2"),
    "dropNoDoubled": ("p", "n"),
    "mustDropType": ("p", "n", "*"),
    "promotionLimit": ("q:1", "n:2 r:2", "q:2"),
    "promotedPieceType": ("n:q", "r:q b:q", "p:r", "n:-", "q:n"),
    "soldierPromotionRank": ("1", "3", "5"),
    "castlingKingsideFile": ("f", "g"),
    "castlingKingFile": ("d", "e"),
    "castlingRank": ("1", "2"),
    "castlingKingPiece": ("k", "q", "n"),
    "castlingRookKingsideFile": ("g", "h"),
    "castlingRookQueensideFile": ("a", "b"),
    "castlingWins": ("q", "KQkq"),
    "enPassantTypes": ("p", "-"),
    "pawnTypes": ("p", "n", "pn"),
    "castlingQueensideFile": ("b", "c", "d"),
    "castlingRookPieces": ("r", "n", "rn"),
    "wallingRule": ("none", "duck", "past", "static", "arrow", "edge"),
    "wallingRegionWhite": REGIONS,
    "wallingRegionBlack": REGIONS,
    "nMoveRule": ("0", "50", "10"),
    "nFoldRule": ("0", "2", "3"),
    "countingRule": ("none", "makruk", "cambodian", "asean"),
    "materialCounting": ("none", "unweighted", "whitedrawodds"),
}  # fmt: skip
UNASKED = "does not take this text", "the engine aborted"
"""What `differ.compare` says where there is nothing to compare with."""
PIECE = 25
"""Variants to one line of the log."""


def draw(luck: random.Random, name: str) -> str:
    """A text; it may be refused."""
    lines = [f"[{name}:{luck.choice(BASES)}]"]
    if luck.random() < 0.6:
        lines.append(f"customPiece1 = {luck.choice(['n', 'b', 'x', 'q'])}:{luck.choice(MOVES)}")
    for key in luck.sample(sorted(VALUES), luck.randrange(1, 6)):
        lines.append(f"{key} = {luck.choice(VALUES[key])}")
    return "\n".join(lines) + "\n"


def differs_on_purpose(v: Variant) -> bool:
    """Is it among what the page lists as different, or does its FEN not say all?"""
    royal = "".join(p.letter for p in v.pieces if p.royal)
    kings = royal + "".join(p.letter for p in v.pieces if p.name in ("king", "commoner"))
    turning = "".join(letter for letter, _ in v.promotedPieceType)
    board = v.startFen.split()[0]
    pawn = next((p.letter for p in v.pieces if p.name == "pawn"), "")
    fers = next((p.letter for p in v.pieces if p.name == "fers"), "")
    kinds = set(v.promotionPieceTypes[0] + v.promotionPieceTypes[1])
    drops = v.capturesToHand or v.pieceDrops
    return any(
        (
            v.dropLoop and (bool(v.promotedPieceType) or not v.capturesToHand),
            not (v.dropChecks and v.checking) and v.extinctionPseudoRoyal,
            (v.blastOnCapture or bool(v.petrifyOnCaptureTypes)) and drops,
            v.blastOnCapture and bool(royal),
            v.wallingRule == "arrow" and bool(v.promotedPieceType),
            any(not squares for _, _, squares in v.mobilityRegion),
            bool(kinds & set(royal)),
            v.checkCounting and not royal,
            v.extinctionPseudoRoyal and v.castling,
            any(len(set(one)) > 1 and one != "".join(p.letter for p in v.pieces) for one in v.flagPiece),
            bool(v.diagonalLines) and bool(royal),
            v.castling and v.castlingKingPiece not in kings,
            any(v.passing + v.passOnStalemate) and (not royal or not {*royal, *royal.upper()} <= set(board)),
            v.sittuyinPromotion and (not fers or set(v.promotionPieceTypes) != {fers}),
            v.sittuyinPromotion and bool(v.promotedPieceType or set("".join(v.promotionPawnTypes)) - {pawn}),
            v.wallingRule == "arrow" and bool(v.mobilityRegion),
            v.seirawanGating and any(v.passing),
            bool(v.mobilityRegion) and bool(set("".join(v.nMoveRuleTypes)) - {pawn}),
            v.wallingRule != "none" and v.immobilityIllegal,
            v.chess960 and v.gating,
            v.flyingGeneral and Board(v).in_check,
            v.cambodianMoves and (v.castling or v.seirawanGating or not v.gating),
            any(
                set(a) & set(turning) and b
                for a, b in zip(v.promotionPawnTypes, v.promotionPieceTypes, strict=True)
            ),
            v.wallingRule == "arrow"
            and any(p.name == "soldier" or (p.royal and p.betza != "K") for p in v.pieces),
            v.seirawanGating and not v.gating,
            any(a and b for a, b in zip(v.passing, v.passOnStalemate, strict=True)),
            bool(set(v.petrifyOnCaptureTypes) & set("".join(v.promotionPawnTypes) + turning)),
            v.wallingRule == "duck" and bool(v.petrifyOnCaptureTypes),
            set(v.enPassantTypes[0] + v.enPassantTypes[1])
            != {p.letter for p in v.pieces if p.name == "pawn"},
            bool(set(v.castlingRookPieces) & set(royal)),
        )
    )


def drawn(seed: int) -> Variant:
    """The first variant of a seed that is read, and that should be the engine's."""
    luck = random.Random(f"all keys {seed}")
    while True:
        try:
            variant = load(draw(luck, f"drawn{seed}"))
        except VariantError:
            continue
        if not differs_on_purpose(variant):
            return variant


def main(words: list[str]) -> int:
    """Compare a range of seeds, one game each."""
    log = Path(words.pop(words.index("--log") + 1)) if "--log" in words else None
    first, count, plies = (int(word) for word in [*(w for w in words if w != "--log"), "40"][:3])
    done = (
        {json.loads(line)["first"] for line in log.read_text().splitlines()}
        if log and log.exists()
        else set()
    )
    oracle, found, positions = Oracle(), 0, 0
    for start in range(first, first + count, PIECE):
        if start in done:
            continue
        looks, differ = oracle.looks, list[str]()
        EXPLAINED.clear()
        for seed in range(start, min(start + PIECE, first + count)):
            variant = drawn(seed)
            said = compare(oracle, variant, range(seed, seed + 1), plies=plies)
            for text in said:
                if any(words in text for words in UNASKED):
                    EXPLAINED["the engine refuses the text, or aborts"] += 1
                else:
                    differ.append(f"seed {seed}: {text}")
        found, positions = found + len(differ), positions + oracle.looks - looks
        for text in differ:
            print(text, flush=True)
        if log:
            with log.open("a") as file:
                record = {"first": start, "plies": plies, "positions": oracle.looks - looks,
                          "differ": differ, "explained": EXPLAINED}  # fmt: skip
                file.write(json.dumps(record) + "\n")
    print(f"{count} variants, {positions} positions, {found} differ")
    oracle.close()
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
