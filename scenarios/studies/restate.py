"""Stored tables of a study judged anew: verdicts, means and page from ``cells.csv`` and ``summary.json``.

Nothing is run. What the tables do not hold (how far the conduct of two cells is apart) is NaN, so that a
verdict that rests on it can be refuted by the other figures but not confirmed.
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

from gyges.envs.errors import FileError, GygesError
from gyges.scenarios.studies import report
from gyges.scenarios.studies import verdicts as vd
from gyges.scenarios.studies.comparisons import Row
from gyges.scenarios.studies.profile import parse, profile
from gyges.scenarios.studies.registration import PREDICTIONS, digest_of

WHOLE = ("frames", "calls", "planned", "samples")


def row_of(line: dict[str, str]) -> Row:
    """A line of cells.csv, as `gyges.scenarios.studies.report.flat` made it."""
    figures: dict[str, Any] = {name: _number(line[name]) for name in report.FIGURES}
    parts = {
        begin: {k.removeprefix(begin): _number(v) for k, v in line.items() if k.startswith(begin)}
        for begin in ("event_", "amplified_")
    }
    return Row(
        cell=parse(line["key"]), rater=line["rater"], who=line["foretold_by"], events=parts["event_"],
        amplified=parts["amplified_"], **{**figures, **{name: int(figures[name]) for name in WHOLE}},
    )  # fmt: skip


def _number(text: str) -> float:
    return float(text) if text else math.nan


def stored(folder: Path) -> dict[str, Any]:
    """Everything that is shown of a study, from the files that were published of it.

    Raises:
        FileError: they are not there, not a study's, or were run under other predictions.
    """
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        with (folder / "cells.csv").open(encoding="utf-8", newline="") as file:
            table = [row_of(line) for line in csv.DictReader(file)]
        plan = profile(summary["profile"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{folder}: no tables of a study: {error!r}") from None
    if summary.get("predictions", digest_of(PREDICTIONS)) != digest_of(PREDICTIONS):
        raise FileError(f"{folder}: was run under other predictions than {PREDICTIONS.name} now holds")
    predictions = json.loads(PREDICTIONS.read_text("utf-8"))["predictions"]
    judged = vd.judge(table, predictions, lambda one, two: math.nan, apart=plan.apart)
    return {
        **summary, "plan": plan, "table": table, "arms": report.arms(table), "fits": report.fits(table),
        "said": {one["id"]: one for one in predictions}, "verdicts": [one._asdict() for one in judged],
    }  # fmt: skip


def restate(folder: Path) -> int:
    """Judge the stored tables of a folder anew and rewrite its means, summary, plots and page.

    Raises:
        FileError: they are not there, not a study's, damaged, or were run under other predictions.
    """
    try:
        report.publish(stored(folder), folder)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, GygesError):
            raise
        raise FileError(f"{folder}: its tables are damaged: {error!r}"[:300]) from error
    return 0
