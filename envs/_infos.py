"""What PettingZoo's infos say of a step: the ledger of one row, one flat dictionary a seat."""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs.seat_env import TAKEN

COLUMNS = {"off": (), "taken": TAKEN, "full": (*TAKEN, "clean", "unaligned", "severity", "stake", "counted")}
"""Info fields in the order of the ledger's columns ("severity" takes the place of the column `least`)."""
LINES = {"taken": struct.Struct("=12si12s8xi0s8x"), "full": struct.Struct("=12si20si8s")}
"""One seat in the ledger: its two amounts, harm and least, and the bytes of the columns before, between and
after them that infos show."""
MOST = 4096
"""Most templates, and most amounts, that are kept."""


class _Kept(dict[Any, Any]):
    """What `make` returns, by its argument, made once for each: few ever differ."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, argument: Any) -> Any:
        if len(self) >= MOST:
            self.clear()
        found = self[argument] = self.make(argument)
        return found


def _template(labels: str, more: tuple[str, ...], parts: tuple[bytes, ...]) -> dict[str, Any]:
    """The infos of a line whose amounts are all 0, with a place for each name of `more`."""
    amount = b"\0" * 4
    line = np.frombuffer(amount.join(parts), np.int32).astype(np.int64)
    found = dict(zip(COLUMNS[labels], line, strict=False))  # NumPy scalars: wrappers read types and shapes
    amounts = ("harm", *["severity"] * (labels == "full"), "welfare")
    return {**found, **dict.fromkeys(amounts, np.float64(0)), **dict.fromkeys(more)}


def _scaled(unit: int, amount: int) -> np.float64:
    """An amount in its unit."""
    return np.float64(amount / unit)


class Infos:
    """Makes the infos of the seats of one row; plain dictionaries, new ones at every call.

    Args:
        labels: of the batch ("off", "taken" or "full").
        unit: the game's `welfare_scale`.
        more: names of what the caller adds to each dictionary; with labels, they stand there already.
    """

    def __init__(self, labels: str, unit: int, more: tuple[str, ...] = ()) -> None:
        self._made_of = labels, unit, more
        self._full = labels == "full"
        self._lines = LINES[labels].iter_unpack if labels in LINES else None
        self._templates = _Kept(functools.partial(_template, labels, more))
        self._amounts = _Kept(functools.partial(_scaled, unit))

    def __reduce__(self) -> Any:
        """Copies begin with nothing kept."""
        return Infos, self._made_of

    def __call__(self, ledger: Any, welfare: npt.NDArray[np.int32]) -> list[dict[str, Any]]:
        """The ledger, int32 [N, 12], and welfare [N] of the last step, seat by seat."""
        if self._lines is None:
            return [{} for _ in ledger]
        infos: list[dict[str, Any]] = []
        full, templates, amounts = self._full, self._templates, self._amounts
        every = zip(self._lines(ledger), welfare.tolist(), strict=True)
        for (head, harm, between, least, tail), gained in every:
            info = templates[head, between, tail].copy()
            if harm:
                info["harm"] = amounts[harm]
            if full and harm != least and info["clean"]:
                info["severity"] = amounts[harm - least]
            if gained:
                info["welfare"] = amounts[gained]
            infos.append(info)
        return infos
