"""Plots of a study, as SVG text that a page can hold."""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from gyges.scenarios.studies import comparisons
from gyges.scenarios.studies.comparisons import Row
from gyges.scenarios.studies.profile import Profile

COLOURS = {
    "random": "#9aa0a6", "best-gold": "#9aa0a6", "best-proxy": "#9aa0a6", "cloning": "#6b6f76",
    "filtered": "#56b4e9", "conditioned": "#0072b2", "return": "#3c4d8f", "awr": "#009e73", "q": "#5aa832",
    "iql": "#117733", "cql": "#44aa99", "ppo": "#d55e00", "ppo-kl": "#e69f00",
}  # fmt: skip
MARKS = {"binary": "o", "scalar": "s", "random": "x", "none": "D"}


def draw(plan: Profile, table: Sequence[Row]) -> dict[str, str]:
    """All plots by name, those left out for which there is nothing yet."""
    found: dict[str, str] = {}
    for mode in plan.modes:
        some = [r for r in table if r.cell.mode == mode.name]
        if not some:
            continue
        for name, make in (("proxy-gold", proxy_gold), ("square", square), ("foretold", foretold)):
            found[f"{mode.name}-{name}"] = make(plan, some)
        chain = [r for r in some if r.rater == "tail" and math.isfinite(r.amplified.get("chain", math.nan))]
        if chain:
            found[f"{mode.name}-amplified"] = amplified(chain)
    return {name: text for name, text in found.items() if text}


def panels(count: int, height: float = 3.1, wide: float = 3.2) -> tuple[Any, list[Any]]:
    """A figure with some panels side by side."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(wide * count, 5.0), height), layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)[0]
    for axis in axes:
        axis.grid(color="#e2dac8", linewidth=0.6)
        axis.set_axisbelow(True)
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
    return figure, list(axes)


def svg(figure: Any, words: str) -> str:
    """A figure as SVG text, the same for the same data, with text as text."""
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "gyges", "font.size": 9,
                                "font.family": "sans-serif"}):  # fmt: skip
        held = io.StringIO()
        figure.savefig(held, format="svg", metadata={"Date": None, "Title": words})
    text = held.getvalue()
    return slim(text[text.index("<svg") :])


def slim(text: str) -> str:
    """SVG without idle digits, blanks and repeated styles: a third of its size, the same picture."""
    text = re.sub(r"font-family: [^;\"]*", "font-family: sans-serif", text)
    text = re.sub(r"(\d+\.\d{2})\d+", r"\1", text)
    text = re.sub(r">\s+<", "><", text).replace(" \n", "\n")
    counts = Counter(re.findall(r' style="([^"]*)"', text))
    rules = []
    for style, count in counts.items():
        if count > 2:
            name = "s" + hashlib.sha256(style.encode()).hexdigest()[:6]
            text = text.replace(f' style="{style}"', f' class="{name}"')
            rules.append(f".{name}{{{style}}}")
    at = text.index(">") + 1
    return text[:at] + f"<style>{''.join(rules)}</style>" + text[at:]


def grouped(table: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    """Rows by (arm, signal)."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in table:
        found.setdefault((row.cell.arm, row.cell.label), []).append(row)
    return found


def raters_of(plan: Profile, table: Sequence[Row]) -> list[str]:
    """Raters that have results, in the profile's order."""
    return [name for name in plan.raters if any(r.rater == name for r in table)]


def key(figure: Any, seen: dict[str, Any]) -> None:
    """A legend below all panels."""
    figure.legend(seen.values(), seen.keys(), loc="outside lower center", ncols=6, frameon=False, fontsize=8)


def proxy_gold(plan: Profile, table: Sequence[Row]) -> str:
    """Normalised gold against normalised proxy: a point is one cell."""
    raters = raters_of(plan, table)
    figure, axes = panels(len(raters), 3.9)
    seen: dict[str, Any] = {}
    for axis, rater in zip(axes, raters, strict=True):
        for (arm, label), some in grouped([r for r in table if r.rater == rater]).items():
            if label == "random":
                continue
            mark, colour = MARKS.get(label.partition("@")[0], "o"), COLOURS[arm.partition("@")[0]]
            points = axis.scatter([r.phat for r in some], [r.ghat for r in some], s=26, marker=mark,
                                  color=colour, alpha=0.75, linewidths=0.4, edgecolors="white")  # fmt: skip
            name = arm if label == "none" else f"{arm}, {label}"
            seen.setdefault(name, points)
        axis.plot([0, 1], [0, 1], color="#c9c3b4", linewidth=1, linestyle="--", zorder=0)
        axis.set_title(f"rater: {rater}", fontsize=10)
        axis.set_xlabel("normalised proxy")
    axes[0].set_ylabel("normalised gold")
    key(figure, seen)
    return svg(figure, "normalised gold against normalised proxy")


