"""CUDA kernels over the same row functions. Executed anew for each game by `loader.cuda_launchers`.

One thread a row advances the game; one thread a (row, seat) writes observations and masks. The
loader sets ``L``, the game's executed `kernels` module.
"""

from __future__ import annotations

from typing import Any

from numba import cuda

L: Any

THREADS = 128
# fmt: off


def check_kernel(action, mask, num_actions, flag):  # type: ignore[no-untyped-def]
    i = cuda.grid(1)
    if i < action.shape[0] and flag[1] == 0:
        bad = L.refused(i, action, mask, num_actions)
        if bad >= 0:
            cuda.atomic.max(flag, 0, i * action.shape[1] + bad + 1)


def step_kernel(rows, offsets, par, scratch, action, reward, welfare, terminated, truncated,  # type: ignore[no-untyped-def]
                features, mask, ledger, final, dirty, autoreset, labels, num_actions, flag):
    i = cuda.grid(1)
    if i < rows.shape[0]:
        dirty[i] = 0
        if flag[0] == 0:
            if L.step_row(i, rows, offsets, par, scratch, action, reward, welfare, terminated, truncated,
                          features, mask, ledger, final, autoreset, labels, num_actions):
                dirty[i] = 1
        elif flag[1] == 0 and i == (flag[0] - 1) // action.shape[1]:
            flag[2] = action[i, flag[0] - 1 - i * action.shape[1]]


def begin_kernel(rows, offsets, par, scratch, which, dirty):  # type: ignore[no-untyped-def]
    i = cuda.grid(1)
    if i < rows.shape[0]:
        dirty[i] = which[i]
        if which[i]:
            L.reset_row(i, rows, offsets, par, scratch)


def observe_kernel(rows, offsets, par, scratch, features, mask, dirty):  # type: ignore[no-untyped-def]
    j = cuda.grid(1)
    i = j // features.shape[1]
    if i < rows.shape[0]:
        if dirty[i]:
            L.see_row(i, j - i * features.shape[1], rows, offsets, par, scratch, features, mask)


def choose_kernel(i, seat, rows, offsets, par, scratch, action, ledger):  # type: ignore[no-untyped-def]
    if cuda.grid(1) == 0:
        L.choose_row(i, seat, rows, offsets, par, scratch, action, ledger)


KERNELS = {
    "check": check_kernel,
    "step": step_kernel,
    "begin": begin_kernel,
    "observe": observe_kernel,
    "choose": choose_kernel,
}


def build() -> dict[str, Any]:
    """Wrap the kernels for launching; each compiles at its first launch."""
    return {name: cuda.jit(kernel) for name, kernel in KERNELS.items()}
