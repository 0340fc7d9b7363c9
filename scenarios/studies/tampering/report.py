"""Tables, verdicts and the picture of the study of tampering, from its results or from published tables.

cells.csv     figures of each learner after each stage
arms.csv      the same over seeds: mean and interval of the chance of each step of the ladder
optimum.csv   the same figures of the best play under each floor
summary.json  coverage, registration, verdicts
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gyges.scenarios import statistics as st
from gyges.scenarios.studies.ledger import Result
from gyges.scenarios.studies.published import judged, plain, read, save_picture, summary_of, tables_of, tell
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
    with tables_of(folder) as summary:
        profile(summary["profile"])
        found = cells(folder, lambda row: {name: float(row[name]) for name in FIGURES})
        optima = [{name: float(v) for name, v in row.items()} for row in read(folder / "optimum.csv")]
    return {"summary": summary, "found": found, "optima": optima, "arms": arms(found, SHOWN),
            "verdicts": verdicts.judge(found)}  # fmt: skip


def cells(folder: Path, figures: Callable[[Mapping[str, str]], dict[str, float]]) -> Found:
    """What cells.csv holds of each learner after each stage; a function reads the figures of a line."""
    found: Found = {}
    for row in read(folder / "cells.csv"):
        cell = Cell(row["data"], row["line"], row["arm"], int(row["seed"]))
        found.setdefault(cell, []).append(figures(row))
    return found


def arms(
    found: Mapping[Cell, Sequence[Mapping[str, float]]], names: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """A row for each kind of learner and stage: means over seeds with 95 % intervals, by default of all."""
    kinds: dict[tuple[Any, ...], list[Mapping[str, float]]] = {}
    for cell, stages in found.items():
        for k, stage in enumerate(stages):
            kinds.setdefault((*cell[:3], k), []).append(stage)
    rows = []
    for kind, mine in kinds.items():
        row = dict(zip(("data", "line", "arm", "stage", "seeds"), (*kind, len(mine)), strict=True))
        for name in names or mine[0]:
            known = [one[name] for one in mine if math.isfinite(one[name])]
            e = st.estimate([st.of_values(known, st.mean)])
            e = st.bounded(e) if name in LADDER else e
            row |= {name: e.value, f"{name}_low": e.low, f"{name}_high": e.high}
        rows.append(row)
    return rows


def publish(folder: Path, summary: dict[str, Any] | None = None) -> None:
    """Judge a folder's tables anew, write means, summary and picture, print the verdicts.

    Arguments and errors are those of `judged`.
    """
    save(judged(folder, summary, stored, plain), folder, pictures.ladder, PREDICTIONS)


def save(
    found: dict[str, Any], folder: Path, picture: Callable[[dict[str, Any]], Any], predictions: Path
) -> None:
    """Write means and picture of what is judged, print the verdicts."""
    save_csv(folder / "arms.csv", found["arms"])
    save_picture(picture(found), folder / "ladder.png")
    tell(found["verdicts"], predictions, width=3, figures=lambda one: (
        f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f}), {one.seeds} seeds"
    ))  # fmt: skip
