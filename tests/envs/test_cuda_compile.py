"""Every kernel compiles to machine-independent code for an H100, on a machine without a GPU."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

COMPILE = """
import sys, types
import numba.cuda.dispatcher as dispatcher
dispatcher.get_current_device = lambda: types.SimpleNamespace(compute_capability=(9, 0))
from numba import cuda, typeof, types as nb
from gyges.envs import Batch, make, register
from gyges.envs._runtime.loader import cuda_launchers

register("well-v0", "well.game:Well")
game = make(sys.argv[1])
batch = Batch(game, 2)
cuda_launchers(game)
kernels = sys.modules[f"gyges.envs._runtime.kernels_cuda_{game.name}"].KERNELS
import numpy as np
flag, dirty, which = np.zeros(3, np.int32), np.zeros(2, np.uint8), np.zeros(2, np.uint8)
rows = (batch.packed, batch._offsets, batch._par, batch._scratch)
paid = (batch.reward, batch.welfare, batch.terminated, batch.truncated)
action = np.zeros((2, game.num_agents), np.int32)
calls = {
    "check": (action, batch.bits, 1, flag),
    "step": (*rows, action, *paid, batch.codes, batch.bits, batch.ledger, batch.final, dirty, 1, 2, 1, flag),
    "begin": (*rows, which, dirty),
    "observe": (*rows, batch.codes, batch.bits, dirty),
    "choose": (0, 0, *rows, np.zeros((1, 3), np.int32), batch.ledger),
}
assert set(calls) == set(kernels)
for name in sys.argv[2:] or kernels:
    arguments = calls[name]
    ptx, _ = cuda.compile_ptx(kernels[name], tuple(typeof(x) for x in arguments), cc=(9, 0))
    assert ".entry" in ptx, name
    assert ".f64" not in ptx, f"{name}: floating point in the rules"
    print(name, len(ptx))
"""


@pytest.mark.parametrize("name", ["well-v0", "steward-v1", "fairychess-v1 step"])
def test_kernels_compile_for_sm_90(name):
    """Every kernel of two games; of chess the one that takes in all of its rules."""
    pytest.importorskip("numba_cuda", reason="needs numba-cuda")
    pytest.importorskip("cuda.bindings.nvvm", reason="needs the CUDA compiler libraries (extra cuda)")
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "examples" / "well")])
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, *name.split()],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PYTHONPATH": path},
    )
    if "DynamicLibNotFoundError" in done.stderr:
        pytest.skip("the CUDA compiler libraries (nvidia-nvvm, nvidia-cuda-nvrtc) are not installed")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("\n") == (len(name.split()) - 1 or 5)
