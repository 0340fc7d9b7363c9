"""Verdicts of the study of transfer: what each registered prediction compares, and when it holds.

A prediction is a figure that lies above 0 where it holds, in Elo over variants and networks; or a count of
variants on which a difference is above 0 (a sign test). At 5 % after Holm's correction over all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gyges.scenarios import statistics as st
from gyges.scenarios.studies.transfer.estimates import BASELINES, Strengths, over_both, sign_test

CONFIRMED, REFUTED, OPEN, MISSING = "confirmed", "refuted", "undetermined", "not enough data"
WITHIN = 50.0
"""Elo by which a universal network may be below specialists on variants of training."""
LOSS = 100.0
"""Elo that wrong rules, and blindness to rules, are predicted to cost at least."""
LEAST_SIGNS = 5
"""Variants below which no sign test can tell anything."""


class Tables(NamedTuple):
    """What verdicts follow from."""

    strengths: Mapping[str, Strengths]  # by variant
    held_out: Sequence[str]
    both: Sequence[str]  # variants of training that specialists have learnt
    seeds: int
    last: int  # moves after which a specialist has learnt


class Verdict(NamedTuple):
    """What came of a prediction."""

    id: str
    verdict: str
    value: float
    low: float  # 95 % interval, not corrected; NaN where there is none
    high: float
    p: float  # after Holm


def table(told: Tables, variants: Sequence[str], first: str, second: str, plus: float = 0.0) -> Any:
    """Elo of one above another, and `plus`, [variants, networks]; SEED in a label is the network's."""
    return np.array([
        [
            told.strengths[name].of(first.replace("SEED", str(seed)))
            - told.strengths[name].of(second.replace("SEED", str(seed))) + plus
            for seed in range(told.seeds)
        ]
        for name in variants if name in told.strengths
    ])  # fmt: skip


def _signs(told: Tables, mode: str) -> tuple[st.Estimate, float, bool]:
    """On which part of the held-out variants a universal network is above the baseline; p, and whether it
    is so on more than half."""
    each = table(told, told.held_out, f"universal-SEED{mode}", BASELINES[mode])
    means = each.mean(1) if each.size else np.zeros(0)
    means = means[np.isfinite(means)]
    hits = int((means > 0).sum())
    p = math.nan
    if len(means) >= LEAST_SIGNS:
        p = min(1.0, 2 * min(sign_test(hits, len(means)), sign_test(len(means) - hits, len(means))))
    return st.share(hits, len(means)), p, 2 * hits > len(means)


def _mean(told: Tables, variants: Sequence[str], first: str, second: str, plus: float) -> Any:
    found, p = over_both(table(told, variants, first, second, plus))
    return found, p, found.value > 0


def _atoms(told: Tables) -> Sequence[str]:
    return [name for name in told.held_out if "-atom-" in name]


PREDICTIONS: dict[str, Callable[[Tables], tuple[st.Estimate, float, bool]]] = {
    "T1": lambda t: _signs(t, ""),
    "T2": lambda t: _signs(t, "+search"),
    "T3": lambda t: _mean(t, t.both, "universal-SEED+search", f"specialist@{t.last}+search", WITHIN),
    "T4": lambda t: _mean(t, t.held_out, "universal-SEED", "wrong-SEED", -LOSS),
    "T5": lambda t: _mean(t, t.held_out, "universal-SEED", "blind-SEED", -LOSS),
    "T6": lambda t: _mean(t, _atoms(t), "universal-SEED", "blind-SEED", 0.0),
}
"""By the names that `predictions.json` gives them: the figure, its p, and whether it is on the side that was
predicted."""


def judge(told: Tables) -> list[Verdict]:
    """Verdicts on all predictions."""
    found = [figure(told) for figure in PREDICTIONS.values()]
    out = []
    for name, (value, _, held), p in zip(PREDICTIONS, found, st.holm([p for _, p, _ in found]), strict=True):
        word = MISSING if math.isnan(p) else OPEN
        if word == OPEN and p < 1 - st.LEVEL:
            word = CONFIRMED if held else REFUTED
        out.append(Verdict(name, word, *value, p))
    return out
