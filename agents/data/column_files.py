"""Columns of numbers on disk: ``.npy`` files written front to back and read with suspicion.

A column's header has one fixed size, so that its length can be written last; a reader compares it,
and the file's size, byte for byte with what has to be there, and maps the rest. Nothing is unpickled.
"""

from __future__ import annotations

import io
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.errors import DataError, FileError

HEADER = 128
"""Bytes before the data of every column."""


class Column:
    """One column being written: data first, its length last."""

    def __init__(self, path: Path, dtype: np.dtype[Any], width: tuple[int, ...]) -> None:
        self.dtype, self.width, self.rows = dtype, width, 0
        self.file = path.open("xb")
        self.file.write(b"\0" * HEADER)

    def append(self, values: npt.NDArray[Any]) -> None:
        """Write more rows [n, *width].

        Raises:
            DataError: values that the column's type cannot hold.
        """
        narrow = np.ascontiguousarray(values, dtype=self.dtype)
        if narrow.shape[1:] != self.width or not np.array_equal(narrow, values):
            raise DataError(f"{self.file.name}: {values.dtype} of {values.shape} does not fit {self.dtype}")
        if narrow.size:
            self.file.write(narrow.data)
        self.rows += len(narrow)

    def close(self) -> None:
        """Write the header and close."""
        self.file.seek(0)
        self.file.write(header(self.dtype, (self.rows, *self.width)))
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()


def header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """An npy header of exactly `HEADER` bytes."""
    text = io.BytesIO()
    fields = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(text, fields)
    assert len(text.getvalue()) == HEADER, "npy headers of one- and two-dimensional columns take 128 bytes"
    return text.getvalue()


def open_column(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Map one column after comparing its header and its size, byte for byte, with what must be there."""
    expected = header(dtype, shape)
    size = HEADER + math.prod(shape) * dtype.itemsize
    try:
        if path.is_symlink() or not path.is_file():
            raise FileError(f"{path}: expected a regular file")
        with path.open("rb") as file:
            found = file.read(HEADER)
            length = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    if found != expected:
        raise FileError(f"{path}: expected the header of {dtype} {shape}, got {found[:60]!r}")
    if length != size:
        raise FileError(f"{path}: expected {size} bytes, got {length}")
    if math.prod(shape) == 0:
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype=dtype, mode="r", offset=HEADER, shape=shape)
