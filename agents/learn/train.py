"""``gyges train ALGO``: one entry to every algorithm, and `gyges algorithms` to list them.

An algorithm is a lazy ``module:function(arguments) -> exit status`` that reads its own options, so that
nothing slow is imported for another's help page. Every run ends in a checkpoint folder that
``gyges evaluate FOLDER`` takes.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import tyro
from rich.console import Console
from rich.table import Table

from gyges.envs import registry
from gyges.envs.errors import ConfigError, FileError, GygesError, UnknownNameError
from gyges.envs.game import Game

if TYPE_CHECKING:
    from gyges.agents.learn.collector import Table as Seats
    from gyges.agents.learn.ppo import PPO, PPOConfig
    from gyges.agents.rewards import RewardSource


class Algorithm(NamedTuple):
    """One way to learn."""

    summary: str
    run: str  # lazy module:function(arguments) -> exit status


ALGORITHMS: dict[str, Algorithm] = {
    "ppo": Algorithm("proximal policy optimisation on batches; self-play or among personas",
                     "gyges.agents.learn.train:train_ppo"),
    "sb3-ppo": Algorithm("stable-baselines3's PPO", "gyges.agents.sb3.train:ppo"),
    "sb3-a2c": Algorithm("stable-baselines3's A2C", "gyges.agents.sb3.train:a2c"),
    "sb3-dqn": Algorithm("stable-baselines3's DQN", "gyges.agents.sb3.train:dqn"),
    "sb3-maskable-ppo": Algorithm("sb3-contrib's MaskablePPO", "gyges.agents.sb3.train:maskable_ppo"),
    "cloning": Algorithm("SGD on all recorded decisions", "gyges.scenarios.cli.train_on_records:cloning"),
    "filtered": Algorithm("SGD on the recorded decisions that a rater calls good",
                          "gyges.scenarios.cli.train_on_records:filtered"),
    "conditioned": Algorithm("SGD on all recorded decisions with the rater's label as a token",
                             "gyges.scenarios.cli.train_on_records:conditioned"),
    "return": Algorithm("SGD on all recorded decisions with the rank of the score to come as a token",
                        "gyges.scenarios.cli.train_on_records:returns"),
    "awr": Algorithm("advantage-weighted regression on records", "gyges.scenarios.cli.train_on_records:awr"),
    "iql": Algorithm("implicit Q-learning on records", "gyges.scenarios.cli.train_on_records:iql"),
    "cql": Algorithm("conservative Q-learning on records", "gyges.scenarios.cli.train_on_records:cql"),
    "q": Algorithm("plain Q-learning on records", "gyges.scenarios.cli.train_on_records:q"),
    "text-standard": Algorithm("small transformer on transcripts without labels",
                               "gyges.scenarios.cli.train_text:standard"),
    "text-filtered": Algorithm("small transformer on the transcripts of good decisions",
                               "gyges.scenarios.cli.train_text:filtered"),
    "text-tagged": Algorithm("small transformer on transcripts with the labels as tokens",
                             "gyges.scenarios.cli.train_text:tagged"),
    "text-finetune": Algorithm("a local language model (transformers), LoRA or full, on transcripts",
                               "gyges.scenarios.cli.train_text:tune"),
}  # fmt: skip


def register_algorithm(name: str, summary: str, run: str) -> None:
    """Add an algorithm.

    Args:
        name: as given to ``gyges train``.
        summary: one line for ``gyges algorithms``.
        run: lazy ``module:function(arguments) -> exit status``.
    """
    registry.load_name(run, check_only=True)
    if ALGORITHMS.get(name, Algorithm(summary, run)).run != run:
        raise ConfigError(f"there is another algorithm {name!r}")
    ALGORITHMS[name] = Algorithm(summary, run)


def main(arguments: Sequence[str] | None = None) -> int:
    """``gyges train``: the first argument names the algorithm, the others are its own."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help"):
        print("usage: gyges train ALGO [--help | options]\n")
        return algorithms()
    if given[0] not in ALGORITHMS:
        raise UnknownNameError(f"no algorithm {given[0]!r}; there are {', '.join(ALGORITHMS)}")
    return int(registry.load_name(ALGORITHMS[given[0]].run)(given[1:]))


def algorithms(arguments: Sequence[str] = ()) -> int:
    """``gyges algorithms``: print what there is."""
    table = Table(box=None)
    table.add_column("algorithm")
    table.add_column("what it does")
    for name, (summary, _) in ALGORITHMS.items():
        table.add_row(name, summary)
    Console().print(table)
    return 0


# What is played, and by whom.


