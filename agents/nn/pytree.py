"""Trees of arrays (None, arrays, tensors, lists, tuples, dicts) as named arrays and a plan in plain JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.errors import FileError


def flatten(tree: Any) -> tuple[dict[str, npt.NDArray[Any]], Any]:
    """Arrays by name, and the plan by which `restore` puts them back.

    Raises:
        FileError: something in the tree is neither an array nor made of arrays.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}

    def walk(part: Any, name: str) -> Any:
        if part is None:
            return None
        if isinstance(part, dict):
            return {"keys": list(part), "parts": [walk(x, f"{name}.{k}") for k, x in part.items()]}
        if isinstance(part, (list, tuple)):
            kind = "tuple" if isinstance(part, tuple) else "list"
            return {kind: [walk(x, f"{name}.{k}") for k, x in enumerate(part)]}
        if hasattr(part, "detach"):
            part = part.detach().cpu().numpy()
        if not isinstance(part, (np.ndarray, np.generic)):
            raise FileError(f"{name[1:]}: {type(part).__name__} cannot be saved; only arrays can")
        arrays[name[1:] or "array"] = np.array(part)
        return name[1:] or "array"

    return arrays, walk(tree, "")


def restore(plan: Any, arrays: dict[str, npt.NDArray[Any]], like: Any, where: str, name: str = "") -> Any:
    """The tree again, its tensors as NumPy arrays.

    Args:
        plan: as `flatten` gave it, perhaps from a stranger's file.
        arrays: by name.
        like: the same tree at the start of a run; where both hold an array, shapes must agree.
        where: for messages.

    Raises:
        FileError: plan and arrays do not fit each other, or `like`.
    """
    here = f"{where}: {name or 'state'}"
    if plan is None:
        return None
    if isinstance(plan, str):
        if plan not in arrays:
            raise FileError(f"{here}: no array {plan[:80]!r}")
        found = arrays[plan]
        if hasattr(like, "shape") and tuple(like.shape) != found.shape:
            raise FileError(f"{here}: expected shape {tuple(like.shape)}, got {found.shape}")
        return found
    if not isinstance(plan, dict) or len(name) > 400:
        raise FileError(f"{here}: malformed")
    keys, parts = plan.get("keys"), plan.get("parts")
    if isinstance(keys, list) and isinstance(parts, list) and len(keys) == len(parts):
        if isinstance(like, dict) and like and set(like) != set(keys):
            raise FileError(f"{here}: expected parts {sorted(like)}")
        made = {}
        for key, part in zip(keys, parts, strict=True):
            inner = like.get(key) if isinstance(like, dict) else None
            made[str(key)] = restore(part, arrays, inner, where, f"{name}.{key}")
        return made
    items = plan.get("list", plan.get("tuple"))
    if not isinstance(items, list) or len(plan) != 1:
        raise FileError(f"{here}: malformed")
    if isinstance(like, (list, tuple)) and len(like) != len(items):
        raise FileError(f"{here}: expected {len(like)} parts, got {len(items)}")
    inners = list(like) if isinstance(like, (list, tuple)) else [None] * len(items)
    some = [restore(x, arrays, inners[k], where, f"{name}.{k}") for k, x in enumerate(items)]
    return tuple(some) if "tuple" in plan else some
