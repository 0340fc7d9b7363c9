"""Sweeps: settings of a learner, drawn and dropped by Optuna, one training run each.

A sweep is a TOML file:

    algorithm = "ppo"                                    # as in gyges train
    words = ["--scenario", "steward-visitor"]            # of gyges train, the same in every run
    length = 300_000                                     # of a whole run, in the learner's own unit
    measure = "episode_return"                           # a name in curves.jsonl; mean of its last tenth
    trials = 20

    [space.learning-rate]                                # an option of gyges train
    low = 1e-4
    high = 3e-3
    log = true

    [space.epochs]
    choices = [2, 4, 8]

Settings come from the tree-structured Parzen estimator (Bergstra et al. 2011). A run is trained to a ninth,
a third and the whole of its length, and goes on only where it is among the better third of those that came
as far (asynchronous successive halving, Li et al. 2020). Everything is in one folder: Optuna's own SQLite
file, and a folder a run; a sweep that was killed goes on, its unfinished runs from their checkpoints.
"""

from __future__ import annotations

import hashlib
import math
import platform
import tomllib
import uuid
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from gyges.agents.progress import read_curves
from gyges.envs import atomic
from gyges.envs.errors import ConfigError, FileError, GygesError, JobError
from gyges.envs.extras import require
from gyges.scenarios.executor import Executor

THIRDS = 3
"""By so much a run grows from rung to rung, and of so many one goes on."""
MAX_FILE = 1 << 20
TOKEN = ".sweep"
"""A file in a sweep's folder by which a worker of a cluster knows that it sees the same folder."""
OWN = ("--out", "--resume", "--seeds", "--quiet", "--seed")
"""Words that a sweep says itself."""


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an option is drawn from: low to high (whole where both are), or one of some choices."""

    low: float | int | None = None
    high: float | int | None = None
    log: bool = False
    choices: list[Any] | None = None

    def __post_init__(self) -> None:
        """Raise where it is neither."""
        ends = self.low is not None and self.high is not None
        neither = self.low is None and self.high is None and not self.log
        if not (ends and self.choices is None) and not (neither and self.choices):
            raise ValueError("expected low and high, or choices")
        if ends and not self.low < self.high:  # type: ignore[operator]
            raise ValueError(f"expected low below high, got {self.low} and {self.high}")
        if self.log and not (ends and self.low > 0):  # type: ignore[operator]
            raise ValueError("log takes ends above 0")

    def draw(self, trial: Any, name: str) -> Any:
        """What Optuna suggests."""
        if self.choices is not None:
            drawn = trial.suggest_categorical(name, [repr(one) for one in self.choices])
            return self.choices[[repr(one) for one in self.choices].index(drawn)]
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, log=self.log)
        return trial.suggest_float(name, float(self.low or 0), float(self.high or 0), log=self.log)


class Sweep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sweep's file says."""

    algorithm: str
    length: int
    space: dict[str, Range]
    words: list[str] = []
    measure: str = "episode_return"
    direction: str = "maximize"
    trials: int = 20
    rungs: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise where it cannot be run."""
        if self.direction not in ("maximize", "minimize"):
            raise ValueError(f"direction: expected maximize or minimize, got {self.direction!r}")
        if not self.space or self.trials < 1 or self.rungs < 1 or self.length < THIRDS ** (self.rungs - 1):
            raise ValueError("expected an option in space, a trial, a rung, and a length for every rung")
        for word in (*self.words, *(f"--{name}" for name in self.space)):
            if word.partition("=")[0] in OWN:
                raise ValueError(f"{word}: the sweep says that itself")

    @property
    def lengths(self) -> list[int]:
        """Of a run at each rung."""
        return [self.length // THIRDS ** (self.rungs - 1 - k) for k in range(self.rungs)]

    @property
    def hash(self) -> str:
        """SHA-256 of all but how many trials there are."""
        return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(self, trials=1))).hexdigest()


class Job(NamedTuple):
    """One rung of one run."""

    algorithm: str
    words: tuple[str, ...]
    folder: str
    length: int
    measure: str
    token: str = ""
    """What `TOKEN` beside the run's folder must hold; empty where the run is trained on this machine."""


