"""``gyges train alphazero``, ``selfplay-ppo``, ``engine-sgd``: one network for all variants given.

gyges train alphazero --variants gardner --moves 200000 --out runs/gardner
gyges train selfplay-ppo --variants gardner,minishogi --out runs/two
gyges train engine-sgd --variants transfer-train --out runs/sgd
gyges train alphazero --resume runs/gardner                  # goes on exactly where it stood
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import tyro

from gyges.agents.nn.devices import threads
from gyges.agents.progress import interruptible
from gyges.agents.search import checkpoint
from gyges.agents.search.alphazero import AlphaZero, AlphaZeroOptions
from gyges.agents.search.engine_sgd import EngineSGD, EngineSGDOptions
from gyges.agents.search.learner import Control
from gyges.agents.search.ppo import SelfPlayPPO, SelfPlayPPOOptions
from gyges.envs.errors import FileError
from gyges.envs.fairychess.variants import transfer
from gyges.envs.fairychess.variants.ini_files import Variant, load
from gyges.envs.foreign import echo
from gyges.scenarios.cli.runs import Begun, Learner, RunOptions, options_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChessRun(RunOptions):
    """Learn chess variants from games that are played meanwhile."""

    variants: str = "gardner"
    """What is played, with commas: library names, FILE.ini#NAME, or all of a split (transfer-train)."""
    every: int = 10_000
    """Moves between checkpoints."""
    how: Any = None
    """How."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class AlphaZeroRun(ChessRun):
    """Learn chess variants by self-play with a tree search."""

    how: tyro.conf.OmitArgPrefixes[AlphaZeroOptions] = dataclasses.field(default_factory=AlphaZeroOptions)
    """How."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class SelfPlayPPORun(ChessRun):
    """Learn chess variants by self-play without a search."""

    every: int = 50_000
    """Moves between checkpoints."""
    how: tyro.conf.OmitArgPrefixes[SelfPlayPPOOptions] = dataclasses.field(default_factory=SelfPlayPPOOptions)
    """How."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class EngineSGDRun(ChessRun):
    """Learn chess variants by SGD on games that an engine has judged."""

    how: tyro.conf.OmitArgPrefixes[EngineSGDOptions] = dataclasses.field(default_factory=EngineSGDOptions)
    """How."""


class Kind(NamedTuple):
    """One of the learners."""

    options: type[ChessRun]
    made: Callable[[list[Variant], Any], Any]
    """Makes the run."""
    player: str
    """Who plays what is learnt."""


KINDS = {
    "alphazero": Kind(AlphaZeroRun, AlphaZero, "search:{}"),
    "engine-sgd": Kind(EngineSGDRun, EngineSGD, "'search:{}?simulations=0'"),
    "selfplay-ppo": Kind(SelfPlayPPORun, SelfPlayPPO, "'search:{}?simulations=0'"),
}


def learner(name: str) -> Learner:
    """One of `KINDS` as ``gyges train`` runs it."""
    options = KINDS[name].options(out=Path("runs") / name)
    return Learner(options, partial(train, name), checkpoint.FILE, "moves", partial(begun, name))


def begun(name: str, folder: Path) -> Begun:
    """The run in a folder.

    Raises:
        FileError: it is not whole, or of another algorithm.
    """
    algorithm = checkpoint.read_card(folder)[0].algorithm
    if algorithm != name:
        raise FileError(f"{folder}: not a run of {name} that says how far it came, but of {algorithm!r}")
    network, card, arrays = checkpoint.load_training(folder)
    about = card.about
    done, command = about.get("moves"), about.get("command")
    if not isinstance(done, int) or not isinstance(command, str):
        raise FileError(f"{folder}: not a run of {name} that says how far it came")
    options = options_of(KINDS[name].options, about.get("run"), str(folder))
    return Begun(options, done, command, (network, card.variants, arrays, about.get("state")))


def train(name: str, options: ChessRun, command: str, begun: Begun | None) -> int:
    """Train one seed; 0, or 130 where Ctrl-C stopped it."""
    kind, how = KINDS[name], options.how
    if begun is None:
        names = transfer.expanded(options.variants.split(","))
        variants: list[Variant] = [load(one) for one in names if one]
    else:
        variants = [load(text) for text in begun.state[1].values()]
    run = kind.made(variants, how)
    if begun is not None:
        run.restore(begun.state[0], begun.state[2], begun.state[3])
    options.say(command)
    texts = {one.name: one.text for one in variants}
    said = options.about(command)

    def keep(run: Any) -> None:
        arrays, plan = run.state()
        about = {**said, "moves": run.moves, "state": plan}
        card = checkpoint.Card(run.network.spec, name, texts, about)
        checkpoint.save(options.out, run.network, card, arrays)

    title = f"{name}, {options.variants}, seed {how.seed}"
    progress = options.progress(title, how.moves, counter="moves", start=run.moves)
    with interruptible() as caught, progress, threads(how.threads):
        run.run(Control(progress.log, keep, options.every, lambda: bool(caught)))
    if run.moves < how.moves:
        echo(f"stopped; go on with: gyges train {name} --resume {options.out}", file=sys.stderr)
        return 130
    options.say(f"{options.out}: {run.moves:,} moves; try: gyges arena {kind.player.format(options.out)}")
    return 0