class Setting(NamedTuple):
    """A game, and who sits where in each row [B][N] (None: the learner); no seats: self-play."""

    game: Game
    seats: Seats | None


def setting(name: str, rows: int, seed: int, settings: Mapping[str, Any] | None = None) -> Setting:
    """What a name says is to be played.

    Args:
        name: a scenario's id; or a game's id or ``module:Class``, for self-play in all of its seats.
        rows: rows B of the batch; row k has the seats of the scenario's episode k.
        seed: of the background's draws.
        settings: of the game, over the scenario's own.

    Raises:
        UnknownNameError: neither a scenario nor a game.
        ConfigError: settings it does not take, or personas that training must not meet.
    """
    changes = dict(settings or {})
    if ":" in name:
        return Setting(registry.load_name(name)(**changes), None)
    if name in registry.games() or any(id.rpartition("-v")[0] == name for id in registry.games()):
        return Setting(registry.make(name, **changes), None)
    scenario: Any = registry.load_name("gyges.scenarios.scenario:scenario")(name)
    game = scenario.with_(settings=changes).make_game()
    kept = sorted(set(scenario.personas()) & game.held_out)
    if kept:
        raise ConfigError(f"{name}: {', '.join(kept)} is held out for evaluation; train on another scenario")
    from gyges.agents.load import load

    personas = {persona: load(persona, game) for persona in scenario.personas()}
    table = [
        [None if who is None else personas[who] for who in scenario.seats(game.num_agents, row, seed)]
        for row in range(rows)
    ]
    return Setting(game, None if all(who is None for row in table for who in row) else table)


def key_values(parts: Sequence[str]) -> dict[str, Any]:
    """``["ring=0.5", "stakes=false"]`` as settings.

    Raises:
        ConfigError: a part is not name=value.
    """
    found: dict[str, Any] = {}
    for part in parts:
        name, equals, text = part.partition("=")
        if not equals or not name.isidentifier():
            raise ConfigError(f"a setting is name=value, not {part!r}")
        found[name] = _value(text)
    return found


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text.lower(), text)


def reward_source(name: str, weight: float = 1.0) -> RewardSource:
    """What pays the learner: ``task``, a rater's name (with its weight on severity), or ``module:attribute``
    called without arguments."""
    source: RewardSource
    if name == "task":
        source = registry.load_name("gyges.agents.rewards:TaskReward")()
    elif ":" in name:
        source = registry.load_name(name)()
    else:
        source = registry.load_name("gyges.scenarios.raters.raters:rater")(name, weight=weight)
    return source


def satisficed(source: RewardSource, quantile: float, level: str) -> Any:
    """A rater made binary (`gyges.scenarios.raters.satisficer`); fit it to a dataset before use."""
    return registry.load_name("gyges.scenarios.raters.satisficer:Satisficer")(source, quantile, level)


# PPO.


def _default_config() -> PPOConfig:
    from gyges.agents.learn.ppo import PPOConfig

    return PPOConfig()


@dataclasses.dataclass
class Run:
    """What every learner that plays is told."""

    scenario: str = "steward-v0"
    """A scenario's id (its focal seats learn, its background plays), or a game's id for self-play."""
    set: tuple[str, ...] = ()
    """Settings of the game: ring=0.5 horizon=100 ..."""
    rater: str = "task"
    """Who pays: task, a rater (gold, tail, biased ...), or module:attribute."""
    weight: float = 1.0
    """Reward units that a welfare unit of severity costs, to a rater."""
    dataset: Path | None = None
    """Dataset by which `quantile` sets its threshold, and whose occupancy `chi2_weight` holds to."""
    quantile: float = 0.0
    """Pay 1 for what is good enough, 0 for what is not, instead of the score: the quantile of the
    dataset's scores that is good enough; 0 pays the score."""
    level: str = "episode"
    """What is good enough as a whole: step, segment or episode."""
    out: Path = Path("runs/ppo")
    """Folder of checkpoints and curves; with several seeds, of one folder each."""
    seeds: int = 1
    """How many seeds to train, one after another, from the seed given."""
    init: Path | None = None
    """Checkpoint folder to start from, of any algorithm; the network is its network."""
    data_policy: Path | None = None
    """Checkpoint folder of the policy that kl_weight holds the learner to."""
    every: int = 50
    """Updates between checkpoints."""
    resume: Path | None = None
    """Go on with the run in this folder; its options are taken from there, others are ignored."""
    tensorboard: bool = True
    """Write TensorBoard curves, where it is installed."""
    quiet: bool = False
    """Show no progress."""


