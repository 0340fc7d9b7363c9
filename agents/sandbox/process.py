"""The process of a submitted policy, seen from the parent: what it may use, how it is asked and ended."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

from gyges.agents.load import Source
from gyges.agents.sandbox import worker
from gyges.agents.sandbox.answers import Answer, Asked, Failure, Loaded, Raised, read
from gyges.agents.sandbox.folder import remove
from gyges.agents.sandbox.landlock import has_landlock, python_places
from gyges.agents.sandbox.protocol import Array, Channel, Ended, Late, WireError
from gyges.agents.sandbox.seccomp import has_filter
from gyges.envs import registry
from gyges.envs.errors import ConfigError
from gyges.envs.game import Game

HIDDEN: dict[str, Any] = {"stakes": True}
"""Settings that a policy's process must not know, with the value it is shown instead."""

TOKEN = "GYGES_SANDBOX"
"""Environment variable by which stray processes of a worker are recognised."""

KILL_SECONDS = 1.5
"""How long the supervisor may take to end everything before it is ended itself."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a submitted policy may use."""

    act_seconds: float = 10.0
    """Wall-clock time for one call, which always asks `pairs` pairs."""
    episode_seconds: float = 120.0
    """Wall-clock time for one pair over its episode; a call's time is shared evenly among its pairs."""
    start_seconds: float = 60.0
    """Wall-clock time to import and construct the policy."""
    memory_mb: int = 4096
    """Address space of the process, in MiB."""
    cpu_seconds: int = 7200
    """Processor time of the process over its life."""
    file_mb: int = 64
    """Largest file it may write, in MiB."""
    folder_mb: int = 512
    """All files that it may hold at a time, in MiB."""
    processes: int = 0
    """Processes that it may start besides its own."""
    network: bool = False
    """Whether it may open sockets."""
    pairs: int = 32
    """Pairs (row, seat) asked in one call."""
    reads: tuple[str, ...] = ()
    """Files and folders that it may read besides its own, Python's and the system's; ``/`` for all."""
    row_bytes: int = 65_536
    """Largest memory of one pair, in bytes."""
    failures: int = 12
    """Failed calls in a row after which the pairs in question are not divided any further."""
    patience_seconds: float = 300.0
    """Time that failed calls may cost in all; after that every pair is forfeited."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            least = 0 if field.name in ("processes", "network") else 1e-3
            if field.name != "reads" and not getattr(self, field.name) >= least:
                raise ConfigError(f"limit {field.name} must be positive, not {getattr(self, field.name)!r}")


CLOSED = (
    "; of what is not Python's or the system's a policy reads its own file or checkpoint, and of mine.py the "
    "folder mine beside it: --limits.reads PATH opens more"
)

FORKED = "started another process"

_SIGNALS = {int(one): one.name for one in signal.Signals}

_REFUSED = re.compile(r"raised PermissionError: \[Errno 13\] [^:]*: '([^']+)'")
"""How Python says that the system closes a file: with its path."""


class Worker:
    """One process with the policy loaded.

    Raises:
        Failure: the policy could not be loaded within its limits.
    """

    def __init__(self, source: Source, game: Game, limits: Limits, hidden: Sequence[str] = ()) -> None:
        self.limits = limits
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="gyges-policy-"))
        self.reads, self.hidden = _own(source, limits), list(hidden)
        self.token = secrets.token_hex(16)
        self.process: subprocess.Popen[bytes] | None = None
        down, up = os.pipe(), os.pipe()
        life = os.pipe()
        config = {
            "read": down[0], "write": up[1], "life": life[0], "memory_mb": limits.memory_mb,
            "cpu_seconds": limits.cpu_seconds, "file_mb": limits.file_mb, "processes": limits.processes,
            "network": limits.network, "reads": self.reads, "folder_mb": limits.folder_mb,
            "hidden": self.hidden,
        }  # fmt: skip
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gyges.agents.sandbox.worker", json.dumps(config)],
                pass_fds=(down[0], up[1], life[0]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=self.folder,
                env={**_environment(self.folder), TOKEN: self.token},
                start_new_session=True,
            )
        except BaseException:
            remove(self.folder)
            raise
        finally:
            for descriptor in (down[0], up[1], life[0]):
                os.close(descriptor)
        self.asked = 0
        self.life: int | None = life[1]
        self.channel = Channel(up[0], down[1])
        entry = registry.games().get(game.id) or f"{type(game).__module__}:{type(game).__qualname__}"
        data = {**dataclasses.asdict(source), "code": base64.b64encode(source.code).decode()}
        header = {"game": entry, "settings": {**game.settings, **HIDDEN}, "source": data}
        try:
            loaded = self.ask(Asked("load", 0), header, {}, limits.start_seconds)
        except BaseException:
            self.kill()
            raise
        self.offers_probabilities = isinstance(loaded, Loaded) and loaded.probabilities

    def ask(self, asked: Asked, header: dict[str, Any], arrays: dict[str, Array], seconds: float) -> Answer:
        """Ask, and wait for the answer, which is of the type that belongs to the question.

        Args:
            asked: the question; its number is given here.
            header, arrays: what goes with it.
            seconds: how long it may take.

        Raises:
            Failure: it raised, ended, answered nonsense, or was too slow; the process is then dead.
        """
        deadline = time.monotonic() + seconds
        self.asked += 1
        try:
            self.channel.send({**header, "op": asked.op, "n": self.asked}, arrays, deadline)
            answer = read(*self.channel.take(deadline), asked._replace(number=self.asked))
        except Late:
            self.kill()
            raise Failure(f"no answer within {seconds:g} s") from None
        except Ended:
            raise Failure(self._post_mortem()) from None
        except WireError as error:
            self.kill()
            raise Failure(f"answered with {error}") from None
        except Raised as raised:
            self.kill()
            raise Failure(f"{raised}{self._hint(str(raised))}") from None
        except Failure:
            self.kill()
            raise
        assert self.process is not None
        if len(worker.descendants(self.process.pid)) > 1 + self.limits.processes:
            self.kill()
            raise Failure(FORKED)
        return answer

    def _hint(self, said: str) -> str:
        """What would open a file that the policy was refused; empty where it was refused something else."""
        found = _REFUSED.match(said)
        path = os.path.realpath(os.path.join(self.folder, found[1])) if found else ""
        open_already = [self.folder, *python_places(), *self.reads]
        if not found or path in self.hidden or not os.access(path, os.R_OK) or _below(path, open_already):
            return ""
        return CLOSED

    def _post_mortem(self) -> str:
        assert self.process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(KILL_SECONDS)
        code = self.process.returncode
        self.kill()
        if code == worker.PROCESSES:
            return FORKED
        if code == worker.FILES:
            return f"holds more than {self.limits.folder_mb} MiB of files"
        if code is not None and code > worker.SIGNALLED:
            number = code - worker.SIGNALLED
            name = _SIGNALS.get(number, f"signal {number}")  # those for real time have no names
            return f"its process was ended by {name}" + (" (processor time)" if name == "SIGXCPU" else "")
        if code == worker.BROKEN:
            return "its process could not be watched any longer"
        return "its process ended"

    def kill(self) -> None:
        """End the process and everything it started; returns when they are gone."""
        process = self.process
        if process is None:
            return
        self.process = None
        if self.life is not None:
            os.close(self.life)
            self.life = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(KILL_SECONDS)
        code = process.returncode
        if code is None or not (code in worker.SWEPT or code > worker.SIGNALLED):  # stuck, broken or killed
            _end_session(process.pid, self.token)
            process.kill()
            process.wait()
        self.channel.close()
        remove(self.folder)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.kill()


def _environment(folder: str) -> dict[str, str]:
    """What the process is told of ours: where programs and modules are, where to write, one thread."""
    names = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "GYGES_TRUST")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = os.pathsep.join(os.path.abspath(p) for p in sys.path if p)
    python = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1"}
    return {**kept, **threads, **python, "TMPDIR": folder, "NUMBA_CACHE_DIR": folder}


def _own(source: Source, limits: Limits) -> list[str]:
    """What a policy may read besides Python and the system.

    A checkpoint its folder; a file ``mine.py`` itself and a folder ``mine`` beside it.
    """
    own = list(limits.reads)
    if source.kind == "checkpoint":
        own.append(source.entry)
    if source.kind == "file":
        path = source.entry if source.entry.endswith(".py") else source.entry.rpartition(":")[0]
        own += [path, path.removesuffix(".py")]
    return [os.path.realpath(place) for place in own]


def _below(path: str, places: Sequence[str]) -> bool:
    return any(path == place or path.startswith(place.rstrip(os.sep) + os.sep) for place in places)


def unprotected() -> list[str]:
    """What this system does not hold off, in sentences; empty where the sandbox is whole."""
    said = []
    if not has_landlock():
        said.append(
            "This system has no Landlock: a submitted policy can read and write every file that you can, "
            "the nonce among them."
        )
    if not has_filter():
        said.append(
            "This system has no filter of system calls for the sandbox: a submitted policy can start and "
            "signal processes and open sockets until it is found out."
        )
    return said


def _end_session(session: int, token: str) -> None:
    """Kill what a worker has left behind when its supervisor could not."""
    import psutil

    for _ in range(50):
        left = [p for p in psutil.process_iter() if _belongs(p, session, token)]
        if not left:
            return
        for process in left:
            with contextlib.suppress(OSError):
                os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.01)


def _belongs(process: Any, session: int, token: str) -> bool:
    import psutil

    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return os.getsid(process.pid) == session or process.environ().get(TOKEN) == token
    except (OSError, psutil.Error):
        return False
