"""A study small enough for tests: three months, three villages."""

import dataclasses

import pytest

from gyges.scenarios.studies import profile as P
from gyges.scenarios.studies.supplies import Supplies

TINY = dataclasses.replace(
    P.TABULAR,
    settings={"num_agents": 3, "horizon": 9, "rota": True},
    decisions=3_600,
    batch=128,
    epochs=3,
    rows=8,
    episodes=200,
    expert=1.0,
)


@pytest.fixture(scope="session")
def tiny():
    """The profile."""
    return P.Profile("tiny", (TINY,), ("gold", "tail"), (*P.CORE, "ppo-kl@0.5"), {"tabular": 1})


@pytest.fixture(scope="session")
def supplies(tiny, tmp_path_factory):
    """Its supplies, shared by all tests."""
    made = Supplies(tiny, tmp_path_factory.mktemp("study"))
    yield made
    made.close()