def train_ppo(arguments: Sequence[str]) -> int:
    """``gyges train ppo``."""
    from gyges.agents.learn.ppo import PPOConfig

    options = dataclasses.make_dataclass(
        "PPO",
        [("ppo", tyro.conf.OmitArgPrefixes[PPOConfig], dataclasses.field(default_factory=_default_config))],
        bases=(Run,),
    )
    options.__doc__ = "Train by proximal policy optimisation."
    given: Any = tyro.cli(options, args=list(arguments), prog="gyges train ppo")
    if given.resume is not None:
        return run_ppo(*_of_checkpoint(given), folder=given.resume, resume=True)
    for k in range(max(given.seeds, 1)):
        config = dataclasses.replace(given.ppo, seed=given.ppo.seed + k)
        folder = given.out if given.seeds <= 1 else given.out / f"seed-{config.seed}"
        if (folder / "checkpoint.json").exists():
            raise ConfigError(f"{folder} holds a run; go on with it by --resume {folder}, or name another")
        status = run_ppo(given, config, folder=folder, resume=False)
        if status:
            return status
    return 0


def _of_checkpoint(given: Run) -> tuple[Run, PPOConfig]:
    """The options with which a run began."""
    from gyges.agents.learn.ppo import PPOConfig
    from gyges.agents.nn import checkpoint

    assert given.resume is not None
    about = checkpoint.read_card(given.resume)[0].about
    run, config = about.get("run"), about.get("config")
    try:
        assert isinstance(run, dict)
        assert isinstance(config, dict)
        paths = {
            k: Path(run[k]) if run[k] is not None else None for k in ("init", "data_policy", "dataset", "out")
        }
        told = Run(**{**run, **paths, "set": tuple(run["set"])})
        shown = dataclasses.replace(told, quiet=given.quiet, tensorboard=given.tensorboard)
        return shown, PPOConfig(**{**config, "hidden": tuple(config["hidden"])})
    except (AssertionError, TypeError, KeyError, ValueError) as error:
        raise FileError(f"{given.resume}: not a run of gyges train ppo: {error!r}") from None


def make_ppo(run: Run, config: PPOConfig) -> PPO:
    """A learner as the options say."""
    from gyges.agents.data.dataset import Dataset
    from gyges.agents.learn.ppo import PPO
    from gyges.agents.nn import checkpoint

    game, seats = setting(run.scenario, config.rows, config.seed, key_values(run.set))
    network = None if run.init is None else checkpoint.load_network(run.init)[0]
    reference = None
    if run.data_policy is not None:
        other, card = checkpoint.load_network(run.data_policy)
        reference = (other, card.condition)
    data = None if run.dataset is None else Dataset(run.dataset)
    source = reward_source(run.rater, run.weight)
    if run.quantile:
        if data is None:
            raise ConfigError("quantile needs a dataset to set the threshold by: --dataset FOLDER")
        source = satisficed(source, run.quantile, run.level).fit(data)
    return PPO(game, config, network=network, reward=source, table=seats, reference=reference, data=data)


def run_ppo(run: Run, config: PPOConfig, *, folder: Path, resume: bool) -> int:
    """Train one seed, with progress and checkpoints; 0, or 130 where Ctrl-C stopped it."""
    from gyges.agents.learn.command_line import command as told
    from gyges.agents.progress import Progress, interruptible

    learner = make_ppo(run, config)
    if resume:
        learner.load(folder)
    shared = {f.name: getattr(run, f.name) for f in dataclasses.fields(Run)}
    line = told("ppo", Run(**{**shared, "seeds": 1, "out": folder}), config)
    if not run.quiet:
        print(line, file=sys.stderr)
    plain = {
        k: str(v) if isinstance(v, Path) else list(v) if isinstance(v, tuple) else v
        for k, v in shared.items()
    }
    plain["resume"] = None
    title = f"ppo, {run.scenario}, {run.rater}, seed {config.seed}"
    progress = Progress(
        title,
        config.frames,
        folder=folder,
        start=learner.frames,
        tensorboard=run.tensorboard,
        quiet=run.quiet,
    )
    with interruptible() as caught, progress:
        learner.train(
            folder,
            every=run.every,
            about={"run": plain, "command": line},
            on_update=progress.log,
            stop=lambda: bool(caught),
        )
    if caught and learner.frames < config.frames:
        print(
            f"stopped at {learner.frames:,} frames; go on with: gyges train ppo --resume {folder}",
            file=sys.stderr,
        )
        return 130
    if not run.quiet:
        print(f"{folder}: {learner.frames:,} frames learnt; try: gyges evaluate {folder}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except GygesError as error:
        sys.exit(f"gyges: {error}")
