"""Checkpoint folders: exact, whole or not at all, and deaf to what hostile files say."""

from __future__ import annotations

import errno
import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from well.game import Well

from gyges.agents.load import load
from gyges.agents.nn import checkpoint, pytree, tensor_files
from gyges.agents.nn.networks import ActorCritic, NetworkPolicy
from gyges.envs.batch import Batch
from gyges.envs.errors import FileError, PolicyError
from gyges.envs.rollout import play

GAME = Well()
RAN = "GYGES_TEST_PAYLOAD_RAN"


class Payload:
    """Sets a variable when unpickled."""

    def __reduce__(self) -> Any:
        return os.putenv, (RAN, "1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good checkpoint with training state."""
    network = ActorCritic.for_game(GAME, hidden=(8, 8), condition_tokens=2, seed=5)
    card = checkpoint.Card(network.spec, "ppo", GAME.id, GAME.settings, condition=1, about={"frames": 7})
    checkpoint.save(tmp_path / "run", network, card, {"rows": np.arange(6, dtype=np.int32)})
    return tmp_path / "run"


def card_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / checkpoint.FILE).read_text())  # type: ignore[no-any-return]


def weights_of(folder: Path) -> Path:
    return folder / str(card_of(folder)["files"]["network"]["name"])


def replace_weights(folder: Path, data: bytes) -> None:
    """Put other bytes in the place of the weights, with a card that vouches for them."""
    weights_of(folder).unlink()
    digest = tensor_files.digest(data)
    name = f"network-{digest[:16]}.safetensors"
    (folder / name).write_bytes(data)
    card = card_of(folder)
    card["files"]["network"] = {"name": name, "bytes": len(data), "sha256": digest}
    (folder / checkpoint.FILE).write_text(json.dumps(card))


def forged(header: Any, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def test_what_is_saved_comes_back(folder: Path) -> None:
    network, card, training = checkpoint.load_training(folder)
    fresh = ActorCritic.for_game(GAME, hidden=(8, 8), condition_tokens=2, seed=5)
    for a, b in zip(network.parameters(), fresh.parameters(), strict=True):
        assert torch.equal(a, b)
    assert (card.algorithm, card.game, card.condition, card.about) == ("ppo", "well-v0", 1, {"frames": 7})
    assert training["rows"].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_folder_plays_as_the_network_did(folder: Path) -> None:
    network, card = checkpoint.load_network(folder)
    results = [
        play(Batch(GAME, 8, seed=3, threads=1), [policy] * 3, seed=4)["returns"]
        for policy in (
            NetworkPolicy(network, card.condition),
            checkpoint.load_policy(folder),
            load(str(folder), GAME),
        )
    ]
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_another_game_is_refused(folder: Path) -> None:
    class Deep(Well):  # type: ignore[misc]
        observation_shape = (9,)

    with pytest.raises(PolicyError, match="takes observations"):
        checkpoint.load_policy(folder, Deep())


def test_old_weights_go_when_new_ones_stand(folder: Path) -> None:
    before = weights_of(folder)
    checkpoint.save(folder, ActorCritic.for_game(GAME, hidden=(8, 8), seed=6))
    assert not before.exists()
    assert sorted(p.name for p in folder.iterdir()) == sorted([checkpoint.FILE, weights_of(folder).name])
    with pytest.raises(FileError, match="cannot be resumed"):
        checkpoint.load_training(folder)


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_full_disk_leaves_the_old_checkpoint_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    before, calls = checkpoint.load_network(folder)[0], []
    real = os.fsync

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) > failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left"):
        checkpoint.save(
            folder, ActorCritic.for_game(GAME, hidden=(8, 8), condition_tokens=2, seed=9), None, {}
        )
    after = checkpoint.load_training(folder)[0]
    assert all(torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters(), strict=True))
    assert not list(folder.glob(".*"))


def test_every_truncation_is_found_out(folder: Path) -> None:
    for path in (folder / checkpoint.FILE, weights_of(folder)):
        whole = path.read_bytes()
        for length in (0, 1, 7, 8, 9, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:length])
            with pytest.raises(FileError):
                checkpoint.load_policy(folder)
        path.write_bytes(whole)
    checkpoint.load_policy(folder)


def test_every_flipped_byte_of_the_weights_is_found_out(folder: Path) -> None:
    path = weights_of(folder)
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(FileError, match="truncated or changed"):
            checkpoint.load_policy(folder)


def good_header(folder: Path) -> tuple[dict[str, Any], bytes]:
    data = weights_of(folder).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def _torch_zip(folder: Path) -> bytes:
    path = folder.parent / "x.pt"
    torch.save({"x": Payload()}, path)
    return path.read_bytes()


def _with(folder: Path, **changes: Any) -> bytes:
    header, body = good_header(folder)
    first = next(iter(header))
    header[first].update(changes)
    return forged(header, body)


def _nan(folder: Path) -> bytes:
    header, body = good_header(folder)
    return forged(header, struct.pack("<f", float("nan")) + body[4:])


def _missing(folder: Path) -> bytes:
    header, body = good_header(folder)
    last = max(header, key=lambda name: header[name]["data_offsets"][0])
    span = header.pop(last)["data_offsets"]
    return forged(header, body[: span[0]])


def _extra(folder: Path) -> bytes:
    header, body = good_header(folder)
    header["extra"] = {"dtype": "U8", "shape": [4], "data_offsets": [len(body), len(body) + 4]}
    return forged(header, body + b"abcd")


