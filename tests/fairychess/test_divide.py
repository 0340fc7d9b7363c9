"""Perft beside another engine: the first position whose moves differ."""

from pathlib import Path

import pytest

from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.perft import divide
from gyges.scenarios.cli.main import main
from gyges.scenarios.cli.perft_divide import first_difference

ENGINE = Path("/usr/games/fairy-stockfish")


def test_nothing_differs_from_itself():
    assert first_difference(Board("gardner"), 3, divide) is None


def test_the_first_difference_is_found_where_it_is():
    """Against an engine that may not castle."""

    def theirs(board, depth):
        plain = Board("[plain:chess]\ncastling = false\n", board.fen)
        return divide(plain, depth)

    board = Board("chess", "4k3/8/8/8/8/8/p7/4K2R b K - 0 1")
    played, fen, ours, other = first_difference(board, 3, theirs)
    assert len(played) == 1
    assert fen.split()[1] == "w"
    assert ours.keys() == {"e1g1"}
    assert not other


def test_the_command_prints_it(tmp_path, capsys):
    engine = tmp_path / "engine"
    engine.write_text(
        "#!/bin/sh\ncat > /dev/null\necho 'option name UCI_Variant type combo var chess'\n"
        "echo 'option gyges-hexapawn'\necho 'a2a3: 1'\n"
    )
    engine.chmod(0o755)
    assert main(["fairychess", "divide", "hexapawn", "--depth", "1", "--engine", str(engine)]) == 1
    out = capsys.readouterr().out
    assert "first difference after no move: ppp/3/PPP w" in out
    assert "ours only: a1a2 (1) b1b2 (1) c1c2 (1)" in out
    assert "theirs only: a2a3 (1)" in out


def test_an_engine_that_is_none_is_named(capsys):
    with pytest.raises((ConfigError, SystemExit)) as caught:
        raise SystemExit(main(["fairychess", "divide", "gardner", "--engine", "/nowhere/engine"]))
    assert caught.value.code == 2 or "/nowhere/engine" in str(caught.value)


@pytest.mark.skipif(not ENGINE.exists(), reason="fairy-stockfish is not installed")
@pytest.mark.parametrize("variant", ["gardner", "minishogi", "atomic", "seirawan", "cambodian"])
def test_counts_agree_with_the_engine(variant, capsys):
    assert main(["fairychess", "divide", variant, "--depth", "2", "--engine", str(ENGINE)]) == 0
    assert "counts the same" in capsys.readouterr().out
