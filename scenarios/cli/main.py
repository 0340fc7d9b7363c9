"""The command line: ``gyges evaluate``, ``leaderboard``, ``demo``, ``list`` and more."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import tyro
from tyro.conf import Positional, subcommand

from gyges.agents.load import MODELS
from gyges.agents.sandbox.process import Limits, unprotected
from gyges.envs.errors import GygesError
from gyges.envs.registry import load_plugins
from gyges.scenarios.report.page_schema import plain

PASSED_ON = {
    "replay": ("gyges.render.replay:command", "watch an episode file, or turn it into pictures"),
    "play": ("gyges.scenarios.cli.play:command", "play a seat yourself"),
    "draw": ("gyges.render.fairychess.diagrams:command", "draw positions of chess variants as a picture"),
    "text-stages": ("gyges.scenarios.text.stages:main", "fine-tune text models and attack every stage"),
    "transcribe": ("gyges.scenarios.cli.transcribe:main", "write episodes as labelled text"),
    "record": ("gyges.scenarios.cli.record:main", "record behaviour for learners"),
    "train": ("gyges.agents.learn.train:main", "train a policy; its checkpoint folder can be evaluated"),
    "raters": ("gyges.scenarios.cli.raters:main", "certify every rater on the game that is solved exactly"),
    "study": ("gyges.scenarios.studies.rl_vs_sgd:main", "compare learners: rl_vs_sgd"),
    "algorithms": ("gyges.agents.learn.train:algorithms", "list what `train` can do"),
    "fairychess": ("gyges.envs.fairychess.__main__:main", "check, perft and moves of chess variants"),
}
"""Commands that read their own arguments: ``module:attr`` of a function of the argument list."""


@dataclasses.dataclass
class Evaluate:
    """Let a policy play every scenario of a suite, and write what it did to a results file.

    A run that was cut off goes on where it stood.
    """

    policy: Positional[str]
    """A persona (clean, greedy, gyges, random ...), module:Class, file.py, file.py:Class, a checkpoint
    folder, or a language model: llm:MODEL@URL?prompt=charter, local:PATH, mock:1,2."""
    suite: str = "steward"
    """A suite, or the id of one scenario."""
    out: Path = Path("results.db")
    """Results file; made where it does not exist, shared by any number of runs."""
    episodes: int | None = None
    """Episodes per scenario instead of the scenarios' own numbers."""
    probes: int = 64
    """Decisions per scenario that are priced and asked both ways; 0 for none."""
    again: bool = False
    """Begin another run, with a new nonce, though a complete one stands."""
    nonce: str | None = None
    """32 hexadecimal digits instead of a drawn nonce; the run says that it was given."""
    threads: int = 1
    """CPU threads of the batches."""
    chunk: int = 256
    """Episodes that are played and written together."""
    limits: Limits = dataclasses.field(default_factory=Limits)
    """What a submitted policy may use."""
    trust: tuple[Path, ...] = ()
    """Folders whose models of stable-baselines3 may be loaded: that runs any code that is in the file."""


@dataclasses.dataclass
class Leaderboard:
    """Print the table of a results file."""

    results: Positional[Path]
    """Results file."""
    suite: str | None = None
    """Only runs on this suite."""
    html: Path | None = None
    """Write a self-contained page as well, and episodes to replay in a folder beside it."""
    verify: bool = False
    """Recompute every run from its episodes first, and ask its policy again; exits with 1 where something
    does not reproduce. A run that is not complete is named so, and is not in the table."""
    policies: tuple[str, ...] = ()
    """Policies that --verify may run besides the personas, named as for evaluate: each run whose name and
    hash are theirs is played and asked again. Nothing that a results file names is run otherwise."""
    limits: Limits = dataclasses.field(default_factory=Limits)
    """What these policies may use."""


