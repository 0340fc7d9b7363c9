"""``gyges train sb3-...``: the algorithms of stable-baselines3, in every seat of a game."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import tyro

from gyges.agents.sb3.policy import CARD
from gyges.agents.sb3.train import SB3Options
from gyges.agents.sb3.train import train as train_sb3
from gyges.envs.settings import parse_settings
from gyges.scenarios.cli.runs import Begun, Learner, RunOptions
from gyges.scenarios.training import setting


@dataclasses.dataclass(frozen=True, kw_only=True)
class SB3Run(RunOptions):
    """Train an algorithm of stable-baselines3 with its own defaults; the game's own reward pays."""

    scenario: str = "steward-v1"
    """A game's id or module:Class, for self-play; or a scenario of fixed seats among one persona."""
    set: tuple[str, ...] = ()
    """Settings of the game: ring=0.5 horizon=100 ..."""
    how: tyro.conf.OmitArgPrefixes[SB3Options] = dataclasses.field(default_factory=SB3Options)
    """How."""


def learner(name: str) -> Learner:
    """An algorithm of stable-baselines3 as ``gyges train sb3-NAME`` runs it."""

    def train(options: SB3Run, command: str, begun: Begun | None) -> int:
        how = options.how
        game, seats = setting(options.scenario, how.rows, how.seed, parse_settings(options.set))
        options.say(command)
        train_sb3(name.removeprefix("sb3-"), game, seats, how, options.out, about=options.about(command),
                  quiet=options.quiet, trackers=options.trackers)  # fmt: skip
        return 0

    return Learner(SB3Run(out=Path("runs") / name), train, CARD)
