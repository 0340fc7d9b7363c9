"""``--dry-run``: what a long command would do, said in its own units, and nothing done."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gyges.envs.foreign import echo
from gyges.scenarios.evaluation.plan import plan, sized
from gyges.scenarios.scenario import scenarios


def said(*lines: str, writes: Iterable[Path] = ()) -> int:
    """Print what would be done and written; the exit status."""
    for line in lines:
        echo(line)
    for path in writes:
        echo(f"would write {path}{' (which is there)' if path.exists() else ''}")
    echo("dry run: nothing was done")
    return 0


def played(policy: str, suite: str, episodes: int | None, probes: int) -> str:
    """What an evaluation of one policy plays and asks.

    Raises:
        UnknownNameError, ConfigError, PolicyError: there is no such suite or policy, or they do not fit.
    """
    chosen = [ready.scenario for ready in plan(policy, sized(scenarios(suite), episodes))]
    games = [one for one in chosen if one.kind == "episodes"]
    asked = sum(one.episodes for one in chosen if one.kind == "bank")
    count = sum(one.episodes for one in games)
    return (
        f"{policy} on {suite}: {count:,} episodes in {len(games)} scenarios, {asked:,} frozen questions, "
        f"{probes * len(games):,} decisions asked in every arm"
    )
