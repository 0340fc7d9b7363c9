"""Tables beside a game's parameters: one shared integer array that every row's rules may read.

A game with ``Game.tables()`` has them packed behind its parameters, and its rules module says
``access = tabled(Tables)`` (`gyges.envs.rules.tabled`). Rules then read ``t = p.tables`` and
``t.field[j]``. Compiled for the CPU that is two pointers; elsewhere a NamedTuple of arrays.

The packed array is int64: the parameters, the offsets of the tables, then the tables' int32 elements,
two to a word.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs._runtime.compiler import PURE, rule
from gyges.envs._runtime.memory import access as memory_access
from gyges.envs._runtime.memory import wrap


def packed(params: Any, table: npt.NDArray[np.int32], offsets: npt.NDArray[np.int64]) -> Any:
    """Parameters and tables as the one int64 array that launchers hand to rules."""
    words = np.zeros((len(table) + 1) // 2, np.int64)
    words.view(np.int32)[: len(table)] = table
    return np.concatenate([np.array(tuple(params), np.int64), np.asarray(offsets, np.int64), words])


def tabled(tables: Any) -> Any:
    """How launchers of a game with tables see memory: `gyges.envs._runtime.memory.access` with ``p.tables``.

    Args:
        tables: a NamedTuple class; field j names ``table[offsets[j]:offsets[j + 1]]``.
    """

    def access(state: Any, params: Any, *, pointers: bool) -> dict[str, Any]:
        found = memory_access(state, params, pointers=pointers)
        made = _pointer_values if pointers and not PURE else _array_values
        found["value"] = made(params, tables)
        return found

    return access


def _array_values(params: Any, tables: Any) -> Any:
    """The rule ``value(array)``: parameters as integers, and tables as arrays."""
    count, fields = len(params._fields), len(tables._fields)
    make: Any = namedtuple  # its fields are known only here
    both = make("Tabled", (*params._fields, "tables"))
    parts = ", ".join(f"int(array[{j}])" for j in range(count))
    views = ", ".join(
        f"wrap(table[int(array[{count + j}]):int(array[{count + j + 1}])])" for j in range(fields)
    )
    source = (
        f"def value(array):\n    table = array[{count + fields + 1}:].view(int32)\n"
        f"    return Both({parts}, Tables({views}))\n"
    )
    scope: dict[str, Any] = {"wrap": wrap, "int32": np.int32, "Both": both, "Tables": tables}
    exec(source, scope)
    return rule(scope["value"])


def _pointer_values(params: Any, tables: Any) -> Any:
    """The intrinsic ``value(array)``: one pointer, read as parameters and, behind them, as tables."""
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba.core import cgutils
    from numba.core.datamodel import models
    from numba.core.extending import intrinsic, lower_getattr_generic, register_model
    from numba.core.typing.templates import AttributeTemplate, infer_getattr

    from gyges.envs._runtime import pointers

    nb = pointers.types
    fields, count = tuple(params._fields), len(tables._fields)
    row = pointers.RowType(tables)
    name = f"{params.__module__}.{params.__qualname__}+{tables.__qualname__}: {', '.join(fields)}"

    class TabledType(nb.Type):  # type: ignore[misc, name-defined]
        """Parameters with tables behind them."""

    kind = TabledType(name=f"Tabled({name})")

    @register_model(TabledType)
    class _Model(models.PrimitiveModel):  # type: ignore[misc]
        def __init__(self, manager: Any, kind: Any) -> None:
            super().__init__(manager, kind, ir.IntType(64).as_pointer())

    @infer_getattr
    class _Fields(AttributeTemplate):  # type: ignore[misc]
        key = TabledType

        def generic_resolve(self, kind: Any, name: str) -> Any:
            if name == "tables":
                return row
            return nb.int64 if name in fields else None

    def field(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
        if name != "tables":
            return pointers._constant(builder, value, fields.index(name))
        found = cgutils.create_struct_proxy(row)(context, builder)
        found.cuts = builder.gep(value, [ir.Constant(ir.IntType(64), len(fields))])
        data = builder.gep(value, [ir.Constant(ir.IntType(64), len(fields) + count + 1)])
        found.data = builder.bitcast(data, ir.IntType(32).as_pointer())
        return found._getvalue()

    lower_getattr_generic(TabledType)(field)

    @intrinsic
    def value(typing: Any, array: Any) -> Any:
        """Parameters, and tables."""
        pointers._check(array)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return pointers._pointer(context, builder, signature.args[0], arguments[0], [])

        return kind(array), generate

    return value
