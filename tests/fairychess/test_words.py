"""The rules in words: every key that changes play changes them, and one can play by them alone."""

import random
import re

import pytest
from words_player import WordsPlayer

from gyges.envs import Batch, make
from gyges.envs.fairychess import load, names
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.describe import rules_text
from gyges.envs.fairychess.variants import ini_keys
from gyges.envs.fairychess.variants.explain import explain
from gyges.envs.fairychess.variants.ini_files import Piece, transfer_names
from gyges.envs.fairychess.variants.pieces import PIECES, SPOKEN
from gyges.envs.fairychess.variants.sentences import movement

START = "startFen = rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w - - 0 1\n"
FLAG = "flagPiece = k\nflagRegionWhite = *8\nflagRegionBlack = *1\n"
LAST = "extinctionValue = loss\nextinctionPieceTypes = q\n"
TURN = "promotedPieceType = n:q\n"
KEYS = {
    # key: (what stands before it, its line); a variant with and without the line
    "maxRank": ("chess", START, "maxRank = 9\nstartFen = 4k3/8/8/8/8/8/8/8/4K3 w - - 0 1"),
    "maxFile": ("chess", START, "maxFile = 9\nstartFen = 4k4/9/9/9/9/9/9/4K4 w - - 0 1"),
    "startFen": ("chess", "", "startFen = 4k3/8/8/8/8/8/8/4K3 w - - 0 1"),
    "castlingKingsideFile": ("chess", "", "castlingKingsideFile = f"),
    "castlingQueensideFile": ("chess", "", "castlingQueensideFile = d"),
    "castlingKingFile": ("chess", START, "castlingKingFile = d"),
    "castlingRank": ("chess", START, "castlingRank = 2"),
    "castlingKingPiece": ("chess", START, "castlingKingPiece = q"),
    "castlingRookPieces": ("chess", START, "castlingRookPieces = n"),
    "castlingRookKingsideFile": ("chess", START, "castlingRookKingsideFile = g"),
    "castlingRookQueensideFile": ("chess", START, "castlingRookQueensideFile = b"),
    "blastImmuneTypes": ("chess", "blastOnCapture = true\n", "blastImmuneTypes = n"),
    "mutuallyImmuneTypes": ("chess", "", "mutuallyImmuneTypes = n"),
    "petrifyOnCaptureTypes": ("chess", "", "petrifyOnCaptureTypes = n"),
    "mustDropType": ("crazyhouse", "mustDrop = true\n", "mustDropType = n"),
    "diagonalLines": ("janggi", "", "diagonalLines = d1 e2"),
    "castlingWins": ("chess", "", "castlingWins = K"),
    "wallingRule": ("chess", "", "wallingRule = duck"),
    "wallingRegion": ("chess", "wallingRule = duck\n", "wallingRegion = *4"),
    "materialCounting": ("chess", "", "materialCounting = unweighted"),
    "countingRule": ("chess", "", "countingRule = makruk"),
    "dropNoDoubled": ("crazyhouse", "", "dropNoDoubled = n"),
    "dropNoDoubledCount": ("crazyhouse", "dropNoDoubled = n\n", "dropNoDoubledCount = 2"),
    "soldierPromotionRank": ("xiangqi", "", "soldierPromotionRank = 4"),
    "nMoveRule": ("chess", "", "nMoveRule = 60"),
    "nFoldRule": ("chess", "", "nFoldRule = 4"),
    "nFoldValue": ("chess", "", "nFoldValue = loss"),
    "stalemateValue": ("chess", "", "stalemateValue = win"),
    "checkmateValue": ("chess", "", "checkmateValue = win"),
    "extinctionValue": ("chess", LAST, "extinctionValue = win"),
    "extinctionPieceTypes": ("chess", LAST, "extinctionPieceTypes = r"),
    "extinctionPieceCount": ("chess", LAST, "extinctionPieceCount = 1"),
    "extinctionOpponentPieceCount": ("chess", LAST, "extinctionOpponentPieceCount = 2"),
    "extinctionClaim": ("chess", LAST, "extinctionClaim = true"),
    "extinctionPseudoRoyal": ("chess", LAST, "extinctionPseudoRoyal = true"),
    "dupleCheck": ("chess", LAST + "extinctionPseudoRoyal = true\n", "dupleCheck = true"),
    "flagPiece": ("chess", FLAG, "flagPiece = n"),
    "flagRegion": ("chess", "flagPiece = k\n", "flagRegion = e4"),
    "flagPieceCount": ("chess", FLAG, "flagPieceCount = 2"),
    "flagMove": ("chess", FLAG, "flagMove = true"),
    "flagPieceSafe": ("chess", FLAG, "flagPieceSafe = true"),
    "flagPieceBlockedWin": ("chess", FLAG, "flagPieceBlockedWin = true"),
    "promotionRegion": ("chess", "", "promotionRegionWhite = *7"),
    "doubleStepRegion": ("chess", "", "doubleStepRegionWhite = *3"),
    "tripleStepRegion": ("chess", "", "tripleStepRegionWhite = *2"),
    "dropRegion": ("crazyhouse", "", "dropRegionWhite = *2"),
    "promotionPieceTypes": ("chess", "", "promotionPieceTypes = n"),
    "promotionPawnTypes": ("chess", "", "promotionPawnTypes = pn"),
    "enPassantRegion": ("chess", "", "enPassantRegion = *4"),
    "enPassantTypes": ("chess", "", "enPassantTypes = n"),
    "nMoveRuleTypes": ("chess", "", "nMoveRuleTypes = n"),
    "pawnTypes": ("chess", "", "pawnTypes = n"),
    "pass": ("chess", "", "pass = true"),
    "passOnStalemate": ("chess", "", "passOnStalemate = true"),
    "promotionLimit": ("chess", "", "promotionLimit = q:1"),
    "promotedPieceType": ("chess", "", "promotedPieceType = n:q"),
    "mobilityRegion": ("chess", "", "mobilityRegionWhiteKing = *1 *2"),
    "mandatoryPawnPromotion": ("chess", "", "mandatoryPawnPromotion = false"),
    "mandatoryPiecePromotion": ("chess", TURN, "mandatoryPiecePromotion = true"),
    "piecePromotionOnCapture": ("chess", TURN, "piecePromotionOnCapture = true"),
    "pieceDemotion": ("chess", TURN, "pieceDemotion = true"),
    "doubleStep": ("chess", "", "doubleStep = false"),
    "castling": ("chess", START, "castling = false"),
    "castlingDroppedPiece": ("crazyhouse", "", "castlingDroppedPiece = true"),
    "oppositeCastling": ("chess", "", "oppositeCastling = true"),
    "chess960": ("chess", "", "chess960 = true"),
    "checking": ("chess", "", "checking = false"),
    "mustDrop": ("crazyhouse", "", "mustDrop = true"),
    "dropLoop": ("crazyhouse", "", "dropLoop = true"),
    "capturesToHand": ("crazyhouse", "", "capturesToHand = false"),
    "firstRankPawnDrops": ("crazyhouse", "", "firstRankPawnDrops = true"),
    "promotionZonePawnDrops": ("crazyhouse", "", "promotionZonePawnDrops = true"),
    "dropOppositeColoredBishop": ("crazyhouse", "", "dropOppositeColoredBishop = true"),
    "shogiPawnDropMateIllegal": ("shogi", "", "shogiPawnDropMateIllegal = false"),
    "dropChecks": ("crazyhouse", "", "dropChecks = false"),
    "dropPromoted": ("crazyhouse", TURN, "dropPromoted = true"),
    "sittuyinRookDrop": ("crazyhouse", "", "sittuyinRookDrop = true"),
    "sittuyinPromotion": ("makruk", "", "sittuyinPromotion = true"),
    "cambodianMoves": ("makruk", "", "gating = true\ncambodianMoves = true"),
    "seirawanGating": ("chess", "gating = true\n", "seirawanGating = true"),
    "perpetualCheckIllegal": ("chess", "", "perpetualCheckIllegal = true"),
    "chasingRule": ("chess", "", "chasingRule = axf"),
    "nFoldValueAbsolute": ("chess", "nFoldValue = loss\n", "nFoldValueAbsolute = true"),
    "stalematePieceCount": ("chess", "", "stalematePieceCount = true"),
}
PLAIN = {
    "blastOnCapture", "mustCapture", "pieceDrops", "immobilityIllegal", "flyingGeneral", "checkCounting",
    "twoBoards", "makpongRule", "moveRepetitionIllegal", "shatarMateRule", "bikjangRule",
}  # fmt: skip
"""Keys that are true or false and change the words of chess."""
SILENT = {"gating"}
"""Says nothing without `seirawanGating` or `cambodianMoves`, and nothing more with them."""


