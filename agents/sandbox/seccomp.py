"""Take from this process, for good, the system calls that a policy has no use for (Linux).

The kernel's filter (seccomp) answers "not permitted" to starting processes and programs; to signalling,
tracing, reading, slowing or limiting other processes; to outliving its supervisor; to namespaces, mounts and
the machine's clock; to what outlives the process (shared memory, message queues, keys); and, unless allowed,
to sockets. Changing a file's mode, owner or times does nothing, and says that it worked, for libraries do so
in passing. Threads stay possible. Needs no privilege. Source: the kernel's ``seccomp(2)`` and ``bpf(2)``
manuals and its tables of system calls.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from typing import NamedTuple

_LD, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS, _EOPNOTSUPP = 1, 38, 95
_FCHMODAT2 = 452
_THREAD = 0x00010000  # CLONE_THREAD
_CLONE3 = 435
_NUMBER, _ARCH, _FIRST, _SECOND = 0, 4, 16, 24  # where the filter finds a call's number and arguments
_DEATH_SIGNAL = 1  # prctl: PR_SET_PDEATHSIG, by which a process ends with its supervisor
_OWNERS = (8, 10, 15)  # fcntl: F_SETOWN, F_SETSIG, F_SETOWN_EX, by which a pipe sends signals

_COMMON = (
    424, 425, 434, 438, 440, 448,  # pidfd_send_signal, io_uring_setup, pidfd_open, _getfd, process_m*
    463, 466,  # setxattrat, removexattrat
    428, 429, 430, 431, 432, 433, 442, 447,  # the new calls for mounts; memfd_secret
)  # fmt: skip
"""The same numbers on every processor."""


class _Table(NamedTuple):
    """Numbers of one processor's system calls."""

    arch: int
    clone: int
    start: tuple[int, ...]  # fork, vfork, execve, execveat, setsid
    signal: tuple[int, ...]  # kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo
    touch: tuple[int, ...]  # other processes and the kernel: ptrace ...
    outlive: tuple[int, ...]  # what stays when the process has gone, or is memory that no limit counts
    machine: tuple[int, ...]  # what only root may, who should not be evaluating either
    mode: tuple[int, ...]  # a file's mode, owner and times, which Landlock does not guard
    label: tuple[int, ...]  # a file's extended attributes
    socket: tuple[int, ...]
    first: tuple[int, ...]  # calls on a process, allowed on oneself (0): prlimit64, sched_setaffinity
    fcntl: int
    prctl: int


_X86 = _Table(
    arch=0xC000003E,
    clone=56,
    start=(57, 58, 59, 322, 112),
    signal=(62, 200, 234, 129, 297),
    # ptrace, process_vm_readv, -writev, unshare, setns, mount, bpf, perf_event_open, kcmp, setpriority,
    # sched_setparam, -scheduler, -attr, ioprio_set, migrate_pages, move_pages, userfaultfd
    touch=(101, 310, 311, 272, 308, 165, 321, 298, 312, 141, 142, 144, 314, 251, 256, 279, 323),
    # shmget, shmat, shmctl, semget, semop, semctl, semtimedop, msg*, mq_open, add_key, request_key, keyctl,
    # memfd_create
    # chmod, fchmod, chown, fchown, lchown, fchownat, fchmodat, utime, utimes, futimesat, utimensat
    mode=(90, 91, 92, 93, 94, 260, 268, 132, 235, 261, 280),
    label=(188, 189, 190, 197, 198, 199),  # setxattr, removexattr
    outlive=(29, 30, 31, 64, 65, 66, 220, 68, 69, 70, 71, 240, 248, 249, 250, 319),
    # reboot, kexec_load, kexec_file_load, init_, finit_, delete_module, swapon, swapoff, settimeofday,
    # clock_settime, adjtimex, clock_adjtime, sethostname, setdomainname, acct, quotactl, pivot_root,
    # chroot, umount2, open_by_handle_at, iopl, ioperm, syslog, truncate (ftruncate stays)
    machine=(
        169, 246, 320, 175, 313, 176, 167, 168, 164, 227, 159, 305, 170, 171, 163, 179, 155, 161, 166, 304,
        172, 173, 103, 76,
    ),
    socket=(41, 53),
    first=(302, 203),
    fcntl=72,
    prctl=157,
)  # fmt: skip
_ARM = _Table(
    arch=0xC00000B7,
    clone=220,
    start=(221, 281, 157),
    signal=(129, 130, 131, 138, 240),
    touch=(117, 270, 271, 97, 268, 40, 280, 241, 272, 140, 118, 119, 274, 30, 238, 239, 282),
    mode=(52, 53, 54, 55, 88),
    label=(5, 6, 7, 14, 15, 16),
    outlive=(194, 196, 195, 190, 193, 191, 192, 186, 187, 188, 189, 180, 217, 218, 219, 279),
    machine=(
        142, 104, 294, 105, 273, 106, 224, 225, 170, 112, 171, 266, 161, 162, 89, 60, 41, 51, 39, 265, 116,
        45,
    ),
    socket=(198, 199),
    first=(261, 122),
    fcntl=25,
    prctl=167,
)  # fmt: skip
_TABLES = {"x86_64": _X86, "aarch64": _ARM}


