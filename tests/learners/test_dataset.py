"""Recording and reading: what is on disk is what was played, and nothing else is read."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import recorded

from gyges.agents.data import dataset as D
from gyges.agents.data import recorder as R
from gyges.agents.data.column_files import HEADER
from gyges.agents.data.minibatches import Minibatches
from gyges.agents.data.mixture import Player, assign, players
from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER, headline, severity
from gyges.envs.errors import ConfigError, DataError, FileError, UnknownNameError
from gyges.envs.policy import Decision, RandomPolicy
from gyges.envs.rollout import Seating
from gyges.scenarios.cli.main import main


@pytest.fixture(scope="module")
def data():
    return D.Dataset(recorded.folder())


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(recorded.folder(), tmp_path / "copy")
    return tmp_path / "copy"


def test_replay_of_one_episode_gives_what_was_recorded(data):
    """Every column of one clean-played and one noisy episode, against the batch played again by hand."""
    for part in (0, 1):
        row = int(data.episodes.row[np.flatnonzero(data.episodes.part == part)[3]])
        mine = players(recorded.well(), recorded.MIX)[part]
        policy = R.Noisy(mine.policy, mine.noise) if mine.noise else mine.policy
        batch = Batch(recorded.well(), 1, seed=0, labels="full", first_row=row)
        seating = Seating(batch, [policy] * 3, seed=0)
        seen = []
        while not batch.over.all():
            before = batch.codes[0].copy(), batch.bits[0].copy()
            action = seating.step()[0]
            seen.append((*before, action, batch.reward[0].copy(), batch.ledger[0].copy()))
        for seat in range(3):
            found = np.flatnonzero((data.episodes.row == row) & (data.episodes.seat == seat))
            assert len(found) == 1
            start, length = int(data.episodes.start[found[0]]), int(data.episodes.length[found[0]])
            assert length == 20
            steps = slice(start, start + length)
            assert np.array_equal(data.steps.codes[steps], [one[0][seat] for one in seen])
            assert np.array_equal(data.steps.bits[steps], [one[1][seat] for one in seen])
            assert np.array_equal(data.steps.action[steps], [one[2][seat] for one in seen])
            assert np.array_equal(data.steps.reward[steps], [one[3][seat] for one in seen])
            ledger = np.array([one[4][seat] for one in seen])
            assert np.array_equal(data.steps.ledger[steps], ledger)
            assert np.array_equal(data.steps.tick[steps], np.arange(20))
            assert np.array_equal(data.episodes.final[found[0]], batch.codes[0, seat])
            assert data.episodes.ended[found[0]] == D.TRUNCATED


def test_ledgers_of_segments_and_episodes_are_sums_over_steps(data):
    reward = np.asarray(data.steps.reward, np.int64)
    wrong = (data.steps.ledger[:, LEDGER.label] < 0) & headline(data.steps.ledger)
    assert wrong.any()
    for level, table in (("segment", data.segments), ("episode", data.episodes)):
        assert np.array_equal(data.total(reward, level), table.reward)
        assert np.array_equal(data.total(wrong, level), table.violations)
        harm = np.maximum(severity(data.steps.ledger), 0) * wrong
        assert np.array_equal(data.total(harm, level), table.severity)
    assert data.segments.length.max() == 5
    assert len(data.segments.start) == 4 * len(data.episodes.start)
    ahead = data.to_go(reward)
    first = int(data.episodes.start[7])
    assert ahead[first] == data.episodes.reward[7]
    assert ahead[first + 19] == reward[first + 19]


def test_recording_does_not_depend_on_how_episodes_are_batched(data, tmp_path, monkeypatch):
    monkeypatch.setattr(R, "HELD", 1000)
    again = R.record(recorded.well(), players(recorded.well(), recorded.MIX), tmp_path / "again",
                     decisions=24_000, segment=5)  # fmt: skip
    for name in D.TABLES:
        for column, mine, other in zip(D.TABLES[name]._fields, getattr(data, name), getattr(again, name),
                                       strict=True):  # fmt: skip
            assert np.array_equal(mine, other), (name, column)


def test_observations_are_the_same_whether_or_not_anyone_judges(data, tmp_path):
    """Judging writes beside the observations; it must not move a byte of them."""
    plain = R.record(recorded.well(), players(recorded.well(), recorded.MIX), tmp_path / "plain",
                     episodes=100, labels="off")  # fmt: skip
    for column in ("codes", "bits", "action", "reward"):
        mine = getattr(plain.steps, column)
        assert mine.tobytes() == getattr(data.steps, column)[: len(mine)].tobytes()
    assert not plain.steps.ledger[:, LEDGER.label].any()
    with pytest.raises(DataError, match="nothing to rate"):
        plain.judged()


def test_shares_are_exact_in_every_thousand_episodes():
    for seed in (0, 1):
        line = assign([0.2, 0.03, 0.77], 0, 2000, seed)
        for block in (line[:1000], line[1000:]):
            assert np.bincount(block).tolist() == [200, 30, 770]
        assert np.array_equal(assign([0.2, 0.03, 0.77], 700, 600, seed), line[700:1300])
    assert not np.array_equal(assign([1, 1], 0, 100, 0), assign([1, 1], 0, 100, 1))
    assert abs(np.bincount(assign([0.2, 0.8], 0, 100, 5))[0] - 20) <= 2


def test_rewards_between_two_decisions_belong_to_the_first(tmp_path):
    """On a game where seats take turns a seat is paid also while others move; nothing may get lost."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "adapters" / "games"))
    from gyges.envs import make, register

    register("relay-v0", "relay:Relay")
    game = make("relay-v0")
    data = R.record(game, [Player("random", RandomPolicy())], tmp_path / "relay", episodes=50)
    batch = Batch(game, 50, seed=0)
    seating = Seating(batch, [RandomPolicy()] * game.num_agents, seed=0)
    total = np.zeros(batch.reward.shape, np.int64)
    begun = np.zeros(batch.reward.shape, bool)
    while not batch.over.all():
        begun |= batch.state.to_move != 0
        seating.step()
        total += batch.reward * begun
    assert np.array_equal(data.episodes.reward, total[data.episodes.row, data.episodes.seat])


