"""Take from this process, for good, the system calls that a policy has no use for (Linux).

The kernel's filter (seccomp) answers "not permitted" to starting processes and programs, signalling,
tracing and reading other processes, new namespaces and mounts, and, unless allowed, to sockets.
Threads stay possible. Needs no privilege. Source: the kernel's ``seccomp(2)`` and ``bpf(2)`` manuals.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys

_LD, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_THREAD = 0x00010000  # CLONE_THREAD
_CLONE3 = 435
_COMMON = (424, 425, 434, 438)  # pidfd_send_signal, io_uring_setup, pidfd_open, pidfd_getfd

_X86 = {
    "arch": 0xC000003E,
    "clone": 56,
    # fork, vfork, execve, execveat, setsid
    "start": (57, 58, 59, 322, 112),
    # kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, ptrace, process_vm_readv, -writev,
    # unshare, setns, mount, bpf, perf_event_open
    "touch": (62, 200, 234, 129, 297, 101, 310, 311, 272, 308, 165, 321, 298),
    "socket": (41, 53),
}
_ARM = {
    "arch": 0xC00000B7,
    "clone": 220,
    "start": (221, 281, 157),
    "touch": (129, 130, 131, 138, 240, 117, 270, 271, 97, 268, 40, 280, 241),
    "socket": (198, 199),
}
_TABLES = {"x86_64": _X86, "aarch64": _ARM}


def confine(*, processes: bool = False, network: bool = False) -> bool:
    """Install the filter on this thread and all that it starts.

    Args:
        processes: leave starting processes and signalling them possible.
        network: leave sockets possible.

    Returns:
        Whether it was installed; False on other systems and processors.
    """
    table = _TABLES.get(platform.machine())
    if sys.platform != "linux" or table is None:
        return False
    program = _program(table, processes, network)
    size = len(program) // 8
    buffer = ctypes.create_string_buffer(program, len(program))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxP", size, ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    prctl = libc.prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    if prctl(no_new_privileges, 1, None, 0, 0) != 0:
        return False
    return bool(prctl(set_seccomp, filter_mode, ctypes.cast(head, ctypes.c_void_p), 0, 0) == 0)


def _program(table: dict[str, object], processes: bool, network: bool) -> bytes:
    """The filter, eight bytes an instruction: code, jump if true, jump if false, constant."""
    refused: list[int] = [*_COMMON, *table["touch"]]  # type: ignore[misc]
    if processes:
        refused = [*table["touch"][5:]]  # type: ignore[index]
    else:
        refused += table["start"]  # type: ignore[arg-type]
    if not network:
        refused += table["socket"]  # type: ignore[arg-type]
    no = (_RET, 0, 0, _ERRNO | _EPERM)
    lines = [
        (_LD, 0, 0, 4),  # architecture
        (_JEQ, 1, 0, table["arch"]),
        (_RET, 0, 0, _KILL),
        (_LD, 0, 0, 0),  # number of the call
        (_JGE, 0, 1, 0x40000000),  # the x32 numbers
        no,
    ]
    for number in refused:
        lines += [(_JEQ, 0, 1, number), no]
    if not processes:
        lines += [(_JEQ, 0, 1, _CLONE3), (_RET, 0, 0, _ERRNO | _ENOSYS)]  # libc then uses clone
        lines += [(_JEQ, 0, 3, table["clone"]), (_LD, 0, 0, 16), (_JSET, 1, 0, _THREAD), no]
    lines.append((_RET, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in lines)
