"""``gyges evaluate``: a policy plays every scenario of a suite; what it did goes to a results file."""

from __future__ import annotations

import dataclasses
import re
import sys
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from gyges.agents.llm.chat.budget import Budget
from gyges.agents.llm.model_spec import is_model
from gyges.agents.load import MODELS
from gyges.agents.sandbox.process import Limits, unprotected
from gyges.agents.trust import trust
from gyges.envs.errors import ConfigError
from gyges.envs.foreign import echo, printable
from gyges.scenarios.cli import dry_run
from gyges.scenarios.cli.progress import shown
from gyges.scenarios.cli.suite_option import Suite
from gyges.scenarios.clusters.options import Cluster, Jobs
from gyges.scenarios.evaluation import evaluate
from gyges.scenarios.evaluation.arm_answers import ARMS
from gyges.scenarios.evaluation.estimate import CALLS, Meter, first_table
from gyges.scenarios.evaluation.evaluate import PROBES
from gyges.scenarios.evaluation.plan import plan, sized
from gyges.scenarios.evaluation.store import Run, Store
from gyges.scenarios.report import arms as report
from gyges.scenarios.scenario import Scenario, scenarios
from gyges.scenarios.text import arms

MODEL_CHUNK = 8
"""Episodes of a language model that are played and written together, so that little is lost."""


@dataclasses.dataclass
class Evaluate:
    """Let a policy play every scenario of a suite, and write what it did to a results file.

    A run that was cut off goes on where it stood.
    """

    policy: Positional[str]
    """A persona (clean, greedy, gyges, random ...), module:Class, file.py, file.py:Class, a checkpoint
    folder, or a language model: llm:MODEL@URL?prompt=charter, local:PATH, mock:1,2."""
    suite: Suite = "steward"
    """A suite, the id of one scenario, or a file: my_suite.toml."""
    out: Path = Path("results.db")
    """Results file; made where it does not exist, shared by any number of runs."""
    episodes: int | None = None
    """Episodes per scenario instead of the scenarios' own numbers."""
    probes: int | None = None
    """Decisions per scenario that are priced and asked in every arm: 64, and none for language models."""
    calls: int | None = None
    """Language models: calls at most, of which as much of the suite is played and asked as they allow;
    1,500 unless --episodes or --probes says what to play, 0 for the whole suite."""
    tokens: int = 0
    """Language models: tokens at most, 0 for no bound. Where a bound is met, the run ends with what is
    complete, and its table says so."""
    minutes: float = 0.0
    """Language models: minutes at most, 0 for no bound."""
    arms: tuple[str, ...] = ()
    """Language models: ask the same questions in several ways besides, apart from the scored run: format,
    mandate, awareness, knew, or all. What stands beside the run already is not asked again."""
    arm_questions: int = 48
    """Language models: questions of the bank that each arm asks."""
    arm_calls: int = CALLS
    """Language models: calls of all arms together at most, besides those of the run."""
    dry_run: bool = False
    """Say what would be played, and what it would cost where a language model plays; do nothing."""
    again: bool = False
    """Begin another run, with a new nonce, though a complete one stands."""
    nonce: str | None = None
    """32 hexadecimal digits instead of a drawn nonce; the run says that it was given."""
    threads: int = 1
    """CPU threads of the batches."""
    workers: int = 1
    """Processes that play scenarios side by side."""
    jobs: Jobs = dataclasses.field(default_factory=Cluster)
    """Where jobs run instead."""
    chunk: int = 256
    """Episodes that are played and written together."""
    limits: Limits = dataclasses.field(default_factory=Limits)
    """What a submitted policy may use."""
    trust: tuple[Path, ...] = ()
    """Folders whose models of stable-baselines3 may be loaded: that runs any code that is in the file."""


def run(command: Evaluate) -> int:
    """Evaluate; returns the exit status."""
    if re.search(r"[:./]", command.policy) and not command.policy.startswith(MODELS):
        for line in unprotected():
            echo(f"gyges: {line}", file=sys.stderr)
    if command.trust:
        trust(command.trust)
    if is_model(command.policy):
        return _model(command)
    if command.calls or command.tokens or command.minutes or command.arms:
        raise ConfigError("--arms, --calls, --tokens and --minutes are of language models")
    probes = PROBES if command.probes is None else command.probes
    if command.dry_run:
        line = dry_run.played(command.policy, command.suite, command.episodes, probes)
        return dry_run.said(line, writes=[command.out])
    _run(command, probes)
    return 0


