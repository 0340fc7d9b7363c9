"""A seeded sample of the run of sixty emulated servers (`benchmarks/llm_conformance.py` is the whole)."""

import pytest
from emulated import KINDS, WIRES, emulate


@pytest.mark.parametrize("number", range(len(KINDS) * len(WIRES)))
def test_a_server_gets_no_action_that_its_model_did_not_state(number: int) -> None:
    found = emulate(number, 12, seed=7)
    assert (found.invented, found.lost, found.misbooked) == ([], [], [])
