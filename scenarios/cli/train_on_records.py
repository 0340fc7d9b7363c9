"""``gyges train`` for what learns from records: imitation and offline learning, scored by any rater.

    gyges train conditioned --dataset data/behaviour --rater biased --quantile 0.9 --out runs/conditioned
    gyges train conditioned --resume runs/conditioned            # goes on exactly where it stood

The run's folder is a checkpoint (``gyges evaluate runs/conditioned``) with the curves beside it. Its card,
and the first line that is printed, hold the command that trains it again.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import tyro

from gyges.agents.data.dataset import Dataset
from gyges.agents.learn.imitation import MODES, Imitation, held_in, imitate
from gyges.agents.learn.offline import Offline, learn_offline
from gyges.agents.learn.trainer import Control
from gyges.agents.nn import checkpoint
from gyges.agents.nn.networks import ActorCritic
from gyges.agents.progress import interruptible
from gyges.envs.errors import FileError
from gyges.envs.foreign import echo
from gyges.scenarios.cli.runs import Begun, Learner, RunOptions, options_of
from gyges.scenarios.raters.raters import rater
from gyges.scenarios.raters.satisficer import Satisficer
from gyges.scenarios.raters.score import rate
from gyges.scenarios.unpack import dataset


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordsRun(RunOptions):
    """Learn from recorded behaviour."""

    dataset: Path
    """Folder of a dataset, recorded or packed."""
    rater: str = "gold"
    """Who scores: gold, noisy, biased, tail, low_coverage, drifting or flattered."""
    weight: float = 1.0
    """Reward units that a welfare unit of severity costs, to the rater."""
    quantile: float = 0.9
    """Quantile of the scores from which on something counts as good."""
    level: str = "episode"
    """What is called good as a whole: step, segment or episode."""
    binary: bool = False
    """Offline learning: pay 1 for what is good and 0 for the rest, instead of the rater's scores."""
    every: int = 1000
    """Gradient steps between checkpoints."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImitationRun(RecordsRun):
    """Imitate recorded behaviour by SGD."""

    how: tyro.conf.OmitArgPrefixes[Imitation] = dataclasses.field(default_factory=Imitation)
    """How."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class OfflineRun(RecordsRun):
    """Learn offline from scored records."""

    how: tyro.conf.OmitArgPrefixes[Offline] = dataclasses.field(default_factory=Offline)
    """How."""


def learner(name: str) -> Learner:
    """A learner from records, by its name, as ``gyges train`` runs it."""
    how: Any = Imitation(mode=name) if name in MODES else Offline(algorithm=name)  # type: ignore[arg-type]
    kind: Any = ImitationRun if name in MODES else OfflineRun
    options = kind(dataset=tyro.MISSING, out=Path("runs") / name, how=how)

    def begun(folder: Path) -> Begun:
        _, card, arrays = checkpoint.load_training(folder)
        if card.algorithm != name:
            raise FileError(f"{folder}: a run of {card.algorithm}, not of {name}")
        about = card.about
        stored = options_of(kind, about.get("run"), str(folder))
        done, command = about.get("step"), about.get("command")
        if not isinstance(done, int) or not isinstance(command, str):
            raise FileError(f"{folder}: the run does not say how far it came")
        return Begun(stored, done, command, (arrays, about.get("state")))

    return Learner(options, train, checkpoint.FILE, "steps", begun)


def train(options: Any, command: str, begun: Begun | None) -> int:
    """Train as the options say; 0, or 130 where Ctrl-C stopped it."""
    data, how = dataset(options.dataset), options.how
    name = how.mode if isinstance(how, Imitation) else how.algorithm
    options.say(command)
    labels, scores, about = signals(options, data)
    about |= options.about(command)
    condition = {"conditioned": 1, "return": how.bins - 1}.get(name) if isinstance(how, Imitation) else None
    log: dict[str, float] = {}

    def keep(network: ActorCritic, step: int, arrays: Any, plan: Any) -> None:
        game = data.game()
        card = checkpoint.Card(
            network.spec, algorithm=name, game=game.id, settings=game.settings, condition=condition,
            greedy=name in ("cql", "q"), about={**about, "step": step, "state": plan, "log": log},
        )  # fmt: skip
        checkpoint.save(options.out, network, card, arrays)

    def report(line: dict[str, float]) -> None:
        shown.log(line)
        log.clear()
        log.update({k: v for k, v in line.items() if v == v and k != "decisions_per_second"})

    start = 0.0 if begun is None else begun.done
    shown = options.progress(name, how.steps, counter="step", start=start)
    with interruptible() as caught, shown:
        control = Control(
            report, keep, options.every, lambda: bool(caught), None if begun is None else begun.state
        )
        if isinstance(how, Imitation):
            imitate(data, how, labels=labels, scores=scores, control=control)
        else:
            learn_offline(data, how, scores=scores, control=control)
    if log.get("step", 0) < how.steps:
        echo(f"stopped; go on with: gyges train {name} --resume {options.out}", file=sys.stderr)
        return 130
    return 0


def signals(options: Any, data: Dataset) -> tuple[Any, Any, dict[str, Any]]:
    """Labels and scores of the dataset as the run needs them (or None), and what the card says of them."""
    how, about = options.how, dict[str, Any]()
    if isinstance(how, Imitation) and how.mode == "cloning":
        return None, None, about
    scores = rate(data, rater(options.rater, weight=options.weight))
    if isinstance(how, Imitation):
        if how.mode == "return":
            return None, scores, about
        maker = _satisficer(options).fit(data, scores)
        labels = maker.label(data, scores)
        good = float(labels[held_in(data, how.holdout, how.seed)].mean())
        return labels, scores, {"threshold": maker.threshold, "good": good}
    if options.binary:
        scores = _satisficer(options).fit(data, scores).pay(data, scores)
    return None, scores, about


def _satisficer(options: RecordsRun) -> Satisficer:
    return Satisficer(rater(options.rater, weight=options.weight), options.quantile, options.level)
