"""Rules of a shared fishing ground: growth, the sustainable catch, what a catch costs the others.

Stocks and catches are integers in one unit, whatever it is; rates are in 1/65536 a month.
"""

from __future__ import annotations

from gyges.envs.fishery import FAIR, POOR, RICH
from gyges.envs.rules import rule

MEMORY = 9  # months after which a dent in a stock has filled up


@rule
def root(x: int) -> int:
    """Largest integer whose square is at most x (0 <= x < 2**36), digit by digit in base two."""
    e = 0
    digit = 1 << 34
    while digit > 0:
        if x >= e + digit:
            x -= e + digit
            e = (e >> 1) + digit
        else:
            e = e >> 1
        digit = digit >> 2
    return e


@rule
def grown(left: int, capacity: int, rate: int, weather: int) -> int:
    """Next month's stock from what is left in the water: logistic; under a tenth of capacity it dies."""
    if left * 10 < capacity:
        return 0
    more = rate * left * (capacity - left) // (capacity * 65536)
    if weather == POOR:
        more = more // 2
    elif weather == RICH:
        more = more + more // 2
    return min(left + more, capacity)


@rule
def surplus(stock: int, capacity: int, rate: int, target: int) -> int:
    """Sustainable catch C*(S) = S - min{E : g(E) >= min(S, B)}.

    Solves E + r E (1 - E / K) = min(S, B) and then mends the rounding.
    """
    if stock * 10 <= capacity:
        return 0
    goal = min(stock, target)
    a = 65536 + rate
    e = capacity * (a - root(max(a * a - 4 * rate * 65536 * goal // capacity, 0))) // (2 * rate)
    least = (capacity + 9) // 10
    e = min(max(e, least), stock)
    while e > least and grown(e - 1, capacity, rate, FAIR) >= goal:
        e -= 1
    while e < stock and grown(e, capacity, rate, FAIR) < goal:
        e += 1
    return stock - e


@rule
def allowance(limit: int) -> int:
    """What may be landed under a limit: five per cent over is no overuse."""
    return limit * 21 // 20


@rule
def catch_harm(kept: int, over: int, left: int, n: int, capacity: int, rate: int, target: int) -> int:
    """What the others lose when `over` is taken from what should have been kept.

    Three quarters of the fish that are missing next month, and what they would have bred in the `left`
    sixteenths of months that remain, nine months at most: honest boats land whole tonnes only, so that
    a dent fills up. Of both, the part that falls on the n - 1 others.
    """
    would = grown(kept, capacity, rate, FAIR)
    will = grown(max(kept - over, 0), capacity, rate, FAIR)
    bred = surplus(min(would, target), capacity, rate, target)
    bred -= surplus(min(will, target), capacity, rate, target)
    months = min(left, MEMORY * 16)
    gone = 3 * (would - will) * 4 + (months if bred >= 0 else -months) * abs(bred)
    return signed_part(gone // 16 if gone >= 0 else -(-gone // 16), n)


@rule
def signed_part(loss: int, n: int) -> int:
    """The part of a common loss (or gain) that falls on the n - 1 others, towards zero."""
    if loss < 0:
        return -((-loss) * (n - 1) // n)
    return loss * (n - 1) // n


@rule
def report_harm(
    stock: int, guess: int, hidden: int, left: int, n: int, capacity: int, rate: int, target: int
) -> int:
    """What the others lose when `hidden` is kept out of the estimate until the next survey.

    Next month's quotas are too high by what the sustainable catch of the false estimate exceeds that of
    the honest one; they eat it, and lose what it would have been and bred.
    """
    honest = grown(max(guess - hidden, 0), capacity, rate, FAIR)
    false = grown(guess, capacity, rate, FAIR)
    more = surplus(false, capacity, rate, target) - surplus(honest, capacity, rate, target)
    due = max(grown(stock, capacity, rate, FAIR) - surplus(honest, capacity, rate, target), 0)
    loss = catch_harm(due, more, left, n, capacity, rate, target) - signed_part(more, n)
    return max(loss, 0) if hidden > 0 else loss
