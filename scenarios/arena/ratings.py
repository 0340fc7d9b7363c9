"""Ratings from games: Bradley-Terry with draws (Davidson 1970), and the sequential test.

    P(win) : P(draw) : P(loss) = sqrt(a/b) : nu : sqrt(b/a),   Elo = 400 log10 a

Half a win, a draw and a loss are added to every pairing, so that a policy that lost every game has a rating.
The ratings are the likeliest ones, on the scale where one policy has 0; intervals come from resampled
openings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.errors import ConfigError

ELO = 400 / math.log(10)
"""Elo of a unit of log strength."""
PRIOR = 0.5
"""Wins, draws and losses added to every pairing."""
REPEATS = 200
"""Samples of openings behind an interval."""
LEVEL = 0.95
STEPS, TINY = 200, 1e-9
"""Most steps of the fit, and what is as good as 0 in it."""

Floats = npt.NDArray[np.float64]


class Score(NamedTuple):
    """What two policies came to at one opening, the first one's view."""

    first: str
    second: str
    opening: int
    wins: int
    draws: int
    losses: int


class Rating(NamedTuple):
    """A policy's rating in Elo, with its interval over openings."""

    elo: float
    low: float
    high: float
    games: int
    score: float  # part of the points it made, over all its games


def rate(scores: Sequence[Score], zero: str, seed: int = 0, repeats: int = REPEATS) -> dict[str, Rating]:
    """Ratings of all policies that have played, where `zero` has 0.

    The interval is that of the bootstrap over openings: the games of an opening stand or fall together,
    whoever played them. NaN for `zero`, where all that a policy played was one opening, and where only
    pairings in which one side made every point join it to `zero`: then its rating has no bound on one side.

    Raises:
        ConfigError: `zero` has not played.
    """
    names = sorted({name for one in scores for name in (one.first, one.second)})
    if zero not in names:
        raise ConfigError(f"ratings are relative to {zero!r}, which has not played; {', '.join(names)} have")
    numbers = sorted({one.opening for one in scores})
    table = _table(scores, names, numbers)
    found = fit(table.sum(0), names.index(zero))
    rng = np.random.Generator(np.random.PCG64(seed))
    samples = []
    for _ in range(repeats if len(numbers) > 1 else 0):
        drawn = rng.integers(len(numbers), size=len(numbers))
        samples.append(fit(table[drawn].sum(0), names.index(zero)))
    tails = 100 * (1 - LEVEL) / 2
    low, high = (
        np.percentile(samples, [tails, 100 - tails], axis=0) if samples else np.full((2, len(names)), np.nan)
    )
    made: dict[str, Rating] = {}
    bounded = _bounded(table.sum(0), names, zero)
    for k, name in enumerate(names):
        wins, draws, losses = (table[:, k].sum((0, 1))[j] for j in range(3))
        games = int(wins + draws + losses)
        reach = (float(low[k]), float(high[k])) if name in bounded and name != zero else (math.nan, math.nan)
        made[name] = Rating(float(found[k]), *reach, games, float((wins + draws / 2) / games))
    return made


def _bounded(counts: Floats, names: Sequence[str], zero: str) -> set[str]:
    """Policies joined to `zero` by pairings in which both sides made points; counts [i, j, 3]."""
    points = counts[..., 0] + counts[..., 1] / 2
    joined = (points > 0) & (points.T > 0)
    found, reached = {names.index(zero)}, [names.index(zero)]
    while reached:
        further = set(np.flatnonzero(joined[reached.pop()]).tolist()) - found
        found |= further
        reached += further
    return {names[k] for k in found}


def _table(scores: Sequence[Score], names: Sequence[str], numbers: Sequence[int]) -> Floats:
    """Wins, draws and losses of i against j at each opening [openings, i, j, 3]; each game stands twice."""
    table = np.zeros((len(numbers), len(names), len(names), 3))
    for one in scores:
        k, i, j = numbers.index(one.opening), names.index(one.first), names.index(one.second)
        table[k, i, j] += one.wins, one.draws, one.losses
        table[k, j, i] += one.losses, one.draws, one.wins
    return table


