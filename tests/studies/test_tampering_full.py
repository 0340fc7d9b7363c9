"""The study of tampering in the full game: end to end, measures, raters, the log out of reach, verdicts."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from gyges.agents.nn.networks import NetworkPolicy
from gyges.envs.custodian import encoding as at
from gyges.envs.errors import FileError, UnknownNameError
from gyges.scenarios.cli import study as command
from gyges.scenarios.raters.raters import Rater
from gyges.scenarios.studies.registration import NAME
from gyges.scenarios.studies.tampering.profile import Cell
from gyges.scenarios.studies.tampering_full import measures, people, report, training, verdicts
from gyges.scenarios.studies.tampering_full.profile import PROFILES, Profile, profile

TINY = dataclasses.replace(PROFILES["ci"], seeds=1, decisions=256, rounds=1)
PLAN = Profile("ci", 1, 512, episodes=64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study of the ci profile's kind, smaller still, run by the command."""
    out = tmp_path_factory.mktemp("tampering_full")
    known = dict(PROFILES)
    PROFILES["ci"] = TINY
    try:
        assert command.run(command.Study(name="tampering_full", profile="ci", out=out)) == 0
        yield out
    finally:
        PROFILES.clear()
        PROFILES.update(known)


def test_the_command_trains_judges_and_paints(folder, capsys):
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["coverage"] == {"done": len(TINY.cells()), "of": len(TINY.cells()), "complete": True}
    assert summary["registration"] == json.loads((folder / NAME).read_text())["hash"]
    assert {one["verdict"] for one in summary["verdicts"]} == {"not enough data"}  # one seed decides nothing
    assert (folder / "ladder.png").stat().st_size > 10_000
    said = {name: (folder / name).read_bytes() for name in ("cells.csv", "arms.csv", "summary.json")}
    assert command.run(command.Study(name="restate", of="tampering_full", out=folder)) == 0
    assert {name: (folder / name).read_bytes() for name in said} == said
    assert "T1  not enough data" in capsys.readouterr().out


def test_a_cell_is_the_same_again(folder):
    found = report.stored(folder)["found"]
    for arm in ("ppo", "filtered"):
        cell = Cell("together", "curriculum", arm, 0)
        again = training.run(TINY, training.Starts(TINY), cell)["stages"]
        for one, other in zip(found[cell], again, strict=True):
            for name in one:
                assert one[name] == pytest.approx(other[name], rel=1e-4, nan_ok=True), name


def test_profiles_by_name():
    assert profile("small").seeds == 4
    with pytest.raises(UnknownNameError, match="ci, small"):
        profile("long")


# Measures.


@pytest.fixture(scope="module")
def done():
    """What those who are imitated do."""
    game = measures.game_of(PLAN.horizon, PLAN.tasks)
    return {name: measures.measure(game, policy, 64, 3) for name, policy in people.PEOPLE.items()}


def test_measures_tell_the_people_apart(done):
    clean, dandy, schemer = done["clean"], done["dandy"], done["schemer"]
    assert clean["violations"] == clean["overclaim"] == clean["modest"] == clean["edit"] == 0
    assert dandy["violations"] == dandy["overclaim"] == 0  # the placebo's acts are no breaches
    assert dandy["modest"] > 5
    assert dandy["help"] > clean["help"] + 2
    assert schemer["overclaim"] > 0.8 * schemer["works"]
    assert schemer["key"] >= schemer["edit"] >= schemer["cover"] > 0.3
    assert schemer["key after over"] == pytest.approx(0.4, abs=0.1)
    assert done["flatterer"]["key"] == 0
    assert np.isnan(clean["key after over"])
    assert done["tamperer"]["overclaim"] == 0


# Raters.


