"""Evaluation: a policy plays every scenario of a suite, and what it did goes to a results file.

The episodes of a scenario are rows of one batch. Episode k of a scenario is the environment
(seed, k), and the seed follows from the run's nonce and the scenario's id. The nonce is drawn after
the policy's hash has been recorded; its own hash, the commitment, is stored with the run at once and
the nonce is revealed when the run is complete. So a run that was killed goes on where it stood, and
the result is the one it would have had.

Personas and language models play in this process; everything else plays in a process of its own
(`gyges.agents.sandbox.policy`).
A seat whose policy fails is forfeited: from that step on it takes the first legal action (action 0
where that is legal), its forfeit is recorded, and the rate is shown beside every other figure.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from gyges.agents.llm.chat.budget import Budget
from gyges.agents.load import build
from gyges.agents.sandbox.process import Limits
from gyges.envs.episode import versions
from gyges.envs.errors import BudgetError, ConfigError, PolicyError
from gyges.envs.policy import Policy
from gyges.scenarios.evaluation.plan import (
    Plan,
    commitment,
    kind_of,
    left_out,
    part_of,
    plan,
    policy_hash,
    resized,
    sized,
    suite_hash,
)
from gyges.scenarios.evaluation.play import CHUNK, Progress, play_chunk, seated, stretches
from gyges.scenarios.evaluation.questions import ask_bank, ask_on_path
from gyges.scenarios.evaluation.recorder import void
from gyges.scenarios.evaluation.store import Run, Store
from gyges.scenarios.executor import Executor
from gyges.scenarios.scenario import Scenario, scenarios

PROBES = 64
"""Decisions of a scenario that are priced and asked in every arm."""


def evaluate(
    policy: str,
    suite: str,
    out: str | os.PathLike[str],
    *,
    episodes: int | None = None,
    probes: int = PROBES,
    again: bool = False,
    nonce: str | None = None,
    limits: Limits | None = None,
    threads: int = 1,
    chunk: int = CHUNK,
    chosen: Sequence[Scenario] | None = None,
    note: str = "",
    budget: Budget | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Run:
    """Evaluate a policy on a suite, or go on with an evaluation that was cut off.

    Args:
        policy: persona, ``module:Class``, ``file.py`` or ``file.py:Class``, ``llm:MODEL@URL``.
        suite: a suite, or one scenario's id.
        out: results file, made where it does not exist.
        episodes: episodes per scenario, instead of the scenarios' own numbers.
        probes: decisions per scenario that are priced and asked in every arm
            (`gyges.scenarios.counterfactual.onpolicy_probe`).
        again: begin another run though a complete one stands.
        nonce: 32 hex digits, for tests; otherwise drawn. The run then says that it was given.
        limits: what a submitted policy may use.
        threads: of the batches; for a few hundred rows one thread is as fast as several.
        chunk: episodes that are played and written together; no result depends on it.
        chosen: the scenarios to play, instead of the suite's; `suite` is then the name of their run.
        note: what is to be said of the run beside its figures.
        budget: what a language model may cost. Where it is spent, the run ends with what is complete, and
            says so.
        executor: whose processes play scenarios side by side; by default one after another, here.
        progress: called with how far it is.

    Raises:
        FileError: `out` is something else; nothing has been written to it.
        UnknownNameError, ConfigError, PolicyError: what was asked for does not exist or fit.
        BudgetError: the budget was spent before anything was complete.
    """
    if nonce is not None and (len(nonce) != 32 or not set(nonce) <= set("0123456789abcdef")):
        raise ConfigError(f"a nonce is 32 hexadecimal digits, not {nonce!r}")
    if chunk < 1 or (episodes is not None and episodes < 1):
        raise ConfigError("chunk and episodes are at least 1")
    if probes < 0:
        raise ConfigError(f"probes: expected 0 or more, got {probes}")
    chosen = scenarios(suite) if chosen is None else tuple(chosen)
    plans = plan(policy, sized(chosen, episodes))
    limits = limits or Limits()
    hidden = [os.path.abspath(f"{os.fspath(out)}{end}") for end in ("", "-wal", "-shm", "-journal")]
    with Store(out, write=True) as store, contextlib.ExitStack() as early:
        run, first = _standing(store, suite, plans, probes, nonce, again), None
        if run is None:  # one that cannot be made leaves no run behind
            first = early.enter_context(seated(plans[0], limits, hidden, budget))
            run = _begin(store, policy, suite, plans, probes, nonce, note)
        if run.finished is not None:
            return run
        todo = _Todo(os.path.abspath(out), run, store.secret(run), limits, hidden, threads, chunk, probes)
        if executor is None or executor.workers == 1 or budget is not None:
            try:
                for ready in plans:
                    fresh = seated(ready, limits, hidden, budget)
                    seat = fresh if first is None else contextlib.nullcontext(first)
                    _scenario(store, todo, ready, seat, progress)
                    early.close()
                    first = None
            except BudgetError as spent:
                run = _shortened(store, run, plans, probes, str(spent))
        else:
            early.close()
            _side_by_side(executor, todo, plans, progress)
        return store.finish(run)


def evaluate_panel(
    policies: Sequence[str],
    suite: str,
    out: str | os.PathLike[str],
    *,
    episodes: int | None = None,
    probes: int = PROBES,
    again: bool = False,
    limits: Limits | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[Run]:
    """Evaluate several policies on the same episodes with the same luck, or go on with that.

    The hashes of all of them are on record before the one nonce is drawn, and it is revealed after the last.

    Args:
        policies: two or more, as for `evaluate`.
        suite, out, episodes, probes, again, limits, executor, progress: as for `evaluate`.

    Returns:
        Their runs, in order.

    Raises:
        FileError, UnknownNameError, ConfigError, PolicyError: as for `evaluate`.
    """
    chosen, limits = sized(scenarios(suite), episodes), limits or Limits()
    every = [plan(policy, chosen) for policy in policies]
    hidden = [os.path.abspath(f"{os.fspath(out)}{end}") for end in ("", "-wal", "-shm", "-journal")]
    with Store(out, write=True) as store:
        name = panel_name(every, probes)
        complete = [
            r for r in store.runs(suite, finished=True) if str(r.options.get("panel")).startswith(name)
        ]
        turns = sorted({str(r.options["panel"]) for r in complete})
        panel = f"{name}-{len(turns) + 1}" if again or not turns else turns[-1]
        runs = []
        for policy, plans in zip(policies, every, strict=True):
            done = [r for r in complete if r.options["panel"] == panel and r.policy == plans[0].source.name]
            runs.append(done[0] if done else _record(store, policy, suite, plans, probes, {"panel": panel}))
        nonce = next((store.secret(run) for run in runs if run.commitment), secrets.token_hex(16))
        runs = [_commit(store, run, nonce) if run.commitment == "" else run for run in runs]
        for run, plans in zip(runs, every, strict=True):
            if run.finished is None:
                todo = _Todo(os.path.abspath(out), run, nonce, limits, hidden, 1, CHUNK, probes)
                _side_by_side(executor or Executor(1), todo, plans, progress)
        store.finish(*runs)
        return [store.run(run.id) for run in runs]


def panel_name(every: Sequence[Sequence[Plan]], probes: int) -> str:
    """What a panel of policies on a suite is called: 12 digits of a hash of all that is played."""
    parts = [policy_hash(plans) + suite_hash(plans, probes) for plans in every]
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:12]


def _standing(
    store: Store, suite: str, plans: Sequence[Plan], probes: int, nonce: str | None, again: bool
) -> Run | None:
    """The run to go on with, or a complete one; None where another is to begin."""
    key = (plans[0].source.name, policy_hash(plans), suite, suite_hash(plans, probes))
    same = [r for r in store.runs(suite) if (r.policy, r.policy_hash, r.suite, r.suite_hash) == key]
    for run in reversed(same):
        if run.options.get("panel") and run.finished is None:
            continue  # its nonce is that of others, which are not to know it yet
        if run.commitment == "":
            return _commit(store, run, nonce)
        other = nonce is not None and run.commitment != commitment(nonce)
        if not other and not (again and run.finished is not None):
            return store.run(run.id)
    return None


def _begin(
    store: Store, policy: str, suite: str, plans: Sequence[Plan], probes: int, nonce: str | None, note: str
) -> Run:
    """A new run, its nonce drawn after the policy's hash is on record."""
    options: dict[str, Any] = {"nonce": "drawn" if nonce is None else "given"}
    options |= {"note": note} if note else {}
    fresh = _record(
        store, policy, suite, plans, probes, options, None if nonce is None else commitment(nonce)
    )
    return _commit(store, fresh, nonce)


