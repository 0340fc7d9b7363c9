"""Writes datasets (`gyges.agents.data.dataset`): decisions episode by episode, and what follows from them."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from gyges.agents.data import dataset as D
from gyges.agents.data.column_files import Column
from gyges.envs import atomic
from gyges.envs.choice_point import headline, headline_violations, severity
from gyges.envs.errors import DataError, FileError


class Shard(NamedTuple):
    """Episodes of E seats with their D decisions, in order of (environment, seat, time)."""

    row: npt.NDArray[np.int64]  # [E] which environment of the seed
    seat: npt.NDArray[Any]  # [E]
    part: npt.NDArray[np.int16]  # [E] who played
    length: npt.NDArray[Any]  # [E] decisions, 1 or more
    ended: npt.NDArray[np.uint8]  # [E]
    final: npt.NDArray[Any]  # [E, F] observation after the last step
    columns: dict[str, npt.NDArray[Any]]  # [D, ...] of `Steps`, but for seat and episode

    @property
    def decisions(self) -> int:
        """Number D of decisions."""
        return int(self.length.sum())

    def trim(self, most: int) -> Shard:
        """The first environments that together hold at least `most` decisions."""
        reached = int(np.searchsorted(np.cumsum(self.length), most))
        if reached >= len(self.row):
            return self
        kept = self.row <= self.row[reached]
        count = int(self.length[kept].sum())
        columns = {name: values[:count] for name, values in self.columns.items()}
        tables = {name: getattr(self, name)[kept] for name in self._fields if name != "columns"}
        return Shard(columns=columns, **tables)


class Writer:
    """Appends shards to the columns of a folder.

    Args:
        folder: empty.
        manifest: what is known already; numbers of rows are filled in at the end.
    """

    def __init__(self, folder: Path, manifest: D.Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        self.decisions = self.windows = self.seats = self.rows = 0
        m = manifest
        self.columns = {
            (table, name): Column(
                folder / f"{table}.{name}.npy",
                D.dtype_of(table, name, m.feature_dtype),
                D.width_of(name, m.num_features, m.num_actions),
            )
            for table, kind in D.TABLES.items()
            for name in kind._fields
        }

    def write(self, shard: Shard) -> None:
        """Add one shard.

        Raises:
            DataError: values that a column cannot hold.
        """
        c, length = shard.columns, shard.length
        ledger = c["ledger"]
        start = np.cumsum(length) - length
        owner = np.repeat(np.arange(self.seats, self.seats + len(start)), length)
        self._append("steps", **c, seat=np.repeat(shard.seat, length), episode=owner)
        violation = headline_violations(ledger)
        sums = {
            "reward": c["reward"],
            "welfare": c["welfare"],
            "severity": np.maximum(severity(ledger), 0) * violation,
            "violations": violation,
            "headline": headline(ledger),
        }
        place = np.arange(len(owner)) - np.repeat(start, length)
        windows = np.flatnonzero(place % self.manifest.segment == 0)
        self._append("segments", start=windows + self.decisions,
                     length=np.diff(np.append(windows, len(owner))), episode=owner[windows],
                     **_sums(sums, windows))  # fmt: skip
        self._append("episodes", start=start + self.decisions, length=length, row=shard.row, seat=shard.seat,
                     part=shard.part, ended=shard.ended, final=shard.final, **_sums(sums, start))  # fmt: skip
        self.decisions += len(owner)
        self.windows += len(windows)
        self.seats += len(start)
        self.rows = int(shard.row[-1]) + 1

    def _append(self, table: str, **values: npt.NDArray[Any]) -> None:
        for name in D.TABLES[table]._fields:
            self.columns[table, name].append(values[name])

    @property
    def counted(self) -> D.Manifest:
        """The manifest, with the rows written so far."""
        return msgspec.structs.replace(
            self.manifest, num_steps=self.decisions, num_segments=self.windows, num_episodes=self.seats
        )

    def close(self) -> None:
        """Close every file, whatever state it is in."""
        for column in self.columns.values():
            column.file.close()

    def finish(self) -> None:
        """Finish the columns, then the manifest that makes them a dataset."""
        for column in self.columns.values():
            column.close()
        text = json.dumps(msgspec.to_builtins(self.counted), indent=1, allow_nan=False)
        atomic.write_text(self.folder / D.MANIFEST, text)


def _sums(values: Mapping[str, npt.NDArray[Any]], start: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    return {name: np.add.reduceat(np.asarray(v, np.int64), start) for name, v in values.items()}


LOCK = ".recording"
"""Lies in the folder while it is written to, so that no other recorder takes it."""


@contextlib.contextmanager
def taken(path: Path) -> Iterator[Path]:
    """A new folder, taken away again when the disk does not hold it or anything fails."""
    lock = path / LOCK
    if path.exists() and not path.is_dir():
        raise FileError(f"{path}: there is something already; a dataset needs a folder of its own")
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock.open("x").close()
    except FileExistsError:
        raise FileError(
            f"{path}: another recording is being written there, or was cut off; use another folder"
        ) from None
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}") from error
    if [*path.iterdir()] != [lock]:
        lock.unlink()
        raise FileError(f"{path}: there is something already; a dataset needs a folder of its own")
    try:
        yield path
    except OSError as error:
        shutil.rmtree(path, ignore_errors=True)
        raise FileError(f"{path}: cannot be written: {error.strerror}") from error
    except BaseException:
        if not (path / D.MANIFEST).exists():
            shutil.rmtree(path, ignore_errors=True)
        raise
    finally:
        lock.unlink(missing_ok=True)


def written(out: Path, manifest: D.Manifest, shards: Iterable[Shard], source: str) -> D.Dataset:
    """Write a dataset again that was kept in another form.

    Args:
        out: a folder that does not exist yet, or is empty.
        manifest: of the dataset as it was.
        shards: all that it held, in order.
        source: where they come from, for errors.

    Raises:
        DataError: they are not what the manifest promises; nothing is left behind.
        FileError: the folder is taken, or cannot be written.
    """
    with taken(out) as folder, contextlib.closing(Writer(folder, manifest)) as writer:
        for shard in shards:
            writer.write(shard)
        if writer.counted != manifest:
            raise DataError(
                f"{source}: {writer.decisions} decisions of {writer.seats} episodes of seats; its manifest "
                f"promises {manifest.num_steps} of {manifest.num_episodes}"
            )
        writer.finish()
    return D.Dataset(out)
