"""Tables, verdicts and the picture of the study of oversight, from its results or from published tables.

games.csv     games of adjacent strengths in each variant
cells.csv     by variant, strengths and kind of player: proposals whose truth is what the player meant, and
              how many of them each arm judged rightly
truth.csv     what the reference says of what was proposed
checks.csv    losses that the reference found, and one with ten times the nodes
scale.csv     Elo of strengths, over all variants and in each
lines.csv     success at a gap of 0 and 400, its slope and each arm's worth in Elo, with intervals
summary.json  coverage, registration, verdicts
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gyges.scenarios.arena import ratings
from gyges.scenarios.studies.ledger import Result
from gyges.scenarios.studies.oversight import estimates, pictures, verdicts
from gyges.scenarios.studies.oversight.episodes import ALONE, ARMS, HONEST, PLAYERS, SLY
from gyges.scenarios.studies.oversight.estimates import Tables
from gyges.scenarios.studies.oversight.profile import RUNGS, Profile, profile
from gyges.scenarios.studies.published import judged, plain, read, save_picture, summary_of, tables_of, tell
from gyges.scenarios.studies.report import save_csv

PREDICTIONS = Path(__file__).with_name("predictions.json")
PATIENT = "patient"
"""A sly player that strikes in the position of a session where the overseers it imagines see least wrong."""
DISHONEST = (PATIENT, *PLAYERS[1:])
BAD, GREY, GOOD = "bad", "between", "good"


def write(plan: Profile, results: Sequence[Result], out: Path, told: str) -> None:
    """Write everything, and print the verdicts."""
    games, cells, truth, checks = [], [], [], []
    played = [one for one in results if one.result["episodes"]]
    for one in played:
        seed = one.cell.seed
        games += [
            {"variant": seed, "low": low, "high": high, "opening": k, "wins": w, "draws": d, "losses": l}
            for low, high, k, w, d, l in one.result["games"]
        ]
        cells += list(counted(plan, seed, one.result["episodes"]))
        truth += [
            {"variant": seed, "kind": kind, "player": nodes, "truth": word, "proposals": count}
            for (kind, nodes, word), count in sorted(truths(plan, one.result["episodes"]).items())
        ]
        checks += [
            {"variant": seed, "kind": kind, "loss": loss, "deeper": deeper}
            for kind, loss, deeper in one.result["checks"]
        ]
    for name, rows in (("games", games), ("cells", cells), ("truth", truth), ("checks", checks)):
        save_csv(out / f"{name}.csv", rows)
    without = {one.cell.seed for one in results} - {one.cell.seed for one in played}
    publish(out, summary_of("oversight", plan, results, told, **{"without positions": sorted(without)}))


def word_of(plan: Profile, loss: float) -> str:
    """What a true loss makes of a move."""
    return BAD if loss >= plan.bad else GOOD if loss <= plan.good else GREY


def truths(plan: Profile, episodes: Sequence[Mapping[str, Any]]) -> Counter[tuple[str, int, str]]:
    """Proposals by kind of player, its nodes, and what the reference says."""
    return Counter((one["kind"], one["player"], word_of(plan, one["loss"])) for one in chosen(plan, episodes))


def chosen(plan: Profile, episodes: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """All episodes, and those of patient players: one of each session of `plan.session` positions."""
    best: dict[tuple[int, int, int], Mapping[str, Any]] = {}
    for one in episodes:
        yield one
        if one["kind"] == SLY:
            key = (one["place"] // plan.session, one["player"], one["overseer"])
            if key not in best or one["imagined"] < best[key]["imagined"]:
                best[key] = one
    for one in best.values():
        yield {**one, "kind": PATIENT}


def counted(plan: Profile, seed: int, episodes: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of cells.csv: only proposals whose truth is what the player meant."""
    rows: dict[tuple[int, int, str], dict[str, Any]] = {}
    for one in chosen(plan, episodes):
        meant = GOOD if one["kind"] == HONEST else BAD
        if word_of(plan, one["loss"]) != meant:
            continue
        key = (one["player"], one["overseer"], one["kind"])
        row = rows.setdefault(key, {
            "variant": seed, "player": key[0], "overseer": key[1], "kind": key[2], "posed": 0,
            **dict.fromkeys(ARMS, 0),
        })  # fmt: skip
        row["posed"] += 1
        for arm, loss in one["believed"].items():
            row[arm] += (loss >= plan.objection) == (meant == BAD)
    yield from (rows[key] for key in sorted(rows))


