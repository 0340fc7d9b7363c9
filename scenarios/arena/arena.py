"""A ladder: every policy is played against the rungs next to its strength, and all are rated together."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from gyges.agents.load import resolve
from gyges.agents.sandbox.process import Limits
from gyges.envs.errors import ConfigError
from gyges.envs.fairychess.game import FairyChess
from gyges.envs.fairychess.variants import transfer
from gyges.envs.fairychess.variants.ini_files import Variant, load
from gyges.scenarios.arena.games import HORIZON, Pairing, play_pairs
from gyges.scenarios.arena.openings import EVEN, Balance, openings
from gyges.scenarios.arena.ratings import Score, Sequential, pair_points, sequential
from gyges.scenarios.arena.store import ArenaFile
from gyges.scenarios.executor import Executor

LADDER = ("random", "greedy", *(f"alphabeta:{nodes}" for nodes in (30, 100, 300, 1000, 3000)))
"""The rungs, weakest first; `ZERO` has 0 Elo."""
ZERO = "alphabeta:100"
CHUNK = 10
"""Openings that are played and written together."""

Progress = Callable[[str, int, int], None]
"""Told of a pairing, its openings that are played, and how many there are."""


@dataclasses.dataclass(frozen=True)
class Terms:
    """Under what an arena's games are played.

    Attributes:
        pairs: openings of a pairing, each played with both colours.
        horizon: plies after the opening at which a game is drawn.
        seed: of openings and of the policies' luck.
        balance: what is an even opening.
        ladder: rungs, weakest first.
    """

    pairs: int = 50
    horizon: int = HORIZON
    seed: int = 0
    balance: Balance = EVEN
    ladder: tuple[str, ...] = LADDER

    def meta(self, variants: Sequence[Variant]) -> dict[str, object]:
        """What an arena's file is made under: all but how many pairs and rungs are played."""
        frozen = any(one.name in transfer.names() for one in variants)
        return {
            "variants": {one.name: one.text for one in variants}, "horizon": self.horizon, "seed": self.seed,
            "balance": list(self.balance), **({"transfer": transfer.digest()} if frozen else {}),
        }  # fmt: skip


class Arena:
    """Plays pairings of one variant into a file, each opening once.

    Args:
        file: where games are kept.
        variant: that is played.
        terms: how.
        executor: plays chunks side by side.
        limits: what a submitted policy may use.
        progress: told of every chunk that is written.
    """

    def __init__(
        self, file: ArenaFile, variant: Variant, terms: Terms, executor: Executor,
        limits: Limits | None = None, progress: Progress = lambda pairing, done, of: None,
    ) -> None:  # fmt: skip
        self.file, self.variant, self.terms, self.executor = file, variant, terms, executor
        self.limits, self.progress = limits or Limits(), progress
        self.openings = openings(variant, terms.pairs, terms.seed, terms.balance)

    def pairing(self, first: str, second: str, pairs: int | None = None) -> dict[int, Score]:
        """Play what has not been played of a pairing; scores by opening, as the first sees them."""
        wanted = range(min(pairs or self.terms.pairs, self.terms.pairs))
        played_before = self.scores(first, second)
        left = [k for k in wanted if k not in played_before]
        words = f"{self.variant.name}: {first} - {second}"
        together = CHUNK * self.executor.workers
        for begin in range(0, len(left), together):
            some = left[begin : begin + together]
            chunks = {f"{words}, opening {some[k]}": some[k : k + CHUNK] for k in range(0, len(some), CHUNK)}
            jobs = {name: self._job(first, second, chunk) for name, chunk in chunks.items()}
            for played in self.executor.map(play_pairs, jobs):
                self.file.write(self.variant.name, first, second, played)
            self.progress(words, len(wanted) - len(left) + begin + len(some), len(wanted))
        found = self.scores(first, second)
        return {k: found[k] for k in wanted}

    def _job(self, first: str, second: str, chunk: Sequence[int]) -> Pairing:
        words = f"{self.terms.seed} {self.variant.name} {first} {second} {chunk[0]}"
        seed = int.from_bytes(hashlib.sha256(words.encode()).digest()[:6], "big")
        places = tuple((k, self.openings[k]) for k in chunk)
        return Pairing(self.variant.text, first, second, places, self.terms.horizon, seed, self.limits)

    def scores(self, first: str, second: str) -> dict[int, Score]:
        """What has been played between two policies, by opening, as the first sees it."""
        found = {}
        for one in self.file.scores(self.variant.name):
            if {one.first, one.second} == {first, second}:
                turned = Score(one.second, one.first, one.opening, one.losses, one.draws, one.wins)
                found[one.opening] = one if one.first == first else turned
        return found

    def ladder(self) -> None:
        """Play every rung against the next."""
        for lower, upper in zip(self.terms.ladder, self.terms.ladder[1:], strict=False):
            self.pairing(lower, upper)

    def climb(self, policy: str) -> None:
        """Play a policy against rungs until it stands between two: halfway up first, then up or down.

        It ends at a rung that it does not beat above one that it does, or at an end of the ladder.
        """
        low, high = 0, len(self.terms.ladder)  # it belongs in [low, high]
        while low < high:
            middle = (low + high) // 2
            if sum(pair_points(self.pairing(policy, self.terms.ladder[middle]))) >= self.terms.pairs:
                low = middle + 1
            else:
                high = middle

    def test(self, first: str, second: str, elo0: float, elo1: float) -> Sequential:
        """Play two policies until the sequential test decides, or the openings are used up."""
        step = CHUNK * self.executor.workers
        for pairs in range(step, self.terms.pairs + step, step):
            found = sequential(pair_points(self.pairing(first, second, pairs)), elo0, elo1)
            if found.verdict != "open":
                break
        return found


def run(
    path: Path, policies: Sequence[str], variants: Sequence[str], terms: Terms, executor: Executor, *,
    sprt: tuple[float, float] | None = None, limits: Limits | None = None,
    progress: Progress = lambda pairing, done, of: None,
) -> dict[str, Sequential]:  # fmt: skip
    """Play an arena, or go on with one.

    Args:
        path: its file.
        policies: that climb the ladder.
        variants: library names, files, or texts.
        terms: how games are played.
        executor: plays chunks side by side.
        sprt: Elo bounds of a sequential test of the first policy against the second, in place of the ladder.
        limits: what a submitted policy may use.
        progress: told of every chunk that is written.

    Returns:
        The sequential test by variant, where one was asked for.

    Raises:
        ConfigError: fewer than one opening, a variant without openings, or a test of others than two.
        UnknownNameError: no such policy.
        FileError: the file is another's, or was made under other terms.
    """
    if sprt is not None and len(policies) != 2:
        raise ConfigError(f"a sequential test takes two policies, not {len(policies)}")
    if terms.pairs < 1:
        raise ConfigError(f"pairs: expected 1 or more, got {terms.pairs}")
    loaded = [load(one) for one in variants]
    rungs = () if sprt is not None else terms.ladder
    players: dict[str, str] = {}
    for variant in loaded:
        game = FairyChess(variant=variant.text)
        players |= {name: resolve(name, game).hash for name in (*rungs, *policies)}
    tests = {}
    with ArenaFile(path, terms.meta(loaded)) as file:
        file.enter(players)
        for variant in loaded:
            arena = Arena(file, variant, terms, executor, limits, progress)
            if sprt is not None:
                tests[variant.name] = arena.test(policies[0], policies[1], *sprt)
                continue
            arena.ladder()
            for policy in policies:
                if policy not in rungs:
                    arena.climb(policy)
    return tests
