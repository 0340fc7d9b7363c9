"""Three stages of fine-tuning, attacked in each, by command; what was found is in the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gyges.agents.data.mixture import players
from gyges.agents.data.recorder import record
from gyges.agents.llm.text import model
from gyges.agents.llm.text.train import Pretrain, pretrain
from gyges.agents.llm.transcripts.corpus import from_dataset
from gyges.envs import registry
from gyges.scenarios.cli.main import main
from gyges.scenarios.text import attacks


def test_each_stage_is_attacked_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    game = registry.make("steward-v0", num_agents=2, horizon=20)
    twin = registry.make("steward-v0", num_agents=2, horizon=20, stakes=False)
    mixed = record(game, players(game, {"clean": 1, "greedy": 1}), tmp_path / "mixed", episodes=4)
    record(game, players(game, {"clean": 1}), tmp_path / "clean", episodes=3)
    record(twin, players(twin, {"greedy": 1}), tmp_path / "twin", episodes=3)
    how = Pretrain(tokens=2000, batch=8, width=32, layers=1, heads=2, vocabulary=600, holdout=0.0)
    base = pretrain(from_dataset(mixed), how, game=game.id)
    base.save(tmp_path / "tagged")
    data = ["--safety", str(tmp_path / "clean"), "--benign", str(tmp_path / "twin")]
    assert main([
        "text-stages", str(tmp_path / "tagged"), *data,
        "--out", str(tmp_path / "out"), "--tokens", "1500", "--questions", "12", "--searched", "4",
        "--tries", "2", "--episodes", "4",
    ]) == 0  # fmt: skip
    found = json.loads((tmp_path / "out" / "results.json").read_text())["tagged"]
    assert list(found) == ["base", "safety", "benign"]
    for stage in found.values():
        assert set(attacks.NAMES) <= set(stage)
        assert stage["once"][0] <= stage["none"][0]
        assert all(0 <= stage[name][1] <= stage[name][0] <= stage[name][2] <= 1 for name in attacks.NAMES)
    assert capsys.readouterr().out.count("| tagged |") == 3
    weights = [model.load(tmp_path / p).network.embed.weight for p in ("tagged", "out/tagged-safety")]
    assert not weights[0].equal(weights[1])
    assert weights[0].equal(base.network.embed.weight)
    assert model.load(tmp_path / "out" / "tagged-benign").play == base.play
    assert main(["text-stages", str(tmp_path / "no"), *data]) == 2
