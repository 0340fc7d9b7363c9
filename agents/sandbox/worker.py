"""The process of a submitted policy, started by `gyges.agents.sandbox.policy`; two processes in truth.

The first, the supervisor, runs no foreign code. It forks the second, which loads the policy and
answers, and it ends when its life pipe closes (the parent has done with it, or has died), when the
policy's process ends, or when more processes or bytes appear than are allowed, or when it fails itself.
However it ends, it first kills all its descendants; being their reaper (``PR_SET_CHILD_SUBREAPER``), it also
inherits those that tried to slip away, and it leaves only when the kernel says that it has no children left
and their folder is gone. A code outside `SWEPT` and above `SIGNALLED` says that it could not: then the parent
looks for itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
from typing import Any, NoReturn

from gyges.agents.sandbox.folder import remove, size
from gyges.agents.sandbox.landlock import confine_files, drop_capabilities, python_places
from gyges.agents.sandbox.seccomp import confine

ENDED, PROCESSES, FILES, BROKEN, SIGNALLED = 11, 12, 13, 14, 64
"""Exit codes of the supervisor: the policy's process ended by itself; too many processes; too many bytes in
its folder; the supervisor failed; 64 + signal."""

SWEPT, UNSWEPT = (0, ENDED, PROCESSES, FILES, BROKEN), 1
"""Codes with which it leaves nothing behind, as with 64 + signal; and one with which it may."""

TICK_MS = 50
LOOK_EVERY = 5
"""Ticks between two looks at the size of its folder."""
_SUBREAPER, _DEATH_SIGNAL = 36, 1  # prctl options


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def children(pid: int) -> list[int]:
    """Direct children of a process, from /proc; empty where there is none."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found.extend(int(word) for word in file.read().split())
    except (OSError, ValueError):
        return found
    return found


def descendants(pid: int) -> list[int]:
    """All processes below one."""
    found, queue = [], [pid]
    while queue:
        below = children(queue.pop())
        found.extend(below)
        queue.extend(below)
    return found


