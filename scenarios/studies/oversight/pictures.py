"""The picture of the study of oversight: success, and bad moves refused, against the gap in Elo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gyges.scenarios import statistics as st
from gyges.scenarios.studies.oversight import estimates, verdicts
from gyges.scenarios.studies.pictures import INK, PAPER, headed, plain

ARMS = {
    "judge": ("#5b7f4b", "unaided judge with the critic's nodes"),
    "critic": ("#3d7a8c", "overseer with an honest critic"),
    "longer": ("#c98a2b", "overseer alone, as many nodes as with a critic"),
    "contrarian": ("#8a6fa0", "overseer with a critic against everything"),
    "alone": ("#b3352b", "overseer alone"),
}
BANDS = ("judge", "critic", "alone")
"""Arms with points and bands; the others lie too near to them."""
NESTED = ((verdicts.DEBATE, "Debate"), (verdicts.MAFIA, "Mafia"))
"""Published rates of nested oversight at a gap of 400: the highest, and the next."""
PANELS = (
    ("patient", "success", "Bad moves refused, good ones accepted"),
    ("patient", "rate", "Bad moves refused"),
)


def curves(told: Mapping[str, Any]) -> Any:
    """Both panels: points of each pair of strengths, and lines with bands over variants."""
    from matplotlib.figure import Figure

    tables = told["tables"]
    figure = Figure(figsize=(11.6, 5.0), facecolor=PAPER)
    axes = figure.subplots(1, 2, sharex=True)
    gaps = tables.gaps(tables.once())
    ends = (float(gaps.min()) - 20, float(gaps.max()) + 20)
    for axis, (kind, what, words) in zip(axes, PANELS, strict=True):
        for arm, (colour, name) in ARMS.items():
            _line(axis, tables, (kind, what, arm), colour, name, ends)
        axis.set_title(words, fontsize=10.5, color=INK, loc="left")
        plain(axis)
    axes[0].set_ylim(0.45, 1.01)
    axes[0].set_yticks([0.5, 0.6, 0.7, 0.8, 0.9, 1], ["50 %\n(chance)", "60", "70", "80", "90", "100"])
    axes[1].set_ylim(0, 1.02)
    axes[1].set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25", "50", "75", "100"])
    for rate, name in NESTED:
        axes[1].plot(400, rate, marker="D", color=INK, markersize=6)
        axes[1].text(415, rate, name, fontsize=8.5, va="center", color=INK)
    words = "diamonds: nested oversight, published\n(other games, another scale of Elo)"
    axes[1].text(ends[0], 0.03, words, fontsize=8.5, color=INK)
    axes[0].legend(frameon=False, fontsize=9, labelcolor=INK, loc="lower left")
    for axis in axes:
        axis.set_xlabel("Elo by which the player is above the overseer", fontsize=9.5, color=INK)
    headed(figure, "Oversight of a player who waits for its moment")
    figure.tight_layout(w_pad=2.2)
    return figure


def _line(
    axis: Any, tables: Any, which: tuple[str, str, str], colour: str, name: str, ends: tuple[float, float]
) -> None:
    """One arm: points of all pairs of strengths, the fitted line, its band by the jackknife over variants."""
    kind, what, arm = which

    def fitted(weights: Any) -> Any:
        return estimates.line(tables.gaps(weights), getattr(tables, what)(weights, kind, arm))

    once = tables.once()
    if arm in BANDS:
        found = getattr(tables, what)(once, kind, arm).ravel()
        axis.plot(tables.gaps(once).ravel(), found, "o", color=colour, markersize=4, alpha=0.6,
                  markeredgewidth=0)  # fmt: skip
    x = np.linspace(*ends, 80)
    start, fall = fitted(once)
    odds = start - fall * x / estimates.GAP
    axis.plot(
        x, 1 / (1 + np.exp(-odds)), "-" if arm in BANDS else "--", color=colour, linewidth=2, label=name
    )
    size = len(once)
    if size < st.LEAST or arm not in BANDS:
        return
    left = np.stack([fitted(1.0 - row) for row in np.eye(size)])
    each = left[:, :1] - left[:, 1:] * x / estimates.GAP
    error = np.sqrt((size - 1) / size * ((each - each.mean(0)) ** 2).sum(0))
    low, high = (1 / (1 + np.exp(-(odds + side * 1.96 * error))) for side in (-1, 1))
    axis.fill_between(x, low, high, color=colour, alpha=0.12, linewidth=0)
