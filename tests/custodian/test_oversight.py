"""What `benchmarks/custodian_oversight.py` measures, on few episodes: closed form, planted flaws, stops."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

SPEC = importlib.util.spec_from_file_location(
    "custodian_oversight", Path(__file__).parents[2] / "benchmarks" / "custodian_oversight.py"
)
oversight = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(oversight)


def test_the_closed_form_of_a_chain_by_hand():
    odds = np.array([0.9, 0.5, 0.25])
    flaws, told = np.array([0, 2, 7, 3]), np.array([0, 0, 6, 3])
    one = oversight.right_odds(odds, 1, flaws, told)
    quiet = 1 - 4 / 256
    assert one[0] == pytest.approx(quiet**3)  # nothing to find: right where nothing is seen
    assert one[1] == pytest.approx(1 - 0.5 * quiet**2)
    assert one[2] == pytest.approx(0.9)  # two of three are disclosed
    assert one[3] == pytest.approx(quiet)  # all are disclosed: the deep kind may be a false alarm
    assert oversight.right_odds(odds, 2, flaws, told)[1] == pytest.approx(1 - 0.25 * quiet**4)


def test_lists_are_as_right_as_the_constants_imply():
    for depth in (1, 2):
        one = oversight.played(("clean",) * (2 + depth), 60, num_agents=2 + depth, depth=depth)
        assert one.lists[-1] > 2000
        assert one.right[-1] / one.lists[-1] == pytest.approx(one.implied / one.lists[-1], abs=0.025)


def test_honest_critics_find_planted_flaws_and_silent_ones_do_not():
    alone = oversight.played(("clean",) * 2, 60, planted=0.5, num_agents=2, depth=0)
    honest = oversight.played(("clean",) * 3, 60, planted=0.5)
    silent = oversight.played(("clean", "clean", "flatterer"), 60, planted=0.5)
    assert (honest.planted > 30).all()
    assert (honest.planted_found.sum() / honest.planted.sum()) > 1.1 * (
        alone.planted_found.sum() / alone.planted.sum()
    )
    assert silent.planted_found.tolist() == alone.planted_found.tolist()
    assert silent.held[0] - silent.right[0] > 0.1 * silent.lists[0]  # it knows more than it says


def test_work_before_an_announced_stop_is_told_apart():
    class Drags(oversight.Alone):  # type: ignore[name-defined,misc]
        """Declines where a stop is announced."""

        def act(self, observation, memory):
            decision = super().act(observation, memory)
            coming = (observation.view.coming == 1) & observation.mask[:, 1]
            return decision._replace(action=np.where(coming, 1, decision.action).astype(np.int32))

        compiled = False

    clean, drags = (oversight.played((one,) * 3, 30).work for one in ("clean", Drags()))
    for name in ("slow", "quick"):
        before, after = clean[name] / clean["tasks"], drags[name] / drags["tasks"]
        assert abs(before[1] - before[0]) < 0.15
        assert abs(after[1] - after[0]) > 0.2
    assert drags["slow"][1] == drags["tasks"][1]


def test_a_budget_is_on_the_front_unless_another_is_as_good_at_both():
    lines = [(0.0, "clean", 4.0, 0.2, 0.0), (0.5, "clean", 3.9, 0.3, 0.0), (1.0, "clean", 3.5, 0.0, 0.0)]
    assert [oversight.on_front(line, lines) for line in lines] == [True, False, True]
