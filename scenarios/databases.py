"""Errors of SQLite files, which may be damaged or a stranger's, under the package's own name."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from typing import Any

from gyges.envs.errors import FileError

_ERRORS = (sqlite3.Error, sqlite3.Warning, UnicodeDecodeError, OverflowError)
"""What SQLite raises; of a damaged schema its words may not even be text."""


@contextlib.contextmanager
def named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Whatever SQLite says of a file as a FileError."""
    try:
        yield
    except _ERRORS as error:
        raise FileError(f"{path}: {error}") from None


@contextlib.contextmanager
def transaction(db: sqlite3.Connection, path: str | os.PathLike[str]) -> Iterator[None]:
    """Everything within it is written, or nothing.

    Raises:
        FileError: it cannot be written; what was written before stands.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # on a full disk SQLite has done so itself
                db.execute("ROLLBACK")
            raise
    except _ERRORS as error:
        raise FileError(f"{path}: cannot be written: {error}; what was written before stands") from None


def rows(
    db: sqlite3.Connection, path: str | os.PathLike[str], query: str, *kinds: type
) -> list[tuple[Any, ...]]:
    """What a query gives.

    Raises:
        FileError: it cannot be read, or a column is not of its kind.
    """
    with named(path):
        found = db.execute(query).fetchall()
    for row in found:
        if [type(value) for value in row] != list(kinds):
            raise FileError(f"{path}: damaged: {repr(row)[:80]}")
    return found
