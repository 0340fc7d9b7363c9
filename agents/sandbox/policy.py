"""A submitted policy in a process of its own, with limits; `docs/threat-model.md` says what that holds off.

The process is given observations and nothing else: no labels, no state, no seeds, not whether the
game is the stake-stripped twin. What it remembers crosses as arrays, so that a failure costs only
the pairs (row, seat) that caused it: the process is replaced, and the pairs are asked again in
halves until the failing ones are alone. These are forfeited; all others go on.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.agents.load import Source
from gyges.agents.sandbox.process import Failure, Limits, Worker
from gyges.agents.sandbox.protocol import Array, Frame
from gyges.envs.episode import MAX_TEXT
from gyges.envs.errors import PolicyError
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Memory, Observation


class Sandbox:
    """A policy whose every call runs in the process of its own.

    Rows that failed answer with action -1, and `extras["forfeits"]` says why: {row: reason}, once.
    Memory is a tuple whose first arrays are the parent's books and the others the policy's own; it
    may be sliced, copied and given back like any policy's.

    Args:
        source: what to load.
        game: the game, with its true settings; the process gets them less `HIDDEN`.
        limits: what it may use.
        hidden: files that it may not read though they lie where it may.
    """

    def __init__(
        self, source: Source, game: Game, limits: Limits | None = None, hidden: Sequence[str] = ()
    ) -> None:
        self.source = source
        self.hidden = [os.path.realpath(path) for path in hidden]
        self.game = game
        self.limits = limits or Limits()
        self.wasted = 0.0
        self.failed = 0  # calls in a row
        self.shape = "none"
        self.restarts = 0
        self._worker: Worker | None = None
        self._offers: bool | None = None

    # The process.

    def _running(self) -> Worker:
        if self._worker is None or self._worker.process is None:
            self.restarts += 1
            self._worker = Worker(self.source, self.game, self.limits, self.hidden)
            if self._offers is None and self._worker.offers_probabilities:
                self.probabilities = self._probabilities
            self._offers = self._worker.offers_probabilities
        return self._worker

    def start(self) -> None:
        """Load the policy now, to fail early.

        Raises:
            PolicyError: it cannot be loaded within its limits.
        """
        try:
            self._running()
        except Failure as failure:
            raise PolicyError(f"{self.source.text}: {failure}") from None

    def close(self) -> None:
        """End the process."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # The policy.

    def initial(self, rows: int) -> Memory:
        """Memory for R rows; a failure forfeits them all at their first act."""
        self.failed = 0
        books = (np.ones(rows, np.bool_), np.zeros(rows, np.float64))
        try:
            frame = self._call({"op": "initial", "rows": rows}, {})
            leaves = self._leaves(frame, rows, adopt=True)
        except Failure:
            return (~books[0], books[1])
        return (*books, *leaves)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """Choose one legal action per row; -1 for rows that are forfeited."""
        alive, spent, *leaves = memory
        rows = len(observation)
        alive, spent = alive.copy(), spent.copy()
        forfeits: dict[int, str] = {}
        if observation.first.any() and not alive.all():
            for row in np.flatnonzero(observation.first & ~alive):
                forfeits[int(row)] = "initial(rows) failed"
        action = np.full(rows, -1, np.int32)
        words: list[str | None] = [None] * rows
        after: list[Array] | None = None
        todo = self._parts(alive)[::-1]
        while todo:
            part = todo.pop()
            begun = time.monotonic()
            try:
                mine = [leaf[part] for leaf in leaves]
                frame = self._call(*_question("act", observation.take(part), mine, self.shape))
                chosen, wrong = self._actions(frame, observation.mask[part])
                said = self._words(frame, len(part))
                back = self._leaves(frame, len(part))
                if after is not None and [_kind(x) for x in after] != [_kind(x) for x in back]:
                    raise Failure("its memory has another shape for some rows than for others")
            except Failure as failure:
                todo.extend(self._divided(part, str(failure), begun, alive, forfeits))
                continue
            self.failed = 0
            spent[part] += (time.monotonic() - begun) / len(part)
            action[part] = chosen
            alive[part[list(wrong)]] = False
            forfeits.update((int(part[k]), why) for k, why in wrong.items())
            for row, word in zip(part, said, strict=True):
                words[int(row)] = word
            after = after or [np.zeros((rows, *x.shape[1:]), x.dtype) for x in back]
            for whole, x in zip(after, back, strict=True):
                whole[part] = x
        for row in np.flatnonzero(alive & (spent > self.limits.episode_seconds)):
            alive[row] = False
            action[row] = -1
            forfeits[int(row)] = f"more than {self.limits.episode_seconds:g} s over its episode"
        kept = leaves if after is None else after
        return Decision(action, (alive, spent, *kept), {"forfeits": forfeits, "words": words})

    def _probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        """Probability of each action [R, A]; NaN for rows that failed."""
        alive, _, *leaves = memory
        rows, actions = observation.mask.shape
        answer = np.full((rows, actions), np.nan)
        for part in self._parts(alive):
            mine = [leaf[part] for leaf in leaves]
            question = _question("probabilities", observation.take(part), mine, self.shape)
            with contextlib.suppress(Failure):
                found = self._call(*question).arrays.get("probabilities")
                if found is None or found.shape != (len(part), actions) or found.dtype.kind != "f":
                    continue
                fine = (found >= 0).all(1) & (np.abs(found.sum(1) - 1) < 1e-3)
                answer[part] = np.where(fine[:, None], found, np.nan)
        return answer

    # Answers.

    def _call(self, header: dict[str, Any], arrays: dict[str, Array]) -> Frame:
        if self.wasted > self.limits.patience_seconds:
            raise Failure(f"its failures have cost more than {self.limits.patience_seconds:g} s")
        return self._running().call(header, arrays, self.limits.act_seconds)

    def _parts(self, alive: Array) -> list[Array]:
        """The pairs still in play, as many to a call as one may ask."""
        pairs = np.flatnonzero(alive)
        return np.array_split(pairs, -(-len(pairs) // self.limits.pairs)) if len(pairs) else []

    def _divided(
        self, part: Array, reason: str, begun: float, alive: Array, forfeits: dict[int, str]
    ) -> list[Array]:
        """After a failed call: the halves to ask again, or none and the pairs are forfeited."""
        self.failed += 1
        self.wasted += time.monotonic() - begun
        hopeless = self.failed > self.limits.failures or self.wasted > self.limits.patience_seconds
        if len(part) > 1 and not hopeless:
            return list(np.array_split(part, 2))[::-1]
        alive[part] = False
        forfeits.update((int(row), reason) for row in part)
        return []

    def _actions(
        self, frame: Frame, mask: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int32], dict[int, str]]:
        """Actions, -1 where not legal, and why by position."""
        found = frame.arrays.get("action")
        if found is None or found.shape != (len(mask),) or found.dtype.kind not in "iu":
            got = "nothing" if found is None else f"{found.dtype} of shape {found.shape}"
            raise Failure(f"answered {len(mask)} pairs with {got}, not that many integers")
        inside = (found >= 0) & (found < mask.shape[1])
        legal = inside & mask[np.arange(len(mask)), np.where(inside, found, 0).astype(np.int64)]
        wrong = {int(k): f"chose action {found[k]}, which is not legal" for k in np.flatnonzero(~legal)}
        return np.where(legal, found, -1).astype(np.int32), wrong

    def _words(self, frame: Frame, rows: int) -> list[str | None]:
        words = frame.header.get("words")
        if words is None:
            return [None] * rows
        fine = isinstance(words, list) and len(words) == rows
        if not fine or any(not (w is None or (isinstance(w, str) and len(w) <= MAX_TEXT)) for w in words):
            raise Failure(f"words are a list of {rows} texts of at most {MAX_TEXT} characters")
        return [word or None for word in words]

    def _leaves(self, frame: Frame, rows: int, *, adopt: bool = False) -> list[Array]:
        """The policy's memory as it came back."""
        shape, count = frame.header.get("shape"), frame.header.get("leaves")
        if adopt and shape in ("none", "array", "tuple"):
            self.shape = shape
        elif shape != self.shape:
            raise Failure(f"its memory was {self.shape} and is now {str(shape)[:20]}")
        if type(count) is not int or not 0 <= count <= 32:
            raise Failure("its memory has more than 32 arrays")
        leaves = [frame.arrays.get(f"memory{k}") for k in range(count)]
        size = 0
        for leaf in leaves:
            if leaf is None or leaf.ndim < 1 or len(leaf) != rows:
                raise Failure(f"its memory does not have one entry for each of {rows} rows")
            size += leaf.nbytes
        if size > self.limits.row_bytes * rows:
            raise Failure(f"its memory takes {size} bytes for {rows} rows; {self.limits.row_bytes} each pass")
        return [leaf for leaf in leaves if leaf is not None]


def _kind(array: Array) -> tuple[Any, ...]:
    return (array.dtype, array.shape[1:])


def _question(
    op: str, observation: Observation, leaves: list[Array], shape: str
) -> tuple[dict[str, Any], dict[str, Array]]:
    names = ("codes", "bits", "seat", "to_move", "first", "reward", "key")
    arrays = {name: getattr(observation, name) for name in names}
    arrays.update({f"memory{k}": leaf for k, leaf in enumerate(leaves)})
    if observation.heard:
        text = json.dumps([[list(one) for one in box] for box in observation.heard])
        arrays["heard"] = np.frombuffer(text.encode(), np.uint8)
    return {"op": op, "shape": shape, "leaves": len(leaves)}, arrays
