"""Take from this process, for good, the right to write files outside some folders (Linux 5.13 and later).

Needs no privilege. Source: the kernel's ``landlock(7)`` manual.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Sequence

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every processor
_WRITE_FILE, _REMOVE_DIR, _REFER, _TRUNCATE = 1, 4, 13, 14
_NO_NEW_PRIVILEGES = 38


def _version() -> int:
    """Landlock's version, less than 1 where there is none."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def has_landlock() -> bool:
    """Whether this kernel offers Landlock."""
    return _version() >= 1


def confine_writing(places: Sequence[str]) -> bool:
    """Allow writing, making and removing files in these places (folders, files) only.

    Returns:
        Whether the kernel does so; False where it has no Landlock.
    """
    version = _version()
    if version < 1:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    bits = [_WRITE_FILE, *range(_REMOVE_DIR, _REFER)]
    bits += [_REFER] * (version >= 2) + [_TRUNCATE] * (version >= 3)
    access = sum(1 << bit for bit in bits)
    attributes = struct.pack("Q", access)
    rules = libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if rules < 0:
        return False
    try:
        for place in places:
            with contextlib.suppress(OSError):
                handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
                of_file = access & (1 << _WRITE_FILE | 1 << _TRUNCATE)
                below = struct.pack("=Qi", access if os.path.isdir(place) else of_file, handle)
                libc.syscall(_ADD, rules, 1, below, ctypes.c_uint32(0))
                os.close(handle)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT, rules, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(rules)
