"""A study's results: one SQLite file, any number of processes, every cell once.

A process holds a cell while it holds the operating system's lock on its own file; a process that is
killed, however hard, loses the lock, and whoever comes next takes the cell over. A result appears with
its cell or not at all. The file remembers the profile and the hash of the registration that stood when it was
made: under another registration it is not gone on with.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from filelock import FileLock, Timeout

from gyges.envs.errors import FileError
from gyges.envs.foreign import echo
from gyges.scenarios import databases
from gyges.scenarios.executor import Executor
from gyges.scenarios.studies.profile import parse

APPLICATION = 0x47594753  # "GYGS"
VERSION = 3
TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL)",
    """CREATE TABLE results (
        key TEXT PRIMARY KEY, registration TEXT NOT NULL, code TEXT NOT NULL, finished REAL NOT NULL,
        result TEXT NOT NULL
    )""",
)

_OWNER = re.compile(r"\d+-[0-9a-f]{12}")


class Keyed(Protocol):
    """A cell of any study: what it does follows from its key."""

    @property
    def key(self) -> str:
        """Its name, unique in the study."""


AnyCell = TypeVar("AnyCell", bound=Keyed)


class Result(NamedTuple):
    """One finished cell."""

    cell: Any
    registration: str  # hash of what was registered when it was made
    code: str  # hash of the code that made it
    result: dict[str, Any]


class Ledger:
    """A study's results file.

    Args:
        path: made where it does not exist.
        meta: what must be as it was when the file was made: profile, its hash, the registration's hash.
        parse: makes a cell of its key; raises ValueError where it is none.

    Raises:
        FileError: it is another kind of file, or was made under another profile or registration.
    """

    def __init__(self, path: Path, meta: dict[str, str], parse: Callable[[str], Any] = parse) -> None:
        self.path, self.parse = path, parse
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"{path}: cannot be made: {error.strerror}") from None
        with databases.named(path):
            self._db = sqlite3.connect(path, timeout=120.0, isolation_level=None)
            self._open(meta)
        self.owners = path.with_name(f"{path.name}.owners")
        self.owners.mkdir(exist_ok=True)
        self.name = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._held = FileLock(self.owners / self.name)  # until close
        self._held.acquire()

    def _open(self, meta: dict[str, str]) -> None:
        db = self._db
        db.execute("PRAGMA journal_mode=WAL")
        with self._transaction():
            found = int(db.execute("PRAGMA application_id").fetchone()[0])
            empty = not db.execute("SELECT 1 FROM sqlite_master").fetchone()
            if found == 0 and empty:
                db.execute(f"PRAGMA application_id={APPLICATION}")
                db.execute(f"PRAGMA user_version={VERSION}")
                for table in TABLES:
                    db.execute(table)
                db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            elif found != APPLICATION or db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                raise FileError(f"{self.path}: not a study's results")
        was = self.meta()
        for name, value in meta.items():
            if was.get(name) != value:
                raise FileError(
                    f"{self.path}: made with {name} {was.get(name)}, now {value}: what is registered "
                    "must stand as it was before the first run"
                )

    def _transaction(self) -> contextlib.AbstractContextManager[None]:
        return databases.transaction(self._db, self.path)

    def _rows(self, query: str, *kinds: type) -> list[tuple[Any, ...]]:
        """What a query gives, refused where a column is not of its kind."""
        return databases.rows(self._db, self.path, query, *kinds)

    def meta(self) -> dict[str, str]:
        """What the file was made under."""
        return dict(self._rows("SELECT name, value FROM meta", str, str))

    def done(self) -> set[str]:
        """Keys of finished cells."""
        return {key for (key,) in self._rows("SELECT key FROM results", str)}

    def results(self) -> list[Result]:
        """All finished cells, in order of their keys.

        Raises:
            FileError: the file is damaged.
        """
        query = "SELECT key, registration, code, result FROM results ORDER BY key"
        return [self._result(*row) for row in self._rows(query, str, str, str, str)]

    def _result(self, key: str, registration: str, code: str, text: str) -> Result:
        try:
            found = json.loads(text)
            if not isinstance(found, dict):
                raise ValueError("not an object")
            return Result(self.parse(key), registration, code, found)
        except (ValueError, RecursionError) as error:
            raise FileError(f"{self.path}: {key[:80]!r} is damaged: {str(error)[:200]}") from None

    def claim(self, cells: Iterable[AnyCell]) -> AnyCell | None:
        """The first cell that is neither finished nor in the hands of a living process; now in ours."""
        with self._transaction():
            done = self.done()
            held = dict(self._rows("SELECT key, owner FROM claims", str, str))
            alive: dict[str, bool] = {self.name: False}
            for cell in cells:
                if cell.key in done:
                    continue
                owner = held.get(cell.key)
                if owner is not None and alive.setdefault(owner, self._alive(owner)):
                    continue
                self._db.execute("INSERT OR REPLACE INTO claims VALUES (?, ?)", (cell.key, self.name))
                return cell
        return None

    def _alive(self, owner: str) -> bool:
        if not _OWNER.fullmatch(owner):  # not a name that a process gives itself, and perhaps a path
            return False
        lock = self.owners / owner
        if not lock.exists():
            return False
        try:
            with FileLock(lock, timeout=0):
                pass
        except Timeout:
            return True
        lock.unlink(missing_ok=True)
        return False

    def add(self, cell: Keyed, result: dict[str, Any], *, registration: str, code: str) -> None:
        """Write a finished cell; a second result for the same cell is dropped."""
        with self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?, ?)",
                (cell.key, registration, code, time.time(), json.dumps(result)),
            )
            self._db.execute("DELETE FROM claims WHERE key = ?", (cell.key,))

    def release(self, cell: Keyed) -> None:
        """Give a claimed cell back unfinished."""
        with self._transaction():
            self._db.execute("DELETE FROM claims WHERE key = ? AND owner = ?", (cell.key, self.name))

    def make(
        self,
        cells: Iterable[AnyCell],
        function: Callable[[AnyCell], dict[str, Any]],
        *,
        registration: str,
        code: str,
    ) -> Iterator[tuple[AnyCell, dict[str, Any], float]]:
        """Make cells until none is left that nobody else has in hand: each, its result, and its seconds."""
        done = self.done()
        left = [cell for cell in cells if cell.key not in done]
        while (cell := self.claim(left)) is not None:
            begun = time.perf_counter()
            try:
                found = function(cell)
            except BaseException:
                self.release(cell)
                raise
            self.add(cell, found, registration=registration, code=code)
            left.remove(cell)
            yield cell, found, time.perf_counter() - begun

    def finished(self, registration: str) -> list[Result]:
        """All finished cells, in order of their keys; says so where there are none.

        Raises:
            FileError: the file is damaged, or a cell was made under another registration.
        """
        found = self.results()
        wrong = [one.cell.key for one in found if one.registration != registration]
        if wrong:
            raise FileError(f"{wrong[0]} and {len(wrong) - 1} others were run under another registration")
        if not found:
            echo("nothing is finished yet")
        return found

    def close(self) -> None:
        """Give up all that is held."""
        self._held.release()
        with contextlib.suppress(FileNotFoundError):
            (self.owners / self.name).unlink()
        self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fill(
    ledger: Ledger,
    executor: Executor,
    make: Callable[[Any], dict[str, Any]],
    jobs: Mapping[str, tuple[Keyed, Any]],
    registration: str,
    code: str,
) -> None:
    """Make cells on other machines; only this process writes the file.

    Args:
        ledger: where cells are held and results go.
        executor: runs the jobs.
        make: makes a cell's result of its job, at the top of a module.
        jobs: by key, the cell and its job; those finished, or held by somebody else, are left out.
        registration, code: under what the results are made.
    """
    left, mine = [cell for cell, _ in jobs.values()], {}
    while (cell := ledger.claim(left)) is not None:
        left.remove(cell)
        mine[cell.key] = cell
    for key, found in executor.each(make, {key: jobs[key][1] for key in mine}):
        ledger.add(mine[key], found, registration=registration, code=code)
        echo(f"{len(ledger.done()):5}/{len(jobs)}  {key}", flush=True)
