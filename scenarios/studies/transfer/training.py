"""Trains the study's networks, each once, in its folder; a run that was killed goes on bit for bit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

from filelock import FileLock

from gyges.agents.nn.devices import threads
from gyges.agents.progress import Progress
from gyges.agents.search import checkpoint
from gyges.agents.search.alphazero import AlphaZero, AlphaZeroOptions
from gyges.agents.search.engine_sgd import EngineSGD, EngineSGDOptions
from gyges.agents.search.learner import Control, Learner
from gyges.agents.search.ppo import SelfPlayPPO, SelfPlayPPOOptions
from gyges.agents.trackers import Trackers
from gyges.envs.fairychess.variants.ini_files import load
from gyges.scenarios.studies.transfer.profile import (
    BLIND,
    CLONED,
    FEW_SHOT,
    PPO,
    SGD,
    SHUFFLED,
    SPECIALIST,
    UNIVERSAL,
    Profile,
    seed_of,
)

NONE = "untrained"
LABELS: dict[str, Literal["engine", "shuffled", "none"]] = {
    SGD: "engine", SHUFFLED: "shuffled", CLONED: "none",
}  # fmt: skip
"""What imitators are told of moves."""


class Run(NamedTuple):
    """A network's training.

    Attributes:
        name: folder, in that of the study's networks.
        variants: that are played.
        moves: of the whole run, all variants together.
        counts: moves after which the network is kept; the last ends the run.
        seed: of weights and games.
        kind: how the network is taught, of `profile.NETWORKS`.
        start: checkpoint whose weights it begins with; None for none.
    """

    name: str
    variants: tuple[str, ...]
    moves: int
    counts: tuple[int, ...]
    seed: int
    kind: str = UNIVERSAL
    start: Path | None = None


class Networks:
    """The networks of a study.

    Args:
        plan: the profile.
        folder: of the study.
    """

    def __init__(self, plan: Profile, folder: Path) -> None:
        self.plan, self.folder = plan, folder / "networks"

    def network(self, kind: str, seed: int) -> Path:
        """The checkpoint of a network that has learnt on all training variants; imitators of one seed learn
        from the same games."""
        plan = self.plan
        moves = plan.moves * len(plan.training)
        luck = seed_of(SGD if kind in LABELS else kind, seed)
        return self.trained(Run(f"{kind}-{seed}", plan.training, moves, (moves,), luck, kind))[moves]

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
                seed_of(FEW_SHOT, variant, seed), start=self.network(UNIVERSAL, seed))
        )  # fmt: skip

    def untrained(self) -> Path:
        """The checkpoint of a network as it is before training."""
        return self.trained(Run(NONE, self.plan.training[:1], 1, (0,), seed_of(NONE)))[0]

    def learner(self, run: Run) -> Learner | SelfPlayPPO:
        """Of a run. The step size does not fall, so that networks kept on the way are as those at the end."""
        plan, variants = self.plan, [load(name) for name in run.variants]
        shape: dict[str, Any] = {
            "moves": run.moves, "games": plan.games, "width": plan.width, "message": plan.message,
            "layers": plan.layers, "seed": run.seed, "fall": 0.0, "log_every": max(1, run.moves // 100),
        }  # fmt: skip
        if run.kind == PPO:
            return SelfPlayPPO(variants, SelfPlayPPOOptions(**shape))
        shape |= {"ratio": plan.ratio, "batch": plan.batch, "warmup": plan.warmup,
                  "window": plan.window * len(run.variants)}  # fmt: skip
        if run.kind in LABELS:
            return EngineSGD(variants, EngineSGDOptions(labels=LABELS[run.kind], **shape))
        rules: Any = "blind" if run.kind == BLIND else "edges"
        return AlphaZero(variants, AlphaZeroOptions(simulations=plan.simulations, rules=rules, **shape))

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
        learner = self.learner(run)
        if (under_way / checkpoint.FILE).exists():
            network, card, arrays = checkpoint.load_training(under_way)
            learner.restore(network, arrays, card.about["state"])
        elif run.start is not None:
            learner.network.load_state_dict(checkpoint.load_network(run.start)[0].state_dict())
        spec, variants = (
            learner.network.spec,
            {one.variant.name: one.variant.text for one in learner.variants},
        )

        def keep(learner: Learner | SelfPlayPPO) -> None:
            arrays, state = learner.state()
            card = checkpoint.Card(spec, learner.NAME, variants, {"state": state})
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
                checkpoint.save(place, learner.network, checkpoint.Card(spec, learner.NAME, variants, about))
        shutil.rmtree(under_way, ignore_errors=True)


def _reached(learner: Learner | SelfPlayPPO, count: int) -> Callable[[], bool]:
    return lambda: learner.moves >= count


def counters(place: Path) -> dict[str, int]:
    """How far a kept network had come: moves, games, gradient steps."""
    about = checkpoint.read_card(place)[0].about
    return {name: int(about[name]) for name in ("moves", "games", "steps")}
