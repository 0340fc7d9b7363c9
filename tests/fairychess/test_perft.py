"""Move counts of every library variant, from an independent engine (make_perft.py)."""

import csv
from pathlib import Path

import pytest

from gyges.envs.fairychess import names
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.perft import divide, perft
from gyges.scenarios.cli.fairychess import moves_file, perft_file

TABLE = Path(__file__).with_name("perft.tsv")
REFERENCE = Path(__file__).parents[3] / "shared" / "reference"


def _rows():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("name", names())
def test_counts_agree_with_the_independent_table(name):
    rows = [row for row in _rows() if row["variant"] == name]
    assert rows, f"{name} has no row in perft.tsv: run make_perft.py"
    for row in rows:
        board = Board(name, row["fen"])
        assert perft(board, int(row["depth"])) == int(row["nodes"]), row


def test_known_counts_of_chess():
    assert [perft(Board("chess"), d) for d in range(6)] == [1, 20, 400, 8902, 197281, 4865609]
    kiwipete = Board("chess", "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1")
    assert perft(kiwipete, 4) == 4085603


def test_divide_adds_up():
    board = Board("crazyhouse", "2k5/8/8/8/8/8/8/4K3[QRBNPqrbnp] w - - 0 1")
    counts = divide(board, 2)
    assert len(counts) == 301
    assert sum(counts.values()) == 75353


def test_a_piece_that_checks_twice_over_may_be_taken():
    text = (
        "[doubled]\ncastling = false\nking = k\ncustomPiece1 = g:DR4\nstalemateValue = loss\n"
        "startFen = 4k3/8/8/8/8/8/8/G3K3 w - - 0 1\n"
    )
    board = Board(text, "k7/8/4G3/8/8/4g3/8/4K3 w - - 0 1")
    assert board.in_check
    assert "e6e3" in board.moves()


def test_kings_side_by_side_are_not_in_check_where_captures_blast():
    assert Board("atomic", "8/8/8/3kK3/8/8/8/4R3 w - - 0 1").in_check is False
    assert Board("atomic", "8/8/8/3k2K1/8/8/8/6r1 w - - 0 1").in_check is True
    stuck = Board("atomic", "8/8/8/8/8/1p6/kp6/PK6 w - - 0 1")  # no move, and no check: a draw
    assert (dict(stuck.moves()), stuck.in_check, stuck.result().winner) == ({}, False, -1)


def test_depth_is_checked():
    with pytest.raises(ValueError, match="expected 0 to 24"):
        perft(Board("chess"), 25)


def test_a_wrong_count_is_printed_move_by_move(tmp_path, capsys):
    table = tmp_path / "rows.tsv"
    table.write_text(
        "variant\tfen\tdepth\tnodes\n"
        "hexapawn\tppp/3/PPP w - - 0 1\t2\t9\n"
        "hexapawn\tppp/3/PPP w - - 0 1\t1\t3\n"
        "janggi\tx w\t1\t1\n"
    )
    assert perft_file(table) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "3 rows, 1 matched, 1 mismatched, 1 unsupported"
    assert "    a1a2: " in out
    assert "unsupported: janggi" in out


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="reference tables are not at hand")
def test_reference_counts(capsys):
    assert perft_file(REFERENCE / "perft.tsv") == 0
    assert "208 rows, 208 matched, 0 mismatched, 0 unsupported" in capsys.readouterr().out


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="reference tables are not at hand")
def test_reference_positions(capsys):
    assert moves_file(REFERENCE / "legal_moves.jsonl") == 0
    assert "0 mismatched" in capsys.readouterr().out
