"""Files written whole or not at all (the old or the new content stands at the path), and bounded reading."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from gyges.envs.errors import FileError


def write(path: str | os.PathLike[str], make: Callable[[Path], object]) -> Path:
    """Let `make` write a file under a temporary name beside `path`, flush it to disk and move it into place.

    Args:
        path: where the file is to stand; missing folders are made.
        make: writes the file at the path that it is given, whose suffix is that of `path`.

    Returns:
        `path`.

    Raises:
        FileError: it could not be written (a full disk, say); what stood there stands, and nothing is left
            beside it. Whatever else `make` raises passes through, likewise.
    """
    target = Path(path)
    name = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(target.suffix, f".{target.name[:64]}.", target.parent)
        os.close(handle)
        make(Path(name))
        with open(name, "rb+") as file:
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, target)
    except OSError as error:
        raise FileError(f"{target}: cannot be written: {error.strerror or error}") from None
    else:
        name = None
    finally:
        if name is not None:
            Path(name).unlink(missing_ok=True)
    return target


def write_bytes(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write bytes; see `write`."""
    return write(path, lambda target: target.write_bytes(data))


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write UTF-8; see `write`."""
    return write_bytes(path, text.encode())


def read_bytes(path: str | os.PathLike[str], most: int) -> bytes:
    """A file's bytes.

    Raises:
        FileError: it cannot be read, or has more than `most` bytes.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > most:
        raise FileError(f"{path}: more than {most} bytes")
    return data
