"""A dataset dealt out to learners: minibatches in shuffled order, pass after pass, from any point on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import Dataset
from gyges.envs.errors import DataError


class Passes(Protocol):
    """Minibatches of one pass after another; iterating counts the pass."""

    passes: int

    def __iter__(self) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """One pass."""


def endless(source: Passes, each: int, skip: int) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """Pass after pass of `each` minibatches, from the minibatch after `skip` of them."""
    source.passes += skip // each
    skip %= each
    while True:
        for k, batch in enumerate(source):
            if k >= skip:
                yield batch
        skip = 0


class Minibatches:
    """Minibatches of decisions in shuffled order, read block by block; a new order every pass.

    A pool of blocks from all over the dataset is read at a time and shuffled within: disks see long
    reads, learners see a mixture.

    Args:
        data: the dataset.
        size: decisions in a minibatch; a last one that is smaller is left out unless it is the only one.
        seed: of the order.
        columns: names of `Steps` columns to read.
        beside: arrays [D] that belong to the decisions (labels, scores), by name.
        keep: which decisions to use, bool [D]; all by default.
        after: also give what the same seat saw next: ``next_codes`` and ``next_bits``, ``last`` where
            the decision was its last (the observation is then the episode's final one, the mask NOOP),
            and ``ended`` (how the episode ended).
        block: decisions that are read in one stretch.
        pool: decisions that are held and shuffled at a time.

    Raises:
        DataError: nothing is kept, or an array has another length.
    """

    def __init__(
        self,
        data: Dataset,
        size: int,
        *,
        seed: int = 0,
        columns: tuple[str, ...] = ("codes", "bits", "action", "seat"),
        beside: Mapping[str, npt.NDArray[Any]] | None = None,
        keep: npt.NDArray[np.bool_] | None = None,
        after: bool = False,
        block: int = 2048,
        pool: int = 1 << 18,
    ) -> None:
        self.data, self.size, self.seed, self.columns, self.after = data, size, seed, columns, after
        self.beside = dict(beside or {})
        for name, array in self.beside.items():
            if len(array) != len(data):
                raise DataError(f"{name} has {len(array)} values for {len(data)} decisions")
        if keep is not None and keep.shape != (len(data),):
            raise DataError(f"keep has shape {keep.shape} for {len(data)} decisions")
        self.index = None if keep is None else np.flatnonzero(keep)
        self.count = len(data) if self.index is None else len(self.index)
        if self.count == 0:
            raise DataError(f"{data.path}: no decisions are left to learn from")
        self.block, self.pool = block, pool
        self.passes = 0

    def __iter__(self) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """One pass over the data."""
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([self.seed, self.passes])))
        self.passes += 1
        starts = np.arange(0, self.count, self.block)
        rng.shuffle(starts)
        per_pool = max(1, self.pool // self.block)
        left: dict[str, npt.NDArray[Any]] = {}
        for first in range(0, len(starts), per_pool):
            pool = self._read(starts[first : first + per_pool])
            if left:
                pool = {name: np.concatenate([left[name], pool[name]]) for name in pool}
            order = rng.permutation(len(pool["index"]))
            pool = {name: array[order] for name, array in pool.items()}
            whole = len(order) - len(order) % self.size
            for at in range(0, whole, self.size):
                yield {name: array[at : at + self.size] for name, array in pool.items()}
            left = {name: array[whole:] for name, array in pool.items()}
            self.data.release()
        if self.count < self.size:
            yield left

    def forever(self, skip: int = 0) -> Iterator[dict[str, npt.NDArray[Any]]]:
        """Pass after pass, from the minibatch after `skip` of them."""
        return endless(self, max(self.count // self.size, 1), skip)

    def _read(self, starts: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
        stops = np.minimum(starts + self.block, self.count)
        where: list[Any] = [slice(a, b) for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
        if self.index is not None:
            index = self.index
            where = [index[w] for w in where]
        numbers = [np.arange(w.start, w.stop) if isinstance(w, slice) else w for w in where]
        pool = {"index": np.concatenate(numbers)}
        for name in self.columns:
            column = getattr(self.data.steps, name)
            pool[name] = np.concatenate([column[w] for w in where])
        for name, array in self.beside.items():
            pool[name] = array[pool["index"]]
        if self.after:
            self._read_after(pool)
        return pool

    def _read_after(self, pool: dict[str, npt.NDArray[Any]]) -> None:
        steps, episodes = self.data.steps, self.data.episodes
        follows = np.minimum(pool["index"] + 1, len(self.data) - 1)
        owner = steps.episode[pool["index"]]
        last = pool["index"] + 1 == episodes.start[owner] + episodes.length[owner]
        codes, bits = steps.codes[follows], steps.bits[follows]
        codes[last] = episodes.final[owner[last]]
        bits[last] = 0
        bits[last, 0] = 1
        pool.update(next_codes=codes, next_bits=bits, last=last, ended=episodes.ended[owner])
