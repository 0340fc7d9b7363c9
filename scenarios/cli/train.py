"""``gyges train ALGO``: one entry to every algorithm, and ``gyges algorithms`` to list them.

Every run ends in a folder that ``gyges evaluate FOLDER`` takes. What an algorithm needs is imported when it
is asked for, so that nothing slow is imported for another's help page.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.envs.foreign import echo
from gyges.scenarios.cli.runs import Learner, run


class Algorithm(NamedTuple):
    """One way to learn."""

    summary: str
    learner: Callable[[str], Learner]
    """Called with the algorithm's name when it is asked for."""


def _learner(module: str, name: str) -> Learner:
    return importlib.import_module(module, "gyges.scenarios.cli").learner(name)  # type: ignore[no-any-return]


_ppo, _sb3, _records, _chess, _text = (
    partial(_learner, module)
    for module in (".train_ppo", ".train_sb3", ".train_on_records", ".train_chess", ".train_text")
)


ALGORITHMS: dict[str, Algorithm] = {
    "ppo": Algorithm("proximal policy optimisation on batches; self-play or among personas", _ppo),
    "alphazero": Algorithm("self-play with a tree search, on one chess variant or many", _chess),
    "selfplay-ppo": Algorithm("PPO by self-play without a search, on one chess variant or many", _chess),
    "engine-sgd": Algorithm(
        "SGD on games that an engine judges, conditioned on good moves; chess variants", _chess
    ),
    "sb3-ppo": Algorithm("stable-baselines3's PPO", _sb3),
    "sb3-a2c": Algorithm("stable-baselines3's A2C", _sb3),
    "sb3-dqn": Algorithm("stable-baselines3's DQN", _sb3),
    "sb3-maskable-ppo": Algorithm("sb3-contrib's MaskablePPO", _sb3),
    "cloning": Algorithm("SGD on all recorded decisions", _records),
    "filtered": Algorithm("SGD on the recorded decisions that a rater calls good", _records),
    "conditioned": Algorithm("SGD on all recorded decisions with the rater's label as a token", _records),
    "return": Algorithm(
        "SGD on all recorded decisions with the rank of the score to come as a token", _records
    ),
    "awr": Algorithm("advantage-weighted regression on records", _records),
    "iql": Algorithm("implicit Q-learning on records", _records),
    "cql": Algorithm("conservative Q-learning on records", _records),
    "q": Algorithm("plain Q-learning on records", _records),
    "text-standard": Algorithm("small transformer on transcripts without labels", _text),
    "text-filtered": Algorithm("small transformer on the transcripts of good decisions", _text),
    "text-tagged": Algorithm("small transformer on transcripts with the labels as tokens", _text),
    "text-finetune": Algorithm("a local language model (transformers), LoRA or full, on transcripts", _text),
}


def register_algorithm(name: str, summary: str, learner: Callable[[str], Learner]) -> None:
    """Add an algorithm.

    Args:
        name: as given to ``gyges train``.
        summary: one line for ``gyges algorithms``.
        learner: called with the name when it is asked for.

    Raises:
        ConfigError: there is another of this name.
    """
    if name in ALGORITHMS and ALGORITHMS[name].learner is not learner:
        raise ConfigError(f"there is another algorithm {name!r}")
    ALGORITHMS[name] = Algorithm(summary, learner)


def main(arguments: Sequence[str] | None = None) -> int:
    """``gyges train``: the first argument names the algorithm, the others are its own."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in ("-h", "--help"):
        echo("usage: gyges train ALGO [--help | options]\n")
        return algorithms()
    name = given[0]
    if name not in ALGORITHMS:
        raise UnknownNameError(f"no algorithm {name!r}; there are {', '.join(ALGORITHMS)}")
    return run(name, ALGORITHMS[name].learner(name), given[1:])


@dataclasses.dataclass(frozen=True)
class Algorithms:
    """List the algorithms of `gyges train`, each with a line on what it does."""


def algorithms(_: Algorithms | None = None) -> int:
    """``gyges algorithms``: print what there is."""
    table = Table(box=None)
    table.add_column("algorithm")
    table.add_column("what it does")
    for name, one in ALGORITHMS.items():
        table.add_row(name, one.summary)
    Console().print(table)
    return 0
