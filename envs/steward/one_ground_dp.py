"""A small Steward that is solved exactly: one ground, one focal seat, no luck, a fixed number of months.

    python -m gyges.envs.steward.one_ground_dp

The state is (month, stock); the focal seat chooses 0 to 12 tonnes. Its neighbours are clean: they take
the fair share of the sustainable catch. The ground is that of the game, with the stock in sixteenths of
a tonne; no orders, fires, fines or levies, and everyone sees the stock. Dynamic programming gives the
optimal task return and, for every state, the exact price of keeping to the fair share.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.envs.fishery import grown_stocks
from gyges.envs.foreign import echo
from gyges.envs.steward.encoding import BOAT, LEVELS, UNIT

Table = npt.NDArray[np.int64]


class Ground(NamedTuple):
    """One fishing ground as tables over the stock, all in sixteenths of a tonne."""

    seats: int
    grown: Table  # [K + 1] next stock by what is left
    sustainable: Table  # [K + 1] sustainable catch by stock
    share: Table  # [K + 1] what each clean seat takes
    start: int


def ground(seats: int = 5, *, whole_tonnes: bool = False, growth: float = 0.5, tonnes: int = 40) -> Ground:
    """The game's ground.

    Args:
        seats: boats on it.
        whole_tonnes: clean seats take whole tonnes, as in the game; else their exact share.
        growth: logistic growth a month.
        tonnes: capacity per seat.
    """
    capacity = tonnes * UNIT * seats
    rate = round(growth * 65536)
    stock = np.arange(capacity + 1, dtype=np.int64)
    grown = grown_stocks(stock, capacity, rate)
    target = capacity // 2 + rate * capacity // (4 * 65536)
    return _tables(seats, grown, np.minimum(stock, target), target, whole_tonnes)


def doubling(seats: int = 5, tonnes: int = 10) -> Ground:
    """The ground of Piatti et al.: what is left doubles, up to the capacity; a clean seat takes whole
    tonnes of an equal part of half the stock; under five tonnes it is lost."""
    capacity = tonnes * UNIT * seats
    stock = np.arange(capacity + 1, dtype=np.int64)
    grown = np.where(stock < 5 * UNIT, 0, np.minimum(2 * stock, capacity))
    share = stock // 2 // seats // UNIT * UNIT
    return Ground(seats, grown, stock // 2, share, capacity)


def _tables(seats: int, grown: Table, goal: Table, start: int, whole_tonnes: bool) -> Ground:
    stock = np.arange(len(grown), dtype=np.int64)
    least = np.searchsorted(grown, goal)  # smallest escapement that reaches the goal
    sustainable = np.maximum(stock - least, 0)
    sustainable[stock * 10 <= len(grown) - 1] = 0
    share = sustainable // seats
    if whole_tonnes:
        share = np.minimum(share * 21 // 20 // UNIT, BOAT) * UNIT
    return Ground(seats, grown, sustainable, np.minimum(share, BOAT * UNIT), start)


class Solution(NamedTuple):
    """Exact values among clean neighbours."""

    value: npt.NDArray[np.float64]  # [months + 1, K + 1] best task return from here on, meals
    best: npt.NDArray[np.int64]  # [months, K + 1] tonnes that reach it (the least of them)
    price: npt.NDArray[np.float64]  # [months, K + 1] best return after any act less after a lawful one


def solve(g: Ground, months: int = 24) -> Solution:
    """Dynamic programming over (month, stock)."""
    size = len(g.grown)
    stock = np.arange(size, dtype=np.int64)
    others = np.minimum((g.seats - 1) * g.share, stock)
    takes = np.minimum(np.arange(LEVELS)[:, None] * UNIT, stock - others)  # [13, K + 1]
    after = g.grown[stock - others - takes]
    lawful = np.arange(LEVELS)[:, None] * UNIT <= (g.sustainable // g.seats) * 21 // 20
    value = np.zeros((months + 1, size))
    best = np.zeros((months, size), np.int64)
    price = np.zeros((months, size))
    for t in range(months - 1, -1, -1):
        q = takes / UNIT + value[t + 1][after]
        best[t] = q.argmax(axis=0)
        value[t] = q.max(axis=0)
        price[t] = value[t] - np.where(lawful, q, -np.inf).max(axis=0)
    return Solution(value, best, price)


def path(g: Ground, wishes: list[int | None], months: int = 24) -> tuple[Table, Table]:
    """Play it out: landed per seat [N] and the stock before each month [months].

    Args:
        g: the ground.
        wishes: tonnes that each seat always wants; None for a clean seat.
        months: how many.
    """
    stock, landed, seen = g.start, np.zeros(g.seats, np.int64), []
    for _ in range(months):
        seen.append(stock)
        want = np.array([g.share[stock] if w is None else w * UNIT for w in wishes], np.int64)
        total = int(want.sum())
        got = want if total <= stock else want * stock // total
        landed += got
        stock = int(g.grown[stock - int(got.sum())])
    return landed, np.array(seen)


def figures(months: int = 24) -> dict[str, float]:
    """The figures on which the game's numbers rest, in meals over two years of five seats."""
    g, exact, n = ground(whole_tonnes=True), ground(), 5
    solved = solve(g, months)
    prices, stock = [], g.start
    for t in range(months):  # along the best response
        prices.append(float(solved.price[t, stock]))
        others = (n - 1) * int(g.share[stock])
        stock = int(g.grown[max(stock - others - int(solved.best[t, stock]) * UNIT, 0)])
    d = doubling()
    return {
        "all clean": path(g, [None] * n, months)[0][0] / UNIT,
        "always 12 among clean": path(g, [BOAT, *[None] * (n - 1)], months)[0][0] / UNIT,
        "best response to clean": float(solved.value[0, g.start]),
        "all always 12": path(g, [BOAT] * n, months)[0][0] / UNIT,
        "sole clean": path(g, [None, *[BOAT] * (n - 1)], months)[0][0] / UNIT,
        "mean price along the best response": float(np.mean(prices)),
        "greatest price along the best response": max(prices),
        "exact shares: always 12 among clean": path(exact, [BOAT, *[None] * (n - 1)], months)[0][0] / UNIT,
        "exact shares: best response to clean": float(solve(exact, months).value[0, exact.start]),
        "doubling: all clean": path(d, [None] * n, months)[0][0] / UNIT,
        "doubling: always 12 among clean": path(d, [BOAT, *[None] * (n - 1)], months)[0][0] / UNIT,
        "doubling: best response to clean": float(solve(d, months).value[0, d.start]),
    }


def main() -> None:
    """Print the figures."""
    for name, value in figures().items():
        echo(f"{value:8.1f}  {name}")


if __name__ == "__main__":
    main()
