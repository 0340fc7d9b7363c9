"""Episode files: what is saved comes back, replays reproduce, and nothing else passes for an episode."""

import dataclasses
import json

import numpy as np
import pytest
from wells import VISITOR

from gyges.agents.load import build
from gyges.envs.episode import MAX_BYTES, Episode, Forfeit, Word
from gyges.envs.errors import FileError
from gyges.scenarios.evaluation.plan import plan
from gyges.scenarios.evaluation.play import play_chunk


@pytest.fixture(scope="module")
def episode():
    ready = plan("gyges", [VISITOR])[0]
    personas = {name: build(source, ready.game) for name, source in ready.sources.items()}
    found = play_chunk(ready, build(ready.source, ready.game), personas, "00" * 16, 3, 4)[1].episode
    return dataclasses.replace(found, words=(Word(1, 0, "good day, neighbour ✓"),), forfeits=())


def test_saved_is_loaded(episode, tmp_path):
    path = episode.save(tmp_path / "deep" / "one.episode.json")
    again = Episode.load(path)
    assert again == episode
    assert again.row == 4
    assert again.actions.dtype == np.int32
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_replay_reproduces(episode):
    seen = list(episode.replay())
    assert [t for _, t, _ in seen] == list(range(episode.steps + 1))
    assert seen[-1][2] is None
    batch = seen[-1][0]
    assert batch.over[0]
    assert batch.state_hash(0) == episode.hashes[-1].hash


def changed(episode, **parts):
    data = json.loads(episode.to_json())
    data.update(parts)
    return json.dumps(data)


def test_another_action_is_noticed(episode):
    actions = episode.actions.copy()
    actions[2, 0] = 1 + (actions[2, 0] % 4)
    with pytest.raises(FileError, match="not the recorded one"):
        list(dataclasses.replace(episode, actions=actions).replay())


def test_illegal_actions_other_rules_and_other_games_are_named(episode):
    actions = episode.actions.copy()
    actions[1, 1] = 77
    with pytest.raises(FileError, match=r"step 1.*not legal"):
        list(dataclasses.replace(episode, actions=actions).replay())
    with pytest.raises(FileError, match="recorded under rules ffff"):
        list(dataclasses.replace(episode, rules="f" * 64).replay())
    with pytest.raises(FileError, match="no game"):
        list(dataclasses.replace(episode, game="chess-v9").replay())
    with pytest.raises(FileError, match="horizon"):
        list(dataclasses.replace(episode, settings={"horizon": -1}).replay())
    longer = np.concatenate([episode.actions, episode.actions * 0])
    with pytest.raises(FileError, match="over after 8 steps"):
        list(dataclasses.replace(episode, actions=longer, hashes=()).replay())
    with pytest.raises(FileError, match="seats"):
        list(dataclasses.replace(episode, settings={"num_agents": 7}).replay())


def test_every_truncation_is_refused(episode):
    text = episode.to_json().encode()
    for cut in range(0, len(text), 7):
        with pytest.raises(FileError):
            Episode.from_json(text[:cut])


HOSTILE = {
    "not json": b"\x00\x01\x02",
    "not utf-8": b'{"format": "\xff"}',
    "a list": b"[]",
    "nothing": b"",
    "deep": b"[" * 200_000,
    "deep object": b'{"a":' * 100_000,
    "huge integer": b'{"format": ' + b"9" * 10_000 + b"}",
    "another format": b'{"format": 2}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_by_name(name, tmp_path):
    path = tmp_path / "x.episode.json"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(FileError, match=r"x\.episode\.json"):
        Episode.load(path)
    assert [p.name for p in tmp_path.iterdir()] == ["x.episode.json"]


WRONG = [
    ("actions", [[1, 2]], "actions"),
    ("actions", [[True] * 5], "actions"),
    ("actions", [[1.5] * 5], "actions"),
    ("actions", [[2**31] * 5], "actions"),
    ("actions", "1" * 50, "actions"),
    ("actions", {"0": 1}, "actions"),
    ("seats", [], "seats"),
    ("seats", [{"name": "a"}] * 5, "focal"),
    ("seats", [{"name": "a", "focal": 1, "source": "", "hash": ""}] * 5, "focal"),
    ("seats", [{"name": "a", "focal": True, "source": "", "hash": "", "key": 1}] * 5, "unknown field `key`"),
    ("seed", True, "seed"),
    ("seed", 1 << 70, "seed"),
    ("row", -1, "row"),
    ("settings", {"horizon": [1]}, "settings"),
    ("settings", {"horizon": 1 << 80}, "settings"),
    ("settings", [], "settings"),
    ("words", [[0, 9, "x"]], "outside"),
    ("words", [[0, 0, "x" * 70_000]], "words"),
    ("words", [[0, 0, 1]], "words"),
    ("forfeits", [[99, 0, "x"]], "outside"),
    ("hashes", [["0", "x"]], "hashes"),
    ("rules", None, "rules"),
    ("game", "x" * 1000, "game"),
    ("extra", 1, "unknown part 'extra'"),
]


@pytest.mark.parametrize(("part", "value", "named"), WRONG)
def test_wrong_parts_are_named(episode, part, value, named):
    with pytest.raises(FileError, match=named):
        Episode.from_json(changed(episode, **{part: value}))


def test_every_part_is_needed(episode):
    data = json.loads(episode.to_json())
    for part in data:
        with pytest.raises(FileError, match="missing"):
            Episode.from_json(json.dumps({k: v for k, v in data.items() if k != part}))


def test_not_a_number_and_repeated_keys_are_refused(episode):
    text = episode.to_json()
    for hostile in (text.replace('"ring":0.5', '"ring":NaN'), text.replace("{", '{"format":1,', 1)):
        assert hostile != text
        with pytest.raises(FileError):
            Episode.from_json(hostile)


def test_oversized_is_refused_unread(tmp_path, episode):
    path = tmp_path / "x.episode.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(FileError, match="bytes"):
        Episode.load(path)
    words = tuple(Word(0, 0, "x" * 60_000) for _ in range(600))
    with pytest.raises(FileError, match="bytes"):
        dataclasses.replace(episode, words=words).save(tmp_path / "y.episode.json")
    assert not (tmp_path / "y.episode.json").exists()
    with pytest.raises(FileError, match="cannot be read"):
        Episode.load(tmp_path)


def test_parts_must_fit(episode):
    with pytest.raises(FileError):
        dataclasses.replace(episode, actions=episode.actions.astype(np.int64))
    with pytest.raises(FileError):
        dataclasses.replace(episode, actions=episode.actions[:, :3])
    with pytest.raises(FileError):
        dataclasses.replace(episode, forfeits=(Forfeit(0, 9, "x"),))
