"""What the study of transfer trains and plays, and how much under a profile.

A cell trains a network, or rates some on a variant. All that it does follows from its key and the profile.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import NamedTuple

from gyges.envs.fairychess.variants import transfer
from gyges.scenarios.studies import profiles

LADDER = (
    "random", "mcts?simulations=8", "mcts?simulations=32", "mcts?simulations=128", "alphabeta:30",
    "alphabeta:100", "alphabeta:300", "alphabeta:1000",
)  # fmt: skip
"""What networks are rated against, weakest first."""
ALL = "-"
"""Stands for the training variants together in a cell's key."""
UNIVERSAL, BLIND, PPO = "universal", "blind", "ppo"
SGD, SHUFFLED, CLONED = "sgd", "shuffled", "cloned"
NETWORKS = (UNIVERSAL, BLIND, PPO, SGD, SHUFFLED, CLONED)
"""Networks that learn all training variants: by search; the same, blind to rules; by PPO; and by imitation of
the same judged games, told of each move whether it was good, told so by lot, or not told."""
RATED = "rated-"
SPECIALIST, FEW_SHOT, RUNGS = "specialist", "few-shot", "rungs"
KINDS = (*NETWORKS, RUNGS, SPECIALIST, *(RATED + kind for kind in NETWORKS), FEW_SHOT)


class Cell(NamedTuple):
    """A network to train, or what is rated on a variant.

    Attributes:
        kind: one of `NETWORKS`: it is trained on all training variants; the same after `RATED`: it is rated
            on the variant; rungs: the ladder's games on a variant, and those of the untrained network with
            search; specialist: a network is trained on the variant and rated as it learns; few-shot: the
            universal network goes on to learn on the variant alone, and is rated.
        variant: its name, or `ALL`.
        seed: of the network.
    """

    kind: str
    variant: str
    seed: int

    @property
    def key(self) -> str:
        """The three as words."""
        return f"{self.kind}/{self.variant}/{self.seed}"


def parse(key: str) -> Cell:
    """The cell of a key; ValueError where it is none."""
    kind, variant, seed = key.split("/")
    found = Cell(kind, variant, int(seed))
    if found.key != key or kind not in KINDS or variant not in (ALL, *transfer.names()):
        raise ValueError(f"a cell is kind/variant/seed, not {key[:80]!r}")
    return found


@dataclasses.dataclass(frozen=True)
class Profile:
    """How much is trained and played.

    Attributes:
        name: of the profile.
        training: variants that universal networks learn on.
        held_out: variants that they have never seen.
        both: those of training that specialists learn as well.
        moves: of self-play on each variant.
        seeds: networks of each of `networks`.
        pairs: openings of a pairing, each played with both colours.
        networks: which of `NETWORKS` are trained.
        specialist: shares of `moves` at which a specialist is rated; none: no specialists.
        few_shot: shares at which the universal network is that goes on to learn one variant; none: it does
            not.
        ladder: rungs.
        simulations, games, ratio, batch, warmup, window, width, message, layers: of learning, as in
            `gyges.agents.search.alphazero.AlphaZeroOptions`, as far as a learner has them; the window is in
            positions of each variant.
        every: moves between checkpoints of a run that may be killed.
    """

    name: str
    training: tuple[str, ...]
    held_out: tuple[str, ...]
    both: tuple[str, ...]
    moves: int
    seeds: int
    pairs: int
    networks: tuple[str, ...] = (UNIVERSAL, BLIND)
    specialist: tuple[float, ...] = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
    few_shot: tuple[float, ...] = (0.01, 0.02, 0.05, 0.1, 0.2)
    ladder: tuple[str, ...] = LADDER
    simulations: int = 16
    games: int = 32
    ratio: float = 2.0
    batch: int = 128
    warmup: int = 256
    window: int = 20_000
    width: int = 32
    message: int = 8
    layers: int = 3
    every: int = 20_000

    @property
    def rated(self) -> tuple[str, ...]:
        """Variants that networks are rated on."""
        return (*self.held_out, *self.both)

    def counts(self, shares: tuple[float, ...]) -> tuple[int, ...]:
        """Shares of `moves` as moves, in whole turns of all games."""
        return tuple(max(1, round(share * self.moves / self.games)) * self.games for share in shares)

    @property
    def last(self) -> int:
        """Moves after which a specialist has learnt."""
        return max(self.counts(self.specialist), default=self.moves)

    @property
    def trained(self) -> tuple[str, ...]:
        """Kinds of networks."""
        return (*self.networks, *(SPECIALIST for _ in self.specialist[:1]))

    def cells(self) -> list[Cell]:
        """All cells, networks before what is rated of them."""
        seeds = range(self.seeds)
        alone = (RUNGS, SPECIALIST) if self.specialist else (RUNGS,)
        return [
            *(Cell(kind, ALL, seed) for seed in seeds for kind in self.networks),
            *(Cell(kind, name, 0) for name in self.rated for kind in alone),
            *(
                Cell(RATED + kind, name, seed)
                for seed in seeds
                for name in self.rated
                for kind in self.networks
            ),
            *(Cell(FEW_SHOT, name, 0) for name in self.held_out if self.few_shot),
        ]

    def players(self) -> int:
        """How many are rated on all variants together."""
        own = 2 * len(self.specialist) * len(self.rated) + 2 * len(self.few_shot) * len(self.held_out)
        each = 2 * len(self.networks) + (UNIVERSAL in self.networks)  # which is shown wrong rules too
        return own + (each * self.seeds + 1) * len(self.rated)

    def budget(self) -> dict[str, int]:
        """What may be spent."""
        alone = len(self.rated) * max(self.specialist, default=0.0)
        alone += len(self.held_out) * max(self.few_shot, default=0.0)
        moves = round((len(self.networks) * self.seeds * len(self.training) + alone) * self.moves)
        pairings = 3 * self.players() + (len(self.ladder) - 1) * len(self.rated)
        return {
            "cells": len(self.cells()),
            "moves learnt from": moves,
            "gradient samples": round(moves * self.ratio),
            "rated games at most": 2 * self.pairs * pairings,
            "tuning trials": 0,
        }


