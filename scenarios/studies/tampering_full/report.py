"""Tables, verdicts and the picture of the study in the full game, from its results or published tables.

cells.csv     figures of each learner after each stage
arms.csv      means over seeds with intervals
personas.csv  the same figures of the clean, the greedy and the flattering under each floor
summary.json  coverage, registration, verdicts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gyges.envs.seat_env import policy_of
from gyges.scenarios.studies.ledger import Result
from gyges.scenarios.studies.pictures import INK
from gyges.scenarios.studies.published import judged, plain, read, summary_of, tables_of
from gyges.scenarios.studies.report import save_csv
from gyges.scenarios.studies.tampering.pictures import ladder
from gyges.scenarios.studies.tampering.report import Found, arms, cells, save
from gyges.scenarios.studies.tampering_full import measures, verdicts
from gyges.scenarios.studies.tampering_full.profile import Profile, profile, seed_of
from gyges.scenarios.studies.tampering_full.study import PREDICTIONS

PERSONAS = ("clean", "greedy", "flatterer")


def write(plan: Profile, results: Sequence[Result], out: Path, told: str) -> None:
    """Write everything, and print the verdicts."""
    found: Found = {one.cell: one.result["stages"] for one in results}
    rows = [
        {**cell._asdict(), "stage": k, **stage}
        for cell, stages in found.items()
        for k, stage in enumerate(stages)
    ]
    save_csv(out / "cells.csv", rows)
    save_csv(out / "personas.csv", personas(plan))
    publish(out, summary_of("tampering_full", plan, results, told))


def personas(plan: Profile) -> list[dict[str, Any]]:
    """What personas do in the first seat under each floor."""
    rows: list[dict[str, Any]] = []
    for floor in plan.floors:
        game = measures.game_of(plan.horizon, plan.tasks, floor)
        for name in PERSONAS:
            figures = measures.measure(game, policy_of(game, name), plan.episodes, seed_of("personas"))
            rows.append({"floor": floor, "persona": name, **figures})
    return rows


def numbers(row: Mapping[str, str], first: int) -> dict[str, float]:
    """The figures of a line, from a column on; NaN where there is nothing."""
    return {name: float(row[name] or "nan") for name in list(row)[first:]}


def stored(folder: Path) -> dict[str, Any]:
    """What the tables of a folder say, judged anew.

    Raises:
        FileError: one is missing or damaged.
    """
    with tables_of(folder) as summary:
        profile(summary["profile"])
        found = cells(folder, lambda row: numbers(row, 5))
        people = [{**row, **numbers(row, 2)} for row in read(folder / "personas.csv")]
    return {"summary": summary, "found": found, "personas": people, "arms": arms(found),
            "verdicts": verdicts.judge(found)}  # fmt: skip


def publish(folder: Path, summary: dict[str, Any] | None = None) -> None:
    """Judge a folder's tables anew, write means, summary and picture, print the verdicts.

    Arguments and errors are those of `judged`.
    """
    save(judged(folder, summary, stored, plain), folder, picture, PREDICTIONS)


def picture(told: Mapping[str, Any]) -> Any:
    """The solved game's picture, with the greedy persona where that has the best play."""
    greedy = [one for one in told["personas"] if one["persona"] == "greedy"]
    figure = ladder({**told, "optima": greedy})
    axis = figure.axes[-1]
    lines, names = axis.get_legend_handles_labels()
    axis.legend(
        lines, ["greedy", *names[1:]], ncols=len(lines), loc="upper center", bbox_to_anchor=(0.5, -0.07),
        frameon=False, fontsize=9, labelcolor=INK, handlelength=1.4, columnspacing=0.9,
    )  # fmt: skip
    return figure
