"""What is registered before data cannot change after it; stored verdicts follow from stored cells."""

import dataclasses
import json
from pathlib import Path

import pytest

from gyges.envs.errors import FileError
from gyges.scenarios.cli.main import main
from gyges.scenarios.studies import registration, restate
from gyges.scenarios.studies import rl_vs_sgd as study
from gyges.scenarios.studies.ledger import Ledger
from gyges.scenarios.studies.profile import expert_share, profile

DOCS = Path(__file__).parents[2] / "docs" / "study"


def test_one_hash_covers_predictions_verdict_code_profile_and_budgets(tiny, tmp_path):
    told = registration.register(tiny, tmp_path)
    held = json.loads((tmp_path / registration.NAME).read_text())
    assert held["hash"] == told == registration.digest(held["registered"])
    assert set(held["registered"]["verdict code"]) >= {"verdicts.py", "comparisons.py", "statistics.py"}
    budget = held["registered"]["budgets"]["tabular"]
    assert budget["gradient samples"] == budget["decisions"] * 3
    assert registration.register(tiny, tmp_path) == told == registration.standing(tiny, tmp_path)
    assert study.meta(tiny, tmp_path)["registration"] == told


@pytest.mark.parametrize("changed", ["profile", "predictions", "verdict code"])
def test_whatever_changes_afterwards_is_named_and_refused(tiny, tmp_path, monkeypatch, changed):
    registration.register(tiny, tmp_path)
    plan = tiny
    if changed == "profile":
        plan = dataclasses.replace(tiny, quantile=0.9)
    else:
        other = tmp_path / "other.py"
        other.write_text("another rule")
        if changed == "predictions":
            real = registration.facts
            monkeypatch.setattr(registration, "facts", lambda one: real(one, other))
        else:
            monkeypatch.setattr(registration, "JUDGES", (*registration.JUDGES[1:], other))
    with pytest.raises(FileError, match=f"{changed} changed since"):
        study.meta(plan, tmp_path)


def test_nothing_is_registered_after_data(tiny, tmp_path):
    with Ledger(tmp_path / study.RESULTS, {"study": "s"}):
        pass
    with pytest.raises(FileError, match="after data"):
        registration.register(tiny, tmp_path)
    with pytest.raises(FileError, match="comes first"):
        study.meta(tiny, tmp_path)


def test_a_registration_that_was_edited_is_refused(tiny, tmp_path):
    registration.register(tiny, tmp_path)
    path = tmp_path / registration.NAME
    path.write_text(path.read_text().replace('"tuning trials": 0', '"tuning trials": 9'))
    with pytest.raises(FileError, match="not what its hash says"):
        registration.standing(tiny, tmp_path)
    path.write_text("[]")
    with pytest.raises(FileError, match="not a registration"):
        registration.standing(tiny, tmp_path)


def test_the_command_registers(tmp_path, capsys):
    assert main(["study", "register", "--profile", "sweep", "--out", str(tmp_path)]) == 0
    assert registration.standing(profile("sweep"), tmp_path) in capsys.readouterr().out


@pytest.mark.parametrize("folder", [DOCS, DOCS / "long"])
def test_stored_verdicts_follow_from_stored_cells(folder):
    found = restate.stored(folder)
    assert found["verdicts"] == json.loads((folder / "summary.json").read_text())["verdicts"]
    text = (folder / "page.html").read_text()
    assert text.index("Decided by valid intervals") < text.index("<h2")
    assert text.index("<svg") < text.index("<h2")
    assert "What this design cannot say" in text


def test_few_seeds_decide_nothing_in_the_stored_tables():
    """Two seeds give no interval: every prediction of the rich game is open, as are the two that were not."""
    small, long = ({(v["id"], v["mode"]): v["verdict"] for v in restate.stored(f)["verdicts"]}
                   for f in (DOCS, DOCS / "long"))  # fmt: skip
    assert long["L2", "rich"] == small["H3", "rich"] == "open"
    rich = {v for (_, mode), v in (*small.items(), *long.items()) if mode == "rich"}
    assert rich == {"open", "not tested", "not enough data"}  # H1 lacks how far conducts are apart


def test_the_sweep_is_of_curves():
    plan = profile("sweep")
    shares = [expert_share(kind) for kind in plan.mode("tabular").data]
    assert shares == [0.0, 0.2, 0.5, 1.0]
    labels = {cell.label for cell in plan.cells() if cell.arm == "conditioned"}
    assert labels >= {"binary", "binary@0.9", "binary@0.97"}
    assert sum(arm.startswith("ppo-kl@") for arm in plan.arms) >= 4
    assert min(plan.seeds.values()) >= 8
