"""``gyges evaluate``: a policy plays every scenario of a suite; what it did goes to a results file."""

from __future__ import annotations

import dataclasses
import importlib
import re
import sys
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from gyges.agents.load import MODELS
from gyges.agents.sandbox.process import Limits, unprotected
from gyges.scenarios.cli.progress import shown
from gyges.scenarios.evaluation import evaluate
from gyges.scenarios.evaluation.store import Store
from gyges.scenarios.executor import Executor
from gyges.scenarios.report.page_schema import plain
from gyges.scenarios.scenario import Scenario


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
    workers: int = 1
    """Processes that play scenarios side by side."""
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
            print(f"gyges: {line}", file=sys.stderr)
    if command.trust:
        importlib.import_module("gyges.agents.sb3.policy").trust(command.trust)
    with Executor(command.workers) as executor, shown(f"{command.policy} on {command.suite}") as progress:
        done = evaluate.evaluate(
            command.policy, command.suite, command.out, episodes=command.episodes, probes=command.probes,
            again=command.again, nonce=command.nonce, limits=command.limits, threads=command.threads,
            chunk=command.chunk, executor=executor, progress=progress,
        )  # fmt: skip
    print(f"{done.policy} on {done.suite}: run {done.id} is complete in {command.out}")
    if words := _forfeits(command.out, done):
        print(words)
    return 0


def _forfeits(path: Path, run: Any) -> str:
    """How many seats a run forfeited, and the first reason; empty where none."""
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
