"""A policy that tries every door, and says in words which were open. Run in a worker process only."""

import ctypes
import fcntl
import gc
import glob
import importlib
import mmap
import os
import resource
import signal
import socket
import sys
import threading

from gyges.envs.policy import Decision

LIBC = ctypes.CDLL(None, use_errno=True)
HERE = os.path.dirname(os.path.abspath(__file__))


class Honest:
    """Draws its fair share; `sin` may do otherwise on day 2."""

    def initial(self, rows):
        return None

    def act(self, observation, memory):
        action = (1 + observation.codes[:, 2]) * observation.to_move
        decision = Decision(action.astype("int32"), memory)
        now = observation.codes[:, 5] == 2
        return self.sin(observation, decision, now) or decision if now.any() else decision

    def sin(self, observation, decision, now):
        return None


def call(number, *arguments):
    """A system call; its result, or the error as an exception."""
    result = LIBC.syscall(
        ctypes.c_long(number), *(ctypes.c_long(a) if type(a) is int else a for a in arguments)
    )
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def parents():
    """The supervisor, and the process that evaluates."""
    with open("/proc/self/stat") as file:
        supervisor = int(file.read().rpartition(")")[2].split()[1])
    return supervisor


def read(path):
    with open(path, "rb") as file:
        return file.read(16) or b"empty"


def write(path):
    with open(path, "ab") as file:
        file.write(b"#")
    return "wrote"


def attempts(target):
    """Name -> a try. `target` is a folder with results.db and secret.txt in it."""
    up = parents()
    results, secret = os.path.join(target, "results.db"), os.path.join(target, "secret.txt")
    pipe = os.pipe()
    from gyges.scenarios.counterfactual import bank

    banks = glob.glob(str(bank.FOLDER / "*.npz"))
    return {
        # The truth, in the parent.
        "parent's memory": lambda: read(f"/proc/{up}/mem"),
        "parent's maps": lambda: read(f"/proc/{up}/maps"),
        "parent's environment": lambda: read(f"/proc/{up}/environ"),
        "parent's arguments": lambda: read(f"/proc/{up}/cmdline"),
        "parent's files": lambda: os.listdir(f"/proc/{up}/fd"),
        "all processes": lambda: os.listdir("/proc"),
        "trace the parent": lambda: call(101, 16, up, 0, 0),
        "read by process_vm": lambda: call(310, up, 0, 0, 0, 0, 0),
        "take a descriptor": lambda: call(438, call(434, up, 0), 0, 0),
        "a batch in memory": lambda: next(o for o in gc.get_objects() if type(o).__name__ == "Batch"),
        # Files.
        "results": lambda: read(results),
        "results by /proc/self/root": lambda: read(f"/proc/self/root{results}"),
        "results by a link": lambda: (os.symlink(results, "l"), read("l")),
        "results by a hard link": lambda: os.link(results, "h"),
        "a secret": lambda: read(secret),
        "list the folder": lambda: os.listdir(target),
        "the home folder": lambda: os.listdir(os.path.expanduser("~root")),
        "write the results": lambda: write(results),
        "truncate the results": lambda: os.truncate(results, 0),
        "remove the results": lambda: os.unlink(results),
        "rename the results": lambda: os.rename(results, results + "x"),
        "write its own source": lambda: write(__file__),
        "write a bank": lambda: write(banks[0]),
        "leave a file in /tmp": lambda: write("/tmp/burglar"),
        "leave a file in /dev/shm": lambda: write("/dev/shm/burglar"),
        "an extended attribute": lambda: os.setxattr(secret, "user.burglar", b"1"),
        "a device": lambda: os.mknod("disk", 0o60600, os.makedev(254, 0)),
        # Other processes.
        "kill the parent": lambda: os.kill(up, 0),
        "queue a signal": lambda: call(129, up, 0, 0),
        "a signal by a pipe": lambda: fcntl.fcntl(pipe[0], fcntl.F_SETOWN, up),
        "choose that signal": lambda: fcntl.fcntl(pipe[0], 10, signal.SIGKILL),
        "limit the parent": lambda: resource.prlimit(up, resource.RLIMIT_CPU, (1, 1)),
        "renice the parent": lambda: os.setpriority(os.PRIO_PROCESS, up, 19),
        "pin the parent": lambda: os.sched_setaffinity(up, {0}),
        "fork": os.fork,
        "vfork and exec": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "exec": lambda: os.execv("/bin/true", ["true"]),
        "clone": lambda: call(56, 17, 0, 0, 0, 0),
        "a new session": os.setsid,
        "a user namespace": lambda: call(272, 0x10000000),
        "chroot": lambda: os.chroot("."),
        # What would outlive it.
        "shared memory": lambda: call(29, 0x67796765, 4096, 0o1600),
        "a message queue": lambda: call(68, 0x67796765, 0o1600),
        "a key ring": lambda: call(248, b"user", b"burglar", b"1", 1, -4),
        "memory that no limit counts": lambda: os.memfd_create("x"),
        "too much memory": lambda: mmap.mmap(-1, 1 << 40),
        # The network.
        "a socket": socket.socket,
        "a local socket": lambda: socket.socket(socket.AF_UNIX),
        "a pair of sockets": lambda: socket.socketpair(),
        "netlink": lambda: socket.socket(16, socket.SOCK_RAW, 0),
        "io_uring": lambda: call(425, 8, b"\0" * 120),
    }