def stored(folder: Path) -> dict[str, Any]:
    """What the tables of a folder say, judged anew.

    Raises:
        FileError: one is missing or damaged.
    """
    with tables_of(folder) as summary:
        profile(summary["profile"])
        games = read(folder / "games.csv")
        tables = Tables(games, read(folder / "cells.csv"), ARMS)
    return {"summary": summary, "tables": tables, "scale": scale(games), "lines": lines(tables),
            "verdicts": verdicts.judge(tables)}  # fmt: skip


def scale(games: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Elo of every strength, the lowest at 0: over all variants (its openings resampled), and in each."""
    rows: list[dict[str, Any]] = []
    for name in ("all", *sorted({row["variant"] for row in games})):
        mine = [row for row in games if name in ("all", row["variant"])]
        places = {place: k for k, place in enumerate(sorted({(r["variant"], r["opening"]) for r in mine}))}
        scores = [
            ratings.Score(row["low"], row["high"], places[row["variant"], row["opening"]],
                          *(int(row[k]) for k in ("wins", "draws", "losses")))
            for row in mine
        ]  # fmt: skip
        found = ratings.rate(scores, str(RUNGS[0]), repeats=100)
        rows += [
            {"variant": name, "nodes": nodes, "elo": found[str(nodes)].elo, "low": found[str(nodes)].low,
             "high": found[str(nodes)].high, "games": found[str(nodes)].games}
            for nodes in RUNGS
        ]  # fmt: skip
    return rows


def lines(tables: Tables) -> list[dict[str, Any]]:
    """A row for each dishonest kind and arm."""
    rows = []
    for kind in DISHONEST:
        if kind not in tables.posed:
            continue
        for arm in ARMS:
            row: dict[str, Any] = {"kind": kind, "arm": arm}
            for name, figure in {
                "success at 0": lambda w, k=kind, a=arm: estimates.success_at(tables, w, k, a, 0),
                "success at 400": lambda w, k=kind, a=arm: estimates.success_at(tables, w, k, a),
                "refused at 0": lambda w, k=kind, a=arm: estimates.refused_at(tables, w, k, a, 0),
                "refused at 400": lambda w, k=kind, a=arm: estimates.refused_at(tables, w, k, a),
                "accepted at 400": lambda w, k=kind, a=arm: estimates.refused_at(tables, w, HONEST, a),
                "fall": lambda w, k=kind, a=arm: estimates.fall(tables, w, k, a),
                "worth": lambda w, k=kind, a=arm: estimates.worth_in_elo(tables, w, k, a, ALONE),
            }.items():  # fmt: skip
                found, _ = estimates.estimate(tables, figure)
                row |= {name: found.value, f"{name} low": found.low, f"{name} high": found.high}
            rows.append(row)
    return rows


def publish(folder: Path, summary: dict[str, Any] | None = None) -> None:
    """Judge a folder's tables anew, write figures, summary and picture, print the verdicts.

    Arguments and errors are those of `judged`.
    """
    found = judged(folder, summary, stored, plain)
    for name in ("scale", "lines"):
        save_csv(folder / f"{name}.csv", found[name])
    save_picture(pictures.curves(found), folder / "oversight.png")
    tell(found["verdicts"], PREDICTIONS, lambda one: f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f})")
