"""Take from this process, for good, the right to read or write files outside some places (Linux 5.13 and
later), and to signal others (6.12 and later).

Needs no privilege. Source: the kernel's ``landlock(7)`` manual. Names, sizes and dates of files stay
visible, only their content and the listing of folders do not.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every processor
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = 1, 2, 3, 4, 5
_MAKE_CHAR, _MAKE_BLOCK, _REFER, _TRUNCATE, _IOCTL_DEV = 6, 11, 13, 14, 15
_DEVICES = (_MAKE_CHAR, _MAKE_BLOCK)
_MAKE = range(_MAKE_CHAR, _REFER)
_SCOPED = 3  # abstract sockets and signals of processes outside
_NO_NEW_PRIVILEGES = 38

SYSTEM = (
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/nix/store", "/sys/devices/system", "/sys/fs/cgroup",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys", "/proc/version",
    "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom",
)  # fmt: skip
"""What programs and their libraries read of any Linux."""


def _version() -> int:
    """Landlock's version, less than 1 where there is none."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def has_landlock() -> bool:
    """Whether this kernel offers Landlock."""
    return _version() >= 1


def python_places() -> list[str]:
    """What this Python reads: its own folders, those on its path, this package, what all may read in /etc."""
    import gyges

    places = [*SYSTEM, sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)]
    places += [path for path in sys.path if path]
    places += [
        os.path.join(home, part)
        for home in gyges.__path__
        for part in ("", "envs", "agents", "scenarios", "render")
    ]
    with contextlib.suppress(OSError), os.scandir("/etc") as entries:
        places += [entry.path for entry in entries if entry.stat().st_mode & 0o004]
    return list(dict.fromkeys(os.path.realpath(place) for place in places))


def confine_files(writable: Iterable[str], readable: Iterable[str], hidden: Sequence[str] = ()) -> bool:
    """Allow writing, making and removing files in some places (folders, files), and reading there and in
    others, only.

    Args:
        writable: where to read and write.
        readable: where to read.
        hidden: files that stay unreadable though they lie in a readable folder.

    Returns:
        Whether the kernel does so; False where it has no Landlock.
    """
    version = _version()
    if version < 1:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    read = _bits(_READ_FILE, _READ_DIR)
    write = _bits(_WRITE_FILE, _REMOVE_DIR, _REMOVE_FILE, *_MAKE) & ~_bits(*_DEVICES)
    handled = read | write | _bits(*_DEVICES)
    for since, bit in ((2, _REFER), (3, _TRUNCATE)):
        if version >= since:
            write, handled = write | _bits(bit), handled | _bits(bit)
    if version >= 5:
        handled |= _bits(_IOCTL_DEV)
    attributes = struct.pack("QQQ", handled, 0, _SCOPED)
    attributes = attributes[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if rules < 0:
        return False
    of_file = _bits(_WRITE_FILE, _READ_FILE, _TRUNCATE)
    granted = [(path, read if whole else _bits(_READ_DIR)) for path, whole in _around(readable, hidden)]
    granted += [(path, read | write) for path in writable]
    try:
        for path, access in granted:
            with contextlib.suppress(OSError):
                handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
                below = struct.pack("=Qi", access if os.path.isdir(path) else access & of_file, handle)
                libc.syscall(_ADD, rules, 1, below, ctypes.c_uint32(0))
                os.close(handle)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT, rules, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(rules)


def _around(places: Iterable[str], hidden: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Places to be read whole (True), or only listed (False) where something hidden lies below."""
    for place in places:
        below = [path for path in hidden if os.path.commonpath([place, path]) == place]
        if not below:
            yield place, True
        elif place not in hidden:
            yield place, False
            with contextlib.suppress(OSError):
                yield from _around([os.path.join(place, name) for name in os.listdir(place)], below)


def _bits(*rights: int) -> int:
    return sum(1 << right for right in rights)


def drop_capabilities() -> bool:
    """Give up root's privileges for good, where this process has them (64-bit Linux).

    Returns:
        Whether there are none left.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    head, none = struct.pack("II", 0x20080522, 0), bytes(24)
    return bool(libc.capset(head, none) == 0)
