"""Hostile policies: every fault at every moment, on the main thread or another. Run in a worker process only.

A policy's name is ``Fault_moment_thread``, as in ``Deep_act_main``. `names` lists them.
"""

import ctypes
import itertools
import json
import os
import signal
import struct
import threading
import time

import numpy as np

from gyges.envs.policy import Decision

LIBC = ctypes.CDLL(None, use_errno=True)
MOMENTS = ("construct", "initial", "first", "later", "probabilities")
THREADS = ("main", "other")


# Faults. Each is given the true answer and may give another.


def odd_words(answer):
    raise RuntimeError("\udcff\ud800\x1b[31m\x00" * 100)


def nameless(answer):
    class Bad(BaseException):
        def __str__(self):
            raise self

        __repr__ = __str__

    raise Bad


def leaves(answer):
    os._exit(77)


def segfault(answer):
    ctypes.string_at(0)


def real_time_signal(answer):
    """Ended by a signal that has no name, from a timer."""
    event = (ctypes.c_char * 64)()
    struct.pack_into("@Qii", event, 0, 0, 40, 0)
    timer = ctypes.c_void_p()
    if LIBC.timer_create(1, event, ctypes.byref(timer)) == 0:
        LIBC.timer_settime(timer, 0, struct.pack("@qqqq", 0, 0, 0, 1_000_000), None)
    time.sleep(0.5)
    os._exit(78)


def hangs(answer):
    time.sleep(1000)


def hangs_in_c(answer):
    ctypes.PyDLL(None).sleep(1000)


def deep(answer):
    """Folders 1,600 deep, and a large file below the longest path."""
    for _ in range(1_600):
        os.mkdir("deeper")
        os.chdir("deeper")
    with open("hidden.bin", "wb") as file:
        file.write(bytes(1 << 20))
    raise RuntimeError("down here")


def held_files(answer):
    """Files that are deleted, and held open."""
    held = []
    for k in range(200):
        file = open(f"{k}.bin", "wb+")  # noqa: SIM115
        file.write(bytes(1 << 20))
        file.flush()
        os.unlink(f"{k}.bin")
        held.append(file)
    time.sleep(2)
    return answer


def mapped_files(answer):
    """Files that are deleted, closed, and held in memory."""
    import mmap

    held = []
    for k in range(200):
        with open(f"{k}.bin", "wb+") as file:
            file.write(bytes(1 << 20))
            file.flush()
            held.append(mmap.mmap(file.fileno(), 4096))
        os.unlink(f"{k}.bin")
    time.sleep(2)
    return answer


def closed_folder(answer):
    os.mkdir("shut", 0o300)
    for k in range(200):
        with open(f"shut/{k}.bin", "wb") as file:
            file.write(bytes(1 << 20))
    time.sleep(2)
    return answer


def links_outside(answer):
    """Links to what is not its own, for whoever cleans up."""
    for k, path in enumerate(("/", os.path.dirname(os.path.abspath(__file__)), "/etc/passwd")):
        os.symlink(path, f"link{k}")
    raise RuntimeError("linked")


def writes_outside(answer):
    for path in (
        "/tmp/hostile-left",
        os.path.join(os.path.dirname(__file__), "left"),
        "/dev/shm/hostile-left",
    ):
        with open(path, "w") as file:
            file.write("x")
    return answer


def orphan(answer):
    """Wants to outlive its supervisor."""
    if LIBC.prctl(1, 0, 0, 0, 0) == 0:
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    if os.fork() == 0:
        os.setsid()
        time.sleep(1000)
    return answer


def kills_the_supervisor(answer):
    os.kill(os.getppid(), signal.SIGKILL)
    return answer


def forged_frames(answer):
    """Frames that are none, and ends of files, on every pipe."""
    for kind in ("(1,2i4", "O", "<U99999999"):
        text = json.dumps({"n": 1, "arrays": [["action", kind, [1 << 40]]]}).encode()
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, struct.pack("<4sIQ", b"GYF1", len(text), 0) + text)
            except OSError:
                continue
    return answer


def closes_everything(answer):
    os.closerange(0, 1024)
    return answer


def eats_memory(answer):
    return [np.ones(1 << 24) for _ in range(1000)]


def odd_answer(answer):
    """An answer of another kind than any."""
    if isinstance(answer, Decision):
        words = {"words": ["\udcff"] * len(answer.action)}
        return answer._replace(extras=words)
    return object()


def other_memory(answer):
    """Memory of another shape than before."""
    if isinstance(answer, Decision):
        return answer._replace(memory=np.zeros((len(answer.action), 3), np.float64))
    return np.array([[None]])


def illegal(answer):
    """Actions of small integers, none of them legal."""
    if isinstance(answer, Decision):
        return answer._replace(action=np.full(len(answer.action), 255, np.uint8))
    return np.full(np.shape(answer), np.nan)


FAULTS = (
    odd_words, nameless, leaves, segfault, real_time_signal, hangs, hangs_in_c, deep, held_files,
    mapped_files, closed_folder, links_outside, writes_outside, orphan, kills_the_supervisor, forged_frames,
    closes_everything, eats_memory, odd_answer, other_memory, illegal,
)  # fmt: skip


def names():
    """Every fault at every moment on either thread."""
    every = itertools.product(FAULTS, MOMENTS, THREADS)
    return [
        "_".join((fault.__name__.title().replace("_", ""), moment, where)) for fault, moment, where in every
    ]


class Hostile:
    """Draws its fair share, but for its fault at its moment."""

    fault, moment, where = staticmethod(odd_words), "first", "main"

    def __init__(self):
        self.done("construct", None)

    def initial(self, rows):
        return self.done("initial", np.zeros((rows, 2), np.int32))

    def act(self, observation, memory):
        action = (1 + observation.codes[:, 2]) * observation.to_move
        answer = Decision(action.astype(np.int32), memory + 1)
        day = observation.codes[:, 5]
        later = (day == 2) & ((observation.codes[:, 1] + observation.seat) % 7 == 0)
        if (day == 0).any():
            answer = self.done("first", answer)
        return self.done("later", answer) if later.any() else answer

    def probabilities(self, observation, memory):
        mask = observation.mask.astype(np.float64)
        return self.done("probabilities", mask / mask.sum(axis=1, keepdims=True))

    def done(self, moment, answer):
        """The answer, after the fault where this is its moment."""
        if moment != self.moment:
            return answer
        if self.where == "main":
            return self.fault(answer)
        found = []

        def run():
            try:
                found.append(self.fault(answer))
            except BaseException as error:
                found.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join()
        if isinstance(found[0], BaseException):
            raise found[0]
        return found[0]


for _name, (_fault, _moment, _where) in zip(
    names(), itertools.product(FAULTS, MOMENTS, THREADS), strict=True
):
    _parts = {"fault": staticmethod(_fault), "moment": _moment, "where": _where}
    globals()[_name] = type(_name, (Hostile,), _parts)
