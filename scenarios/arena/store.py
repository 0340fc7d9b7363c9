"""An arena's results: one SQLite file that grows by whole pairs of games, and is gone on with.

The file remembers under what it was made (variants' texts, openings, horizon, seed); under anything else it
is not gone on with. A policy is its name and the hash of what it is: one that has changed is another.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

import msgspec

from gyges.envs.errors import FileError
from gyges.scenarios import databases
from gyges.scenarios.arena.games import Played
from gyges.scenarios.arena.openings import Balance
from gyges.scenarios.arena.ratings import Score

APPLICATION = 0x47594152  # "GYAR"
VERSION = 1
TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE players (name TEXT PRIMARY KEY, hash TEXT NOT NULL)",
    """CREATE TABLE games (
        variant TEXT NOT NULL, first TEXT NOT NULL, second TEXT NOT NULL, opening INTEGER NOT NULL,
        fen TEXT NOT NULL, swapped INTEGER NOT NULL, score REAL NOT NULL, moves TEXT NOT NULL,
        forfeit TEXT NOT NULL,
        PRIMARY KEY (variant, first, second, opening, swapped), CHECK (first < second),
        CHECK (score IN (0, 0.5, 1)))""",
)


class Made(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Under what a file's games are played."""

    variants: dict[str, str]  # text by name
    horizon: int
    seed: int
    balance: Balance
    transfer: str = ""  # digest of the frozen distribution, where variants of it are played


class Kept(NamedTuple):
    """A game of the file: the score is that of `first`, who sorts before `second`."""

    variant: str
    first: str
    second: str
    opening: int
    fen: str
    swapped: int
    score: float
    moves: str
    forfeit: str


class ArenaFile:
    """Results of an arena. Use as a context manager.

    Attributes:
        made: under what its games are played.

    Args:
        path: made where it does not exist, if `meta` says under what.
        meta: under what games are played; None to read what there is.

    Raises:
        FileError: it is no arena's file, it is damaged, or it was made under something else.
    """

    def __init__(self, path: str | os.PathLike[str], meta: dict[str, Any] | None = None) -> None:
        self.path = os.fspath(path)
        if meta is None and not os.path.exists(path):
            raise FileError(f"{path}: no such file")
        with databases.named(path):
            self._db = sqlite3.connect(path, timeout=60.0, isolation_level=None)
        try:
            self._open(meta)
        except BaseException:
            self._db.close()
            raise

    def _open(self, meta: dict[str, Any] | None) -> None:
        text = {name: json.dumps(value, sort_keys=True) for name, value in (meta or {}).items()}
        with databases.named(self.path):
            application = self._db.execute("PRAGMA application_id").fetchone()[0]
            empty = not self._db.execute("SELECT 1 FROM sqlite_master").fetchone()
        if empty and application == 0 and meta is not None:
            with databases.transaction(self._db, self.path):
                self._db.execute(f"PRAGMA application_id={APPLICATION}")
                self._db.execute(f"PRAGMA user_version={VERSION}")
                for table in TABLES:
                    self._db.execute(table)
                self._db.executemany("INSERT INTO meta VALUES (?, ?)", text.items())
        with databases.named(self.path):
            marks = tuple(
                self._db.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("application_id", "user_version")
            )
        if marks != (APPLICATION, VERSION):
            raise FileError(f"{self.path}: no results of an arena (version {VERSION})")
        was = dict(self._rows("SELECT name, value FROM meta", str, str))
        for name, value in text.items():
            if was.get(name) != value:
                raise FileError(
                    f"{self.path}: made with {name} {was.get(name, 'none')[:80]}, now {value[:80]}"
                )
        try:
            self.made = msgspec.convert({name: json.loads(value) for name, value in was.items()}, Made)
        except (ValueError, RecursionError) as error:
            raise FileError(f"{self.path}: damaged: what it was made under: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def _rows(self, query: str, *kinds: type) -> list[tuple[Any, ...]]:
        """What a query gives, refused where a column is not of its kind."""
        return databases.rows(self._db, self.path, query, *kinds)

    def enter(self, players: dict[str, str]) -> None:
        """Write down who plays, name and hash.

        Raises:
            FileError: one of the name stands there that has changed since.
        """
        stands = dict(self._rows("SELECT name, hash FROM players", str, str))
        for name, digest in players.items():
            if stands.get(name, digest) != digest:
                raise FileError(f"{self.path}: {name} has changed since it played here; take another file")
        with databases.transaction(self._db, self.path):
            self._db.executemany("INSERT OR IGNORE INTO players VALUES (?, ?)", players.items())

    def write(self, variant: str, first: str, second: str, played: Iterable[Played]) -> None:
        """Write whole pairs of games of a pairing, or none of them."""
        turned = first > second
        rows = [
            (variant, *sorted((first, second)), one.opening, one.fen, int(one.swapped != turned),
             1 - one.score if turned else one.score, " ".join(one.moves), one.forfeit)
            for one in played
        ]  # fmt: skip
        with databases.transaction(self._db, self.path), contextlib.suppress(sqlite3.IntegrityError):
            self._db.executemany("INSERT INTO games VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def games(self) -> list[Kept]:
        """All games, by variant, pairing and opening."""
        kinds = (str, str, str, int, str, int, float, str, str)
        order = "variant, first, second, opening, swapped"
        found = [Kept(*row) for row in self._rows(f"SELECT * FROM games ORDER BY {order}", *kinds)]
        for one in found:
            if (
                one.variant not in self.made.variants
                or one.score not in (0, 0.5, 1)
                or one.swapped not in (0, 1)
            ):
                raise FileError(f"{self.path}: damaged: {repr(one[:5])[:80]}")
        return found

    def scores(self, variant: str) -> list[Score]:
        """What was played in a variant, by pairing and opening."""
        found: dict[tuple[str, str, int], list[int]] = {}
        for one in self.games():
            if one.variant == variant:
                points = found.setdefault((one.first, one.second, one.opening), [0, 0, 0])
                points[round(2 - 2 * one.score)] += 1
        return [Score(*key, *points) for key, points in found.items()]
