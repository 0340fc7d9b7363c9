"""The pictures of the study of transfer: specialists as they learn, against the universal network; and how
networks do by the way they were taught."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from gyges.scenarios.studies.pictures import FAINT, INK, PAPER, headed, plain
from gyges.scenarios.studies.transfer.estimates import BASELINES
from gyges.scenarios.studies.transfer.profile import (
    CLONED,
    FEW_SHOT,
    PPO,
    SGD,
    SHUFFLED,
    SPECIALIST,
    UNIVERSAL,
)

CURVES = {
    SPECIALIST: ("#3d7a8c", "specialist, as it learns"),
    FEW_SHOT: ("#b3352b", "universal network, as it goes on to learn"),
}
LINES = {
    "universal": ("#b3352b", "-", "universal network, unplayed"),
    "blind": ("#8a6fa0", "--", "the same, blind to rules"),
    "wrong": ("#c98a2b", "--", "the same, shown wrong rules"),
}
COLUMNS = 4
TAUGHT = {
    UNIVERSAL: ("self-play by search", "#b3352b"),
    PPO: ("self-play by PPO", "#c98a2b"),
    SGD: ("SGD told what was good", "#3d7a8c"),
    SHUFFLED: ("SGD told so by lot", "#8a6fa0"),
    CLONED: ("SGD not told", "#6b6a66"),
}


def curves(told: Mapping[str, Any], mode: str = "") -> Any:
    """A panel a held-out variant: Elo of networks alone by moves of self-play on it."""
    from matplotlib.figure import Figure

    plan = told["plan"]
    names = [name for name in plan.held_out if name in told["strengths"]]
    rows = max(1, math.ceil(len(names) / COLUMNS))
    figure = Figure(figsize=(12.4, 1.5 + 2.7 * rows), facecolor=PAPER)
    axes = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
    for axis, name in zip(axes, names, strict=False):
        _panel(axis, plan, told["strengths"][name], mode)
        axis.set_title(name.removeprefix("transfer-"), fontsize=10.5, color=INK, loc="left")
        plain(axis, 9, which="both")
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    for k, axis in enumerate(axes[: len(names)]):
        if k % COLUMNS == 0:
            axis.set_ylabel("Elo", fontsize=9.5, color=INK)
        if k + COLUMNS >= len(names):
            axis.set_xlabel("moves of self-play on it", fontsize=9.5, color=INK)
            axis.tick_params(labelbottom=True)
    shown: dict[str, Any] = {}
    for axis in axes[: len(names)]:
        shown |= {text: line for line, text in zip(*axis.get_legend_handles_labels(), strict=True)}
    headed(figure, "Held-out variants: networks alone, without search")
    figure.legend(shown.values(), shown.keys(), frameon=False, fontsize=9, labelcolor=INK, ncols=3,
                  loc="lower left", bbox_to_anchor=(0.01, 0.0))  # fmt: skip
    figure.tight_layout(rect=(0, 0.62 / figure.get_figheight(), 1, 1), w_pad=1.2)
    return figure


def teachers(told: Mapping[str, Any]) -> Any:
    """A row a way of teaching: Elo of networks alone, a dot a variant, the mean as a bar."""
    from matplotlib.figure import Figure

    plan = told["plan"]
    kinds = [kind for kind in TAUGHT if kind in plan.networks]
    figure = Figure(figsize=(9.6, 1.9 + 0.62 * len(kinds)), facecolor=PAPER)
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for axis, title, names in zip(
        axes, ("held-out variants", "variants learnt"), (plan.held_out, plan.both), strict=True
    ):
        _dots(axis, told, kinds, [name for name in names if name in told["strengths"]])
        axis.set_title(f"{title} (a dot each, the bar their mean)", fontsize=10, color=INK, loc="left")
        plain(axis, 9, which="both")
        axis.grid(axis="x", color=FAINT, linewidth=0.7)
        axis.grid(axis="y", visible=False)
        axis.set_xlabel("Elo, alphabeta:100 is 0", fontsize=9.5, color=INK)
    axes[0].set_yticks(range(len(kinds)), [TAUGHT[kind][0] for kind in kinds])
    axes[0].set_ylim(len(kinds) - 0.5, -0.6)
    headed(figure, "The same network, taught in other ways: alone, without search", 13)
    figure.tight_layout(w_pad=1.5)
    return figure


def _dots(axis: Any, told: Mapping[str, Any], kinds: list[str], names: list[str]) -> None:
    plan, strengths = told["plan"], told["strengths"]
    for j, kind in enumerate(kinds):
        found = [
            float(np.mean([strengths[name].of(f"{kind}-{seed}") for seed in range(plan.seeds)]))
            for name in names
        ]
        found = [elo for elo in found if math.isfinite(elo)]
        if found:
            colour = TAUGHT[kind][1]
            axis.plot(found, [j] * len(found), "o", color=colour, alpha=0.5, markersize=6, linewidth=0)
            axis.plot([float(np.mean(found))] * 2, [j - 0.3, j + 0.3], color=colour, linewidth=3)
    base = [strengths[name].of(BASELINES[""]) for name in names]
    base = [elo for elo in base if math.isfinite(elo)]
    if base:
        axis.axvline(float(np.mean(base)), color=INK, linestyle=":", linewidth=1.2)
        axis.annotate("random play", (float(np.mean(base)), -0.55), fontsize=8.5, color=INK, xytext=(3, 0),
                      textcoords="offset points", va="top")  # fmt: skip


def _panel(axis: Any, plan: Any, found: Any, mode: str) -> None:
    counts = {SPECIALIST: plan.counts(plan.specialist), FEW_SHOT: plan.counts(plan.few_shot)}
    first, last = min(counts[SPECIALIST][0], counts[FEW_SHOT][0]), counts[SPECIALIST][-1]
    ends = (first / 2, last * 1.3)
    for kind, (colour, words) in CURVES.items():
        points = [(count, found.of(f"{kind}@{count}{mode}")) for count in counts[kind]]
        points = [point for point in points if math.isfinite(point[1])]
        if points:
            axis.plot(
                *zip(*points, strict=True), "o-", color=colour, markersize=4, linewidth=1.8, label=words
            )
    for kind, (colour, style, words) in LINES.items():
        each = [found.of(f"{kind}-{seed}{mode}") for seed in range(plan.seeds)]
        if np.isfinite(each).any():
            axis.plot(ends, [np.nanmean(each)] * 2, style, color=colour, linewidth=1.4, label=words)
    base = found.of(BASELINES[mode])
    if math.isfinite(base):
        axis.plot(ends, [base] * 2, ":", color=INK, linewidth=1.2, label="random play")
    axis.set_xscale("log")
    axis.set_xlim(*ends)