def has_filter() -> bool:
    """Whether there is a filter for this system and processor."""
    return sys.platform == "linux" and platform.machine() in _TABLES


def confine(*, processes: bool = False, network: bool = False) -> bool:
    """Install the filter on this thread and all that it starts.

    Args:
        processes: leave starting processes and signalling them possible.
        network: leave sockets possible.

    Returns:
        Whether it was installed; False on other systems and processors.
    """
    if not has_filter():
        return False
    program = _program(_TABLES[platform.machine()], processes, network)
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


def _program(table: _Table, processes: bool, network: bool) -> bytes:
    """The filter, eight bytes an instruction: code, jump if true, jump if false, constant."""
    refused = [*_COMMON, *table.touch, *table.outlive, *table.machine]
    if processes:
        refused = [number for number in refused if number not in (424, 434)]  # pidfds of its own
    else:
        refused += [*table.start, *table.signal]
    if not network:
        refused += table.socket
    no = (_RET, 0, 0, _ERRNO | _EPERM)
    number = (_LD, 0, 0, _NUMBER)
    lines = [
        (_LD, 0, 0, _ARCH),
        (_JEQ, 1, 0, table.arch),
        (_RET, 0, 0, _KILL),
        number,
        (_JGE, 0, 1, 0x40000000),  # the x32 numbers
        no,
    ]
    for call in (*table.mode, _FCHMODAT2):
        lines += [(_JEQ, 0, 1, call), (_RET, 0, 0, _ERRNO)]  # nothing is done, and no error given
    for call in table.label:
        lines += [(_JEQ, 0, 1, call), (_RET, 0, 0, _ERRNO | _EOPNOTSUPP)]
    for call in refused:
        lines += [(_JEQ, 0, 1, call), no]
    for call in table.first:
        lines += [(_JEQ, 0, 4, call), (_LD, 0, 0, _FIRST), (_JEQ, 1, 0, 0), no, number]
    lines += [(_JEQ, 0, 4, table.prctl), (_LD, 0, 0, _FIRST), (_JEQ, 0, 1, _DEATH_SIGNAL), no, number]
    lines += [(_JEQ, 0, 2 + 2 * len(_OWNERS), table.fcntl), (_LD, 0, 0, _SECOND)]
    for command in _OWNERS:
        lines += [(_JEQ, 0, 1, command), no]
    lines.append(number)
    if not processes:
        lines += [(_JEQ, 0, 1, _CLONE3), (_RET, 0, 0, _ERRNO | _ENOSYS)]  # libc then uses clone
        lines += [(_JEQ, 0, 3, table.clone), (_LD, 0, 0, _FIRST), (_JSET, 1, 0, _THREAD), no]
    lines.append((_RET, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in lines)
