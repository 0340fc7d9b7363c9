"""Packed datasets (`gyges.scenarios.packs`) as recorded datasets again, byte for byte, to learn from.

Every file is compared with its hash, and the columns with what the manifest promises, before a row of it
is used.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import MANIFEST, MANIFEST_LIMIT, Dataset, Manifest, manifest_of
from gyges.agents.data.writer import Shard, written
from gyges.envs import atomic
from gyges.envs.choice_point import LEDGER, LEDGER_COLUMNS
from gyges.envs.errors import DataError, FileError
from gyges.envs.extras import require
from gyges.scenarios.packs import CHUNK, DECISIONS, EPISODES, FLAGS, PACKED, SUMS

SUMS_LIMIT = 1 << 22
_LINE = re.compile(r"([0-9a-f]{64})  ((?:data|episodes)/train-\d{5}-of-\d{5}\.parquet|dataset\.json)")


def dataset(path: str | Path) -> Dataset:
    """A recorded dataset; one that is packed is unpacked into a temporary folder, which goes with it.

    Raises:
        FileError, DataError: it is neither, or not whole.
        MissingExtraError: it is packed, and pyarrow is not installed.
    """
    path = Path(path)
    if (path / MANIFEST).exists() or not (path / PACKED).exists():
        return Dataset(path)
    folder = tempfile.TemporaryDirectory(prefix="gyges-data-")
    found = unpack(path, Path(folder.name) / "data")
    found.held = folder
    return found


def unpack(source: Path, out: Path) -> Dataset:
    """Make a recorded dataset of a packed one.

    Args:
        source: what `gyges.scenarios.packs.pack` wrote of a dataset.
        out: a folder that does not exist yet, or is empty.

    Raises:
        FileError: a file is missing, or is not that of its hash; or `out` cannot be written.
        DataError: the columns are not what the manifest promises.
        MissingExtraError: pyarrow is not installed.
    """
    require("hub", "pyarrow", part="packed datasets")
    files = _checked(source)
    manifest = manifest_of(atomic.read_bytes(source / PACKED, MANIFEST_LIMIT), source / PACKED)
    names = {kind: [path for path in files if path.parent.name == kind] for kind in (DECISIONS, EPISODES)}
    return written(out, manifest, _shards(names[DECISIONS], names[EPISODES], manifest), str(source))


def _checked(source: Path) -> list[Path]:
    """The files that the list of hashes names, each of which is as it says."""
    text = atomic.read_bytes(source / SUMS, SUMS_LIMIT).decode(errors="replace")
    found = []
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise FileError(
                f"{source / SUMS}: expected a hash and a file of a packed dataset, got {line[:90]!r}"
            )
        path = source / match[2]
        try:
            if path.is_symlink() or not path.is_file():
                raise FileError(f"{path}: expected a regular file")
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise FileError(f"{path}: cannot be read: {error.strerror}") from None
        if digest != match[1]:
            raise FileError(f"{path}: SHA-256 {digest[:16]}..., where {SUMS} says {match[1][:16]}...")
        found.append(path)
    if source / PACKED not in found:
        raise FileError(f"{source}: {SUMS} names no {PACKED}: not a packed dataset, or one of gyges 0.1")
    return sorted(found)


def _batches(paths: list[Path]) -> Iterator[dict[str, Any]]:
    """Columns of some rows after the other, as arrow arrays by name."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    for path in paths:
        try:
            with parquet.ParquetFile(path) as file:
                for batch in file.iter_batches(CHUNK):
                    yield dict(zip(batch.schema.names, batch.columns, strict=True))
        except (pa.ArrowException, OSError) as error:
            raise FileError(f"{path}: not as gyges packs it: {str(error)[:200]}") from None


