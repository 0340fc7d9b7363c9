"""Two stamps of a game: what the compiler's cache hangs on, and what its trajectories hang on.

`cache_stamp` covers every byte of every source file that compiled loops are made of. `rules_hash`
covers what play depends on and nothing else: the parsed code of the rules that are reached (without
docstrings, comments, annotations, decorators and file names), the constants they read, names and widths
of the row's fields, the parameters and the shared tables. Moving or documenting a rule leaves it; another
setting or an edited variant is another game.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

RULES = ("reset", "step", "observe", "common", "legal", "judge")
"""What play begins from; `common` is optional."""


RUNTIME = (
    "compiler",
    "kernels",
    "kernels_cuda",
    "memory",
    "modes",
    "persona_loop",
    "pointers",
    "random",
    "tables",
)
"""Files of this folder that compiled loops are made of."""
DECLARATIONS = ("actions", "choice_point", "observation", "rules", "state")
"""Files of `gyges.envs` whose offsets and columns are constants in compiled loops."""


def is_rule(value: Any) -> bool:
    """Whether a value is a rule, compiled or plain."""
    return hasattr(value, "py_func") or hasattr(value, "__gyges_rule__")


def runtime_files() -> list[Path]:
    """The sources of the runtime that compiled loops are made of."""
    here = Path(__file__).resolve()
    declarations = [here.parents[1] / f"{name}.py" for name in DECLARATIONS]
    return [here.with_name(f"{name}.py") for name in RUNTIME] + declarations


def sources(module: types.ModuleType) -> list[Path]:
    """Every source file that the rules of `module` can depend on.

    The module itself, the modules of every rule it names, the other files of its package where it
    lies in one, and the shared runtime.
    """
    files: set[Path] = set()
    seen: set[str] = set()
    queue = [module]
    while queue:
        here = queue.pop()
        if here.__name__ in seen or not getattr(here, "__file__", None):
            continue
        seen.add(here.__name__)
        path = Path(str(here.__file__)).resolve()
        files.add(path)
        if here.__package__ and here.__package__ not in ("gyges.envs", "gyges.envs._runtime"):
            files.update(path.parent.glob("*.py"))
        for value in vars(here).values():
            if isinstance(value, types.ModuleType) and value.__name__.startswith("gyges."):
                queue.append(value)
            elif is_rule(value):
                owner = sys.modules.get(getattr(value, "py_func", value).__module__)
                if owner is not None and not owner.__name__.startswith("numba"):
                    queue.append(owner)
    files.update(runtime_files())
    return sorted(file for file in files if file.exists())


def cache_stamp(module: types.ModuleType) -> str:
    """SHA-256 over every source that `module`'s compiled loops depend on."""
    digest = hashlib.sha256()
    for file in sources(module):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def rules_hash(game: Any) -> str:
    """SHA-256 of what a game's trajectories depend on, as written to episodes, datasets and banks.

    Args:
        game: a game with its settings.
    """
    module = game.rules()
    digest = hashlib.sha256(_code(module).encode())
    digest.update(repr([*zip(game.State._fields, (int(w) for w in game.widths()), strict=True)]).encode())
    params = [(name, int(x)) for name, x in zip(game.Params._fields, game.params(), strict=True)]
    digest.update(repr((params, game.num_actions, game.scratch_size)).encode())
    for table in game.tables() or ():
        digest.update(np.ascontiguousarray(table).tobytes())
    return digest.hexdigest()


@functools.cache
def _code(module: types.ModuleType) -> str:
    """The rules reached from a rules module and the constants they read, as one text."""
    texts: dict[str, str] = {}
    queue = [getattr(module, name) for name in RULES if hasattr(module, name)]
    while queue:
        reached = queue.pop()
        function = getattr(reached, "py_func", reached)
        mark = f"{function.__module__}.{function.__qualname__}"
        if mark in texts:
            continue
        tree = _parsed(sys.modules[function.__module__])[function.__name__]
        texts[mark] = ast.unparse(tree)
        for label, value in _globals_read(tree, function.__globals__):
            if is_rule(value):
                queue.append(value)
            elif isinstance(value, type) and hasattr(value, "_fields"):
                texts[f"{mark}:{label}"] = f"{value.__name__}{value._fields}"
            elif isinstance(value, np.ndarray):
                texts[f"{mark}:{label}"] = f"{label} = {value.dtype}{value.tolist()}"
            elif isinstance(value, (bool, int, tuple, np.integer)):
                texts[f"{mark}:{label}"] = f"{label} = {value!r}"
    return "\n".join(sorted(set(texts.values())))


@functools.cache
def _parsed(module: types.ModuleType) -> dict[str, ast.FunctionDef]:
    """The functions of a module by name, without what changes no result."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    return {node.name: _bare(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def _bare(node: ast.FunctionDef) -> ast.FunctionDef:
    """A function without docstring, annotations and decorators."""
    node.decorator_list = []
    node.returns = None
    for argument in ast.walk(node.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    if isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant):
        node.body = node.body[1:] or [ast.Pass()]
    return node


def _globals_read(tree: ast.FunctionDef, names: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every global that a function's code reads, through modules to what they hold."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = names.get(node.value.id)
            if isinstance(owner, types.ModuleType) and hasattr(owner, node.attr):
                yield node.attr, getattr(owner, node.attr)
        elif isinstance(node, ast.Name) and node.id in names:
            yield node.id, names[node.id]
