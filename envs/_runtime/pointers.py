"""What compiled rules on the CPU are given: pointers where arrays would be.

A NamedTuple of forty arrays is three hundred machine words, handed to every rule at every call; the
compiler spends minutes on them. Here a row's State is two words (the row and the table of its
offsets), Params is one (the packed array), and an array element line is one. They are read as the
NamedTuples are: ``s.store[a]``, ``p.horizon``, ``mask[j]``. Nothing is checked and nothing is owned:
the arrays must outlive the call, as a batch's do.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils
from numba.core import types as nb_types
from numba.core.datamodel import models
from numba.core.errors import TypingError
from numba.core.extending import intrinsic, lower_getattr_generic, register_model
from numba.core.typing.templates import AttributeTemplate, infer_getattr

types: Any = nb_types


class RowType(nb_types.Type):
    """A packed row of int32 seen through the fields of a State."""

    def __init__(self, kind: Any) -> None:
        self.fields = tuple(kind._fields)
        super().__init__(name=f"Row({kind.__module__}.{kind.__qualname__}: {', '.join(self.fields)})")


class ValuesType(nb_types.Type):
    """A packed array of int64 seen through the fields of Params."""

    def __init__(self, kind: Any) -> None:
        self.fields = tuple(kind._fields)
        super().__init__(name=f"Values({kind.__module__}.{kind.__qualname__}: {', '.join(self.fields)})")


@register_model(RowType)
class _RowModel(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        members = [("data", types.CPointer(types.int32)), ("cuts", types.CPointer(types.int64))]
        super().__init__(manager, kind, members)


@register_model(ValuesType)
class _ValuesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, ir.IntType(64).as_pointer())


@infer_getattr
class _RowFields(AttributeTemplate):  # type: ignore[misc]
    key = RowType

    def generic_resolve(self, kind: Any, name: str) -> Any:
        return types.CPointer(types.int32) if name in kind.fields else None


@infer_getattr
class _ValuesFields(AttributeTemplate):  # type: ignore[misc]
    key = ValuesType

    def generic_resolve(self, kind: Any, name: str) -> Any:
        return types.int64 if name in kind.fields else None


def _constant(builder: Any, pointer: Any, index: int) -> Any:
    """Load an element that does not change while compiled code runs."""
    load = builder.load(builder.gep(pointer, [ir.Constant(ir.IntType(64), index)]))
    load.set_metadata("invariant.load", builder.module.add_metadata([]))
    return load


@lower_getattr_generic(RowType)
def _row_field(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    row = cgutils.create_struct_proxy(kind)(context, builder, value)
    return builder.gep(row.data, [_constant(builder, row.cuts, kind.fields.index(name))])


@lower_getattr_generic(ValuesType)
def _values_field(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    return _constant(builder, value, kind.fields.index(name))


def _pointer(context: Any, builder: Any, kind: Any, array: Any, indices: list[Any]) -> Any:
    """Address of array[indices, 0, ...] of a C-contiguous array."""
    proxy = context.make_array(kind)(context, builder, array)
    shape = cgutils.unpack_tuple(builder, proxy.shape, kind.ndim)
    flat = ir.Constant(ir.IntType(64), 0)
    for axis in range(kind.ndim):
        flat = builder.mul(flat, shape[axis])
        if axis < len(indices):
            flat = builder.add(flat, indices[axis])
    return builder.gep(proxy.data, [flat])


def _check(*arrays: Any) -> None:
    for array in arrays:
        if not isinstance(array, types.Array) or array.layout != "C":
            raise TypingError(f"pointers are taken to C-contiguous arrays, not of {array}")


def _word(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    return context.cast(builder, value, kind, types.int64)


def views(kind: Any) -> Any:
    """Make ``view(rows, i, offsets)``: row i of a packed batch as a State."""

    @intrinsic
    def view(typing: Any, rows: Any, i: Any, offsets: Any) -> Any:
        """Row i as a State."""
        _check(rows, offsets)
        out = RowType(kind)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            row = cgutils.create_struct_proxy(out)(context, builder)
            index = _word(context, builder, signature.args[1], arguments[1])
            row.data = _pointer(context, builder, signature.args[0], arguments[0], [index])
            row.cuts = _pointer(context, builder, signature.args[2], arguments[2], [])
            return row._getvalue()

        return out(rows, i, offsets), generate

    return view


def values(kind: Any) -> Any:
    """Make ``value(array)``: packed parameters as Params."""

    @intrinsic
    def value(typing: Any, array: Any) -> Any:
        """Parameters."""
        _check(array)
        out = ValuesType(kind)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _pointer(context, builder, signature.args[0], arguments[0], [])

        return out(array), generate

    return value


@intrinsic
def line(typing: Any, array: Any, i: Any) -> Any:
    """Elements of array[i]."""
    _check(array)
    out = types.CPointer(array.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        index = _word(context, builder, signature.args[1], arguments[1])
        return _pointer(context, builder, signature.args[0], arguments[0], [index])

    return out(array, i), generate


@intrinsic
def line2(typing: Any, array: Any, i: Any, j: Any) -> Any:
    """Elements of array[i, j]."""
    _check(array)
    out = types.CPointer(array.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        at = [_word(context, builder, signature.args[k], arguments[k]) for k in (1, 2)]
        return _pointer(context, builder, signature.args[0], arguments[0], at)

    return out(array, i, j), generate


@intrinsic
def tail(typing: Any, pointer: Any, first: Any) -> Any:
    """Elements from the given one on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.gep(arguments[0], [_word(context, builder, signature.args[1], arguments[1])])

    return pointer(pointer, first), generate
