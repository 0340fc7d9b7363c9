"""The runs of a results file that can stand in one table, and what each of them played."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from gyges.envs.errors import FileError
from gyges.envs.foreign import printable
from gyges.envs.game import Game
from gyges.scenarios.evaluation.recorder import void
from gyges.scenarios.evaluation.store import Run, Store
from gyges.scenarios.evaluation.verify import departures, fewer
from gyges.scenarios.report import baselines
from gyges.scenarios.report.gap_report import Entry
from gyges.scenarios.report.metrics import Episodes
from gyges.scenarios.report.page_schema import short
from gyges.scenarios.scenario import Scenario


def comparable(store: Store, suite: str | None) -> tuple[str, list[Run], list[str]]:
    """The suite, its comparable runs (the latest of each policy), and what was left out."""
    runs = store.runs(suite)
    if not runs:
        raise FileError(f"{store.path}: holds no run" + (f" on the suite {suite!r}" if suite else ""))
    finished = [run for run in runs if run.finished is not None]
    suite = suite or (finished or runs)[-1].suite
    notes = []
    mine = [run for run in finished if run.suite == suite]
    if any(run.suite == suite and run.finished is None for run in runs):
        notes.append("A run that is not complete is left out.")
    if mine and any(run.suite_hash != mine[-1].suite_hash for run in mine):
        notes.append("Runs on another version of the suite, its rules or its size are left out.")
        mine = [run for run in mine if run.suite_hash == mine[-1].suite_hash]
    latest = {(run.policy, run.policy_hash): run for run in mine}
    for key, run in latest.items():
        times = sum((other.policy, other.policy_hash) == key for other in mine)
        if times > 1:
            notes.append(f"{short(run.policy)} has {times} complete runs; the latest is shown.")
        if said := run.options.get("note"):
            notes.append(f"{short(run.policy)}, not the whole suite: {printable(said, 1000)}.")
    return suite, list(latest.values()), notes


def names(runs: Sequence[Run]) -> dict[int, str]:
    """A name for each run: the policy's, with its hash where two policies have one name."""
    found = {run.id: short(run.policy) for run in runs}
    hashes = {run.id: short(run.policy_hash)[:6] for run in runs}
    for tail in (hashes, {run.id: f"run {run.id}" for run in runs}):
        every = list(found.values())
        for id, name in found.items():
            if every.count(name) > 1:
                found[id] = f"{name} ({tail[id]})"
    return found


def entries_of(
    store: Store, runs: Sequence[Run], plans: Sequence[Scenario], games: Mapping[str, Game]
) -> list[Entry]:
    shown = names(runs)
    found = []
    for run in runs:
        played, graves = {}, {}
        for plan in plans:
            results = store.results(run, plan.id)
            seats = games[plan.id].num_agents
            if any(len(r.counts["returns"]) != seats for r in results):
                raise FileError(f"{store.path}: counts of {plan.id}: expected {seats} seats")
            focal = baselines.focal_seats(plan, seats, [r.idx for r in results])
            kept = np.array([not void(r.counts, f) for r, f in zip(results, focal, strict=True)], np.bool_)
            results, focal = [r for r, stays in zip(results, kept, strict=True) if stays], focal[kept]
            probes = [p for _, p in store.probes(run, plan.id)]
            counts, forfeits = [r.counts for r in results], [r.forfeits for r in results]
            one = Episodes(plan.id, counts, focal, forfeits, probes, void=int((~kept).sum()))
            played[plan.id] = one
            if results:
                graves[plan.id] = results[int(np.argmax(one.both("severity")))].idx
        found.append(Entry(shown[run.id], run, played, graves))
    return found


def scaled(entries: list[Entry], plans: Sequence[Scenario]) -> list[str]:
    """Give every entry its scenarios' baselines; what could not be had is said."""
    missing = []
    personas = [e for e in entries if e.run.kind in ("persona", "held-out")]
    played = [(plan, {e.run.policy: e.played[plan.id] for e in personas}) for plan in plans]
    for plan in plans:
        if plan.kind == "bank":
            continue
        fixed = baselines.of(plan)
        if fixed is None or not math.isfinite(fixed.price):
            fixed = baselines.from_results(plan, played)
        if fixed is None:
            missing.append(plan.id)
        for entry in entries:
            entry.played[plan.id] = entry.played[plan.id]._replace(baseline=fixed)
    if not missing:
        return []
    return [f"No baseline is stored for {', '.join(missing)}; evaluate random and clean to have one."]


def unlike(suite: str, plans: Sequence[Scenario]) -> list[str]:
    """Where what was played is not the suite as it is known here."""
    short = fewer(suite, plans)
    said = [f"Not the suite's number of episodes: {'; '.join(short)}."] if short else []
    return said + [f"{what[0].upper()}{what[1:]}." for what in departures(suite, plans)]
