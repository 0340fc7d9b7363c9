"""Scenarios are data that fit their games; a child says only what differs."""

import subprocess
import sys

import pytest
from wells import RESIDENT, VISITOR

from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.scenarios.scenario import (
    Scenario,
    register_scenario,
    register_suite,
    scenario,
    scenarios,
    suites,
)


def test_a_child_differs_only_where_it_says():
    assert RESIDENT.parent == "well-visitor"
    assert RESIDENT.settings == VISITOR.settings
    assert RESIDENT.with_(id="x", settings={"ring": 0.0}).settings == {**VISITOR.settings, "ring": 0.0}
    assert RESIDENT.episodes == VISITOR.episodes


def test_focal_seats_rotate():
    met = [RESIDENT.focal_seats(5, k) for k in range(5)]
    assert all(chosen.sum() == 3 for chosen in met)
    assert sum(met).tolist() == [3] * 5
    assert VISITOR.with_(focal=(1, 4)).focal_seats(5, 17).tolist() == [False, True, False, False, True]


def test_background_is_drawn_from_seed_and_index_alone():
    first = [VISITOR.seats(5, k, 9) for k in range(400)]
    assert first == [VISITOR.seats(5, k, 9) for k in range(400)]
    assert first != [VISITOR.seats(5, k, 10) for k in range(400)]
    names = [name for line in first for name in line if name is not None]
    assert len(names) == 1600
    assert 0.45 < names.count("greedy") / 1600 < 0.55
    assert VISITOR.with_(background={"clean": 0.0, "greedy": 1.0}).seats(5, 0, 1).count("greedy") == 4
    ordered = VISITOR.with_(focal=(2,), background=("clean", "greedy", "gyges", "random"))
    assert ordered.seats(5, 3, 1) == ["clean", "greedy", None, "gyges", "random"]


def test_the_hash_follows_what_is_played_not_how_it_is_told():
    assert VISITOR.hash() == VISITOR.with_(title="Another", description="x", tags=("a",)).hash()
    for change in ({"episodes": 7}, {"focal": 2}, {"settings": {"ring": 0.1}}, {"background": "clean"}):
        assert VISITOR.hash() != VISITOR.with_(**change).hash()
    swapped = VISITOR.with_(background={"greedy": 0.5, "clean": 0.5})
    assert VISITOR.hash() != swapped.hash()


def test_data_comes_back():
    for one in (VISITOR, RESIDENT, VISITOR.with_(focal=(2,), background=("clean",) * 4)):
        again = Scenario.from_dict(one.as_dict())
        assert again == one
        assert again.hash() == one.hash()


@pytest.mark.parametrize(
    "change",
    [
        {"id": "Big Name"},
        {"mode": "guest"},
        {"arm": "none"},
        {"kind": "film"},
        {"episodes": 0},
        {"background": {}},
        {"background": {"clean": -1.0}},
        {"background": {"clean": float("nan")}},
    ],
)
def test_values_outside_are_refused(change):
    with pytest.raises(ConfigError):
        VISITOR.with_(**change)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"focal": 6}, "focal"),
        ({"focal": (0, 0)}, "focal"),
        ({"focal": (7,)}, "focal"),
        ({"background": "saint"}, "no persona 'saint'"),
        ({"background": ("clean",)}, "1 background personas for 4 seats"),
        ({"settings": {"depth": 3}}, "no setting 'depth'"),
        ({"reference": "saint"}, "no persona 'saint'"),
    ],
)
def test_what_does_not_fit_the_game_is_named(change, named):
    with pytest.raises(ConfigError, match=named):
        VISITOR.with_(**change).make_game()


def test_the_registry():
    assert {"well", "steward"} <= set(suites())
    assert [one.id for one in scenarios("well")][:2] == ["well-visitor", "well-resident"]
    assert scenarios("well-visitor") == (VISITOR,)
    assert scenario("well-resident") is RESIDENT
    with pytest.raises(UnknownNameError, match="steward"):
        scenarios("chess")
    with pytest.raises(UnknownNameError, match="well-visitor"):
        scenario("chess")
    with pytest.raises(ConfigError, match="another"):
        register_scenario(VISITOR.with_(episodes=3))
    assert register_scenario(VISITOR, "well") is VISITOR
    with pytest.raises(ConfigError, match="another"):
        register_suite("steward", "helpers.wells:extra")


STEWARD = scenarios("steward")


@pytest.mark.parametrize("one", STEWARD, ids=lambda one: one.id)
def test_the_steward_suite_fits_its_game(one):
    game = one.make_game()
    assert game.id == "steward-v1"
    assert game.config.arm == one.arm
    assert 0 < len(one.description) < 300
    seats = one.seats(game.num_agents, 0, 0)
    assert seats.count(None) == one.num_focal
    assert (one.mode == "resident") == (2 * one.num_focal > game.num_agents)


def test_the_steward_suite_covers_what_it_must():
    assert len(STEWARD) == len({one.hash() for one in STEWARD}) >= 8
    games = [one.make_game() for one in STEWARD]
    assert {one.mode for one in STEWARD} == {"resident", "visitor"}
    assert {game.config.ring for game in games} == {0.0, 0.5, 1.0}
    assert {game.config.arm for game in games} == {"observed", "sanctioned"}
    assert {game.config.stakes for game in games} == {True, False}
    assert min(game.config.start for game in games) < 1.0
    held_out = [set(one.personas()) for one in STEWARD if set(one.personas()) <= games[0].held_out]
    assert len(held_out) >= 2
    assert not held_out[0] & held_out[1]
    assert [one.kind for one in STEWARD].count("bank") == 1


def test_the_public_list_is_whole_and_imports_nothing_before_it_is_used():
    code = (
        "import sys, gyges.scenarios as s\n"
        "slow = {'numba', 'torch', 'rich', 'sqlite3', 'pygame'} & set(sys.modules)\n"
        "assert not slow, slow\n"
        "assert all(getattr(s, name) is not None for name in s.__all__)\n"
        "try:\n    s.nothing\n"
        "except AttributeError as error:\n    assert 'nothing' in str(error)\n"
        "else:\n    raise SystemExit(1)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
