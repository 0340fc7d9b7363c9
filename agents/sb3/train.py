"""``gyges train sb3-...``: the algorithms of stable-baselines3, in every seat of a game.

What they save is a zip that runs code when it is loaded; `gyges.agents.sb3.policy` says when it is.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tyro

from gyges.agents.learn.collector import Table as Seats
from gyges.agents.learn.command_line import command
from gyges.agents.learn.train import key_values, setting
from gyges.agents.sb3.policy import CARD, MODEL, kind
from gyges.envs import atomic
from gyges.envs.errors import ConfigError, FileError


@dataclasses.dataclass
class SB3:
    """Train an algorithm of stable-baselines3 with its own defaults; the game's own reward pays."""

    scenario: str = "steward-v0"
    """A game's id or module:Class, for self-play; or a scenario of fixed seats among one persona."""
    set: tuple[str, ...] = ()
    """Settings of the game: ring=0.5 horizon=100 ..."""
    out: Path = Path("runs/sb3")
    """Folder of the model; on the command line runs/sb3-ALGORITHM unless named."""
    frames: int = 200_000
    """Steps of seats."""
    rows: int = 8
    """Environments played at once."""
    hyper: tuple[str, ...] = ()
    """Options of the algorithm: n_steps=256 batch_size=256 ..."""
    seed: int = 0
    """Of everything."""
    device: str = "cpu"
    """Where the network lies."""
    threads: int = 1
    """CPU threads."""
    quiet: bool = False
    """Show no progress."""


def train(name: str, arguments: Sequence[str]) -> int:
    """Train the algorithm of this name."""
    import torch
    from stable_baselines3.common.logger import configure
    from stable_baselines3.common.vec_env import VecMonitor

    from gyges.agents.sb3.vec_env import SeatVecEnv

    default = SB3(out=Path("runs") / f"sb3-{name}")
    given = tyro.cli(SB3, args=list(arguments), prog=f"gyges train sb3-{name}", default=default)
    if (given.out / CARD).exists():
        raise ConfigError(f"{given.out} holds a run; name another folder")
    game, seats = setting(given.scenario, given.rows, given.seed, key_values(given.set))
    options: dict[str, Any] = {} if seats is None else among(seats)
    illegal = "refuse" if name == "maskable-ppo" else "replace"
    env = SeatVecEnv(game, rows=given.rows, illegal=illegal, threads=given.threads, **options)
    torch.set_num_threads(given.threads)
    try:
        model = kind(name)(
            "MlpPolicy", VecMonitor(env), seed=given.seed, device=given.device,
            verbose=0 if given.quiet else 1, **key_values(given.hyper),
        )  # fmt: skip
    except TypeError as error:
        raise ConfigError(f"sb3-{name}: {error}") from None
    line = command(f"sb3-{name}", given)
    if not given.quiet:
        print(line, file=sys.stderr)
    card: dict[str, Any] = {"algorithm": name, "game": game.id, "settings": game.settings, "command": line}
    try:
        given.out.mkdir(parents=True, exist_ok=True)
        model.set_logger(configure(str(given.out), ["csv"] if given.quiet else ["csv", "stdout"]))
        model.learn(given.frames)
        model.save(given.out / MODEL)
    except OSError as error:
        raise FileError(f"{given.out}: cannot be written: {error.strerror or error}") from None
    card["frames"] = int(model.num_timesteps)
    atomic.write_text(given.out / CARD, json.dumps(card, indent=1) + "\n")
    return 0


def among(seats: Seats) -> dict[str, Any]:
    """Who learns and who sits around it, as `SeatVecEnv` takes it.

    Raises:
        ConfigError: the learner's seats, or its neighbours, differ from row to row.
    """
    first = list(seats[0])
    if any(list(row) != first for row in seats):
        raise ConfigError(
            "sb3 algorithms learn in the same seats of every row among the same neighbours: name a scenario "
            "with fixed focal seats and one persona in the background, or a game's id for self-play"
        )
    others = [who for who in first if who is not None]
    return {"seats": [k for k, who in enumerate(first) if who is None], "background": others}


def ppo(arguments: Sequence[str]) -> int:
    """``gyges train sb3-ppo``."""
    return train("ppo", arguments)


def a2c(arguments: Sequence[str]) -> int:
    """``gyges train sb3-a2c``."""
    return train("a2c", arguments)


def dqn(arguments: Sequence[str]) -> int:
    """``gyges train sb3-dqn``."""
    return train("dqn", arguments)


def maskable_ppo(arguments: Sequence[str]) -> int:
    """``gyges train sb3-maskable-ppo``."""
    return train("maskable-ppo", arguments)
