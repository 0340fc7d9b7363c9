"""How the parent and a policy's process talk: framed arrays over pipes. Nothing is ever unpickled.

A frame is ``GYF1``, the header's length (uint32) and the payload's length (uint64), little-endian,
then a JSON header and the raw bytes of the arrays, one after another. The header's ``arrays`` lists
(name, dtype, shape) of each; only plain numeric, truth and text dtypes pass.
"""

from __future__ import annotations

import json
import os
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
MAX_HEADER = 1 << 20
MAX_PAYLOAD = 256 << 20
MAX_ARRAYS = 64
KINDS = "biufSU"


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
        WireError: anything but what the header says.
    """
    try:
        header = json.loads(text)
        listed = header.pop("arrays")
        if not isinstance(listed, list) or len(listed) > MAX_ARRAYS:
            raise ValueError("too many arrays")
        arrays: dict[str, Array] = {}
        at = 0
        for name, kind, shape in listed:
            dtype = np.dtype(kind)
            if not isinstance(name, str) or dtype.kind not in KINDS or dtype.hasobject or dtype.itemsize == 0:
                raise ValueError("an array of a kind that does not pass")
            if len(shape) > 8 or any(type(n) is not int or not 0 <= n <= MAX_PAYLOAD for n in shape):
                raise ValueError("a shape that does not pass")
            count = 1
            for n in shape:
                count *= n
            size = count * dtype.itemsize
            if at + size > len(payload):
                raise ValueError("arrays larger than the payload")
            plain = np.frombuffer(payload, dtype, count, at) if count else np.zeros(0, dtype)
            arrays[name] = plain.reshape(shape)
            at += size
        if at != len(payload):
            raise ValueError("payload left over")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise WireError(f"not a frame as expected: {str(error)[:200]}") from None
    return Frame(header, arrays)


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

    def receive(self, deadline: float | None = None, most: int = MAX_PAYLOAD) -> Frame:
        """Read one frame whose payload has at most `most` bytes."""
        magic, header, payload = HEAD.unpack(self._exactly(HEAD.size, deadline))
        if magic != MAGIC or header > MAX_HEADER or payload > most:
            raise WireError(f"an answer of {header} + {payload} bytes; at most {MAX_HEADER} + {most} pass")
        return decode(self._exactly(header, deadline), self._exactly(payload, deadline))

    def _exactly(self, size: int, deadline: float | None) -> bytes:
        parts: list[bytes] = []
        while size:
            try:
                part = os.read(self.read, min(size, 1 << 20))
            except BlockingIOError:
                _wait(self.read, select.POLLIN, deadline)
                continue
            except OSError:
                raise Ended("closed") from None
            if not part:
                raise Ended("closed")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

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
