"""How rules see memory: one row's slices of packed buffers, by name and by index.

Compiled for the CPU they are pointers (`pointers`), compiled for CUDA arrays, and in a pure process `Ints`.
"""

from __future__ import annotations

import hashlib
from typing import Any

from gyges.envs._runtime.compiler import PURE, inline, rule

Array = Any
"""One row's slice of a packed buffer: integer elements are read and written by index."""


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
    """A rule from its source, under a name that follows from what it does.

    Compiled code of several processes meets in one that reads it from the cache. There functions are told
    apart by their names and the types of their arguments: of two that are called alike one would stand for
    both.
    """
    own = f"{name}_{_digest(source, names)}"
    scope: dict[str, Any] = {"wrap": wrap, **names}
    exec(source.replace(f"def {name}(", f"def {own}(", 1), scope)
    return rule(scope[own])


def _digest(source: str, names: dict[str, Any]) -> str:
    parts = [source]
    for name, one in sorted(names.items()):
        said = (getattr(one, "__module__", ""), getattr(one, "__qualname__", ""), getattr(one, "_fields", ()))
        parts.append(f"{name}: {said}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@rule
def allow(mask: Array, action: int) -> None:
    """Mark `action` legal in a bit-packed mask (uint8, lowest bit first)."""
    mask[action >> 3] = mask[action >> 3] | (1 << (action & 7))


@inline
def allow_bits(mask: Array, first: int, bits: int) -> None:
    """Mark action first + j legal for every bit j of `bits` (up to 56 of them): a byte at a time."""
    word = bits << (first & 7)
    byte = first >> 3
    while word > 0:
        mask[byte] = mask[byte] | (word & 255)
        word = word >> 8
        byte += 1


@rule
def allowed(mask: Array, action: int) -> bool:
    """Is `action` marked in a bit-packed mask?"""
    return int((mask[action >> 3] >> (action & 7)) & 1) == 1


@rule
def phase_of(see: Any, count: int) -> int:
    """Which of so many phases an observation shows: the element of the feature ``phase`` that is 1."""
    for j in range(count):
        if see.phase[j] == 1:
            return j
    return 0
