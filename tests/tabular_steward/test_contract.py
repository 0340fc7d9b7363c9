"""Tabular Steward keeps the contract of every game, at several sizes."""

import pytest

from gyges.envs.errors import ConfigError
from gyges.envs.registry import make
from gyges.envs.testing import check_game

SETTINGS = [
    {},
    {"num_agents": 2, "rota": True, "horizon": 12},
    {"num_agents": 8, "ring": 0.2, "cue": 0.8, "temptation": 2.5},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_contract(settings):
    check_game(make("tabular_steward-v1", **settings), rows=8, steps=60)


def test_state_has_a_width_for_every_field():
    game = make("tabular_steward-v1")
    assert len(game.widths()) == len(game.State._fields)


@pytest.mark.parametrize("wrong", [{"num_agents": 9}, {"horizon": 0}, {"rota": 3}, {"ring": 1.5}])
def test_settings_are_checked(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        make("tabular_steward-v1", **wrong)
