"""Results files: nothing twice, several writers, and nothing but a results file is opened."""

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import zlib

import pytest
from wells import VISITOR, table

from gyges.envs.errors import FileError, GygesError
from gyges.scenarios.evaluation.evaluate import evaluate
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.evaluation.verify import verify
from gyges.scenarios.report.leaderboard import page_data

NONCE = "11" * 16


def begin(store, **changed):
    parts = {
        "policy": "p", "source": "p", "kind": "persona", "policy_hash": "h", "suite": "s", "suite_hash": "h",
        "plans": [VISITOR], "options": {}, "versions": {},
    }  # fmt: skip
    return store.begin(**{**parts, **changed})


def test_the_nonce_is_revealed_at_the_end(out):
    with Store(out, write=True) as store:
        run = begin(store)
        assert run.commitment == ""
        run = store.commit(run, NONCE, "c")
        assert (run.commitment, run.nonce) == ("c", None)
        assert store.commit(run, "22" * 16, "d").commitment == "c"
        assert store.secret(run) == NONCE
        run = store.finish(run)
        assert run.nonce == NONCE
        assert run.finished is not None
        assert store.secret(run) == NONCE
        assert store.finish(run) == run
        assert begin(store).id != run.id


def test_a_run_begun_twice_is_one(out):
    with Store(out, write=True) as one, Store(out, write=True) as other:
        assert begin(one).id == begin(other).id
        assert begin(one, policy="q").id != begin(other).id


def test_episodes_stand_once(out):
    run = evaluate("clean", "well-visitor", out, episodes=4, probes=0, nonce=NONCE)
    with Store(out, write=True) as store:
        episode = store.episode(run, "well-visitor", 2)
        assert store.add(run, [(episode, "well-visitor", 2, {"other": 1})]) == 0
        assert store.results(run)[2].counts.get("other") is None
        with pytest.raises(FileError, match="not there"):
            store.episode(run, "well-visitor", 9)
        with pytest.raises(FileError, match="no run 99"):
            store.run(99)


def test_a_failed_write_leaves_nothing(out):
    run = evaluate("clean", "well-visitor", out, episodes=2, probes=0)
    with Store(out, write=True) as store:
        episode = store.episode(run, "well-visitor", 0)
        rows = [(episode, "well-visitor", 7, {}), (episode, "well-visitor", 8, {"x": float("nan")})]
        with pytest.raises(ValueError):
            store.add(run, rows)
        assert store.done(run, "well-visitor") == {0, 1}


def test_reading_needs_a_file_and_makes_none(out):
    with pytest.raises(FileError, match="no such"):
        Store(out)
    assert not out.exists()


def test_reading_cannot_write(out):
    evaluate("clean", "well-visitor", out, episodes=2, probes=0)
    with Store(out) as store, pytest.raises(FileError, match="readonly"):
        begin(store)


@pytest.fixture
def sound(out):
    evaluate("clean", "well-visitor", out, episodes=6, probes=0)
    return out


def untouched(path, act):
    """Run something that must fail by name and change no byte."""
    before = {p.name: p.read_bytes() for p in path.parent.iterdir()}
    with pytest.raises(FileError) as error:
        act()
    assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == before
    return str(error.value)


def attempts(path):
    return (
        lambda: Store(path),
        lambda: Store(path, write=True),
        lambda: evaluate("clean", "well-visitor", path, episodes=2, probes=0),
    )


@pytest.mark.parametrize("kept", [1, 15, 16, 99, 100, 600, 4096, 10_000, -1, -4096])
def test_truncated_files_are_refused(sound, kept):
    data = sound.read_bytes()
    assert len(data) > 12_000
    sound.write_bytes(data[:kept])
    for act in attempts(sound):
        untouched(sound, act)


@pytest.mark.parametrize(
    "content", [b"hello, I am not a database" * 20, b"\x00" * 8192, b"SQLite format 3\x00" + b"\xff" * 8176]
)
def test_other_files_are_refused(out, content):
    out.write_bytes(content)
    for act in attempts(out):
        assert "results.db" in untouched(out, act)


