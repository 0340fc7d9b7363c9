"""The results file: every cell once, whoever is killed; bound to registration and plan."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time

import pytest

from gyges.envs.errors import FileError
from gyges.scenarios.studies import registration
from gyges.scenarios.studies import rl_vs_sgd as study
from gyges.scenarios.studies.ledger import Ledger
from gyges.scenarios.studies.profile import PROFILES

META = {"study": "s", "profile": "ci", "plan": "p", "registration": "h"}
CELLS = PROFILES["ci"].cells()[:3]


def add(ledger, cell, value):
    ledger.add(cell, {"status": "done", "value": value}, registration="h", code="c")


def test_two_processes_never_hold_the_same_cell(tmp_path):
    with Ledger(tmp_path / "r.db", META) as one, Ledger(tmp_path / "r.db", META) as two:
        assert one.claim(CELLS) == CELLS[0]
        assert two.claim(CELLS) == CELLS[1]
        add(one, CELLS[0], 1)
        assert one.claim(CELLS) == CELLS[2]
        assert two.claim(CELLS) is None or two.claim(CELLS) == CELLS[1]


def test_a_second_result_for_a_cell_is_dropped(tmp_path):
    with Ledger(tmp_path / "r.db", META) as ledger:
        add(ledger, CELLS[0], 1)
        add(ledger, CELLS[0], 2)
        (found,) = ledger.results()
        assert found.result["value"] == 1
        assert found.cell == CELLS[0]


def test_a_killed_process_leaves_its_cell_to_the_next(tmp_path):
    code = """
        import sys, time
        from pathlib import Path
        from gyges.scenarios.studies.ledger import Ledger
        from gyges.scenarios.studies.profile import PROFILES
        ledger = Ledger(Path(sys.argv[1]), {"study": "s", "profile": "ci", "plan": "p", "registration": "h"})
        print(ledger.claim(PROFILES["ci"].cells()[:3]).key, flush=True)
        time.sleep(60)
    """
    path = tmp_path / "r.db"
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout.readline().strip() == CELLS[0].key
        with Ledger(path, META) as ledger:
            assert ledger.claim(CELLS) == CELLS[1]  # the first is in living hands
            ledger.release(CELLS[1])
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            for _ in range(50):
                if (got := ledger.claim(CELLS)) == CELLS[0]:
                    break
                ledger.release(got)
                time.sleep(0.05)
            assert got == CELLS[0]
            assert ledger.results() == []
    finally:
        child.kill()
        child.stdout.close()
        child.wait()


@pytest.mark.parametrize("name", ["registration", "plan"])
def test_it_is_not_gone_on_with_under_another_registration_or_plan(tmp_path, name):
    Ledger(tmp_path / "r.db", META).close()
    with pytest.raises(FileError, match=name):
        Ledger(tmp_path / "r.db", {**META, name: "other"})


def test_another_file_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "r.db"
    path.write_bytes(b"not a database, " * 100)
    before = path.read_bytes()
    with pytest.raises(FileError):
        Ledger(path, META)
    assert path.read_bytes() == before


def test_results_under_another_registration_are_not_published(tmp_path, tiny):
    registration.register(tiny, tmp_path / "other")
    with Ledger(tmp_path / "other" / "r.db", META) as ledger:
        add(ledger, CELLS[0], 1)
        with pytest.raises(FileError, match="another registration"):
            study.publish(tiny, ledger, tmp_path / "other")


def test_a_full_disk_is_a_named_error_and_loses_nothing(tmp_path):
    with Ledger(tmp_path / "r.db", META) as ledger:
        add(ledger, CELLS[0], 1)
        pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
        ledger._db.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(FileError, match="cannot be written"):
            add(ledger, CELLS[1], "x" * 100_000)
        ledger._db.execute("PRAGMA max_page_count=1000000")
        assert [r.cell for r in ledger.results()] == [CELLS[0]]
        add(ledger, CELLS[1], 2)
        assert len(ledger.results()) == 2


@pytest.mark.parametrize("seed", range(2))
def test_one_damaged_byte_is_named_or_read(tmp_path, seed):
    with Ledger(tmp_path / "r.db", META) as ledger:
        for k, cell in enumerate(CELLS):
            add(ledger, cell, k)
    with sqlite3.connect(tmp_path / "r.db") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    chance, data = random.Random(seed), (tmp_path / "r.db").read_bytes()
    for k in range(200):
        at = chance.randrange(4096 if k % 2 else len(data))
        bad = bytearray(data)
        bad[at] = chance.randrange(256)
        path = tmp_path / f"bad{k}.db"
        path.write_bytes(bad)
        with contextlib.suppress(FileError), Ledger(path, META) as ledger:
            ledger.results()
            ledger.done()
            ledger.claim(CELLS)


@pytest.mark.parametrize("value", [b"{", "{", "[1]", "{}x", 7, None, "[" * 100_000])
def test_results_that_are_none_are_named(tmp_path, value):
    with Ledger(tmp_path / "r.db", META) as ledger:
        add(ledger, CELLS[0], 1)
        with contextlib.suppress(sqlite3.IntegrityError):
            ledger._db.execute("UPDATE results SET result = ?", (value,))
            with pytest.raises(FileError, match="damaged"):
                ledger.results()


def test_an_owner_that_is_a_path_is_no_owner(tmp_path):
    """What a file names as the holder of a cell is never opened, nor removed."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    with Ledger(tmp_path / "r.db", META) as ledger:
        ledger._db.execute("INSERT INTO claims VALUES (?, ?)", (CELLS[0].key, "../victim"))
        assert ledger.claim(CELLS) == CELLS[0]
    assert victim.read_text() == "mine"
