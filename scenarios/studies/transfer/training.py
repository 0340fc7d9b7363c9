"""Trains the study's networks, each once, in its folder; a run that was killed goes on bit for bit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from gyges.agents.nn.devices import threads
from gyges.agents.progress import Progress
from gyges.agents.search import checkpoint
from gyges.agents.search.alphazero import AlphaZero, AlphaZeroOptions, Control
from gyges.agents.trackers import Trackers
from gyges.envs.fairychess.variants.ini_files import load
from gyges.scenarios.studies.transfer.profile import BLIND, FEW_SHOT, SPECIALIST, UNIVERSAL, Profile, seed_of

NONE = "untrained"


class Run(NamedTuple):
    """A network's training.

    Attributes:
        name: folder, in that of the study's networks.
        variants: that are played.
        moves: of the whole run, all variants together.
        counts: moves after which the network is kept; the last ends the run.
        seed: of weights and games.
        blind: whether the network is blind to rules.
        start: checkpoint whose weights it begins with; None for none.
    """

    name: str
    variants: tuple[str, ...]
    moves: int
    counts: tuple[int, ...]
    seed: int
    blind: bool = False
    start: Path | None = None


class Networks:
    """The networks of a study.

    Args:
        plan: the profile.
        folder: of the study.
    """

    def __init__(self, plan: Profile, folder: Path) -> None:
        self.plan, self.folder = plan, folder / "networks"

    def universal(self, seed: int, blind: bool = False) -> Path:
        """The checkpoint of a network that has learnt on all training variants."""
        plan, name = self.plan, BLIND if blind else UNIVERSAL
        moves = plan.moves * len(plan.training)
        run = Run(f"{name}-{seed}", plan.training, moves, (moves,), seed_of(name, seed), blind)
        return self.trained(run)[moves]

    def specialist(self, variant: str, seed: int) -> dict[int, Path]:
        """Checkpoints of a network that learns on one variant, by moves."""
        counts = self.plan.counts(self.plan.specialist)
        return self.trained(
            Run(f"{SPECIALIST}-{variant}-{seed}", (variant,), counts[-1], counts,
                seed_of(SPECIALIST, variant, seed))
        )  # fmt: skip

    def few_shot(self, variant: str, seed: int) -> dict[int, Path]:
        """Checkpoints of the universal network as it goes on to learn on one variant, by moves."""
        counts = self.plan.counts(self.plan.few_shot)
        return self.trained(
            Run(f"{FEW_SHOT}-{variant}-{seed}", (variant,), self.plan.moves, counts,
                seed_of(FEW_SHOT, variant, seed), start=self.universal(seed))
        )  # fmt: skip

    def untrained(self) -> Path:
        """The checkpoint of a network as it is before training."""
        return self.trained(Run(NONE, self.plan.training[:1], 1, (0,), seed_of(NONE)))[0]

    def options(self, run: Run) -> AlphaZeroOptions:
        """Of a run. The step size does not fall, so that networks kept on the way are as those at the end."""
        plan = self.plan
        return AlphaZeroOptions(
            moves=run.moves, games=plan.games, simulations=plan.simulations, ratio=plan.ratio,
            batch=plan.batch, warmup=plan.warmup, window=plan.window * len(run.variants), fall=0.0,
            width=plan.width, message=plan.message, layers=plan.layers, seed=run.seed,
            rules="blind" if run.blind else "edges", log_every=max(1, run.moves // 100),
        )  # fmt: skip

    def trained(self, run: Run) -> dict[int, Path]:
        """The networks that a run keeps, by moves; trained here unless they are there. Whoever comes while
        another process trains them waits."""
        room = self.folder / run.name
        places = {count: room / f"at-{count}" for count in run.counts}
        room.mkdir(parents=True, exist_ok=True)
        with FileLock(room / "lock"):
            if not all((place / checkpoint.FILE).exists() for place in places.values()):
                self._train(run, room, places)
        return places

    def _train(self, run: Run, room: Path, places: dict[int, Path]) -> None:
        under_way = room / "under-way"
        learner = AlphaZero([load(name) for name in run.variants], self.options(run))
        if (under_way / checkpoint.FILE).exists():
            network, card, arrays = checkpoint.load_training(under_way)
            learner.restore(network, arrays, card.about["state"])
        elif run.start is not None:
            learner.network.load_state_dict(checkpoint.load_network(run.start)[0].state_dict())
        spec, variants = (
            learner.network.spec,
            {one.variant.name: one.variant.text for one in learner.variants},
        )

        def keep(learner: AlphaZero) -> None:
            arrays, state = learner.state()
            card = checkpoint.Card(spec, "alphazero", variants, {"state": state})
            checkpoint.save(under_way, learner.network, card, arrays)

        progress = Progress(run.name, run.moves, counter="moves", folder=room, start=learner.moves,
                            trackers=Trackers(tensorboard=False), quiet=True)  # fmt: skip
        with progress, threads(1):
            for count, place in places.items():
                if (place / checkpoint.FILE).exists():
                    continue
                if learner.moves < count:
                    stop = _reached(learner, count)
                    learner.run(Control(progress.log, keep, self.plan.every, stop))
                about = {"moves": learner.moves, "games": learner.games, "steps": learner.steps}
                checkpoint.save(place, learner.network, checkpoint.Card(spec, "alphazero", variants, about))
        shutil.rmtree(under_way, ignore_errors=True)


def _reached(learner: AlphaZero, count: int) -> Callable[[], bool]:
    return lambda: learner.moves >= count


def counters(place: Path) -> dict[str, int]:
    """How far a kept network had come: moves, games, gradient steps."""
    about = checkpoint.read_card(place)[0].about
    return {name: int(about[name]) for name in ("moves", "games", "steps")}