def said(text):
    variant = load(text)
    return rules_text(variant), explain(variant)


@pytest.mark.parametrize("key", sorted(KEYS.keys() | PLAIN))
def test_every_key_changes_the_words(key):
    base, before, line = KEYS.get(key, ("chess", "", f"{key} = true"))
    keys = [one.partition(" = ")[0] for one in line.splitlines()]
    kept = "".join(f"{x}\n" for x in before.splitlines() if x.partition(" = ")[0] not in keys)
    without, with_it = said(f"[x:{base}]\n{before}"), said(f"[x:{base}]\n{kept}{line}\n")
    assert without[0] != with_it[0]
    assert without[1] != with_it[1]


def test_no_key_is_left_out():
    stems = {re.sub("(White|Black)$", "", key) for key in ini_keys.KEYS} | {"mobilityRegion"}
    assert stems == KEYS.keys() | PLAIN | SILENT


def test_pieces_that_move_differently_are_described_differently():
    chess = load("chess")
    told: dict[str, Piece] = {}
    for betza in [*PIECES.values(), "NN", "fN", "bR", "R3", "pB2", "gQ", "nZ", "nC", "WD", "mNcK", "fsR"]:
        piece = Piece("customPiece1", "x", betza)
        text = " ".join(movement(piece, chess))
        assert set(told.setdefault(text, piece).steps) == set(piece.steps), betza


