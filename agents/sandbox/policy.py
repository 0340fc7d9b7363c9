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
from gyges.agents.sandbox.answers import Acted, Answer, Asked, Failure, Probabilities, Remembered
from gyges.agents.sandbox.process import Limits, Worker
from gyges.agents.sandbox.protocol import Array
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
        self.kinds: list[tuple[Any, ...]] = []
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
        size = self.limits.pairs
        parts: list[tuple[Array, ...]] = []
        try:
            for _ in range(0, rows, size):  # as many at a time as are asked at a time
                asked = Asked("initial", 0, size, row_bytes=self.limits.row_bytes)
                memory = self._ask(asked, {"rows": size}, {})
                assert isinstance(memory, Remembered)
                if not parts:
                    self.shape, self.kinds = memory.shape, [_kind(leaf) for leaf in memory.leaves]
                self._same_kind(memory)
                parts.append(memory.leaves)
        except Failure:
            return (~books[0], books[1])
        return (*books, *(np.concatenate(leaf)[:rows] for leaf in zip(*parts, strict=True)))

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
        after: list[tuple[Array, tuple[Array, ...]]] = []
        todo = self._parts(alive, observation)[::-1]
        while todo:
            part = todo.pop()
            begun = time.monotonic()
            try:
                sent, count = self._whole(part), len(part)
                did = self._ask(*self._question("act", observation.take(sent), [x[sent] for x in leaves]))
                assert isinstance(did, Acted)
                self._same_kind(did.memory)
                wrong = _wrong(did.action[:count], observation.mask[part])
            except Failure as failure:
                todo.extend(self._divided(part, str(failure), begun, alive, forfeits))
                continue
            self.failed = 0
            spent[part] += (time.monotonic() - begun) / len(part)
            action[part] = np.where([k in wrong for k in range(count)], -1, did.action[:count])
            alive[part[list(wrong)]] = False
            forfeits.update((int(part[k]), why) for k, why in wrong.items())
            for row, word in zip(part, did.words[:count], strict=True):
                words[int(row)] = word
            after.append((part, tuple(leaf[:count] for leaf in did.memory.leaves)))
        for row in np.flatnonzero(alive & (spent > self.limits.episode_seconds)):
            alive[row] = False
            action[row] = -1
            forfeits[int(row)] = f"more than {self.limits.episode_seconds:g} s over its episode"
        kept = _merged(after, rows) if after else leaves
        return Decision(action, (alive, spent, *kept), {"forfeits": forfeits, "words": words})

    def _probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        """Probability of each action [R, A]; NaN for rows that failed."""
        alive, _, *leaves = memory
        rows, actions = observation.mask.shape
        answer = np.full((rows, actions), np.nan)
        for part in self._parts(alive, observation):
            sent = self._whole(part)
            question = self._question("probabilities", observation.take(sent), [x[sent] for x in leaves])
            with contextlib.suppress(Failure):
                said = self._ask(*question)
                assert isinstance(said, Probabilities)
                found = said.values[: len(part)]
                with np.errstate(all="ignore"):
                    fine = (found >= 0).all(1) & (np.abs(found.sum(1) - 1) < 1e-3)
                answer[part] = np.where(fine[:, None], found, np.nan)
        return answer

    # Questions and answers.

    def _ask(self, asked: Asked, header: dict[str, Any], arrays: dict[str, Array]) -> Answer:
        if self.wasted > self.limits.patience_seconds:
            raise Failure(f"its failures have cost more than {self.limits.patience_seconds:g} s")
        return self._running().ask(asked, header, arrays, self.limits.act_seconds)

    def _question(
        self, op: str, observation: Observation, leaves: list[Array]
    ) -> tuple[Asked, dict[str, Any], dict[str, Array]]:
        asked = Asked(op, 0, len(observation), self.game.num_actions, self.limits.row_bytes)
        return asked, {"shape": self.shape, "leaves": len(leaves)}, _arrays(observation, leaves)

    def _same_kind(self, memory: Remembered) -> None:
        """Refuse a memory that is not of the kind that it was at first."""
        kinds = [_kind(leaf) for leaf in memory.leaves]
        if (memory.shape, kinds) != (self.shape, self.kinds):
            was, now = (_in_words(*one) for one in ((self.shape, self.kinds), (memory.shape, kinds)))
            raise Failure(f"its memory was {was} and is now {now}"[:300])

    def _parts(self, alive: Array, observation: Observation) -> list[Array]:
        """The pairs still in play, as many to a call as are asked at once, in an order that their keys
        draw."""
        pairs = np.flatnonzero(alive)
        pairs = pairs[np.argsort(observation.key[pairs, 0], kind="stable")]
        return [pairs[k : k + self.limits.pairs] for k in range(0, len(pairs), self.limits.pairs)]

    def _whole(self, part: Array) -> Array:
        """Pairs repeated up to the number that is always asked: a call's size tells nothing."""
        return np.resize(part, self.limits.pairs) if len(part) < self.limits.pairs else part

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


def _wrong(action: npt.NDArray[np.int64], mask: npt.NDArray[np.bool_]) -> dict[int, str]:
    """Why an action is none, by position."""
    inside = (action >= 0) & (action < mask.shape[1])
    legal = inside & mask[np.arange(len(mask)), np.where(inside, action, 0)]
    return {int(k): f"chose action {action[k]}, which is not legal" for k in np.flatnonzero(~legal)}


def _kind(array: Array) -> tuple[Any, ...]:
    """What of an array stays from one act to the next: all but the length of texts."""
    return (array.dtype.kind if array.dtype.kind in "SU" else str(array.dtype), *array.shape[1:])


def _in_words(shape: str, kinds: list[tuple[Any, ...]]) -> str:
    return f"{shape} of {', '.join(f'{kind} {list(rest)}' for kind, *rest in kinds)}" if kinds else shape


def _merged(parts: list[tuple[Array, tuple[Array, ...]]], rows: int) -> list[Array]:
    """Memory [R, ...] from that of some of the rows, zero for the others."""
    merged = []
    for k in range(len(parts[0][1])):
        leaves = [(part, arrays[k]) for part, arrays in parts]
        dtype = np.result_type(*(leaf.dtype for _, leaf in leaves))
        whole = np.zeros((rows, *leaves[0][1].shape[1:]), dtype)
        for part, leaf in leaves:
            whole[part] = leaf
        merged.append(whole)
    return merged


def _arrays(observation: Observation, leaves: list[Array]) -> dict[str, Array]:
    """What a question holds: all that the rows see, and what they remember."""
    names = ("codes", "bits", "seat", "to_move", "first", "reward", "key")
    arrays = {name: getattr(observation, name) for name in names}
    arrays.update({f"memory{k}": leaf for k, leaf in enumerate(leaves)})
    if observation.heard:
        text = json.dumps([[list(one) for one in box] for box in observation.heard])
        arrays["heard"] = np.frombuffer(text.encode(), np.uint8)
    return arrays
