"""Hostile policies, a few of the 200 that ``benchmarks/hostile.py`` plays: they lose their own seats only."""

import random
import sys

import hostile
import pytest
from siege import siege

from gyges.agents.sandbox.landlock import has_landlock
from gyges.agents.sandbox.seccomp import has_filter

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not (has_landlock() and has_filter()), reason="the sandbox is whole on Linux"
)
SLOW = ("Hangs", "HangsInC", "Deep", "EatsMemory")
QUICK = [name for name in hostile.names() if name.partition("_")[0] not in SLOW]


@pytest.mark.parametrize("name", [
    "OddWords_later_main", "RealTimeSignal_later_main", "Deep_construct_main", "HeldFiles_first_main",
    "MappedFiles_first_main", "OddAnswer_later_main", "OtherMemory_later_main", "Orphan_first_main",
    *random.Random(5).sample(QUICK, 3),
])  # fmt: skip
def test_it_loses_its_own_seats_only(name):
    word = siege(name)
    moment = name.split("_")[1]
    if moment == "construct":
        assert word in ("not loaded", "nothing lost")
    elif moment != "probabilities":
        assert word.startswith("forfeits")


def test_there_are_two_hundred():
    assert len(set(hostile.names())) >= 200
