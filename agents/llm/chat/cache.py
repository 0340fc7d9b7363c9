"""Completions kept: a cache by the exact request, a record of a run, and a run played from its record.

Both files hold requests and completions, so prompts and what models said; they never hold a key.
"""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

from gyges.agents.llm.chat.backends import Backend, Body, Reply, Trouble, key_of
from gyges.envs.errors import FileError

MAX_RECORD = 1 << 30


class Cached:
    """Answers a request that was asked before from a file (SQLite); asks `inner` else."""

    def __init__(self, inner: Backend, path: str | Path) -> None:
        self.inner, self.path = inner, path
        self.url, self.model, self.rungs = inner.url, inner.model, inner.rungs
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
            return None if row is None else _unpack(json.loads(row[0]))
        except (TypeError, ValueError) as error:
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
        self.url, self.model, self.rungs = inner.url, inner.model, inner.rungs
        try:
            self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115  open for the life of the run
        except OSError as error:
            raise FileError(f"{path}: cannot be written: {error.strerror}") from None
        self._write({"url": self.url, "model": self.model, "rungs": self.rungs})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    async def complete(self, body: Body, seconds: float) -> Reply:
        """From `inner`, noting it, troubles included."""
        begun = time.monotonic()
        line: dict[str, Any] = {"request": key_of(self.url, body), "url": self.url, "body": body}
        try:
            reply = await self.inner.complete(body, seconds)
            line["reply"] = reply._asdict()
            return reply
        except Trouble as trouble:
            line["trouble"] = [trouble.kind, str(trouble), trouble.again, trouble.status]
            raise
        finally:
            if "reply" not in line and "trouble" not in line:
                line["trouble"] = ["timeout", "ended by its deadline", True, 0]
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
        self.rungs: dict[str, str] | None = None
        self._lines: dict[str, list[dict[str, Any]]] = {}
        try:
            if Path(path).stat().st_size > MAX_RECORD:
                raise FileError(f"{path}: more than {MAX_RECORD} bytes")
            with open(path, encoding="utf-8") as file:
                for text in file:
                    line = json.loads(text)
                    if "request" not in line:
                        self.rungs = line["rungs"]
                        continue
                    if "trouble" in line:
                        _trouble(line)
                    else:
                        _unpack(list(line["reply"].values()))
                    self._lines.setdefault(line["request"], []).append(line)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise FileError(f"{path}: not a record of requests: {error}") from None

    async def complete(self, body: Body, seconds: float) -> Reply:
        """What was recorded, troubles included.

        Raises:
            Trouble: what was recorded, or of kind "replay" where this was never asked.
        """
        lines = self._lines.get(key_of(self.url, body))
        if not lines:
            raise Trouble("replay", "this request is not in the record", again=False)
        line = lines.pop(0) if len(lines) > 1 else lines[0]
        if "trouble" in line:
            raise _trouble(line)
        return _unpack(list(line["reply"].values()))._replace(cached=True)

    async def close(self) -> None:
        """Nothing to close."""


def _trouble(line: dict[str, Any]) -> Trouble:
    kind, message, again, status = line["trouble"]
    return Trouble(str(kind), str(message), again=bool(again), status=int(status), retry_after=0.0)


def _unpack(parts: Any) -> Reply:
    if not isinstance(parts, list):
        raise ValueError("a reply is a list")
    reply = Reply(*parts)
    if not all(
        isinstance(one, str) for one in (reply.text, reply.finish, reply.refusal, reply.tool, reply.model)
    ):
        raise ValueError("a reply's texts are texts")
    return reply._replace(top=tuple((str(token), float(value)) for token, value in reply.top))
