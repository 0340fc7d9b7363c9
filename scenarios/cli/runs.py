"""Runs of ``gyges train``: the options that all share, the command that trains one again, and resuming.

Every algorithm's options are a dataclass on `RunOptions` with the learner's own options nested in ``how``.
They are written into the run's folder as plain JSON (`plain`) and read back from there (`options_of`), so
that one rule serves all: a run goes on with the options that it began with.
"""

from __future__ import annotations

import dataclasses
import shlex
import sys
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tyro
from tyro.constructors import ConstructorRegistry

from gyges.agents.progress import Progress
from gyges.agents.trackers import Trackers
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.foreign import echo
from gyges.scenarios.cli import dry_run


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of every run, whatever learns."""

    out: Path = Path("runs")
    """Folder of the run: what was learnt, and curves; runs/ALGORITHM unless named."""
    seeds: int = 1
    """How many seeds to train, one after another, from the seed given; with several, a folder each."""
    resume: Path | None = None
    """Go on with the run in this folder, exactly, with the options that it began with. A whole run goes on
    when a greater length is given; how it is shown and kept may change, all else may not."""
    tensorboard: bool = True
    """Write TensorBoard curves, where it is installed."""
    wandb: str = ""
    """Project of Weights & Biases to log to as well (extra `track`); WANDB_MODE=offline keeps it here."""
    quiet: bool = False
    """Show no progress."""

    @property
    def trackers(self) -> Trackers:
        """Where the numbers go besides the run's own curves."""
        return Trackers(self.tensorboard, self.wandb)

    def say(self, *words: str) -> None:
        """Print on the error stream, unless the run is quiet."""
        if not self.quiet:
            echo(*words, file=sys.stderr)

    def about(self, command: str) -> dict[str, Any]:
        """What the run's folder keeps of it: these options, and the command that trains it again."""
        return {"run": plain(dataclasses.replace(self, resume=None)), "command": command}

    def progress(self, title: str, total: float, **more: Any) -> Progress:
        """Shows the run and keeps its curves; more as in `Progress`."""
        return Progress(title, total, folder=self.out, trackers=self.trackers, quiet=self.quiet, **more)


MAY_CHANGE = ("resume", "tensorboard", "wandb", "quiet", "every", "log_every", "threads")
"""Options that may be given anew with --resume."""


class Begun(NamedTuple):
    """A run that a folder holds."""

    options: Any  # those that it began with
    done: float  # how far it has come, in the unit of its length
    command: str  # that trains it again
    state: Any = None  # what the learner needs to go on


class Learner(NamedTuple):
    """One algorithm, as ``gyges train`` runs it."""

    options: Any
    """A `RunOptions` with the defaults; `tyro.MISSING` where there is none."""
    train: Callable[[Any, str, Begun | None], int]
    """Trains by options, with the command that trains the same again; returns the exit status."""
    taken: str
    """A file that a folder with a run of this kind holds."""
    length: str = ""
    """The learner's option that says how long a run is."""
    begun: Callable[[Path], Begun] | None = None
    """Reads a run that is to go on; None where runs are not kept such that they could."""


def run(name: str, learner: Learner, words: Sequence[str]) -> int:
    """``gyges train NAME words...``; returns the exit status.

    Raises:
        ConfigError: options out of range, a folder that is taken, or options that a run cannot change.
        FileError: the run to go on with is not whole, or of another algorithm.
    """
    words, dry = [word for word in words if word != "--dry-run"], "--dry-run" in words
    folder = _resumed(words)
    if dry:
        return _dry_run(name, learner, words, folder)
    if folder is None:
        options = parse(name, learner.options, words)
        for one in seeded(options):
            if (one.out / learner.taken).exists():
                raise ConfigError(
                    f"{one.out} holds a run; go on with it by --resume {one.out}, or name another"
                )
            status = learner.train(one, command(name, one), None)
            if status:
                return status
        return 0
    if learner.begun is None:
        raise ConfigError(f"{name}: a run is not kept such that it could be resumed; train it anew")
    begun = learner.begun(folder)
    before = dataclasses.replace(begun.options, out=folder, resume=folder, seeds=1)
    options = parse(name, before, words)
    line = begun.command
    if extended(learner, folder, begun.done, before, options):
        length = getattr(options.how, learner.length)
        line += f" && gyges train {name} --resume {shlex.quote(str(folder))} --{learner.length} {length}"
    return learner.train(options, line, begun)


def _dry_run(name: str, learner: Learner, words: Sequence[str], folder: Path | None) -> int:
    """Say what would be trained, with every option that is not its default."""
    if folder is not None:
        return dry_run.said(f"{name}: would go on with the run in {folder}")
    options = parse(name, learner.options, words)
    runs = seeded(options)
    length = f", {learner.length} {getattr(options.how, learner.length):,}" if learner.length else ""
    return dry_run.said(*(f"{command(name, one)}{length}" for one in runs), writes=[one.out for one in runs])


