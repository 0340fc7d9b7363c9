"""The study of transfer: end to end, a killed run that goes on, figures against hand-computed values."""

import dataclasses
import json
import math

import numpy as np
import pytest

from gyges.envs.errors import ConfigError, FileError, UnknownNameError
from gyges.scenarios.cli import study as command
from gyges.scenarios.executor import Executor
from gyges.scenarios.studies.transfer import estimates, report, verdicts
from gyges.scenarios.studies.transfer.estimates import Reached, Strengths, fieller, isotonic, middle, reached
from gyges.scenarios.studies.transfer.profile import PROFILES, Cell, Profile, parse, profile
from gyges.scenarios.studies.transfer.study import STUDY
from gyges.scenarios.studies.transfer.verdicts import Tables

pytest.importorskip("torch")

from gyges.agents.search import checkpoint
from gyges.scenarios.studies.transfer import cells, training

TINY = Profile(
    "ci", ("transfer-train-1",), ("transfer-train-2",), (), 32, 1, 1, specialist=(0.5, 1.0), few_shot=(0.5,),
    ladder=("random", "mcts?simulations=8", "alphabeta:100"), simulations=1, games=8, batch=8, warmup=1,
    width=8, message=4, layers=1, every=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study smaller than the ci profile's, run by the command."""
    out = tmp_path_factory.mktemp("transfer")
    known = dict(PROFILES)
    PROFILES["ci"] = TINY
    try:
        assert command.run(command.Study(name="transfer", profile="ci", out=out)) == 0
        yield out
    finally:
        PROFILES.clear()
        PROFILES.update(known)


def test_the_command_trains_rates_judges_and_paints(folder, capsys):
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["coverage"] == {"done": 7, "of": 7, "complete": True}
    assert {one["verdict"] for one in summary["verdicts"]} == {"not enough data"}
    assert (folder / report.PICTURE).stat().st_size > 10_000
    labels = {row["label"] for row in report.read(folder / "elo.csv")}
    assert labels >= {"universal-0", "universal-0+search", "wrong-0", "blind-0", "specialist@32+search",
                      "few-shot@16", "alphabeta:100", "untrained+search"}  # fmt: skip
    assert "alphabeta:100 has 0 Elo" in (folder / "index.html").read_text()
    assert not list((folder / "networks").glob("*/under-way"))
    said = {name: (folder / name).read_bytes() for name in ("elo.csv", "summary.json", "index.html")}
    assert command.run(command.Study(name="restate", of="transfer", out=folder)) == 0
    assert {name: (folder / name).read_bytes() for name in said} == said
    assert "T1   not enough data" in capsys.readouterr().out


def test_networks_are_taught_in_all_ways(tmp_path, monkeypatch, capsys):
    kinds = ("universal", "ppo", "sgd", "shuffled", "cloned")
    plan = dataclasses.replace(TINY, networks=kinds, specialist=(), few_shot=(), moves=64)
    monkeypatch.setitem(PROFILES, "ci", plan)
    assert command.run(command.Study(name="transfer", profile="ci", out=tmp_path)) == 0
    assert "T8   not enough data" in capsys.readouterr().out
    labels = {row["label"] for row in report.read(tmp_path / "elo.csv")}
    assert labels >= {"ppo-0", "sgd-0+search", "shuffled-0", "cloned-0", "wrong-0"}
    assert (tmp_path / report.PICTURE).stat().st_size > 10_000
    cards = {
        kind: checkpoint.read_card(next((tmp_path / "networks" / f"{kind}-0").glob("at-*")))[0]
        for kind in plan.networks
    }
    assert [card.algorithm for card in cards.values()] == [
        "alphazero", "selfplay-ppo", "engine-sgd", "engine-sgd", "engine-sgd",
    ]  # fmt: skip
    assert [card.spec.conditioned for card in cards.values()] == [False, False, True, True, False]


def test_a_cell_is_the_same_again(folder):
    cell = Cell("specialist", "transfer-train-2", 0)
    with STUDY.results(TINY, folder) as ledger:
        recorded = {one.cell: one.result for one in ledger.results()}[cell]
    again = cells.run(TINY, folder, cell)
    assert again["games"] == recorded["games"]
    assert again["networks"] == recorded["networks"]
    with pytest.raises(FileError, match="profile, budgets changed"):
        STUDY.standing(dataclasses.replace(TINY, moves=64), folder)


def test_a_killed_run_goes_on_bit_for_bit(tmp_path, monkeypatch):
    def weights(places):
        return [checkpoint.read_card(place)[1]["network"].sha256 for place in places.values()]

    plan = dataclasses.replace(TINY, every=64)
    run = training.Run("one", ("transfer-train-9",), 512, (0, 256, 512), 5)
    whole = weights(training.Networks(plan, tmp_path / "whole").trained(run))
    assert len(set(whole)) == 3
    log = training.Progress.log

    def killed(self, numbers):
        if numbers["moves"] == 400:
            raise KeyboardInterrupt
        log(self, numbers)

    networks = training.Networks(plan, tmp_path / "killed")
    with monkeypatch.context() as patch:
        patch.setattr(training.Progress, "log", killed)
        with pytest.raises(KeyboardInterrupt):
            networks.trained(run)
    assert (networks.folder / "one" / "under-way" / checkpoint.FILE).exists()
    assert weights(networks.trained(run)) == whole


def test_it_runs_on_one_machine(folder):
    class Elsewhere(Executor):
        local = False

    with Elsewhere(2) as executor, pytest.raises(ConfigError, match="share files"):
        STUDY.side_by_side(TINY, folder, executor)


@pytest.mark.parametrize("name", ["small", "learners", "full"])
def test_cells_are_named_by_their_keys(name):
    small = profile(name)
    assert len(set(small.cells())) == len(small.cells())
    assert [parse(cell.key) for cell in small.cells()] == small.cells()
    assert not set(small.training) & set(small.held_out)
    assert set(small.both) <= set(small.training)
    for wrong in ("universal/-/00", "what/-/0", "rungs/gardner/0"):
        with pytest.raises(ValueError, match="a cell"):
            parse(wrong)
    with pytest.raises(UnknownNameError, match="no profile"):
        profile("huge")


# Figures.


def test_isotonic_curves_pool_what_falls():
    assert isotonic([1, 3, 2, 4]) == [1, 2.5, 2.5, 4]
    assert isotonic([3, 2, 1]) == [2, 2, 2]


def test_moves_that_reach_a_score():
    moves, scores = [0, 100, 300], [0.0, 10.0, 30.0]
    assert reached(moves, scores, -1) == Reached(0.0, False)
    assert reached(moves, scores, 10).moves == pytest.approx(100)
    # halfway between log 200 and log 400 lies log 282.84
    assert reached(moves, scores, 20).moves == pytest.approx(182.8427)
    assert reached(moves, scores, 31) == Reached(300.0, True)
    assert estimates.log_transfer(300, 0, 100) == pytest.approx(math.log(4))


def test_a_middle_among_censored_values():
    assert middle([1, 5, 9], [False, False, True]) == (5, False)
    assert middle([1, 5, 9], [False, True, True]) == (5, True)
    assert middle([5, 1], [False, True]) == (1, True)
    assert math.isnan(middle([], [])[0])


def test_fieller_by_hand():
    # the ends are the roots of (a - b r)^2 = q^2 (var a - 2 r cov + r^2 var b): (6 - 10 r)^2 = 4 (1 + r^2)
    found = fieller(6, 10, 1, 1, 0, 2)
    roots = sorted(np.roots([96, -120, 32]).real)
    assert (found.low, found.high) == (pytest.approx(roots[0]), pytest.approx(roots[1]))
    covered = fieller(6, 10, 1, 1, 0.5, 2)  # (6 - 10 r)^2 = 4 (1 - r + r^2)
    roots = sorted(np.roots([96, -116, 32]).real)
    assert (covered.low, covered.high) == (pytest.approx(roots[0]), pytest.approx(roots[1]))
    assert math.isnan(fieller(6, 1, 1, 1, 0, 2).low)


def test_signs():
    assert estimates.sign_test(10, 12) == pytest.approx(79 / 4096)
    assert estimates.sign_test(0, 3) == 1


def test_an_interval_over_variants_and_networks():
    value, p = estimates.over_both([[1, 2, 3], [2, 3, 4], [3, 4, 5]])
    assert value.value == 3
    # each way the variance of a mean of three values a unit apart is 1 / 3; together 2 / 3
    freedom = int((2 / 3) ** 2 / (2 * (1 / 9) / 2) + 1e-9)
    half = math.sqrt(2 / 3) * (1 + 0.6 / (freedom + 1)) * estimates.st.t_quantile(freedom)
    assert value.high - 3 == pytest.approx(half)
    assert 0 < p < 0.1
    assert math.isnan(estimates.over_both([[1, 2, 3], [2, 3, 4]])[1])


# Planted strengths.

PLAYERS = {"alphabeta:100": 0.0, "random": -400.0, "untrained+search": -200.0}


def planted(elo, openings=6, games=400):
    """Games against the anchor in the expected shares; a little more by the number of the opening."""
    rows = []
    for name, strength in elo.items():
        for k in range(openings if name != "alphabeta:100" else 0):
            wins = round(games / (1 + 10 ** (-strength / 400))) + k - openings // 2
            rows.append({"first": name, "second": "alphabeta:100", "opening": k, "wins": wins, "draws": 0,
                         "losses": games - wins})  # fmt: skip
    return rows


def told_of(drop):
    held_out = [
        f"transfer-{kind}-{k}" for kind, of in (("atom", 3), ("rule", 2), ("size", 3)) for k in range(of)
    ]
    both = [f"transfer-train-{k}" for k in range(4)]
    strengths = {}
    for k, name in enumerate((*held_out, *both)):
        elo = dict(PLAYERS) | {"specialist@9": 80.0, "specialist@9+search": 120.0 + k}
        for seed in range(3):
            elo |= {
                f"universal-{seed}": -100.0 + 3 * k + seed,
                f"universal-{seed}+search": 110.0 - drop + 2 * seed,
                f"wrong-{seed}": -350.0 + seed - k, f"blind-{seed}": -150.0 + k,
            }  # fmt: skip
        strengths[name] = Strengths(planted(elo))
    return Tables(strengths, held_out, both, 3, 9, ("universal", "blind", "specialist"))


def test_planted_strengths_are_found_and_judged():
    told = told_of(0.0)
    one = told.strengths["transfer-rule-1"]
    assert one.of("random") == pytest.approx(-400, abs=12)
    assert math.isnan(one.of("nobody"))
    found = {one.id: one for one in verdicts.judge(told)}
    words = {name: one.verdict for name, one in found.items()}
    assert words == {
        "T1": "confirmed", "T2": "confirmed", "T3": "confirmed", "T4": "confirmed", "T5": "refuted",
        "T6": "confirmed",
    }  # fmt: skip
    assert found["T1"].value == 1
    assert found["T4"].value == pytest.approx(150, abs=20)
    assert {one.verdict for one in verdicts.judge(told_of(300.0)) if one.id == "T3"} == {"refuted"}


def taught(*, imitation, lot, ppo):
    """Tables of networks that were taught in other ways, on eight held-out and four other variants."""
    held_out, both = [f"transfer-rule-{k}" for k in range(8)], [f"transfer-train-{k}" for k in range(4)]
    strengths = {}
    for k, name in enumerate((*held_out, *both)):
        elo = dict(PLAYERS)
        for seed in range(3):
            luck = 4 * (k % 3) + 3 * seed
            elo |= {
                f"universal-{seed}": -100.0 + luck, f"cloned-{seed}": -150.0 + luck,
                f"sgd-{seed}": imitation - luck, f"shuffled-{seed}": lot, f"ppo-{seed}": ppo + 2 * luck,
            }  # fmt: skip
        strengths[name] = Strengths(planted(elo))
    kinds = ("universal", "ppo", "sgd", "shuffled", "cloned")
    return verdicts.judge(Tables(strengths, held_out, both, 3, 9, kinds))


def test_ways_of_teaching_are_judged():
    found = {one.id: one for one in taught(imitation=-60.0, lot=-140.0, ppo=-300.0)}
    assert set(found) == {"T1", "T2", "T4", "T7", "T8", "T9", "T10", "T11"}  # those whose networks there are
    assert {found[name].verdict for name in ("T7", "T8", "T9", "T10", "T11")} == {"confirmed"}
    assert found["T8"].value == pytest.approx(50 - 10, abs=12)
    assert found["T8"].low < found["T8"].value < found["T8"].high
    turned = {one.id: one for one in taught(imitation=-250.0, lot=-50.0, ppo=-90.0)}
    assert {turned[name].verdict for name in ("T7", "T8", "T10", "T11")} == {"refuted"}
    assert turned["T8"].value == pytest.approx(50 - 100, abs=15)
    below = {one.id: one for one in taught(imitation=-250.0, lot=-250.0, ppo=-90.0)}
    assert below["T8"].verdict == "refuted"  # either way


def test_retention_only_where_there_is_something_to_keep():
    one = told_of(0.0).strengths["transfer-rule-1"]
    kept = estimates.retention(one, "universal-0", "specialist@9", "random")
    assert kept.excluded == ""
    assert kept.share.low < kept.share.value < kept.share.high
    assert kept.share.value == pytest.approx(309 / 480, abs=0.03)  # -91 of -400 to 80
    none = estimates.retention(one, "universal-0", "specialist@9", "specialist@9+search")
    assert "100 Elo" in none.excluded
    assert math.isnan(none.share.value)
    assert estimates.retention(one, "nobody", "specialist@9", "random").excluded == "not rated"