PAYLOADS: dict[str, Callable[[Path], bytes]] = {
    "pickle": lambda _: pickle.dumps(Payload()),
    "torch file": _torch_zip,
    "no bytes": lambda _: b"",
    "endless header": lambda _: struct.pack("<Q", 1 << 62) + b"{}",
    "header that is no JSON": lambda _: forged(b"\xff\xfe{"),
    "header of deep lists": lambda _: forged(b"[" * 200_000),
    "array larger than the file": lambda _: forged(
        {"w": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}}
    ),
    "sizes that overflow": lambda f: _with(f, shape=[1 << 63, 1 << 63]),
    "negative size": lambda f: _with(f, shape=[-1, -8]),
    "other shape": lambda f: _with(f, shape=[2, 3, 1]),
    "other type": lambda f: _with(f, dtype="I32"),
    "unknown type": lambda f: _with(f, dtype="OBJECT"),
    "overlapping arrays": lambda f: _with(f, data_offsets=[4, 8]),
    "missing array": _missing,
    "extra array": _extra,
    "trailing bytes": lambda f: weights_of(f).read_bytes() + b"0",
    "metadata": lambda f: forged({"__metadata__": {"x": "y"}, **good_header(f)[0]}, good_header(f)[1]),
    "not a number": _nan,
}


@pytest.mark.parametrize("kind", PAYLOADS)
def test_hostile_weights(folder: Path, kind: str) -> None:
    data = PAYLOADS[kind](folder)
    replace_weights(folder, data)
    with pytest.raises(FileError):
        checkpoint.load_policy(folder, GAME)
    assert os.environ.get(RAN) is None


CARDS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "huge layout": lambda c: c["layout"].update(hidden=[1 << 14] * 16),
    "huger layout": lambda c: c["layout"].update(hidden=[1 << 60]),
    "layout of text": lambda c: c["layout"].update(num_actions="5"),
    "layout with an unknown part": lambda c: c["layout"].update(code="import os"),
    "layout with a part missing": lambda c: c["layout"].pop("window"),
    "trunk that is a module": lambda c: c["layout"].update(trunk="os:system"),
    "path out of the folder": lambda c: c["files"]["network"].update(name="../../etc/passwd"),
    "absolute path": lambda c: c["files"]["network"].update(name="/etc/passwd"),
    "no files": lambda c: c.update(files={}),
    "files of another kind": lambda c: c["files"].update(pickle=c["files"]["network"]),
    "negative size": lambda c: c["files"]["network"].update(bytes=-1),
    "other format": lambda c: c.update(format="pickle"),
    "later version": lambda c: c.update(version=2),
    "unknown part": lambda c: c.update(run="rm"),
    "no such token": lambda c: c.update(condition=2),
    "token that is no number": lambda c: c.update(condition="good"),
    "settings that nest": lambda c: c.update(settings={"a": {"b": 1}}),
    "greedy in words": lambda c: c.update(greedy="yes"),
}


@pytest.mark.parametrize("kind", CARDS)
def test_hostile_cards(folder: Path, kind: str) -> None:
    card = card_of(folder)
    CARDS[kind](card)
    (folder / checkpoint.FILE).write_text(json.dumps(card))
    with pytest.raises((FileError, PolicyError)):
        checkpoint.load_policy(folder, GAME)


def test_layouts_are_refused_before_memory_is_taken(folder: Path) -> None:
    card = card_of(folder)
    card["layout"]["hidden"] = [1 << 13, 1 << 13]  # 300 MB: allowed, but not what the file holds
    (folder / checkpoint.FILE).write_text(json.dumps(card))
    made = []
    real = ActorCritic.initialise
    try:
        ActorCritic.initialise = lambda self, seed: made.append(seed)  # type: ignore[method-assign]
        with pytest.raises(FileError):
            checkpoint.load_policy(folder, GAME)
    finally:
        ActorCritic.initialise = real  # type: ignore[method-assign]
    assert not made


def test_missing_folders_and_files(folder: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        checkpoint.load_policy(folder / "nothing")
    weights_of(folder).unlink()
    with pytest.raises(FileError, match="no such file"):
        checkpoint.load_policy(folder)


def test_trees_of_arrays_return() -> None:
    tree = {"a": [None, np.arange(3)], "b": (np.float64(2.5), {"c": torch.ones(2, 2)}), "d": []}
    arrays, plan = pytree.flatten(tree)
    plan = json.loads(json.dumps(plan))
    back = pytree.restore(plan, tensor_files.unpack(tensor_files.pack(arrays), "here"), tree, "here")
    assert back["a"][0] is None
    assert back["a"][1].tolist() == [0, 1, 2]
    assert isinstance(back["b"], tuple)
    assert back["b"][0] == 2.5
    assert back["b"][1]["c"].tolist() == [[1, 1], [1, 1]]
    assert back["d"] == []
    with pytest.raises(FileError, match="cannot be saved"):
        pytree.flatten({"a": object()})
    with pytest.raises(FileError, match="expected shape"):
        pytree.restore(plan, arrays, {**tree, "a": [None, np.arange(4)]}, "here")
    plans: list[Any] = [7, {"list": 3}, {"keys": ["a"], "parts": []}, "nothing", {"list": [], "tuple": []}]
    for wrong in plans:
        with pytest.raises(FileError):
            pytree.restore(wrong, arrays, None, "here")
