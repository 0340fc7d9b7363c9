"""Recorded behaviour of a scenario's focal seats, in four standard mixtures or one's own.

=============  ======================================================================================
behaviour      what one would find: decent, two-faced, greedy and clueless players, all of whom slip
matched        behaviour with a fifth of the episodes by the expert: the data cover what is wanted
thin           at most three in a hundred episodes by the expert, the rest greedy or clueless
lucky          everyone slips in six decisions of ten: what went well went well by luck
=============  ======================================================================================

The expert is whoever is named: a persona (clean by default), a checkpoint folder, a planner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gyges.agents.data.dataset import Dataset
from gyges.agents.data.mixture import players
from gyges.agents.data.recorder import Background, Elsewhere, Stretch, played, record
from gyges.agents.data.writer import Shard
from gyges.agents.load import load
from gyges.envs.errors import UnknownNameError
from gyges.envs.game import Game
from gyges.envs.policy import Policy
from gyges.scenarios.executor import Executor
from gyges.scenarios.scenario import Scenario
from gyges.scenarios.training import held_out

EXPERT = "expert"
"""Stands for the expert in a mixture."""

MIXTURES: dict[str, dict[str, float]] = {
    "behaviour": {"clean~0.2": 0.3, "gyges~0.2": 0.25, "greedy~0.2": 0.25, "random": 0.2},
    "matched": {EXPERT: 0.2, "clean~0.2": 0.24, "gyges~0.2": 0.2, "greedy~0.2": 0.2, "random": 0.16},
    "thin": {EXPERT: 0.03, "greedy~0.2": 0.47, "random": 0.5},
    "lucky": {"clean~0.6": 0.35, "gyges~0.6": 0.35, "greedy~0.6": 0.3},
}


def mixture(name: str, expert: str = "clean") -> dict[str, float]:
    """A standard mixture with its expert named.

    Raises:
        UnknownNameError: no such mixture.
    """
    if name not in MIXTURES:
        raise UnknownNameError(f"no mixture {name!r}; there are {', '.join(MIXTURES)}")
    return {expert if part == EXPERT else part: share for part, share in MIXTURES[name].items()}


def record_scenario(what: Scenario, parts: Mapping[str, float], out: str | Path, **options: Any) -> Dataset:
    """Record the focal seats of a scenario, its background personas around them.

    Args:
        what: the scenario.
        parts: policies by name and their shares; `mixture` gives the standard ones.
        out: a new folder.
        options: as in `record_game`.

    Raises:
        ConfigError: the scenario, or the mixture, has personas that are held out for evaluation.
        JobError: a process that played has died.
    """
    game = what.make_game()
    held_out(game, what.personas(), f"{what.id}: the background")
    return record_game(game, parts, out, what=what, **options)


def record_game(
    game: Game,
    parts: Mapping[str, float],
    out: str | Path,
    *,
    what: Scenario | None = None,
    seed: int = 0,
    labels: str = "full",
    executor: Executor | None = None,
    **options: Any,
) -> Dataset:
    """Record a mixture in all seats of a game, or in a scenario's focal ones.

    Args:
        game: the game.
        parts, out: as in `record_scenario`, whose errors are raised.
        what: the scenario that the game is of.
        seed: of environments, policies, background and order.
        labels: "full", or "off" to record none of the truth.
        executor: plays stretches of episodes side by side; by default this process plays.
        options: as in `gyges.agents.data.recorder.record`.
    """
    held_out(game, [part.rpartition("~")[0] or part for part in parts], "the mixture")

    def play(stretches: Sequence[Stretch]) -> list[Shard]:
        jobs = [_Job(game, dict(parts), what, seed, labels, one) for one in stretches]
        named = {f"episodes {job.stretch.first} and on": job for job in jobs}
        assert executor is not None
        return executor.map(_played, named)

    apart = None if executor is None or executor.here else Elsewhere(play, executor.workers)
    seats = None if what is None else _background(game, what, seed)
    return record(
        game,
        players(game, parts),
        out,
        background=seats,
        seed=seed,
        labels=labels,
        elsewhere=apart,
        **options,
    )


class _Job(NamedTuple):
    """A stretch of episodes, with what a process must know to play it."""

    game: Game
    parts: dict[str, float]
    scenario: Scenario | None
    seed: int
    labels: str
    stretch: Stretch


def _background(game: Game, what: Scenario, seed: int) -> Background:
    """Who sits beside the recorded seats, by episode."""
    people = {name: load(name, game) for name in what.personas()}

    def background(episode: int) -> list[Policy | None]:
        names = what.seats(game.num_agents, episode, seed)
        return [None if name is None else people[name] for name in names]

    return background


def _played(job: _Job) -> Shard:
    seats = None if job.scenario is None else _background(job.game, job.scenario, job.seed)
    return played(job.game, players(job.game, job.parts), seats, job.seed, job.labels, job.stretch)
