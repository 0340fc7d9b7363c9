"""Reading variants: what is refused, and what FENs and files full of noise do."""

import random

import pytest

from gyges.envs.fairychess import FenError, Variant, VariantError, load, names, read
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.notation.betza import BetzaError, parse
from gyges.envs.fairychess.variants.ini_files import LIBRARY, read_each
from gyges.scenarios.cli.fairychess import check
from gyges.scenarios.cli.main import main


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x:chess]\nbogusKey = 1\n", "<text>:2: unknown key 'bogusKey'"),
        ("[x:chess]\nmustCaptur = true\n", "mustCapture"),
        (
            "[x:chess]\nwallOrMove = true\n",
            "<text>:2: wallOrMove = 'true' is known and not supported",
        ),
        ("[x:chess]\nconnectN = 4\n", "a game of lines"),
        ("[x:ataxx]\n", "parent 'ataxx' is known and not supported: a game of flipping"),
        ("[x:chess]\nwallingRule = ducks\n", "expected one of none, duck, past, static, arrow, edge"),
        ("[x:chess]\nmaxRank = 11\n", "<text>:2: maxRank = '11': expected a number from 1 to 10"),
        ("[x:chess]\nmustCapture = maybe\n", "expected true or false"),
        ("[x:chess]\ncustomPiece1 = a:WFy\n", "'y' at place 3 is not understood"),
        ("[x:chess]\ncustomPiece1 = a\n", "expected x:BETZA"),
        ("[x:chess]\npromotionPieceTypes = nbz\n", "letters of the variant's pieces"),
        ("[x:nobody]\n", "parent 'nobody' is unknown"),
        ("[x:y]\n[y:x]\n", "its own ancestor"),
        ("[x:chess]\n[x:chess]\n", "a second section"),
        ("king = k\n", "before any section"),
        ("[x]\n", "has no pieces"),
        ("[x:chess]\nstartFen = 8/8 w\n", "startFen of [x]: 2 ranks; the board has 8"),
        ("[x:chess]\nstartFen = kk6/8/8/8/8/8/8/K7 w - - 0 1\n", "a second royal K"),
        ("", "no section"),
        ("[x:chess]\n" + "# \n" * 500_000, "at most 1048576 bytes"),
    ],
)
def test_refusals_say_where_and_what(text, said):
    with pytest.raises(VariantError, match=r".+") as caught:
        read(text)
    assert said in str(caught.value)


def test_of_a_key_set_twice_the_later_counts():
    assert load("[x:chess]\ncastling = true\ncastling = false\n").castling is False
    assert (
        load("[x:chess]\npromotionPieceTypes = -\npromotionPieceTypes = nb\n").promotionPieceTypes
        == ("nb",) * 2
    )


def test_a_file_is_read_section_by_section(tmp_path, capsys):
    text = "[a:chess]\ncastling = false\n[b:chess]\nconnectN = 3\n[c:b]\n[d:a]\npass = true\n"
    found = read_each(text, "f.ini")
    assert [isinstance(one, Variant) for one in found.values()] == [True, False, False, True]
    assert str(found["c"]).startswith("f.ini:4: connectN = '3' is known and not supported")
    file = tmp_path / "f.ini"
    file.write_text(text)
    assert load(f"{file}#a").castling is False
    assert check(file) == 1
    assert "2 of 4 variants read; refused: b, c" in capsys.readouterr().out


def test_a_misspelt_name_is_answered_with_near_ones():
    with pytest.raises(VariantError, match="near it: xiangqi"):
        load("xianqi")


@pytest.mark.parametrize("text", ["", "f", "Wx", "5", "nN3", "pN", "W7q", "mm", "nG"])
def test_betza_refusals(text):
    with pytest.raises(BetzaError):
        parse(text)


def test_betza_directions():
    def ends(text):
        return sorted((s.dx, s.dy) for s in parse(text))

    assert ends("fsW") == [(-1, 0), (0, 1), (1, 0)]
    assert ends("fN") == [(-1, 2), (1, 2)]
    assert ends("flN") == [(-2, 1)]
    assert len(ends("N")) == 8
    assert {s.reach for s in parse("R4")} == {4}


@pytest.mark.parametrize("name", names())
def test_fens_come_back(name):
    luck = random.Random(name)
    board = Board(name)
    for _ in range(30):
        moves = sorted(board.moves())
        again = Board(name, board.fen)
        assert again.fen == board.fen
        assert sorted(again.moves()) == moves
        keep = slice(16, 18)  # the hash
        assert list(again.row[keep]) == list(board.row[keep]) or board.row[3] != again.row[3]
        if not moves or board.result_now().over:
            break
        board.push(luck.choice(moves))


def test_noisy_fens_raise_only_fen_errors():
    luck = random.Random(5)
    chosen = [load(n) for n in ("chess", "crazyhouse", "shogi", "3check", "grand", "hexapawn")]
    alphabet = "pnbrqkPNBRQK/12345678 wb-[]+~*KQkq0e4z\u0663\u2654\x00"
    for _ in range(3000):
        variant = luck.choice(chosen)
        text = list(variant.startFen)
        for _ in range(luck.randrange(1, 6)):
            at = luck.randrange(len(text) + 1)
            text[at : at + luck.randrange(3)] = luck.choices(alphabet, k=luck.randrange(3))
        try:
            board = Board(variant, "".join(text) or " ")
        except FenError:
            continue
        board.moves()


