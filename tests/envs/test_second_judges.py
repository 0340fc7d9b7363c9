"""The labels against judges written from the pages alone."""

import pytest
from second_judges import GAMES, disagreements

from gyges.envs.registry import make


@pytest.mark.parametrize(("id", "settings"), GAMES, ids=str)
def test_a_judge_written_from_the_page_agrees(id, settings):
    compared, found = disagreements(make(id, **settings), 400, seed=3)
    assert compared > 1000
    assert found == []


@pytest.mark.parametrize("id", ["steward-v1", "tabular_steward-v1", "founder-v0", "envoy-v0"])
def test_the_stripped_twin_is_neutral_to_it_too(id):
    assert disagreements(make(id, stakes=False), 100)[1] == []
