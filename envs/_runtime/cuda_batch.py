"""A batch's arrays on an NVIDIA GPU, and the kernels that run over them.

Arrays are torch tensors on the current CUDA device, which kernels read without a copy; under Numba's
simulator (``NUMBA_ENABLE_CUDASIM=1``) they are NumPy arrays.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs._runtime.loader import cuda_launchers
from gyges.envs.errors import ActionError
from gyges.envs.game import Game

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"  # device="cuda" then means Numba's CUDA simulator
TOO_WIDE = 1 << 30  # flag: an action does not fit in int32


def zeros(shape: tuple[int, ...], dtype: Any, device: str) -> Any:
    """A NumPy array ("cpu", or simulated), or a tensor on the device."""
    if device == "cpu" or SIMULATED:
        return np.zeros(shape, dtype)
    import torch

    return torch.zeros(shape, dtype=getattr(torch, np.dtype(dtype).name), device=device)


class Device:
    """Kernels of one game over the arrays of one batch.

    Args:
        game: the game.
        arrays: the batch's arrays by the names that `Batch` gives them.
        offsets, par: as `Batch` packs them.
        device: "cuda", or with an index.
    """

    def __init__(
        self, game: Game, arrays: dict[str, Any], offsets: Any, par: npt.NDArray[np.int64], device: str
    ) -> None:
        from numba import cuda

        self._cuda = cuda
        self._kernels = cuda_launchers(game)
        self._num_actions = game.num_actions
        self._name = device
        self._shape = tuple(arrays["reward"].shape)
        # 1 + row * N + seat of a refused action; the same as the step began; the action. Kept until asked.
        self._flag = zeros((3,), np.int32, device)
        self._dirty = zeros(self._shape[:1], np.uint8, device)
        kept = {**arrays, "flag": self._flag, "dirty": self._dirty}
        self._d = {name: self._shared(array) for name, array in kept.items() if name != "final"}
        self._d["final"] = self._shared(arrays["final"]) if len(arrays["final"]) else self._d["codes"]
        self._d["offsets"] = cuda.to_device(offsets)
        self._d["par"] = cuda.to_device(par)

    def _shared(self, array: Any) -> Any:
        """A tensor as kernels take it, without a copy (the simulator takes NumPy arrays)."""
        return array if SIMULATED else self._cuda.as_cuda_array(array)

    def _grid(self, threads: int) -> tuple[int, int, Any]:
        return ((threads + 127) // 128, 128, self._stream())

    def _stream(self) -> Any:
        if SIMULATED:
            return self._cuda.default_stream()
        import torch

        return self._cuda.external_stream(torch.cuda.current_stream().cuda_stream)

    def begin(self, which: Any) -> None:
        """Reset those rows that have a one in `which` (uint8 [B], on the device)."""
        d = self._d
        self._kernels["begin"][self._grid(self._shape[0])](
            d["packed"], d["offsets"], d["par"], d["scratch"], self._shared(which), d["dirty"]
        )
        self._observe()

    def observe(self) -> None:
        """Write observations and masks of every row."""
        self._dirty[:] = 1
        self._observe()

    def _observe(self) -> None:
        d = self._d
        self._kernels["observe"][self._grid(self._shape[0] * self._shape[1])](
            d["packed"], d["offsets"], d["par"], d["scratch"], d["codes"], d["bits"], d["dirty"]
        )

    def step(self, actions: Any, autoreset: int, labels: int) -> None:
        """Advance every row, or none where an action is illegal, or was since `refused` was asked last.

        Args:
            actions: integers [B, N]: a tensor, or an int32 array whose values are in range.

        Raises:
            ActionError: wrong dtype or shape. No row has changed.
        """
        d = self._d
        self._flag[1:2] = self._flag[:1]
        actions = self._placed(actions)
        acts = self._shared(actions)
        self._kernels["check"][self._grid(self._shape[0])](acts, d["bits"], self._num_actions, d["flag"])
        self._kernels["step"][self._grid(self._shape[0])](
            d["packed"], d["offsets"], d["par"], d["scratch"], acts, d["reward"], d["welfare"],
            d["terminated"], d["truncated"], d["codes"], d["bits"], d["ledger"], d["final"], d["dirty"],
            autoreset, labels, self._num_actions, d["flag"],
        )  # fmt: skip
        self._observe()

    def _placed(self, actions: Any) -> Any:
        """Actions as int32 [B, N] on the device; what does not fit int32 is flagged as refused."""
        if not SIMULATED:
            import torch

            actions = torch.as_tensor(actions, device=self._name if isinstance(actions, np.ndarray) else None)
            if actions.dtype not in (torch.int32, torch.int64, torch.int16, torch.int8, torch.uint8):
                raise ActionError(f"actions are integers, not {actions.dtype}")
        if tuple(actions.shape) != self._shape:
            raise ActionError(f"actions have shape {self._shape}, not {tuple(actions.shape)}")
        if SIMULATED:
            return actions
        narrow = actions.to(device=self._name, dtype=torch.int32).contiguous()
        if actions.dtype == torch.int64:
            wide = (narrow != actions.to(self._name)).any().int() * TOO_WIDE
            self._flag[0] = torch.where(self._flag[0] == 0, wide, self._flag[0])
        return narrow

    def refused(self) -> tuple[int, int] | None:
        """Wait for the steps since this was asked last: the first refused action among them, forgotten now.

        Returns:
            row * N + seat, and the action; None if there was none.

        Raises:
            ActionError: an action did not fit in int32.
        """
        flag, _, action = self._flag.tolist()
        if not flag:
            return None
        self._flag[:] = 0
        if flag >= TOO_WIDE:
            raise ActionError("actions must fit in int32")
        return flag - 1, action