def parse(name: str, default: Any, words: Sequence[str]) -> Any:
    """Options as words on the command line say, over some defaults."""
    return tyro.cli(
        type(default), args=list(words), prog=f"gyges train {name}", default=default, registry=NUMBERS
    )


def _resumed(words: Sequence[str]) -> Path | None:
    """The folder after --resume."""
    for k, word in enumerate(words):
        if word.startswith("--resume="):
            return Path(word.partition("=")[2])
        if word == "--resume":
            if k + 1 == len(words):
                raise ConfigError("--resume takes the folder of a run")
            return Path(words[k + 1])
    return None


def extended(learner: Learner, folder: Path, done: float, before: Any, options: Any) -> bool:
    """Whether a whole run is made longer.

    Raises:
        ConfigError: the run is whole, or options were given that it did not begin with.
    """
    old, new = dict(flat(before)), dict(flat(options))
    length = learner.length
    whole = bool(done >= old[length])
    for key, value in new.items():
        if value == old[key] or key in MAY_CHANGE or (key == length and whole):
            continue
        unfinished = "; finish it before making it longer" if key == length else ""
        raise ConfigError(
            f"--{key.replace('_', '-')} {value}: the run in {folder} began with {old[key]} and goes on with "
            f"it{unfinished}"
        )
    if whole and new[length] <= done:
        raise ConfigError(
            f"{folder} is whole: {done:,.0f} {length}; to make it longer give --{length} a greater number"
        )
    return whole


def seeded(options: Any) -> list[Any]:
    """The runs that are asked for, one a seed."""
    if options.seeds <= 1:
        return [options]
    seeds = range(options.how.seed, options.how.seed + options.seeds)
    return [
        dataclasses.replace(
            options, seeds=1, out=options.out / f"seed-{seed}",
            how=dataclasses.replace(options.how, seed=seed),
        )
        for seed in seeds
    ]  # fmt: skip


# Options in files and on the command line.


def flat(options: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of options, those nested in others included."""
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if dataclasses.is_dataclass(value):
            yield from flat(value)
        else:
            yield field.name, value


def plain(value: Any) -> Any:
    """Options as plain JSON."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def options_of(kind: Any, data: Any, where: str) -> Any:
    """Options from plain JSON; those that are not there have their defaults.

    Raises:
        FileError: they are not such options.
    """
    try:
        return _rebuilt(kind, data)
    except (ConfigError, TypeError, KeyError, ValueError, AttributeError) as error:
        raise FileError(f"{where}: not a run that can go on: {error!r}") from None


def _rebuilt(kind: Any, data: Mapping[str, Any]) -> Any:
    hints = typing.get_type_hints(kind)
    made: dict[str, Any] = {}
    for name, value in data.items():
        hint = hints[name]
        if dataclasses.is_dataclass(hint):
            made[name] = _rebuilt(hint, value)
        elif value is not None and Path in (hint, *typing.get_args(hint)):
            made[name] = Path(value)
        else:
            made[name] = tuple(value) if isinstance(value, list) else value
    return kind(**made)


def command(name: str, options: Any) -> str:
    """The command that trains the same again: every option that is not at its default."""
    words = ["gyges", "train", name]
    for key, value, default in _with_defaults(options):
        if key not in ("resume", "seeds", "mode", "algorithm") and value != default:
            words += _typed(f"--{key.replace('_', '-')}", value)
    return shlex.join(words)


def _with_defaults(options: Any) -> Iterator[tuple[str, Any, Any]]:
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if dataclasses.is_dataclass(value):
            yield from _with_defaults(value)
        else:
            yield field.name, value, field.default


def _typed(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [name if value else f"--no-{name[2:]}"]
    if isinstance(value, (tuple, list)):
        return [name, *map(str, value)]
    return [name, repr(value) if isinstance(value, float) else str(value)]


NUMBERS = ConstructorRegistry()
"""How words become options: as tyro does, and whole numbers also as ``1e6``."""


@NUMBERS.primitive_rule
def _whole_number(
    info: tyro.constructors.PrimitiveTypeInfo,
) -> tyro.constructors.PrimitiveConstructorSpec[int] | None:
    if info.type is not int:
        return None
    return tyro.constructors.PrimitiveConstructorSpec(
        nargs=1, metavar="INT", instance_from_str=lambda words: _integer(words[0]),
        is_instance=lambda value: isinstance(value, int), str_from_instance=lambda value: [str(value)],
    )  # fmt: skip


def _integer(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        value = float(word)
    if not value.is_integer():
        raise ValueError(f"{word} is not a whole number")
    return int(value)
