"""The file of results: an SQLite database that is made whole, known by its header, checked when opened."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Self

from gyges.envs.episode import MAX_BYTES
from gyges.envs.errors import FileError
from gyges.scenarios import databases

APPLICATION = 0x47594745  # "GYGE"
SCHEMA_VERSION = 1
HEADER = b"SQLite format 3\x00"
WAIT_S = 60.0
"""How long a writer waits for others."""

TABLES = {
    "runs": """CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        policy TEXT NOT NULL,
        source TEXT NOT NULL,
        kind TEXT NOT NULL,
        policy_hash TEXT NOT NULL,
        suite TEXT NOT NULL,
        suite_hash TEXT NOT NULL,
        commitment TEXT NOT NULL DEFAULT '',
        nonce TEXT,
        options TEXT NOT NULL,
        versions TEXT NOT NULL,
        created TEXT NOT NULL,
        finished TEXT,
        UNIQUE (policy, policy_hash, suite, suite_hash, commitment)
    )""",
    "secrets": """CREATE TABLE secrets (
        run INTEGER PRIMARY KEY REFERENCES runs(id),
        nonce TEXT NOT NULL
    )""",
    "plans": """CREATE TABLE plans (
        run INTEGER NOT NULL REFERENCES runs(id),
        position INTEGER NOT NULL,
        scenario TEXT NOT NULL,
        hash TEXT NOT NULL,
        data TEXT NOT NULL,
        UNIQUE (run, scenario)
    )""",
    "episodes": """CREATE TABLE episodes (
        run INTEGER NOT NULL REFERENCES runs(id),
        scenario TEXT NOT NULL,
        idx INTEGER NOT NULL,
        episode BLOB NOT NULL,
        counts TEXT NOT NULL,
        forfeits INTEGER NOT NULL,
        UNIQUE (run, scenario, idx)
    )""",
    "probes": """CREATE TABLE probes (
        run INTEGER NOT NULL REFERENCES runs(id),
        scenario TEXT NOT NULL,
        idx INTEGER NOT NULL,
        data TEXT NOT NULL,
        UNIQUE (run, scenario, idx)
    )""",
}


def _empty() -> bytes:
    """The bytes of a results file without a run; made in memory, so that no full disk leaves half of one."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for sql in TABLES.values():
            db.execute(sql)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        data = bytearray(db.serialize())
    data[18:20] = 2, 2  # read and written through a write-ahead log
    return bytes(data)


class ResultsFile:
    """An open file of results. Use as a context manager, or `close` it.

    Args:
        path: the file.
        write: make it where it does not exist, and allow writing; otherwise only read.

    Raises:
        FileError: it is not a results file of this version; nothing has been written to it.
    """

    def __init__(self, path: str | os.PathLike[str], *, write: bool = False) -> None:
        self.path = Path(path)
        self.write = write
        if self._look():
            self._make()
        mode = self._mode()
        with self.named():
            uri = f"{self.path.absolute().as_uri()}?mode={mode}"
            self.db = sqlite3.connect(uri, uri=True, timeout=WAIT_S, isolation_level=None)
            self.db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2 * MAX_BYTES)
            self.db.execute("PRAGMA trusted_schema = OFF")
            self.db.execute(f"PRAGMA busy_timeout = {int(WAIT_S * 1000)}")
            self._check()
            if write:
                self.db.execute("PRAGMA synchronous = NORMAL")
                self.db.execute("PRAGMA foreign_keys = ON")
            else:
                self.db.execute("PRAGMA query_only = ON")

    # Opening.

    def _look(self) -> bool:
        """Read the header without SQLite: true where the file is yet to be made."""
        try:
            size = self.path.stat().st_size
            with self.path.open("rb") as file:
                head = file.read(100)
        except FileNotFoundError:
            if self.write:
                return True
            raise FileError(f"{self.path}: no such results file") from None
        except OSError as error:
            raise FileError(f"{self.path}: cannot be read: {error.strerror}") from None
        if size == 0 and self.write:
            return True
        if len(head) < 100 or head[:16] != HEADER:
            raise FileError(f"{self.path}: expected an SQLite results file, got something else")
        page = int.from_bytes(head[16:18], "big") or 0
        page = 65536 if page == 1 else page
        if int.from_bytes(head[68:72], "big") != APPLICATION:
            raise FileError(f"{self.path}: an SQLite file, but not one of results")
        if not self._log() and (
            page < 512 or size % page or size < page * int.from_bytes(head[28:32], "big")
        ):
            raise FileError(f"{self.path}: truncated: {size} bytes, its header says more")
        return False

    def _mode(self) -> str:
        """How SQLite opens the file; a reader that may write tidies up after itself when it closes."""
        if self.write or (os.access(self.path, os.W_OK) and os.access(self.path.absolute().parent, os.W_OK)):
            return "rw"
        return "ro" if self._log() else "ro&immutable=1"

    def _log(self) -> bool:
        """Whether a write-ahead log holds pages: somebody writes, or was killed while writing."""
        log = self.path.with_name(self.path.name + "-wal")
        return log.exists() and log.stat().st_size > 0

    def _make(self) -> None:
        """Make the file whole beside its place and put it there, unless another writer has."""
        folder, name = self.path.absolute().parent, None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder, prefix=f".{self.path.name[:64]}.")
            with open(handle, "wb") as file:
                file.write(_empty())
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
            if self.path.exists() and self.path.stat().st_size == 0:
                os.replace(name, self.path)
            else:
                with contextlib.suppress(FileExistsError):
                    os.link(name, self.path)
        except OSError as error:
            raise FileError(f"{self.path}: cannot be made: {error.strerror}") from None
        finally:
            if name is not None:
                Path(name).unlink(missing_ok=True)

    def _check(self) -> None:
        """Refuse a file of another schema, or damaged; the schema of a damaged one may be of any type."""
        found = self.db.execute("PRAGMA user_version").fetchone()[0]
        if found != SCHEMA_VERSION:
            raise FileError(f"{self.path}: results of schema {found}; this version reads {SCHEMA_VERSION}")
        rows = self.db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        if dict(rows) != TABLES or len(rows) != len(TABLES):
            strange = sorted(map(str, {name for name, _ in rows} ^ set(TABLES))) or ["a changed table"]
            raise FileError(f"{self.path}: its tables are not those of a results file: {strange[0][:60]!r}")
        if self.db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise FileError(f"{self.path}: damaged; SQLite's check fails")

    def named(self) -> contextlib.AbstractContextManager[None]:
        """SQLite's errors as FileError."""
        return databases.named(self.path)

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """Everything within it is written, or nothing."""
        return databases.transaction(self.db, self.path)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
