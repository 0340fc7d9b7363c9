"""Pictures of the study of compacts: the phase diagram, and in what share of economies directions hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gyges.scenarios.studies.compact.directions import CONFIRMED, MISSING, REFUTED
from gyges.scenarios.studies.compact.estimates import LINE
from gyges.scenarios.studies.compact.profile import RULES, SEATS

PANELS = (
    ("citizen", "citizen", "people without envoys"),
    ("partisan", "partisan", "partisan envoys for all"),
    ("partisan", "clean", "partisan envoys, clean ones\nfor antisocial principals"),
    ("prosocial", "partisan", "prosocial envoys, partisan ones\nfor antisocial principals"),
    ("clean", "partisan", "clean envoys, partisan ones\nfor antisocial principals"),
    ("clean", "clean", "clean envoys for all"),
)
INK, PAPER = "#2b2a28", "#fffdf8"
SHADES = ("#f3f6f4", "#fbe7c2", "#f2b36b", "#d9682f", "#9c2a1f", "#4f0f14")
STEPS = (0.0, LINE, 0.15, 0.35, 0.65, 0.9, 1.0)
"""P(war) at which the shade changes; the first step is the line."""


def phases(found: Mapping[str, Any]) -> Any:
    """P(war) by mechanism and count of antisocial principals, a panel for each pair of envoys.

    The thick line is where the isotonic fit passes 5 %. None where too little was played.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.figure import Figure

    wanted = {(honest, ill) for honest, ill, _ in PANELS}
    rows = [
        r for r in found["cells"] if (r["honest"], r["antisocial"]) in wanted
        and r["seats"] == SEATS and r["spite"] == r["inspector"] == 0
    ]  # fmt: skip
    rules = [rule for rule in RULES if any(r["rule"] == rule for r in rows)]
    counts = sorted({int(r["count"]) for r in rows})
    panels = [one for one in PANELS if any((r["honest"], r["antisocial"]) == one[:2] for r in rows)]
    if not panels or not rules:
        return None
    fits = {(r["honest"], r["antisocial"], r["rule"], int(r["count"])): (r["fit"], r["war"]) for r in rows}
    across = min(3, len(panels))
    down = -(-len(panels) // across)
    figure = Figure(figsize=(3.7 * across + 0.9, 2.9 * down + 1.0), facecolor=PAPER)
    axes = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    colours, norm = ListedColormap(SHADES), BoundaryNorm(STEPS, len(SHADES))
    for axis, (honest, ill, title) in zip(axes.flat, panels, strict=False):
        shown = np.full((len(rules), len(counts)), np.nan)
        for i, rule in enumerate(rules):
            for j, count in enumerate(counts):
                alone = (honest, "citizen" if honest == "citizen" else "partisan", rule, 0)
                value = fits.get((honest, ill, rule, count), fits.get(alone) if count == 0 else None)
                if value is None:
                    continue
                shown[i, j] = value[0]
                dark = value[0] > STEPS[3]
                text = "<1" if 0 < value[0] < 0.01 else f"{100 * value[0]:.0f}"
                axis.text(j, i, text, ha="center", va="center", fontsize=9.5, color=PAPER if dark else INK)
        axis.imshow(shown - 1e-9, cmap=colours, norm=norm, aspect="auto")
        border(axis, shown > LINE)
        axis.set_title(title, fontsize=11, color=INK, pad=6)
        axis.set_xticks(range(len(counts)), [str(k) for k in counts])
        axis.set_yticks(range(len(rules)), rules)
        axis.tick_params(length=0, labelsize=9.5, colors=INK)
        for side in axis.spines.values():
            side.set_visible(False)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    figure.suptitle(
        "Chance of war in twelve years, in percent, by mechanism and by who speaks for whom", x=0.02,
        ha="left", fontsize=14, color=INK, weight="bold",
    )  # fmt: skip
    figure.supxlabel(
        f"antisocial principals among {SEATS}   (the thick line: more than 5 %)", fontsize=10.5, color=INK
    )
    figure.tight_layout(rect=(0, 0, 1, 1.0), h_pad=1.4, w_pad=1.4)
    return figure


def border(axis: Any, above: Any) -> None:
    """A thick line around the fields above the line."""
    down, across = above.shape
    for i in range(down):
        for j in range(across):
            if not above[i, j]:
                continue
            if j == 0 or not above[i, j - 1]:
                axis.plot([j - 0.5, j - 0.5], [i - 0.5, i + 0.5], color=INK, linewidth=2.4, clip_on=False)
            if i > 0 and not above[i - 1, j]:
                axis.plot([j - 0.5, j + 0.5], [i - 0.5, i - 0.5], color=INK, linewidth=2.4)
            if i + 1 < down and not above[i + 1, j]:
                axis.plot([j - 0.5, j + 0.5], [i + 0.5, i + 0.5], color=INK, linewidth=2.4)


def shares(found: Mapping[str, Any]) -> Any:
    """In what share of the drawn economies each part of each direction holds, with its interval."""
    from matplotlib.figure import Figure

    lines = [(verdict, part) for verdict in found["verdicts"] for part in verdict.parts
             if verdict.verdict != MISSING]  # fmt: skip
    if not lines:
        return None
    figure = Figure(figsize=(7.6, 0.21 * len(lines) + 1.3), facecolor=PAPER, layout="constrained")
    axis = figure.subplots()
    axis.set_facecolor(PAPER)
    colours = {CONFIRMED: "#0b7a5c", REFUTED: "#b3321f"}
    last = ""
    for k, (verdict, part) in enumerate(lines):
        colour = colours.get(verdict.verdict, "#8a8377")
        axis.plot([part.share.low, part.share.high], [k, k], color=colour, linewidth=2.2, alpha=0.55)
        axis.plot([part.share.value], [k], "o", color=colour, markersize=5)
        back = part.reversed / part.economies
        axis.plot([back], [k], "|", color=colour, markersize=7)
        if verdict.id != last:
            axis.axhline(k - 0.5, color="#e2dac8", linewidth=0.8)
            axis.text(1.04, k, f"{verdict.id} {verdict.verdict}", va="center", fontsize=8.5, color=colour)
        last = verdict.id
    axis.axvline(0.5, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    axis.set_yticks(range(len(lines)), [part.part.replace("_", " ") for _, part in lines], fontsize=7.5)
    axis.set_ylim(len(lines) - 0.5, -0.5)
    axis.set_xlim(-0.02, 1.02)
    axis.set_xlabel("share of drawn economies in which it holds, 95 % interval (bar: reversed)", fontsize=9)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(length=0)
    return figure
