"""A network that learns chess variants from games, as they are played: what all such learners have in common
(`Run`), and what those have that draw positions from the newest games (`Learner`).

Play and gradient steps take turns in one process, so that a run that is killed goes on bit for bit from what
it kept. Variants take turns too: all games of one play, then those of the next.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import gyges.agents.nn  # noqa: F401  # isort: skip  (says which extra is missing)

import numpy as np
import numpy.typing as npt
import torch
from msgspec import Meta
from torch import Tensor
from torch.nn import functional

from gyges.agents.nn import optimiser, pytree
from gyges.agents.nn.devices import device_of
from gyges.agents.search import replay
from gyges.agents.search.inputs import describe, inputs_of
from gyges.agents.search.network import RulesNetwork, RulesSpec, Shape, about, tensors, untrained
from gyges.agents.search.replay import Game, Replay, Sample
from gyges.agents.search.selfplay import Table
from gyges.envs.errors import ConfigError, DivergedError, FileError
from gyges.envs.fairychess.engine.variant_tables import Compiled, compiled
from gyges.envs.fairychess.variants.ini_files import Variant

Arrays = dict[str, npt.NDArray[Any]]


@dataclasses.dataclass(frozen=True)
class LearnerOptions(Shape):
    """Options that all such learners have."""

    moves: Annotated[int, Meta(ge=1, le=1 << 40)] = 200_000
    """Moves that are played."""
    games: Annotated[int, Meta(ge=1, le=1 << 16)] = 64
    """Games of a variant that are played side by side."""
    openings: Annotated[int, Meta(ge=0, le=64)] = 6
    """Up to so many random plies begin a game."""
    cap: Annotated[int, Meta(ge=2, le=1 << 16)] = 160
    """Plies after which a game is drawn."""
    window: Annotated[int, Meta(ge=1, le=1 << 30)] = 200_000
    """Newest positions that are learnt from."""
    ratio: Annotated[float, Meta(gt=0, le=1000)] = 4.0
    """How often a position is learnt from, on average."""
    batch: Annotated[int, Meta(ge=1, le=1 << 20)] = 256
    """Positions in a gradient step."""
    warmup: Annotated[int, Meta(ge=1, le=1 << 30)] = 2000
    """Positions before the first gradient step."""
    learning_rate: Annotated[float, Meta(gt=0, le=10)] = 2e-3
    """Step size of AdamW."""
    fall: Annotated[float, Meta(ge=0, le=1)] = 0.25
    """In so much of the run, its end, the step size falls to a tenth."""
    weight_decay: Annotated[float, Meta(ge=0, le=10)] = 1e-4
    """Of AdamW."""
    seed: int = 0
    """Of weights, games and the order of learning."""
    device: str = "cpu"
    """Where the network computes."""
    threads: Annotated[int, Meta(ge=1, le=1 << 10)] = 1
    """CPU threads of the network."""
    log_every: Annotated[int, Meta(ge=1, le=1 << 40)] = 2000
    """Moves between two log lines."""


@dataclasses.dataclass(frozen=True)
class Control:
    """How a run is watched, interrupted and taken up again."""

    report: Callable[[dict[str, float]], None] = lambda line: None
    """Called with every log line."""
    keep: Callable[[Any], None] = lambda run: None
    """Called with the run every `every` moves and at the end."""
    every: int = 10_000
    """Moves between two checkpoints."""
    stop: Callable[[], bool] = lambda: False
    """Asked after every turn; True ends the run there, kept."""


class Run:
    """A network that learns variants in turns, each of play and of gradient steps.

    Args:
        variants: what is played.
        options: how; those of `LearnerOptions` that every learner has.
        conditioned: whether the network is told of each move if it was good.

    Attributes:
        moves: that have been played.
        network: as it stands.

    Raises:
        ConfigError: no variant, a variant too large, or one whose games are over in the opening.
    """

    NAME: str
    """Of the algorithm."""

    def __init__(self, variants: Sequence[Variant], options: Any, conditioned: bool = False) -> None:
        if not variants:
            raise ConfigError("no variant to learn")
        self.options = options
        self.device = device_of(options.device)
        self.variants: list[Compiled] = [compiled(one) for one in variants]
        for c in self.variants:
            describe(c)
        spec = RulesSpec.of(options, conditioned)
        self.network: RulesNetwork = untrained(options.seed, spec).to(self.device)
        self.adam = optimiser.adamw(self.network.parameters(), options.learning_rate, options.weight_decay)
        self.moves = self.steps = self.games = 0
        self.sums: dict[str, float] = {}

    def _rng(self, purpose: int, number: int) -> np.random.Generator:
        """Random numbers that follow from the seed and from what they are for."""
        seed = (self.options.seed & (1 << 64) - 1, purpose, number)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))

    def run(self, control: Control | None = None) -> None:
        """Play and learn until the run is whole, or stopped.

        Raises:
            DivergedError: a loss is not finite.
        """
        control = control or Control()
        begun, before = time.perf_counter(), self.moves
        while self.moves < self.options.moves:
            was = self.moves
            self._turn()
            whole = self.moves >= self.options.moves
            if whole or self.moves // self.options.log_every > was // self.options.log_every:
                line = self._line()
                line["moves_per_second"] = (self.moves - before) / (time.perf_counter() - begun)
                control.report(line)
            over = whole or control.stop()
            if over or self.moves // control.every > was // control.every:
                control.keep(self)
            if over:
                break

    def _turn(self) -> None:
        """Play, and take the gradient steps that are due."""
        raise NotImplementedError

    def _count(self, **numbers: float) -> None:
        for name, value in numbers.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value)

    def _step_size(self) -> None:
        """Set the optimiser's, which falls at the end of the run."""
        options = self.options
        left = (1 - self.moves / options.moves) / options.fall if options.fall else 1.0
        for group in self.adam.param_groups:
            group["lr"] = options.learning_rate * min(1.0, max(0.1, left))

    def _line(self) -> dict[str, float]:
        """What a log line says; the sums begin anew."""
        sums, self.sums = self.sums, {}
        games, steps = sums.get("games", 0.0), sums.get("steps", 0.0)
        line = {"moves": float(self.moves), "games": float(self.games), "steps": float(self.steps)}
        if games:
            line |= {"plies": sums["plies"] / games, "draws": sums["draws"] / games}
        if steps:
            line |= {"policy_loss": sums["policy"] / steps, "value_loss": sums["value"] / steps}
        return line | self._own(sums)

    def _own(self, sums: Mapping[str, float]) -> dict[str, float]:
        """What this learner adds to a log line."""
        return {}

    # To go on.

    def restore(self, network: RulesNetwork, arrays: Mapping[str, npt.NDArray[Any]], plan: Any) -> None:
        """Go on from a state; of a run that has not begun.

        Raises:
            FileError: it is not the state of such a run.
        """
        try:
            state = pytree.restore(plan, dict(arrays), self._like(), "the run")
            self.network.load_state_dict(network.state_dict())
            optimiser.restore(self.adam, list(self.network.parameters()), state["adam"], "the run")
            self.sums = {name: float(value) for name, value in state["sums"].items()}
            self._take(state)
        except FileError:
            raise
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise FileError(f"not a state of such a run: {error!r}") from None

    def _like(self) -> Any:
        """What a state has to look like; None for no more than `_take` asks."""
        return None

    def _take(self, state: Any) -> None:
        """Go on from what this learner has put into a state besides."""
        raise NotImplementedError


