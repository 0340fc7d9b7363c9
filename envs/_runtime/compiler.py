"""How rules are compiled: once into the loops that call them, never on their own.

Numba compiles every `njit` function to machine code with Python wrappers, also where it is only ever
inlined into another. For a game's sixty rules that is most of the compile time. A `RuleDispatcher`
stops at LLVM code, which the calling loop then takes in; called from Python, it compiles the ordinary
way.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.registry import CPUDispatcher
from numba.core.typed_passes import InlineOverloads, NativeLowering, NopythonRewrites
from numba.core.untyped_passes import InlineClosureLikes, InlineInlinables, WithLifting

PURE = os.environ.get("GYGES_PURE") == "1" or os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
"""Whether rules run as plain Python in this process."""

F = TypeVar("F", bound=Callable[..., Any])


class RuleLibrary(JITCodeLibrary):  # type: ignore[misc]
    """LLVM code to be linked into a caller's, without machine code of its own."""

    def _optimize_final_module(self) -> None:
        pass  # once, in the loop that takes it in: code optimised twice is vectorised worse

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class RuleLowering(NativeLowering):  # type: ignore[misc]
    """Lowers a rule to LLVM code and offers it to its callers."""

    _name = "rule_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower the function in `state`."""
        state.library = RuleLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_cpython_wrapper = True
        state.flags.no_cfunc_wrapper = True
        state.flags.no_compile = True
        super().run_pass(state)
        result = state["cr"]
        entry = _Entry(result.fndesc.qualname)
        state.targetctx.insert_user_function(entry, result.fndesc, [state.library])
        state["cr"] = result._replace(cfunc=entry)
        return True


class _Entry:
    """Stands for a compiled rule where Numba wants a function pointer."""

    def __init__(self, name: str) -> None:
        self.name = name


UNUSED = (WithLifting, InlineClosureLikes, InlineInlinables, InlineOverloads, NopythonRewrites)
"""Passes for what rules do not have: closures, comprehensions, contexts, expressions over arrays."""


class RuleCompiler(CompilerBase):  # type: ignore[misc]
    """Numba's own pipeline with `RuleLowering` at its end, and without the passes that rules never need."""

    def define_pipelines(self) -> list[Any]:
        """Numba's nopython pipeline, one pass exchanged."""
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state, "rule")
        pipeline.passes = [
            (RuleLowering if one is NativeLowering else one, text)
            for one, text in pipeline.passes
            if one not in UNUSED
        ]
        pipeline.finalize()
        return [pipeline]


class RuleDispatcher(CPUDispatcher):  # type: ignore[misc]
    """A rule: compiled code calls it at no cost, Python calls an ordinary compiled copy."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        super().__init__(
            py_func=function,
            targetoptions={"nopython": True, "boundscheck": None, "_nrt": False, **options},
            pipeline_class=RuleCompiler,
        )
        self.targetoptions = {"nopython": True, "boundscheck": None, **options}
        self._plain = njit(function, **options)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """What compiled callers call: one version, whatever the widths of the integers it is given."""
        return super().get_call_template([_widened(kind) for kind in args], kws)

    def add_overload(self, result: Any) -> None:
        """Keep an overload for compiled callers; Python's own calls never meet it."""
        self.overloads[tuple(result.signature.args)] = result

    def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
        return self._plain


def _widened(kind: Any) -> Any:
    """The type that a rule sees: int64 for every narrower or literal integer."""
    kind = types.unliteral(kind)
    return types.int64 if isinstance(kind, types.Integer) and kind.bitwidth < 64 else kind


def _compiled(function: F, **options: Any) -> F:
    compiled: Any = RuleDispatcher(function, {"error_model": "numpy", "nogil": True, **options})
    return compiled  # type: ignore[no-any-return]


def rule(function: F) -> F:
    """Compile a rule: a function of its own that its callers may inline.

    In a pure process the function itself is returned.
    """
    if PURE:
        function.__gyges_rule__ = True  # type: ignore[attr-defined]
        return function
    return _compiled(function)


def inline(function: F) -> F:
    """Compile a rule that is copied into every caller: for what is short and hot, and takes whole arrays."""
    if PURE:
        return rule(function)
    return _compiled(function, forceinline=True)
