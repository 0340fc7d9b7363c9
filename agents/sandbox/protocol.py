"""How the parent and a policy's process talk: framed arrays over pipes. Nothing is ever unpickled.

A frame is ``GYF1``, the header's length (uint32) and the payload's length (uint64), little-endian,
then a JSON header and the raw bytes of the arrays, one after another. The header's ``arrays`` lists
(name, dtype, shape) of each; only plain numeric, truth and text dtypes pass.
"""

from __future__ import annotations

import json
import math
import os
import re
import select
import struct
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MAGIC = b"GYF1"
HEAD = struct.Struct("<4sIQ")
MAX_HEADER = 16 << 20  # 32 pairs that each say as much as an episode keeps, in the longest escapes
MAX_PAYLOAD = 256 << 20
MAX_ARRAYS = 64
KINDS = "biufSU"
_DTYPE = re.compile(rf"[<|][{KINDS}][1-9][0-9]{{0,8}}")
_LAST_CHARACTER = 0x10FFFF


class WireError(Exception):
    """The other side sent something that is not a frame, or ended, or was too slow."""


class Late(WireError):
    """The deadline passed."""


class Ended(WireError):
    """The other side closed the pipe."""


class Frame(NamedTuple):
    """One message."""

    header: dict[str, Any]
    arrays: dict[str, Array]


def encode(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> list[bytes]:
    """The bytes of a frame, in pieces.

    Raises:
        WireError: an array of objects or of another kind that does not pass.
    """
    listed, pieces = [], []
    for name, array in arrays.items():
        plain = np.ascontiguousarray(array).reshape(np.shape(array))
        if plain.dtype.kind not in KINDS or plain.dtype.itemsize == 0:
            raise WireError(f"{name}: arrays of {plain.dtype} do not pass")
        listed.append([name, plain.dtype.newbyteorder("<").str, list(plain.shape)])
        pieces.append(plain.astype(plain.dtype.newbyteorder("<"), copy=False).tobytes())
    text = json.dumps({**header, "arrays": listed}).encode()
    return [HEAD.pack(MAGIC, len(text), sum(map(len, pieces))) + text, *pieces]


def decode(text: bytes, payload: bytes) -> Frame:
    """A frame from its header and payload; arrays are read-only views.

    Raises:
        WireError: anything but what the header says. Nothing else is raised, whatever the bytes are.
    """
    try:
        header = json.loads(text)
        listed = header.pop("arrays")
        if not isinstance(listed, list) or len(listed) > MAX_ARRAYS:
            raise ValueError("too many arrays")
        arrays: dict[str, Array] = {}
        at = 0
        for name, kind, shape in listed:
            if not isinstance(name, str) or not isinstance(kind, str) or not _DTYPE.fullmatch(kind):
                raise ValueError("an array of a kind that does not pass")
            if len(shape) > 8 or any(type(n) is not int or not 0 <= n <= MAX_PAYLOAD for n in shape):
                raise ValueError("a shape that does not pass")
            dtype = np.dtype(kind)
            count = math.prod(shape)
            size = count * dtype.itemsize
            if at + size > len(payload):
                raise ValueError("arrays larger than the payload")
            plain = np.frombuffer(payload, dtype, count, at) if count else np.zeros(0, dtype)
            arrays[name] = _sound(plain).reshape(shape)
            at += size
        if at != len(payload):
            raise ValueError("payload left over")
    except Exception as error:  # the last resort: what foreign bytes make a parser do is not to be foreseen
        raise WireError(f"not a frame as expected: {str(error)[:200]}") from None
    return Frame(header, arrays)


def _sound(array: Array) -> Array:
    """An array whose bytes are values of its kind: truth is 0 or 1, text is characters."""
    if array.dtype.kind == "b" and (array.view(np.uint8) > 1).any():
        raise ValueError("a truth value that is neither 0 nor 1")
    if array.dtype.kind == "U" and len(array) and (array.view("<u4") > _LAST_CHARACTER).any():
        raise ValueError("text of what is no character")
    return array


class Channel:
    """Frames over a pair of pipes, each call with a deadline (`time.monotonic`); None waits for ever."""

    def __init__(self, read: int, write: int) -> None:
        self.read, self.write = read, write
        os.set_blocking(read, False)
        os.set_blocking(write, False)

    def send(
        self, header: Mapping[str, Any], arrays: Mapping[str, Array], deadline: float | None = None
    ) -> None:
        """Write one frame."""
        for piece in encode(header, arrays):
            view = memoryview(piece)
            while view:
                try:
                    view = view[os.write(self.write, view[: 1 << 20]) :]
                except BlockingIOError:
                    _wait(self.write, select.POLLOUT, deadline)
                except OSError:
                    raise Ended("closed") from None

    def receive(self) -> Frame:
        """Read one frame."""
        return decode(*self.take())

    def take(self, deadline: float | None = None) -> tuple[bytes, bytes]:
        """Read the bytes of one frame, header and payload, and look into neither."""
        magic, header, payload = HEAD.unpack(self._exactly(HEAD.size, deadline))
        if magic != MAGIC or header > MAX_HEADER or payload > MAX_PAYLOAD:
            most = f"{MAX_HEADER} + {MAX_PAYLOAD}"
            raise WireError(f"an answer of {header} + {payload} bytes; at most {most} pass")
        return self._exactly(header, deadline), self._exactly(payload, deadline)

    def _exactly(self, size: int, deadline: float | None) -> bytes:
        found = bytearray()
        while len(found) < size:
            try:
                part = os.read(self.read, min(size - len(found), 1 << 20))
            except BlockingIOError:
                _wait(self.read, select.POLLIN, deadline)
                continue
            except OSError:
                raise Ended("closed") from None
            if not part:
                raise Ended("closed")
            found += part
        return bytes(found)

    def close(self) -> None:
        """Close both pipes."""
        for descriptor in (self.read, self.write):
            os.close(descriptor)


def _wait(descriptor: int, what: int, deadline: float | None) -> None:
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        raise Late("no answer in time")
    poller = select.poll()
    poller.register(descriptor, what)
    if not poller.poll(None if left is None else left * 1000) and deadline is not None:
        raise Late("no answer in time")
