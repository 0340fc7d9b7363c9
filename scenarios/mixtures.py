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

from pathlib import Path
from typing import Any

from gyges.agents.data.dataset import Dataset
from gyges.agents.data.mixture import players
from gyges.agents.data.recorder import record
from gyges.agents.load import load
from gyges.envs.errors import UnknownNameError
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


def record_scenario(
    what: Scenario, parts: dict[str, float], out: str | Path, *, seed: int = 0, **options: Any
) -> Dataset:
    """Record the focal seats of a scenario, its background personas around them.

    Args:
        what: the scenario.
        parts: policies by name and their shares; `mixture` gives the standard ones.
        out: a new folder.
        seed: of environments, policies, background and order.
        options: as in `gyges.agents.data.recorder.record`.

    Raises:
        ConfigError: the scenario, or the mixture, has personas that are held out for evaluation.
    """
    game = what.make_game()
    held_out(game, what.personas(), f"{what.id}: the background")
    held_out(game, [part.rpartition("~")[0] or part for part in parts], "the mixture")
    people = {name: load(name, game) for name in what.personas()}

    def background(episode: int) -> list[Any]:
        names = what.seats(game.num_agents, episode, seed)
        return [None if name is None else people[name] for name in names]

    return record(game, players(game, parts), out, background=background, seed=seed, **options)