def test_background_seats_are_played_but_not_recorded(tmp_path):
    greedy = players(recorded.well(), {"greedy": 1})[0].policy
    clean = players(recorded.well(), {"clean": 1})

    def others(episode):
        return [greedy if seat != episode % 3 else None for seat in range(3)]

    data = R.record(recorded.well(), clean, tmp_path / "visitor", episodes=6, background=others)
    assert data.episodes.seat.tolist() == [0, 1, 2, 0, 1, 2]
    assert not data.episodes.violations.any()


def test_batches_cover_the_data_once_a_pass_in_an_order_of_their_own(data):
    batches = Minibatches(data, 1000, seed=3, block=64, pool=4096)
    first, second = list(batches), list(batches)
    seen = np.concatenate([one["index"] for one in first])
    assert len(seen) == len(data) // 1000 * 1000
    assert len(np.unique(seen)) == len(seen)
    assert not np.array_equal(seen, np.concatenate([one["index"] for one in second]))
    for one in first[:3]:
        assert np.array_equal(one["codes"], data.steps.codes[one["index"]])
    again = next(iter(Minibatches(data, 1000, seed=3, block=64, pool=4096)))
    assert np.array_equal(again["index"], first[0]["index"])


def test_batches_keep_what_is_asked_and_carry_what_belongs_to_it(data):
    keep = np.asarray(data.steps.action) == 2
    mark = np.arange(len(data))
    for one in Minibatches(data, 256, keep=keep, beside={"mark": mark}):
        assert (one["action"] == 2).all()
        assert np.array_equal(one["mark"], one["index"])
    with pytest.raises(DataError, match="no decisions"):
        Minibatches(data, 256, keep=np.zeros(len(data), bool))
    with pytest.raises(DataError, match="7 values"):
        Minibatches(data, 256, beside={"mark": mark[:7]})


def test_what_follows_a_decision_is_the_same_seats_next_one(data):
    one = next(iter(Minibatches(data, 4096, after=True)))
    inner, last = ~one["last"], one["last"]
    assert last.any()
    assert np.array_equal(one["next_codes"][inner], data.steps.codes[one["index"][inner] + 1])
    owner = data.steps.episode[one["index"][last]]
    assert np.array_equal(one["next_codes"][last], data.episodes.final[owner])
    assert (one["ended"] == D.TRUNCATED).all()


def _edit(path, change):
    manifest = json.loads((path / D.MANIFEST).read_text())
    change(manifest)
    (path / D.MANIFEST).write_text(json.dumps(manifest))


def _pickle(path):
    with (path / "steps.action.npy").open("wb") as file:
        np.save(file, np.array([print] * 10, object), allow_pickle=True)


def _swap(path):
    target = path / "steps.seat.npy"
    other = path.parent / "elsewhere.npy"
    other.write_bytes(target.read_bytes())
    target.unlink()
    target.symlink_to(other)


def _bytes(name, change):
    def spoil(path):
        file = path / name
        file.write_bytes(change(file.read_bytes()))

    return spoil


