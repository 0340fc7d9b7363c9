"""Walls, gates, passes, pieces that turn over: the actions of the game and the names of the board."""

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine import layout as at
from gyges.envs.registry import make
from gyges.render.fairychess.endings import reason_of

SPECIAL = ("duck", "amazons", "joust", "seirawan", "shouse", "janggi", "janggimodern", "kyotoshogi", "micro",
           "sittuyin", "cambodian", "koedem", "placement", "petrified", "spartan", "shatar", "snailtrail",
           "isolation", "isolation7x7")  # fmt: skip


@pytest.mark.parametrize("variant", SPECIAL)
def test_the_game_plays_as_the_board_does(variant):
    game = make("fairychess-v1", variant=variant, horizon=90)
    batch = Batch(game, 1, seed=3)
    board, pending = Board(variant), ""
    generator = np.random.default_rng(5)
    while not batch.over[0]:
        side = int(board.row[at.TURN])
        codes = batch.codes[0, side]
        row = board.row.copy()
        if row[at.EP0] < 0:
            row[at.EPV] = -1  # whom nobody may take en passant is not shown
        assert (game.rows_of(codes)[0] == row).all(), f"{board.fen} is read otherwise"
        actions = np.flatnonzero(batch.mask[0, side])
        mine = board.moves()
        names = game.uci_names(codes)
        assert {*names} == {*actions.tolist()}
        if game.family.walls and not pending:
            assert {*names.values()} == {name.split(",")[0] for name in mine}
        else:
            assert {*names.values()} == {name for name in mine if name.startswith(pending)}
        action = int(generator.choice(actions))
        name = game.uci(codes, action)
        assert game.action_from_uci(codes, name) == action
        both = np.zeros((1, 2), np.int64)
        both[0, side] = action
        batch.step(both)
        if game.family.walls and not pending:
            pending = name + ","
            continue
        board.push(name)
        pending = ""
        assert board.result().over == bool(batch.over[0] and batch.state.end[0, 0] < 4)
    assert int(batch.state.tick[0, 0]) > 3


@pytest.mark.parametrize("variant", SPECIAL)
def test_every_action_has_its_own_name(variant):
    game = make("fairychess-v1", variant=variant)
    named = [name for name in game.action_names if not name.endswith(")")]
    assert len(named) == game.num_actions
    assert len({*named}) == len(named)


def test_blocks_are_appended():
    plain, gated = make("fairychess-v1", variant="chess"), make("fairychess-v1", variant="seirawan")
    assert gated.family.drop_actions == 64 * 64 * (1 + 6)
    assert gated.num_actions == gated.family.drop_actions + 8 * 64 * 64  # any of eight kinds may be in hand
    assert gated.action_names[gated.family.gate_actions + 5 * 64 * 64 + 64 + 18] == "b1c3/h"
    assert plain.action_names[12 * 64 + 28] == gated.action_names[12 * 64 + 28] == "e2e4"
    duck = make("fairychess-v1", variant="duck")
    assert duck.num_actions == plain.num_actions + 64
    assert duck.action_names[plain.num_actions + 27] == "wall d4"
    janggi = make("fairychess-v1", variant="janggi")
    assert janggi.action_names[janggi.num_actions - 1] == "pass"


def test_stakes_take_no_walls():
    with pytest.raises(ConfigError, match="put a wall"):
        make("fairychess_stakes-v1", variant="duck", civilians=False)


@pytest.mark.parametrize(
    ("move", "winner", "words"), [("e1f1", 0, "reached the goal"), ("e1d1", 1, "can castle no more"),
                                  ("e1g1", 0, "has castled")],
)  # fmt: skip
def test_a_goal_goes_before_castling_that_decides(move, winner, words, tmp_path):
    """As the independent engine has it."""
    text = "[goals:chess]\ncastlingWins = KQkq\nflagPiece = k\nflagRegionWhite = f1\nflagRegionBlack = f8\n"
    path = tmp_path / "goals.ini"
    path.write_text(text)
    board = Board(str(path), "4k2r/8/8/8/8/8/8/R3K2R w KQk - 0 1")
    board.push(move)
    assert board.result().winner == winner
    assert words in reason_of(board, winner)
