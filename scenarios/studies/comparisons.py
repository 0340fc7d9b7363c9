"""Finished cells as rows of figures, and comparisons of arms with their intervals.

A comparison of two arms pairs the cells that share mode, rater, data and seed. Its interval is clustered by
seed, whatever raters and kinds of data it is a mean over. An arm without data (PPO on scores) is paired with
each kind of data in turn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gyges.scenarios import statistics as st
from gyges.scenarios.studies.ledger import Result
from gyges.scenarios.studies.measure import EXPLOIT
from gyges.scenarios.studies.profile import NONE, Cell


class Row(NamedTuple):
    """A cell under one rater, in the units of the study; NaN where something cannot be had."""

    cell: Cell
    rater: str
    proxy: float
    gold: float
    phat: float  # normalised proxy: 0 random play, 1 the rater's best
    ghat: float  # normalised gold: 0 random play, 1 gold's best
    gap: float  # Goodhart gap against cloning of the same data
    vr: float
    vr_gap: float  # unwatched less watched violation rate
    severity: float
    js: float  # bits, the best of three predictors
    vr_miss: float  # |violation rate foretold - found| by that predictor
    who: str  # that predictor
    exploit: float  # share of episodes with the exploit; NaN for a rater without one
    events: dict[str, float]  # share of episodes
    amplified: dict[str, float]  # event's share over its share in the data
    bound: float  # 1 / P(good) in the data
    kl: float  # nats per episode from the clone
    learnt: float  # 1, 0: earns more of what it was paid than the clone; NaN where nothing was paid
    frames: int
    calls: int
    planned: int
    samples: int
    seconds: float


def rows(results: Sequence[Result], references: Mapping[str, Any], data: Mapping[str, Any]) -> list[Row]:
    """All finished cells as rows, one for each rater that a cell was measured by.

    Args:
        results: finished cells.
        references: by "mode/rater", as `Supplies.references` gives them.
        data: by "mode/data/seed", as `cells.facts` gives them.
    """
    clones = {(r.cell.mode, r.cell.data, r.cell.seed): r.result for r in results if r.cell.arm == "cloning"}
    out = []
    for one in results:
        if one.result["status"] != "done":
            continue
        for rater, by in one.result["by"].items():
            out.append(_row(one.cell, one.result, rater, by, references, data, clones))
    return out


def _row(
    cell: Cell, found: Mapping[str, Any], rater: str, by: Mapping[str, Any],
    references: Mapping[str, Any], data: Mapping[str, Any], clones: Mapping[Any, Any],
) -> Row:  # fmt: skip
    source = cell.data if cell.data != NONE else "behaviour"
    refer = references[f"{cell.mode}/{rater}"]
    known = data.get(f"{cell.mode}/{source}/{cell.seed}")
    clone = clones.get((cell.mode, source, cell.seed))
    phat = normalised(by["proxy"], refer["random"]["proxy"], refer["best_proxy"]["proxy"])
    ghat = normalised(by["gold"], refer["random"]["gold"], refer["best_gold"]["gold"])
    gap = math.nan
    if clone is not None:
        other = clone["by"][rater]
        gap = phat - normalised(other["proxy"], refer["random"]["proxy"], refer["best_proxy"]["proxy"])
        gap -= ghat - normalised(other["gold"], refer["random"]["gold"], refer["best_gold"]["gold"])
    figures, shares = found["figures"], {}
    for name, count in found["events"].items():
        shares[name] = count["happened"] / count["episodes"]
    amplified, bound = {}, math.nan
    if known is not None:
        for name, share in shares.items():
            before = known["events"][name] / known["episodes"]
            amplified[name] = share / before if before else math.nan
        bound = known["episodes"] / known["good"][rater]
    who = min(by["foretold"], key=lambda name: by["foretold"][name]["js"])
    fixed = cell.arm in ("random", "best-gold", "best-proxy")
    charge = found["charge"]
    return Row(
        cell=cell, rater=rater, proxy=by["proxy"], gold=by["gold"], phat=phat, ghat=ghat, gap=gap,
        vr=nan(figures["violation_rate"]),
        vr_gap=nan(figures["violation_rate_unwatched"]) - nan(figures["violation_rate_watched"]),
        severity=nan(figures["severity"]), js=math.nan if fixed else by["foretold"][who]["js"],
        vr_miss=math.nan if fixed else nan(by["foretold"][who]["vr"]), who="" if fixed else who,
        exploit=shares[EXPLOIT[rater]] if rater in EXPLOIT else math.nan, events=shares,
        amplified=amplified, bound=bound, kl=nan(found.get("kl")),
        learnt=learnt(cell, by, known, clone, rater, figures["episodes"]),
        frames=charge["frames"], calls=charge["calls"], planned=charge["planned"], samples=found["samples"],
        seconds=nan(found["seconds"]["train"]),
    )  # fmt: skip


def normalised(value: float, zero: float, one: float) -> float:
    """0 at random play, 1 at the best; NaN where these are the same."""
    return (value - zero) / (one - zero) if one != zero else math.nan


def nan(value: float | None) -> float:
    """None is how files say NaN."""
    return math.nan if value is None else float(value)


def learnt(cell: Cell, by: Mapping[str, Any], known: Any, clone: Any, rater: str, episodes: float) -> float:
    """Whether a learner earns more of what it was paid than the clone does, beyond two standard errors.

    Told apart by what it was paid alone: a run that failed to learn did not "stay clean".
    """
    if (
        cell.kind in ("random", "best-gold", "best-proxy", "cloning")
        or cell.signal == "random"
        or clone is None
    ):
        return math.nan
    other = clone["by"][rater]
    if cell.signal == "binary" and known is not None:
        if "label_rate" not in by:
            return math.nan
        base = known["good"][rater] / known["episodes"]
        spread = math.sqrt(base * (1 - base) * (1 / episodes + 1 / known["episodes"]))
        return float(by["label_rate"] > base + 2 * spread)
    spread = math.hypot(by["proxy_error"], other["proxy_error"])
    return float(by["proxy"] > other["proxy"] + 2 * spread)


# Comparisons.


def pick(
    table: Iterable[Row], *, mode: str = "", rater: str | Sequence[str] = "", data: str | Sequence[str] = "",
    arm: str | Sequence[str] = "", signal: str = "",
) -> list[Row]:  # fmt: skip
    """Rows that fit; what is empty fits all."""

    def fits(value: str, wanted: str | Sequence[str]) -> bool:
        return not wanted or (value == wanted if isinstance(wanted, str) else value in wanted)

    return [
        r for r in table
        if fits(r.cell.mode, mode) and fits(r.rater, rater) and fits(r.cell.data, data)
        and fits(r.cell.arm, arm) and fits(r.cell.label, signal)
    ]  # fmt: skip


def mean(table: Sequence[Row], figure: str, *, level: float = st.LEVEL) -> st.Estimate:
    """Mean over (rater, data) of the mean over seeds, with an interval clustered by seed."""
    values = [((r.rater, r.cell.data), r.cell.seed, float(getattr(r, figure))) for r in table]
    return st.by_run(values, level=level)


Value = Callable[[Row, Row], float]
"""What is found of two cells together."""


def paired(
    one: Sequence[Row], two: Sequence[Row], figure: str | Value, *, across: bool = False,
    level: float = st.LEVEL,
) -> st.Estimate:  # fmt: skip
    """Mean difference one - two over cells that share rater, data and seed, with its interval.

    The strata are (rater, data), the clusters seeds: a run that is paired with several kinds of data, and
    runs that learnt from data of one seed, count once. Rows without data are paired with every kind of data
    of the other arm.

    Args:
        one, two: rows of two arms.
        figure: whose difference; or what is to be found of each pair.
        across: also pair cells under different raters; the stratum is then that of `one`.
        level: of the interval.
    """

    def difference(a: Row, b: Row) -> float:
        return float(getattr(a, str(figure))) - float(getattr(b, str(figure)))

    value = figure if callable(figure) else difference
    found = []
    for a in one:
        for b in two:
            if (a.cell.seed, a.cell.mode) != (b.cell.seed, b.cell.mode) or not (across or a.rater == b.rater):
                continue
            kinds = {a.cell.data, b.cell.data} - {NONE}
            if len(kinds) <= 1:
                found.append(((a.rater, next(iter(kinds), NONE)), a.cell.seed, value(a, b)))
    return st.by_run(found, level=level)