@pytest.mark.parametrize("name", [*names(), *transfer_names()])
def test_every_piece_that_is_named_is_told(name):
    """What a newcomer reads names no piece whose moves are not told, and none by its key in the files."""
    printed = explain(load(name)).partition("For programs")[0]
    for text in (rules_text(load(name)), printed.partition("\n")[2]):
        movement = re.findall(r"The ([a-z ]+) \((\w)\) (?:moves|captures|does)", text)
        told = {letter: called for called, letter in movement}
        for before, letter in re.findall(r"([a-z ]+) \(([A-Z])\)", text):
            assert before.endswith((told[letter], f"{told[letter]}s")) or " capturing as " in before, before
        keys = {key for key, spoken in SPOKEN.items() if key.lower() not in spoken}
        words = set(re.findall(r"[a-z]+", text.lower()))
        assert not words & {key.lower() for key in keys}
        assert not re.search(
            r"[a-z][A-Z]", re.sub(r"The start position as a FEN.*|^ +\d.*", "", text, flags=re.M)
        )


UNSAID = {
    "makpong", "cambodian", "karouk", "sittuyin", "janggi", "janggitraditional", "janggimodern",
    "janggicasual", "amazons", "joust", "snailtrail", "isolation", "isolation7x7", "placement", "duck",
    "seirawan", "shouse",
}  # fmt: skip
"""Variants with sentences that the player of the tests does not know."""


@pytest.mark.parametrize("name", sorted(set(names()) - UNSAID))
def test_a_player_with_the_words_alone_finds_the_same_moves(name):
    variant = load(name)
    player = WordsPlayer(rules_text(variant).splitlines())
    luck, board = random.Random(name), Board(variant)
    for _ in range(6):
        if board.result_now().over:
            break
        assert player.moves(player.position(board.fen)) == set(board.moves()), board.fen
        for _ in range(1 + luck.randrange(6)):
            if not board.result_now().over and board.moves():
                board.push(luck.choice(sorted(board.moves())))


def test_the_player_is_asked_about_forty_variants():
    assert len(set(names()) - UNSAID) >= 40
    with pytest.raises(ValueError, match="unheard of"):
        WordsPlayer(["Something unheard of."])


