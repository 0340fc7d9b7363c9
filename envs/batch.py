"""Many environments of one game at once, on one core, all cores or an NVIDIA GPU.

Row k of a batch seeded s is the environment seeded (s, k), bit for bit, whatever the number of
rows, their order, the number of threads or the device. (Gymnasium's own vector environments seed
environment k with s + k instead.)
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs._runtime.cuda_batch import SIMULATED, Device, zeros
from gyges.envs._runtime.loader import Loop, parameters
from gyges.envs._runtime.modes import AUTORESET, LABELS
from gyges.envs._runtime.stamps import rules_hash
from gyges.envs._runtime.threads import chunks, thread_count
from gyges.envs.choice_point import LEDGER, LEDGER_COLUMNS, ChoicePoint
from gyges.envs.errors import ActionError, ConfigError, SnapshotError
from gyges.envs.game import Game
from gyges.envs.options import check_choice

__all__ = ["AUTORESET", "LABELS", "Batch", "Snapshot", "rules_hash"]

INT32 = np.dtype(np.int32)
PURE_PROCESS = "1" in (os.environ.get("GYGES_PURE"), os.environ.get("NUMBA_ENABLE_CUDASIM"))


class Snapshot(NamedTuple):
    """Copies of packed rows: all of the game's state, luck included."""

    game: str
    rows: npt.NDArray[np.int32]  # [n, W]


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
        ledger: int32 [B, N, 12], columns by `gyges.envs.choice_point.LEDGER`.
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
        check_choice("labels", labels, tuple(LABELS))
        check_choice("autoreset", autoreset, tuple(AUTORESET))
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
        self._threads = thread_count(threads)
        self._offsets = np.concatenate([[0], np.cumsum(game.widths())]).astype(np.int64)
        self._par = parameters(game)
        self._num_actions = game.num_actions
        self.width = int(self._offsets[-1])
        shape = (self.rows, game.num_agents)
        size = game.observation_size
        make = functools.partial(zeros, device=self.device)
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
            self._gpu = self._device()
        else:
            self._loop = self._cpu()
            self._chunks = chunks(self.rows, 1 if PURE_PROCESS else self._threads)
            self._helpers = min(self._threads, len(self._chunks)) - 1
        self._seed(seed, first_row)
        self._begin(self._all)

    def _device(self) -> Device:
        """The kernels, over this batch's arrays."""
        names = ("packed", "codes", "bits", "reward", "welfare", "terminated", "truncated", "ledger", "final")
        arrays = {"scratch": self._scratch, **{name: getattr(self, name) for name in names}}
        return Device(self.game, arrays, self._offsets, self._par, self.device)

    def _cpu(self) -> Loop:
        """The compiled loop, over this batch's arrays."""
        names = ("packed", "codes", "bits", "reward", "welfare", "terminated", "truncated", "ledger", "final")
        buffers = {name: getattr(self, name) for name in names}
        buffers |= {"scratch": self._scratch, "offsets": self._offsets, "par": self._par}
        return Loop(self.game, buffers, self._autoreset, self._labels)

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the compiled rules: copies and other processes find those by the game.

        Raises:
            ConfigError: the arrays lie on a GPU; snapshots travel instead.
        """
        if self.on_cuda:
            raise ConfigError("a batch on a GPU is not copied or pickled: take its snapshot(), or fork() it")
        left = ("_loop", "_judging", "_views")
        return {name: value for name, value in vars(self).items() if name not in left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._views = None
        self._loop = self._cpu()

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
            self._gpu.begin(which)
            return
        self._loop.begin(which)

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
        if type(actions) is not np.ndarray or actions.dtype is not INT32 or not actions.flags.carray:
            actions = self._checked(actions)
        if actions.shape != self.reward.shape:
            raise ActionError(f"actions have shape {self.reward.shape}, not {actions.shape}")
        if not self._chunks:
            bad = self._loop.step(actions)
        else:
            bad = self._loop.steps(actions, self._chunks, self._helpers)
        if bad >= 0:
            self._refuse(bad, int(actions.flat[bad]))

    def _step_cuda(self, actions: Any, validate: bool) -> None:
        if not self._torch or not hasattr(actions, "data_ptr"):  # all but tensors
            actions = self._checked(actions)
        self._gpu.step(actions, self._autoreset, self._labels)
        if validate:
            self.illegal()

    def illegal(self) -> None:
        """On CUDA, wait for the steps since this was asked last; ActionError if one of them was refused.

        From the refused step on no row has changed.
        """
        found = self._gpu.refused()
        if found is not None:
            self._refuse(*found)

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

    def _refuse(self, pair: int, action: int) -> None:
        row, seat = divmod(pair, self.game.num_agents)
        who = f"row {row}, seat {seat}"
        raise ActionError.illegal(who, action, self.legal(row, seat), self.game.action_names)

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
        """The truth about one seat's decision (`gyges.envs.choice_point`), before it is taken."""
        actions = self.legal(row, seat)
        ledger = np.zeros((len(actions), LEDGER_COLUMNS), np.int32)
        row_of = self._host(self.packed[row : row + 1]).copy()
        state = self._named(row_of)
        if bool(state.to_move[0, seat]) and not bool(state.over[0, 0]):
            ledger = self._judging.choose(row_of, int(seat), actions)
        label = ledger[:, LEDGER.label].astype(np.int8)
        harm = ledger[:, LEDGER.harm]
        clean = label >= 0
        least = harm[clean].min() if clean.any() else harm.min()
        return ChoicePoint(
            actions=actions,
            label=label,
            norms=ledger[:, LEDGER.norms].astype(np.uint16),
            harm=harm.copy(),
            severity=harm - least,
            justified=ledger[:, LEDGER.justified].astype(np.bool_),
            knowable=ledger[:, LEDGER.knowable].astype(np.bool_),
            watched=bool(state.watched[0, seat]),
            contested=bool(clean.any() and not clean.all()),
        )

    @functools.cached_property
    def _judging(self) -> Loop:
        """A loop on the CPU, also where this batch lies on a device."""
        return Batch(self.game, 1, threads=1)._loop if self.on_cuda else self._loop

    # State.

    def _named(self, rows: Any) -> Any:
        cuts = self._offsets
        kind = self.game.State
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
        (self._gpu if self.on_cuda else self._loop).observe()

    def fork(self, rows: Iterable[int], copies: int = 1, *, new_luck: bool = False, seed: int = 0) -> Batch:
        """A new batch holding `copies` of each given row, one after another.

        Without `new_luck` every copy meets the same luck, so that copies differ only by what is done
        in them. With it, copy j of every row meets future j of `seed`: paired over the rows.
        """
        packed = np.repeat(self.snapshot(rows).rows, copies, axis=0)
        if new_luck:
            key = self.game.fields["key"]
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