def _held_out(each: int) -> tuple[str, ...]:
    splits = ("combination", "atom", "rule", "size")
    return tuple(name for split in splits for name in transfer.names(split)[:each])


PROFILES = {
    "ci": Profile(
        "ci", ("transfer-train-1", "transfer-train-2"), ("transfer-atom-1", "transfer-size-1"),
        ("transfer-train-1",), 512, 1, 3, networks=NETWORKS, specialist=(0.25, 1.0), few_shot=(0.125,),
        ladder=("random", "mcts?simulations=8", "alphabeta:30", "alphabeta:100"), simulations=4, games=16,
        batch=32, warmup=64, width=8, message=4, layers=1,
    ),
    "small": Profile(
        "small", transfer.names("train")[:16], _held_out(2), transfer.names("train")[:4], 50_000, 3, 20
    ),
    "learners": Profile(
        "learners", transfer.names("train")[:8], _held_out(2), transfer.names("train")[:4], 25_000, 3, 10,
        networks=(UNIVERSAL, PPO, SGD, SHUFFLED, CLONED), specialist=(), few_shot=(),
    ),
    "full": Profile(
        "full", transfer.names("train"), _held_out(3), transfer.names("train")[:4], 200_000, 3, 50, NETWORKS,
        simulations=32, ratio=4.0, batch=256, warmup=2000, width=64, message=16,
    ),
}  # fmt: skip
"""ci: some minutes of one core, of the plumbing; small: some three hours of two cores; learners: how networks
are taught, in under an hour of two; full: both, in some days.

What `small` costs, in processor time measured for a second or two each on a busy machine (2026-11-30):

    self-play   2.3 ms a move of 16 simulations, 31,635 weights
    learning    0.35 ms a gradient sample, two of them a move
    rating      20 to 240 ms a game, some 80

    universal and blind    2 x 3 x 16 x 50,000 = 4.8 million moves x 3.0 ms    14,400 s
    specialists            12 x 50,000 = 0.6 million moves x 3.0 ms             1,800 s
    few-shot               8 x 10,000 = 0.08 million moves x 3.0 ms               240 s
    ratings                some 56,000 games x 80 ms                            4,500 s

together 20,900 s: 2 hours and 54 minutes of two cores.
"""


profile = partial(profiles.named, PROFILES)
"""A profile by name; UnknownNameError where there is none."""
seed_of = partial(profiles.seed_of, "transfer")
"""A seed of 62 bits for one purpose."""
