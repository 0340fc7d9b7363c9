"""What every game's rules are written with.

A rule is a plain Python function over integers and the array elements of one row (one
environment). `rule` compiles it with Numba; the same function object runs alone, in a batch on all
cores and inside a CUDA kernel, and gives the same bits everywhere. To keep it so:

* integers only; keep the operands of `//` and `%` non-negative;
* no allocation: a rule writes into the arrays it is given;
* luck comes from `draw`, `draw2`, `chance`, `draw_watch` and nowhere else.

With ``GYGES_PURE=1`` (or Numba's CUDA simulator) in the environment when this module is first
imported, rules stay plain Python, the reference that the compiled forms are tested against.

This module is what authors of games import; the parts lie in `gyges.envs._runtime`. It imports Numba;
`gyges.envs` therefore imports it only when a batch is made.
"""

from __future__ import annotations

from gyges.envs._runtime.compiler import PURE, inline, rule
from gyges.envs._runtime.memory import Array, allow, allow_bits, allowed, phase_of, wrap
from gyges.envs._runtime.random import (
    as_int32,
    chance,
    draw,
    draw2,
    draw_watch,
    set_watch,
    show_cue,
    threefry,
)
from gyges.envs._runtime.tables import tabled

__all__ = [
    "PURE",
    "Array",
    "allow",
    "allow_bits",
    "allowed",
    "as_int32",
    "chance",
    "draw",
    "draw2",
    "draw_watch",
    "inline",
    "phase_of",
    "rule",
    "set_watch",
    "show_cue",
    "tabled",
    "threefry",
    "wrap",
]
