"""Golden playthroughs of the plain game. Write the files again with
``gyges certify fairychess --playthroughs tests/fairychess/golden``."""

from pathlib import Path

import pytest

from gyges.envs.fairychess.notation import pgn
from gyges.scenarios.certificates.playthrough import golden

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def told():
    return golden("fairychess")


@pytest.mark.parametrize("name", ["plain-gardner.txt", "plain-minishogi.txt", "plain-grasshopper.txt"])
def test_playthrough_is_as_it_was(told, name):
    text = told[name]
    assert text == (GOLDEN / name).read_text()
    record = pgn.read(text[text.index("[Event") : text.rindex("\n", 0, -2)])
    board = record.board()
    for move in record.moves:
        board.push(move)
    assert text.rstrip().endswith(board.fen)
