"""Tables, verdicts and pictures of the study of compacts, from its results or from published tables.

effects.csv   each part of each direction in each economy, with its interval
cells.csv     each cell of the game's own economy at each count: P(war) and all other measures
critical.csv  of each cell of that economy the count at which P(war) passes 5 %
summary.json  coverage, registration, verdicts
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gyges.envs import atomic
from gyges.envs.errors import FileError
from gyges.envs.foreign import echo
from gyges.scenarios.studies.compact import directions, pictures
from gyges.scenarios.studies.compact.directions import Effect, Verdict
from gyges.scenarios.studies.compact.estimates import critical, hazard, isotonic, mean, share
from gyges.scenarios.studies.compact.profile import Cell, Profile, profile
from gyges.scenarios.studies.ledger import Result
from gyges.scenarios.studies.published import judged, read, save_picture, says, summary_of

PREDICTIONS = Path(__file__).with_name("predictions.json")
MEANS = ("nash", "worst_honest", "alive", "surplus", "antisocial_ate", "first_compact", "convicted",
         "false_sanctions", "arms")  # fmt: skip
TABLES = ("effects.csv", "cells.csv", "critical.csv", "summary.json")

Played = dict[tuple[Cell, int], dict[str, Any]]
Row = dict[str, Any]


def write(plan: Profile, results: Sequence[Result], out: Path, told: str) -> None:
    """Write everything, and print the verdicts."""
    played: Played = {}
    for one in results:
        for count, columns in one.result["counts"].items():
            played[one.cell, int(count)] = {name: np.array(v, float) for name, v in columns.items()}
    numbers = sorted({cell.economy for cell, _ in played})
    effects = []
    for k in numbers:
        mine = {key: columns for key, columns in played.items() if key[0].economy == k}
        effects += directions.effects(directions.Economy(k, mine))
    episodes = sum(len(columns["war"]) for columns in played.values())
    table(out / "effects.csv", [one._asdict() for one in effects])
    table(out / "cells.csv", rows_of(played))
    table(out / "critical.csv", criticals(played))
    publish(out, summary_of("compact", plan, results, told, episodes=episodes))


def rows_of(played: Played) -> list[Row]:
    """The game's own economy: a row for each cell and count."""
    out = []
    for cell in dict.fromkeys(cell for cell, _ in played if cell.economy == 0):
        counts = sorted(count for one, count in played if one == cell)
        wars = [int(played[cell, k]["war"].sum()) for k in counts]
        sizes = [len(played[cell, k]["war"]) for k in counts]
        fit = isotonic([w / n for w, n in zip(wars, sizes, strict=True)], sizes)
        for k, hits, of, level in zip(counts, wars, sizes, fit, strict=True):
            columns = played[cell, k]
            found = {"war": share(hits, of), "hazard": hazard(columns["wars"], columns["years"])}
            found |= {name: mean(columns[name]) for name in MEANS}
            row: Row = {**cell._asdict(), "count": k, "episodes": of, "fit": round(level, 5)}
            for name, e in found.items():
                row |= {name: e.value, f"{name}_low": e.low, f"{name}_high": e.high}
            out.append(row)
    return out


def criticals(played: Played) -> list[Row]:
    """Of each cell of the game's own economy the critical count; without any antisocial principal it shares
    the episodes of partisans."""
    out = []
    for cell in dict.fromkeys(cell for cell, _ in played if cell.economy == 0):
        some = {count: columns for (one, count), columns in played.items() if one == cell}
        none = cell._replace(spite=0, antisocial="citizen" if cell.honest == "citizen" else "partisan")
        if 0 not in some and (none, 0) in played:
            some[0] = played[none, 0]
        counts = sorted(some)
        found = critical(
            counts, [int(some[k]["war"].sum()) for k in counts], [len(some[k]["war"]) for k in counts]
        )
        out.append({**cell._asdict(), **found._asdict()})
    return out


def table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """A CSV file; figures to five digits."""
    lines = [list(rows[0])] if rows else []
    for row in rows:
        lines.append([f"{v:.5g}" if isinstance(v, float) else str(v) for v in row.values()])
    atomic.write_text(path, "".join(",".join(quoted(v) for v in line) + "\n" for line in lines))


def quoted(text: str) -> str:
    """A field of a CSV file."""
    return f'"{text}"' if "," in text else text


# From published tables.


def stored(folder: Path) -> dict[str, Any]:
    """What the tables of a folder say, judged anew.

    Raises:
        FileError: one is missing or damaged.
    """
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        profile(summary["profile"])
        effects = [
            Effect(int(r["economy"]), r["direction"], r["part"], *(float(r[k]) for k in Effect._fields[3:]))
            for r in read(folder / "effects.csv")
        ]
        rows = [{k: v if k in ("rule", "honest", "antisocial") else float(v) for k, v in r.items()}
                for r in read(folder / "cells.csv")]  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileError(f"{folder}: not a study that was published: {error!r}") from None
    return {
        "summary": summary, "effects": effects, "cells": rows, "verdicts": directions.judge(effects),
    }  # fmt: skip


def publish(folder: Path, summary: dict[str, Any] | None = None) -> None:
    """Judge a folder's tables anew, write summary and pictures, print the verdicts.

    Arguments and errors are those of `judged`.
    """
    found = judged(folder, summary, stored, plain)
    for name, draw in (("phases", pictures.phases), ("directions", pictures.shares)):
        picture = draw(found)
        if picture is not None:
            save_picture(picture, folder / f"{name}.png")
    told = says(PREDICTIONS)
    for verdict in found["verdicts"]:
        echo(f"{verdict.id}  {verdict.verdict:15}  {told[verdict.id]}")
        for part in verdict.parts:
            echo(f"      {part.part}: {words(part)}")


def words(part: directions.Part) -> str:
    """A part in a line."""
    low, high = (f"{100 * v:.0f}" for v in (part.share.low, part.share.high))
    return (
        f"holds in {part.holds} of {part.economies} economies ({low} to {high} %), by its interval in "
        f"{part.surely}; reversed in {part.reversed}, by its interval in {part.surely_reversed}"
    )


def plain(verdict: Verdict) -> dict[str, Any]:
    """A verdict as plain data."""
    parts = [{**one._asdict(), "share": [round(v, 4) for v in one.share]} for one in verdict.parts]
    p = None if math.isnan(verdict.p) else float(f"{verdict.p:.4g}")
    return {"id": verdict.id, "verdict": verdict.verdict, "p": p, "parts": parts}
