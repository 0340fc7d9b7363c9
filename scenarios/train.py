"""``gyges train`` for what learns from records: imitation and offline learning, scored by any rater.

    gyges train conditioned --dataset data/behaviour --rater biased --quantile 0.9 --out runs/conditioned

The run's folder is a checkpoint (``gyges evaluate runs/conditioned``) with the curves beside it.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tyro

from gyges.agents import checkpoint
from gyges.agents.dataset import Dataset
from gyges.agents.imitation import MODES, Imitation, imitate
from gyges.agents.offline import Offline, learn
from gyges.agents.progress import Progress
from gyges.envs.errors import ConfigError, GygesError
from gyges.scenarios.raters import rater
from gyges.scenarios.rating import rate
from gyges.scenarios.satisficer import Satisficer


@dataclasses.dataclass(frozen=True)
class Run:
    """What every learner from records is told."""

    dataset: Path
    """Folder of a recorded dataset."""
    out: Path
    """Folder of the run: checkpoint and curves."""
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
    quiet: bool = False
    """Show no progress."""


@dataclasses.dataclass(frozen=True)
class ImitationRun(Run):
    """Imitate recorded behaviour by SGD."""

    how: tyro.conf.OmitArgPrefixes[Imitation] = dataclasses.field(default_factory=Imitation)
    """How."""


@dataclasses.dataclass(frozen=True)
class OfflineRun(Run):
    """Learn offline from scored records."""

    how: tyro.conf.OmitArgPrefixes[Offline] = dataclasses.field(default_factory=Offline)
    """How."""


def command(algorithm: str, arguments: Sequence[str]) -> int:
    """``gyges train`` for one algorithm of this file; returns the exit status."""
    kind: Any = ImitationRun if algorithm in MODES else OfflineRun
    args = tyro.cli(kind, args=list(arguments), prog=f"gyges train {algorithm}")
    name = "mode" if algorithm in MODES else "algorithm"
    args = dataclasses.replace(args, how=dataclasses.replace(args.how, **{name: algorithm}))
    try:
        run(args)
    except GygesError as error:
        print(f"gyges train {algorithm}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"gyges train {algorithm}: stopped; nothing was written over", file=sys.stderr)
        return 130
    return 0


def run(args: ImitationRun | OfflineRun) -> Path:
    """Train as the options say; returns the run's folder.

    Raises:
        ConfigError: the folder holds a run already.
    """
    if (args.out / checkpoint.FILE).exists():
        raise ConfigError(f"{args.out} holds a run already; name another folder")
    data = Dataset(args.dataset)
    game = data.game()
    how = args.how
    name = how.mode if isinstance(how, Imitation) else how.algorithm
    condition, greedy, about = None, False, dict[str, Any]()
    with Progress(name, how.steps, counter="step", folder=args.out, quiet=args.quiet) as shown:
        if isinstance(how, Imitation):
            labels = scores = None
            if how.mode != "cloning":
                scores = rate(data, rater(args.rater, weight=args.weight))
            if how.mode in ("filtered", "conditioned"):
                maker = _satisficer(args).fit(data, scores)
                labels, about["threshold"] = maker.label(data, scores), maker.threshold
            made = imitate(data, how, labels=labels, scores=scores, report=shown.log)
            network, condition, log = made.network, made.condition, made.log
            if made.good == made.good:
                about["good"] = made.good
        else:
            scores = rate(data, rater(args.rater, weight=args.weight))
            if args.binary:
                scores = _satisficer(args).fit(data, scores).pay(data, scores)
            found = learn(data, how, scores=scores, report=shown.log)
            network, greedy, log = found.network, found.greedy, found.log
    about["run"] = {k: _plain(v) for k, v in dataclasses.asdict(args).items()}
    about["log"] = {k: v for k, v in log[-1].items() if v == v and k != "decisions_per_second"}
    card = checkpoint.Card(
        network.layout, algorithm=name, game=game.id, settings=game.settings, condition=condition,
        greedy=greedy, about=about,
    )  # fmt: skip
    checkpoint.save(args.out, network, card)
    return args.out


def _satisficer(args: Run) -> Satisficer:
    return Satisficer(rater(args.rater, weight=args.weight), args.quantile, args.level)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


def cloning(arguments: Sequence[str]) -> int:
    """``gyges train cloning``."""
    return command("cloning", arguments)


def filtered(arguments: Sequence[str]) -> int:
    """``gyges train filtered``."""
    return command("filtered", arguments)


def conditioned(arguments: Sequence[str]) -> int:
    """``gyges train conditioned``."""
    return command("conditioned", arguments)


def returns(arguments: Sequence[str]) -> int:
    """``gyges train return``."""
    return command("return", arguments)


def awr(arguments: Sequence[str]) -> int:
    """``gyges train awr``."""
    return command("awr", arguments)


def iql(arguments: Sequence[str]) -> int:
    """``gyges train iql``."""
    return command("iql", arguments)


def cql(arguments: Sequence[str]) -> int:
    """``gyges train cql``."""
    return command("cql", arguments)


def q(arguments: Sequence[str]) -> int:
    """``gyges train q``."""
    return command("q", arguments)
