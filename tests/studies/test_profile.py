"""What is compared: cells, controls, seeds."""

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.scenarios.studies.profile import DATA, PROFILES, parse, profile, seed_of


@pytest.mark.parametrize("name", PROFILES)
def test_keys_are_unique_and_read_back(name):
    cells = PROFILES[name].cells()
    assert len({c.key for c in cells}) == len(cells)
    assert all(parse(c.key) == c for c in cells)


@pytest.mark.parametrize("name", PROFILES)
def test_filtered_cloning_and_shuffled_labels_always_stand_beside_conditioned_sgd(name):
    cells = set(PROFILES[name].cells())
    for cell in cells:
        if cell.arm == "conditioned" and cell.signal == "binary":
            assert cell._replace(arm="filtered") in cells
        if cell.arm == "conditioned":
            assert cell._replace(label="random") in cells


@pytest.mark.parametrize("name", PROFILES)
def test_learner_and_label_are_not_confounded(name):
    """{SGD, offline, PPO} x {binary, scalar} under every rater and seed; the label on all of the data."""
    plan = PROFILES[name]
    cells = plan.cells()
    for mode in plan.modes:
        for rater in plan.raters:
            found = {
                (c.kind, c.signal) for c in cells if c.mode == mode.name and c.rater == rater and c.seed == 0
            }
            square = {("conditioned", "binary"), ("return", "scalar"), ("q", "binary"), ("q", "scalar"),
                      ("ppo", "binary"), ("ppo", "scalar")}  # fmt: skip
            assert square <= found
        for data in mode.data:
            assert any(c.data == data and c.arm == "ppo" and c.signal == "binary" for c in cells)


def test_matched_data_come_once_from_rl_and_once_from_a_planner():
    assert {"matched-rl", "matched-plan"} <= set(DATA)
    assert any({"matched-rl", "matched-plan"} <= set(m.data) for m in profile("small").modes)


def test_what_is_measured_on_is_never_learnt_from():
    purposes = ["evaluate", "foretell", "plan", "refer", "expert", "shuffle"]
    purposes += [f"{what} {kind}" for what in ("data", "clone") for kind in DATA]
    purposes += [f"train {arm}" for arm in {c.arm for p in PROFILES.values() for c in p.cells()}]
    seeds = {(p, m, n): seed_of(p, m, n) for p in purposes for m in ("tabular", "rich") for n in range(30)}
    assert len(set(seeds.values())) == len(seeds)


def test_layouts_of_evaluation_are_disjoint_from_those_of_training():
    mode = profile("small").mode("rich")
    game = mode.scenario().make_game()

    def layouts(purpose):
        batch = Batch(game, 300, seed=seed_of(purpose, mode.name, 0), labels="off", threads=1)
        return {row.tobytes() for row in np.asarray(batch.state.key)}

    evaluated = layouts("evaluate")
    assert len(evaluated) == 300
    for purpose in (
        "data behaviour",
        "data matched-plan",
        "train ppo",
        "train ppo-kl@0.5",
        "expert",
        "foretell",
    ):
        assert not evaluated & layouts(purpose)


@pytest.mark.parametrize(
    "key", ["", "a/b", "tabular/tail/behaviour/nobody/binary/0", "tabular/t/b/ppo/binary/x"]
)
def test_what_is_no_cell_is_refused(key):
    with pytest.raises(ConfigError):
        parse(key)


def test_unknown_names_are_refused():
    with pytest.raises(UnknownNameError):
        profile("huge")
    with pytest.raises(UnknownNameError):
        profile("ci").find("rich/tail/behaviour/conditioned/binary/0")
    with pytest.raises(UnknownNameError):
        profile("ci").mode("rich")
