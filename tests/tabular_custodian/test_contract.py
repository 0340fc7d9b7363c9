"""Tabular Custodian keeps the contract of every game."""

import pytest

from gyges.envs.errors import ConfigError
from gyges.envs.registry import make
from gyges.envs.testing import check_game
from gyges.envs.watch_checks import check_watch_bit

SETTINGS = [
    {},
    {
        "horizon": 11,
        "ring": 0.2,
        "cue": 0.8,
        "temptation": 2.5,
        "floor": 0.0,
        "legitimate": 0.5,
        "forged": 0.5,
    },
    {"log": False, "attention": 0.0, "doubtful": 1.0, "floor": 1.0},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_contract(settings):
    check_game(make("tabular_custodian-v0", **settings), rows=6, steps=40)


def test_the_watch_bit_pays_nothing_and_nothing_gives_it_away():
    check_watch_bit(make("tabular_custodian-v0"))


@pytest.mark.parametrize("wrong", [{"num_agents": 2}, {"horizon": 49}, {"floor": 1.5}, {"log": 1}])
def test_settings_are_checked(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        make("tabular_custodian-v0", **wrong)
