"""Forks of environments with the policies in them: the same moment, lived several times.

A fork copies the packed rows and what each policy remembers; future j of a fork has its own luck,
for the rules as for the policies, and is the same future for every copy that is numbered j. So two
acts compared in the same future differ only by what they bring about (common random numbers).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.batch import Batch
from gyges.envs.errors import PolicyError
from gyges.envs.forks import Index
from gyges.envs.policy import Memory, Policy
from gyges.envs.rollout import PolicyGroup, Seating


def copy_memory(memory: Memory) -> Memory:
    """A copy that shares nothing with the original.

    Raises:
        PolicyError: the memory is not what the protocol allows, so it cannot be forked.
    """
    if memory is None:
        return None
    if isinstance(memory, tuple):
        return tuple(copy_memory(part) for part in memory)
    array = _array(memory)
    return array.clone() if hasattr(array, "clone") else array.copy()  # torch, NumPy


def _array(memory: Any) -> Any:
    if hasattr(memory, "shape") and (hasattr(memory, "copy") or hasattr(memory, "clone")):
        return memory
    raise PolicyError(f"a policy's memory is None, an array or a tuple of them, not {type(memory).__name__}")


def take_memory(memory: Memory, index: Index) -> Memory:
    """The memory of some rows, as a copy."""
    if memory is None:
        return None
    if isinstance(memory, tuple):
        return tuple(take_memory(part, index) for part in memory)
    return copy_memory(_array(memory)[index])


def put_memory(memory: Memory, at: Index, source: Memory, index: Index) -> Memory:
    """A copy of `memory` in which rows `at` are rows `index` of `source`."""
    if memory is None:
        return None
    if isinstance(memory, tuple):
        return tuple(put_memory(a, at, b, index) for a, b in zip(memory, source, strict=True))
    new = copy_memory(memory)
    new[at] = source[index]
    return new


def join_memory(parts: Sequence[Memory]) -> Memory:
    """The memories of several groups of rows, one after another.

    Raises:
        PolicyError: they are not of one shape.
    """
    kinds = {type(part) for part in parts} | {len(part) for part in parts if isinstance(part, tuple)}
    if len(kinds) > 1 + isinstance(parts[0], tuple):
        raise PolicyError("a policy's memory has one shape in one row and another in another")
    if parts[0] is None:
        return None
    if isinstance(parts[0], tuple):
        return tuple(join_memory(column) for column in zip(*parts, strict=True))
    if hasattr(parts[0], "clone"):
        import torch

        return torch.cat(list(parts))
    return np.concatenate([_array(part) for part in parts])


class Futures(Seating):
    """Policies around a fork; their randomness differs between futures, not between copies of one.

    Args:
        batch: the fork.
        policies: one policy per row and seat [B][N].
        future: which future each row lives [B].
        seed: of the policies' randomness.
    """

    def __init__(self, batch: Batch, policies: Sequence[Any], future: Index, *, seed: int = 0) -> None:
        super().__init__(batch, policies, seed=seed)
        self.future = np.asarray(future, np.int64)

    def keys(self, group: PolicyGroup) -> npt.NDArray[np.uint32]:
        """As in `Seating`, and a function of the future."""
        mixed = (self.future[group.rows].astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        halves = np.stack([mixed >> np.uint64(32), mixed & np.uint64(0xFFFFFFFF)], axis=1)
        return super().keys(group) ^ halves.astype(np.uint32)

    def inherit(self, source: Seating, rows: Index) -> None:
        """Take over what the policies at `source` remember; row i of this fork came from ``rows[i]``."""
        for group in self.groups:
            for old in source.groups:
                if old.policy is not group.policy:
                    continue
                where = np.full(source.actions.shape, -1, np.int64)
                where[old.rows, old.seats] = np.arange(len(old.rows))
                found = where[rows[group.rows], group.seats]
                at = np.flatnonzero(found >= 0)
                group.memory = put_memory(group.memory, at, old.memory, found[at])
        self.since[:] = source.since[rows]


def seat_table(policies: Sequence[Any], points: int) -> list[list[Policy]]:
    """Policies per point and seat, from one list for all points or one per point."""
    if points == 0 or isinstance(policies[0], (list, tuple)):
        return [list(row) for row in policies]
    return [list(policies)] * points