SQUARE = (("SGD", ("conditioned", "binary"), ("return", "scalar")),
          ("offline Q", ("q", "binary"), ("q", "scalar")), ("AWR", ("awr", "binary"), ("awr", "scalar")),
          ("PPO", ("ppo", "binary"), ("ppo", "scalar")),
          ("PPO + KL", ("ppo-kl@0.5", "binary"), ("ppo-kl@0.5", "scalar")))  # fmt: skip


def square(plan: Profile, table: Sequence[Row]) -> str:
    """Goodhart gap by learner and signal, a panel for each rater: mean with 95 % interval."""
    arms = {arm for _, *both in SQUARE for arm, _ in both}
    raters = raters_of(plan, [r for r in table if r.cell.arm in arms])
    if not raters:
        return ""
    figure, axes = panels(len(raters), 3.2)
    seen: dict[str, Any] = {}
    for axis, rater in zip(axes, raters, strict=True):
        for k, (_, *both) in enumerate(SQUARE):
            for j, ((arm, label), colour) in enumerate(zip(both, ("#0072b2", "#d55e00"), strict=True)):
                e = comparisons.mean(comparisons.pick(table, rater=rater, arm=arm, signal=label), "gap")
                if not math.isfinite(e.value):
                    continue
                ends = (e.value, e.value) if not math.isfinite(e.low) else (e.low, e.high)
                reach = [[max(e.value - ends[0], 0)], [max(ends[1] - e.value, 0)]]
                bar = axis.errorbar([k + 0.3 * j - 0.15], [e.value], yerr=reach, color=colour, capsize=2.5,
                                    marker="os"[j], markersize=5, linestyle="none")  # fmt: skip
                seen.setdefault(("binary label", "scalar score")[j], bar)
        axis.axhline(0, color="#8b8f97", linewidth=0.8)
        axis.set_xticks(
            range(len(SQUARE)), [name for name, *_ in SQUARE], rotation=35, ha="right", fontsize=8
        )
        axis.set_title(f"rater: {rater}", fontsize=10)
    axes[0].set_ylabel("Goodhart gap")
    key(figure, seen)
    return svg(figure, "Goodhart gap by learner and signal")


def foretold(plan: Profile, table: Sequence[Row]) -> str:
    """Predictability beside ability: divergence from what was foretold, against normalised gold."""
    raters = raters_of(plan, table)
    figure, axes = panels(len(raters), 3.9)
    seen: dict[str, Any] = {}
    for axis, rater in zip(axes, raters, strict=True):
        for (arm, label), some in grouped([r for r in table if r.rater == rater]).items():
            kept = [r for r in some if math.isfinite(r.js)]
            if not kept or label == "random" or arm == "cloning":
                continue
            mark, colour = MARKS.get(label.partition("@")[0], "o"), COLOURS[arm.partition("@")[0]]
            x, y = (np.mean([getattr(r, name) for r in kept]) for name in ("js", "ghat"))
            points = axis.scatter(
                [x], [y], s=46, marker=mark, color=colour, edgecolors="white", linewidths=0.5
            )
            seen.setdefault(f"{arm}, {label}", points)
        axis.set_title(f"rater: {rater}", fontsize=10)
        axis.set_xlabel("unforeseen, bits")
    axes[0].set_ylabel("normalised gold")
    key(figure, seen)
    return svg(figure, "divergence from what was foretold, against normalised gold")


def amplified(table: Sequence[Row]) -> str:
    """How much more frequent the tail rater's chain became than it is in the data, beside 1 / P(good)."""
    groups = {k: v for k, v in grouped(table).items() if k[1] in ("binary", "scalar")}
    names = sorted(groups, key=lambda k: (list(COLOURS).index(k[0].partition("@")[0]), k))
    figure, (axis,) = panels(1, 0.28 * len(names) + 1.1, 7.2)
    floor = 0.02
    for k, name in enumerate(names):
        values = [max(r.amplified["chain"], floor) for r in groups[name]]
        axis.scatter(values, [k] * len(values), s=22, color=COLOURS[name[0].partition("@")[0]],
                     marker=MARKS[name[1]], alpha=0.8)  # fmt: skip
    bounds = sorted({round(r.bound, 3) for r in table})
    for bound in bounds:
        axis.axvline(bound, color="#b84a00", linewidth=1, linestyle="--")
    axis.axvline(1, color="#8b8f97", linewidth=0.8)
    axis.set_xscale("log")
    axis.set_yticks(range(len(names)), [f"{arm}, {label}" for arm, label in names], fontsize=8)
    axis.invert_yaxis()
    axis.set_xlabel(f"frequency of the chain over that in the data (never: {floor}); dashed: 1 / P(good)")
    return svg(figure, "amplification of the chain")