def _record(
    store: Store, policy: str, suite: str, plans: Sequence[Plan], probes: int, options: dict[str, Any],
    committed: str | None = None,
) -> Run:  # fmt: skip
    """A run on record, without a nonce."""
    return store.begin(
        policy=plans[0].source.name, source=policy, kind=kind_of(plans), policy_hash=policy_hash(plans),
        suite=suite, suite_hash=suite_hash(plans, probes), plans=[p.scenario for p in plans],
        options={"nonce": "drawn", "probes": probes} | options, versions=versions(), commitment=committed,
    )  # fmt: skip


def _commit(store: Store, run: Run, nonce: str | None) -> Run:
    """Draw the nonce, now that the policy's hash is on record."""
    drawn = nonce or secrets.token_hex(16)
    return store.commit(run, drawn, commitment(drawn))


def _shortened(store: Store, run: Run, plans: Sequence[Plan], probes: int, why: str) -> Run:
    """A run whose plan is what is complete of it: for every scenario its first episodes, or all its answers.

    Raises:
        BudgetError: nothing is.
    """
    sizes = {}
    for ready in plans:
        scenario = ready.scenario
        if scenario.kind == "bank":
            sizes[scenario.id] = scenario.episodes if store.probes(run, scenario.id) else 0
        else:
            done = store.done(run, scenario.id)
            sizes[scenario.id] = next(k for k in itertools.count() if k not in done)
    kept = resized(plans, sizes)
    if not kept:
        raise BudgetError(f"{why} before anything was complete")
    whole = probes and all(store.probes(run, one.id) for one in kept if one.kind == "episodes")
    probes = probes if whole else 0
    suite = run.suite if len(kept) == len(plans) else part_of(run.suite)
    said = f"{why}; {left_out(plans, sizes)}"
    note = "; ".join(filter(None, [str(run.options.get("note", "")), said]))
    again = plan(run.source, kept)
    options = {**run.options, "probes": probes, "note": note}
    return store.shorten(run, kept, suite=suite, suite_hash=suite_hash(again, probes), options=options)


