"""Tables and page of a small study, whole and partial; the command line."""

import csv
import json
import math
import re

import pytest

from gyges.scenarios.cli import study as command
from gyges.scenarios.cli.main import main
from gyges.scenarios.executor import Executor
from gyges.scenarios.studies import profile as P
from gyges.scenarios.studies import registration
from gyges.scenarios.studies import rl_vs_sgd as study
from gyges.scenarios.studies.comparisons import Row
from gyges.scenarios.studies.ledger import Ledger
from gyges.scenarios.studies.profile import Cell
from gyges.scenarios.studies.report import fits

WANTED = ("none/none/random/none", "none/none/best-gold/none", "none/behaviour/cloning/none",
          "tail/none/best-proxy/none", "tail/behaviour/filtered/binary", "tail/behaviour/conditioned/binary",
          "tail/none/ppo/scalar", "tail/behaviour/ppo/binary")  # fmt: skip


@pytest.fixture(scope="module")
def folder(tiny, tmp_path_factory):
    """A folder in which a part of the tiny study has been run and published by the command."""
    out = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(P.PROFILES, "ci", tiny)
        only = tuple(f"tabular/{key}" for key in WANTED)
        assert command.run(command.Study(profile="ci", out=out, only=only)) == 0
        yield out


def test_the_page_is_self_contained_and_says_that_it_is_partial(folder, tiny):
    text = (folder / "page.html").read_text()
    assert "PARTIAL" in text
    assert f"{len(WANTED)} of {len(tiny.cells())} cells" in text
    assert registration.standing(tiny, folder) in text
    assert "<script" not in text
    assert not re.search(r"(?:src|href)=\"(?!#)", re.sub(r"xlink:href=\"#", "", text).replace('href="#', ""))
    assert text.count("<svg") >= 3
    assert "Content-Security-Policy" in text


def test_tables_hold_every_cell_under_every_rater(folder):
    lines = list(csv.DictReader((folder / "cells.csv").open()))
    both = sum(key.startswith("none/") for key in WANTED)
    assert len(lines) == len(WANTED) + both  # cells without a rater are measured by both
    for line in lines:
        if line["arm"] == "best-gold":
            assert float(line["ghat"]) == pytest.approx(1.0)
            assert line["js"] == ""  # NaN is shown as nothing, never as 0
        if line["arm"] == "random":
            assert abs(float(line["ghat"])) < 0.4
        if line["arm"] == "cloning":
            assert float(line["gap"]) == 0.0
        if line["arm"] == "conditioned":
            assert int(line["calls"]) >= 3600
    arms = list(csv.DictReader((folder / "arms.csv").open()))
    assert {"ghat", "ghat_low", "ghat_high", "frames", "calls", "planned"} <= set(arms[0])


def test_the_summary_names_registration_coverage_and_code(folder, tiny):
    found = json.loads((folder / "summary.json").read_text())
    assert found["registration"] == registration.standing(tiny, folder)
    assert found["coverage"] == {
        "modes": {"tabular": {"done": len(WANTED), "of": len(tiny.cells())}},
        "done": len(WANTED), "of": len(tiny.cells()), "complete": False,
    }  # fmt: skip
    assert len(found["codes"]) == 1
    assert len(found["codes"][0]) == len(study.code_hash()) == 16
    assert found["references"]["tabular/gold"]["gold_how"] == "exact"


def test_a_cell_made_again_by_the_printed_command_gives_the_same_numbers(folder, tiny, capsys):
    for key in ("tabular/tail/none/ppo/scalar/0", "tabular/tail/behaviour/conditioned/binary/0"):
        assert command.run(command.Study(profile="ci", out=folder, cell=key)) == 0
        assert "the same as the recorded figures" in capsys.readouterr().out


