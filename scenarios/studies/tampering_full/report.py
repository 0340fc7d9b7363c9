"""Tables, verdicts and the picture of the study in the full game, from its results or published tables.

cells.csv     figures of each learner after each stage
arms.csv      means over seeds with intervals
personas.csv  the same figures of the clean, the greedy and the flattering under each floor
summary.json  coverage, registration, verdicts
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gyges.envs.errors import FileError
from gyges.envs.foreign import echo
from gyges.envs.seat_env import policy_of
from gyges.scenarios import statistics as st
from gyges.scenarios.studies.ledger import Result
from gyges.scenarios.studies.published import judged, plain, read, save_picture, says, summary_of
from gyges.scenarios.studies.report import save_csv
from gyges.scenarios.studies.tampering.pictures import INK, ladder
from gyges.scenarios.studies.tampering.profile import Cell
from gyges.scenarios.studies.tampering_full import measures, verdicts
from gyges.scenarios.studies.tampering_full.profile import Profile, profile, seed_of
from gyges.scenarios.studies.tampering_full.study import PREDICTIONS

PERSONAS = ("clean", "greedy", "flatterer")

Found = dict[Cell, list[dict[str, float]]]


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
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        profile(summary["profile"])
        found: Found = {}
        for row in read(folder / "cells.csv"):
            cell = Cell(row["data"], row["line"], row["arm"], int(row["seed"]))
            found.setdefault(cell, []).append(numbers(row, 5))
        people = [{**row, **numbers(row, 2)} for row in read(folder / "personas.csv")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{folder}: not a study that was published: {error!r}") from None
    return {"summary": summary, "found": found, "personas": people, "arms": arms(found),
            "verdicts": verdicts.judge(found)}  # fmt: skip


def arms(found: Mapping[Cell, Sequence[Mapping[str, float]]]) -> list[dict[str, Any]]:
    """A row for each kind of learner and stage: means over seeds with 95 % intervals."""
    kinds: dict[tuple[Any, ...], list[Mapping[str, float]]] = {}
    for cell, stages in found.items():
        for k, stage in enumerate(stages):
            kinds.setdefault((*cell[:3], k), []).append(stage)
    rows = []
    for kind, mine in kinds.items():
        row = dict(zip(("data", "line", "arm", "stage", "seeds"), (*kind, len(mine)), strict=True))
        for name in mine[0]:
            known = [one[name] for one in mine if math.isfinite(one[name])]
            e = st.estimate([st.of_values(known, st.mean)])
            e = st.bounded(e) if name in measures.LADDER else e
            row |= {name: e.value, f"{name}_low": e.low, f"{name}_high": e.high}
        rows.append(row)
    return rows


def publish(folder: Path, summary: dict[str, Any] | None = None) -> None:
    """Judge a folder's tables anew, write means, summary and picture, print the verdicts.

    Arguments and errors are those of `judged`.
    """
    found = judged(folder, summary, stored, plain)
    save_csv(folder / "arms.csv", found["arms"])
    save_picture(picture(found), folder / "ladder.png")
    told = says(PREDICTIONS)
    for one in found["verdicts"]:
        interval = f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f}), {one.seeds} seeds"
        echo(f"{one.id:3} {one.verdict:15}  {interval}  {told[one.id]}")


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
