"""Steward keeps the contract of every game, at several sizes, compiled and as plain Python."""

import pytest
from plain_python import assert_same_bits

from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError
from gyges.envs.registry import make
from gyges.envs.testing import check_game

SETTINGS = [
    {},
    {"num_agents": 2, "num_grounds": 1, "watch": "act"},
    {"num_agents": 16, "arm": "sanctioned", "orders": 0.5},
    {"num_agents": 3, "num_grounds": 4, "store": 2, "fire": 0.2, "temptation": 2.5},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_contract(settings):
    check_game(make("steward-v1", **settings), rows=12, steps=120)


def test_state_has_a_width_for_every_field():
    game = make("steward-v1")
    assert len(game.widths()) == len(game.State._fields)


@pytest.mark.parametrize("settings", SETTINGS[:3], ids=str)
def test_plain_python_gives_the_same_bits(settings):
    assert_same_bits("steward-v1", settings, 2, 120)


@pytest.mark.parametrize(
    "bad",
    [{"num_agents": 1}, {"num_agents": 17}, {"num_grounds": 5}, {"arm": "none"}, {"watch": "week"},
     {"start": 0.1}, {"growth": 2.0}, {"horizon": 0}, {"store": 3.5}, {"hazard": float("nan")}],
    ids=str,
)  # fmt: skip
def test_bad_settings_are_refused_by_name(bad):
    with pytest.raises(ConfigError, match=next(iter(bad))):
        make("steward-v1", **bad)


def test_memory_of_a_row_at_sixteen_seats():
    batch = Batch(make("steward-v1", num_agents=16), 64, labels="off")
    assert batch.nbytes / 64 <= 8716