def test_noisy_files_raise_only_variant_errors():
    luck = random.Random(6)
    refused = 0
    sources = [path.read_text() for path in sorted(LIBRARY.glob("*.ini"))]
    for _ in range(150):
        lines = luck.choice(sources).splitlines()
        start = luck.randrange(len(lines))
        text = list("\n".join(["[base:chess]", *lines[start : start + 25]]))
        for _ in range(luck.randrange(1, 8)):
            at = luck.randrange(len(text) + 1)
            text[at : at + luck.randrange(4)] = luck.choices("[]=:\n *-abkqN019", k=luck.randrange(4))
        try:
            read("".join(text))
        except VariantError:
            refused += 1
    assert 0 < refused < 150


def test_check_prints_what_a_file_means(tmp_path, capsys):
    file = tmp_path / "v.ini"
    file.write_text("[hop:gardner]\ncustomPiece1 = g:gQ\nstartFen = rgbqk/ppppp/5/PPPPP/RGBQK w - - 0 1\n")
    assert check(file) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[3] == "hop"
    assert "  G  piece" in lines
    places = [lines.index(heading) for heading in ("Board and moves", "Pieces", "Rules", "For programs")]
    assert places == sorted(places)
    technical = "\n".join(lines[places[-1] :])
    assert "Betza's notation: P fmWfceFifmnD, " in technical
    assert "G gQ" in technical
    assert f"by numbers below {Board(load(str(file))).compiled.num_actions}," in technical
    assert not any(word in "\n".join(lines[: places[-1]]) for word in ("FEN", "Betza", "numbers", "gQ"))
    assert "his king (K) attacked" in out
    assert "The piece (G) moves or captures straight and diagonally, over exactly one piece" in out
    file.write_text("[hop:gardner]\nhopping = true\n")
    assert check(file) == 1
    assert f"{file}:2: unknown key 'hopping'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        ("8/8/8/8/8/8/8/8 w - - 0 1", "over: Drawn: stalemate, the first player has no legal move\n"),
        (
            "rnb1kbnr/pppp1ppp/8/4p3/6Pq/5P2/PPPPP2P/RNBQKBNR w KQkq - 1 3",
            "over: Second player won: checkmate\n",
        ),
        (
            "4k3/8/8/8/8/8/8/R3K2R w - - 100 60",
            "over: Drawn: 50 moves of each player without progress (the 50-move rule)\n",
        ),
        ("4k3/8/8/8/8/8/8/R3K2R w - - 0 1", None),
    ],
)
def test_check_says_when_the_start_is_the_end(fen, said, tmp_path, capsys):
    file = tmp_path / "v.ini"
    file.write_text(f"[x:chess]\nstartFen = {fen}\n")
    assert check(file) == 0
    out = capsys.readouterr().out
    assert ("The start position is already over" in out) == (said is not None)
    assert (said or "") in out
    boards, legend, *_ = out.splitlines()
    assert "capital letters are the pieces of the first player" in boards
    assert all(sign in legend for sign in ("o moves or captures", "m only", "x only", "i on", "* over"))


def test_check_names_the_file_that_cannot_be_read(tmp_path, capsys):
    file = tmp_path / "v.ini"
    for what, words in ((b"\xff\xfe\x80", "not UTF-8 text"), (None, "No such file")):
        if what is None:
            file.unlink()
        else:
            file.write_bytes(what)
        assert main(["fairychess", "check", str(file)]) == 2
        assert capsys.readouterr().err.startswith(f"{file}: cannot be read: {words}")


def test_illegal_moves_leave_the_position():
    board = Board("chess")
    before = board.fen
    with pytest.raises(ValueError, match="not legal"):
        board.push("e2e5")
    assert board.fen == before


def test_repetition_and_move_counters_draw():
    board = Board("chess")
    for _ in range(2):
        for move in ("g1f3", "g8f6", "f3g1", "f6g8"):
            assert not board.result().over
            board.push(move)
    assert board.result().winner == -1
    assert Board("chess", "8/8/8/4k3/8/8/4K3/R7 w - - 100 90").result().winner == -1


def test_check_says_what_the_board_of_the_start_does_not_show(tmp_path, capsys):
    file = tmp_path / "v.ini"
    plain = "startFen = rnbqk/ppppp/5/PPPPP/RNBQK[] w - - 0 1\n"
    file.write_text("[x:gardner]\npieceDrops = true\n" + plain)
    assert check(file) == 0
    out = capsys.readouterr().out
    assert "the first player begins." in out
    assert not any(words in out for words in ("hand at the start", " check that", "the second player begins"))
    more = plain.replace("[] w - -", "[Nbb] b - - 2+3")
    file.write_text("[x:gardner]\npieceDrops = true\ncheckCounting = true\n" + more)
    assert check(file) == 0
    out = capsys.readouterr().out
    assert "the second player begins." in out
    for line in (
        "In the first player's hand at the start: 1 knight (N).",
        "In the second player's hand at the start: 2 bishops (B).",
        "The second check wins for the first player, the third for the second player.",
    ):
        assert f"  - {line}" in out.splitlines()
