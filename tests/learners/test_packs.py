"""Datasets and checkpoints as folders to publish."""

import hashlib

import numpy as np
import pytest

from gyges.agents.data.dataset import Dataset
from gyges.agents.load import resolve
from gyges.envs.choice_point import LEDGER
from gyges.envs.registry import make
from gyges.scenarios import packs
from gyges.scenarios.cli.main import main
from gyges.scenarios.cli.pack import Pack


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "recorded"
    assert main(["record", "tabular-visitor", "--out", str(folder), "--decisions", "400"]) == 0
    return folder


def front(text):
    """The lines of a card's head."""
    return text.split("---\n")[1].splitlines()


def sums(folder):
    for line in (folder / packs.SUMS).read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        yield name


def test_a_packed_dataset_holds_every_decision_with_its_truth(recorded, tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(packs, "SHARD", 300)
    monkeypatch.setattr(packs, "CHUNK", 128)
    out = tmp_path / "out"
    assert main(["pack", str(recorded), "--out", str(out), "--license", "cc-by-4.0"]) == 0
    data, files = Dataset(recorded), sorted((out / "data").iterdir())
    assert len(files) == -(-len(data) // 300)
    tables = [parquet.read_table(path) for path in files]
    rows = {name: [x for table in tables for x in table[name].to_pylist()] for name in packs.COLUMNS}
    assert list(rows) == tables[0].column_names
    assert rows["action"] == np.asarray(data.steps.action).tolist()
    assert rows["observation"] == np.asarray(data.steps.codes).tolist()
    assert rows["label"] == np.asarray(data.steps.ledger)[:, LEDGER.label].tolist()
    assert rows["watched"] == (np.asarray(data.steps.ledger)[:, LEDGER.watched] != 0).tolist()
    assert sum(rows["reward"]) == pytest.approx(np.asarray(data.steps.reward).sum() / data.reward_scale)
    for action, legal in zip(rows["action"], rows["legal"], strict=True):
        assert action in legal
    assert set(rows["played_by"]) == {part.name for part in data.parts}
    assert set(sums(out)) == {f"data/{path.name}" for path in files}
    card = (out / "README.md").read_text()
    assert 'license: "cc-by-4.0"' in front(card)
    for words in (data.rules, "tabular_steward-v1", *(f"`{name}`" for name in packs.COLUMNS)):
        assert words in card


def test_a_packed_checkpoint_is_still_one(tmp_path):
    run, out = tmp_path / "run", tmp_path / "out"
    words = [
        "train",
        "ppo",
        "--scenario",
        "tabular-visitor",
        "--frames",
        "96",
        "--rows",
        "4",
        "--steps",
        "24",
    ]
    assert main([*words, "--steps", "24", "--threads", "1", "--quiet", "--out", str(run)]) == 0
    assert main(["pack", str(run), "--out", str(out), "--license", "mit", "--title", "A first try"]) == 0
    game = make("tabular_steward-v1")
    assert resolve(str(out), game).hash == resolve(str(run), game).hash
    assert "curves.jsonl" not in {path.name for path in out.iterdir()}
    assert set(sums(out)) == {path.name for path in out.iterdir()} - {packs.CARD, packs.SUMS}
    card = (out / "README.md").read_text()
    assert "# A first try" in card
    assert "gyges train ppo" in card


def test_a_stranger_s_names_do_not_become_fields_of_the_card():
    text = packs._yaml({"license": 'mit"\nevil: 1', "tags": ["a\n- b"]})
    assert len(text.splitlines()) == 3
    assert '\\"' in text


def test_what_is_neither_and_a_folder_that_exists_are_refused(recorded, tmp_path, capsys):
    assert main(["pack", str(tmp_path), "--out", str(tmp_path / "out"), "--license", "mit"]) == 2
    assert "neither a dataset" in capsys.readouterr().err
    assert main(["pack", str(recorded), "--out", str(tmp_path), "--license", "mit"]) == 2
    assert "exists; name a new folder" in capsys.readouterr().err
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "checkpoint.json").write_text("{}")
    assert main(["pack", str(tmp_path / "bad"), "--out", str(tmp_path / "out"), "--license", "mit"]) == 2
    assert not list(tmp_path.glob("out*"))
    assert Pack.__doc__
