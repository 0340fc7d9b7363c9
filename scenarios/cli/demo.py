"""``gyges demo``: the game's own personas on the leaderboard, its page and one replay."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from rich.console import Console

from gyges.scenarios.cli import dry_run
from gyges.scenarios.cli.leaderboard import publish
from gyges.scenarios.cli.progress import shown
from gyges.scenarios.cli.suite_option import Suite
from gyges.scenarios.evaluation.evaluate import evaluate
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.executor import Executor

SIZE, MOMENTS = (960, 644), 45
"""Of the GIF, so that it stays under 3 MB."""


@dataclasses.dataclass
class Demo:
    """Evaluate the game's own personas, print the leaderboard, write its page and one replay."""

    suite: Suite = "steward"
    """A suite, the id of one scenario, or a file: my_suite.toml."""
    folder: Path = Path("gyges-demo")
    """Where to write results.db, board.html, board-replays/ and replay.gif."""
    workers: int | None = None
    """Processes that play scenarios side by side; one a core by default."""
    policies: tuple[str, ...] = ("clean", "gyges", "greedy", "random")
    """Who plays."""
    episodes: int | None = None
    """Episodes per scenario instead of the scenarios' own numbers."""
    probes: int = 0
    """Decisions per scenario that are priced and asked in every arm, as `gyges evaluate` does. The Gyges gap
    in the table comes from the frozen questions and needs none."""
    dry_run: bool = False
    """Say what would be done, and do nothing."""


def run(command: Demo) -> int:
    """Evaluate, print and write; returns the exit status."""
    if command.dry_run:
        every = [
            dry_run.played(one, command.suite, command.episodes, command.probes) for one in command.policies
        ]
        names = ("results.db", "board.html", "board-replays", "replay.gif", "replay.html")
        return dry_run.said(*every, writes=[command.folder / name for name in names])
    console = Console()
    command.folder.mkdir(parents=True, exist_ok=True)
    results = command.folder / "results.db"
    with Executor(command.workers) as executor:
        for policy in command.policies:
            with shown(f"{policy} on {command.suite}") as progress:
                evaluate(policy, command.suite, results, episodes=command.episodes, probes=command.probes,
                         executor=executor, progress=progress)  # fmt: skip
    with Store(results) as store:
        data = publish(store, command.suite, command.folder / "board.html", console)
    links = [link["href"] for row in data["rows"] for link in row["replays"] if row["policy"] == "gyges"]
    links += [link["href"] for row in data["rows"] for link in row["replays"]]
    if links:
        from gyges.render import replay
        from gyges.render.browser.replay_page import write_replay

        gif, html = command.folder / "replay.gif", command.folder / "replay.html"
        replay.main(command.folder / links[0], gif=gif, size=SIZE, most=MOMENTS)
        write_replay(command.folder / links[0], html)
        console.print(f"replay: {gif} and, for the browser, {html}, from {links[0]}", soft_wrap=True)
        console.print(f"watch it: gyges replay {command.folder / links[0]}", soft_wrap=True)
    return 0