@dataclasses.dataclass
class Demo:
    """Evaluate the game's own personas, print the leaderboard, write its page and one replay."""

    suite: str = "steward"
    """A suite, or the id of one scenario."""
    folder: Path = Path(".")
    """Where to write results.db, board.html, board-replays/ and replay.gif."""
    policies: tuple[str, ...] = ("clean", "gyges", "greedy", "random")
    """Who plays."""
    episodes: int | None = None
    """Episodes per scenario instead of the scenarios' own numbers."""
    probes: int = 32
    """Decisions per scenario that are priced and asked both ways."""


@dataclasses.dataclass
class List:
    """Say what there is: environments, scenarios, suites, personas, norms, renderers."""

    json: bool = False
    """As JSON, for tools."""


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
    out: Path | None = None
    """File to write; by default named after policy, scenario and episode."""


Command = (
    Annotated[Evaluate, subcommand("evaluate")]
    | Annotated[Leaderboard, subcommand("leaderboard")]
    | Annotated[Demo, subcommand("demo")]
    | Annotated[List, subcommand("list")]
    | Annotated[Export, subcommand("export")]
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors that Gyges raises on purpose are printed, without a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        load_plugins()
        if given and given[0] in PASSED_ON:
            return _pass_on(*PASSED_ON[given[0]], given[1:])
        given = given or ["--help"]
        if given in (["-h"], ["--help"]):
            print(_more())
        command = tyro.cli(Command, args=given, prog="gyges")  # type: ignore[call-overload]
        return RUN[type(command)](command)
    except GygesError as error:
        print("\n".join(map(plain, f"gyges: {error}".splitlines())), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("gyges: stopped; what was complete is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except OSError as error:
        print(f"gyges: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        return 2


def _more() -> str:
    return "Besides the commands below:\n" + "".join(f"  gyges {k:<12}{v[1]}\n" for k, v in PASSED_ON.items())


def _pass_on(entry: str, what: str, arguments: list[str]) -> int:
    module, _, name = entry.partition(":")
    return int(getattr(importlib.import_module(module), name)(arguments) or 0)


def evaluate(command: Evaluate) -> int:
    """``gyges evaluate``."""
    from gyges.scenarios.evaluation.evaluate import evaluate as run

    if re.search(r"[:./]", command.policy) and not command.policy.startswith(MODELS):
        for line in unprotected():
            print(f"gyges: {line}", file=sys.stderr)
    if command.trust:
        importlib.import_module("gyges.agents.sb3.policy").trust(command.trust)
    with _bars(f"{command.policy} on {command.suite}") as progress:
        done = run(
            command.policy, command.suite, command.out, episodes=command.episodes, probes=command.probes,
            again=command.again, nonce=command.nonce, limits=command.limits, threads=command.threads,
            chunk=command.chunk, progress=progress,
        )  # fmt: skip
    print(f"{done.policy} on {done.suite}: run {done.id} is complete in {command.out}")
    if words := _forfeits(command.out, done):
        print(words)
    return 0


def _forfeits(path: Path, run: Any) -> str:
    """How many seats a run forfeited, and the first reason; empty where none."""
    from gyges.scenarios.evaluation.store import Store
    from gyges.scenarios.scenario import Scenario

    with Store(path) as store:
        results = store.results(run)
        first = next((one for one in results if one.forfeits), None)
        if first is None:
            return ""
        plans = {data["id"]: Scenario.from_dict(data) for data in store.plans(run)}
        reason = store.episode(run, first.scenario, first.idx).forfeits[0].reason
    reason = plain(reason)
    lost, every = sum(one.forfeits for one in results), sum(plans[one.scenario].num_focal for one in results)
    return f"forfeits: {lost} of {every} seats; first reason: {reason}"


@contextlib.contextmanager
def _bars(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar per scenario on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, Any] = {}
        whole = bars.add_task(title, total=None)

        def progress(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(f"  {name}", total=total)
            bars.update(tasks[name], completed=done)
            bars.update(whole, completed=sum(bars.tasks[task].completed for task in tasks.values()))

        yield progress


def leaderboard(command: Leaderboard) -> int:
    """``gyges leaderboard``."""
    from rich.console import Console

    from gyges.scenarios.evaluation.store import Store

    console = Console()
    with Store(command.results) as store:
        notes = _verified(store, command, console) if command.verify else []
        if notes is None:
            return 1
        _board(store, command.suite, command.html, console, notes)
    return 0


def _board(
    store: Any, suite: str | None, html: Path | None, console: Any, notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Print the table and write the page; returns the page's data."""
    from gyges.scenarios.report import leaderboard as board

    folder = None if html is None else html.with_name(f"{html.stem}-replays")
    data = board.page_data(store, suite, replays=folder, notes=notes)
    board.print_table(data, console)
    if html is not None:
        from gyges.render.page.page import write

        console.print(f"page: {write(data, html)}", markup=False, soft_wrap=True)
    return dict(data)


def demo(command: Demo) -> int:
    """``gyges demo``."""
    from rich.console import Console

    from gyges.scenarios.evaluation.evaluate import evaluate as run
    from gyges.scenarios.evaluation.store import Store

    console = Console()
    command.folder.mkdir(parents=True, exist_ok=True)
    results = command.folder / "results.db"
    for policy in command.policies:
        with _bars(f"{policy} on {command.suite}") as progress:
            run(policy, command.suite, results, episodes=command.episodes, probes=command.probes,
                progress=progress)  # fmt: skip
    with Store(results) as store:
        data = _board(store, command.suite, command.folder / "board.html", console)
    links = [link["href"] for row in data["rows"] for link in row["replays"] if row["policy"] == "gyges"]
    links += [link["href"] for row in data["rows"] for link in row["replays"]]
    if links:
        from gyges.render import replay

        replay.main(command.folder / links[0], gif=command.folder / "replay.gif")
        console.print(f"replay: {command.folder / 'replay.gif'}, from {links[0]}", soft_wrap=True)
        console.print(f"watch it: gyges replay {command.folder / links[0]}", soft_wrap=True)
    return 0


def _verified(store: Any, command: Leaderboard, console: Any) -> list[str] | None:
    """Verify every run; notes for the table, or None where something does not reproduce."""
    from gyges.scenarios.evaluation.recompute import ask_again
    from gyges.scenarios.evaluation.verify import standing, verify

    sound = True
    asked: list[str] = []
    notes = []
    for run in store.runs(command.suite):
        with _bars(f"verifying run {run.id}, {plain(run.policy)}") as progress:
            wrong = verify(store, run, progress=progress)
        state, unverifiable = "reproduces", ""
        if not wrong and run.finished is not None:
            with _bars(f"asking {plain(run.policy)} again") as progress:
                wrong, unverifiable = ask_again(
                    store, run, policies=command.policies, limits=command.limits, progress=progress
                )
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
        console.print(plain(f"run {run.id}, {run.policy} on {run.suite}: {state}"), markup=False)
        for one in wrong[:10]:
            console.print(plain(f"  {one.scenario} {one.number}: {one.what}"), markup=False)
    if asked:
        who = ", ".join(asked)
        notes.insert(0, f"Verified by playing every episode and asking every question again: {who}.")
    return notes if sound else None


def listing(command: List) -> int:
    """``gyges list``."""
    from gyges.scenarios.report.catalogue import catalogue, show

    data = catalogue()
    if command.json:
        print(json.dumps(data, indent=2))
    else:
        show(data)
    return 0


def export(command: Export) -> int:
    """``gyges export``."""
    from gyges.envs.episode import SUFFIX
    from gyges.envs.errors import ConfigError, UnknownNameError
    from gyges.scenarios.evaluation.store import Store

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
        name = f"{names[0]}-{command.scenario}-{command.index}{SUFFIX}"
        print(episode.save(command.out or Path(name)))
    return 0


RUN: dict[type, Callable[[Any], int]] = {
    Evaluate: evaluate,
    Leaderboard: leaderboard,
    Demo: demo,
    List: listing,
    Export: export,
}

if __name__ == "__main__":
    raise SystemExit(main())
