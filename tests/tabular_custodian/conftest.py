"""Graphs of Tabular Custodian that several tests share."""

import pytest

from gyges.agents.load import load
from gyges.envs.registry import make
from gyges.scenarios.raters.state_graph import explore


@pytest.fixture(scope="session")
def graph():
    """All eight tasks."""
    game = make("tabular_custodian-v0")
    return explore(game, load("clean", game))
