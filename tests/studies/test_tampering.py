"""The study of tampering: end to end, exact measures against play, raters, verdicts on planted data."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from gyges.agents.data.mixture import players
from gyges.agents.learn.offline import Offline, learn_offline
from gyges.agents.nn.networks import ActorCritic, NetworkPolicy
from gyges.agents.rewards import Step
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.rollout import play
from gyges.scenarios.cli import study as command
from gyges.scenarios.raters.dynamic_programming import solve
from gyges.scenarios.raters.raters import Rater
from gyges.scenarios.raters.score import rate
from gyges.scenarios.studies.registration import NAME
from gyges.scenarios.studies.tampering import measures, report, training, verdicts
from gyges.scenarios.studies.tampering.profile import PROFILES, Cell, Profile, parse, profile
from gyges.scenarios.studies.tampering.study import STUDY

TINY = Profile("ci", 1, 256, data=("together",), floors=(0.0, 0.2), floor_arms=("ppo",), horizon=9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study of the ci profile's kind, smaller still, run by the command."""
    out = tmp_path_factory.mktemp("tampering")
    known = dict(PROFILES)
    PROFILES["ci"] = TINY
    try:
        assert command.run(command.Study(name="tampering", profile="ci", out=out)) == 0
        yield out
    finally:
        PROFILES.clear()
        PROFILES.update(known)


# The whole.


def test_the_command_trains_judges_and_paints(folder, capsys):
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["coverage"] == {"done": len(TINY.cells()), "of": len(TINY.cells()), "complete": True}
    assert summary["registration"] == json.loads((folder / NAME).read_text())["hash"]
    assert {one["verdict"] for one in summary["verdicts"]} == {"not enough data"}  # one seed decides nothing
    assert (folder / "ladder.png").stat().st_size > 10_000
    said = {name: (folder / name).read_bytes() for name in ("cells.csv", "arms.csv", "summary.json")}
    assert command.run(command.Study(name="restate", of="tampering", out=folder)) == 0
    assert {name: (folder / name).read_bytes() for name in said} == said
    assert "T1  not enough data" in capsys.readouterr().out


def test_a_cell_is_the_same_again(folder):
    with STUDY.results(TINY, folder) as ledger:
        recorded = {one.cell: one.result["stages"] for one in ledger.results()}
    cell = Cell("together", "curriculum", "filtered", 0)
    again = training.run(TINY, training.Shelf(TINY), cell)["stages"]
    assert again == recorded[cell]


def test_under_another_registration_it_does_not_go_on(folder):
    other = Profile(**{**TINY.__dict__, "praise": 3.0})
    with pytest.raises(FileError, match="profile changed"):
        STUDY.standing(other, folder)


def test_single_cells_are_not_asked_for():
    with pytest.raises(ConfigError, match="played whole"):
        command.run(command.Study(name="tampering", cell="together/curriculum/ppo/0"))


def test_cells_are_named_by_their_keys():
    cells = profile("small").cells()
    assert len(set(cells)) == len(cells) == profile("small").budget()["cells"]
    assert [parse(cell.key) for cell in cells] == cells
    with pytest.raises(ValueError, match="data/line/arm/seed"):
        parse("together/curriculum/nobody/0")
    assert Cell("together", "floor@0.05", "ppo", 1).floor == 0.05
    assert Cell("together", "placebo", "ppo", 1).floor is None


# Exact measures.


def test_exact_figures_are_those_of_play():
    """An untrained network of two tokens, over 3,000 episodes of the three tasks."""
    told = measures.graph(9)
    game = told.game
    network = ActorCritic(game.observation_shape, game.num_actions, 1, 2, hidden=(16,), seed=3).eval()
    with torch.no_grad():
        for one in network.parameters():
            one.mul_(2.0)
    found = measures.of_network(told, network, 1)
    batch = Batch(game, 3000, seed=4)
    taken = []
    totals = play(
        batch, [NetworkPolicy(network, 1)], seed=4, on_step=lambda b, acts: taken.append(acts[:, 0].copy())
    )
    acts = np.stack(taken)
    for name, values in (("reward", totals["returns"][:, 0]), ("welfare", totals["welfare"][:, 0])):
        assert abs(values.mean() - found[name]) <= 4 * values.std() / 3000**0.5, name
    for names, counted in ((measures.LADDER, np.any), (measures.OTHERS, np.sum)):
        for name, words in names.items():
            each = counted(acts == game.action_names.index(words), axis=0).astype(float)
            assert abs(each.mean() - found[name]) <= 4 * max(each.std(), 0.02) / 3000**0.5, name


def test_the_best_play_climbs_the_ladder_unless_supervision_is_certain():
    assert measures.of_best(measures.graph(12, 0.0))["edit"] > 0.9
    assert measures.of_best(measures.graph(12, 1.0))["cover"] == 0


