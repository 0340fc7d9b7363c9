"""Variants that join features as no known one does, against an independent engine; files that are none."""

import importlib.util
import json
from pathlib import Path

import pytest

from gyges.envs.fairychess import VariantError, names, read
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.perft import divide
from gyges.envs.fairychess.notation.betza import BetzaError, parse
from gyges.scenarios.cli.main import main

FOLDER = Path(__file__).parent / "nasty"
VARIANTS = {
    name: variant
    for file in sorted(FOLDER.glob("*.ini"))
    for name, variant in read(file.read_text(encoding="utf-8"), file.name).items()
}
START = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"


@pytest.mark.skipif(importlib.util.find_spec("pyffish") is None, reason="pyffish is not installed")
@pytest.mark.parametrize("name", VARIANTS)
def test_nasty_games_agree(differ, oracle, name):
    variant = VARIANTS[name]
    assert differ.compare(oracle, variant, range(2), plies=40) == []
    alias, _ = differ.renamed(variant)
    board = Board(variant)
    if len(board.moves()) <= 40:
        mine = sum(divide(board, 2).values())
        assert mine == oracle.perft(alias, variant.startFen, 2, variant.chess960)


@pytest.mark.parametrize("name", names())
def test_no_move_is_listed_twice(name):
    board = Board(name)
    for _ in range(20):
        found = board.listed()[0]
        assert len(found) == len(set(found))
        if not found:
            break
        board.play(found[len(found) // 2])


def test_moves_that_several_parts_of_a_piece_make_are_one():
    board = Board(VARIANTS["b4"], "4k3/8/8/3X4/8/8/8/4K3 w - - 0 1")
    assert len([m for m in board.moves() if m.startswith("d5")]) == 14  # a rook's, W and D lie on its lines
    assert len(board.listed()[0]) == 14 + 5


def test_a_child_may_change_letters():
    found = read("[x:chess]\nknight = h\nstartFen = 4k3/P7/8/8/8/8/8/4K2H w - - 0 1\n")["x"]
    assert found.promotionPieceTypes == ("hbrq", "hbrq")
    assert read(found.text)["x"] == found
    taken = read("[a:chess]\nqueen = -\nstartFen = 4k3/8/8/8/8/8/8/4K3 w - - 0 1\n[b:a]\nqueen = q\n")
    assert taken["b"].promotionPieceTypes == ("nbr", "nbr")  # until it is named again
    gone = read("[x:kingofthehill]\nking = -\ncommoner = k\ncastling = false\n")["x"]
    assert gone.flagRegion == (frozenset(), frozenset())  # the king was to reach it, and there is none


def test_windows_lines_and_a_byte_order_mark():
    text = "\ufeff[x:chess]\r\n  maxRank  =  8  \r\n; a comment\r\n\r\nmustCapture = true # why not\r\n"
    assert read(text)["x"].mustCapture
    with pytest.raises(VariantError, match=r"<text>:4: unknown key 'bogus'"):
        read("[x:chess]\r\n# one\r\n\r\nbogus = 1\r\n")


def test_directions_of_two_letters():
    def ends(text):
        return sorted((s.dx, s.dy) for s in parse(text))

    assert ends("hrN") == [(-2, 1), (-1, -2), (1, 2), (2, -1)]
    assert ends("fhN") == [(-2, 1), (-1, 2), (1, 2), (2, 1)]
    assert ends("rvK") == [(0, -1), (0, 1), (1, -1), (1, 1)]
    assert ends("lsQ") == ends("lQsQ")
    assert ends("vsW") == ends("W")
    assert {s.reach for s in parse("pW")} == {s.reach for s in parse("pR")}
    assert {s.reach for s in parse("pR3")} == {3}
    for wrong in ("svN", "hN", "fhW", "vlK", "pR1", "pW3", "gQ2"):
        with pytest.raises(BetzaError):
            parse(wrong)


def test_en_passant_squares_come_back():
    board = Board(VARIANTS["e1"], "4k3/8/8/3p4/3p4/8/2P5/4K3 w - - 0 1")
    board.push("c2c5")
    assert board.fen.split()[3] == "c3c4"
    assert {"d4c3", "d5c4"} <= board.moves().keys() == Board(VARIANTS["e1"], board.fen).moves().keys()
    board.push("d5c4")
    assert board.fen.split()[0] == "4k3/8/8/8/2pp4/8/8/4K3"


def test_what_an_explosion_takes_goes_to_the_other_hand():
    board = Board(VARIANTS["x1"], "4k3/8/8/3n4/4P3/8/8/4K3[] w - - 0 1")
    board.push("e4d5")
    assert board.fen.split()[0] == "4k3/8/8/8/8/8/8/4K3[Np]"


@pytest.mark.parametrize("command", ["check", "perft", "moves"])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "cannot be read: No such file"),
        ("folder", "cannot be read: Is a directory"),
        (b"", "empty"),
        (b"\xff\xfe\x00\x01", "not UTF-8 text"),
    ],
)
def test_files_that_are_none(command, data, said, tmp_path, capsys):
    file = tmp_path / "rows"
    if data == "folder":
        file.mkdir()
    elif data is not None:
        file.write_bytes(data)
    assert main(["fairychess", command, str(file)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"{file}: ")
    assert said in error
    assert error.count("\n") == 1


HEADING = "variant\tfen\tdepth\tnodes\n"
POSITION = {"variant": "chess", "fen": START, "moves": ["e2e4"]}


@pytest.mark.parametrize(
    ("command", "text", "said"),
    [
        ("perft", "variant\tfen\tdepth\n", ":1: no column nodes"),
        ("perft", HEADING + f"chess\t{START}\tx\t20\n", ":2: 'chess"),
        ("perft", HEADING + "\nchess\n", ":3: 'chess'"),
        ("perft", HEADING + f"chess\t{START}\t99\t20\n", ":2: depth 99; expected 0 to 24"),
        ("moves", "{", ":1: '{' is no JSON object"),
        ("moves", "[1]\n", ":1: expected variant and fen"),
        ("moves", json.dumps(POSITION | {"moves": "e2e4"}), ":1: expected variant and fen"),
        ("moves", json.dumps(POSITION | {"winner": "bob"}), ":1: winner 'bob'; expected first"),
    ],
)
def test_broken_rows(command, text, said, tmp_path, capsys):
    file = tmp_path / "rows"
    file.write_text(text)
    assert main(["fairychess", command, str(file)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"{file}{said}")
    assert error.count("\n") == 1


def test_a_history_that_cannot_be_played_is_a_mismatch(tmp_path, capsys):
    file = tmp_path / "rows"
    file.write_text(json.dumps(POSITION | {"history_dependent": True, "history": ["e2e5"]}))
    assert main(["fairychess", "moves", str(file)]) == 1
    assert "history: 'e2e5' is not legal" in capsys.readouterr().out


def test_kings_that_may_not_face_each_other_look_along_ranks_too():
    facing = Board(VARIANTS["g2"], "8/8/8/k2P3K/8/8/8/8 w - - 0 1")
    assert "d5d6" not in facing.moves()
    assert "d5d6" in Board("chess", facing.fen).moves()
