"""Minibatches of windows: stretches of one seat's decisions in order, for networks with memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import Dataset
from gyges.agents.data.minibatches import endless
from gyges.envs.errors import DataError


class SequenceBatches:
    """Episodes cut into windows from their beginning on, in shuffled order, a new one every pass.

    Memory is empty where a window begins. Give windows the length of an episode and nothing is cut.

    Args:
        data: the dataset.
        size: decisions in a minibatch, about: whole windows.
        length: decisions L in a window; shorter ones are padded.
        seed: of the order.
        beside: arrays [D] that belong to the decisions, by name.
        keep: which decisions count, bool [D]; windows without any are left out, the others are read whole.

    Raises:
        DataError: nothing is kept.
    """

    COLUMNS = ("codes", "bits", "action")

    def __init__(
        self, data: Dataset, size: int, length: int, *, seed: int = 0,
        beside: Mapping[str, npt.NDArray[Any]] | None = None, keep: npt.NDArray[np.bool_] | None = None,
    ) -> None:  # fmt: skip
        starts, lengths = np.asarray(data.episodes.start), np.asarray(data.episodes.length, np.int64)
        counts = -(-lengths // length)
        owner = np.repeat(np.arange(len(starts)), counts)
        nth = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        self.start = starts[owner] + nth * length
        self.size = np.minimum(lengths[owner] - nth * length, length)
        self.keep = np.ones(len(data), np.bool_) if keep is None else keep
        some = np.add.reduceat(self.keep.astype(np.int64), self.start) > 0
        self.start, self.size = self.start[some], self.size[some]
        if not len(self.start):
            raise DataError(f"{data.path}: no decisions are left to learn from")
        self.data, self.length, self.seed, self.beside = data, length, seed, dict(beside or {})
        self.rows = max(1, min(size // length, len(self.start)))
        self.passes = 0

    def __iter__(self) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """One pass; what does not fill a minibatch is left out."""
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([self.seed, self.passes])))
        self.passes += 1
        order = rng.permutation(len(self.start))
        for at in range(0, len(order) - len(order) % self.rows, self.rows):
            yield self._read(order[at : at + self.rows])
            if at // self.rows % 64 == 63:
                self.data.release()

    def forever(self, skip: int = 0) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """Pass after pass, from the minibatch after `skip` of them."""
        return endless(self, len(self.start) // self.rows, skip)

    def _read(self, which: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
        """Arrays [L, b, ...]; ``seat`` is [b], ``weight`` says which decisions count."""
        steps = np.arange(self.length)[:, None]
        inside = steps < self.size[which]
        index = self.start[which] + np.where(inside, steps, 0)
        batch = {name: np.asarray(getattr(self.data.steps, name)[index]) for name in self.COLUMNS}
        batch |= {name: array[index] for name, array in self.beside.items()}
        batch["seat"] = np.asarray(self.data.steps.seat[index[0]])
        batch["weight"] = inside & self.keep[index]
        return batch
