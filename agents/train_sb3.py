"""``gyges train sb3-...``: the algorithms of stable-baselines3, in every seat of a game.

What they save is a zip that runs code when it is loaded: load only files of your own making.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tyro

from gyges.agents.train import key_values, setting
from gyges.envs.errors import ConfigError

MODEL = "sb3-model.zip"
CARD = "sb3.json"


@dataclasses.dataclass
class SB3:
    """Train an algorithm of stable-baselines3 with its own defaults, by self-play in every seat."""

    scenario: str = "steward-v0"
    """A game's id, or module:Class."""
    set: tuple[str, ...] = ()
    """Settings of the game: ring=0.5 horizon=100 ..."""
    out: Path = Path("runs/sb3")
    """Folder of the model."""
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
    import sb3_contrib
    import stable_baselines3 as sb3
    import torch

    from gyges.agents.sb3 import SeatVecEnv

    given = tyro.cli(SB3, args=list(arguments), prog=f"gyges train sb3-{name}")
    if (given.out / CARD).exists():
        raise ConfigError(f"{given.out} holds a run; name another folder")
    game, seats = setting(given.scenario, given.rows, given.seed, key_values(given.set))
    if seats is not None:
        raise ConfigError("sb3 algorithms train by self-play: give a game's id instead of a scenario's")
    kinds: dict[str, Any] = {
        "ppo": sb3.PPO, "a2c": sb3.A2C, "dqn": sb3.DQN, "maskable-ppo": sb3_contrib.MaskablePPO
    }  # fmt: skip
    illegal = "refuse" if name == "maskable-ppo" else "replace"
    env = SeatVecEnv(game, rows=given.rows, illegal=illegal, threads=given.threads)
    torch.set_num_threads(given.threads)
    try:
        model = kinds[name](
            "MlpPolicy", env, seed=given.seed, device=given.device, verbose=0 if given.quiet else 1,
            **key_values(given.hyper),
        )  # fmt: skip
    except TypeError as error:
        raise ConfigError(f"sb3-{name}: {error}") from None
    model.learn(given.frames)
    given.out.mkdir(parents=True, exist_ok=True)
    model.save(given.out / MODEL)
    card = {"algorithm": name, "game": game.id, "settings": game.settings, "frames": int(model.num_timesteps)}
    (given.out / CARD).write_text(json.dumps(card, indent=1) + "\n")
    return 0


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
