"""The folder of a policy's process: how much it holds, and how it is removed, whatever stands in it.

No path here grows with what the policy makes: folders within folders are counted down to a bound and
removed by moving what is in them up, so that neither a path's longest length nor recursion is met.
"""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import stat
from collections.abc import Iterable, Iterator

DEEPEST = 100
"""Folders within folders that are measured; deeper ones count as too much."""
LEAST = 512
"""Bytes that an entry counts at least, for the file system keeps a node for it."""

_Node = tuple[int, int]
"""Device and number of a file."""


def size(folder: str, processes: Iterable[int], largest: int) -> float:
    """Bytes that the files of a folder take, deleted ones that a process still holds among them.

    Args:
        folder: its real path.
        processes: all that may hold files in it.
        largest: bytes that count for a deleted file that is mapped and no longer open.

    Returns:
        Bytes; infinite where they cannot be found out: a folder that is closed to us or deeper than
        `DEEPEST`, or a process that hides what it holds.
    """
    nodes: dict[_Node, int] = {}
    try:
        for state in _standing(folder):
            nodes[state.st_dev, state.st_ino] = max(state.st_blocks * 512, LEAST)
        for pid in processes:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                for state in _deleted(folder, pid):
                    nodes[state.st_dev, state.st_ino] = max(state.st_blocks * 512, LEAST)
                for node in _mapped(folder, pid):
                    nodes.setdefault(node, largest)
    except OSError:
        return math.inf
    return sum(nodes.values())


def _standing(folder: str) -> Iterator[os.stat_result]:
    """What stands in a folder and below it."""
    queue = [(folder, 0)]
    while queue:
        path, depth = queue.pop()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(path) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    state = entry.stat(follow_symlinks=False)
                    yield state
                    if stat.S_ISDIR(state.st_mode):
                        if depth == DEEPEST:
                            raise OSError("deeper than is measured")
                        queue.append((entry.path, depth + 1))


def _deleted(folder: str, pid: int) -> Iterator[os.stat_result]:
    """Files of a folder that a process has open and that no name leads to; threads may have tables of their
    own.
    """
    for task in os.listdir(f"/proc/{pid}/task"):
        table = f"/proc/{pid}/task/{task}/fd"
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for descriptor in os.listdir(table):
                with contextlib.suppress(FileNotFoundError):
                    if os.readlink(f"{table}/{descriptor}").startswith(folder + os.sep):
                        state = os.stat(f"{table}/{descriptor}")
                        if state.st_nlink == 0:
                            yield state


def _mapped(folder: str, pid: int) -> Iterator[_Node]:
    """Files of a folder that a process has in its memory and that no name leads to."""
    head = os.fsencode(folder + os.sep)
    with open(f"/proc/{pid}/maps", "rb") as file:
        for line in file:
            _, _, rest = line.partition(b" ")
            parts = rest.split(None, 4)  # rights, offset, device, number, path
            if len(parts) == 5 and parts[4].startswith(head) and parts[4].rstrip().endswith(b" (deleted)"):
                major, _, minor = parts[2].partition(b":")
                yield os.makedev(int(major, 16), int(minor, 16)), int(parts[3])


def remove(folder: str) -> bool:
    """Remove a folder and all below it; nothing may write to it any more.

    Returns:
        Whether it is gone.
    """
    mark, count = secrets.token_hex(8), 0
    with contextlib.suppress(FileNotFoundError):
        while True:
            before = count
            with os.scandir(folder) as entries:
                found = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in entries]
            for path, below in found:
                with contextlib.suppress(OSError):
                    if below:
                        count += _lift(path, os.path.join(folder, f"{mark}-{count}"))
                        os.rmdir(path)
                    else:
                        os.unlink(path)
                    count += 1
            if count == before:
                break
        with contextlib.suppress(OSError):
            os.rmdir(folder)
    return not os.path.lexists(folder)


def _lift(path: str, to: str) -> int:
    """Move what is in a folder beside it, under names that begin with `to`; how many were moved."""
    os.chmod(path, 0o700)
    moved = 0
    for name in os.listdir(path):
        inner = os.path.join(path, name)
        if stat.S_ISDIR(os.lstat(inner).st_mode):
            os.chmod(inner, 0o700)  # to be moved, a folder has to be writable itself
        os.rename(inner, f"{to}-{moved}")
        moved += 1
    return moved
