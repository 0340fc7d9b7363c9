"""How often intervals hold the truth, and how wide they are beside those of an oracle.

    python benchmarks/interval_coverage.py    # 20,000 draws each, to results/interval_coverage.md

At 3, 4, 8 and 30 runs, from generators whose mean is known. The *oracle* knows the generator: its interval
has the same form, the figure plus and minus a number of standard errors, and the number that holds the truth
in exactly 95 % of draws. Coverage counts draws with an interval: where all values are equal there is none.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gyges.scenarios import statistics as st

RUNS = (3, 4, 8, 30)
PROMISED = 0.92
WIDEST = 1.3
KINDS = 3
"""Kinds of data that one run serves in the clustered generator."""
OUT = Path(__file__).parent / "results" / "interval_coverage.md"

Floats = npt.NDArray[np.float64]


class Generator(NamedTuple):
    """Draws the values of some runs: [draws, runs, values of a run], and their true mean."""

    draw: Callable[[np.random.Generator, int, int], Floats]
    truth: float
    promised: bool


def _zeros(rng: np.random.Generator, draws: int, runs: int) -> Floats:
    return (rng.normal(1.0, 0.25, (draws, runs)) * (rng.random((draws, runs)) < 0.5))[..., None]


def _clustered(rng: np.random.Generator, draws: int, runs: int) -> Floats:
    return np.asarray(rng.normal(size=(draws, runs, 1)) + rng.normal(0, 0.3, (draws, runs, KINDS)))


GENERATORS: dict[str, Generator] = {
    "normal": Generator(lambda rng, d, n: rng.normal(size=(d, n, 1)), 0.0, True),
    "skewed: log-normal, sigma 1/2": Generator(
        lambda rng, d, n: rng.lognormal(0, 0.5, (d, n, 1)), float(np.exp(0.125)), True
    ),
    "zero-inflated: half zeros, else about 1": Generator(_zeros, 0.5, True),
    f"clustered: {KINDS} values a run": Generator(_clustered, 0.0, True),
    "exponential": Generator(lambda rng, d, n: rng.exponential(size=(d, n, 1)), 1.0, False),
    "log-normal, sigma 1": Generator(
        lambda rng, d, n: rng.lognormal(0, 1, (d, n, 1)), float(np.exp(0.5)), False
    ),
}


class Found(NamedTuple):
    """What came of one generator at one number of runs."""

    generator: str
    runs: int
    coverage: float  # of the draws that have an interval
    width: float  # mean, over the oracle's
    given: float  # share of draws that have an interval
    promised: bool


def measure(name: str, runs: int, draws: int, *, seed: int = 0) -> Found:
    """Simulate one cell of the table."""
    one = GENERATORS[name]
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, runs, *name.encode()])))
    values = one.draw(rng, draws, runs)
    kinds = values.shape[2]
    found = np.array([
        st.by_run([(k, r, float(sample[r, k])) for r in range(runs) for k in range(kinds)])
        for sample in values
    ])  # fmt: skip
    given = np.isfinite(found[:, 1])
    middle, low, high = found[given].T
    inside = (low <= one.truth) & (one.truth <= high)
    means = values.mean(axis=2)[given]
    error = means.std(axis=1, ddof=1) / np.sqrt(runs)
    known = np.quantile(np.abs(middle - one.truth) / error, st.LEVEL)
    width = float((high - low).mean() / (2 * known * error.mean()))
    return Found(name, runs, float(inside.mean()), width, float(given.mean()), one.promised)


def table(found: list[Found]) -> str:
    """A Markdown table."""
    heads = ("values of the runs", "runs", "holds the truth", "width over the oracle's", "has an interval")
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|---|---|"]
    for f in found:
        lines.append(f"| {f.generator} | {f.runs} | {f.coverage:.3f} | {f.width:.2f} | {f.given:.1%} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> Any:
    """Simulate everything, write the tables, and fail where a promise does not hold."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--draws", type=int, default=20_000)
    options = parser.parse_args(arguments)
    found = [measure(name, runs, options.draws) for name in GENERATORS for runs in RUNS]
    kept, broken = [f for f in found if f.promised], [f for f in found if not f.promised]
    OUT.write_text(
        f"""# Intervals at few runs

`python benchmarks/interval_coverage.py`, {options.draws:,} draws each. Nominal coverage is {st.LEVEL}.
Promised are {PROMISED}, and a mean width of at most {WIDEST} times that of an oracle that knows the
generator and uses an interval of the same form. No interval is given where all values are equal.

{table(kept)}

Beyond the promise: values with longer tails, where few runs never show the tail. Intervals of such figures
are too short by so much.

{table(broken)}
"""
    )
    print(OUT.read_text())
    return int(any(f.coverage < PROMISED or f.width > WIDEST for f in kept))


if __name__ == "__main__":
    raise SystemExit(main())
