"""Datasets and checkpoints as folders to publish."""

import hashlib
import shutil

import numpy as np
import pytest

from gyges.agents.data.dataset import Dataset
from gyges.agents.load import resolve
from gyges.envs.choice_point import LEDGER
from gyges.envs.errors import DataError, FileError
from gyges.envs.registry import make
from gyges.scenarios import packs, unpack
from gyges.scenarios.cli.main import main
from gyges.scenarios.cli.pack import Pack
from gyges.scenarios.mixtures import mixture, record_scenario
from gyges.scenarios.scenario import scenario


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
    others = {"dataset.json", "episodes/train-00000-of-00001.parquet"}
    assert set(sums(out)) == {f"data/{path.name}" for path in files} | others
    card = (out / "README.md").read_text()
    assert 'license: "cc-by-4.0"' in front(card)
    for words in (data.rules, "tabular_steward-v1", *(f"`{name}`" for name in packs.COLUMNS)):
        assert words in card


@pytest.fixture(scope="module")
def packed(recorded, tmp_path_factory):
    pytest.importorskip("pyarrow")
    out = tmp_path_factory.mktemp("packed") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs, "SHARD", 300)
        patch.setattr(packs, "CHUNK", 128)
        assert main(["pack", str(recorded), "--out", str(out), "--license", "mit"]) == 0
    return out


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_packed_dataset_is_read_back_byte_for_byte_and_learnt_from(recorded, packed, tmp_path):
    assert main(["unpack", str(packed), "--out", str(tmp_path / "again")]) == 0
    assert files_of(tmp_path / "again") == files_of(recorded)
    words = ["--steps", "3", "--batch", "32", "--quiet", "--no-tensorboard"]
    for name, source in (("one", recorded), ("two", packed)):
        out = str(tmp_path / name)
        assert main(["train", "cloning", "--dataset", str(source), "--out", out, *words]) == 0
    one, two = ({p.name for p in (tmp_path / name).glob("network-*")} for name in ("one", "two"))
    assert one == two  # their names are the hashes of the weights
    assert unpack.dataset(packed).path.exists()
    lines = tmp_path / "lines.jsonl"
    assert main(["transcribe", str(packed), "--compact", "--most", "40", "--out", str(lines)]) == 0
    assert len(lines.read_text().splitlines()) > 1


def test_a_dataset_without_truth_is_read_back_too(tmp_path):
    pytest.importorskip("pyarrow")
    record_scenario(scenario("tabular-visitor"), mixture("thin"), tmp_path / "data", episodes=9, labels="off")
    packs.pack(tmp_path / "data", tmp_path / "packed", "No truth", "mit")
    unpack.unpack(tmp_path / "packed", tmp_path / "again")
    assert files_of(tmp_path / "again") == files_of(tmp_path / "data")


def rehashed(folder, change):
    """Change a packed dataset's table of decisions, and its hash with it."""
    import pyarrow.parquet as parquet

    path = sorted((folder / "data").iterdir())[0]
    parquet.write_table(change(parquet.read_table(path)), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    lines = (folder / packs.SUMS).read_text().splitlines()
    new = [f"{digest}  data/{path.name}" if path.name in line and "data/" in line else line for line in lines]
    (folder / packs.SUMS).write_text("\n".join(new) + "\n")


def column(name, values):
    """A change of one column."""
    import pyarrow as pa

    def change(table):
        held = pa.array(values(table[name].to_pylist()))
        return table.set_column(table.column_names.index(name), name, held)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop_columns(["action"]), "not as gyges packs them"),
        (lambda table: table.slice(3), "its manifest promises"),
        (column("action", lambda old: [10**10] * len(old)), "does not fit"),
        (column("action", lambda old: ["all"] * len(old)), "expected whole numbers"),
        (column("reward", lambda old: [0.1234567] * len(old)), "expected multiples"),
        (column("legal", lambda old: [[10**6]] * len(old)), "expected actions from 0"),
        (column("observation", lambda old: [[1, 2]] * len(old)), "numbers a row"),
        (column("tick", lambda old: [None] * len(old)), "expected whole numbers"),
    ],
)
def test_columns_that_are_not_as_they_were_packed_are_refused(change, said, packed, tmp_path):
    shutil.copytree(packed, tmp_path / "in")
    rehashed(tmp_path / "in", change)
    with pytest.raises(DataError, match=said):
        unpack.unpack(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_files_that_are_not_those_of_the_hashes_are_refused(packed, tmp_path):
    def refused(said):
        with pytest.raises(FileError, match=said):
            unpack.unpack(tmp_path / "in", tmp_path / "out")
        assert not (tmp_path / "out").exists()

    shutil.copytree(packed, tmp_path / "in")
    one = sorted((tmp_path / "in" / "data").iterdir())[0]
    whole, list_of = one.read_bytes(), (tmp_path / "in" / packs.SUMS).read_text()
    one.write_bytes(whole[:-1] + b"x")
    refused("SHA-256")
    one.unlink()
    refused("expected a regular file")
    one.write_bytes(whole)
    (tmp_path / "in" / packs.SUMS).write_text(list_of.replace("data/train", "../data/train"))
    refused("expected a hash and a file")
    (tmp_path / "in" / packs.SUMS).write_text("".join(list_of.splitlines(True)[:-4]))
    refused("names no dataset.json|where SHA256SUMS")
    with pytest.raises(FileError, match=r"manifest.json"):
        unpack.dataset(tmp_path)


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
