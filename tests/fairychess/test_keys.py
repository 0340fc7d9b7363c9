"""Every key that the independent engine documents is followed or refused, with the reason."""

import re
from pathlib import Path

import pytest

from gyges.envs.fairychess import Variant, VariantError, load, names
from gyges.envs.fairychess.variants import ini_keys
from gyges.envs.fairychess.variants.ini_files import read_each

FILE = Path(__file__).parents[3] / "shared" / "reference" / "fairy_stockfish_variants.ini"
"""The engine's own file: read where it is at hand, no part of the project."""
DOCUMENTED = (  # noqa: SIM905
    "maxRank maxFile chess960 twoBoards startFen mobilityRegion pawnTypes promotionRegionWhite "
    "promotionRegionBlack promotionPawnTypes promotionPawnTypesWhite promotionPawnTypesBlack "
    "promotionPieceTypes promotionPieceTypesWhite promotionPieceTypesBlack sittuyinPromotion "
    "promotionLimit promotedPieceType piecePromotionOnCapture mandatoryPawnPromotion "
    "mandatoryPiecePromotion pieceDemotion blastOnCapture blastImmuneTypes mutuallyImmuneTypes "
    "petrifyOnCaptureTypes petrifyBlastPieces doubleStep doubleStepRegionWhite doubleStepRegionBlack "
    "tripleStepRegionWhite tripleStepRegionBlack enPassantRegion enPassantRegionWhite "
    "enPassantRegionBlack enPassantTypes enPassantTypesWhite enPassantTypesBlack castling "
    "castlingDroppedPiece castlingKingsideFile castlingQueensideFile castlingRank castlingKingFile "
    "castlingKingPiece castlingRookKingsideFile castlingRookQueensideFile castlingRookPieces "
    "oppositeCastling checking dropChecks mustCapture mustDrop mustDropType pieceDrops dropLoop "
    "capturesToHand firstRankPawnDrops promotionZonePawnDrops enclosingDrop enclosingDropStart "
    "dropRegionWhite dropRegionBlack sittuyinRookDrop dropOppositeColoredBishop dropPromoted "
    "dropNoDoubled dropNoDoubledCount immobilityIllegal gating wallingRule wallingRegionWhite "
    "wallingRegionBlack wallOrMove seirawanGating cambodianMoves diagonalLines pass passWhite "
    "passBlack passOnStalemate passOnStalemateWhite passOnStalemateBlack makpongRule flyingGeneral "
    "soldierPromotionRank flipEnclosedPieces nMoveRuleTypes nMoveRuleTypesWhite nMoveRuleTypesBlack "
    "nMoveRule nFoldRule nFoldValue nFoldValueAbsolute perpetualCheckIllegal moveRepetitionIllegal "
    "chasingRule stalemateValue stalematePieceCount checkmateValue shogiPawnDropMateIllegal "
    "shatarMateRule bikjangRule extinctionValue extinctionClaim extinctionPseudoRoyal dupleCheck "
    "extinctionPieceTypes extinctionPieceCount extinctionOpponentPieceCount flagPiece flagPieceWhite "
    "flagPieceBlack flagRegion flagRegionWhite flagRegionBlack flagPieceCount flagPieceBlockedWin "
    "flagMove flagPieceSafe checkCounting connectN connectPieceTypes connectVertical connectHorizontal "
    "connectDiagonal connectRegion1White connectRegion2White connectRegion1Black connectRegion2Black "
    "connectNxN collinearN connectValue materialCounting adjudicateFullBoard countingRule castlingWins "
    "variantTemplate pieceToCharTable pocketSize pieceValueMg pieceValueEg"
).split()
REFUSED_SECTIONS = {
    "annexation", "asimplegame", "atlantis", "allqueenschess", "cetus", "cfour", "cfour-anyside",
    "cfour-misere", "crusade", "flipello6", "gale", "nineholes", "picaria", "quadwrangle", "quadwrangle7x7",
    "roll-ing-to-four", "snort", "symphony", "teeko", "three-musketeers", "tictacchess", "tictactoe",
}  # fmt: skip


