"""Golden playthroughs of the plain game. Write the files again with
``python -m gyges.envs.fairychess.playthrough tests/fairychess/golden``."""

from pathlib import Path

import pytest

from gyges.envs.fairychess.notation import pgn
from gyges.envs.fairychess.playthrough import GAMES, told

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", GAMES)
def test_playthrough_is_as_it_was(name):
    text = told(*GAMES[name])
    assert text == (GOLDEN / name).read_text()
    record = pgn.read(text[text.index("[Event") : text.rindex("\n", 0, -2)])
    board = record.board()
    for move in record.moves:
        board.push(move)
    assert text.rstrip().endswith(board.fen)
