"""Golden playthroughs. Write them again with
``python -m gyges.envs.fairychess.stakes.playthrough tests/fairychess_stakes/golden``."""

from pathlib import Path

import pytest

from gyges.envs.fairychess.stakes.playthrough import golden

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def told():
    return golden()


@pytest.mark.parametrize("name", ["clean.txt", "ring.txt", "broken-word.txt"])
def test_playthrough_is_as_it_was(told, name):
    assert told[name] == (GOLDEN / name).read_text()
