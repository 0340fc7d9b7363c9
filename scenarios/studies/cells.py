"""One cell from its key to its figures: train, play, measure against what was foretold."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.agents.data.dataset import Dataset
from gyges.envs.choice_point import headline, headline_violations
from gyges.envs.errors import DivergedError
from gyges.scenarios.raters.score import rate
from gyges.scenarios.studies import measure
from gyges.scenarios.studies.learners import Trained, train
from gyges.scenarios.studies.profile import NONE, Cell, Mode
from gyges.scenarios.studies.supplies import Supplies

Floats = npt.NDArray[np.float64]


def run(supplies: Supplies, cell: Cell) -> dict[str, Any]:
    """Train and measure one cell; plain data, the same for the same key (but for `seconds`).

    A learner that diverges is a result as well: its status is "diverged" and it has no figures.
    """
    mode = supplies.profile.mode(cell.mode)
    begun = time.process_time()
    try:
        made = train(supplies, cell)
    except DivergedError as error:
        return {"status": "diverged", "words": str(error), "by": {}}
    data = supplies.played(mode, made.policy, "evaluate", cell.seed)
    raters = supplies.profile.raters if cell.rater == NONE else (cell.rater,)
    out: dict[str, Any] = {
        "status": "done",
        "how": made.how,
        "charge": made.charge._asdict(),
        "samples": made.samples,
        "good": made.good,
        "log": made.log,
        "figures": figures(data),
        "events": {name: {"happened": int(one.sum()), "episodes": len(one)}
                   for name, one in measure.events(data).items()},
        "by": {name: by_rater(supplies, mode, cell, made, data, name) for name in raters},
    }  # fmt: skip
    source = cell.data if cell.data != NONE else "behaviour"
    if cell.arm not in ("random", "best-gold", "best-proxy"):
        out["kl"] = measure.moved_away(made.policy, supplies.clone(mode, source, cell.seed), data)
    out["conduct"] = sparse(measure.conduct(data))
    out["seconds"] = {"train": made.seconds, "all": time.process_time() - begun}
    return dict(plain(out))


def figures(data: Dataset) -> dict[str, float]:
    """Rates of one policy's play; NaN where nothing counts."""
    sums = {name: float(values.sum()) for name, values in measure.rates(data).items()}
    seen = {name: sums[name] - sums[f"{name}_unwatched"] for name in ("headline", "violations")}
    return {
        "episodes": float(len(data.episodes.start)),
        "return": sums["reward"] / len(data.episodes.start),
        "violation_rate": over(sums["violations"], sums["headline"]),
        "violation_rate_watched": over(seen["violations"], seen["headline"]),
        "violation_rate_unwatched": over(sums["violations_unwatched"], sums["headline_unwatched"]),
        "severity": over(sums["severity"], sums["decisions"]),
    }


def by_rater(
    supplies: Supplies, mode: Mode, cell: Cell, made: Trained, data: Dataset, name: str
) -> dict[str, Any]:
    """Proxy and gold of a rater, and how well its predictors foretold the play."""
    rater = supplies.rater(mode, name)
    proxy = measure.per_episode(data, rate(data, rater))
    gold = measure.per_episode(data, rate(data, measure.gold_of(rater)))
    out: dict[str, Any] = {
        "proxy": float(proxy.mean()),
        "gold": float(gold.mean()),
        "proxy_error": error(proxy),
        "gold_error": error(gold),
    }
    foretold = predictions(supplies, mode, cell, name)
    done = measure.conduct(data)
    rate_done = figures(data)["violation_rate"]
    out["foretold"] = {
        who: {"js": measure.divergence(table, done), "vr": abs(vr - rate_done)}
        for who, (table, vr) in foretold.items()
    }
    if cell.signal in ("binary", "random") and cell.rater != NONE:
        maker = supplies.satisficer(mode, cell)
        out["label_rate"] = float((proxy >= maker.threshold - 1e-6 * max(1.0, abs(maker.threshold))).mean())
        out["threshold"] = maker.threshold
    return out


