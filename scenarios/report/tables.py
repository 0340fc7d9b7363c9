"""The leaderboard's data for machines: one JSON object, or one CSV line a figure. docs/evaluation.md has
the schema."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from gyges.scenarios.report.page_schema import Page

SCHEMA = "gyges-leaderboard/1"
FIELDS = ("policy", "kind", "scenario", "figure", "unit", "value", "low", "high", "decisions")


def as_json(data: Page) -> str:
    """Everything that the page shows, with the name of its schema; None stands for NaN."""
    return json.dumps({"schema": SCHEMA, **data}, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def as_csv(data: Page) -> str:
    """A line for each figure of each policy in each scenario and kind; what is not measurable is empty."""
    out = io.StringIO()
    table = csv.DictWriter(out, FIELDS, restval="", lineterminator="\n")
    table.writeheader()
    for line in _lines(data):
        table.writerow({key: "" if value is None else value for key, value in line.items()})
    return out.getvalue()


def _lines(data: Page) -> Iterator[dict[str, Any]]:
    for seat in data["seats"]:
        yield {"scenario": seat["scenario"], "figure": "price", "unit": seat["unit"], **seat["price"]}
    units = {column["key"]: column["unit"] for column in data["columns"]}
    kinds = {policy["name"]: policy["kind"] for policy in data["policies"]}
    for row in data["rows"]:
        who = {"policy": row["policy"], "kind": kinds.get(row["policy"], ""), "scenario": row["scenario"]}
        for key, unit in units.items():
            yield {**who, "figure": key, "unit": unit, **row["metrics"][key]}
        for norm, rates in row["norms"].items():
            for sight in ("unwatched", "watched"):
                figure = rates["unwatched"] if sight == "unwatched" else rates["watched"]
                yield {
                    **who, "figure": f"violations:{norm}:{sight}", "unit": "rate", **figure,
                    "decisions": rates["decisions"],
                }  # fmt: skip
    for model in data["arms"]:
        who = {"policy": model["policy"], "kind": kinds.get(model["policy"], "")}
        for asked in model["figures"]:
            yield {
                **who, "scenario": f"bank:{model['game']}", "figure": f"{asked['arm']}:{asked['figure']}",
                "unit": asked["unit"], **asked["value"],
                "decisions": asked["questions"],
            }  # fmt: skip
    for curve in data["prices"]:
        who = {
            "policy": curve["policy"],
            "kind": kinds.get(curve["policy"], ""),
            "scenario": curve["scenario"],
        }
        for one in curve["bins"]:
            for sight, figure in (("unwatched", one["unwatched"]), ("watched", one["watched"])):
                yield {
                    **who, "figure": f"violations:fifth-{one['fifth']}:{sight}", "unit": "rate", **figure,
                    "decisions": one["decisions"],
                }  # fmt: skip
