"""What every game's rules are written with.

A rule is a plain Python function over integers and the array elements of one row (one
environment). `rule` compiles it with Numba; the same function object runs alone, in a batch on all
cores and inside a CUDA kernel, and gives the same bits everywhere. To keep it so:

* integers only; keep the operands of `//` and `%` non-negative;
* no allocation: a rule writes into the arrays it is given;
* luck comes from `draw`, `draw2`, `chance` and nowhere else.

With ``GYGES_PURE=1`` (or Numba's CUDA simulator) in the environment when this module is first
imported, rules stay plain Python, the reference that the compiled forms are tested against.

This module imports Numba; `gyges.envs` therefore imports it only when a batch is made.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from gyges.envs._runtime.compiler import compile_rule

PURE = os.environ.get("GYGES_PURE") == "1" or os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
"""Whether rules run as plain Python in this process."""

Array = Any
"""One row's slice of a packed buffer: integer elements are read and written by index."""

F = TypeVar("F", bound=Callable[..., Any])
M32 = 0xFFFFFFFF


def rule(function: F) -> F:
    """Compile a rule: a function of its own that its callers may inline.

    In a pure process the function itself is returned.
    """
    if PURE:
        function.__gyges_rule__ = True  # type: ignore[attr-defined]
        return function
    return compile_rule(function, inline=False)


def inline(function: F) -> F:
    """Compile a rule that is copied into every caller: for what is short and hot, and takes whole arrays."""
    if PURE:
        return rule(function)
    return compile_rule(function, inline=True)


class Ints:
    """An array whose elements read as Python integers (pure processes only).

    NumPy's small integers promote and overflow otherwise than compiled code does; Python's do not.
    Storing a value that does not fit raises OverflowError.
    """

    __slots__ = ("array", "shape")

    def __init__(self, array: Any) -> None:
        self.array = array
        self.shape = array.shape

    def __getitem__(self, index: Any) -> int:
        return int(self.array[index])

    def __setitem__(self, index: Any, value: int) -> None:
        self.array[index] = value

    def __len__(self) -> int:
        return int(self.shape[0])


if PURE:

    def wrap(array: Any) -> Any:
        """Give rules an array to index: the array itself when compiled, `Ints` in a pure process."""
        return Ints(array)
else:

    @rule
    def wrap(array: Any) -> Any:
        """Give rules an array to index: the array itself when compiled, `Ints` in a pure process."""
        return array


def views(kind: Any) -> Any:
    """Make the rule ``view(row, offsets) -> kind`` that names the parts of a packed row.

    Args:
        kind: a NamedTuple class; field j names ``row[offsets[j]:offsets[j + 1]]``.
    """
    parts = ", ".join(f"wrap(row[offsets[{j}]:offsets[{j + 1}]])" for j in range(len(kind._fields)))
    return _generated("view", f"def view(row, offsets):\n    return Kind({parts})\n", Kind=kind)


def values(kind: Any) -> Any:
    """Make the rule ``value(array) -> kind`` that names the integers of a packed parameter array."""
    parts = ", ".join(f"int(array[{j}])" for j in range(len(kind._fields)))
    return _generated("value", f"def value(array):\n    return Kind({parts})\n", Kind=kind)


def seen(kind: Any, single: Any, tail: Any) -> Any:
    """Make the rule ``see(code, offsets) -> kind`` that names the parts of one seat's observation.

    Args:
        kind: a NamedTuple class; field j begins at ``code[offsets[j]]``.
        single: for each field, whether it is one integer and read as such.
        tail: as in `access`.
    """
    parts = (
        f"int(code[offsets[{j}]])" if one else f"tail(code, offsets[{j}])" for j, one in enumerate(single)
    )
    source = f"def see(code, offsets):\n    return Kind({', '.join(parts)})\n"
    return _generated("see", source, Kind=kind, tail=tail)


def chosen(rules: Any) -> Any:
    """Make the rule ``choose(kind, see, p, own, mask, memory)`` that calls the persona's rule of a number."""
    cases = "".join(
        f"    if kind == {j}:\n        return rule{j}(see, p, own, mask, memory)\n" for j in range(len(rules))
    )
    named = {f"rule{j}": one for j, one in enumerate(rules)}
    source = f"def choose(kind, see, p, own, mask, memory):\n{cases}    return 0\n"
    return _generated("choose", source, **named)


def access(state: Any, params: Any, *, pointers: bool) -> dict[str, Any]:
    """How the launchers of one game see memory: ``view``, ``value``, ``line``, ``line2`` and ``tail``.

    ``view(rows, i, offsets)`` is row i of a packed batch as a State, ``value(array)`` the packed
    parameters, ``line(array, i)`` and ``line2(array, i, j)`` the elements of array[i] and array[i, j],
    ``tail(line, k)`` those of a line from element k on.

    Args:
        state, params: the game's NamedTuple classes.
        pointers: pass `gyges.envs._runtime.pointers` values (compiled for the CPU) instead of arrays.
    """
    if pointers and not PURE:
        from gyges.envs._runtime import pointers as seen

        kinds = {"view": seen.views(state), "value": seen.values(params)}
        return {**kinds, "line": seen.line, "line2": seen.line2, "tail": seen.tail}
    parts = ", ".join(f"wrap(row[offsets[{j}]:offsets[{j + 1}]])" for j in range(len(state._fields)))
    source = f"def view(rows, i, offsets):\n    row = rows[i]\n    return Kind({parts})\n"
    view = _generated("view", source, Kind=state)
    lines: tuple[Any, ...] = (_line, _line2, _tail)
    if not PURE:
        from numba import cuda  # a device function may not return a part of an array: copy its code

        lines = tuple(cuda.jit(device=True, inline="always")(function) for function in lines)
    return {"view": view, "value": values(params), "line": lines[0], "line2": lines[1], "tail": lines[2]}


