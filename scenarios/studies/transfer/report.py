"""Tables, verdicts, picture and page of the study of transfer, from its results or from published tables.

games.csv      points of every pairing at every opening, by variant
networks.csv   how far every network had come
elo.csv        ratings by variant, with intervals over openings
retention.csv  what part of a specialist's gain the universal network has unplayed, by variant and mode
reach.csv      moves in which a specialist reaches what the universal network has unplayed, and in which it
               reaches what the universal network has after a little learning; neither without specialists
summary.json   coverage, registration, verdicts
index.html     all of it on a page
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gyges.envs import atomic
from gyges.envs.fairychess.variants import transfer
from gyges.scenarios.arena import ratings
from gyges.scenarios.studies.ledger import Result
from gyges.scenarios.studies.published import (
    judged,
    plain,
    read,
    save_picture,
    says,
    summary_of,
    tables_of,
    tell,
)
from gyges.scenarios.studies.report import save_csv
from gyges.scenarios.studies.transfer import estimates, pictures, verdicts
from gyges.scenarios.studies.transfer.estimates import BASELINES, ZERO, Strengths
from gyges.scenarios.studies.transfer.profile import FEW_SHOT, RATED, SPECIALIST, Profile, profile
from gyges.scenarios.studies.transfer.verdicts import Tables

PREDICTIONS = Path(__file__).with_name("predictions.json")
PICTURE = "transfer.png"
Rows = list[dict[str, Any]]


def write(plan: Profile, results: Sequence[Result], out: Path, told: str) -> None:
    """Write everything, and print the verdicts."""
    games, networks = [], []
    for one in results:
        cell = one.cell
        games += [
            {"variant": cell.variant, "first": first, "second": second, "opening": k, "wins": w, "draws": d,
             "losses": l}
            for first, second, k, w, d, l in one.result["games"]
        ]  # fmt: skip
        if not cell.kind.startswith(RATED):
            networks += [
                {"variant": cell.variant, "label": label, **counts}
                for label, counts in one.result["networks"].items()
            ]
    save_csv(out / "games.csv", games)
    save_csv(out / "networks.csv", networks)
    publish(out, summary_of("transfer", plan, results, told, variants=transfer.digest()))


def stored(folder: Path) -> dict[str, Any]:
    """What the tables of a folder say, judged anew.

    Raises:
        FileError: one is missing or damaged.
    """
    with tables_of(folder) as summary:
        plan = profile(summary["profile"])
        by_variant: dict[str, list[Mapping[str, Any]]] = {}
        for row in read(folder / "games.csv"):
            by_variant.setdefault(row["variant"], []).append(row)
        strengths = {name: Strengths(rows) for name, rows in by_variant.items() if _anchored(rows)}
        tables = Tables(strengths, plan.held_out, plan.both, plan.seeds, plan.last, plan.trained)
        elo = [row for name in strengths for row in rated(name, by_variant[name])]
    return {
        "summary": summary, "plan": plan, "strengths": strengths, "elo": elo,
        "retention": retained(plan, strengths), "reach": reached(plan, strengths),
        "verdicts": verdicts.judge(tables),
    }  # fmt: skip


def _anchored(rows: Sequence[Mapping[str, Any]]) -> bool:
    return any(ZERO in (row["first"], row["second"]) for row in rows)


def rated(variant: str, rows: Sequence[Mapping[str, Any]]) -> Rows:
    """Rows of elo.csv for a variant, strongest first."""
    scores = [
        ratings.Score(row["first"], row["second"], int(row["opening"]),
                      *(int(row[name]) for name in ("wins", "draws", "losses")))
        for row in rows
    ]  # fmt: skip
    found = ratings.rate(scores, ZERO, repeats=100)
    order = sorted(found, key=lambda label: -found[label].elo)
    return [{"variant": variant, "label": label, **found[label]._asdict()} for label in order]


def universal(plan: Profile, found: Strengths, mode: str) -> float:
    """Elo of the universal networks on a variant, their mean."""
    return float(np.mean([found.of(f"universal-{seed}{mode}") for seed in range(plan.seeds)]))


def retained(plan: Profile, strengths: Mapping[str, Strengths]) -> Rows:
    """Rows of retention.csv: the first universal network on held-out variants."""
    rows = []
    for name, mode in _held_out(plan, strengths):
        specialist = f"{SPECIALIST}@{plan.last}{mode}"
        found = estimates.retention(strengths[name], f"universal-0{mode}", specialist, BASELINES[mode])
        row: dict[str, Any] = {"variant": name, "mode": mode or "alone"}
        for what, figure in (("share", found.share), ("gap", found.gap)):
            row |= {what: figure.value, f"{what} low": figure.low, f"{what} high": figure.high}
        rows.append(row | {"excluded": found.excluded})
    return rows


def _held_out(plan: Profile, strengths: Mapping[str, Strengths]) -> list[tuple[str, str]]:
    """Variants and modes in which specialists stand beside the universal network."""
    asked = plan.held_out if SPECIALIST in plan.trained else ()
    return [(name, mode) for name in asked if name in strengths for mode in BASELINES]


def curve(
    found: Strengths, kind: str, mode: str, counts: Sequence[int], start: float
) -> tuple[list[float], list[float]]:
    """Moves and Elo of a network that learns a variant, from where it starts."""
    played = [(float(count), found.of(f"{kind}@{count}{mode}")) for count in counts]
    points = [(0.0, start), *(one for one in played if math.isfinite(one[1]))]
    return [moves for moves, _ in points], [elo for _, elo in points]


def reached(plan: Profile, strengths: Mapping[str, Strengths]) -> Rows:
    """Rows of reach.csv."""
    rows = []
    for name, mode in _held_out(plan, strengths):
        found = strengths[name]
        unplayed = universal(plan, found, mode)
        own = curve(found, SPECIALIST, mode, plan.counts(plan.specialist), found.of(BASELINES[mode]))
        few = curve(found, FEW_SHOT, mode, plan.counts(plan.few_shot), found.of(f"universal-0{mode}"))
        if not math.isfinite(unplayed) or len(own[0]) < 2:
            continue
        at_once = estimates.reached(*own, unplayed)
        row: dict[str, Any] = {
            "variant": name, "mode": mode or "alone", "universal": unplayed, "specialist": own[1][-1],
            "moves": at_once.moves, "more": at_once.censored, "after": math.nan, "few-shot moves": math.nan,
            "specialist moves": math.nan, "specialist more": False, "log transfer": math.nan,
        }  # fmt: skip
        if len(few[0]) > 1 and math.isfinite(few[1][0]):
            level = estimates.isotonic(few[1])[-1]
            t, s = estimates.reached(*few, level), estimates.reached(*own, level)
            row |= {
                "after": level, "few-shot moves": t.moves, "specialist moves": s.moves,
                "specialist more": s.censored,
                "log transfer": estimates.log_transfer(s.moves, t.moves, own[0][1]),
            }  # fmt: skip
        rows.append(row)
    return rows


def publish(folder: Path, summary: dict[str, Any] | None = None) -> None:
    """Judge a folder's tables anew, write figures, summary, picture and page, print the verdicts.

    Arguments and errors are those of `judged`.
    """
    found = judged(folder, summary, stored, plain)
    for name in ("elo", "retention", "reach"):
        if found[name]:
            save_csv(folder / f"{name}.csv", found[name])
    picture = pictures.curves if SPECIALIST in found["plan"].trained else pictures.teachers
    save_picture(picture(found), folder / PICTURE)
    atomic.write_text(folder / "index.html", page(found, says(PREDICTIONS)))
    tell(found["verdicts"], PREDICTIONS, lambda one: interval(one.value, one.low, one.high))


def interval(value: float, low: float, high: float) -> str:
    """A figure with its interval, in words: shares to two decimals, Elo without any."""
    digits = ".2f" if max(abs(value), *(abs(end) for end in (low, high) if end == end), 0.0) < 2 else ",.0f"
    words = f"{value:{digits}}"
    return words if math.isnan(low) else f"{words} ({low:{digits}} to {high:{digits}})"


STYLE = """body{font:15px/1.5 Georgia,serif;max-width:60em;margin:2em auto;padding:0 1em;color:#2b2a28;
background:#fffdf8}table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .8em;text-align:left;
border-bottom:1px solid #d8d4ca}img{max-width:100%}caption{text-align:left;font-style:italic}"""


def page(told: Mapping[str, Any], says: Mapping[str, str]) -> str:
    """The page: verdicts, picture and tables."""
    plan, summary = told["plan"], told["summary"]
    done = summary["coverage"]
    judged = [
        {"": one.id, "predicted": says[one.id], "verdict": one.verdict,
         "figure (95 %)": interval(one.value, one.low, one.high)}
        for one in told["verdicts"]
    ]  # fmt: skip
    kept = [
        {"variant": row["variant"], "mode": row["mode"],
         "part of the specialist's gain": row["excluded"] or interval(row["share"], row["share low"],
                                                                      row["share high"]),
         "gain, Elo": interval(row["gap"], row["gap low"], row["gap high"])}
        for row in told["retention"]
    ]  # fmt: skip
    reach = [
        {"variant": row["variant"], "mode": row["mode"], "universal, Elo": f"{row['universal']:.0f}",
         "specialist's moves for that": f"{'more than ' * row['more']}{row['moves']:,.0f}",
         "after a little learning, Elo": _number(row["after"]),
         "moves, specialist's moves": "" if math.isnan(row["after"]) else
         f"{row['few-shot moves']:,.0f}, {'more than ' * row['specialist more']}"
         f"{row['specialist moves']:,.0f}"}
        for row in told["reach"]
    ]  # fmt: skip
    elo = [
        {"variant": row["variant"], "player": row["label"],
         "Elo": interval(row["elo"], row["low"], row["high"]), "games": row["games"]}
        for row in told["elo"]
    ]  # fmt: skip
    middles = [_middle(told["reach"], mode) for mode in ("alone", "+search") if told["reach"]]
    return "\n".join([
        f"<!doctype html><meta charset=utf-8><title>Transfer</title><style>{STYLE}</style>",
        "<h1>Networks that read the rules of variants they have never played</h1>",
        f"<p>Profile {plan.name}: {done['done']} of {done['of']} cells, {summary['seconds']:,} s of "
        f"processor time. Variants {summary['variants'][:12]}, registration {summary['registration'][:12]}. "
        f"{ZERO} has 0 Elo on every variant.</p>",
        _table("Predictions; figures in Elo are what is beyond the Elo named", judged),
        f"<img src={PICTURE} alt='Elo of networks on held-out variants'>",
        *(f"<p>{words}</p>" for words in middles),
        *(
            _table(title, rows)
            for title, rows in (
                ("Specialists' moves that reach the universal network's score", reach),
                ("What the universal network keeps of a specialist's gain, unplayed", kept),
            )
            if SPECIALIST in plan.trained
        ),
        _table("All ratings", elo),
    ])  # fmt: skip


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.0f}"


def _middle(rows: Rows, mode: str) -> str:
    mine = [row for row in rows if row["mode"] == mode]
    value, hidden = estimates.middle([row["moves"] for row in mine], [row["more"] for row in mine])
    if math.isnan(value):
        return f"{mode}: no held-out variant is rated."
    return (
        f"Network {mode.replace('+', 'with ')}: on the middle one of {len(mine)} held-out variants a "
        f"specialist needs {'more than ' * hidden}{value:,.0f} moves to be as strong as the "
        f"universal network unplayed."
    )


def _table(title: str, rows: Rows) -> str:
    if not rows:
        return f"<p>{title}: nothing yet.</p>"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(value))}</td>" for value in row.values()) + "</tr>"
        for row in rows
    )
    return f"<table><caption>{title}</caption><tr>{head}</tr>{body}</table>"