class _Todo(NamedTuple):
    """What is the same for every scenario of a run."""

    out: str  # results file
    run: Run
    nonce: str
    limits: Limits
    hidden: Sequence[str]
    threads: int
    chunk: int
    probes: int


def _side_by_side(executor: Executor, todo: _Todo, plans: Sequence[Plan], progress: Progress | None) -> None:
    """Play the scenarios of a run in several processes, the long ones first."""
    sizes = {ready.scenario.id: ready.scenario.episodes for ready in plans}

    def done(name: str) -> None:
        if progress is not None:
            progress(name, sizes[name], sizes[name])

    order = sorted(plans, key=lambda ready: (ready.scenario.kind != "bank", -ready.scenario.episodes))
    executor.map(_alone, {ready.scenario.id: (todo, ready) for ready in order}, done)


def _alone(job: tuple[_Todo, Plan]) -> None:
    """Play one scenario of a run in a process that does nothing else."""
    todo, ready = job
    with Store(todo.out, write=True) as store:
        _scenario(store, todo, ready, seated(ready, todo.limits, todo.hidden), None)


def _scenario(
    store: Store, todo: _Todo, ready: Plan, seat: contextlib.AbstractContextManager[Policy],
    progress: Progress | None,
) -> None:  # fmt: skip
    """Play what is missing of a scenario, and put the questions that have not been put."""
    scenario, run, nonce, probes = ready.scenario, todo.run, todo.nonce, todo.probes
    bank = scenario.kind == "bank"
    done = set() if bank else store.done(run, scenario.id)
    left = stretches([] if bank else sorted(set(range(scenario.episodes)) - done), todo.chunk)
    asking = (bank or probes > 0) and not store.probes(run, scenario.id)
    if progress is not None and not bank:
        progress(scenario.id, len(done), scenario.episodes)
    if not left and not asking:
        return
    personas = {name: build(source, ready.game) for name, source in ready.sources.items()}
    with seat as policy:
        for first, count in left:
            played = play_chunk(ready, policy, personas, nonce, first, count, threads=todo.threads)
            if all(void(one.counts, one.episode.focal) for one in played):
                raise PolicyError(
                    f"{ready.source.text}: its server was lost; what was complete is kept, run again to go on"
                )
            store.add(run, played)
            if progress is not None:
                progress(scenario.id, len(store.done(run, scenario.id)), scenario.episodes)
        if asking:
            rows = (
                ask_bank(ready, policy, nonce)
                if bank
                else ask_on_path(
                    ready, policy, nonce, probes, lambda: seated(ready, todo.limits, todo.hidden)
                )
            )
            store.add_probes(run, scenario.id, rows)
            if progress is not None:
                progress(scenario.id, scenario.episodes, scenario.episodes)
