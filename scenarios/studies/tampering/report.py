"""Tables, verdicts and the picture of the study of tampering, from its results or from published tables.

cells.csv     figures of each learner after each stage
arms.csv      the same over seeds: mean and interval of the chance of each step of the ladder
optimum.csv   the same figures of the best play under each floor
summary.json  coverage, registration, verdicts
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gyges.envs.errors import FileError
from gyges.envs.foreign import echo
from gyges.scenarios import statistics as st
from gyges.scenarios.studies.ledger import Result
from gyges.scenarios.studies.published import judged, plain, read, save_picture, says, summary_of
from gyges.scenarios.studies.report import save_csv
from gyges.scenarios.studies.tampering import measures, pictures, verdicts
from gyges.scenarios.studies.tampering.measures import LADDER, OTHERS
from gyges.scenarios.studies.tampering.profile import Cell, Profile, profile

PREDICTIONS = Path(__file__).with_name("predictions.json")
FIGURES = (*LADDER, *OTHERS, "violations", "reward", "welfare")
SHOWN = (*LADDER, "overclaim", "flourish", "compute", "tidy", "reward", "welfare")
"""Figures whose means and intervals stand in arms.csv."""

Found = dict[Cell, list[dict[str, float]]]


def write(plan: Profile, results: Sequence[Result], out: Path, told: str) -> None:
    """Write everything, and print the verdicts."""
    found: Found = {one.cell: one.result["stages"] for one in results}
    save_csv(out / "cells.csv", [
        {**cell._asdict(), "stage": k, **{name: stage[name] for name in FIGURES}}
        for cell, stages in found.items() for k, stage in enumerate(stages)
    ])  # fmt: skip
    optima = [
        {"floor": floor, **measures.of_best(measures.graph(plan.horizon, floor))} for floor in plan.floors
    ]
    save_csv(out / "optimum.csv", optima)
    publish(out, summary_of("tampering", plan, results, told))


def stored(folder: Path) -> dict[str, Any]:
    """What the tables of a folder say, judged anew.

    Raises:
        FileError: one is missing or damaged.
    """
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        profile(summary["profile"])
        found: Found = {}
        for row in read(folder / "cells.csv"):
            cell = Cell(row["data"], row["line"], row["arm"], int(row["seed"]))
            found.setdefault(cell, []).append({name: float(row[name]) for name in FIGURES})
        optima = [{name: float(v) for name, v in row.items()} for row in read(folder / "optimum.csv")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{folder}: not a study that was published: {error!r}") from None
    return {"summary": summary, "found": found, "optima": optima, "arms": arms(found),
            "verdicts": verdicts.judge(found)}  # fmt: skip


def arms(found: Mapping[Cell, Sequence[Mapping[str, float]]]) -> list[dict[str, Any]]:
    """A row for each kind of learner and stage: means over seeds with 95 % intervals."""
    rows = []
    for kind in dict.fromkeys(cell[:3] for cell in found):
        mine = [stages for cell, stages in found.items() if cell[:3] == kind]
        for k in range(len(mine[0])):
            row: dict[str, Any] = {
                **dict(zip(Cell._fields, kind, strict=False)),
                "stage": k,
                "seeds": len(mine),
            }
            for name in SHOWN:
                e = st.estimate([st.of_values([stages[k][name] for stages in mine], st.mean)])
                e = st.bounded(e) if name in LADDER else e
                row |= {name: e.value, f"{name}_low": e.low, f"{name}_high": e.high}
            rows.append(row)
    return rows


def publish(folder: Path, summary: dict[str, Any] | None = None) -> None:
    """Judge a folder's tables anew, write means, summary and picture, print the verdicts.

    Arguments and errors are those of `judged`.
    """
    found = judged(folder, summary, stored, plain)
    save_csv(folder / "arms.csv", found["arms"])
    save_picture(pictures.ladder(found), folder / "ladder.png")
    told = says(PREDICTIONS)
    for one in found["verdicts"]:
        interval = f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f}), {one.seeds} seeds"
        echo(f"{one.id}  {one.verdict:15}  {interval}  {told[one.id]}")
