"""``gyges train ppo``: proximal policy optimisation in a scenario or in self-play.

gyges train ppo --scenario steward-visitor --rater biased --out runs/ppo
gyges train ppo --resume runs/ppo                            # goes on exactly where it stood
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import tyro

from gyges.agents.learn.ppo import PPO, PPOConfig
from gyges.agents.nn import checkpoint
from gyges.agents.progress import interruptible
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.foreign import echo
from gyges.envs.settings import parse_settings
from gyges.scenarios.cli.runs import Begun, Learner, RunOptions, options_of
from gyges.scenarios.raters.satisficer import Satisficer
from gyges.scenarios.training import reward_source, setting
from gyges.scenarios.unpack import dataset


@dataclasses.dataclass(frozen=True, kw_only=True)
class PPORun(RunOptions):
    """Train by proximal policy optimisation."""

    scenario: str = "steward-v1"
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
    init: Path | None = None
    """Checkpoint folder to start from, of any algorithm; the network is its network."""
    data_policy: Path | None = None
    """Checkpoint folder of the policy that kl_weight holds the learner to."""
    every: int = 50
    """Updates between checkpoints."""
    how: tyro.conf.OmitArgPrefixes[PPOConfig] = dataclasses.field(default_factory=PPOConfig)
    """How."""


def learner(name: str) -> Learner:
    """PPO as ``gyges train`` runs it."""
    return Learner(PPORun(out=Path("runs") / name), train, checkpoint.FILE, "frames", begun)


def begun(folder: Path) -> Begun:
    """The run in a folder.

    Raises:
        FileError: it is not whole, or of another algorithm.
    """
    card, _ = checkpoint.read_card(folder)
    if card.algorithm != "ppo":
        raise FileError(f"{folder}: a run of {card.algorithm}, not of ppo")
    about = card.about
    config = about.get("config")
    stored = {"how": config, **(about["run"] if isinstance(about.get("run"), dict) else {})}
    options = options_of(PPORun, stored, str(folder))
    return Begun(options, float(about.get("frames", 0)), str(about.get("command", "")))


def make(options: PPORun) -> PPO:
    """A learner as the options say.

    Raises:
        ConfigError: options that do not go together.
        FileError: a checkpoint or dataset is not whole.
    """
    config = options.how
    game, seats = setting(options.scenario, config.rows, config.seed, parse_settings(options.set))
    network = None if options.init is None else checkpoint.load_network(options.init)[0]
    reference = None
    if options.data_policy is not None:
        other, card = checkpoint.load_network(options.data_policy)
        reference = (other, card.condition)
    data = None if options.dataset is None else dataset(options.dataset)
    source: Any = reward_source(options.rater, options.weight)
    if options.quantile:
        if data is None:
            raise ConfigError("quantile needs a dataset to set the threshold by: --dataset FOLDER")
        source = Satisficer(source, options.quantile, options.level).fit(data)
    return PPO(game, config, network=network, reward=source, seats=seats, reference=reference, data=data)


def train(options: PPORun, command: str, begun: Begun | None) -> int:
    """Train one seed, with progress and checkpoints; 0, or 130 where Ctrl-C stopped it."""
    ppo, folder, config = make(options), options.out, options.how
    if begun is not None:
        ppo.load(folder)
    options.say(command)
    title = f"ppo, {options.scenario}, {options.rater}, seed {config.seed}"
    progress, about = options.progress(title, config.frames, start=ppo.frames), options.about(command)
    with interruptible() as caught, progress:
        ppo.train(folder, every=options.every, about=about, on_update=progress.log, stop=lambda: bool(caught))
    if caught and ppo.frames < config.frames:
        echo(
            f"stopped at {ppo.frames:,} frames; go on with: gyges train ppo --resume {folder}",
            file=sys.stderr,
        )
        return 130
    options.say(f"{folder}: {ppo.frames:,} frames learnt; try: gyges evaluate {folder}")
    return 0