def place(key):
    """Where a key stands: followed, refused, without effect."""
    found = [
        name
        for name, keys in (
            ("followed", ini_keys.KEYS | ini_keys.PIECE_KEYS | {"mobilityRegion"}),
            ("refused", set(ini_keys.UNSUPPORTED)),
            ("nothing", ini_keys.IGNORED | ini_keys.MOOT),
        )
        if key in keys
    ]
    assert len(found) == 1, f"{key}: {found}"
    return found[0]


@pytest.mark.parametrize("key", DOCUMENTED)
def test_every_documented_key_has_its_place(key):
    where = place(key)
    if where == "refused":
        neutral, reason = ini_keys.UNSUPPORTED[key]
        load(f"[x:chess]\n{key} = {neutral[-1]}\n")
        with pytest.raises(VariantError, match="known and not supported") as caught:
            load(f"[x:chess]\n{key} = 5\n")
        assert reason in str(caught.value)


@pytest.mark.parametrize("name", ini_keys.OTHER_GAMES)
def test_games_of_another_family_are_refused_by_name(name):
    with pytest.raises(VariantError, match="known and not supported"):
        load(name)


def test_the_page_tells_every_key():
    page = (Path(__file__).parents[2] / "docs" / "fairychess.md").read_text(encoding="utf-8")
    for key in DOCUMENTED:
        stem = re.sub("(White|Black)$", "", key)
        assert f"`{stem}" in page, key
    for key, (_, reason) in ini_keys.UNSUPPORTED.items():
        line = next(line for line in page.splitlines() if f"`{key}`" in line and line.startswith("| `"))
        assert reason.split(":")[0] in line, key


ENGINE = (  # noqa: SIM905
    "3check 5check ai-wok almost amazon amazons antichess armageddon asean ataxx atomar atomic "
    "berolina breakthrough bughouse cambodian capablanca capahouse caparandom centaur chancellor "
    "chaturanga checkshogi chess chessgi chigorin clobber clobber10 codrus coregal courier crazyhouse "
    "dobutsu dragon duck embassy euroshogi extinction fairy fischerandom flipello flipello10 flipersi "
    "fox-and-hounds gardner georgian giveaway gorogoro gothic grand grasshopper gustav3 hoppelpoppel "
    "horde isolation isolation7x7 janggi janggicasual janggimodern janggitraditional janus jesonmor "
    "joust judkins karouk kinglet kingofthehill knightmate koedem kyotoshogi legan loop losalamos "
    "losers makpong makruk manchu micro mini minishogi minixiangqi misere modern newzealand nightrider "
    "nocastle nocheckatomic normal okisakishogi omicron opulent paradigm pawnback pawnsideways perfect "
    "petrified placement pocketknight raazuvaa racingkings seirawan shako shatar shatranj shogi "
    "shoshogi shouse sittuyin snailtrail sortofalmost spartan suicide supply tencubed threekings "
    "torishogi torpedo troitzky wolf xiangqi yarishogi"
).split()
"""The variants that the engine lists."""


@pytest.mark.parametrize("name", ENGINE)
def test_every_variant_of_the_engine_is_in_the_library_or_refused_by_name(name):
    assert (name in names()) != (name in ini_keys.OTHER_GAMES)


@pytest.mark.skipif(not FILE.exists(), reason="the engine's variants.ini is not at hand")
def test_the_engines_own_file_is_read_but_for_other_games():
    found = read_each(FILE.read_text(encoding="utf-8"), FILE.name)
    assert len(found) == 143
    refused = {name for name, one in found.items() if not isinstance(one, Variant)}
    assert refused == REFUSED_SECTIONS
    assert all("known and not supported" in str(found[name]) for name in refused)