def _shards(decisions: list[Path], episodes: list[Path], manifest: Manifest) -> Iterator[Shard]:
    """The seats' episodes with their decisions, some at a time."""
    try:
        tables = [_episodes(batch, manifest) for batch in _batches(episodes)]
        table = {name: np.concatenate([one[name] for one in tables]) for name in tables[0]} if tables else {}
        lengths, done = table.pop("length", np.zeros(0, np.int64)), 0
        waiting: dict[str, npt.NDArray[Any]] = {}
        for batch in _batches(decisions):
            new = _decisions(batch, manifest)
            waiting = {n: np.concatenate([waiting[n], new[n]]) if waiting else new[n] for n in new}
            whole = int(np.searchsorted(np.cumsum(lengths[done:]), len(waiting["action"]), side="right"))
            if whole:
                count = int(lengths[done : done + whole].sum())
                columns = {name: values[:count] for name, values in waiting.items()}
                some = slice(done, done + whole)
                mine = {name: values[some] for name, values in table.items()}
                yield Shard(length=lengths[some], columns=columns, **mine)
                waiting = {name: values[count:] for name, values in waiting.items()}
                done += whole
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise DataError(f"{manifest.game}: columns are not as gyges packs them: {error!r}") from None


def _episodes(batch: dict[str, Any], manifest: Manifest) -> dict[str, npt.NDArray[Any]]:
    """Columns of the table of episodes."""
    found = {name: _numbers(batch[name]) for name in ("row", "seat", "part", "ended", "length")}
    if (found["length"] < 1).any():
        raise ValueError("an episode without decisions")
    return {**found, "final": _rows(batch["final"], manifest.num_features)}


def _decisions(batch: dict[str, Any], manifest: Manifest) -> dict[str, npt.NDArray[Any]]:
    """Columns of the table of steps, but for those that follow from the episodes."""
    action = _numbers(batch["action"])
    ledger = np.zeros((len(action), LEDGER_COLUMNS), np.int32)
    ledger[:, LEDGER.moved] = 1  # a recorded decision is one that was due
    ledger[:, LEDGER.watched] = _numbers(batch["watched"])
    if manifest.labels == "full":
        for name in ("label", "norms", "clean", "unaligned", "stake", *FLAGS):
            ledger[:, getattr(LEDGER, name)] = _numbers(batch[name])
        for name, column in (("harm", LEDGER.harm), ("least_harm", LEDGER.least)):
            ledger[:, column] = _whole(batch[name], manifest.welfare_scale)
    return {
        "codes": _rows(batch["observation"], manifest.num_features),
        "bits": _bits(batch["legal"], manifest.num_actions),
        "action": action,
        "tick": _numbers(batch["tick"]),
        "reward": _whole(batch["reward"], manifest.reward_scale),
        "welfare": _whole(batch["welfare"], manifest.welfare_scale),
        "ledger": ledger,
    }


def _numbers(column: Any) -> npt.NDArray[Any]:
    """A column of whole numbers or truth values."""
    found = np.asarray(column.to_numpy(zero_copy_only=False))
    if found.dtype.kind not in "iub":
        raise ValueError(f"expected whole numbers, got {found.dtype}")
    return found


def _whole(column: Any, scale: int) -> npt.NDArray[np.int64]:
    """A column of numbers in a unit, as whole parts of it."""
    scaled = np.asarray(column.to_numpy(zero_copy_only=False), np.float64) * scale
    found = np.rint(scaled)
    if not np.allclose(found, scaled, rtol=0, atol=1e-3):
        raise ValueError(f"expected multiples of 1/{scale}")
    return found.astype(np.int64)


def _rows(column: Any, width: int) -> npt.NDArray[Any]:
    """A column of lists of one length."""
    found = _numbers(column.flatten()).reshape(len(column), -1)
    if found.shape[1] != width:
        raise ValueError(f"expected {width} numbers a row, got {found.shape[1]}")
    return found


def _bits(column: Any, actions: int) -> npt.NDArray[np.uint8]:
    """Lists of legal actions as bits."""
    numbers, lengths = _numbers(column.flatten()), _numbers(column.value_lengths())
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < actions:
        raise ValueError(f"expected actions from 0 to {actions - 1}")
    legal = np.zeros((len(column), actions), np.uint8)
    legal[np.repeat(np.arange(len(column)), lengths), numbers] = 1
    return np.packbits(legal, axis=1, bitorder="little")
