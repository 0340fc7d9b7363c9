"""Figures of the study of transfer, from its games: strengths, retention, learning that reaches a score.

Players stand by label: `universal-SEED` is a network alone, `universal-SEED+search` the same with search;
`specialist@MOVES` one that has learnt the variant so long. A *mode* is the end of a label.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.scenarios import statistics as st
from gyges.scenarios.arena import ratings

Floats = npt.NDArray[np.float64]
ZERO = "alphabeta:100"
"""Has 0 Elo on every variant."""
BASELINES = {"": "random", "+search": "untrained+search"}
"""By mode: what a network has to be better than."""
GAP = 100.0
"""Elo by which a specialist has to be above the baseline, at the lower end of its interval, for retention."""


class Strengths:
    """Strengths of all players of one variant, fitted together, with what they are when an opening is left
    out.

    Attributes:
        names: labels of players.
        elo: [players], `ZERO` at 0.
        left: [openings, players] without each opening.

    Args:
        games: rows with first, second, opening, wins, draws, losses.
    """

    def __init__(self, games: Sequence[Mapping[str, Any]]) -> None:
        self.names = sorted({str(row[side]) for row in games for side in ("first", "second")})
        openings = sorted({int(row["opening"]) for row in games})
        place = {name: k for k, name in enumerate(self.names)}
        table = np.zeros((len(openings), len(place), len(place), 3))
        for row in games:
            k, i, j = openings.index(int(row["opening"])), place[row["first"]], place[row["second"]]
            points = [int(row[name]) for name in ("wins", "draws", "losses")]
            table[k, i, j] += points
            table[k, j, i] += points[::-1]
        whole, zero = table.sum(0), place[ZERO]
        self.elo = ratings.fit(whole, zero)
        self.left = np.array([ratings.fit(whole - one, zero) for one in table])

    def of(self, name: str) -> float:
        """Elo of a player; NaN where it has not played."""
        return float(self.elo[self.names.index(name)]) if name in self.names else math.nan

    def difference(self, first: str, second: str) -> tuple[float, Floats]:
        """Elo by which one is above another, and the same without each opening; NaN where one is missing."""
        if first not in self.names or second not in self.names:
            return math.nan, np.full(len(self.left), math.nan)
        i, j = self.names.index(first), self.names.index(second)
        return float(self.elo[i] - self.elo[j]), self.left[:, i] - self.left[:, j]


def covariance(first: Floats, second: Floats) -> float:
    """Jackknife covariance of two figures, from their values without each cluster."""
    size = len(first)
    return float((size - 1) / size * ((first - first.mean()) * (second - second.mean())).sum())


def fieller(a: float, b: float, var_a: float, var_b: float, cov: float, quantile: float) -> st.Estimate:
    """The ratio a / b with Fieller's interval; no interval where b is not told from 0."""
    g = quantile**2 * var_b / b**2
    if not g < 1:
        return st.Estimate(a / b, math.nan, math.nan)
    middle = (a / b - g * cov / var_b) / (1 - g) if var_b else a / b
    inside = var_a - 2 * a / b * cov + (a / b) ** 2 * var_b - g * (var_a - cov**2 / var_b if var_b else 0)
    half = quantile / abs(b) / (1 - g) * math.sqrt(max(inside, 0.0))
    return st.Estimate(a / b, middle - half, middle + half)


class Retention(NamedTuple):
    """What part of a specialist's gain over the baseline a universal network has without having played."""

    share: st.Estimate
    gap: st.Estimate  # Elo of the specialist above the baseline
    excluded: str  # why it is not counted; "" where it is


def retention(found: Strengths, universal: str, specialist: str, baseline: str) -> Retention:
    """On one variant; its interval is over openings, with Student's t."""
    gain, gains = found.difference(universal, baseline)
    gap, gaps = found.difference(specialist, baseline)
    quantile = st.t_quantile(max(len(gaps) - 1, 1))
    error = math.sqrt(covariance(gaps, gaps)) if len(gaps) > 1 else math.nan
    reach = st.Estimate(gap, gap - quantile * error, gap + quantile * error)
    if not math.isfinite(gain) or not math.isfinite(reach.low):
        return Retention(st.NOTHING, reach, "not rated")
    if reach.low <= GAP:
        return Retention(st.NOTHING, reach, f"the gap's lower bound is at most {GAP:.0f} Elo")
    parts = covariance(gains, gains), covariance(gaps, gaps), covariance(gains, gaps)
    return Retention(fieller(gain, gap, *parts, quantile), reach, "")


def isotonic(values: Sequence[float]) -> list[float]:
    """The nearest values that never fall, by pooling neighbours that do."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        blocks.append((float(value), 1))
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (first, n), (second, m) = blocks[-2:]
            blocks[-2:] = [((n * first + m * second) / (n + m), n + m)]
    return [value for value, n in blocks for _ in range(n)]


class Reached(NamedTuple):
    """How much learning reached a score."""

    moves: float
    censored: bool  # never: it takes more than that


def reached(moves: Sequence[float], scores: Sequence[float], level: float) -> Reached:
    """Moves after which an isotonic curve through the scores reaches a level.

    Args:
        moves: rising, the first 0.
        scores: at these.
        level: that is to be reached.

    Between two points the score is linear in log(moves + the first count above 0).
    """
    curve = isotonic(scores)
    if level <= curve[0]:
        return Reached(0.0, False)
    for k in range(1, len(curve)):
        if curve[k] >= level:
            part = (level - curve[k - 1]) / (curve[k] - curve[k - 1])
            low, high = (math.log(moves[j] + moves[1]) for j in (k - 1, k))
            return Reached(math.exp(low + part * (high - low)) - moves[1], False)
    return Reached(float(moves[-1]), True)


def log_transfer(specialist: float, few_shot: float, first: float) -> float:
    """log((s + g0) / (t + g0)): how many times fewer moves, as a logarithm."""
    return math.log((specialist + first) / (few_shot + first))


def middle(values: Sequence[float], censored: Sequence[bool]) -> tuple[float, bool]:
    """The lower median where some values are only known to be exceeded; whether it is itself so."""
    order = sorted(zip(values, censored, strict=True))
    if not order:
        return math.nan, False
    k = (len(order) - 1) // 2
    return order[k][0], any(hidden for _, hidden in order[: k + 1])


def sign_test(hits: int, of: int) -> float:
    """The chance of so many hits or more where each has one in two."""
    return float(sum(math.comb(of, k) for k in range(hits, of + 1)) / 2**of)


def over_both(table: Any) -> tuple[st.Estimate, float]:
    """The mean of figures [variants, networks], its interval, and the two-sided p of its being 0.

    Variances over variants and over networks are added: a network serves all variants, and all networks
    play the same ones. Fewer than three of either give no interval.
    """
    values = np.asarray(table, np.float64)
    value = float(values.mean()) if values.size and np.isfinite(values).all() else math.nan
    if not math.isfinite(value):
        return st.NOTHING, math.nan
    parts = [st.jackknife(*st.of_values(values.mean(1 - axis), st.mean)) for axis in (0, 1)]
    error = st.pooled_error(value, parts, values.shape)
    if error is None:
        return st.Estimate(value, math.nan, math.nan), math.nan
    half = error.size * st.t_quantile(error.freedom)
    return st.Estimate(value, value - half, value + half), 1 - st.t_inside(
        abs(value) / error.size, error.freedom
    )