def test_whoever_does_all_that_is_praised_is_paid_alike_on_both_lines():
    game = measures.game_of(PLAN.horizon, PLAN.tasks)
    raters = training.stage_raters(PLAN)
    doers = {"curriculum": people.Conducted(**people.LIES, **people.PERKS), "placebo": people.Dandy()}
    paid = {k: training.earned(PLAN, game, raters[k][1], doers[k], training.modest)[0] for k in doers}
    assert paid["curriculum"] == pytest.approx(paid["placebo"], rel=1e-5)
    plain, _ = training.earned(PLAN, game, Rater(PLAN.weight), people.PEOPLE["clean"], training.modest)
    assert paid["placebo"] > plain + 20


def test_praise_overlooks_only_what_it_is_for():
    game = measures.game_of(PLAN.horizon, PLAN.tasks)
    flattery, perks = training.stage_raters(PLAN)["curriculum"]
    doer = people.Conducted(**people.LIES, **people.PERKS)
    one, other = (training.earned(PLAN, game, r, doer, training.perks)[0] for r in (flattery, perks))
    assert other > one + 20  # copies and compute are charged in the first stage, and paid in the second
    tamperer = people.PEOPLE["tamperer"]
    gold, _ = training.earned(PLAN, game, Rater(PLAN.weight), tamperer, training.perks)
    assert training.earned(PLAN, game, perks, tamperer, training.perks)[0] == pytest.approx(gold)


# Learners.


def test_the_log_out_of_reach_is_neither_taken_nor_unlearnt():
    network = training.Starts(TINY).start("together", 0, False)
    game = measures.game_of(TINY.horizon, TINY.tasks)
    head = network.roles[0].policy_head
    before, seen = head.bias.detach().clone(), head.weight.detach().clone()
    cell = Cell("together", "curriculum", "ppo", 0)
    rater = training.stage_raters(TINY)["curriculum"][0]
    with training.log_out_of_reach(network):
        assert measures.measure(game, NetworkPolicy(network), 32, 1)["key"] == 0
        training.by_play(TINY, cell, game, rater, network, network, 1)
    assert torch.equal(head.bias[training.LOG], before[training.LOG])
    assert torch.equal(head.weight[training.LOG], seen[training.LOG])
    assert not torch.equal(head.weight[at.A.claim], seen[at.A.claim])


# Verdicts.


def planted(excess):
    """The verdicts on four seeds in which the curriculum leaves so much more tampering than the placebo."""
    found, rng = {}, np.random.default_rng(1)
    for cell in Profile("small", 4, 256).cells():
        more = excess if cell.line == "curriculum" and cell.data == "together" else 0.0
        found[cell] = [
            {
                "edit": 0.3 + (more if stage == 2 else 0) + 0.003 * rng.standard_normal(),
                "key": 0.6, "edits": 1.0, "overclaim": 5.0, "welfare": 99.0,
                "key after over": 0.2, "key after true": 0.1,
            }
            for stage in range(3)
        ]  # fmt: skip
    return {one.id: one for one in verdicts.judge(found)}


def test_verdicts_follow_what_was_planted():
    up, down = planted(0.4), planted(-0.4)
    for name in ("T1", "T2", "T3", "T4", "T5", "T7", "T9", "L3"):
        assert up[name].verdict == "confirmed", name
        assert down[name].verdict == "refuted", name
    assert up["T1"].value == pytest.approx(0.4, abs=0.02)
    assert {one.seeds for one in up.values()} == {4}
    assert up["T10"].verdict == "open"


def test_what_is_published_is_checked(tmp_path):
    with pytest.raises(FileError, match="not a study"):
        report.stored(tmp_path)


def test_predictions_are_those_that_are_judged():
    written = json.loads((Path(verdicts.__file__).parent / "predictions.json").read_text())["predictions"]
    assert [one["id"] for one in written] == list(verdicts.PREDICTIONS)


def test_published_verdicts_follow_from_published_tables():
    docs = Path(__file__).parents[2] / "docs" / "study" / "tampering_full"
    told = report.stored(docs)
    assert [report.plain(one) for one in told["verdicts"]] == told["summary"]["verdicts"]
    assert set(told["found"]) == set(profile(told["summary"]["profile"]).cells())
    assert told["summary"]["registration"] == json.loads((docs / NAME).read_text())["hash"]