KNOWN = [
    ("chess", "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1"),
    ("chess", "8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1"),
    ("chess", "rnbq1k1r/pp1Pbppp/2p5/8/2B5/8/PPP1NnPP/RNBQK2R w KQ - 1 8"),
    ("chess", "rnbqkbnr/ppp1p1pp/8/3pPp2/8/8/PPPP1PPP/RNBQKBNR w KQkq f6 0 3"),
    ("crazyhouse", "2k5/8/8/8/8/8/4r3/4K2R[QPn] w K - 0 1"),
    ("xiangqi", "3k5/4P4/9/9/9/9/9/4c4/4A4/3K1r3 w - - 0 1"),
    ("minishogi", "4k/4P/1g3/S4/K4[Pp] w - - 0 1"),
    ("racingkings", "8/8/8/8/8/k7/1rbn1BRK/qrbnNBRQ w - - 0 1"),
    ("antichess", "8/8/8/3p4/4P3/8/8/8 w - - 0 1"),
]


@pytest.mark.parametrize(("name", "fen"), KNOWN)
def test_known_hard_positions(name, fen):
    variant = load(name)
    player = WordsPlayer(rules_text(variant).splitlines())
    assert player.moves(player.position(fen)) == set(Board(variant, fen).moves())


@pytest.mark.parametrize(
    ("parent", "line", "there", "gone"),
    [
        ("crazyhouse", "dropNoDoubled = p\ndropNoDoubledCount = 0", "No pawn (P) is dropped.", "holds 0"),
        ("chess", "enPassantRegion = -", "The pawn", "n passant"),
        ("kyotoshogi", "", "Every move must promote a pawn (P) to a rook (R)", "any square must"),
        ("chess", START, "Castling (nobody has the right at the start): a king (K)", "Castling: a"),
        ("spartan", "", "Castling (at the start only the first player has the right)", "Castling: a"),
        ("chess", "startFen = 4k3/8/8/3*4/8/8/8/4K3 w - - 0 1", "A wall (#) is in the way", "none on"),
        ("chess", "nMoveRuleTypes = -", "without a capture or a promotion.", "of none"),
        ("makruk", "nMoveRule = 9", "a capture, a promotion or a move of a pawn (P).", "a drop"),
        ("atomic", "", "the last of his kings (K) attacked (in check); who is in check", "commoner"),
        ("atomic", "", "A player who has no king (K) left loses.", "all of any"),
        ("coregal", "", "must not leave any of his queens (Q) attacked", "65"),
        ("duck", "", "There is no check: a king (K) may be left attacked, and captured.", "in check"),
        ("shako", "", "The elephant (E) moves or captures diagonally and (2,2)", "alfil"),
        ("janggi", "", "the wazir (A) and king (K) one step", "guard"),
        ("cambodian", "", "the ferz (M) as its first may leap", "counsellor"),
        ("xiangqi", "", "stays on files d to f of ranks 1 to 3.", "d1, d2"),
        ("racingkings", "", "A player wins when his king (K) stands on rank 8 and", "none (second"),
        ("3check", "", "The third check that a player gives wins.", "as often as"),
        ("karouk", "", "The first check that a player gives wins.", "as often as"),
        (
            "3check", f"{START.strip().replace(' - - ', ' - - 2+5 ')}",
            "The second check wins for the first player, the fifth for the second player.", "third check",
        ),
        ("3check", START.strip(), "The third check that a player gives wins.", "as often as"),
        ("petrified", "", "The king (K) moves straight and diagonally, one step.", "a king (K), "),
        ("chess", "extinctionValue = loss\nextinctionPieceTypes = qr", "kinds (queen (Q) or rook (R))", "()"),
    ],
)  # fmt: skip
def test_newcomers_read_no_riddles(parent, line, there, gone):
    said = rules_text(load(f"[riddle:{parent}]\n{line}\n"))
    assert there in said
    assert gone not in said


def test_who_sees_the_game_is_told_how_many_checks_are_left():
    game = make("fairychess-v1", variant="3check", start="4k3/8/8/8/8/8/8/R3K3 w - - 2+3 0 1")
    batch = Batch(game, 1, seed=0)
    said = [game.describe(batch.codes[0, seat][None], seat) for seat in (0, 1)]
    assert "Checks still to give: you 2, the other player 3." in said[0]
    assert "Checks still to give: you 3, the other player 2." in said[1]
    assert "Checks still to give" not in rules_text(load("3check"))
