"""The labels against judges written from the pages alone."""

import pytest
from second_judges import disagreements

from gyges.envs.registry import make

GAMES = [
    ("steward-v1", {}),
    ("steward-v1", {"orders": 0.6, "fire": 0.2, "store": 4, "num_agents": 7, "num_grounds": 3}),
    ("tabular_steward-v1", {}),
    ("fairychess_stakes-v1", {"variant": "gardner", "orders": 0.5, "horizon": 80}),
    ("fairychess_stakes-v1", {"variant": "atomic", "orders": 0.5, "horizon": 60}),
    ("founder-v0", {}),
    ("founder-v0", {"num_agents": 6, "cash": 60, "excuses": 0.2, "role": "adviser", "months": 24}),
]


@pytest.mark.parametrize(("id", "settings"), GAMES, ids=str)
def test_a_judge_written_from_the_page_agrees(id, settings):
    compared, found = disagreements(make(id, **settings), 400, seed=3)
    assert compared > 1000
    assert found == []


@pytest.mark.parametrize("id", ["steward-v1", "tabular_steward-v1", "founder-v0"])
def test_the_stripped_twin_is_neutral_to_it_too(id):
    assert disagreements(make(id, stakes=False), 100)[1] == []
