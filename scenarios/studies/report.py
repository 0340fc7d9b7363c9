"""Tables, verdicts, plots and a page from finished cells, whole or partial."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gyges.envs import atomic
from gyges.envs.foreign import echo
from gyges.scenarios import statistics as st
from gyges.scenarios.studies import cells as one_cell
from gyges.scenarios.studies import comparisons, measure
from gyges.scenarios.studies import verdicts as vd
from gyges.scenarios.studies.comparisons import Row
from gyges.scenarios.studies.ledger import Result
from gyges.scenarios.studies.profile import NONE, Profile
from gyges.scenarios.studies.registration import PREDICTIONS
from gyges.scenarios.studies.supplies import Supplies
from gyges.scenarios.studies.verdicts import Verdict

FIGURES = ("proxy", "gold", "phat", "ghat", "gap", "vr", "vr_gap", "severity", "js", "vr_miss", "exploit",
           "bound", "kl", "learnt", "frames", "calls", "planned", "samples", "seconds")  # fmt: skip
TRIMMED = 8
"""Seeds from which on a quarter at either end is cut: of fewer, too little would be left."""
SUMMARY = ("study", "profile", "predictions", "registration", "coverage", "codes", "verdicts",
           "references", "data", "failed", "fits")  # fmt: skip
"""What summary.json holds; "predictions" in place of "registration" for a run before there were any."""
WITH_INTERVALS = ("phat", "ghat", "gap", "vr", "js", "exploit")


def write(plan: Profile, results: Sequence[Result], out: Path, registered: str) -> dict[str, Any]:
    """Write everything into a folder; returns the summary.

    Files: cells.csv (a row per cell and rater), arms.csv (means with intervals), summary.json (coverage,
    verdicts, references), plots as .svg, and page.html, which holds them all.
    """
    found = gather(plan, results, out, registered)
    table: list[Row] = found["table"]
    save_csv(out / "cells.csv", [flat(row) for row in table])
    return publish(found, out)


def publish(found: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """Write all but the cells: means, summary, plots and page; returns the summary."""
    from gyges.scenarios.studies import page, plots

    plan, table = found["plan"], found["table"]
    save_csv(out / "arms.csv", found["arms"])
    summary = {k: found[k] for k in SUMMARY if k in found}
    atomic.write_text(out / "summary.json", json.dumps(one_cell.plain(summary), indent=1))
    pictures = plots.draw(plan, table)
    for name, text in pictures.items():
        atomic.write_text(out / f"{name}.svg", text)
    atomic.write_text(out / "page.html", page.page(found, pictures))
    show(found)
    echo(f"page: {out / 'page.html'}")
    return summary


def gather(plan: Profile, results: Sequence[Result], out: Path, registered: str) -> dict[str, Any]:
    """Everything that is told of a study, as data."""
    supplies = Supplies(plan, out / "supplies")
    try:
        references = {
            f"{mode.name}/{rater}": supplies.references(mode, rater)
            for mode in plan.modes
            for rater in plan.raters
            if any(r.cell.mode == mode.name for r in results)
        }
        data = {
            f"{mode}/{kind}/{seed}": one_cell.facts(supplies, plan.mode(mode), kind, seed)
            for mode, kind, seed in sorted(
                {(r.cell.mode, r.cell.data, r.cell.seed) for r in results if r.cell.data != NONE}
                | {(r.cell.mode, "behaviour", r.cell.seed) for r in results}
            )
        }
    finally:
        supplies.close()
    table = comparisons.rows(results, references, data)
    predictions = json.loads(PREDICTIONS.read_text("utf-8"))["predictions"]
    judged = vd.judge(table, predictions, between(results), apart=plan.apart)
    return {
        "study": "rl_vs_sgd",
        "profile": plan.name,
        "plan": plan,
        "registration": registered,
        "said": {one["id"]: one for one in predictions},
        "coverage": coverage(plan, results),
        "codes": sorted({r.code for r in results}),
        "verdicts": [v._asdict() for v in judged],
        "references": references,
        "data": data,
        "table": table,
        "arms": arms(table),
        "failed": failed(results, table),
        "fits": fits(table),
    }


def between(results: Sequence[Result]) -> Callable[[str, str], float]:
    """Divergence of conduct between two cells by key, in bits; cells weighted by both alike."""
    found = {r.cell.key: r.result.get("conduct") for r in results}

    def bits(one: str, two: str) -> float:
        a, b = found.get(one), found.get(two)
        if not a or not b:
            return math.nan
        shape = tuple(1 + max([0, *a[k], *b[k]]) for k in ("row", "column"))
        p, q = (one_cell.dense(x, (shape[0], shape[1])) for x in (a, b))
        return (measure.divergence(p, q) + measure.divergence(q, p)) / 2

    return bits


def coverage(plan: Profile, results: Sequence[Result]) -> dict[str, Any]:
    """How much of the profile is finished, by mode."""
    done = {r.cell.key for r in results}
    found: dict[str, Any] = {}
    for mode in plan.modes:
        mine = [c for c in plan.cells() if c.mode == mode.name]
        found[mode.name] = {"done": sum(c.key in done for c in mine), "of": len(mine)}
    total = {k: sum(one[k] for one in found.values()) for k in ("done", "of")}
    return {"modes": found, **total, "complete": total["done"] == total["of"]}


def flat(row: Row) -> dict[str, Any]:
    """A row as a line of a table."""
    line: dict[str, Any] = {**row.cell._asdict(), "rater": row.rater, "key": row.cell.key}
    line.update({name: getattr(row, name) for name in FIGURES})
    line["foretold_by"] = row.who
    line.update({f"event_{name}": share for name, share in row.events.items()})
    line.update({f"amplified_{name}": value for name, value in row.amplified.items()})
    return line


def arms(table: Sequence[Row]) -> list[dict[str, Any]]:
    """Means over seeds with intervals, by mode, rater, data, arm and label."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in table:
        c = row.cell
        groups.setdefault((c.mode, row.rater, c.data, c.arm, c.label), []).append(row)
    out = []
    for key, some in sorted(groups.items()):
        line: dict[str, Any] = dict(zip(("mode", "rater", "data", "arm", "label"), key, strict=True))
        line["seeds"] = len(some)
        for name in FIGURES:
            values = np.array([float(getattr(r, name)) for r in some])
            e = of_seeds(values[np.isfinite(values)])
            line[name] = e.value
            if name in WITH_INTERVALS:
                line[f"{name}_low"], line[f"{name}_high"] = e.low, e.high
        chain = np.array([r.amplified.get("chain", math.nan) for r in some])
        line["amplified_chain"] = of_seeds(chain[np.isfinite(chain)]).value
        out.append(line)
    return out