def _sweep() -> None:
    """Kill every descendant and wait until none is left."""
    while True:
        for pid in descendants(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            select.select([], [], [], 0.002)


def _supervise(worker: int, life: int, config: dict[str, Any]) -> int:
    allowed, most, largest = config["processes"], config["folder_mb"] << 20, config["file_mb"] << 20
    folder, ticks = os.getcwd(), 0
    poller = select.poll()
    poller.register(life, select.POLLIN)
    while True:
        ticks += 1
        if poller.poll(TICK_MS):
            return 0
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == worker:
                return SIGNALLED + os.WTERMSIG(status) if os.WIFSIGNALED(status) else ENDED
            if pid == 0:
                break
        below = descendants(os.getpid())
        if len(below) > 1 + allowed:
            return PROCESSES
        if ticks % LOOK_EVERY == 0 and size(folder, below, largest) > most:
            return FILES


def _limit(config: dict[str, Any]) -> None:
    import resource

    mega = 1 << 20
    for name, value in (
        ("RLIMIT_AS", config["memory_mb"] * mega),
        ("RLIMIT_CPU", config["cpu_seconds"]),
        ("RLIMIT_FSIZE", config["file_mb"] * mega),
        ("RLIMIT_CORE", 0),
    ):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            resource.setrlimit(getattr(resource, name), (value, value))


def main() -> NoReturn:
    """Run as ``python -m gyges.agents.sandbox.worker CONFIG`` with the pipes of CONFIG open."""
    config = json.loads(sys.argv[1])
    life, supervisor = config["life"], os.getpid()
    _prctl(_SUBREAPER, 1)
    worker = os.fork()
    if worker == 0:
        _prctl(_DEATH_SIGNAL, signal.SIGKILL)
        os.close(life)
        code = 1
        with contextlib.suppress(BaseException):
            if os.getppid() != supervisor:  # it died before the signal was asked for
                os._exit(code)
            _limit(config)
            sys.argv = ["policy"]
            drop_capabilities()
            confine_files([os.getcwd(), "/dev/null"], [*python_places(), *config["reads"]], config["hidden"])
            confine(processes=config["processes"] > 0, network=config["network"])
            _serve(config["read"], config["write"])
            code = 0
        os._exit(code)
    os.close(config["read"])
    os.close(config["write"])
    code = UNSWEPT
    with contextlib.suppress(BaseException):
        code = _watched(worker, life, config)
    os._exit(code)


def _watched(worker: int, life: int, config: dict[str, Any]) -> int:
    """The exit code, once nothing is left of the policy's process."""
    try:
        code = _supervise(worker, life, config)
    except BaseException:
        code = BROKEN
    _sweep()
    remove(os.getcwd())
    return code


def _serve(read: int, write: int) -> None:
    """Answer frames until the parent closes the pipe."""
    from gyges.agents.sandbox.protocol import Channel, Ended

    channel = Channel(read, write)
    desk = _Desk()
    while True:
        try:
            frame = channel.receive()
        except Ended:
            return
        try:
            header, arrays = desk.answer(frame)
        except BaseException as error:
            header, arrays = {"error": _said(error)}, {}
        channel.send({**header, "n": frame.header.get("n")}, arrays)


def _said(error: BaseException) -> str:
    """An exception in one line, with the place in the policy's own code."""
    import traceback

    try:
        frames = traceback.extract_tb(error.__traceback__)
        place = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
        return f"{type(error).__name__}: {error}"[:300] + place
    except Exception:
        return type(error).__name__[:300]


class _Desk:
    """Holds the game and the policy, and answers for them."""

    def __init__(self) -> None:
        self.game: Any = None
        self.policy: Any = None

    def answer(self, frame: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The header and arrays of the answer to one frame."""
        op = frame.header["op"]
        if op == "load":
            return self._load(frame.header), {}
        if op == "initial":
            return _packed(self.policy.initial(frame.header["rows"]), frame.header["rows"])
        observation, memory = self._asked(frame)
        if op == "probabilities":
            import numpy as np

            return {}, {"probabilities": np.asarray(self.policy.probabilities(observation, memory))}
        decision = self.policy.act(observation, memory)
        header, arrays = _packed(decision.memory, len(observation))
        import numpy as np

        arrays["action"] = np.asarray(decision.action)
        words = decision.extras.get("words")
        if words is not None:
            header["words"] = [None if word is None else str(word) for word in words]
        return header, arrays

    def _load(self, header: dict[str, Any]) -> dict[str, Any]:
        import base64

        from gyges.agents.load import Source, build
        from gyges.envs.registry import load_name

        self.game = load_name(header["game"])(**header["settings"])
        source = {**header["source"], "code": base64.b64decode(header["source"]["code"])}
        self.policy = build(Source(**source), self.game)
        return {"probabilities": callable(getattr(self.policy, "probabilities", None))}

    def _asked(self, frame: Any) -> tuple[Any, Any]:
        from gyges.envs.policy import Heard, Observation

        a = dict(frame.arrays)
        leaves = [a.pop(f"memory{k}") for k in range(frame.header["leaves"])]
        shape = frame.header["shape"]
        memory = {"none": None, "array": leaves[0] if leaves else None, "tuple": tuple(leaves)}[shape]
        text = a.pop("heard", None)
        boxes = [] if text is None else json.loads(text.tobytes())
        heard = tuple(tuple(Heard(*one) for one in box) for box in boxes)
        return Observation(game=self.game, heard=heard, **a), memory


def _packed(memory: Any, rows: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A policy's memory as arrays."""
    import numpy as np

    from gyges.envs.errors import PolicyError

    if memory is None:
        return {"shape": "none", "leaves": 0}, {}
    leaves = [np.asarray(one) for one in (memory if isinstance(memory, tuple) else (memory,))]
    if any(leaf.dtype.kind not in "biufSU" or leaf.ndim < 1 or len(leaf) != rows for leaf in leaves):
        raise PolicyError(
            f"memory is None, an array or a tuple of arrays with one entry for each of {rows} rows; "
            f"got {[(str(leaf.dtype), leaf.shape) for leaf in leaves]}"[:300]
        )
    shape = "tuple" if isinstance(memory, tuple) else "array"
    return {"shape": shape, "leaves": len(leaves)}, {f"memory{k}": leaf for k, leaf in enumerate(leaves)}


if __name__ == "__main__":
    main()