ALLOWED = {
    "read a bank": lambda: read(
        glob.glob(str(importlib.import_module("gyges.scenarios.counterfactual.bank").FOLDER / "*"))[0]
    ),
    "a thread": lambda: threading.Thread(target=int).start(),
    "numpy": lambda: importlib.import_module("numpy.linalg").inv([[2.0]]),
    "its own folder": lambda: write("mine.txt"),
    "a mode": lambda: os.chmod("mine.txt", 0o600),
    "its own limits": lambda: resource.getrlimit(resource.RLIMIT_AS),
    "what lies beside it": lambda: read(os.path.join(HERE, "burglars", "weights.txt")),
}


class Burglar(Honest):
    """Honest, and says at its first act what it could reach."""

    said = None

    def act(self, observation, memory):
        if Burglar.said is None:
            with open(os.path.join(HERE, "burglars", "target.txt")) as file:
                tries = attempts(file.read())
            Burglar.said = "\n".join(
                f"{name}: {self.outcome(one)}" for name, one in {**tries, **ALLOWED}.items()
            )
        words = [Burglar.said] * len(observation)
        return super().act(observation, memory)._replace(extras={"words": words})

    def outcome(self, one):
        try:
            found = one()
        except BaseException as error:
            return f"closed, {type(error).__name__} {error}"
        if found == 0 and sys.exc_info() == (None, None) and one is os.fork:
            os._exit(0)
        return f"OPEN, {str(found)[:60]}"


class Patches(Honest):
    """Changes everything that it can reach in its own process."""

    def __init__(self):
        import numpy as np

        from gyges.agents.sandbox import worker
        from gyges.envs import batch, choice_point, policy
        from gyges.scenarios.counterfactual import gap
        from gyges.scenarios.evaluation import recorder

        np.random.seed = np.random.rand = lambda *a, **k: 0
        for module in (batch, choice_point, gap, recorder):
            for name in list(vars(module)):
                if not name.startswith("__"):
                    setattr(module, name, None)
        policy.Observation.uniform = lambda *a, **k: 0.0
        assert worker


class EvilInts(Honest):
    def sin(self, observation, decision, now):
        class Evil(int):
            def __index__(self):
                os._exit(3)

        return decision._replace(action=[Evil(a) for a in decision.action])


class ExitsBySystemExit(Honest):
    def sin(self, observation, decision, now):
        raise SystemExit(0)


class Interrupts(Honest):
    def sin(self, observation, decision, now):
        raise KeyboardInterrupt


class RaisesTheUnspeakable(Honest):
    """An error whose every description fails."""

    def sin(self, observation, decision, now):
        class Bad(BaseException):
            def __str__(self):
                raise Bad

            __repr__ = __str__

        raise Bad


class AnswersInfinitelyDeep(Honest):
    """A forged frame: a valid head, and JSON that no parser should love."""

    def sin(self, observation, decision, now):
        import struct

        text = b'{"arrays":' + b"[" * 900_000
        frame = struct.pack("<4sIQ", b"GYF1", len(text), 0) + text
        for descriptor in range(3, 1024):
            try:
                os.write(descriptor, frame)
            except OSError:
                continue


class ClaimsTerabytes(Honest):
    """A forged frame whose one array claims more than there is."""

    def sin(self, observation, decision, now):
        import json
        import struct

        listed = [["action", "<i8", [1 << 20, 1 << 20, 1 << 20]], ["x", "<U99999999", [1]], ["y", "O", [1]]]
        text = json.dumps({"arrays": listed, "n": 1}).encode()
        for descriptor in range(3, 1024):
            try:
                os.write(descriptor, struct.pack("<4sIQ", b"GYF1", len(text), 8) + text + bytes(8))
            except OSError:
                continue


class ThreadBomb(Honest):
    def sin(self, observation, decision, now):
        while True:
            threading.Thread(target=threading.Event().wait, daemon=True).start()


class BlocksSignals(Honest):
    """Blocks every signal that can be blocked, then waits for ever."""

    def sin(self, observation, decision, now):
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                continue
        signal.alarm(1)
        while True:
            pass


class LongWords(Honest):
    def act(self, observation, memory):
        return super().act(observation, memory)._replace(extras={"words": ["x" * 65_537] * len(observation)})


class ManyFiles(Honest):
    """Fills the disk with files, each within its limit."""

    def sin(self, observation, decision, now):
        for k in range(100_000):
            with open(f"{k}.bin", "wb") as file:
                file.write(bytes(1 << 20))
