"""How the pictures of studies look."""

from __future__ import annotations

from typing import Any

INK, PAPER, FAINT = "#2b2a28", "#fffdf8", "#d8d4ca"


def plain(axis: Any, size: float = 9.5, **ticks: Any) -> None:
    """Take an axis's frame and tick marks away, and draw faint lines across it.

    Args:
        axis: of Matplotlib.
        size: of the letters at the ticks.
        ticks: what else is set of them.
    """
    axis.set_facecolor(PAPER)
    axis.tick_params(length=0, labelsize=size, colors=INK, **ticks)
    axis.grid(axis="y", color=FAINT, linewidth=0.7)
    axis.set_axisbelow(True)
    for side in axis.spines.values():
        side.set_visible(False)


def headed(figure: Any, words: str, size: float = 14) -> None:
    """Write a figure's title."""
    figure.suptitle(words, x=0.015, ha="left", fontsize=size, color=INK, weight="bold")
