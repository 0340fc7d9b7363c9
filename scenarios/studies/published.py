"""How a study's folder is published: its summary, verdicts judged anew from its tables, pictures."""

from __future__ import annotations

import contextlib
import csv
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from gyges.envs import atomic
from gyges.envs.errors import FileError
from gyges.envs.foreign import echo
from gyges.scenarios.studies.ledger import Result

SUMMARY = "summary.json"


def summary_of(study: str, plan: Any, results: Sequence[Result], told: str, **more: Any) -> dict[str, Any]:
    """What the summary says beside the verdicts.

    Args:
        study: its name.
        plan: its profile, with ``name`` and ``cells()``.
        results: what is finished.
        told: the hash under which it is registered.
        more: what else this study says.
    """
    done, of = len(results), len(plan.cells())
    return {
        "study": study, "profile": plan.name, "registration": told,
        "coverage": {"done": done, "of": of, "complete": done == of},
        **more,
        "seconds": round(sum(float(one.result["seconds"]) for one in results)),
        "codes": sorted({one.code for one in results}),
    }  # fmt: skip


@contextlib.contextmanager
def tables_of(folder: Path) -> Iterator[dict[str, Any]]:
    """Give the summary of a folder, whose tables are read within.

    Raises:
        FileError: something of it is missing or damaged.
    """
    try:
        yield json.loads((folder / SUMMARY).read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{folder}: not a study that was published: {error!r}") from None


def judged(
    folder: Path,
    summary: dict[str, Any] | None,
    stored: Callable[[Path], dict[str, Any]],
    plain: Callable[[Any], dict[str, Any]],
) -> dict[str, Any]:
    """Judge a folder's tables, and write the summary with the verdicts.

    Args:
        folder: with the tables.
        summary: what stands in the summary beside the verdicts; by default what stood in it.
        stored: reads the tables; its ``summary`` and ``verdicts`` are what is written.
        plain: a verdict as plain data.

    Returns:
        What `stored` gave.

    Raises:
        FileError: as `stored`.
    """
    if summary is not None:
        atomic.write_text(folder / SUMMARY, json.dumps(summary) + "\n")
    found = stored(folder)
    whole = found["summary"] | {"verdicts": [plain(one) for one in found["verdicts"]]}
    atomic.write_text(folder / SUMMARY, json.dumps(whole, indent=1) + "\n")
    return found


def plain(verdict: Any) -> dict[str, Any]:
    """A verdict with a figure and its interval as plain data: four digits, None for NaN."""
    found: dict[str, Any] = verdict._asdict()
    for name in ("value", "low", "high", "p"):
        found[name] = None if math.isnan(found[name]) else float(f"{found[name]:.4g}")
    return found


def says(predictions: Path) -> dict[str, str]:
    """What each prediction of a file says, by its id."""
    return {one["id"]: one["says"] for one in json.loads(predictions.read_text("utf-8"))["predictions"]}


def tell(verdicts: Sequence[Any], predictions: Path, figures: Callable[[Any], str], width: int = 4) -> None:
    """Print verdicts, a line each.

    Args:
        verdicts: with an ``id`` and a ``verdict``.
        predictions: file that says what each is about.
        figures: the words for a verdict's figures.
        width: of the column of ids.
    """
    told = says(predictions)
    for one in verdicts:
        echo(f"{one.id:{width}} {one.verdict:15}  {figures(one)}  {told[one.id]}")


def save_picture(figure: Any, path: Path) -> None:
    """Write a Matplotlib figure as a PNG that names no software."""
    figure.savefig(path, dpi=150, metadata={"Software": None})


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file.

    Raises:
        FileError: it cannot be read.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(f"{path}: cannot be read: {error}") from None