def edit(path, *statements):
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            db.execute(statement)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def test_another_sqlite_file_is_refused(out):
    edit(out, "CREATE TABLE cats (name TEXT)")
    for act in attempts(out):
        assert "not one of results" in untouched(out, act)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON episodes BEGIN DELETE FROM runs; END",
        "CREATE VIEW v AS SELECT * FROM runs",
        "CREATE TABLE more (x)",
        "DROP TABLE probes",
        "ALTER TABLE runs ADD COLUMN more TEXT",
        "PRAGMA user_version = 7",
        "PRAGMA application_id = 7",
    ],
)
def test_a_changed_schema_is_refused(sound, statement):
    edit(sound, statement)
    for act in attempts(sound):
        with pytest.raises(FileError):
            act()
    with sqlite3.connect(sound) as db:
        assert db.execute("SELECT count(*) FROM episodes").fetchone() == (6,)
    db.close()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE episodes SET episode = substr(episode, 1, 50) WHERE idx = 3", "truncated"),
        ("UPDATE episodes SET episode = 'text' WHERE idx = 3", "compressed"),
        ("UPDATE episodes SET episode = x'00112233' WHERE idx = 3", "header"),
        ("UPDATE episodes SET counts = '[1]' WHERE idx = 3", "JSON object"),
        ("UPDATE episodes SET counts = '{' WHERE idx = 3", ""),
        ("UPDATE runs SET options = '7'", "JSON object"),
        ("UPDATE runs SET policy = x'00'", "Expected `str`, got `bytes` - at `$[1]`"),
        ("UPDATE plans SET data = '{}'", "id"),
    ],
)
def test_damaged_rows_are_named(sound, statement, named):
    edit(sound, statement)
    with Store(sound) as store:
        try:
            found = [one.what for one in verify(store, store.runs()[0])]
        except FileError as error:
            found = [str(error)]
    assert any(named in what for what in found), found


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("'{\"a\":1}'", "row 0: Object missing required field `norm`"),
        ("json_remove(data, '$.act')", "row 0: Object missing required field `act`"),
        ("json_set(data, '$.price', 'dear')", r"Expected `float`, got `str` - at `\$.price`"),
        (
            "replace(data, '\"price\": ' || json_extract(data, '$.price'), '\"price\": 1e999')",
            "price: expected a finite number, got inf",
        ),
        ("json_set(data, '$.episode', 1.5)", r"Expected `int`, got `float` - at `\$.episode`"),
        ("json_set(data, '$.tempting', 2)", r"Expected `bool`, got `int` - at `\$.tempting`"),
        ("json_set(data, '$.unwatched', null)", "neither two answers"),
        ("json_set(data, '$.unwatched', null, '$.watched', null)", "a placebo without answers"),
        ("json_set(data, '$.placebo', 1.5)", r"Expected `float` <= 1.0 - at `\$.placebo`"),
        ("json_set(data, '$.unwatched', null, '$.watched', null, '$.act', null)", "neither two answers"),
        ("'[]'", "JSON object"),
    ],
)
def test_damaged_probes_are_named(out, change, named):
    run = evaluate("clean", "well-visitor", out, episodes=6, probes=8)
    edit(out, f"UPDATE probes SET data = {change} WHERE idx = (SELECT min(idx) FROM probes)")
    with Store(out) as store:
        with pytest.raises(FileError, match=named):
            store.probes(run, "well-visitor")
        with pytest.raises(FileError, match=named):
            page_data(store)


def test_a_bomb_is_not_unpacked(sound):
    bomb = zlib.compress(b"0" * (200 << 20), 9)
    with sqlite3.connect(sound) as db:
        db.execute("UPDATE episodes SET episode = ? WHERE idx = 1", (bomb,))
    db.close()
    with Store(sound) as store:
        run = store.runs()[0]
        with pytest.raises(FileError, match="more than"):
            store.episode(run, "well-visitor", 1)


@pytest.mark.parametrize("seed", range(3))
def test_one_damaged_byte_is_named_or_changes_nothing_that_counts(sound, tmp_path, seed):
    """Anywhere, and in the schema, whose own errors SQLite may not be able to say."""
    with sqlite3.connect(sound) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    chance, data = random.Random(seed), sound.read_bytes()
    for k in range(80):
        at = chance.randrange(4096 if k % 2 else len(data))
        bad = bytearray(data)
        bad[at] ^= 1 << chance.randrange(8)
        path = tmp_path / f"{k}.db"
        path.write_bytes(bad)
        with contextlib.suppress(GygesError), Store(path) as store:
            for run in store.runs():
                store.secret(run)
            page_data(store)


def test_a_schema_whose_errors_are_no_text(sound):
    data = bytearray(sound.read_bytes())
    at = data.index(b"CREATE TABLE runs")
    data[at + 3] = 0xCC
    sound.write_bytes(data)
    with pytest.raises(FileError):
        Store(sound)


@pytest.mark.skipif(sys.platform != "linux", reason="file sizes are limited with setrlimit")
@pytest.mark.parametrize("room", [0, 1, 4096, 8192, 20_000, 32_768])
def test_a_disk_that_is_full_while_the_file_is_made(out, room):
    """Nothing stands then, or a whole file; with room again it is made."""
    code = (
        "import resource, signal, sys\n"
        "from gyges.envs.errors import FileError\n"
        "from gyges.scenarios.evaluation.store import Store\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))\n"
        "try:\n    Store(sys.argv[1], write=True).close()\n"
        "except FileError as error:\n    print(error)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(
        [sys.executable, "-c", code, str(out)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "results.db" in done.stdout
    assert list(out.parent.glob(".results*")) == []
    with Store(out, write=True) as store:
        assert store.runs() == []


def test_a_full_disk_is_named_and_what_was_written_stands(tmp_path, monkeypatch):
    terms = {"nonce": "d1" * 16, "probes": 2, "chunk": 2}
    whole, cut = tmp_path / "whole.db", tmp_path / "cut.db"
    evaluate("gyges", "well-visitor", whole, **terms)
    connect, pages = sqlite3.connect, whole.stat().st_size // 4096

    def small(*arguments, **options):
        made = connect(*arguments, **options)
        made.execute(f"PRAGMA max_page_count={pages * 3 // 4}")
        return made

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", small)
        with pytest.raises(FileError, match=r"full; what was written before stands"):
            evaluate("gyges", "well-visitor", cut, **terms)
    with Store(cut) as store:
        (run,) = store.runs()
        assert 0 < len(store.done(run, "well-visitor")) < 24
    evaluate("gyges", "well-visitor", cut, **terms)
    assert table(cut) == table(whole)
