"""Properties of legal moves in every variant: one name each, and no royal piece left to be captured."""

import random
from pathlib import Path

import pytest

from gyges.envs.fairychess import FenError, load, names, read
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.fairychess.engine.perft import divide, perft

NASTY = {
    name: variant
    for path in sorted(Path(__file__).with_name("nasty").glob("*.ini"))
    for name, variant in read(path.read_text(), path.name).items()
}
EVERY = {name: name for name in names()} | NASTY
ADVERSE = [
    ("chess", "4k3/8/8/8/8/8/8/5K1R w K - 0 1"),
    ("chess", "4k3/8/8/8/8/8/8/RK6 w Q - 0 1"),
    ("chess", "1r2k3/8/8/8/8/8/8/R3K2R w KQ - 0 1"),
    ("chess960", "4k3/8/8/8/8/8/8/5KR1 w G - 0 1"),
    ("seirawan", "4k3/8/8/8/8/8/8/R3K2R[HE] w KQ - 0 1"),
    ("kyotoshogi", "k4/5/5/5/K1+P1P[Ss] w - - 0 1"),
    ("sittuyin", "k7/8/8/8/4P3/8/8/K7[] w - - 0 1"),
    ("duck", "4k3/8/8/8/8/8/8/R3K2R w KQ - 0 1"),
]
KING_IN_HAND = """[placed:crazyhouse]
capturesToHand = false
castling = false
startFen = 4k3/8/8/8/8/8/1r6/8[K] w - - 0 1
"""


def walk(what, plies, seed):
    """The positions of a random game."""
    luck = random.Random(seed)
    board = Board(load(what) if isinstance(what, str) else what)
    for _ in range(plies):
        yield board
        moves, result = board.listed()
        if result.over:
            return
        board.play(luck.choice(moves))


def after(board, move):
    """The board after a move, the move not checked."""
    made = Board(board.variant)
    made.row = board.row.copy()
    made.play(move)
    return made


def agree(board):
    """Every legal move has its own name, and the name plays it."""
    listed = board.listed()[0]
    named = board.moves()
    assert sorted(named.values()) == sorted(listed), board.fen
    assert len(named) == len(set(listed)) == perft(board, 1) or board.result_now().over


@pytest.mark.parametrize("name", EVERY)
def test_names_are_a_bijection_on_legal_moves(name):
    for board in walk(EVERY[name], 30, name):
        agree(board)


@pytest.mark.parametrize(("name", "fen"), ADVERSE)
def test_names_are_a_bijection_where_moves_are_easily_confused(name, fen):
    board = Board(name, fen)
    agree(board)
    named = sorted(board.moves().items())
    for text, move in random.Random(fen).sample(named, min(len(named), 150)):  # all but where walls are set
        pushed = Board(name, fen)
        pushed.push(text)
        assert (pushed.row == after(board, move).row).all(), text


def test_castling_is_named_by_the_rook_where_the_king_could_also_step_there():
    board = Board("chess", "4k3/8/8/8/8/8/8/5K1R w K - 0 1")
    assert len(board.moves()) == perft(board, 1) == sum(divide(board, 1).values()) == 14
    assert {"f1g1", "f1h1"} <= board.moves().keys()
    board.push("f1g1")
    assert board.fen.split()[0] == "4k3/8/8/8/8/8/8/6KR"
    board = Board("chess", "4k3/8/8/8/8/8/8/5K1R w K - 0 1")
    board.push("f1h1")
    assert board.fen.split()[0] == "4k3/8/8/8/8/8/8/5RK1"


@pytest.mark.parametrize("name", EVERY)
def test_no_legal_move_leaves_the_own_royal_piece_to_be_captured(name):
    luck = random.Random(name)
    for board in walk(EVERY[name], 24, name):
        moves = board.listed()[0]
        for move in luck.sample(moves, min(len(moves), 12)):
            made = after(board, move)
            if made.result_now().over:
                continue  # a blast may take both kings
            made.row[at.TURN] = 1 - made.row[at.TURN]
            assert not made.in_check, f"{board.fen} {move}"


def test_a_king_is_not_dropped_into_check():
    board = Board(KING_IN_HAND)
    squares = {name[2:] for name in board.moves()}
    assert len(squares) == 43
    assert not {s for s in squares if s[0] == "b" or s[1] == "2" or s in ("d7", "e7", "f7", "d8", "f8")}


def test_no_second_king_may_be_in_hand():
    with pytest.raises(FenError, match="second royal"):
        Board(KING_IN_HAND, "4k3/8/8/8/8/8/1r6/7K[K] w - - 0 1")
    with pytest.raises(FenError, match="second royal"):
        Board(KING_IN_HAND, "4k3/8/8/8/8/8/1r6/8[KK] w - - 0 1")


