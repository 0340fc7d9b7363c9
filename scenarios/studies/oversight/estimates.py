"""Figures of the study of oversight, from its tables: the scale of Elo, success by strengths, and its slope.

Variants are what is drawn: every figure is a function of how often each variant counts, and its interval is
the jackknife's over variants, with the scale found anew each time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.scenarios import statistics as st
from gyges.scenarios.arena import ratings
from gyges.scenarios.studies.oversight.profile import RUNGS

Floats = npt.NDArray[np.float64]
Weights = Floats
"""How often each variant counts [E]."""
GAP = 400.0
"""Elo: where success is read off, and the unit of slopes."""
HONEST = "honest"
STEPS, RIDGE, TINY = 60, 1e-6, 1e-9


class Tables:
    """Games and episodes, counted.

    Attributes:
        variants: their seeds.
        players, overseers: nodes of a look.
        posed: (kind of player) to proposals [E, players, overseers] whose truth is what the player meant.
        right: (kind, arm) to those judged rightly: a bad move refused, a good one accepted.

    Args:
        games: rows of games.csv.
        cells: rows of cells.csv.
        arms: names of the arms.
    """

    def __init__(
        self, games: Sequence[Mapping[str, Any]], cells: Sequence[Mapping[str, Any]], arms: Sequence[str]
    ) -> None:
        self.variants = sorted({int(row["variant"]) for row in cells})
        self.players, self.overseers = (
            sorted({int(row[name]) for row in cells}) for name in ("player", "overseer")
        )
        rung = {nodes: k for k, nodes in enumerate(RUNGS)}
        place = {seed: k for k, seed in enumerate(self.variants)}
        self._elo: dict[bytes, Floats] = {}
        self.games = np.zeros((len(place), len(RUNGS), len(RUNGS), 3))
        for row in games:
            e, low, high = place[int(row["variant"])], rung[int(row["low"])], rung[int(row["high"])]
            points = [int(row[name]) for name in ("wins", "draws", "losses")]
            self.games[e, low, high] += points
            self.games[e, high, low] += points[::-1]
        shape = (len(place), len(self.players), len(self.overseers))
        kinds = sorted({str(row["kind"]) for row in cells})
        self.posed = {kind: np.zeros(shape) for kind in kinds}
        self.right = {(kind, arm): np.zeros(shape) for kind in kinds for arm in arms}
        for row in cells:
            at = (place[int(row["variant"])], self.players.index(int(row["player"])),
                  self.overseers.index(int(row["overseer"])))  # fmt: skip
            self.posed[row["kind"]][at] += int(row["posed"])
            for arm in arms:
                self.right[row["kind"], arm][at] += int(row[arm])

    def once(self) -> Weights:
        """Every variant once."""
        return np.ones(len(self.variants))

    def elo(self, weights: Weights) -> Floats:
        """Elo of the rungs over all variants together, the lowest at 0."""
        key = weights.tobytes()
        if key not in self._elo:
            self._elo[key] = ratings.fit(np.tensordot(weights, self.games, 1), 0)
        return self._elo[key]

    def gaps(self, weights: Weights) -> Floats:
        """Elo by which players are above overseers [players, overseers]."""
        elo = self.elo(weights)
        player, overseer = (
            elo[[RUNGS.index(nodes) for nodes in some]] for some in (self.players, self.overseers)
        )
        return np.asarray(player[:, None] - overseer[None])

    def rate(self, weights: Weights, kind: str, arm: str) -> Floats:
        """Part of a kind's proposals judged rightly [players, overseers]."""
        right, posed = (np.tensordot(weights, one, 1) for one in (self.right[kind, arm], self.posed[kind]))
        return np.asarray(st.ratio(right, posed))

    def success(self, weights: Weights, kind: str, arm: str) -> Floats:
        """Mean of the part of a dishonest kind's bad moves refused and of honest good moves accepted."""
        return (self.rate(weights, kind, arm) + self.rate(weights, HONEST, arm)) / 2


def line(gaps: Floats, success: Floats, arms: int = 1) -> Floats:
    """The logistic line of success on the gap: an intercept for each arm, and one slope for a gap of `GAP`.

    Every pair of strengths counts alike; pairs without a proposal are left out.

    Args:
        gaps: Elo [K].
        success: [arms, K].
        arms: how many.

    Returns:
        [arms + 1]: log odds at a gap of 0, and last what `GAP` Elo takes from them.
    """
    y = success.reshape(arms, -1)
    x = np.broadcast_to(gaps.reshape(-1) / GAP, y.shape)
    return logistic(np.concatenate([np.repeat(np.eye(arms), y.shape[1], 0), -x.reshape(-1, 1)], 1), y.ravel())


def logistic(design: Floats, y: Floats) -> Floats:
    """The logistic regression of shares [K] on a design [K, P], by Newton's method; NaN is left out."""
    design, y = design[np.isfinite(y)], y[np.isfinite(y)]
    found = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-design @ found))
        slope = design.T @ (y - chance) - RIDGE * found
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + RIDGE * np.eye(len(found))
        move = np.clip(np.linalg.solve(bend, slope), -1, 1)
        found += move
        if np.abs(move).max() < TINY:
            break
    return found


def sides(tables: Tables, weights: Weights, kind: str, arm: str) -> tuple[float, float]:
    """Log odds of success that `GAP` Elo more of the player cost, and of the overseer bring."""
    elo = tables.elo(weights) / GAP
    player, overseer = (elo[[RUNGS.index(n) for n in some]] for some in (tables.players, tables.overseers))
    grid = np.meshgrid(player, overseer, indexing="ij")
    design = np.stack([np.ones(grid[0].size), -grid[0].ravel(), grid[1].ravel()], 1)
    _, cost, gain = logistic(design, tables.success(weights, kind, arm).ravel())
    return float(cost), float(gain)


def chance(odds: float) -> float:
    """The chance of log odds."""
    return 1 / (1 + math.exp(-odds))


def success_at(tables: Tables, weights: Weights, kind: str, arm: str, gap: float = GAP) -> float:
    """Success at a gap, by the line."""
    start, fall = line(tables.gaps(weights), tables.success(weights, kind, arm))
    return chance(start - fall * gap / GAP)


def refused_at(tables: Tables, weights: Weights, kind: str, arm: str, gap: float = GAP) -> float:
    """Part of bad moves refused at a gap, by a line of its own."""
    start, fall = line(tables.gaps(weights), tables.rate(weights, kind, arm))
    return chance(start - fall * gap / GAP)


def fall(tables: Tables, weights: Weights, kind: str, arm: str) -> float:
    """Log odds of success that a gap of `GAP` costs."""
    return float(line(tables.gaps(weights), tables.success(weights, kind, arm))[1])


def worth_in_elo(tables: Tables, weights: Weights, kind: str, arm: str, beside: str) -> float:
    """By how many Elo the gap may be larger with one arm for the same success as with another: the horizontal
    distance of two lines of one slope."""
    both = np.stack([tables.success(weights, kind, one).ravel() for one in (arm, beside)])
    first, second, fall = line(tables.gaps(weights), both, 2)
    return float((first - second) / fall * GAP) if fall > 0.02 else math.nan


def estimate(tables: Tables, figure: Callable[[Weights], float]) -> tuple[st.Estimate, float]:
    """A figure with its interval over variants, and the two-sided p of its being 0."""

    def statistic(counts: st.Counts) -> Floats:
        return np.array([figure(weights) for weights in counts])

    return st.estimate_and_p([(len(tables.variants), statistic)])
