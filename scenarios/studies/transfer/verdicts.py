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
from gyges.scenarios.studies.transfer.profile import (
    BLIND,
    CLONED,
    PPO,
    SGD,
    SHUFFLED,
    SPECIALIST,
    UNIVERSAL,
)

CONFIRMED, REFUTED, OPEN, MISSING = "confirmed", "refuted", "undetermined", "not enough data"
WITHIN = 50.0
"""Elo by which networks may differ that are called alike."""
LOSS = 100.0
"""Elo that wrong rules, and blindness to rules, are predicted to cost at least."""
LEAST_SIGNS = 5
"""Variants below which no sign test can tell anything."""


Figure = tuple[st.Estimate, float, bool]


class Tables(NamedTuple):
    """What verdicts follow from."""

    strengths: Mapping[str, Strengths]  # by variant
    held_out: Sequence[str]
    both: Sequence[str]  # variants of training that specialists have learnt
    seeds: int
    last: int  # moves after which a specialist has learnt
    trained: Sequence[str]  # kinds of networks that there are, specialists among them


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


def _signs(told: Tables, mode: str) -> Figure:
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


def _mean(told: Tables, variants: Sequence[str], first: str, second: str, plus: float) -> Figure:
    found, p = over_both(table(told, variants, first, second, plus))
    return found, p, found.value > 0


def _atoms(told: Tables) -> Sequence[str]:
    return [name for name in told.held_out if "-atom-" in name]


def _rated(told: Tables) -> Sequence[str]:
    return (*told.held_out, *told.both)


def _alike(told: Tables, variants: Sequence[str], first: str, second: str) -> Figure:
    """By how much less than `WITHIN` two differ: two one-sided tests."""
    ends = [over_both(table(told, variants, *pair, WITHIN)) for pair in ((first, second), (second, first))]
    (above, p_above), (below, p_below) = ends
    both = st.Estimate(*(min(pair) for pair in zip(above, below, strict=True)))
    if both.value > 0:
        return both, max(p_above, p_below), True
    return both, p_above if above.value <= 0 else p_below, False


class Prediction(NamedTuple):
    """A registered prediction."""

    needs: tuple[str, ...]  # kinds of networks; where one is not trained it is not judged
    figure: Callable[[Tables], Figure]  # the figure, its p, and whether it is on the predicted side


def _above(first: str, second: str, variants: Callable[[Tables], Sequence[str]], plus: float) -> Prediction:
    """That one kind of network is more than `plus` Elo above another, both alone."""
    return Prediction(
        (first, second), lambda t: _mean(t, variants(t), f"{first}-SEED", f"{second}-SEED", -plus)
    )


def _held_out(told: Tables) -> Sequence[str]:
    return told.held_out


PREDICTIONS: dict[str, Prediction] = {
    "T1": Prediction((UNIVERSAL,), lambda t: _signs(t, "")),
    "T2": Prediction((UNIVERSAL,), lambda t: _signs(t, "+search")),
    "T3": Prediction(
        (UNIVERSAL, SPECIALIST),
        lambda t: _mean(t, t.both, "universal-SEED+search", f"specialist@{t.last}+search", WITHIN),
    ),
    "T4": Prediction((UNIVERSAL,), lambda t: _mean(t, t.held_out, "universal-SEED", "wrong-SEED", -LOSS)),
    "T5": _above(UNIVERSAL, BLIND, _held_out, LOSS),
    "T6": _above(UNIVERSAL, BLIND, _atoms, 0.0),
    "T7": _above(SGD, CLONED, _rated, 0.0),
    "T8": Prediction((SHUFFLED, CLONED), lambda t: _alike(t, _rated(t), "shuffled-SEED", "cloned-SEED")),
    "T9": _above(UNIVERSAL, PPO, _held_out, 0.0),
    "T10": _above(SGD, PPO, _held_out, 0.0),
    "T11": _above(SGD, UNIVERSAL, _held_out, -WITHIN),
}
"""By the names that `predictions.json` gives them."""


def judge(told: Tables) -> list[Verdict]:
    """Verdicts on the predictions of which all networks are trained."""
    asked = {name: one.figure for name, one in PREDICTIONS.items() if set(one.needs) <= set(told.trained)}
    found = [figure(told) for figure in asked.values()]
    out = []
    for name, (value, _, held), p in zip(asked, found, st.holm([p for _, p, _ in found]), strict=True):
        word = MISSING if math.isnan(p) else OPEN
        if word == OPEN and p < 1 - st.LEVEL:
            word = CONFIRMED if held else REFUTED
        out.append(Verdict(name, word, *value, p))
    return out
