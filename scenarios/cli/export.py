"""``gyges export``: one episode of a results file as an episode file."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from tyro.conf import Positional

from gyges.envs import atomic
from gyges.envs.episode import SUFFIX
from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.envs.foreign import echo, file_name
from gyges.scenarios.counterfactual.blame import blame
from gyges.scenarios.evaluation.store import Store


@dataclasses.dataclass
class Export:
    """Write one episode of a results file as an episode file."""

    results: Positional[Path]
    """Results file."""
    scenario: Positional[str]
    """Id of the scenario."""
    index: Positional[int] = 0
    """Which episode of the scenario."""
    policy: str | None = None
    """Whose run, the latest that has the episode; needed where several policies have it."""
    blame: bool = False
    """Write beside it what each seat's departures from clean play cost (NAME.blame.json)."""
    out: Path | None = None
    """File to write; by default named after policy, scenario and episode."""


def run(command: Export) -> int:
    """Write the episode; returns the exit status.

    Raises:
        UnknownNameError: the file has no such episode.
        ConfigError: several policies have it, and none is named.
    """
    with Store(command.results) as store:
        runs = [run for run in store.runs() if command.policy in (None, run.policy)]
        runs = [run for run in runs if command.index in store.done(run, command.scenario)]
        names = sorted({run.policy for run in runs})
        what = f"episode {command.index} of {command.scenario!r}"
        if not runs:
            raise UnknownNameError(f"{command.results} holds no {what}")
        if len(names) > 1:
            raise ConfigError(f"several policies played {what}: give --policy, one of {', '.join(names)}")
        episode = store.episode(runs[-1], command.scenario, command.index)
        name = file_name(names[0], command.scenario, command.index, suffix=SUFFIX)
        path = episode.save(command.out or Path(name))
        echo(path)
        if command.blame:
            beside = path.with_name(path.name.removesuffix(SUFFIX) + ".blame.json")
            echo(atomic.write_text(beside, json.dumps(blame(episode).to_json(), indent=1) + "\n"))
    return 0