class Trial(NamedTuple):
    """A run of a sweep."""

    number: int
    value: float  # NaN where it has none
    state: str  # whole, dropped, failed or running
    settings: dict[str, Any]
    length: int
    folder: Path


def read(path: Path) -> Sweep:
    """The sweep of a file.

    Raises:
        FileError: it cannot be read.
        ConfigError: it is no sweep.
    """
    text = atomic.read_bytes(path, MAX_FILE)
    try:
        return msgspec.convert(tomllib.loads(text.decode()), Sweep)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: {error}") from None


def words_of(settings: Mapping[str, Any]) -> list[str]:
    """Settings as words of ``gyges train``.

    >>> words_of({"learning-rate": 0.001, "hidden": [64, 64], "anneal": False})
    ['--learning-rate', '0.001', '--hidden', '64', '64', '--no-anneal']
    """
    found: list[str] = []
    for name, value in settings.items():
        if isinstance(value, bool):
            found.append(f"--{name}" if value else f"--no-{name}")
        else:
            found += [f"--{name}", *map(str, value if isinstance(value, list) else [value])]
    return found


def train(job: Job) -> float | str:
    """Train a run to its length, from its checkpoint where there is one; the measure, or what failed.

    Raises:
        JobError: this is a machine that does not see the sweep's folder.
    """
    from gyges.scenarios.cli.runs import run
    from gyges.scenarios.cli.train import ALGORITHMS

    learner = ALGORITHMS[job.algorithm].learner(job.algorithm)
    folder = Path(job.folder)
    if job.token and not _shares(folder.parent / TOKEN, job.token):
        raise JobError(
            f"{platform.node()} does not see {folder.parent}; a sweep's folder lies where all workers see it"
        )
    begins = not (folder / learner.taken).exists()
    own = [*job.words, "--out", job.folder] if begins else ["--resume", job.folder]
    words = [*own, f"--{learner.length.replace('_', '-')}", str(job.length), "--quiet"]
    try:
        short = begins or learner.begun is None or learner.begun(folder).done < job.length
        status = run(job.algorithm, learner, words) if short else 0
        return f"ended with {status}" if status else measured(job.folder, job.measure)
    except GygesError as error:
        return str(error)[:500]


def _shares(path: Path, token: str) -> bool:
    try:
        return path.read_text() == token
    except OSError:
        return False