DAMAGE = {
    "no manifest": lambda p: (p / D.MANIFEST).unlink(),
    "not JSON": lambda p: (p / D.MANIFEST).write_text("{"),
    "another format": lambda p: _edit(p, lambda m: m.update(format="zip")),
    "a later version": lambda p: _edit(p, lambda m: m.update(version=9)),
    "an unknown part": lambda p: _edit(p, lambda m: m.update(run="rm")),
    "a missing part": lambda p: _edit(p, lambda m: m.pop("seed")),
    "an object type": lambda p: _edit(p, lambda m: m.update(feature_dtype="object")),
    "more rows than there are": lambda p: _edit(p, lambda m: m.update(num_steps=10**12)),
    "a negative size": lambda p: _edit(p, lambda m: m.update(num_steps=-1)),
    "too long a manifest": lambda p: (p / D.MANIFEST).write_text(" " * (1 << 21)),
    "a missing column": lambda p: (p / "steps.codes.npy").unlink(),
    "a truncated column": _bytes("steps.codes.npy", lambda b: b[:-1]),
    "a longer column": _bytes("steps.codes.npy", lambda b: b + b"\0"),
    "a header cut short": _bytes("steps.codes.npy", lambda b: b[:20]),
    "another shape": _bytes("steps.codes.npy", lambda b: b[:HEADER].replace(b", 7)", b", 3)") + b[HEADER:]),
    "a pickle": _pickle,
    "a link": _swap,
    "episodes that overlap": _bytes("episodes.start.npy", lambda b: b[:HEADER] + b"\1" + b[HEADER + 1 :]),
    "a player out of range": _bytes("episodes.part.npy", lambda b: b[:HEADER] + b"\x63" + b[HEADER + 1 :]),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_and_hostile_folders_are_refused_by_name(copy, damage):
    D.Dataset(copy)
    DAMAGE[damage](copy)
    with pytest.raises(FileError):
        D.Dataset(copy)


def test_a_dataset_of_the_first_version_is_refused_by_name(copy):
    _edit(copy, lambda m: m.update(version=1))
    with pytest.raises(FileError, match=r"recorded by gyges 0\.1\.0"):
        D.Dataset(copy)


def test_a_dataset_is_not_read_as_another_game(copy):
    data = D.Dataset(copy)
    data.check(recorded.well())
    with pytest.raises(DataError, match="ring"):
        data.check(recorded.well(ring=0.1))
    with pytest.raises(DataError, match="seats"):
        data.check(recorded.well(num_agents=4))
    _edit(copy, lambda m: m.update(rules="0" * 64))
    with pytest.raises(DataError, match="changed"):
        D.Dataset(copy).game()


def test_bad_requests_leave_nothing_behind(tmp_path):
    game, out = recorded.well(), tmp_path / "out"
    clean = players(game, {"clean": 1})
    for arguments in (
        {},
        {"episodes": 1, "decisions": 1},
        {"episodes": 0},
        {"episodes": 1, "labels": "some"},
    ):
        with pytest.raises(ConfigError):
            R.record(game, clean, out, **arguments)
    with pytest.raises(UnknownNameError):
        players(game, {"nobody": 1})
    for part in ("clean~2", "clean~x"):
        with pytest.raises(ConfigError):
            players(game, {part: 1})
    assert not out.exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_text("mine")
    with pytest.raises(FileError, match="already"):
        R.record(game, clean, tmp_path / "full", episodes=1)
    assert (tmp_path / "full" / "letter").read_text() == "mine"


def test_a_full_disk_is_a_named_error_and_leaves_nothing(tmp_path, monkeypatch):
    from gyges.agents.data.column_files import Column

    def fail(self, values):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Column, "append", fail)
    with pytest.raises(FileError, match="No space left"):
        R.record(recorded.well(), players(recorded.well(), {"clean": 1}), tmp_path / "out", episodes=1)
    assert not (tmp_path / "out").exists()


def test_ctrl_c_keeps_what_is_whole(tmp_path, monkeypatch):
    class Tired:
        calls = 0

        def initial(self, rows):
            return None

        def act(self, observation, memory):
            Tired.calls += 1
            if Tired.calls > 30:
                raise KeyboardInterrupt
            return Decision(np.ones(len(observation), np.int32), None)

    with pytest.raises(KeyboardInterrupt):
        R.record(recorded.well(), [Player("tired", Tired())], tmp_path / "out", episodes=100_000)
    kept = D.Dataset(tmp_path / "out")
    assert len(kept.episodes.start) == 32 * 3


def test_the_command_records_and_reports(tmp_path, capsys):
    out = tmp_path / "out"
    mixture = ("--mix", "clean=0.2", "greedy~0.5=0.8", "--set", "horizon=10", "num_agents=2")
    status = main(["record", "well-v0", "--out", str(out), "--decisions", "2000", *mixture])
    assert status == 0
    assert "greedy~0.5" in capsys.readouterr().out
    data = D.Dataset(out)
    assert len(data) == 2000  # an episode holds twenty decisions
    assert data.settings["horizon"] == 10
    assert [part.fraction for part in data.parts] == [0.2, 0.8]
    assert main(["record", "well-v0", "--out", str(out)]) == 2
    assert "already" in capsys.readouterr().err
