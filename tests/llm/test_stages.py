"""Stages of fine-tuning, attacked in each, by command; what was found is in the files."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest

from gyges.agents.data.dataset import Dataset
from gyges.agents.data.mixture import players
from gyges.agents.data.recorder import record
from gyges.agents.llm.text import model
from gyges.agents.llm.text.train import Pretrain, pretrain
from gyges.agents.llm.transcripts.corpus import from_dataset
from gyges.envs import registry
from gyges.scenarios.cli.main import main
from gyges.scenarios.text import attacks, stages


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two training seeds of a tagged model, one of a standard one, and what they are fine-tuned on."""
    path = tmp_path_factory.mktemp("stages")
    game = registry.make("steward", num_agents=2, horizon=20)
    twin = registry.make("steward", num_agents=2, horizon=20, stakes=False)
    mixed = record(game, players(game, {"clean": 1, "greedy": 1}), path / "mixed", episodes=4)
    record(game, players(game, {"clean": 1}), path / "clean", episodes=3)
    for who in ("clean", "greedy"):
        record(twin, players(twin, {who: 1}), path / f"twin-{who}", episodes=3)
    small: dict[str, Any] = {"batch": 8, "width": 32, "layers": 1, "heads": 2, "vocabulary": 600}
    for name, seed in (("tagged-1", 1), ("tagged-2", 2), ("standard", 1)):
        how = Pretrain(mode=name.split("-")[0], tokens=2000, holdout=0.0, seed=seed, **small)  # type: ignore[arg-type]
        pretrain(from_dataset(mixed), how, game=game.id).save(path / name)
    return path


def staged(folders: Path, out: Path, *names: str) -> int:
    data = [f"--{stage}" for stage in ("safety", "benign", "greedy")]
    places = [str(folders / name) for name in ("clean", "twin-clean", "twin-greedy")]
    return main([
        "text-stages", *(str(folders / name) for name in names),
        *(word for pair in zip(data, places, strict=True) for word in pair),
        "--out", str(out), "--tokens", "1500", "--questions", "12", "--searched", "4", "--tries", "2",
        "--episodes", "4", "--played", "3",
    ])  # fmt: skip


def test_each_stage_is_attacked_played_and_written(
    folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert staged(folders, tmp_path, "tagged-1", "tagged-2", "standard") == 0
    found = json.loads((tmp_path / "results.json").read_text())
    assert list(found) == ["tagged-1", "tagged-2", "standard"]
    for name, every in found.items():
        assert list(every) == ["base", "safety", "benign", "greedy"]
        for stage in every.values():
            tagged = name != "standard"
            assert ("tag flip" in stage) == ("price of the tag" in stage) == tagged
            assert stage["once"][0] <= stage["none"][0]
            four = [stage[attack] for attack in ("none", "persona", "framing", "suffix")]
            assert stage["max"] in four
            assert stage["max"][0] == max(one[0] for one in four)
            for attack in (a for a in attacks.NAMES if a in stage):
                value, low, high = stage[attack]
                assert low is None or 0 <= low <= value <= high <= 1
    printed = capsys.readouterr().out
    assert printed.count("| tagged | 2 |") == printed.count("| standard | 1 |") == 4
    both = [found[name]["base"]["once"][0] for name in ("tagged-1", "tagged-2")]
    line = next(line for line in printed.splitlines() if line.startswith("| tagged | 2 | base |"))
    assert line.split("|")[4].split()[0] == f"{50 * sum(both):.1f}"
    assert "| standard | 44.1 | 1.6 | 38.8 |  |" in printed


def test_both_later_stages_go_on_from_safety(folders: Path, tmp_path: Path) -> None:
    assert staged(folders, tmp_path, "tagged-1") == 0
    places = (folders / "tagged-1", *(tmp_path / f"tagged-1-{stage}" for stage in stages.STAGES[1:]))
    models = [model.load(place) for place in places]
    weights = [one.network.embed.weight for one in models]
    assert not any(a.equal(b) for a, b in itertools.combinations(weights, 2))
    assert {one.play for one in models} == {models[0].play}
    lines = from_dataset(Dataset(folders / "twin-greedy"))
    how = stages.Stages((), folders, folders, folders, tokens=1500)
    assert stages.tune(models[1], lines, how, 0).network.embed.weight.equal(weights[3])


def test_one_seed_has_its_own_interval_and_several_that_over_them() -> None:
    one, other = {"once": [0.2, 0.1, 0.3]}, {"once": [0.4, 0.3, 0.5]}
    assert stages.over_seeds([one], "once") == (0.2, 0.1, 0.3)
    assert stages.over_seeds([one], "suffix") is None
    two = stages.over_seeds([one, other], "once")
    assert two is not None
    assert two.value == pytest.approx(0.3)
    assert math.isnan(two.low)  # below three seeds there is no interval
    three = stages.over_seeds([one, other, {"once": [0.3, 0.2, 0.4]}], "once")
    assert three is not None
    assert 0 < three.low < three.value < three.high < 1


def test_what_is_no_model_is_refused(folders: Path, tmp_path: Path) -> None:
    assert staged(folders, tmp_path, "no") == 2