def test_figures_that_do_not_reproduce_are_found_out(folder, tiny, tmp_path, capsys):
    key = "tabular/tail/behaviour/filtered/binary/0"
    with Ledger(folder / study.RESULTS, study.meta(tiny, folder)) as ledger:
        recorded = next(r for r in ledger.results() if r.cell.key == key)
        forged = json.loads(json.dumps(recorded.result))
        forged["by"]["tail"]["gold"] += 1e-6
        ledger._db.execute("UPDATE results SET result = ? WHERE key = ?", (json.dumps(forged), key))
    try:
        assert command.run(command.Study(profile="ci", out=folder, cell=key)) == 1
        assert "DIFFERS" in capsys.readouterr().out
    finally:
        with Ledger(folder / study.RESULTS, study.meta(tiny, folder)) as ledger:
            ledger._db.execute(
                "UPDATE results SET result = ? WHERE key = ?", (json.dumps(recorded.result), key)
            )


def test_a_second_run_repeats_nothing(folder, tiny, capsys):
    with Ledger(folder / study.RESULTS, study.meta(tiny, folder)) as ledger:
        before = ledger._db.execute("SELECT key, finished FROM results").fetchall()
    only = tuple(f"tabular/{key}" for key in WANTED)
    for workers in (1, 2):
        assert command.run(command.Study(profile="ci", out=folder, only=only, workers=workers)) == 0
    with Ledger(folder / study.RESULTS, study.meta(tiny, folder)) as ledger:
        assert ledger._db.execute("SELECT key, finished FROM results").fetchall() == before


def test_cells_side_by_side_are_those_of_one_process(folder, tiny, tmp_path):
    only = ["tabular/none/none/random/none", "tabular/none/behaviour/cloning/none"]
    with Ledger(folder / study.RESULTS, study.meta(tiny, folder)) as ledger:
        recorded = {one.cell.key: study.comparable(one.result) for one in ledger.results()}
    registration.register(tiny, tmp_path)
    with Executor(2) as executor:
        study.side_by_side(tiny, tmp_path, only, executor)
    with Ledger(tmp_path / study.RESULTS, study.meta(tiny, tmp_path)) as ledger:
        found = {one.cell.key: study.comparable(one.result) for one in ledger.results()}
    assert len(found) == 2
    assert found == {key: recorded[key] for key in found}


@pytest.mark.parametrize(
    "arguments",
    [
        ["rl_vs_sgd", "--cell", "nonsense"],
        ["rl_vs_sgd", "--cell", "rich/tail/behaviour/conditioned/binary/0"],
        ["rl_vs_sgd", "--only", "rich"],
    ],
)
def test_bad_input_is_a_sentence(tmp_path, capsys, arguments):
    assert main(["study", *arguments, "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("gyges study: ")


def test_page_of_nothing(tmp_path, capsys):
    assert main(["study", "rl_vs_sgd", "--page", "--out", str(tmp_path)]) == 0
    assert "nothing is finished yet" in capsys.readouterr().out


def test_the_fit_of_overoptimisation_gives_a_known_curve_back():
    rows = []
    for seed in range(3):
        for k, kl in enumerate((0.5, 1.0, 4.0)):
            d = math.sqrt(kl)
            gain = d * (0.7 - 0.2 * math.log(d))
            arm = f"ppo-kl@{k + 1}"
            rows.append(row(Cell("tabular", "tail", "behaviour", arm, "scalar", seed), 0.1 + gain, kl))
        rows.append(row(Cell("tabular", "none", "behaviour", "cloning", "none", seed), 0.1, 0.0))
    (found,) = fits(rows)
    assert found["runs"] == 9
    assert found["alpha"] == pytest.approx(0.7)
    assert found["beta"] == pytest.approx(0.2)
    assert found["explained"] == pytest.approx(1.0)


def row(cell, ghat, kl):
    blank = {name: math.nan for name in Row._fields}
    return Row(**{**blank, "cell": cell, "rater": "tail", "ghat": ghat, "kl": kl})
