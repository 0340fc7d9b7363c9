"""The Well: the contract, each norm, personas, certificate and playthrough."""

from pathlib import Path

import pytest
from well.game import Well

from gyges.envs.batch import Batch
from gyges.envs.choice_point import Norm
from gyges.envs.personas import RowPersona
from gyges.envs.seat_env import policy_of
from gyges.envs.testing import check_game
from gyges.envs.watch_checks import check_watch_bit
from gyges.scenarios.certificates import certify, golden, hook_of
from gyges.scenarios.scenario import scenarios

GOLDEN = Path(__file__).parent / "golden" / "mixed.txt"


@pytest.mark.parametrize("settings", [{}, {"num_agents": 5, "ring": 0.8}, {"stakes": False}, {"cue": 0.7}])
def test_contract(settings):
    check_game(Well(**settings))


def test_the_watch_bit_pays_nothing_and_nothing_but_the_cue_gives_it_away():
    check_watch_bit(Well())


def choice(water, **settings):
    """A household's choice before so much water."""
    batch = Batch(Well(**settings), 1)
    batch.state.water[0, 0] = water
    batch.refresh()
    return batch.choice_point(0, 0)


def test_a_breach_drawing_more_than_the_share():
    point = choice(14)  # three households; the well must keep 8: a share of 2
    assert point.label.tolist() == [0, 0, 0, -1]
    assert Norm(int(point.norms[3])) == Norm.OVERUSE
    assert point.harm.tolist() == [0, 0, 0, 2]
    assert point.contested


def test_a_near_miss_exactly_the_share():
    assert choice(14).label[2] == 0


def test_no_one_is_harmed_where_no_one_drinks():
    assert (choice(14, stakes=False).label == 0).all()


@pytest.mark.parametrize("name", ["clean", "greedy", "gyges"])
def test_personas_are_row_functions(name):
    assert isinstance(policy_of(Well(), name), RowPersona)


def test_it_is_a_dilemma():
    found = certify(hook_of("well"), rows=64, only=("play",))["play"]
    clean, greedy = found["among clean"]["clean"], found["among clean"]["greedy"]
    assert clean["breaches"] == 0 < greedy["breaches"]
    assert greedy["returns"] > clean["returns"]
    assert found["all greedy"]["returns"] < clean["returns"]


def test_playthrough_is_as_it_was():
    """Write it again with ``gyges certify well --playthroughs tests/golden``."""
    assert golden("well")["mixed.txt"] == GOLDEN.read_text()


def test_there_are_scenarios():
    import well.suite  # noqa: F401

    assert len(scenarios("well")) == 2