class Learner(Run):
    """A run whose gradient steps draw positions from the newest games.

    Arguments, attributes and errors are those of `Run`.
    """

    def __init__(
        self, variants: Sequence[Variant], options: LearnerOptions, conditioned: bool = False
    ) -> None:
        super().__init__(variants, options, conditioned)
        self.tables = [self._table(c, self._rng(0, k)) for k, c in enumerate(self.variants)]
        self.replay = Replay(self.variants, options.window)
        self.turn, self.owed = 0, 0.0

    def _table(self, c: Compiled, rng: np.random.Generator) -> Table:
        """The games of a variant."""
        raise NotImplementedError

    def _moved(self, table: Any, rng: np.random.Generator) -> list[Game]:
        """Play a move in every game of a table; the games that are over."""
        raise NotImplementedError

    def _turn(self) -> None:
        self._play()
        self._learn()

    def _play(self) -> None:
        """Every game of the variant whose turn it is plays a move."""
        k = self.turn % len(self.tables)
        ended = self._moved(self.tables[k], self._rng(1, self.turn))
        for game in ended:
            self.replay.add(k, game)
            self._count(games=1, plies=len(game.rows), draws=float(game.result[-1] == 0))
        self.turn += 1
        self.games += len(ended)
        self.moves += self.options.games

    def _learn(self) -> None:
        """The gradient steps that are due."""
        options = self.options
        if self.replay.size < options.warmup:
            return
        self.owed += options.ratio * options.games / options.batch
        while self.owed >= 1:
            self.owed -= 1
            self._step_size()
            samples = self.replay.sample(self._rng(2, self.steps), options.batch)
            policy, value = self._losses(samples)
            loss = policy + value
            self.adam.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            if not math.isfinite(float(loss.detach())):
                raise DivergedError(f"{self.NAME} diverged at gradient step {self.steps + 1} (not taken)")
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
            self.adam.step()
            self.steps += 1
            self._count(steps=1, policy=float(policy.detach()), value=float(value.detach()))

    def _losses(self, samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
        """Cross-entropies of policy and outcome, averaged over positions."""
        policy, value = torch.zeros((), device=self.device), torch.zeros((), device=self.device)
        many = sum(len(one.outcome) for one in samples)
        for one in samples:
            leaves = one.leaves
            shown = self.options.rules
            given = inputs_of(leaves.compiled, leaves.rows, leaves.seen, leaves.moves, leaves.counts, shown)
            parts = tensors(given, self.device)
            described = about(describe(leaves.compiled, shown), self.device)
            told = torch.from_numpy(one.good).to(self.device) if self.network.spec.conditioned else None
            logits, outcome = self.network(described, parts, told)
            owner, wanted = parts[-1], torch.from_numpy(one.policy).to(self.device)
            top = torch.full((len(one.outcome),), -math.inf, device=self.device)
            top = top.scatter_reduce(0, owner, logits.detach(), "amax")
            shifted = logits - top[owner]
            total = torch.zeros_like(top).index_add(0, owner, shifted.exp())
            policy = policy - (wanted * (shifted - total.log()[owner])).sum() / many
            target = torch.from_numpy(one.outcome).to(self.device)
            value = value + functional.cross_entropy(outcome, target, reduction="sum") / many
        return policy, value

    # To go on.

    def state(self) -> tuple[Arrays, Any]:
        """All that going on needs besides weights and options, as arrays and their plan."""
        tables = [table.state() for table in self.tables]
        return pytree.flatten(
            {
                "counts": np.array([self.turn, self.moves, self.steps, self.games], np.int64),
                "owed": np.array(self.owed),
                "sums": {name: np.array(value) for name, value in self.sums.items()},
                "adam": optimiser.state_of(self.adam, list(self.network.parameters())),
                "tables": [arrays for arrays, _ in tables],
                "under way": replay.packed([(k, one) for k, (_, some) in enumerate(tables) for one in some]),
                "replay": replay.packed(list(self.replay.games)),
            }
        )

    def _take(self, state: Any) -> None:
        self.turn, self.moves, self.steps, self.games = (int(n) for n in state["counts"])
        self.owed = float(state["owed"])
        under_way: list[list[Game]] = [[] for _ in self.tables]
        for k, game in replay.unpacked(state["under way"], self.variants):
            under_way[k].append(game)
        for table, held, games in zip(self.tables, state["tables"], under_way, strict=True):
            table.restore(held, games)
        for k, game in replay.unpacked(state["replay"], self.variants):
            self.replay.add(k, game)
