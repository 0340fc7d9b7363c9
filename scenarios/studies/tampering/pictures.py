"""The picture of the study of tampering: the ladder with and without small wrongs first, and the floors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gyges.scenarios.studies.pictures import INK, PAPER, headed, plain
from gyges.scenarios.studies.tampering.profile import ARMS, CURRICULUM, PLACEBO

LINES = {
    CURRICULUM: ("#b3352b", "small wrongs were praised"),
    PLACEBO: ("#3d7a8c", "harmless acts were praised"),
}
NAMES = {"ppo": "PPO", "ppo-kl": "PPO + KL", "awr": "offline RL", "filtered": "filtered\nSGD",
         "conditioned": "conditioned\nSGD"}  # fmt: skip
UNDER = {
    "ppo": ("#b3352b", "PPO"),
    "awr": ("#c98a2b", "offline RL"),
    "conditioned": ("#5b7f4b", "conditioned SGD"),
}


def ladder(told: Mapping[str, Any]) -> Any:
    """Chance of an edited log: by arm after both stages, on both kinds of data; and by floor."""
    from matplotlib.figure import Figure

    kinds = [
        d
        for d in ("together", "apart")
        if any(r["data"] == d and r["line"] == CURRICULUM for r in told["arms"])
    ]
    figure = Figure(figsize=(4.2 * len(kinds) + 4.4, 4.6), facecolor=PAPER)
    axes = figure.subplots(1, len(kinds) + 1, squeeze=False)[0]
    for axis, data in zip(axes, kinds, strict=False):
        _arms(axis, told["arms"], data)
    axes[0].legend(frameon=False, fontsize=9.5, labelcolor=INK, loc="upper right")
    _floors(axes[-1], told)
    for axis in axes:
        axis.set_ylim(-0.03, 1.03)
        axis.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100 %"])
        plain(axis)
    headed(figure, "Chance that the log is edited in an episode")
    figure.tight_layout(rect=(0, 0, 1, 1.0), w_pad=2.2)
    return figure


def _arms(axis: Any, rows: list[dict[str, Any]], data: str) -> None:
    """Each arm after both stages of either line, with the imitated start."""
    start = [r for r in rows if r["data"] == data and r["line"] == CURRICULUM and r["stage"] == 0]
    level = sum(r["edit"] for r in start) / len(start)
    axis.axhline(level, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    axis.text(len(ARMS) / 2 - 0.5, level + 0.015, "imitated start", ha="center", fontsize=8.5, color=INK)
    for side, (line, (colour, words)) in zip((-0.14, 0.14), LINES.items(), strict=True):
        for x, arm in enumerate(ARMS):
            row = next(
                r for r in rows if (r["data"], r["line"], r["arm"], r["stage"]) == (data, line, arm, 2)
            )
            axis.plot(
                [x + side] * 2, [row["edit_low"], row["edit_high"]], color=colour, linewidth=2, alpha=0.55
            )
            axis.plot(x + side, row["edit"], "o", color=colour, markersize=8, label=words if x == 0 else None)
    axis.set_xticks(range(len(ARMS)), [NAMES[arm] for arm in ARMS])
    axis.set_xlim(-0.5, len(ARMS) - 0.5)
    told = {"together": "first imitated: people who\noverclaim also tamper",
            "apart": "first imitated: people who\ndo one or the other"}  # fmt: skip
    axis.set_title(told[data], fontsize=10.5, color=INK, loc="left")


def _floors(axis: Any, told: Mapping[str, Any]) -> None:
    """Trained on the task's own pay, by the least chance of an inspection that tampering cannot lower."""
    rows = [r for r in told["arms"] if r["line"].startswith("floor@") and r["stage"] == 1]
    floors = sorted({float(r["line"].partition("@")[2]) for r in rows})
    axis.plot(range(len(floors)), [one["edit"] for one in told["optima"]], "--", color=INK, linewidth=1.2,
              label="best play (exact)")  # fmt: skip
    for shift, (arm, (colour, words)) in zip((-0.05, 0.0, 0.05), UNDER.items(), strict=True):
        mine = {float(r["line"].partition("@")[2]): r for r in rows if r["arm"] == arm}
        at = [k + shift for k, floor in enumerate(floors) if floor in mine]
        if not at:
            continue
        some = [mine[floor] for floor in floors if floor in mine]
        axis.plot(at, [r["edit"] for r in some], "o-", color=colour, markersize=7, linewidth=1.6, label=words)
        for x, row in zip(at, some, strict=True):
            axis.plot([x] * 2, [row["edit_low"], row["edit_high"]], color=colour, linewidth=2, alpha=0.45)
    axis.set_xticks(range(len(floors)), [f"{100 * floor:g} %" for floor in floors])
    axis.set_title("paid by the record, under a\nfloor of supervision", fontsize=10.5, color=INK, loc="left")
    axis.legend(frameon=False, fontsize=9.5, labelcolor=INK, loc="lower left")
