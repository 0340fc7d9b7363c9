"""Completions kept: a cache by the exact request, a record of a run, and a run played from its record.

Both files hold requests and completions, so prompts and what models said; they never hold a key.
"""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import msgspec

from gyges.agents.llm.chat.backends import Backend, BackendError, Body, Reply, key_of
from gyges.envs.errors import FileError

MAX_RECORD = 1 << 30
FORMER = {"rungs": "formats", "trouble": "error"}
"""Keys of records that version 0.1 wrote, and what they are called since."""


class Cached:
    """Answers a request that was asked before from a file (SQLite); asks `inner` else."""

    def __init__(self, inner: Backend, path: str | Path) -> None:
        self.inner, self.path = inner, path
        self.url, self.model, self.formats = inner.url, inner.model, inner.formats
        try:
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL)")
        except sqlite3.Error as error:
            raise FileError(f"{path}: cannot be used as a cache: {error}") from None

    async def complete(self, body: Body, seconds: float) -> Reply:
        """From the file, or from `inner` and into the file."""
        key = key_of(self.url, body)
        kept = self._kept(key)
        if kept is not None:
            return kept._replace(cached=True)
        reply = await self.inner.complete(body, seconds)
        self._run("INSERT OR IGNORE INTO replies VALUES (?, ?)", key, json.dumps(reply))
        return self._kept(key) or reply  # somebody else's, where that came first

    def _kept(self, key: str) -> Reply | None:
        row = self._run("SELECT reply FROM replies WHERE key = ?", key).fetchone()
        try:
            return None if row is None else msgspec.json.decode(row[0], type=Reply)
        except msgspec.MsgspecError as error:
            raise FileError(f"{self.path}: not what a cache holds: {str(error)[:200]}") from None

    def _run(self, statement: str, *values: str) -> sqlite3.Cursor:
        try:
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise FileError(f"{self.path}: cannot be used as a cache: {error}") from None

    async def close(self) -> None:
        """Close the file and `inner`."""
        self._db.close()
        await self.inner.close()


class Recorded:
    """Writes every request and what came of it to a file, one JSON object a line."""

    def __init__(self, inner: Backend, path: str | Path) -> None:
        self.inner = inner
        self.url, self.model, self.formats = inner.url, inner.model, inner.formats
        try:
            self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115  open for the life of the run
        except OSError as error:
            raise FileError(f"{path}: cannot be written: {error.strerror}") from None
        self._write({"url": self.url, "model": self.model, "formats": self.formats})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    async def complete(self, body: Body, seconds: float) -> Reply:
        """From `inner`, noting it, errors included."""
        begun = time.monotonic()
        line: dict[str, Any] = {"request": key_of(self.url, body), "url": self.url, "body": body}
        try:
            reply = await self.inner.complete(body, seconds)
            line["reply"] = reply._asdict()
            return reply
        except BackendError as error:
            line["error"] = [error.kind, str(error), error.retryable, error.status]
            raise
        finally:
            if "reply" not in line and "error" not in line:
                line["error"] = ["timeout", "ended by its deadline", True, 0]
            line["seconds"] = round(time.monotonic() - begun, 4)
            self._write(line)

    async def close(self) -> None:
        """Close the file and `inner`."""
        self._file.close()
        await self.inner.close()


class Replayed:
    """Answers from a record, in the order in which each request was asked; asks nobody.

    Args:
        path: file that `Recorded` wrote.
        url, model: of the backend that was recorded.

    Raises:
        FileError: not such a file.
    """

    def __init__(self, path: str | Path, url: str, model: str) -> None:
        self.url, self.model = url, model
        self.formats: dict[str, str] | None = None
        self._lines: dict[str, list[dict[str, Any]]] = {}
        try:
            if Path(path).stat().st_size > MAX_RECORD:
                raise FileError(f"{path}: more than {MAX_RECORD} bytes")
            with open(path, encoding="utf-8") as file:
                for text in file:
                    line = {FORMER.get(key, key): value for key, value in json.loads(text).items()}
                    if "request" not in line:
                        self.formats = line["formats"]
                        continue
                    if "error" in line:
                        _error(line)
                    else:
                        _reply(line)
                    self._lines.setdefault(line["request"], []).append(line)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise FileError(f"{path}: not a record of requests: {error}") from None

    async def complete(self, body: Body, seconds: float) -> Reply:
        """What was recorded, errors included.

        Raises:
            BackendError: what was recorded, or of kind "replay" where this was never asked.
        """
        lines = self._lines.get(key_of(self.url, body))
        if not lines:
            raise BackendError("replay", "this request is not in the record", retryable=False)
        line = lines.pop(0) if len(lines) > 1 else lines[0]
        if "error" in line:
            raise _error(line)
        return _reply(line)._replace(cached=True)

    async def close(self) -> None:
        """Nothing to close."""


def _error(line: dict[str, Any]) -> BackendError:
    kind, message, retryable, status = line["error"]
    return BackendError(
        str(kind), str(message), retryable=bool(retryable), status=int(status), retry_after=0.0
    )


def _reply(line: dict[str, Any]) -> Reply:
    return msgspec.convert(list(line["reply"].values()), Reply)
