"""Many environments of one game at once, on one core, all cores or an NVIDIA GPU.

Row k of a batch seeded s is the environment seeded (s, k), bit for bit, whatever the number of
rows, their order, the number of threads or the device. (Gymnasium's own vector environments seed
environment k with s + k instead.)
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import itertools
import os
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs._threads import crew
from gyges.envs.choice import LEDGER_COLUMNS, ChoicePoint
from gyges.envs.errors import ActionError, ConfigError, SnapshotError
from gyges.envs.game import Game

AUTORESET = {"disabled": 0, "next_step": 1, "same_step": 2}
LABELS = {"off": 0, "taken": 1, "full": 2}
PURE_PROCESS = "1" in (os.environ.get("GYGES_PURE"), os.environ.get("NUMBA_ENABLE_CUDASIM"))
SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"  # device="cuda" then means Numba's CUDA simulator
STEP, BEGIN, LOOK, CHOICE = range(4)  # modes of the compiled loop (`_launch.build`)
LEAST_ROWS = 128  # of one thread's share: below, waking a thread costs more than it saves


class Snapshot(NamedTuple):
    """Copies of packed rows: all of the game's state, luck included."""

    game: str
    rows: npt.NDArray[np.int32]  # [n, W]


@functools.cache
def _loaded(name: str, rules: ModuleType, pointers: bool = True) -> Any:
    """The game's own execution of `_launch`, with its rules bound; CUDA takes arrays, not pointers."""
    from gyges.envs import rules as core

    path = Path(__file__).with_name("_launch.py")
    own = f"gyges.envs._launch_{name}" + ("" if pointers else "_arrays")
    spec = importlib.util.spec_from_file_location(own, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.R = rules  # type: ignore[attr-defined]
    module.COMMON = getattr(rules, "common", core.nothing)  # type: ignore[attr-defined]
    access = getattr(rules, "access", core.access)  # a game with tables says how they are seen
    vars(module).update(access(rules.State, rules.Params, pointers=pointers))
    module.STAMP = core.stamp(rules)  # type: ignore[attr-defined]
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@functools.cache
def launcher(name: str, rules: ModuleType) -> Any:
    """The compiled loop of one game; it compiles, or comes from the cache, at its first call."""
    module = _loaded(name, rules)
    return module.build(module.STAMP)


@functools.cache
def cuda_launchers(name: str, rules: ModuleType) -> Any:
    """The CUDA kernels of one game."""
    path = Path(__file__).with_name("_launch_cuda.py")
    spec = importlib.util.spec_from_file_location(f"gyges.envs._launch_cuda_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.L = _loaded(name, rules, pointers=False)  # type: ignore[attr-defined]
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.build()


def rules_hash(game: Game) -> str:
    """SHA-256 of every rule source of a game, as written to episode files."""
    from gyges.envs import rules as core

    return core.stamp(game.rules())


class Batch:
    """B rows of one game.

    Args:
        game: the game and its settings.
        rows: number of environments B.
        seed: 64-bit seed shared by the rows; row k is the environment (seed, first_row + k).
        device: "cpu" (NumPy arrays) or "cuda" (torch tensors on the current CUDA device).
        labels: "off" keeps no judgement; "taken" judges each action taken; "full" also counts clean
            and unaligned alternatives (ledger columns clean, unaligned, least).
        autoreset: "disabled" freezes a row that is over; "next_step" resets it at the next step,
            whose action is ignored; "same_step" resets it at once and keeps the last observation in
            `final`.
        threads: CPU threads, all cores by default; one row always runs on one.
        first_row: index of the first row.

    Attributes (arrays on the device; overwritten by the next step, do not write to them):
        codes: integer observations [B, N, F].
        bits: bit-packed action masks [B, N, ceil(A / 8)].
        reward, welfare: int32 [B, N], in 1 / game.reward_scale and 1 / game.welfare_scale.
        terminated, truncated: uint8 [B, N].
        ledger: int32 [B, N, 11], columns by `gyges.envs.choice.LEDGER`.
        final: with "same_step", observations [B, N, F] at the end of the rows that just ended.
        state: named views [B, width] of the packed rows.

    Raises:
        ConfigError: for settings outside what is allowed.
    """

    def __init__(
        self,
        game: Game,
        rows: int,
        *,
        seed: int = 0,
        device: str = "cpu",
        labels: str = "taken",
        autoreset: str = "disabled",
        threads: int | None = None,
        first_row: int = 0,
    ) -> None:
        if not isinstance(rows, (int, np.integer)) or not 1 <= rows <= 1 << 24:
            raise ConfigError(f"a batch has 1 to {1 << 24} rows, not {rows!r}")
        if labels not in LABELS:
            raise ConfigError(f"labels is one of {', '.join(LABELS)}, not {labels!r}")
        if autoreset not in AUTORESET:
            raise ConfigError(f"autoreset is one of {', '.join(AUTORESET)}, not {autoreset!r}")
        self.game = game
        self.rows = int(rows)
        self.labels = labels
        self.autoreset = autoreset
        self._autoreset = AUTORESET[autoreset]
        self._labels = LABELS[labels]
        self.on_cuda = str(device).startswith("cuda")
        self._torch = self.on_cuda and not SIMULATED
        if not self.on_cuda and device != "cpu":
            raise ConfigError(f"device is 'cpu' or 'cuda', not {device!r}")
        self.device = str(device)
        self._rules = game.rules()
        from gyges.envs import rules as core

        self._threads = _thread_count(threads)
        self._offsets = core.offsets(game.widths())
        self._par = _parameters(game)
        self._num_actions = game.num_actions
        self.width = int(self._offsets[-1])
        shape = (self.rows, game.num_agents)
        size = game.observation_size
        make = self._zeros
        self.packed = make((self.rows, self.width), np.int32)
        self._views: Any = None
        self._scratch = make((self.rows, max(game.scratch_size, 1)), np.int32)
        self.codes = make((*shape, size), game.feature_dtype)
        self.bits = make((*shape, game.mask_bytes), np.uint8)
        self.reward = make(shape, np.int32)
        self.welfare = make(shape, np.int32)
        self.terminated = make(shape, np.uint8)
        self.truncated = make(shape, np.uint8)
        self.ledger = make((*shape, LEDGER_COLUMNS), np.int32)
        self.final = make((self.rows if autoreset == "same_step" else 0, shape[1], size), game.feature_dtype)
        self._all = make((self.rows,), np.uint8) + 1
        if self.on_cuda:
            self._init_cuda()
        else:
            self._loop = launcher(game.name, self._rules)
            self._chunks = _chunks(self.rows, self._threads)
            self._helpers = min(self._threads, len(self._chunks)) - 1
        self._seed(seed, first_row)
        self._begin(self._all)

    # Memory.

    def _zeros(self, shape: tuple[int, ...], dtype: Any) -> Any:
        if not self._torch:
            return np.zeros(shape, dtype)
        import torch

        return torch.zeros(shape, dtype=getattr(torch, np.dtype(dtype).name), device=self.device)

    def _init_cuda(self) -> None:
        from numba import cuda

        self._cuda = cuda
        self._kernels = cuda_launchers(self.game.name, self._rules)
        self._flag = self._zeros((1,), np.int32)
        self._dirty = self._zeros((self.rows,), np.uint8)
        names = ("packed", "_scratch", "codes", "bits", "reward", "welfare", "terminated", "truncated",
                 "ledger", "final", "_flag", "_dirty", "_all")  # fmt: skip
        self._d = {name: self._shared(getattr(self, name)) for name in names if name != "final"}
        self._d["final"] = self._shared(self.final) if self.final.shape[0] else self._d["codes"]
        self._d["offsets"] = cuda.to_device(self._offsets)
        self._d["par"] = cuda.to_device(self._par)

    def _shared(self, array: Any) -> Any:
        """A tensor as kernels take it, without a copy (the simulator takes NumPy arrays)."""
        return self._cuda.as_cuda_array(array) if self._torch else array

    def _stream(self) -> Any:
        if not self._torch:
            return self._cuda.default_stream()
        import torch

        return self._cuda.external_stream(torch.cuda.current_stream().cuda_stream)

    def _grid(self, threads: int) -> tuple[int, int, Any]:
        return ((threads + 127) // 128, 128, self._stream())

    # Seeds and episodes.

    def _seed(self, seed: int | Sequence[int], first_row: int) -> None:
        each = isinstance(seed, (Sequence, np.ndarray))
        seeds: list[Any] = list(seed) if each else [seed]  # type: ignore[arg-type]
        for one in seeds:
            if isinstance(one, bool) or not isinstance(one, (int, np.integer)):
                raise ConfigError(f"a seed is an integer, not {one!r}")
        if each and len(seeds) != self.rows:
            raise ConfigError(f"{self.rows} rows take one seed or {self.rows}, not {len(seeds)}")
        words = np.array([int(one) & 0xFFFFFFFFFFFFFFFF for one in seeds], np.uint64)
        head = np.zeros((self.rows, 4), np.uint64)
        head[:, 0] = words & np.uint64(0xFFFFFFFF)
        head[:, 1] = words >> np.uint64(32)
        head[:, 2] = 0 if each else np.arange(first_row, first_row + self.rows)
        self.seed = int(seeds[0])
        self._write(slice(None), head.astype(np.uint32).view(np.int32), 4)

    def reset(self, seed: int | Sequence[int] | None = None, *, first_row: int = 0) -> None:
        """Begin a new episode in every row.

        Args:
            seed: start over as the environments (seed, first_row + k); with a list of seeds, one a
                row, as the environments (seed[k], 0); without it each row goes on to its next episode.
        """
        if seed is not None:
            self._seed(seed, first_row)
        else:
            self._bump(self._all)
        self._begin(self._all)

    def reset_rows(self, which: Any) -> None:
        """Begin the next episode in the chosen rows (bool [B] or indices)."""
        chosen = np.zeros(self.rows, np.uint8)
        chosen[np.asarray(which)] = 1
        mask = self._to_device(chosen)
        self._bump(mask)
        self._begin(mask)

    def _bump(self, which: Any) -> None:
        self.packed[:, 3] += which if not self._torch else which.int()

    def _begin(self, which: Any) -> None:
        for out in (self.reward, self.welfare, self.terminated, self.truncated, self.ledger):
            out[which != 0] = 0
        if self.on_cuda:
            d = self._d
            chosen = self._shared(which)
            self._kernels["begin"][self._grid(self.rows)](
                d["packed"], d["offsets"], d["par"], d["_scratch"], chosen, d["_dirty"]
            )
            self._look_cuda()
            return
        with _notice(self.game, self._loop):
            self._loop(BEGIN, 0, self.rows, *self._arguments(which.astype(np.int32)[:, None]), False)

    def _arguments(self, actions: npt.NDArray[np.int32]) -> tuple[Any, ...]:
        """What the compiled loop takes between its range of rows and its last argument."""
        return (
            self.packed, self._offsets, self._par, self._scratch, actions, self.reward, self.welfare,
            self.terminated, self.truncated, self.codes, self.bits, self.ledger, self.final,
            self._autoreset, self._labels, self._num_actions,
        )  # fmt: skip

    def _look_cuda(self) -> None:
        d = self._d
        self._kernels["look"][self._grid(self.rows * self.game.num_agents)](
            d["packed"], d["offsets"], d["par"], d["_scratch"], d["codes"], d["bits"], d["_dirty"]
        )

    # Steps.

    def step(self, actions: Any, *, validate: bool = True) -> None:
        """Advance every row by one step.

        Args:
            actions: integers [B, N]; NumPy array or torch tensor (on the batch's device).
            validate: refuse illegal actions. On CUDA this waits for the device; without it a batch
                with an illegal action stays as it is until `illegal` is asked.

        Raises:
            ActionError: wrong dtype or shape, or an action not legal now. No row has changed.
        """
        if self.on_cuda:
            self._step_cuda(actions, validate)
            return
        if type(actions) is not np.ndarray or actions.dtype != np.int32 or not actions.flags.carray:
            actions = self._checked(actions)
        if actions.shape != self.reward.shape:
            raise ActionError(f"actions have shape {self.reward.shape}, not {actions.shape}")
        arguments = self._arguments(actions)
        if not self._chunks:
            bad = self._loop(STEP, 0, self.rows, *arguments, True)
        else:
            calls = [(STEP, lo, hi, *arguments, False) for lo, hi in self._chunks]
            bad = crew.run(self._loop, (STEP, 0, 0, *arguments, True), calls, self._helpers)
        if bad >= 0:
            self._refuse(int(bad), actions)

    def _step_cuda(self, actions: Any, validate: bool) -> None:
        d = self._d
        self._flag[:] = 0
        actions = self._on_device(actions)
        acts = self._shared(actions)
        self._kernels["check"][self._grid(self.rows)](acts, d["bits"], self._num_actions, d["_flag"])
        self._kernels["step"][self._grid(self.rows)](
            d["packed"], d["offsets"], d["par"], d["_scratch"], acts, d["reward"], d["welfare"],
            d["terminated"], d["truncated"], d["codes"], d["bits"], d["ledger"], d["final"], d["_dirty"],
            self._autoreset, self._labels, self._num_actions, d["_flag"],
        )  # fmt: skip
        self._look_cuda()
        if validate:
            self.illegal(actions)

    def _on_device(self, actions: Any) -> Any:
        """Actions as int32 [B, N] on the device; what does not fit int32 is flagged as refused."""
        if not self._torch:
            actions = self._checked(actions)
        else:
            import torch

            if not isinstance(actions, torch.Tensor):
                actions = torch.as_tensor(self._checked(actions), device=self.device)
            if actions.dtype not in (torch.int32, torch.int64, torch.int16, torch.int8, torch.uint8):
                raise ActionError(f"actions are integers, not {actions.dtype}")
        if tuple(actions.shape) != tuple(self.reward.shape):
            raise ActionError(f"actions have shape {tuple(self.reward.shape)}, not {tuple(actions.shape)}")
        if not self._torch:
            return actions
        narrow = actions.to(device=self.device, dtype=torch.int32).contiguous()
        if actions.dtype == torch.int64:
            self._flag += (narrow != actions.to(self.device)).any().int() * (1 << 30)
        return narrow

    def illegal(self, actions: Any) -> None:
        """On CUDA, wait for the last step and raise ActionError if it was refused."""
        bad = int(self._flag[0])
        if bad >= 1 << 30:
            raise ActionError("actions must fit in int32")
        if bad:
            self._refuse(bad - 1, self._host(actions))

    def _checked(self, actions: Any) -> npt.NDArray[np.int32]:
        try:
            array = np.asarray(actions)
        except (TypeError, ValueError, RuntimeError) as error:
            raise ActionError(f"actions must be an integer array: {error}") from None
        if array.dtype.kind not in "iu":
            raise ActionError(f"actions are integers, not {array.dtype}")
        if array.size and (array.min() < 0 or array.max() >= self._num_actions):
            raise ActionError(
                f"actions lie between 0 and {self._num_actions - 1}; got {array.min()} to {array.max()}"
            )
        return array.astype(np.int32, order="C")

    def _refuse(self, bad: int, actions: npt.NDArray[Any]) -> None:
        row, seat = divmod(bad, self.game.num_agents)
        action = int(actions[row, seat])
        legal = self.legal(row, seat)
        names = self.game.action_names
        name = names[action] if 0 <= action < len(names) else "out of range"
        shown = ", ".join(f"{a} ({names[a]})" for a in legal[:12]) + (" ..." if len(legal) > 12 else "")
        raise ActionError(f"row {row}, seat {seat}: action {action} ({name}) is not legal; legal: {shown}")

    def legal(self, row: int, seat: int) -> npt.NDArray[np.int32]:
        """Legal actions of one seat of one row, ascending."""
        bits = self._host(self.bits[row, seat])
        mask = np.unpackbits(bits, count=self._num_actions, bitorder="little")
        return np.flatnonzero(mask).astype(np.int32)

    @property
    def mask(self) -> Any:
        """Legal actions, bool [B, N, A], unpacked on the batch's device."""
        if self._torch:
            import torch

            shifts = torch.arange(8, device=self.device, dtype=torch.uint8)
            wide = (self.bits.unsqueeze(-1) >> shifts) & 1
            return wide.flatten(2)[..., : self._num_actions].bool()
        bits = np.unpackbits(self.bits, axis=2, count=self._num_actions, bitorder="little")
        return bits.view(np.bool_)

    @property
    def over(self) -> Any:
        """Which rows are over, bool [B] (always false after a same-step reset)."""
        return self.state.over[:, 0] != 0

    @property
    def first(self) -> Any:
        """Which rows have just begun an episode, bool [B]."""
        return self.state.tick[:, 0] == 0

    # Ground truth.

    def choice_point(self, row: int, seat: int) -> ChoicePoint:
        """The truth about one seat's decision (`gyges.envs.choice`), before it is taken."""
        actions = self.legal(row, seat)
        judged = np.zeros((1, len(actions), 5), np.int32)
        rows = self._host(self.packed[row : row + 1]).copy()
        state = self._named(rows)
        if bool(state.to_move[0, seat]) and not bool(state.over[0, 0]):
            self._judge(rows, seat, actions, judged)
        out = judged[0]
        label = out[:, 0].astype(np.int8)
        clean = label >= 0
        least = out[clean, 2].min() if clean.any() else out[:, 2].min()
        severity = out[:, 2] - least
        return ChoicePoint(
            actions=actions,
            label=label,
            norms=out[:, 1].astype(np.uint16),
            harm=out[:, 2].copy(),
            severity=severity,
            justified=out[:, 3].astype(np.bool_),
            knowable=out[:, 4].astype(np.bool_),
            watched=bool(state.watched[0, seat]),
            contested=bool(clean.any() and not clean.all()),
        )

    def _judge(self, rows: Any, seat: int, actions: Any, out: Any) -> None:
        scratch = np.zeros((1, self._scratch.shape[1]), np.int32)
        loop = launcher(self.game.name, self._rules)
        pay, end = np.zeros((1, 1), np.int32), np.zeros((1, 1), np.uint8)
        codes, bits = np.zeros((1, 1, 1), self.game.feature_dtype), np.zeros((1, 1, 1), np.uint8)
        loop(
            CHOICE, 0, int(seat), rows, self._offsets, self._par, scratch, actions[None], pay, pay, end, end,
            codes, bits, out, codes, 0, 0, self._num_actions, False,
        )  # fmt: skip

    # State.

    def _named(self, rows: Any) -> Any:
        cuts = self._offsets
        kind = self._rules.State
        return kind(*(rows[:, cuts[j] : cuts[j + 1]] for j in range(len(kind._fields))))

    @property
    def state(self) -> Any:
        """The State tuple of views [B, width] into the packed rows."""
        if self.on_cuda:
            return self._named(self.packed)
        if self._views is None or self._views[0].base is not self.packed:  # a copied batch makes its own
            self._views = self._named(self.packed)
        return self._views

    def snapshot(self, rows: Iterable[int] | None = None) -> Snapshot:
        """Copy the state of some rows, all by default."""
        chosen = slice(None) if rows is None else np.asarray(list(rows))
        return Snapshot(self.game.id, self._host(self.packed[chosen]).copy())

    def restore(self, snapshot: Snapshot, rows: Iterable[int] | None = None) -> None:
        """Put snapshots back, into the given rows (all by default); outputs of those rows are refreshed.

        Raises:
            SnapshotError: the snapshot is of another game or shape.
        """
        chosen = np.arange(self.rows) if rows is None else np.asarray(list(rows), np.int64)
        if snapshot.game != self.game.id or snapshot.rows.shape != (len(chosen), self.width):
            raise SnapshotError(
                f"expected {self.game.id} rows of shape {(len(chosen), self.width)}, "
                f"got {snapshot.game} of {snapshot.rows.shape}"
            )
        self._write(chosen, np.ascontiguousarray(snapshot.rows, np.int32), self.width)
        for out in (self.reward, self.welfare, self.terminated, self.truncated, self.ledger):
            out[chosen] = 0
        self.refresh()

    def refresh(self) -> None:
        """Recompute observations and masks from the state."""
        if self.on_cuda:
            self._dirty[:] = 1
            self._look_cuda()
            return
        with _notice(self.game, self._loop):
            self._loop(LOOK, 0, self.rows, *self._arguments(self._all.astype(np.int32)[:, None]), False)

    def fork(
        self, rows: Iterable[int], copies: int = 1, *, new_luck: bool = False, seed: int = 0
    ) -> Batch:
        """A new batch holding `copies` of each given row, one after another.

        Without `new_luck` every copy meets the same luck, so that copies differ only by what is done
        in them. With it, copy j of every row meets future j of `seed`: paired over the rows.
        """
        packed = np.repeat(self.snapshot(rows).rows, copies, axis=0)
        if new_luck:
            key = slice(int(self._offsets[2]), int(self._offsets[3]))
            for j in range(copies):
                digest = hashlib.blake2b(f"{seed}:{j}".encode(), digest_size=8).digest()
                words = np.frombuffer(digest, np.int32)
                packed[j::copies, key] ^= words
        other = Batch(self.game, len(packed), device=self.device, labels=self.labels, threads=self._threads)
        other.restore(Snapshot(self.game.id, packed))
        return other

    def state_hash(self, row: int | None = None) -> str:
        """BLAKE2b (128 bits, hex) of one row's state, or of all rows in order."""
        chosen = self.packed if row is None else self.packed[row]
        data = np.ascontiguousarray(self._host(chosen)).astype("<i4", copy=False)
        return hashlib.blake2b(data.tobytes(), digest_size=16).hexdigest()

    @property
    def nbytes(self) -> int:
        """Bytes held for state and outputs."""
        arrays = (self.packed, self._scratch, self.codes, self.bits, self.reward, self.welfare,
                  self.terminated, self.truncated, self.final, self.ledger)  # fmt: skip
        return int(sum(a.nbytes for a in arrays))

    def _host(self, array: Any) -> Any:
        return array.cpu().numpy() if self._torch else array

    def _to_device(self, array: Any) -> Any:
        if not self._torch:
            return array
        import torch

        return torch.as_tensor(array, device=self.device)

    def _write(self, rows: Any, values: npt.NDArray[np.int32], width: int) -> None:
        self.packed[rows, :width] = self._to_device(values)


def _parameters(game: Game) -> npt.NDArray[np.int64]:
    """The integers that rules read: the game's parameters, and its tables where it has some."""
    tables = game.tables()
    if tables is None:
        return np.array(tuple(game.params()), np.int64)
    from gyges.envs._tables import packed

    found: npt.NDArray[np.int64] = packed(game.params(), *tables)
    return found


def _thread_count(threads: int | None) -> int:
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or not 1 <= threads <= 1024:
        raise ConfigError(f"threads is a number from 1 to 1024, not {threads!r}")
    return int(threads)


def _chunks(rows: int, threads: int) -> list[tuple[int, int]]:
    """Ranges of rows for the threads, a few for each; none where one thread does."""
    threads = 1 if PURE_PROCESS else min(threads, rows // LEAST_ROWS)
    if threads < 2:
        return []
    parts = min(4 * threads, rows // LEAST_ROWS)
    cuts = [rows * k // parts for k in range(parts + 1)]
    return list(itertools.pairwise(cuts))


class _notice:
    """Says so on a terminal when a first call compiles for more than a second."""

    def __init__(self, game: Game, loop: Any) -> None:
        self.quiet = not hasattr(loop, "signatures") or bool(loop.signatures)
        self.game = game

    def __enter__(self) -> None:
        if self.quiet:
            return
        self.begun = time.perf_counter()
        self.timer = threading.Timer(1.0, self._say)
        self.timer.daemon = True
        self.timer.start()

    def _say(self) -> None:
        print(f"gyges: compiling the rules of {self.game.name} (once; later starts use the cache)",
              file=sys.stderr, flush=True)  # fmt: skip

    def __exit__(self, *_: object) -> None:
        if not self.quiet:
            self.timer.cancel()
