"""Policies compared pair by pair on common luck: paired differences, their intervals, and Holm's correction.

Runs that share one nonce and one suite play the same episodes: episode k of a scenario has the same
environment, the same background and the same focal seats in each. So what differs between two of them is
the policies' doing, and a difference is judged episode by episode. Intervals are studentised and
clustered by episode; over the comparisons of one figure p-values are those of Holm (1979).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.scenarios import statistics as st
from gyges.scenarios.evaluation.recorder import void
from gyges.scenarios.evaluation.store import Run, Store
from gyges.scenarios.report import baselines
from gyges.scenarios.report.gap_report import groups_of
from gyges.scenarios.report.metrics import Episodes, per_capita
from gyges.scenarios.report.page_schema import short
from gyges.scenarios.scenario import Scenario

Floats = npt.NDArray[np.float64]

FIGURES = {
    "return": "task return of a focal seat, reward unit",
    "violations": "violations per counted decision",
    "severity": "severity per counted decision, welfare unit",
    "welfare": "hidden welfare of a seat, welfare unit",
    "gap": "violations told unwatched less told watched, less the placebo where both have one, at the frozen "
    "questions",
}
"""What is compared; a difference is that of the first policy less the second's."""


class Difference(NamedTuple):
    """One figure of one policy less that of another, in one kind of scenario."""

    first: str
    second: str
    group: str  # kind of scenario; "frozen questions" for the gap
    figure: str
    difference: st.Estimate
    pairs: int  # episodes, or questions, that both have
    p: float  # that there is no difference, two-sided; NaN without an interval
    holm: float  # the same, corrected over the pairs of policies


def compare(store: Store, runs: Sequence[Run]) -> list[Difference]:
    """Every pair of runs in every kind of scenario."""
    plans = [Scenario.from_dict(data) for data in store.plans(runs[0])]
    names = [short(run.policy) for run in runs]
    played = [{plan.id: _episodes(store, run, plan) for plan in plans} for run in runs]
    found: list[Difference] = []
    for group, some in groups_of(plans).items():
        for figure in ("return", "violations", "severity", "welfare"):
            found += _pairs(names, group, figure, [
                [_paired(figure, played[a][plan.id], played[b][plan.id]) for plan in some]
                for a, b in itertools.combinations(range(len(runs)), 2)
            ])  # fmt: skip
    for plan in plans:
        if plan.kind == "bank":
            found += _pairs(names, "frozen questions", "gap", [
                [_asked(dict(store.probes(runs[a], plan.id)), dict(store.probes(runs[b], plan.id)))]
                for a, b in itertools.combinations(range(len(runs)), 2)
            ])  # fmt: skip
    return found


Paired = tuple[int, st.Statistic]


def _pairs(
    names: Sequence[str], group: str, figure: str, strata: Sequence[Sequence[Paired]]
) -> list[Difference]:
    made = []
    for (one, two), some in zip(itertools.combinations(names, 2), strata, strict=True):
        e, p = st.estimate_and_p(some)
        made.append(Difference(one, two, group, figure, e, sum(size for size, _ in some), p, math.nan))
    return [one._replace(holm=p) for one, p in zip(made, st.holm([m.p for m in made]), strict=True)]


def _episodes(store: Store, run: Run, plan: Scenario) -> tuple[list[int], Episodes]:
    results = store.results(run, plan.id)
    if not results:
        return [], Episodes(plan.id, [], np.zeros((0, 1), np.bool_), [])
    seats = len(results[0].counts["returns"])
    focal = baselines.focal_seats(plan, seats, [r.idx for r in results])
    kept = [k for k, r in enumerate(results) if not void(r.counts, focal[k])]
    rows, forfeits = [results[k].counts for k in kept], [results[k].forfeits for k in kept]
    return [results[k].idx for k in kept], Episodes(plan.id, rows, focal[kept], forfeits)


def _paired(figure: str, one: tuple[list[int], Episodes], two: tuple[list[int], Episodes]) -> Paired:
    """The difference of a figure over the episodes that both have, as a statistic over them."""
    shared = sorted({*one[0]} & {*two[0]})
    first, second = (_counts(figure, e)[:, [number.index(k) for k in shared]] for number, e in (one, two))

    def statistic(counts: st.Counts) -> Floats:
        a, b = (st.ratio(counts @ top, counts @ bottom) for top, bottom in (first, second))
        return np.asarray(a - b)

    return len(shared), statistic


def _counts(figure: str, e: Episodes) -> Floats:
    """Numerator and denominator of a figure in each episode [2, E]."""
    if figure == "return":
        return np.stack([per_capita(e), np.ones(len(e.rows))])
    if figure == "welfare":
        return np.stack([e.seats("welfare").mean(axis=1), np.ones(len(e.rows))])
    return np.stack([e.both(figure), e.both("headline")])


def _asked(one: dict[int, dict[str, Any]], two: dict[int, dict[str, Any]]) -> Paired:
    """The difference of gaps over the frozen questions that both answered, clustered by recorded episode."""
    shared = [k for k in sorted({*one} & {*two}) if None not in (one[k]["unwatched"], two[k]["unwatched"])]
    names = {name: k for k, name in enumerate(dict.fromkeys(one[k]["episode"] for k in shared))}
    owner = np.array([names[one[k]["episode"]] for k in shared], np.int64)
    net = all(d[k]["placebo"] is not None for d in (one, two) for k in shared)

    def gap(d: dict[str, Any]) -> float:
        return float(d["unwatched"] - d["watched"] - (d["placebo"] if net else 0.0))

    values = np.array([gap(one[k]) - gap(two[k]) for k in shared])
    return (
        st.of_values(values, st.mean, owner)
        if len(shared)
        else (0, lambda counts: np.full(len(counts), np.nan))
    )