def predictions(
    supplies: Supplies, mode: Mode, cell: Cell, name: str
) -> dict[str, tuple[measure.Conduct, float]]:
    """What is foretold before deployment, by three predictors: conduct and violation rate.

    data: the decisions of recorded episodes called good (an arm without data: of behaviour).
    plan: play of what the rater is known to pay most.
    clone: play of a clone of all data.
    """
    kind = cell.data if cell.data != NONE else "behaviour"
    key = f"{mode.name}/foretold-{kind}-{name}-{cell.seed}"

    def find() -> dict[str, Any]:
        data = supplies.data(mode, kind, cell.seed)
        label = Cell(mode.name, name, kind, "conditioned", "binary", cell.seed)
        maker = supplies.satisficer(mode, label)
        good = maker.label(data, supplies.scores(mode, kind, cell.seed, name)) > 0
        made = {"data": (measure.conduct(data, good), rate_of(data, good))}
        for who, policy in (("plan", supplies.best(mode, name)[0]),
                            ("clone", supplies.clone(mode, kind, cell.seed))):  # fmt: skip
            play = supplies.played(mode, policy, "foretell", cell.seed)
            made[who] = (measure.conduct(play), figures(play)["violation_rate"])
        return {who: {"conduct": sparse(table), "vr": vr} for who, (table, vr) in made.items()}

    found = supplies.remembered(key, find)
    shape = (len(supplies.game(mode).phases) * 2, len(measure.VERBS) * len(measure.BUCKETS) * 2)
    return {who: (dense(one["conduct"], shape), one["vr"]) for who, one in found.items()}


def facts(supplies: Supplies, mode: Mode, kind: str, number: int) -> dict[str, Any]:
    """What is true of one recorded dataset: events, violation rate, and by rater what is good in it."""

    def find() -> dict[str, Any]:
        data = supplies.data(mode, kind, number)
        seen = measure.events(data)
        out: dict[str, Any] = {
            "episodes": len(data.episodes.start), "decisions": len(data), "figures": figures(data),
            "events": {name: int(one.sum()) for name, one in seen.items()}, "good": {}, "threshold": {},
        }  # fmt: skip
        for name in supplies.profile.raters:
            cell = Cell(mode.name, name, kind, "conditioned", "binary", number)
            maker = supplies.satisficer(mode, cell)
            labels = data.total(maker.label(data, supplies.scores(mode, kind, number, name)), "episode") > 0
            out["good"][name], out["threshold"][name] = int(labels.sum()), maker.threshold
        return plain(out)  # type: ignore[no-any-return]

    found = supplies.remembered(f"{mode.name}/facts-{kind}-{number}", find)
    return dict(found)


def rate_of(data: Dataset, keep: npt.NDArray[np.bool_]) -> float:
    """Violation rate of some of the recorded decisions."""
    ledger = data.steps.ledger
    counted = headline(ledger) & keep
    return over(float((headline_violations(ledger) & keep).sum()), float(counted.sum()))


def over(top: float, bottom: float) -> float:
    """Quotient; NaN where there is nothing to count."""
    return top / bottom if bottom else math.nan


def error(values: Floats) -> float:
    """Standard error of a mean."""
    return float(values.std() / math.sqrt(len(values)))


def sparse(table: measure.Conduct) -> dict[str, Any]:
    """Counts that are not 0, as plain data."""
    row, column = np.nonzero(table.counts)
    values = table.counts[row, column]
    return {"row": row.tolist(), "column": column.tolist(), "count": [int(v) for v in values]}


def dense(found: dict[str, Any], shape: tuple[int, int]) -> measure.Conduct:
    """Counts from what `sparse` wrote."""
    counts = np.zeros(shape)
    counts[found["row"], found["column"]] = found["count"]
    return measure.Conduct(counts)


def plain(value: Any) -> Any:
    """JSON-able data; numbers that are not finite become None."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
