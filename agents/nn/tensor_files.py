"""Named arrays in a safetensors file, written whole or not at all, and read with suspicion.

Every size is checked against the file's own and the reader's bounds before anything is allocated; the
format holds numbers and names, so there is no code to run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
import safetensors.numpy
from msgspec import Meta

from gyges.envs import _json, atomic
from gyges.envs.errors import FileError

Arrays = Mapping[str, npt.NDArray[Any]]

MAX_FILE = 8 << 30
"""Largest file of arrays that is read, 8 GiB."""
MAX_HEADER = 8 << 20
"""Longest safetensors header that is read, 8 MiB."""
DTYPES = {"BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "U16": 2, "I32": 4, "U32": 4, "I64": 8, "U64": 8,
          "F32": 4, "F64": 8}  # fmt: skip
"""Types that are read, and their bytes an element."""
_Size = Annotated[int, Meta(ge=0, lt=1 << 48)]
NAMES = {"bool": "BOOL", "uint8": "U8", "int8": "I8", "int16": "I16", "uint16": "U16", "int32": "I32",
         "uint32": "U32", "int64": "I64", "uint64": "U64", "float32": "F32", "float64": "F64"}  # fmt: skip


def pack(arrays: Arrays) -> bytes:
    """Arrays as safetensors.

    Raises:
        FileError: an array of a type that would not be read again.
    """
    for name, array in arrays.items():
        if array.dtype.name not in NAMES:
            raise FileError(f"{name}: arrays of {array.dtype} are not saved")
    return safetensors.numpy.save({k: np.ascontiguousarray(v).reshape(v.shape) for k, v in arrays.items()})


def unpack(data: bytes, where: str) -> dict[str, npt.NDArray[Any]]:
    """Arrays from safetensors, checked by `header` first."""
    header(data, where)
    return {name: array.copy() for name, array in safetensors.numpy.load(data).items()}


def store(folder: Path, kind: str, arrays: Arrays) -> dict[str, Any]:
    """Write arrays under a name that follows from their content; name, bytes and sha256 for a card."""
    data = pack(arrays)
    sha = digest(data)
    name = f"{kind}-{sha[:16]}.safetensors"
    atomic.write_bytes(folder / name, data)
    return {"name": name, "bytes": len(data), "sha256": sha}


def require_network(files: Mapping[Any, Entry], where: str) -> None:
    """Refuse a card's files that hold no network, or of which one is malformed.

    Args:
        files: of a checkpoint folder, by kind: network and perhaps training.
        where: the card, for the message.

    Raises:
        FileError: naming what is wrong.
    """
    if "network" not in files:
        raise FileError(f"{where}: files: expected network and perhaps training")
    for kind, entry in files.items():
        entry.require(kind, f"{where}: files.{kind}")


def write_card(
    path: Path, card: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]], kinds: Sequence[str]
) -> None:
    """Write the card of a checkpoint folder, then remove files of these kinds that it does not name.

    Args:
        path: of the card.
        card: plain JSON.
        files: by kind, as `store` gave them.
        kinds: of the files that such a folder may hold.

    Raises:
        FileError: the card is not plain JSON, or could not be written; the older one stands.
    """
    try:
        text = json.dumps(card, indent=1, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise FileError(f"{path}: the card is not plain JSON: {error}") from None
    atomic.write_text(path, text)
    kept = {entry["name"] for entry in files.values()}
    for old in (one for kind in kinds for one in path.parent.glob(f"{kind}-*.safetensors")):
        if old.name not in kept:
            with contextlib.suppress(OSError):
                old.unlink()


class Entry(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a card, perhaps a stranger's, says of a file: as `store` gave it."""

    name: Annotated[str, Meta(pattern=r"^[a-z]+-[0-9a-f]{16}\.safetensors$")]
    bytes: Annotated[int, Meta(ge=0, le=MAX_FILE)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]

    def require(self, kind: str, where: str) -> None:
        """Raise FileError where the name is not that of its kind and content."""
        if self.name != f"{kind}-{self.sha256[:16]}.safetensors":
            raise FileError(f"{where}: the name {self.name!r} does not follow from its hash")