def _model(command: Evaluate) -> int:
    """A language model: what it costs is said before it starts, and bounded."""
    if command.jobs.elsewhere:
        raise ConfigError("a language model plays from this process, which counts its cost: no --ray")
    wanted = _arms(command)
    calls, probes, free = command.calls, command.probes or 0, command.episodes is None and not command.probes
    if calls is None:
        calls = CALLS if free else 0
    more: dict[str, Any] = {}
    if calls and free:
        name, fit = first_table(command.policy, command.suite, calls)
        more, cost = {"suite": name, "chosen": fit.chosen, "note": fit.left_out}, fit.estimate
        if fit.left_out:
            echo(f"a part of {command.suite}, --calls 0 for all of it; {fit.left_out}", file=sys.stderr)
    else:
        every = plan(command.policy, sized(scenarios(command.suite), command.episodes))
        cost = Meter(command.policy, every, probes).whole()
    echo(f"{command.policy}: {cost}", file=sys.stderr, flush=True)
    if wanted is not None:
        echo(f"arms {', '.join(wanted.arms)}: at most {command.arm_calls:,} calls", file=sys.stderr)
    if command.dry_run:
        return 0
    budget = Budget(calls, command.tokens, command.minutes)
    done = _run(command, probes, budget=budget, **more)
    echo(f"spent: {budget.made:,} calls, {budget.spent:,} tokens")
    if wanted is not None:
        _ask(command, done, wanted)
    return 0


def _arms(command: Evaluate) -> arms.ArmOptions | None:
    """Which arms are wanted; their names may stand apart or with commas between.

    Raises:
        ConfigError: there is no such arm, or no game with a bank of questions.
    """
    names = [name for words in command.arms for name in words.split(",") if name]
    if not names:
        return None
    arms.games_of(scenarios(command.suite))
    chosen = tuple(arm for arm in ARMS if arm in names or "all" in names)
    if unknown := sorted({*names} - {*ARMS, "all"}):
        raise ConfigError(f"no arm {unknown[0]!r}; there are {', '.join(ARMS)}, or all")
    return arms.ArmOptions(chosen, command.arm_questions)


def _ask(command: Evaluate, done: Run, wanted: arms.ArmOptions) -> None:
    """Ask the arms that do not stand beside the run, and print what came of all."""
    budget = Budget(command.arm_calls, command.tokens, command.minutes)
    with Store(command.out, write=True) as store, shown(f"{command.policy}: arms") as progress:
        found = arms.add(store, done, command.policy, wanted, budget, progress)
    for game, answers in found.items():
        echo(f"arms at {game}: {len(answers.questions)} questions, told that nobody sees; 95 % intervals")
        for line in report.lines(report.figures(answers)):
            echo(line)
        if missing := [arm for arm in wanted.arms if arm not in answers.arms]:
            echo(f"not asked, as the budget was spent: {', '.join(missing)}")
    echo(f"spent: {budget.made:,} calls, {budget.spent:,} tokens")


def _run(command: Evaluate, probes: int, *, suite: str = "", **more: Any) -> Run:
    chunk = min(command.chunk, MODEL_CHUNK) if more else command.chunk
    title = f"{command.policy} on {command.suite}"
    with command.jobs.executor(command.workers) as executor, shown(title) as progress:
        done = evaluate.evaluate(
            command.policy, suite or command.suite, command.out, episodes=None if suite else command.episodes,
            probes=probes, again=command.again, nonce=command.nonce, limits=command.limits,
            threads=command.threads, chunk=chunk, executor=executor, progress=progress, **more,
        )  # fmt: skip
    echo(f"{done.policy} on {done.suite}: run {done.id} is complete in {command.out}")
    if note := done.options.get("note"):
        echo(f"not the whole suite: {printable(str(note))}")
    if words := _forfeits(command.out, done):
        echo(words)
    return done


def _forfeits(path: Path, run: Any) -> str:
    """How many seats a run forfeited, and the first reason; empty where none."""
    with Store(path) as store:
        results = store.results(run)
        first = next((one for one in results if one.forfeits), None)
        if first is None:
            return ""
        plans = {data["id"]: Scenario.from_dict(data) for data in store.plans(run)}
        reason = store.episode(run, first.scenario, first.idx).forfeits[0].reason
    reason = printable(reason)
    lost, every = sum(one.forfeits for one in results), sum(plans[one.scenario].num_focal for one in results)
    return f"forfeits: {lost} of {every} seats; first reason: {reason}"
