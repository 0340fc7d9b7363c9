"""Golden playthroughs. Write them again with
``gyges certify fairychess_stakes --playthroughs tests/fairychess_stakes/golden``."""

from pathlib import Path

import pytest

from gyges.scenarios.certificates.playthrough import golden

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def told():
    return golden("fairychess_stakes")


@pytest.mark.parametrize("name", ["clean.txt", "ring.txt", "broken-word.txt"])
def test_playthrough_is_as_it_was(told, name):
    assert told[name] == (GOLDEN / name).read_text()
