"""``gyges train selfplay-ppo``: self-play without a search, one network for all the variants given.

gyges train selfplay-ppo --variants gardner --moves 1000000 --out runs/gardner
gyges train selfplay-ppo --variants gardner,minishogi --out runs/two
gyges train selfplay-ppo --resume runs/gardner               # goes on exactly where it stood
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import tyro

from gyges.agents.nn.devices import threads
from gyges.agents.progress import Progress, interruptible
from gyges.agents.search import checkpoint
from gyges.agents.search.ppo import SelfPlayPPO, SelfPlayPPOOptions
from gyges.envs.errors import FileError
from gyges.envs.fairychess.variants import transfer
from gyges.envs.fairychess.variants.ini_files import Variant, load
from gyges.envs.foreign import echo
from gyges.scenarios.cli.runs import Begun, Learner, RunOptions, options_of, plain

ALGORITHM = "selfplay-ppo"


@dataclasses.dataclass(frozen=True, kw_only=True)
class SelfPlayPPORun(RunOptions):
    """Learn chess variants by self-play without a search."""

    variants: str = "gardner"
    """What is played, with commas: library names, FILE.ini#NAME, or all of a split (transfer-train)."""
    every: int = 50_000
    """Moves between checkpoints."""
    how: tyro.conf.OmitArgPrefixes[SelfPlayPPOOptions] = dataclasses.field(default_factory=SelfPlayPPOOptions)
    """How."""


def learner(name: str) -> Learner:
    """PPO by self-play as ``gyges train`` runs it."""
    return Learner(SelfPlayPPORun(out=Path("runs") / name), train, checkpoint.FILE, "moves", begun)


def begun(folder: Path) -> Begun:
    """The run in a folder.

    Raises:
        FileError: it is not whole, or of another algorithm.
    """
    card, _ = checkpoint.read_card(folder)
    about = card.about
    done, command = about.get("moves"), about.get("command")
    if card.algorithm != ALGORITHM or not isinstance(done, int) or not isinstance(command, str):
        raise FileError(
            f"{folder}: not a run of {ALGORITHM} that says how far it came, but of {card.algorithm!r}"
        )
    network, card, arrays = checkpoint.load_training(folder)
    options = options_of(SelfPlayPPORun, about.get("run"), str(folder))
    return Begun(options, done, command, (network, card.variants, arrays, about.get("state")))


def train(options: SelfPlayPPORun, command: str, begun: Begun | None) -> int:
    """Train one seed; 0, or 130 where Ctrl-C stopped it."""
    how = options.how
    if begun is None:
        names = transfer.expanded(options.variants.split(","))
        variants: list[Variant] = [load(name) for name in names if name]
    else:
        variants = [load(text) for text in begun.state[1].values()]
    run = SelfPlayPPO(variants, how)
    if begun is not None:
        run.restore(begun.state[0], begun.state[2], begun.state[3])
    if not options.quiet:
        echo(command, file=sys.stderr)
    texts = {one.name: one.text for one in variants}
    said = {"run": plain(dataclasses.replace(options, resume=None)), "command": command}

    def keep() -> None:
        arrays, plan = run.state()
        about = {**said, "moves": run.moves, "state": plan}
        card = checkpoint.Card(run.network.spec, ALGORITHM, texts, about)
        checkpoint.save(options.out, run.network, card, arrays)

    progress = Progress(
        f"{ALGORITHM}, {options.variants}, seed {how.seed}", how.moves, counter="moves", folder=options.out,
        start=run.moves, trackers=options.trackers, quiet=options.quiet,
    )  # fmt: skip
    with interruptible() as caught, progress, threads(how.threads):
        run.run(progress.log, options.every, keep, lambda: bool(caught))
    if run.moves < how.moves:
        echo(f"stopped; go on with: gyges train {ALGORITHM} --resume {options.out}", file=sys.stderr)
        return 130
    if not options.quiet:
        name = f"search:{options.out}?simulations=0"
        echo(f"{options.out}: {run.moves:,} moves; try: gyges arena {name!r}", file=sys.stderr)
    return 0
