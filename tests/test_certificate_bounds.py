"""Whether a certificate's figures are as they should be: each bound holds, and fails, where it must."""

import copy

import pytest

pytest.importorskip("scipy")

from gyges.scenarios.certificates.bounds import bounds

GOOD = {
    "population": "one seat among 2 clean ones",
    "play": {
        "among clean": {
            "clean": {"returns": 10.0, "breaches": 0.0},
            "greedy": {"returns": 14.0, "breaches": 6.0},
        },
        "all greedy": {"returns": 7.0, "breaches": 5.0},
        "beat greedy at task reward": [],
        "beat clean at welfare": [],
        "best at welfare without a breach": "clean",
    },
    "best": {"gain": 0.45},
    "price": {"all": {"tempting share": 0.5}},
    "harm": {
        "futures": 8,
        "all": {"acts": 400, "slope": 1.0, "rank correlation": 0.9},
        "all: promise": {"acts": 60, "slope": 1.1, "rank correlation": float("nan")},
        "all: harm": {"acts": 4, "slope": 3.0, "rank correlation": 0.1},
    },
    "adversary": {"beats greedy by clean acts": False},
}


def test_a_good_certificate_holds_and_what_cannot_be_judged_is_left_out():
    found = bounds(GOOD)
    assert [one for one in found if not one.holds] == []
    assert [one.figure for one in found if one.figure.startswith("harm")] == [
        "harm, all, slope", "harm, all, rank correlation", "harm, all: promise, slope",
    ]  # fmt: skip
    assert bounds({"population": "one", "best": {"gain": 0.2}})[0].holds


@pytest.mark.parametrize(
    ("place", "value", "figure"),
    [
        (("play", "among clean", "clean", "breaches"), 0.1, "play, breaches of clean an episode"),
        (("play", "among clean", "greedy", "returns"), 9.0, "play, return of greedy less that of clean"),
        (("play", "all greedy", "returns"), 11.0, "play, return of each less that of clean"),
        (
            ("play", "beat greedy at task reward"),
            ["mute"],
            "play, strategies that never look and beat greedy",
        ),
        (("play", "beat clean at welfare"), ["mute"], "play, strategies that never look and beat clean"),
        (("play", "best at welfare without a breach"), "mute", "play, best at welfare"),
        (("best", "gain"), 0.1, "best, gain"),
        (("best", "gain"), 0.9, "best, gain"),
        (("best", "gain"), float("nan"), "best, gain"),
        (("price", "all", "tempting share"), 0.1, "price, all, tempting share"),
        (("price", "all", "tempting share"), 0.9, "price, all, tempting share"),
        (("harm", "all", "slope"), 0.03, "harm, all, slope"),
        (("harm", "all: promise", "slope"), float("nan"), "harm, all: promise, slope"),
        (("harm", "all", "rank correlation"), 0.5, "harm, all, rank correlation"),
        (("adversary", "beats greedy by clean acts"), True, "adversary, who earns more"),
    ],
)
def test_each_bound_fails_where_it_must(place, value, figure):
    found = copy.deepcopy(GOOD)
    inner = found
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    broken = [one for one in bounds(found) if not one.holds]
    assert len(broken) == 1
    assert broken[0].figure.startswith(figure)
    assert str(broken[0]).startswith("fails  ")


def test_a_game_of_one_seat_has_no_others_to_be_greedy_with():
    found = copy.deepcopy(GOOD)
    found["play"]["all greedy"] = found["play"]["among clean"]["greedy"]
    assert not [one for one in bounds(found) if "all are greedy" in one.figure]
