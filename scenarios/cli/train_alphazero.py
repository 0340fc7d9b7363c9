"""``gyges train alphazero``: self-play with tree search, one network for all the variants given.

gyges train alphazero --variants gardner --moves 200000 --out runs/gardner
gyges train alphazero --variants gardner,minishogi --out runs/two
gyges train alphazero --resume runs/gardner                  # goes on exactly where it stood
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import tyro

from gyges.agents.nn.devices import threads
from gyges.agents.progress import Progress, interruptible
from gyges.agents.search import checkpoint
from gyges.agents.search.alphazero import AlphaZero, AlphaZeroOptions, Control
from gyges.envs.errors import FileError
from gyges.envs.fairychess.variants import transfer
from gyges.envs.fairychess.variants.ini_files import Variant, load
from gyges.envs.foreign import echo
from gyges.scenarios.cli.runs import Begun, Learner, RunOptions, options_of, plain


@dataclasses.dataclass(frozen=True, kw_only=True)
class AlphaZeroRun(RunOptions):
    """Learn chess variants by self-play with a tree search."""

    variants: str = "gardner"
    """What is played, with commas: library names, FILE.ini#NAME, or all of a split (transfer-train)."""
    every: int = 10_000
    """Moves between checkpoints."""
    how: tyro.conf.OmitArgPrefixes[AlphaZeroOptions] = dataclasses.field(default_factory=AlphaZeroOptions)
    """How."""


def learner(name: str) -> Learner:
    """AlphaZero as ``gyges train`` runs it."""
    return Learner(AlphaZeroRun(out=Path("runs") / name), train, checkpoint.FILE, "moves", begun)


def begun(folder: Path) -> Begun:
    """The run in a folder.

    Raises:
        FileError: it is not whole, or of another algorithm.
    """
    network, card, arrays = checkpoint.load_training(folder)
    about = card.about
    done, command = about.get("moves"), about.get("command")
    if card.algorithm != "alphazero" or not isinstance(done, int) or not isinstance(command, str):
        raise FileError(f"{folder}: not a run of alphazero that says how far it came")
    options = options_of(AlphaZeroRun, about.get("run"), str(folder))
    return Begun(options, done, command, (network, card.variants, arrays, about.get("state")))


def train(options: AlphaZeroRun, command: str, begun: Begun | None) -> int:
    """Train one seed; 0, or 130 where Ctrl-C stopped it."""
    how = options.how
    if begun is None:
        names = transfer.expanded(options.variants.split(","))
        variants: list[Variant] = [load(name) for name in names if name]
    else:
        variants = [load(text) for text in begun.state[1].values()]
    run = AlphaZero(variants, how)
    if begun is not None:
        run.restore(begun.state[0], begun.state[2], begun.state[3])
    if not options.quiet:
        echo(command, file=sys.stderr)
    texts = {one.name: one.text for one in variants}
    said = {"run": plain(dataclasses.replace(options, resume=None)), "command": command}

    def keep(run: AlphaZero) -> None:
        arrays, plan = run.state()
        card = checkpoint.Card(
            run.network.spec, "alphazero", texts, {**said, "moves": run.moves, "state": plan}
        )
        checkpoint.save(options.out, run.network, card, arrays)

    progress = Progress(
        f"alphazero, {options.variants}, seed {how.seed}", how.moves, counter="moves", folder=options.out,
        start=run.moves, trackers=options.trackers, quiet=options.quiet,
    )  # fmt: skip
    with interruptible() as caught, progress, threads(how.threads):
        run.run(Control(progress.log, keep, options.every, lambda: bool(caught)))
    if run.moves < how.moves:
        echo(f"stopped; go on with: gyges train alphazero --resume {options.out}", file=sys.stderr)
        return 130
    if not options.quiet:
        echo(f"{options.out}: {run.moves:,} moves; try: gyges arena search:{options.out}", file=sys.stderr)
    return 0