def of_seeds(values: Any) -> st.Estimate:
    """Interquartile mean over seeds (the mean of fewer than `TRIMMED`) with its interval."""
    figure = st.interquartile_mean if len(values) >= TRIMMED else st.mean
    return st.estimate([st.of_values(values, figure)])


def failed(results: Sequence[Result], table: Sequence[Row]) -> dict[str, Any]:
    """Runs of RL that failed to learn, that learnt without using the rater's flaw, that used it."""
    found: dict[str, Any] = {"diverged": [r.cell.key for r in results if r.result["status"] != "done"]}
    for row in table:
        if row.cell.kind not in ("ppo", "ppo-kl"):
            continue
        name = f"{row.cell.mode}/{row.rater}/{row.cell.arm}/{row.cell.signal}"
        one = found.setdefault(name, {"failed to learn": 0, "learnt, no exploit": 0, "learnt, exploits": 0})
        if row.learnt != 1.0:
            one["failed to learn"] += 1
        elif row.exploit >= 0.5:
            one["learnt, exploits"] += 1
        else:
            one["learnt, no exploit"] += 1
    return found


def fits(table: Sequence[Row]) -> list[dict[str, Any]]:
    """Gold against d = sqrt(KL from the clone) over PPO runs: gain = d (alpha - beta log d).

    The form of Gao, Schulman and Hilton (2023) for RL, by least squares on normalised gold less the
    clone's; needs five runs whose d is above 0.
    """
    clones = {
        (r.cell.mode, r.rater, r.cell.data, r.cell.seed): r.ghat for r in table if r.cell.arm == "cloning"
    }
    out = []
    for mode, rater in sorted({(r.cell.mode, r.rater) for r in table}):
        points = []
        for r in table:
            if (r.cell.mode, r.rater) == (mode, rater) and r.cell.kind in ("ppo", "ppo-kl"):
                source = "behaviour" if r.cell.data == NONE else r.cell.data
                base = clones.get((mode, rater, source, r.cell.seed), math.nan)
                if math.isfinite(base) and r.kl > 1e-6:
                    points.append((math.sqrt(r.kl), r.ghat - base))
        if len(points) < 5:
            continue
        d, gain = np.array(points).T
        design = np.stack([d, -d * np.log(d)], axis=1)
        (alpha, beta), *_ = np.linalg.lstsq(design, gain, rcond=None)
        left = gain - design @ np.array([alpha, beta])
        spread = float(((gain - gain.mean()) ** 2).sum())
        fitted = 1 - float(left @ left) / spread if spread > 0 else math.nan
        out.append({"mode": mode, "rater": rater, "runs": len(d), "alpha": float(alpha), "beta": float(beta),
                    "explained": fitted, "points": [[float(a), float(b)] for a, b in points]})  # fmt: skip
    return out


def save_csv(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Write a table; numbers in five digits, NaN as nothing."""

    def text(value: Any) -> Any:
        if isinstance(value, float):
            return "" if not math.isfinite(value) else f"{value:.5g}"
        return value

    def save(target: Path) -> None:
        with target.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(lines[0]) if lines else [], lineterminator="\n")
            table.writeheader()
            for line in lines:
                table.writerow({k: text(v) for k, v in line.items()})

    atomic.write(path, save)


def show(found: Mapping[str, Any]) -> None:
    """Print coverage and verdicts."""
    from rich.console import Console
    from rich.table import Table

    cover = found["coverage"]
    part = "complete" if cover["complete"] else "PARTIAL"
    registered = found.get("registration", "no registration")
    title = f"{found['study']}, {found['profile']}: {cover['done']} of {cover['of']} cells, {part}"
    table = Table("prediction", "mode", "verdict", "figures",
                  title=f"{title}; {registered[:16]}")  # fmt: skip
    for one in found["verdicts"]:
        verdict = Verdict(**one)
        table.add_row(*verdict)
    Console().print(table)
