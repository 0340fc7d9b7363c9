"""``gyges leaderboard``: the table of a results file, its page, and whether its runs reproduce."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from tyro.conf import Positional

from gyges.agents.data.dataset import Dataset
from gyges.agents.llm.model_spec import is_model
from gyges.agents.load import resolve
from gyges.agents.sandbox.process import Limits
from gyges.envs import atomic, registry
from gyges.envs.errors import ConfigError
from gyges.envs.foreign import printable
from gyges.scenarios.cli.progress import shown
from gyges.scenarios.cli.suite_option import Suite
from gyges.scenarios.evaluation.recompute import ask_again
from gyges.scenarios.evaluation.store import Run, Store
from gyges.scenarios.evaluation.verify import Mismatch, standing, verify
from gyges.scenarios.report import leaderboard, tables, terminal
from gyges.scenarios.report.page_schema import Page
from gyges.scenarios.text import arms
from gyges.scenarios.unpack import dataset


@dataclasses.dataclass
class Leaderboard:
    """Print the table of a results file."""

    results: Positional[Path]
    """Results file."""
    suite: Suite | None = None
    """Only runs on this suite."""
    html: Path | None = None
    """Write a self-contained page as well, and episodes to replay in a folder beside it."""
    watch: bool = False
    """Write each of these episodes as a page for the browser, and link that (some 5 seconds each)."""
    json: Path | None = None
    """Write everything that the page shows as JSON as well."""
    csv: Path | None = None
    """Write one line a figure as CSV as well."""
    data: tuple[str, ...] = ()
    """What policies learnt from, as in conditioned=runs/data: how much oftener do they breach what is
    breached there?"""
    verify: bool = False
    """Recompute every run from its episodes first, and ask its policy again; exits with 1 where something
    does not reproduce. A run that is not complete is named so, and is not in the table."""
    policies: tuple[str, ...] = ()
    """Policies that --verify may run besides the personas, named as for evaluate: each run whose name and
    hash are theirs is played and asked again. Nothing that a results file names is run otherwise."""
    limits: Limits = dataclasses.field(default_factory=Limits)
    """What these policies may use."""


def run(command: Leaderboard) -> int:
    """Print; returns 1 where a run does not reproduce."""
    console = Console()
    with Store(command.results) as store:
        notes = _verified(store, command, console) if command.verify else []
        if notes is None:
            return 1
        datas = {name: dataset(folder) for name, folder in map(_named, command.data)}
        data = publish(store, command.suite, command.html, console, notes, datas, watch=command.watch)
    for path, make in ((command.json, tables.as_json), (command.csv, tables.as_csv)):
        if path is not None:
            console.print(f"table: {atomic.write_text(path, make(data))}", markup=False, soft_wrap=True)
    return 0


def _named(text: str) -> tuple[str, str]:
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise ConfigError(f"--data is POLICY=FOLDER, as in conditioned=runs/data, not {text!r}")
    return name, folder


def publish(
    store: Store,
    suite: str | None,
    html: Path | None,
    console: Console,
    notes: Sequence[str] = (),
    datas: Mapping[str, Dataset] | None = None,
    *,
    watch: bool = False,
) -> Page:
    """Print the table and write the page, with `watch` its replays too; returns the page's data."""
    folder = None if html is None else html.with_name(f"{html.stem}-replays")
    data = leaderboard.page_data(store, suite, replays=folder, notes=notes, data=datas)
    terminal.print_table(data, console)
    if html is not None:
        from gyges.render import write_page

        if watch:
            _replay_pages(data, html.parent)
        console.print(f"page: {write_page(data, html)}", markup=False, soft_wrap=True)
    return data


def _replay_pages(data: Page, folder: Path) -> None:
    """Write every episode that the page links as a page of its own, and link that."""
    from gyges.render.browser.replay_page import write_replay

    links = [link for row in data["rows"] for link in row["replays"]]
    with shown("replays") as progress:
        for k, one in enumerate(links):
            progress("pages", k, len(links))
            episode = folder / one["href"]
            href = one["href"].removesuffix(".episode.json") + ".html"
            write_replay(episode, folder / href)
            one["href"] = href


def _arms(store: Store, run: Run, policies: Sequence[str]) -> list[Mismatch]:
    """What of a run's arms its model, where it is one of those named, does not answer again."""
    stored = store.arms(run)
    if not stored:
        return []
    game = registry.make(next(iter(stored)))
    sources = [resolve(name, game) for name in policies if is_model(name)]
    mine = [one.text for one in sources if (one.name, one.hash) == (run.policy, run.policy_hash)]
    return [Mismatch(run.id, run.policy, "arms", -1, what) for what in arms.again(mine[0], stored)]


def _verified(store: Store, command: Leaderboard, console: Console) -> list[str] | None:
    """Verify every run; notes for the table, or None where something does not reproduce."""
    sound = True
    asked: list[str] = []
    notes = []
    for run in store.runs(command.suite):
        with shown(f"verifying run {run.id}, {printable(run.policy)}") as progress:
            wrong = verify(store, run, progress=progress)
        state, unverifiable = "reproduces", ""
        if not wrong and run.finished is not None:
            with shown(f"asking {printable(run.policy)} again") as progress:
                wrong, unverifiable = ask_again(
                    store, run, policies=command.policies, limits=command.limits, progress=progress
                )
                if not wrong and not unverifiable:
                    wrong = _arms(store, run, command.policies)
        sound = sound and not wrong
        if wrong:
            state = f"REJECTED: {len(wrong)} results do not reproduce"
        elif run.finished is None:
            state = "incomplete, {} of {} episodes".format(*standing(store, run))
        elif unverifiable:
            state = f"its numbers follow from its acts; acts and answers NOT VERIFIABLE: {unverifiable}"
            notes.append(f"Run {run.id}, {run.policy}: acts and answers not verifiable; {unverifiable}.")
        else:
            asked.append(f"{run.policy} (run {run.id})")
        console.print(printable(f"run {run.id}, {run.policy} on {run.suite}: {state}"), markup=False)
        for one in wrong[:10]:
            console.print(printable(f"  {one.scenario} {one.number}: {one.what}"), markup=False)
    if asked:
        who = ", ".join(asked)
        notes.insert(0, f"Verified by playing every episode and asking every question again: {who}.")
    return notes if sound else None
