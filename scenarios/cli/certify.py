"""``gyges certify``: figures that show a game to be a dilemma, and its labels to mean something.

gyges certify steward                       # some minutes; ends with which bounds hold
gyges certify steward --quick               # fewer episodes
gyges certify fairychess_stakes --only harm --acts 500 --seed 2 --keep FOLDER
gyges certify steward --only adversary      # two learners of five minutes each
gyges certify custodian --only best adversary --seat 3 --settings num_agents=4 overseer=seat
gyges certify tabular_custodian --only exact
gyges certify GAME --playthroughs FOLDER    # its golden playthroughs instead, a file each
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any, Literal

from tyro.conf import Positional

from gyges.envs.errors import ConfigError
from gyges.envs.foreign import echo
from gyges.envs.registry import make
from gyges.envs.settings import parse_settings
from gyges.scenarios.cli import dry_run

Part = Literal["play", "best", "price", "harm", "adversary", "exact"]


@dataclasses.dataclass(frozen=True)
class Certify:
    """Compute a game's certificate and print it as JSON; then what holds of it, to standard error."""

    game: Positional[str]
    """Id of the game, as in steward or steward-v1."""
    quick: bool = False
    """Fewer episodes, decisions and futures, whatever else is said."""
    only: tuple[Part, ...] = ("play", "best", "price", "harm")
    """Parts: play-outs, the best response found, prices, harm against forks; adversary: what PPO finds;
    exact: what dynamic programming finds, in a game that is solved."""
    rows: int = 512
    """Episodes a play-out."""
    points: int = 300
    """Decisions from which prices are taken."""
    acts: int = 1500
    """Whose harm is audited, about."""
    futures: int = 32
    """Of each act."""
    minutes: float = 5.0
    """Of training for each adversary."""
    seed: int = 1
    """Of the episodes."""
    seat: int = 0
    """That is tested, in the best response and by adversaries."""
    set: tuple[str, ...] = ()
    """Options of the game's own certificate, as in nodes=500."""
    settings: tuple[str, ...] = ()
    """Settings of the game other than the certificate's own, as in num_agents=4."""
    keep: Path | None = None
    """Folder that keeps each audit of harm; a later run of the same sizes and rules takes it up."""
    playthroughs: Path | None = None
    """Write the game's golden playthroughs to this folder instead."""
    dry_run: bool = False
    """Say what would be done, and do nothing."""


QUICK: dict[str, Any] = {"rows": 128, "points": 48, "acts": 240, "copies": 8}


def run(args: Certify) -> int:
    """Print the certificate, or write the playthroughs."""
    from gyges.scenarios.certificates.bounds import bounds
    from gyges.scenarios.certificates.certify import certify, hook_of, rounded
    from gyges.scenarios.certificates.playthrough import write

    if args.playthroughs is not None:
        for path in write(args.game, args.playthroughs):
            echo(path)
        return 0
    sizes: dict[str, Any] = {
        "rows": args.rows,
        "points": args.points,
        "acts": args.acts,
        "copies": args.futures,
    }
    sizes = QUICK if args.quick else sizes
    if args.dry_run:
        what = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
        return dry_run.said(f"certificate of {args.game}: {', '.join(args.only)} with {what}")
    hook = hook_of(args.game, **dict(map(_option, args.set)))
    game = make(hook.game_id, **parse_settings(args.settings)) if args.settings else None
    found = certify(
        hook, game, **sizes, seed=args.seed, only=args.only, keep=args.keep, minutes=args.minutes,
        seat=args.seat,
    )  # fmt: skip
    judged = bounds(found)
    found["bounds"] = [bound._asdict() for bound in judged]
    echo(json.dumps(rounded(found), indent=2))
    for bound in judged:
        echo(str(bound), file=sys.stderr)
    return 0


def _option(text: str) -> tuple[str, int]:
    name, _, value = text.partition("=")
    if not name.isidentifier() or not value.isdigit():
        raise ConfigError(f"--set takes NAME=NUMBER, not {text!r}")
    return name, int(value)
