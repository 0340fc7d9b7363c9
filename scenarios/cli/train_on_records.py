"""``gyges train`` for what learns from records: imitation and offline learning, scored by any rater.

    gyges train conditioned --dataset data/behaviour --rater biased --quantile 0.9 --out runs/conditioned

    gyges train conditioned --resume runs/conditioned            # goes on exactly where it stood

The run's folder is a checkpoint (``gyges evaluate runs/conditioned``) with the curves beside it. Its card,
and the first line that is printed, hold the command that trains it again.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tyro

from gyges.agents.data.dataset import Dataset
from gyges.agents.learn.command_line import command as told
from gyges.agents.learn.imitation import MODES, Imitation, imitate
from gyges.agents.learn.offline import Offline, learn
from gyges.agents.learn.trainer import Course
from gyges.agents.nn import checkpoint
from gyges.agents.nn.networks import ActorCritic
from gyges.agents.progress import Progress, interruptible
from gyges.envs.errors import ConfigError, FileError, GygesError
from gyges.scenarios.raters.raters import rater
from gyges.scenarios.raters.satisficer import Satisficer
from gyges.scenarios.raters.score import rate

RESUME = "With --resume FOLDER alone: go on with the run in that folder, exactly."


@dataclasses.dataclass(frozen=True)
class Run:
    """What every learner from records is told."""

    dataset: Path
    """Folder of a recorded dataset."""
    out: Path
    """Folder of the run: checkpoint and curves; on the command line runs/ALGORITHM unless named."""
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
    seeds: int = 1
    """How many seeds to train, one after another, from the seed given; with several, a folder each."""
    every: int = 1000
    """Gradient steps between checkpoints."""
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
    try:
        if arguments and arguments[0] == "--resume":
            return resume(algorithm, kind, arguments[1:])
        prog = f"gyges train {algorithm}"
        args = tyro.cli(
            kind, args=list(arguments), prog=prog, description=f"{kind.__doc__} {RESUME}",
            default=kind(dataset=tyro.MISSING, out=Path("runs") / algorithm),
        )  # fmt: skip
        name = "mode" if algorithm in MODES else "algorithm"
        args = dataclasses.replace(args, how=dataclasses.replace(args.how, **{name: algorithm}))
        for one in seeded(args):
            if (one.out / checkpoint.FILE).exists():
                raise ConfigError(
                    f"{one.out} holds a run already; name another folder, or go on by --resume {one.out}"
                )
            status = run(one)
            if status:
                return status
        return 0
    except GygesError as error:
        print(f"gyges train {algorithm}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"gyges train {algorithm}: stopped; the last checkpoint stands", file=sys.stderr)
        return 130


def seeded(args: Any) -> list[Any]:
    """The runs that are asked for, one a seed."""
    if args.seeds <= 1:
        return [args]
    return [
        dataclasses.replace(
            args, seeds=1, out=args.out / f"seed-{args.how.seed + k}",
            how=dataclasses.replace(args.how, seed=args.how.seed + k),
        )
        for k in range(args.seeds)
    ]  # fmt: skip


def resume(algorithm: str, kind: Any, arguments: Sequence[str]) -> int:
    """Go on with the run in a folder, with the options that it began with.

    Raises:
        ConfigError: no folder is named.
        FileError: there is no such run, or it is whole.
    """
    if not arguments:
        raise ConfigError("--resume takes the folder of a run")
    folder = Path(arguments[0])
    _, card, arrays = checkpoint.load_training(folder)
    if card.algorithm != algorithm:
        raise FileError(f"{folder}: a run of {card.algorithm}, not of {algorithm}")
    try:
        plain: dict[str, Any] = dict(card.about["run"])
        options = Imitation if kind is ImitationRun else Offline
        plain |= {"how": options(**plain["how"]), "dataset": Path(plain["dataset"]), "out": folder}
        args = kind(**plain)
        start = float(card.about["step"])
    except (TypeError, KeyError, ValueError) as error:
        raise FileError(f"{folder}: not a run of gyges train {algorithm}: {error!r}") from None
    return run(args, (arrays, card.about.get("state")), start)


def run(args: ImitationRun | OfflineRun, begin: Any = None, start: float = 0) -> int:
    """Train as the options say; 0, or 130 where Ctrl-C stopped it.

    Args:
        args: the options.
        begin: state of a run to go on from (`gyges.agents.learn.trainer.Course`).
        start: its step.
    """
    data = Dataset(args.dataset)
    how = args.how
    name = how.mode if isinstance(how, Imitation) else how.algorithm
    line = told(name, args)
    if not args.quiet:
        print(line, file=sys.stderr)
    labels, scores, about = signals(args, data)
    about |= {"run": {k: _plain(v) for k, v in dataclasses.asdict(args).items()}, "command": line}
    condition = {"conditioned": 1, "return": how.bins - 1}.get(name) if isinstance(how, Imitation) else None

    def card(network: ActorCritic, **more: Any) -> checkpoint.Card:
        game = data.game()
        return checkpoint.Card(
            network.layout, algorithm=name, game=game.id, settings=game.settings, condition=condition,
            greedy=name in ("cql", "q"), about={**about, **more},
        )  # fmt: skip

    def keep(network: ActorCritic, step: int, arrays: Any, plan: Any) -> None:
        checkpoint.save(args.out, network, card(network, step=step, state=plan), arrays)

    shown = Progress(name, how.steps, counter="step", folder=args.out, quiet=args.quiet, start=start)
    with interruptible() as caught, shown:
        course = Course(shown.log, keep, args.every, lambda: bool(caught), begin)
        if isinstance(how, Imitation):
            made = imitate(data, how, labels=labels, scores=scores, course=course)
            network, log = made.network, made.log
            if made.good == made.good:
                about["good"] = made.good
        else:
            found = learn(data, how, scores=scores, course=course)
            network, log = found.network, found.log
    if not log or log[-1]["step"] < how.steps:
        print(f"stopped; go on with: gyges train {name} --resume {args.out}", file=sys.stderr)
        return 130
    last = {k: v for k, v in log[-1].items() if v == v and k != "decisions_per_second"}
    checkpoint.save(args.out, network, card(network, log=last))
    return 0


def signals(args: ImitationRun | OfflineRun, data: Dataset) -> tuple[Any, Any, dict[str, Any]]:
    """Labels and scores of the dataset as the run needs them (or None), and what the card says of them."""
    how, about = args.how, dict[str, Any]()
    if isinstance(how, Imitation) and how.mode == "cloning":
        return None, None, about
    scores = rate(data, rater(args.rater, weight=args.weight))
    if isinstance(how, Imitation):
        if how.mode == "return":
            return None, scores, about
        maker = _satisficer(args).fit(data, scores)
        return maker.label(data, scores), scores, {"threshold": maker.threshold}
    if args.binary:
        scores = _satisficer(args).fit(data, scores).pay(data, scores)
    return None, scores, about


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