PROMOTING = [
    # maps of a child join those of its parent
    ("[gp:minishogi]\npromotedPieceType = s:g\n", "4k/P4/5/5/K4[-] w - - 0 1", {"a4a5+"}, "a4"),
    ("[limit:grand]\npromotionLimit = q:2\n", "2k7/P9/10/10/10/10/10/10/Q9/K9 w - - 0 1",
     {"a9a10a", "a9a10c", "a9a10q", "a9a10r", "a9a10b", "a9a10n"}, "a9"),
    # what would be stuck promotes only where its region lets it
    ("[q5:minishogi]\npromotionRegionBlack = a1 b2 c1\n", "4k/5/5/3p1/K4[-] b - - 0 1", set(), "d2"),
    ("[q6:minishogi]\npromotionRegionBlack = a1 b2 d1\n", "4k/5/5/3p1/K4[-] b - - 0 1", {"d2d1+"}, "d2"),
    # a promoted piece promotes again as what it has become
    ("[again:minishogi]\npromotedPieceType = g:r\n", "4k/+P4/5/5/K4[-] w - - 0 1",
     {"a4a5", "a4a5+", "a4b5", "a4b5+", "a4b4", "a4a3"}, "a4"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fen", "wanted", "origin"), PROMOTING)
def test_what_promotes_where(text, fen, wanted, origin):
    moves = Board(text, fen).moves()
    assert {name for name in moves if name.startswith(origin)} == wanted


def test_a_map_entry_is_taken_away_and_a_map_emptied():
    assert dict(load("[a:minishogi]\npromotedPieceType = s:-\n").promotedPieceType) == {
        "p": "g",
        "b": "h",
        "r": "d",
    }
    assert load("[a:minishogi]\npromotedPieceType = -\n").promotedPieceType == ()
    assert dict(load("[a:grand]\npromotionLimit = q:2\n").promotionLimit)["r"] == 2


def test_an_en_passant_capture_that_a_pin_forbids_does_not_tell_positions_apart():
    board = Board("chess", "4r1k1/3p4/8/4P3/8/8/8/4K3 b - - 0 1")
    board.push("d7d5")
    assert board.fen.split()[3] == "-"
    assert Board("chess", "8/8/8/K2pP2r/8/8/8/6k1 w - d6 0 1").fen.split()[3] == "-"
    assert Board("chess", "6k1/8/8/3pP3/8/8/8/4K3 w - d6 0 1").fen.split()[3] == "d6"


def test_what_castles_takes_no_king_of_cambodian_his_leap():
    text = "[turned:cambodian]\ncastlingRookPieces = n\n"
    fen = "1n1mksnr/rs6/1ppp1ppp/p3p3/8/PPPPPPPP/R4SR1/1NSKM1N1 w Dde - 2 7"
    board = Board(load(text), fen)
    for name in ("c1b2", "b8a6", "g1e2"):  # the knight stands on his line, as only a rook may not
        board.push(name)
    assert {"e8c7", "e8g7"} <= board.moves().keys()


def test_a_pawn_that_turns_over_does_so_on_leaving_its_zone():
    text = "[leaves:euroshogi]\ncustomPiece1 = n:fbN\npromotionPawnTypes = n\n"
    names = Board(load(text), "4k3/7N/8/8/8/8/8/4K3[-] w - - 0 1").moves().keys()
    assert {name for name in names if name.startswith("h7")} == {"h7f8+", "h7f6+", "h7g5+"} & names
    assert "h7g5+" in names


def test_who_turns_over_and_sees_the_king_through_where_it_stood_gives_check():
    """Where no check may be given, b4a5+ is one: the bishop that the silver becomes looks past b4 at d2."""
    text = (
        "[unseen]\nsilver = s\nbishop = b\nking = k\nmaxFile = 5\nmaxRank = 5\ncastling = false\n"
        "promotedPieceType = s:b\npromotionRegionWhite = *5\npromotionRegionBlack = *1 *2 *3 *4 *5\n"
        "startFen = 4k/1s3/5/3K1/5 b - - 0 1\n"
    )
    free, barred = (set(Board(load(text + more)).moves()) for more in ("", "checking = false\n"))
    assert free - barred == {"b4a5+", "b4c3", "b4c3+"}
    assert barred < free


@pytest.mark.parametrize(
    ("fen", "dropped"),
    [
        ("4k3/8/8/8/8/8/8/4K3[BBBbbb] w - - 0 1", 62),  # anywhere
        ("4k3/8/8/8/8/8/8/B3K3[BBbbb] w - - 0 1", 61),  # two of three may stand on one colour
        ("4k3/8/8/8/8/8/8/B1B1K3[Bbbb] w - - 0 1", 31),  # two do: the third stands on the other
        ("4k3/8/8/8/8/8/8/B3KB2[Bbbb] w - - 0 1", 60),
    ],
)
def test_of_three_bishops_two_may_stand_on_one_colour(fen, dropped):
    text = "[three:chess]\npieceDrops = true\ncastling = false\ndropOppositeColoredBishop = true\n"
    moves = Board(load(text + "startFen = 4k3/8/8/8/8/8/8/4K3[BBBbbb] w - - 0 1\n"), fen).moves()
    assert sum("@" in move for move in moves) == dropped


def test_what_has_turned_over_may_turn_over_again_where_its_new_kind_does():
    """Counted with the independent engine, which agrees."""
    text = "[again:minishogi]\npromotedPieceType = p:s s:g\npromotionRegionWhite = *4 *5\n"
    moves = set(Board(load(text), "4k/5/+P4/5/K4[-] w - - 0 1").moves())
    assert moves == {"a1a2", "a1b1", "a1b2", "a3a4", "a3a4+", "a3b2", "a3b4", "a3b4+"}
    gold = set(Board(load(text), "4k/+S4/5/5/K4[-] w - - 0 1").moves())
    assert not any(move.endswith("+") for move in gold)


def test_a_dead_position_is_played_on_as_the_page_says():
    page = (Path(__file__).parents[2] / "docs" / "fairychess.md").read_text()
    assert "dead position" in page.lower()
    bare = Board("chess", "4k3/8/8/8/8/8/8/4K3 w - - 0 1")
    assert bare.moves()
    assert not bare.result().over
