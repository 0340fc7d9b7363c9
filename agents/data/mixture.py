"""Mixtures: who plays in recorded episodes, how often, and how often they slip."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from gyges.agents.load import build, resolve
from gyges.envs.errors import ConfigError
from gyges.envs.game import Game
from gyges.envs.policy import Decision, Memory, Observation, Policy, pick

BLOCK = 1000
"""Episodes within which the mixture's shares are exact (to one episode)."""
NOISE, WHICH = 11, 12
"""Streams of a policy's key that `Noisy` draws from; the policy below keeps the low ones."""


@dataclasses.dataclass(frozen=True)
class Player:
    """One part of a mixture.

    Attributes:
        name: for tables and shares.
        policy: who plays.
        share: weight among the parts, above 0.
        noise: chance that a decision is drawn uniformly from the legal actions instead.
        source, hash: where the policy came from, for the manifest.
    """

    name: str
    policy: Policy
    share: float = 1.0
    noise: float = 0.0
    source: str = ""
    hash: str = ""

    def __post_init__(self) -> None:
        if not 0.0 < self.share < 1e9:
            raise ConfigError(f"{self.name}: a share is above 0, not {self.share!r}")
        if not 0.0 <= self.noise <= 1.0:
            raise ConfigError(f"{self.name}: noise is a chance from 0 to 1, not {self.noise!r}")


class Noisy:
    """A policy that now and then does something else: with chance `noise` a uniformly drawn legal act."""

    def __init__(self, policy: Policy, noise: float) -> None:
        self.policy, self.noise = policy, noise

    def initial(self, rows: int) -> Memory:
        """The policy's own memory."""
        return self.policy.initial(rows)

    def act(self, observation: Observation, memory: Memory) -> Decision:
        """The policy's act, or a random one."""
        decision = self.policy.act(observation, memory)
        other = pick(observation.mask, observation.uniform(NOISE))
        slip = observation.uniform(WHICH) < self.noise
        return Decision(np.where(slip, other, decision.action).astype(np.int32), decision.memory)

    def probabilities(self, observation: Observation, memory: Memory) -> npt.NDArray[np.float64]:
        """Probability of each action [R, A], where the policy below can tell its own."""
        own = self.policy.probabilities(observation, memory)  # type: ignore[attr-defined]
        mask = observation.mask.astype(np.float64)
        uniform = mask / mask.sum(axis=1, keepdims=True)
        return np.asarray((1 - self.noise) * own + self.noise * uniform)


def players(game: Game, mixture: Mapping[str, float]) -> list[Player]:
    """Parts by name: ``{"clean": 3, "greedy~0.2": 1}`` is three quarters clean and a quarter greedy with
    a fifth of its decisions drawn at random. Names are whatever `gyges.agents.load` takes.

    Raises:
        ConfigError: no parts, or a share or noise out of range.
        UnknownNameError: no such policy.
    """
    found = []
    for name, share in mixture.items():
        text, tilde, noise = name.rpartition("~")
        text = text if tilde else noise
        source = resolve(text, game)
        try:
            slips = float(noise) if tilde else 0.0
        except ValueError:
            raise ConfigError(f"{name!r}: after ~ comes a chance from 0 to 1") from None
        label = source.name + (f"~{noise}" if tilde else "")
        found.append(Player(label, build(source, game), share, slips, text, source.hash))
    if not found:
        raise ConfigError("a mixture has at least one part")
    return found


def assign(shares: Sequence[float], first: int, count: int, seed: int) -> npt.NDArray[np.int16]:
    """Which part plays each of the episodes ``first ... first + count - 1``.

    Every block of `BLOCK` episodes holds each part to its share (largest remainders), in seeded order,
    and every prefix of a block is within a few episodes of it.
    """
    weights = np.asarray(shares, np.float64) / np.sum(shares)
    whole = np.floor(weights * BLOCK + 1e-9).astype(np.int64)
    rest = np.argsort(-(weights * BLOCK - whole), kind="stable")[: BLOCK - whole.sum()]
    whole[rest] += 1
    out = np.empty(count, np.int16)
    for block in range(first // BLOCK, (first + count - 1) // BLOCK + 1):
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed & (2**64 - 1), block])))
        # The j-th of a part's n episodes falls at a random point of the j-th n-th of the block.
        when = np.concatenate([(np.arange(n) + rng.random(n)) / n for n in whole if n])
        who = np.repeat(np.arange(len(whole), dtype=np.int16), whole)
        line = who[np.argsort(when, kind="stable")]
        low, high = max(first, block * BLOCK), min(first + count, (block + 1) * BLOCK)
        out[low - first : high - first] = line[low - block * BLOCK : high - block * BLOCK]
    return out