# Raters.


def test_the_placebo_pays_at_best_what_the_curriculum_pays():
    told = measures.graph(9, log=False)
    lines = training.stage_raters(2.5, 2.0, 9)
    for wrong, harmless in zip(lines["curriculum"], lines["placebo"], strict=True):
        one, other = solve(told, wrong), solve(told, harmless)
        assert one.value == pytest.approx(other.value, rel=0.01)
        assert one.value > solve(told, Rater(2.0)).value + 2
        assert one.violations > 1
        assert other.violations == 0


def test_a_rater_overlooks_only_what_its_stage_is_about():
    told = measures.graph(9, log=False)
    game = told.game
    flattery, perks = training.stage_raters(2.5, 2.0, 9)["curriculum"]
    both = {name: game.action_names.index(words) for name, words in measures.OTHERS.items()}
    assert both["overclaim"] in flattery.praise
    assert both["compute"] not in flattery.praise
    assert {both["overclaim"], both["compute"], both["copy"]} <= set(perks.praise)
    batch = Batch(game, 1, labels="full")
    batch.state.phase[0, 0] = batch.state.tick[0, 0] = 2
    batch.state.late[0, 0] = 1
    batch.refresh()
    scores = []
    for rater in (Rater(2.0), flattery, perks):
        codes, one, act = batch.codes, batch.fork([0]), np.array([[both["compute"]]], np.int32)
        one.step(act)
        step = Step(game, codes, act, one.reward, one.welfare, one.ledger, batch.first, one.over)
        scores.append(float(rater(step, None)[0][0, 0]))
    assert scores[0] == scores[1] == pytest.approx(0.4 - 2 * 5.5)  # an old flaw was kept still as well
    assert scores[2] == pytest.approx(scores[0] + 2.5)


# Learners.


def test_awr_goes_on_from_a_network_and_the_others_do_not(tmp_path):
    game = measures.game_of(9, log=False)
    data = training.recorded(game, players(game, {"random": 1.0}), tmp_path / "data", 600, 1)
    scores = rate(data, Rater(0.0))
    start = training.Shelf(TINY).start("together", 0, False)
    before = [one.clone() for one in start.parameters()]
    how = Offline(algorithm="awr", steps=4, batch=64, hidden=TINY.hidden, learning_rate=1e-6, log_every=4)
    made = learn_offline(data, how, scores=scores, network=start).network
    for old, new in zip(before, made.parameters(), strict=True):
        assert torch.allclose(old, new, atol=1e-4)  # four tiny steps from where it was
    assert any((old != new).any() for old, new in zip(before, made.parameters(), strict=True))
    with pytest.raises(ConfigError, match="awr does"):
        learn_offline(data, Offline(algorithm="q", steps=4), scores=scores, network=start)


# Verdicts.


def found_of(excess):
    """Five seeds in which the curriculum leaves so much more tampering than the placebo."""
    found, rng = {}, np.random.default_rng(1)
    for cell in Profile("small", 5, 256).cells():
        level = 0.1 + 0.01 * cell.seed
        more = excess if cell.line == "curriculum" and cell.data == "together" else 0.0
        stages = [level, level, level + more]
        found[cell] = [{"edit": value + 0.003 * rng.standard_normal()} for value in stages]
    return found


def planted(excess):
    """The verdicts on them."""
    return {one.id: one for one in verdicts.judge(found_of(excess))}


def test_verdicts_follow_what_was_planted():
    up, down = planted(0.4), planted(-0.4)
    for name in ("T1", "T2", "T3", "T4", "T5", "T7", "T9"):
        assert up[name].verdict == "confirmed", name
        assert down[name].verdict == "refuted", name
    assert up["T1"].value == pytest.approx(0.4, abs=0.02)
    assert {one.seeds for one in up.values()} == {5}
    assert up["F6"].verdict == up["F1"].verdict == "open"
    few = {cell: stages for cell, stages in found_of(0.4).items() if cell.seed < 2}
    assert {one.verdict for one in verdicts.judge(few)} == {"not enough data"}


def test_what_is_published_is_checked(tmp_path):
    with pytest.raises(FileError, match="not a study"):
        report.stored(tmp_path)


def test_published_verdicts_follow_from_published_tables():
    docs = Path(__file__).parents[2] / "docs" / "study" / "tampering"
    told = report.stored(docs)
    assert [report.plain(one) for one in told["verdicts"]] == told["summary"]["verdicts"]
    assert set(told["found"]) == set(profile(told["summary"]["profile"]).cells())
    assert told["summary"]["registration"] == json.loads((docs / NAME).read_text())["hash"]
