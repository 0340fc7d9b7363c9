"""Training by the algorithms of stable-baselines3, in every seat of a game or in some among others.

What they save is a zip that runs code when it is loaded; `gyges.agents.sb3.policy` says when it is.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gyges.agents.nn.devices import device_of
from gyges.agents.sb3.policy import CARD, MODEL, kind
from gyges.agents.trackers import NONE, Tracker, Trackers
from gyges.envs import atomic
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.game import Game
from gyges.envs.policy import Seats
from gyges.envs.settings import parse_settings


@dataclasses.dataclass(frozen=True)
class SB3Options:
    """Options of an algorithm of stable-baselines3; those that are not here have its own defaults."""

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


def train(
    name: str,
    game: Game,
    seats: Seats | None,
    options: SB3Options,
    folder: Path,
    *,
    about: Mapping[str, Any],
    quiet: bool = True,
    trackers: Trackers = NONE,
) -> None:
    """Train an algorithm and write its folder; the game's own reward pays.

    Args:
        name: one of `gyges.agents.sb3.policy.Kind`.
        game: what is played.
        seats: who sits where [B][N], None for the learner; self-play without.
        options: how.
        folder: where the model and its card go.
        about: what else the card says.
        quiet: print nothing.
        trackers: where the numbers go besides ``progress.csv``.

    Raises:
        ConfigError: options that the algorithm does not take, or seats that differ from row to row.
        FileError: the folder cannot be written.
    """
    import torch
    from stable_baselines3.common.logger import configure
    from stable_baselines3.common.vec_env import VecMonitor

    from gyges.agents.sb3.vec_env import SeatVecEnv

    device_of(options.device)
    some = {} if seats is None else among(seats)
    illegal = "refuse" if name == "maskable-ppo" else "replace"
    env = SeatVecEnv(game, rows=options.rows, illegal=illegal, threads=options.threads, **some)
    torch.set_num_threads(options.threads)
    try:
        model = kind(name)(
            "MlpPolicy", VecMonitor(env), seed=options.seed, device=options.device,
            verbose=int(not quiet), **parse_settings(options.hyper),
        )  # fmt: skip
    except TypeError as error:
        raise ConfigError(f"sb3-{name}: {error}") from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        logger = configure(str(folder), ["csv", *([] if quiet else ["stdout"])])
        with contextlib.ExitStack() as closing:
            for tracker in trackers.begin(folder, f"sb3-{name}", 0):
                closing.callback(tracker.close)
                logger.output_formats.append(_writer(tracker))
            model.set_logger(logger)
            model.learn(options.frames)
        model.save(folder / MODEL)
    except OSError as error:
        raise FileError(f"{folder}: cannot be written: {error.strerror or error}") from None
    card = {"algorithm": name, "game": game.id, "settings": game.settings, **about}
    card["frames"] = int(model.num_timesteps)
    atomic.write_text(folder / CARD, json.dumps(card, indent=1) + "\n")


def _writer(tracker: Tracker) -> Any:
    """A tracker as sb3's logger takes it."""
    from stable_baselines3.common.logger import KVWriter

    class Writer(KVWriter):
        def write(self, key_values: dict[str, Any], key_excluded: dict[str, Any], step: int = 0) -> None:
            tracker.log({k: float(v) for k, v in key_values.items() if isinstance(v, (int, float))}, step)

        def close(self) -> None:
            pass  # who opened it closes it

    return Writer()


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
