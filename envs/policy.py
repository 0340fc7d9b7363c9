"""Who plays: one interface for scripts, networks, language models, engines, searches and people.

A policy controls R rows: (environment, seat) pairs, fixed for a rollout. It keeps no hidden state:
whatever it remembers per row goes out and comes back as `memory`, so that it can be forked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from gyges.envs.game import Game
from gyges.envs.observation import View

Memory = Any
"""What a policy carries per row: None, an array with leading dimension R, or a tuple of such arrays."""


class Heard(NamedTuple):
    """Free text from another seat of the same environment; the seat is what the game says, not the text."""

    step: int
    seat: int
    text: str


@dataclasses.dataclass(frozen=True)
class Observation:
    """What R rows see. All a policy is ever given.

    Attributes:
        game: the public rules of the game: names, spaces, words.
        codes: integer observations [R, F] as the rules wrote them.
        bits: bit-packed action masks [R, ceil(A / 8)], lowest bit first.
        seat: which seat each row sits in [R].
        to_move: which rows act now [R] bool; the others have NOOP as their only action.
        first: a new episode begins [R] bool: forget.
        reward: task reward since the last act [R] float32, in the game's reward unit.
        key: two 32-bit words per row [R, 2] uint32, the only source of a policy's randomness.
        heard: what other seats said since the row's last act, one tuple per row; () where nobody spoke.
    """

    game: Game
    codes: npt.NDArray[Any]
    bits: npt.NDArray[np.uint8]
    seat: npt.NDArray[np.int32]
    to_move: npt.NDArray[np.bool_]
    first: npt.NDArray[np.bool_]
    reward: npt.NDArray[np.float32]
    key: npt.NDArray[np.uint32]
    heard: tuple[tuple[Heard, ...], ...] = ()

    def __len__(self) -> int:
        return len(self.seat)

    @cached_property
    def features(self) -> npt.NDArray[np.float32]:
        """Observations as network inputs, float32 [R, *observation_shape]."""
        flat = self.codes * self.game.scale
        return flat.reshape(len(self), *self.game.observation_shape)

    @cached_property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Legal actions, bool [R, A]."""
        bits = np.unpackbits(self.bits, axis=1, count=self.game.num_actions, bitorder="little")
        return bits.view(np.bool_)

    @cached_property
    def view(self) -> View:
        """The observations read by the names of the game's features."""
        return self.game.view(self.codes)

    def legal(self, row: int) -> npt.NDArray[np.int32]:
        """Legal actions of one row, ascending."""
        return np.flatnonzero(self.mask[row]).astype(np.int32)

    def text(self, row: int) -> str:
        """What one row's seat knows, in words; rendered only when asked for."""
        return self.game.describe(self.codes[row], int(self.seat[row]))

    def uniform(self, stream: int = 0) -> npt.NDArray[np.float64]:
        """One number in [0, 1) per row, a function of `key` and the stream alone."""
        return (self.words(stream) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def words(self, stream: int = 0) -> npt.NDArray[np.uint64]:
        """64 random bits per row (splitmix64 finaliser of the key), a function of key and stream."""
        k = self.key.astype(np.uint64)
        z = (k[:, 0] << np.uint64(32)) | k[:, 1]
        with np.errstate(over="ignore"):
            z = z + np.uint64((stream + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)))

    def take(self, rows: npt.NDArray[Any]) -> Observation:
        """The same for some of the rows."""
        arrays = (self.codes, self.bits, self.seat, self.to_move, self.first, self.reward, self.key)
        parts: list[Any] = [array[rows] for array in arrays]
        parts.append(tuple(self.heard[int(row)] for row in rows) if self.heard else ())
        return Observation(self.game, *parts)


class Decision(NamedTuple):
    """What a policy answers."""

    action: npt.NDArray[np.int32]  # [R]
    memory: Memory = None
    extras: dict[str, Any] = {}  # noqa: RUF012  log-probability, value, tokens, and what stands below


EXTRAS = ("words", "answers", "thoughts", "forfeits")
"""Extras that seatings know: ``words``, what each row says aloud [R] (text or None), passed on to the other
seats and recorded; ``answers``, (outcome, request) of each row's question to a model [R] (or None), recorded;
``thoughts``, reasoning [R] that is shown to nobody and not recorded; ``forfeits``, {row: reason}."""


@runtime_checkable
class Policy(Protocol):
    """The protocol. `probabilities(observation, memory) -> float [R, A]` may be offered besides."""

    def initial(self, rows: int) -> Memory:
        """Memory for R rows before their first act."""

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """Choose one legal action per row."""


Seats = Sequence[Sequence[Policy | None]]
"""Who sits where [B][N]; None where a learner sits."""


def pick(mask: npt.NDArray[np.bool_], uniform: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """A uniformly drawn legal action per row.

    Args:
        mask: legal actions [R, A], each row with at least one.
        uniform: numbers in [0, 1) [R].
    """
    order = np.cumsum(mask, axis=1)
    rank = (uniform * order[:, -1]).astype(np.int64) + 1
    return np.asarray(np.argmax(order >= rank[:, None], axis=1), np.int32)


class RandomPolicy:
    """Draws uniformly from the legal actions."""

    def initial(self, rows: int) -> Memory:
        """No memory."""
        return None

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """Choose uniformly."""
        return Decision(pick(observation.mask, observation.uniform()), memory)

    def probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        """Probability of each action [R, A]."""
        mask = observation.mask.astype(np.float64)
        return np.asarray(mask / mask.sum(axis=1, keepdims=True))
