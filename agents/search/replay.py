"""What self-play leaves to learn from: positions, improved policies, values; kept as plain arrays."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.agents.search.trees import Leaves, Trees
from gyges.envs.errors import FileError
from gyges.envs.fairychess.engine.variant_tables import Compiled

Ints = npt.NDArray[np.int32]
UNJUDGED = -1
"""Of a move that nobody has judged."""


class Game(NamedTuple):
    """The searched positions of a game of one variant.

    Attributes:
        rows: int32 [T, W] positions.
        seen: int32 [T] how often each had stood.
        counts: int32 [T] legal moves.
        policy: float16 [sum of counts] improved policies.
        value: float32 [T] what the search thought of each, for its player to move.
        result: int8 [T] how the game ended, for that player; 0 while it goes on.
        good: int8 [T] whether the move played was good, 1 or 0; `UNJUDGED`.
    """

    rows: Ints
    seen: Ints
    counts: Ints
    policy: npt.NDArray[np.float16]
    value: npt.NDArray[np.float32]
    result: npt.NDArray[np.int8]
    good: npt.NDArray[np.int8]


class Sample(NamedTuple):
    """Positions of one variant to learn from.

    Attributes:
        leaves: the positions and their legal moves.
        policy: float32 [T moves] the policy to learn.
        outcome: float32 [B, 3] win, draw and loss to learn.
        good: int64 [B] as in `Game`.
    """

    leaves: Leaves
    policy: npt.NDArray[np.float32]
    outcome: npt.NDArray[np.float32]
    good: npt.NDArray[np.int64]


def outcomes(result: npt.NDArray[Any], value: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Half how a game ended, half what the search thought, as chances of win, draw and loss [B, 3]."""
    both = (result.astype(np.float32), value.astype(np.float32))
    parts = [np.stack([np.maximum(v, 0), 1 - np.abs(v), np.maximum(-v, 0)], 1) for v in both]
    return np.asarray((parts[0] + parts[1]) / 2, np.float32)


class Replay:
    """The newest positions of several variants.

    Args:
        variants: compiled, in the order in which games are numbered.
        window: positions that are kept at most; whole games are dropped, oldest first.
    """

    def __init__(self, variants: Sequence[Compiled], window: int) -> None:
        self.variants, self.window = variants, window
        self.games: deque[tuple[int, Game]] = deque()
        self.size = 0
        self._ends: npt.NDArray[np.int64] | None = None

    def add(self, variant: int, game: Game) -> None:
        """Keep a finished game."""
        self.games.append((variant, game))
        self.size += len(game.rows)
        while self.size > self.window and len(self.games) > 1:
            self.size -= len(self.games.popleft()[1].rows)
        self._ends = None

    def sample(self, rng: np.random.Generator, many: int) -> list[Sample]:
        """So many positions, each as likely as any other, by variant."""
        if self._ends is None:
            self._ends = np.cumsum([len(game.rows) for _, game in self.games])
        drawn = np.sort(rng.integers(self.size, size=many))
        which = np.searchsorted(self._ends, drawn, side="right")
        found: dict[int, list[tuple[Game, int]]] = {}
        for g, index in zip(which.tolist(), drawn.tolist(), strict=True):
            variant, game = self.games[g]
            found.setdefault(variant, []).append((game, index - int(self._ends[g]) + len(game.rows)))
        return [_sample(self.variants[k], found[k]) for k in sorted(found)]


def _sample(c: Compiled, drawn: list[tuple[Game, int]]) -> Sample:
    rows = np.stack([game.rows[t] for game, t in drawn])
    trees = Trees(c, rows, np.zeros((len(rows), 1), np.int64), 1)
    leaves = trees.leaves()[1]._replace(seen=np.array([game.seen[t] for game, t in drawn], np.int32))
    parts = []
    for game, t in drawn:
        begin = int(game.counts[:t].sum())
        parts.append(game.policy[begin : begin + int(game.counts[t])])
    result, value, good = (
        np.array([getattr(game, part)[t] for game, t in drawn]) for part in ("result", "value", "good")
    )
    policy = np.concatenate(parts).astype(np.float32)
    return Sample(leaves, policy, outcomes(result, value), good.astype(np.int64))


# As arrays of a checkpoint.


def packed(games: Sequence[tuple[int, Game]]) -> dict[str, npt.NDArray[Any]]:
    """Games with their variants' numbers as a few long arrays."""

    def long(part: str, kind: Any) -> npt.NDArray[Any]:
        return np.concatenate([np.zeros(0, kind), *(getattr(game, part).ravel() for _, game in games)])

    return {
        "variant": np.array([k for k, _ in games], np.int32),
        "length": np.array([len(game.rows) for _, game in games], np.int32),
        "rows": long("rows", np.int32), "seen": long("seen", np.int32), "counts": long("counts", np.int32),
        "policy": long("policy", np.float16).view(np.uint16), "value": long("value", np.float32),
        "result": long("result", np.int8), "good": long("good", np.int8),
    }  # fmt: skip


def unpacked(arrays: dict[str, npt.NDArray[Any]], variants: Sequence[Compiled]) -> list[tuple[int, Game]]:
    """The games that `packed` wrote.

    Raises:
        FileError: the arrays are none of such games.
    """
    found = []
    at = dict.fromkeys(("rows", "steps", "policy"), 0)
    policy = arrays["policy"].view(np.float16)
    for k, length in zip(arrays["variant"].tolist(), arrays["length"].tolist(), strict=True):
        if not 0 <= k < len(variants):
            raise FileError(f"games of variant {k}; there are {len(variants)}")
        width, steps = int(variants[k].row[-1]), slice(at["steps"], at["steps"] + length)
        counts = arrays["counts"][steps]
        total = int(counts.sum())
        rows = arrays["rows"][at["rows"] : at["rows"] + length * width].reshape(length, width)
        found.append((k, Game(
            rows, arrays["seen"][steps], counts, policy[at["policy"] : at["policy"] + total],
            arrays["value"][steps], arrays["result"][steps], arrays["good"][steps],
        )))  # fmt: skip
        at = {"rows": at["rows"] + length * width, "steps": steps.stop, "policy": at["policy"] + total}
    return found
