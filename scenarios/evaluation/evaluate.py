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
import functools
import hashlib
import itertools
import os
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

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
from gyges.scenarios.evaluation.play import CHUNK, Played, Progress, play_chunk, seated, stretches
from gyges.scenarios.evaluation.questions import Answered, ask_bank, ask_on_path
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
        executor: what plays parts of scenarios side by side; by default one after another, here.
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
        terms = Terms(store.secret(run), limits, hidden, threads, chunk, probes)
        if executor is None or executor.here or budget is not None:
            try:
                for ready in plans:
                    fresh = seated(ready, limits, hidden, budget)
                    seat = fresh if first is None else contextlib.nullcontext(first)
                    _scenario(store, run, terms, ready, seat, progress)
                    early.close()
                    first = None
            except BudgetError as spent:
                run = _shortened(store, run, plans, probes, str(spent))
        else:
            early.close()
            _side_by_side(store, run, terms, plans, executor, progress)
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
                terms = Terms(nonce, limits, hidden, 1, CHUNK, probes)
                _side_by_side(store, run, terms, plans, executor or Executor(1), progress)
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


class Terms(NamedTuple):
    """What is the same for everything that is played of a run."""

    nonce: str
    limits: Limits
    hidden: Sequence[str]
    threads: int
    chunk: int
    probes: int


class Part(NamedTuple):
    """A job: some consecutive episodes of a scenario, or its questions.

    Attributes:
        terms, ready: under what, and which scenario.
        first, episodes: which episodes; none for the questions.
    """

    terms: Terms
    ready: Plan
    first: int = 0
    episodes: int = 0

    @property
    def name(self) -> str:
        """What the job is called."""
        if not self.episodes:
            return f"{self.ready.scenario.id}, questions"
        return f"{self.ready.scenario.id}, episodes {self.first} to {self.first + self.episodes - 1}"


def _side_by_side(
    store: Store, run: Run, terms: Terms, plans: Sequence[Plan], executor: Executor, progress: Progress | None
) -> None:
    """Play what is missing of a run as jobs, the long ones first; only this process writes the file."""
    order = sorted(plans, key=lambda ready: (ready.scenario.kind != "bank", -ready.scenario.episodes))
    jobs = {part.name: part for ready in order for part in _missing(store, run, terms, ready)}
    with contextlib.closing(executor.each(_alone, jobs)) as ready_jobs:
        for name, found in ready_jobs:
            _write(store, run, jobs[name], found, progress)


def _scenario(
    store: Store, run: Run, terms: Terms, ready: Plan, seat: contextlib.AbstractContextManager[Policy],
    progress: Progress | None,
) -> None:  # fmt: skip
    """Play what is missing of a scenario here, and put the questions that have not been put."""
    parts = _missing(store, run, terms, ready)
    if progress is not None and ready.scenario.kind != "bank":
        progress(ready.scenario.id, len(store.done(run, ready.scenario.id)), ready.scenario.episodes)
    if parts:
        with seat as policy:
            for part in parts:
                _write(store, run, part, _played(part, policy), progress)


def _missing(store: Store, run: Run, terms: Terms, ready: Plan) -> list[Part]:
    """What of a scenario does not stand in the file."""
    scenario = ready.scenario
    bank = scenario.kind == "bank"
    left = [] if bank else sorted(set(range(scenario.episodes)) - store.done(run, scenario.id))
    parts = [Part(terms, ready, first, count) for first, count in stretches(left, terms.chunk)]
    asking = (bank or terms.probes > 0) and not store.probes(run, scenario.id)
    return [*parts, Part(terms, ready)] if asking else parts


def _alone(part: Part) -> list[Played] | Answered:
    """Do a job in a process that does nothing else."""
    with seated(part.ready, part.terms.limits, part.terms.hidden) as policy:
        return _played(part, policy)


def _played(part: Part, policy: Policy) -> list[Played] | Answered:
    """What a job gives: episodes or answers."""
    terms, ready, first, episodes = part
    if episodes:
        personas = {name: build(source, ready.game) for name, source in ready.sources.items()}
        return play_chunk(ready, policy, personas, terms.nonce, first, episodes, threads=terms.threads)
    if ready.scenario.kind == "bank":
        return ask_bank(ready, policy, terms.nonce)
    fresh = functools.partial(seated, ready, terms.limits, terms.hidden)
    return ask_on_path(ready, policy, terms.nonce, terms.probes, fresh)


def _write(
    store: Store, run: Run, part: Part, found: list[Played] | Answered, progress: Progress | None
) -> None:
    """Put into the file what a job gave.

    Raises:
        PolicyError: in all of its episodes the policy's server was lost; they are not written.
    """
    scenario = part.ready.scenario
    if part.episodes:
        played = cast(list[Played], found)
        if all(void(one.counts, one.episode.focal) for one in played):
            who = part.ready.source.text
            raise PolicyError(f"{who}: its server was lost; what was complete is kept, run again to go on")
        store.add(run, played)
        done = len(store.done(run, scenario.id))
    else:
        store.add_probes(run, scenario.id, cast(Answered, found))
        done = scenario.episodes
    if progress is not None:
        progress(scenario.id, done, scenario.episodes)