def fetch(folder: str | Path, entry: Entry) -> tuple[bytes, str]:
    """The bytes of a card's file, and its path; FileError unless they are those the card names."""
    path = Path(folder) / entry.name
    data = read_bytes(path, entry.bytes)
    if len(data) != entry.bytes or digest(data) != entry.sha256:
        raise FileError(f"{path}: {len(data)} bytes that are not those its card names; truncated or changed")
    return data, str(path)


def read_weights(
    folder: str | Path, entry: Entry, expected: Mapping[str, tuple[str, tuple[int, ...]]]
) -> Arrays:
    """A network's arrays.

    Args:
        folder, entry: where they are.
        expected: type and shape of each.

    Raises:
        FileError: other bytes than the card names, other arrays than expected, or some not finite.
    """
    most = 4 * sum(math.prod(shape) for _, shape in expected.values()) + MAX_HEADER
    if entry.bytes > most:
        raise FileError(f"{folder}: {entry.bytes} bytes of weights; the network has at most {most}")
    data, where = fetch(folder, entry)
    require(header(data, where), expected, where)
    arrays = unpack(data, where)
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise FileError(f"{where}: {name} holds numbers that are not finite")
    return arrays


def header(data: bytes, where: str) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of every array in a safetensors file.

    Raises:
        FileError: truncated, overlapping, gapped, oversized, or not safetensors.
    """
    if len(data) < 8:
        raise FileError(f"{where}: {len(data)} bytes are too few for safetensors")
    length = int.from_bytes(data[:8], "little")
    if length > min(MAX_HEADER, len(data) - 8):
        raise FileError(f"{where}: a header of {length} bytes does not fit in a file of {len(data)}")
    parts = _json.parse(data[8 : 8 + length], where)
    extra = parts.pop("__metadata__", {})
    if extra != {}:
        raise FileError(f"{where}: metadata where none was expected")
    spans: list[tuple[int, int]] = []
    found = {}
    for name, part in parts.items():
        kind, shape, span = _entry(part, f"{where}: {name[:80]!r}")
        spans.append(span)
        found[name] = (kind, shape)
    end = 0
    for start, stop in sorted(spans):
        if start != end:
            raise FileError(f"{where}: arrays overlap or leave a gap at byte {end}")
        end = stop
    if end != len(data) - 8 - length:
        raise FileError(f"{where}: arrays end at byte {end} of {len(data) - 8 - length}")
    return found


class _Array(msgspec.Struct, forbid_unknown_fields=True):
    """What a safetensors header says of an array."""

    dtype: Annotated[str, Meta(max_length=16)]
    shape: Annotated[list[_Size], Meta(max_length=8)]
    data_offsets: tuple[_Size, _Size]


def _entry(part: Any, where: str) -> tuple[str, tuple[int, ...], tuple[int, int]]:
    array = _json.convert(part, _Array, where)
    kind, span = array.dtype, array.data_offsets
    if kind not in DTYPES:
        raise FileError(f"{where}: dtype {kind!r} is none of {', '.join(DTYPES)}")
    if span[1] - span[0] != math.prod(array.shape) * DTYPES[kind]:
        raise FileError(f"{where}: {kind} of shape {array.shape} does not fill bytes {span}")
    return kind, tuple(array.shape), span


def require(
    found: Mapping[str, tuple[str, tuple[int, ...]]],
    expected: Mapping[str, tuple[str, tuple[int, ...]]],
    where: str,
) -> None:
    """Raise FileError unless a file holds just the arrays expected."""
    for name in (*sorted(set(expected) - set(found)), *sorted(set(found) - set(expected))):
        raise FileError(f"{where}: {'missing' if name in expected else 'unexpected'} array {name[:80]!r}")
    for name, want in expected.items():
        if found[name] != want:
            kind, shape = found[name]
            raise FileError(f"{where}: {name}: expected {want[0]} of {want[1]}, got {kind} of {shape}")


def read_bytes(path: Path, most: int) -> bytes:
    """A regular file of at most `most` bytes.

    Raises:
        FileError: it is missing, larger, or no regular file.
    """
    if not os.path.isfile(path):
        raise FileError(f"{path}: no such file")
    if path.stat().st_size > most:  # before so much is read
        raise FileError(f"{path}: more than {most} bytes")
    return atomic.read_bytes(path, most)


def digest(data: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()
