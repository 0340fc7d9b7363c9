"""Policies compared pair by pair: one nonce for a panel, the same luck, paired differences."""

from __future__ import annotations

import csv
import io
import json
import math
import sqlite3

import numpy as np
import pytest

from gyges.envs import registry
from gyges.scenarios import statistics as st
from gyges.scenarios.cli.main import main
from gyges.scenarios.evaluation.evaluate import evaluate, evaluate_panel
from gyges.scenarios.evaluation.plan import commitment
from gyges.scenarios.evaluation.recompute import ask_again
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.evaluation.verify import verify
from gyges.scenarios.report import comparison
from gyges.scenarios.scenario import Scenario, register_scenario

registry.register("well-v0", "well.game:Well")
SEAT = Scenario(
    "well-pairs", "Seat", "One of three households.", "well-v0", {"num_agents": 3, "horizon": 10},
    episodes=16, mode="visitor", background={"clean": 0.5, "greedy": 0.5},
)  # fmt: skip
register_scenario(SEAT, "well-pairs-suite")
POLICIES = ("clean", "greedy", "random")


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    out = tmp_path_factory.mktemp("panel") / "r.db"
    return out, evaluate_panel(POLICIES, "well-pairs-suite", out, probes=0)


def test_one_nonce_serves_a_panel_and_is_revealed_after_the_last(panel, tmp_path, monkeypatch):
    out, runs = panel
    assert [run.policy for run in runs] == list(POLICIES)
    assert len({run.commitment for run in runs}) == 1
    assert all(commitment(run.nonce) == run.commitment for run in runs)
    assert len({run.finished for run in runs}) == 1
    with Store(out) as store:
        for run in runs:
            assert verify(store, run) == []
            assert ask_again(store, run) == ([], "")
    seen = []
    real = Store.finish

    def finish(self, *some):
        rows = self.db.execute("SELECT commitment, nonce FROM runs").fetchall()
        seen.append(rows)
        return real(self, *some)

    monkeypatch.setattr(Store, "finish", finish)
    evaluate_panel(POLICIES[:2], "well-pairs-suite", tmp_path / "s.db", probes=0)
    assert len(seen) == 1
    assert all(nonce is None for _, nonce in seen[0])  # while anything is still played


def test_a_panel_that_was_cut_off_goes_on_under_its_nonce(tmp_path, monkeypatch):
    from gyges.scenarios.evaluation import evaluate as module

    out, real, left = tmp_path / "r.db", module._side_by_side, [1]

    def once(*arguments):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        real(*arguments)

    monkeypatch.setattr(module, "_side_by_side", once)
    with pytest.raises(KeyboardInterrupt):
        evaluate_panel(POLICIES[:2], "well-pairs-suite", out, probes=0)
    monkeypatch.setattr(module, "_side_by_side", real)
    with Store(out) as store:
        (one, two) = store.runs()
        assert one.commitment == two.commitment != ""
        assert one.finished is two.finished is None
    alone = evaluate("clean", "well-pairs-suite", out, probes=0)  # has a nonce of its own
    assert alone.commitment != one.commitment
    runs = evaluate_panel(POLICIES[:2], "well-pairs-suite", out, probes=0)
    assert {run.commitment for run in runs} == {one.commitment}
    assert evaluate_panel(POLICIES[:2], "well-pairs-suite", out, probes=0) == runs
    other = evaluate_panel(POLICIES[:2], "well-pairs-suite", out, probes=0, again=True)
    assert other[0].commitment != one.commitment


def test_episodes_of_a_panel_have_the_same_luck(panel):
    out, runs = panel
    with Store(out) as store:
        first = [store.episode(run, SEAT.id, 3) for run in runs]
    assert len({(e.seed, e.row) for e in first}) == 1
    assert len({tuple(s.name for s in e.seats if not s.focal) for e in first}) == 1


def test_paired_differences_are_those_of_the_episodes(panel):
    out, runs = panel
    with Store(out) as store:
        found = comparison.compare(store, runs)
        returns = []
        for run in runs:
            focal = [SEAT.focal_seats(3, r.idx) for r in store.results(run)]
            returns.append([np.array(r.counts["returns"])[f].mean()
                            for r, f in zip(store.results(run), focal, strict=True)])  # fmt: skip
    one = next(d for d in found if (d.first, d.second, d.figure) == ("clean", "greedy", "return"))
    apart = np.array(returns[0]) - np.array(returns[1])
    assert one.pairs == 16
    assert one.group == "visitor"
    assert one.difference.value == pytest.approx(apart.mean())
    half = st.t_quantile(15) * apart.std(ddof=1) / 4 * (1 + st.SKEW / 16)
    assert one.difference.high - one.difference.value == pytest.approx(half)
    alone = st.estimate([st.of_values(returns[0], st.mean)])
    other = st.estimate([st.of_values(returns[1], st.mean)])
    unpaired = math.hypot(alone.high - alone.value, other.high - other.value)
    assert half < unpaired  # what common luck is for
    same = [d for d in found if d.figure == "return"]
    assert [d.holm for d in same] == pytest.approx(st.holm([d.p for d in same]))


def test_holm_by_hand():
    assert st.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert st.holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert math.isnan(st.holm([math.nan, 0.02])[0])
    assert st.holm([math.nan, 0.02])[1] == pytest.approx(0.02)


def test_p_is_where_the_interval_begins_to_hold_zero():
    rng = np.random.default_rng(4)
    values = rng.normal(1.0, 1.0, 9)
    strata = [st.of_values(values, st.mean)]
    e, p = st.estimate_and_p(strata)
    edge = st.estimate_and_p(strata, level=1 - p)[0]
    assert edge.low == pytest.approx(0.0, abs=1e-6)
    assert (p < 0.05) == (e.low > 0)


def test_the_command_prints_differences(tmp_path, capsys):
    words = [
        "--suite",
        "well-pairs-suite",
        "--out",
        str(tmp_path / "r.db"),
        "--probes",
        "0",
        "--episodes",
        "6",
    ]
    assert main(["compare", "clean", "greedy", *words]) == 0
    text = capsys.readouterr().out
    assert text.count("greedy") == 4  # four figures, one pair
    assert "(Holm)" in text
    assert main(["compare", "clean", *words]) == 2
    assert "two or more" in capsys.readouterr().err


def test_tables_for_machines_hold_every_figure(panel, tmp_path, capsys):
    out, _ = panel
    json_file, csv_file = tmp_path / "t.json", tmp_path / "t.csv"
    assert main(["leaderboard", str(out), "--json", str(json_file), "--csv", str(csv_file)]) == 0
    data = json.loads(json_file.read_text())
    assert data["schema"] == "gyges-leaderboard/1"
    lines = list(csv.DictReader(io.StringIO(csv_file.read_text())))
    for row in data["rows"]:
        for column in data["columns"]:
            where = (row["policy"], row["scenario"], column["key"])
            (line,) = [x for x in lines if (x["policy"], x["scenario"], x["figure"]) == where]
            value = row["metrics"][column["key"]]["value"]
            assert line["value"] == ("" if value is None else str(value))
    assert [x["scenario"] for x in lines if x["figure"] == "price"] == [s["scenario"] for s in data["seats"]]


def test_a_results_file_without_panels_still_opens(tmp_path):
    out = tmp_path / "r.db"
    evaluate("clean", "well-pairs-suite", out, probes=0, episodes=2)
    with sqlite3.connect(out) as db:
        assert json.loads(db.execute("SELECT options FROM runs").fetchone()[0]).get("panel") is None
