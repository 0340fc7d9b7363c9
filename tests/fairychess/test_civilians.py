"""Civilians: neutral pieces that never move, that either side may capture and nobody must."""

import pytest

from gyges.envs.fairychess import FenError, load
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at


@pytest.fixture(scope="module")
def civil_differ(differ):
    import civil_differ

    return civil_differ


@pytest.mark.parametrize(
    "name",
    [
        "chess",
        "atomic",
        "antichess",
        "losers",
        "crazyhouse",
        "xiangqi",
        "minishogi",
        "grasshopper",
        "gardner",
    ],
)
def test_moves_agree_with_stand_ins(civil_differ, oracle, name):
    found, (positions, captured) = civil_differ.compare(oracle, load(name), range(3), plies=50)
    assert found == []
    assert positions > 20
    assert captured > 0


def count(board):
    return int(board.row[board.compiled.row[3]])


def test_fen_both_ways_and_the_hash():
    fen = "4k3/8/8/3^4/4P3/8/2^5/R3K2R w KQ - 0 1"
    board = Board("chess", fen)
    assert board.fen == fen
    assert count(board) == 2
    board.push("e4d5")
    again = Board("chess", board.fen)
    assert count(board) == count(again) == 1
    assert (board.row[at.HASH : at.HASH + 2] == again.row[at.HASH : at.HASH + 2]).all()
    assert "^" not in Board("chess").fen
    with pytest.raises(FenError):
        Board("chess", "4k3/8/8/3^^^^^^4/8/8/8/4K3 w - - 0 1")


def test_blocks_and_screens():
    assert "a1a5" not in Board("chess", "4k3/8/8/8/^7/8/8/R3K3 w - - 0 1").moves()
    cannon = Board("xiangqi", "3k5/9/9/9/9/p8/9/^8/C8/4K4 w - - 0 1")
    assert "a2a5" in cannon.moves()
    assert "a2a3" not in cannon.moves()


def test_no_duty_to_capture_them():
    moves = Board("antichess", "8/8/8/8/8/1^6/P7/7n w - - 0 1").moves()
    assert set(moves) == {"a2a3", "a2a4", "a2b3"}
    moves = Board("antichess", "8/8/8/8/8/1^n5/1P6/8 w - - 0 1").moves()
    assert set(moves) == {"b2c3"}


def test_dies_in_a_blast_and_is_no_prisoner():
    board = Board("atomic", "4k3/8/8/8/3^4/2p5/1P6/4K3 w - - 0 1")
    board.push("b2c3")
    assert count(board) == 0
    assert board.fen.startswith("4k3/8/8/8/8/8/8/4K3 b")
    board = Board("crazyhouse", "4k3/8/8/8/8/2^5/1P6/4K3[] w - - 0 1")
    board.push("b2c3")
    assert "[]" in board.fen