def _line(array: Any, i: int) -> Any:
    return wrap(array[i])


def _line2(array: Any, i: int, j: int) -> Any:
    return wrap(array[i, j])


def _tail(array: Any, first: int) -> Any:
    return wrap(array.array[first:]) if PURE else array[first:]


def _generated(name: str, source: str, **names: Any) -> Any:
    scope: dict[str, Any] = {"wrap": wrap, **names}
    exec(source, scope)
    return rule(scope[name])


@rule
def allow(mask: Array, action: int) -> None:
    """Mark `action` legal in a bit-packed mask (uint8, lowest bit first)."""
    mask[action >> 3] = mask[action >> 3] | (1 << (action & 7))


@rule
def allowed(mask: Array, action: int) -> bool:
    """Is `action` marked in a bit-packed mask?"""
    return int((mask[action >> 3] >> (action & 7)) & 1) == 1


@rule
def nothing(s: Any, p: Any, scratch: Array, features: Array) -> None:
    """What is common to the observations of a game that says nothing of it."""


@rule
def signed(x: int) -> int:
    """A 32-bit word as the int32 that stores it."""
    return x - 0x100000000 if x >= 0x80000000 else x


@inline
def _mix(x0: int, x1: int, turn: int) -> tuple[int, int]:
    x0 = (x0 + x1) & 0xFFFFFFFF
    x1 = ((x1 << turn) | (x1 >> (32 - turn))) & 0xFFFFFFFF
    return x0, x0 ^ x1


@inline
def threefry(k0: int, k1: int, c0: int, c1: int) -> tuple[int, int]:
    """Threefry-2x32 with 20 rounds: two 32-bit words from a 64-bit key and a 64-bit counter.

    Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
    """
    k0 = k0 & 0xFFFFFFFF
    k1 = k1 & 0xFFFFFFFF
    k2 = 0x1BD11BDA ^ k0 ^ k1
    x0 = ((c0 & 0xFFFFFFFF) + k0) & 0xFFFFFFFF
    x1 = ((c1 & 0xFFFFFFFF) + k1) & 0xFFFFFFFF
    x0, x1 = _mix(x0, x1, 13)
    x0, x1 = _mix(x0, x1, 15)
    x0, x1 = _mix(x0, x1, 26)
    x0, x1 = _mix(x0, x1, 6)
    x0 = (x0 + k1) & 0xFFFFFFFF
    x1 = (x1 + k2 + 1) & 0xFFFFFFFF
    x0, x1 = _mix(x0, x1, 17)
    x0, x1 = _mix(x0, x1, 29)
    x0, x1 = _mix(x0, x1, 16)
    x0, x1 = _mix(x0, x1, 24)
    x0 = (x0 + k2) & 0xFFFFFFFF
    x1 = (x1 + k0 + 2) & 0xFFFFFFFF
    x0, x1 = _mix(x0, x1, 13)
    x0, x1 = _mix(x0, x1, 15)
    x0, x1 = _mix(x0, x1, 26)
    x0, x1 = _mix(x0, x1, 6)
    x0 = (x0 + k0) & 0xFFFFFFFF
    x1 = (x1 + k1 + 3) & 0xFFFFFFFF
    x0, x1 = _mix(x0, x1, 17)
    x0, x1 = _mix(x0, x1, 29)
    x0, x1 = _mix(x0, x1, 16)
    x0, x1 = _mix(x0, x1, 24)
    x0 = (x0 + k1) & 0xFFFFFFFF
    x1 = (x1 + k2 + 4) & 0xFFFFFFFF
    x0, x1 = _mix(x0, x1, 13)
    x0, x1 = _mix(x0, x1, 15)
    x0, x1 = _mix(x0, x1, 26)
    x0, x1 = _mix(x0, x1, 6)
    x0 = (x0 + k2) & 0xFFFFFFFF
    x1 = (x1 + k0 + 5) & 0xFFFFFFFF
    return x0, x1


@rule
def draw2(s: Any, stream: int) -> tuple[int, int]:
    """Two 32-bit words of this step's luck, a function of (episode key, tick, stream)."""
    return threefry(s.key[0], s.key[1], s.tick[0], stream)


@rule
def draw(s: Any, stream: int) -> int:
    """One 32-bit word of this step's luck, a function of (episode key, tick, stream)."""
    word, _ = threefry(s.key[0], s.key[1], s.tick[0], stream)
    return word


@rule
def chance(s: Any, stream: int, odds: int) -> bool:
    """True with probability odds / 65536."""
    return (draw(s, stream) >> 16) < odds


@rule
def show_cue(s: Any, p: Any, seat: int, seen: int, luck: int) -> None:
    """Set a seat's watch bit, and what it is told of it by 16 bits of luck: the truth with odds `p.cue`."""
    s.watched[seat] = seen
    s.cue_shown[seat] = seen if luck < p.cue else 1 - seen


@rule
def set_watch(s: Any, p: Any, seat: int, ring: int, cue: int) -> None:
    """Set watch bit and cue from 16 bits of luck each; nothing else in the state bears on them."""
    show_cue(s, p, seat, 0 if ring < p.ring else 1, cue)


@rule
def draw_watch(s: Any, p: Any, seat: int, stream: int) -> None:
    """Draw whether the overseer sees a seat, and what the seat is told of it: `stream` and the one after."""
    set_watch(s, p, seat, draw(s, stream) >> 16, draw(s, stream + 1) >> 16)