def measured(folder: str, measure: str) -> float:
    """Mean of the last tenth of a curve.

    Raises:
        ConfigError: there is no such curve, or no number in that part of it.
    """
    curves = read_curves(folder)
    names = sorted({name for line in curves for name in line})
    values = [line[measure] for line in curves if measure in line]
    last = [one for one in values[-max(1, len(values) // 10) :] if math.isfinite(one)]
    if not last:
        raise ConfigError(f"{folder}: no {measure!r} at the end of its curves; they hold {', '.join(names)}")
    return float(np.mean(last))


class Runner:
    """A sweep in a folder.

    Args:
        sweep: what is swept.
        folder: made where it does not exist.

    Raises:
        ConfigError: an algorithm or option that does not exist, or runs that cannot be gone on with.
        FileError: the folder holds another sweep.
    """

    def __init__(self, sweep: Sweep, folder: Path) -> None:
        require("sweep", "optuna", part="gyges sweep")
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.sweep, self.folder = sweep, folder
        self._check()
        folder.mkdir(parents=True, exist_ok=True)
        pruner = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=THIRDS)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of parts that are experimental
                sampler = optuna.samplers.TPESampler(seed=sweep.seed, constant_liar=True)
                self.study = optuna.create_study(
                    storage=f"sqlite:///{folder / 'sweep.db'}", study_name="sweep", direction=sweep.direction,
                    sampler=sampler, pruner=pruner, load_if_exists=True,
                )  # fmt: skip
            before = self.study.user_attrs.get("sweep")
        except Exception as error:
            raise FileError(f"{folder / 'sweep.db'}: {str(error).splitlines()[0][:200]}") from None
        if before not in (None, sweep.hash):
            raise FileError(f"{folder}: holds a sweep of another file; take another folder")
        self.study.set_user_attr("sweep", sweep.hash)
        self.token = ""

    def _check(self) -> None:
        from gyges.scenarios.cli.runs import parse
        from gyges.scenarios.cli.train import ALGORITHMS

        sweep = self.sweep
        if sweep.algorithm not in ALGORITHMS:
            raise ConfigError(f"no algorithm {sweep.algorithm!r}; there are {', '.join(ALGORITHMS)}")
        learner = ALGORITHMS[sweep.algorithm].learner(sweep.algorithm)
        if not learner.length:
            raise ConfigError(f"{sweep.algorithm}: its runs have no length that a sweep could set")
        if learner.begun is None and sweep.rungs > 1:
            raise ConfigError(f"{sweep.algorithm}: its runs cannot be gone on with; take rungs = 1")
        first = {name: one.choices[0] if one.choices else one.low for name, one in sweep.space.items()}
        parse(sweep.algorithm, learner.options, [*sweep.words, *words_of(first)])

    def run(self, executor: Executor, done: Callable[[Trial], None] = lambda trial: None) -> None:
        """Train until there are as many trials as the sweep wants.

        Args:
            executor: trains side by side.
            done: told of every trial that has ended.

        Raises:
            JobError: a process died, or a machine does not see the folder.
        """
        from optuna.trial import Trial as Open
        from optuna.trial import TrialState

        if not executor.local:
            self.folder = self.folder.absolute()
            self.token = self.study.user_attrs.get("token") or uuid.uuid4().hex
            self.study.set_user_attr("token", self.token)
            atomic.write_text(self.folder / TOKEN, self.token)

        begun = self.study.get_trials(states=(TrialState.RUNNING,))
        active = [Open(self.study, one._trial_id) for one in begun]
        while True:
            wanted = self.sweep.trials - len(self.study.trials)
            active += [self.study.ask() for _ in range(min(executor.workers - len(active), wanted))]
            if not active:
                return
            now, active = active[: executor.workers], active[executor.workers :]
            jobs = {f"run {trial.number}, rung {self._rung(trial) + 1}": self._job(trial) for trial in now}
            for trial, found in zip(now, executor.map(train, jobs), strict=True):
                if self._told(trial, found):
                    done(self._trial(self.study.trials[trial.number]))
                else:
                    active.append(trial)

    def _rung(self, trial: Any) -> int:
        """Rungs that a trial has behind it."""
        return len(self.study.trials[trial.number].intermediate_values)

    def _job(self, trial: Any) -> Job:
        settings = {name: one.draw(trial, name) for name, one in self.sweep.space.items()}
        words = (*self.sweep.words, *words_of(settings), "--seed", str(self.sweep.seed))
        length = self.sweep.lengths[self._rung(trial)]
        return Job(self.sweep.algorithm, words, str(self._place(trial.number)), length, self.sweep.measure,
                   self.token)  # fmt: skip

    def _place(self, number: int) -> Path:
        return self.folder / f"run-{number}"

    def _told(self, trial: Any, found: float | str) -> bool:
        """Tell Optuna what came of a rung; whether the trial has ended."""
        from optuna.trial import TrialState

        if isinstance(found, str):
            trial.set_user_attr("failed", found)
            self.study.tell(trial, state=TrialState.FAIL)
            return True
        rung = self._rung(trial)
        trial.report(found, THIRDS**rung)
        if rung + 1 == self.sweep.rungs:
            self.study.tell(trial, found)
            return True
        if trial.should_prune():
            self.study.tell(trial, state=TrialState.PRUNED)
            return True
        return False

    def _trial(self, one: Any) -> Trial:
        words = {"COMPLETE": "whole", "PRUNED": "dropped", "FAIL": "failed"}
        rungs = len(one.intermediate_values)
        value = list(one.intermediate_values.values())[-1] if rungs else math.nan
        settings = dict(one.params)
        for name, drawn in self.sweep.space.items():
            if drawn.choices is not None and name in settings:
                settings[name] = next(c for c in drawn.choices if repr(c) == settings[name])
        state = words.get(one.state.name, "running")
        if state == "failed":
            state += f": {one.user_attrs.get('failed', '')}"
        length = [0, *self.sweep.lengths][rungs]
        return Trial(one.number, value, state, settings, length, self._place(one.number))

    def trials(self) -> list[Trial]:
        """All trials: whole ones first, the best first."""
        found = [self._trial(one) for one in self.study.trials]
        sign = -1 if self.sweep.direction == "maximize" else 1
        worst = {one.number: sign * one.value if math.isfinite(one.value) else math.inf for one in found}
        return sorted(found, key=lambda one: (-one.length, worst[one.number]))

    def draw(self, path: Path) -> None:
        """Parallel coordinates as a picture: a line a run, whole ones dark by their measure, others faint."""
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        runs = [one for one in self.trials() if math.isfinite(one.value)]
        names = [*self.sweep.space, self.sweep.measure]
        axes = {
            name: _Axis.of([one.settings[name] for one in runs], drawn)
            for name, drawn in self.sweep.space.items()
        }
        axes[self.sweep.measure] = _Axis.of([one.value for one in runs], Range(low=0, high=1))
        figure, plot = plt.subplots(figsize=(2.2 * len(names) + 1.5, 4.6))
        for one in reversed(runs):
            values = [*(one.settings[name] for name in self.sweep.space), one.value]
            heights = [axes[name].height(value) for name, value in zip(names, values, strict=True)]
            whole = one.state == "whole"
            colour = plt.get_cmap("viridis")(0.9 * heights[-1]) if whole else "0.8"
            plot.plot(heights, color=colour, lw=2 if whole else 1)
        paper = {"fc": "w", "ec": "none", "pad": 0.6}
        for k, name in enumerate(names):
            plot.axvline(k, color="0.3", lw=1)
            plot.text(k, -0.08, name, ha="center", va="top")
            for place, words in axes[name].marks():
                plot.text(k + 0.03, place, words, fontsize=8, va="center", bbox=paper)
        plot.set_title(
            f"{self.sweep.algorithm}: {len(runs)} runs; those that were dropped are grey", fontsize=11
        )
        plot.set_ylim(-0.04, 1.04)
        plot.axis("off")
        figure.savefig(path, dpi=120, bbox_inches="tight")
        plt.close(figure)


class _Axis(NamedTuple):
    """Where values stand on an axis from 0 to 1."""

    low: float
    high: float
    log: bool
    choices: list[str]

    @classmethod
    def of(cls, values: list[Any], drawn: Range) -> _Axis:
        if drawn.choices is not None:
            return cls(0, max(1, len(drawn.choices) - 1), False, [str(one) for one in drawn.choices])
        numbers = [math.log10(one) if drawn.log else float(one) for one in values] or [0.0]
        return cls(min(numbers), max(max(numbers), min(numbers) + 1e-9), drawn.log, [])

    def height(self, value: Any) -> float:
        if self.choices:
            return self.choices.index(str(value)) / self.high
        return ((math.log10(value) if self.log else float(value)) - self.low) / (self.high - self.low)

    def marks(self) -> list[tuple[float, str]]:
        if self.choices:
            return [(k / self.high, words) for k, words in enumerate(self.choices)]
        places = [k / 4 for k in range(5)]
        values = [self.low + place * (self.high - self.low) for place in places]
        return [(p, f"{10**v if self.log else v:.3g}") for p, v in zip(places, values, strict=True)]