def fit(counts: Floats, zero: int) -> Floats:
    """The likeliest Elo [i], by Newton's method, from wins, draws and losses of i against j [i, j, 3]."""
    size, played = len(counts), counts.sum(2) > 0
    first, second = np.nonzero(np.triu(played, 1))
    found = counts[first, second]  # [pairings, 3]
    found += PRIOR
    games = found.sum(1, keepdims=True)
    sides = np.zeros((len(found), size + 1))  # what a pairing's difference is of, and last the draws
    sides[np.arange(len(found)), first], sides[np.arange(len(found)), second] = 0.5, -0.5
    draws = np.zeros(size + 1)
    draws[-1] = 1
    free = np.flatnonzero(np.arange(size + 1) != zero)
    x = np.zeros(size + 1)
    for _ in range(STEPS):
        apart = sides @ x
        weights = np.exp(np.stack([apart, np.full_like(apart, x[-1]), -apart], 1))
        chance = weights / weights.sum(1, keepdims=True)
        surplus = found - games * chance
        slope = sides.T @ (surplus[:, 0] - surplus[:, 2]) + draws * surplus[:, 1].sum()
        lead = chance[:, 0] - chance[:, 2]
        bend = sides.T @ (sides * (games[:, 0] * (1 - chance[:, 1] - lead**2))[:, None])
        cross = sides.T @ (games[:, 0] * lead * chance[:, 1])
        bend[-1] -= cross
        bend[:, -1] -= cross
        bend[-1, -1] += (games[:, 0] * chance[:, 1] * (1 - chance[:, 1])).sum()
        move = np.linalg.solve(bend[np.ix_(free, free)] + TINY * np.eye(size), slope[free])
        x[free] += np.clip(move, -1, 1)
        if np.abs(move).max() < TINY:
            break
    strengths: Floats = ELO * (x[:size] - x[zero])
    return strengths


def expected(elo: float) -> float:
    """Points a game that a policy is expected to make who is so much stronger."""
    return 1 / (1 + 10 ** (-elo / 400))


class Sequential(NamedTuple):
    """Where a sequential test stands."""

    verdict: str  # "stronger", "not stronger" or "open"
    ratio: float  # log likelihood ratio
    low: float
    high: float
    pairs: int


def sequential(
    points: Sequence[float], elo0: float, elo1: float, alpha: float = 0.05, beta: float = 0.05
) -> Sequential:
    """The sequential probability ratio test of a policy against another, on pairs of games.

    The ratio is the normal approximation with the pairs' own variance; one pair in the middle is added, and
    one of each end, which keep the variance from 0.

    Args:
        points: of each pair of games with swapped colours, 0 to 2.
        elo0, elo1: "not stronger" says elo0 or less, "stronger" elo1 or more.
        alpha, beta: chances of a wrong "stronger" and a wrong "not stronger".
    """
    low, high = math.log(beta / (1 - alpha)), math.log((1 - beta) / alpha)
    if not points:
        return Sequential("open", 0.0, low, high, 0)
    values = np.array([*points, 0.0, 1.0, 2.0]) / 2
    mean, variance = float(np.mean(values)), float(np.var(values))
    first, second = expected(elo0), expected(elo1)
    ratio = len(points) * (second - first) * (2 * mean - first - second) / (2 * variance)
    verdict = "stronger" if ratio >= high else "not stronger" if ratio <= low else "open"
    return Sequential(verdict, ratio, low, high, len(points))


def pair_points(scores: Mapping[int, Score]) -> list[float]:
    """Points of the first policy at each opening, in the order of their numbers."""
    return [scores[k].wins + scores[k].draws / 2 for k in sorted(scores)]
