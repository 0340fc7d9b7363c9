"""Figures of the arms of language models, from the answers that a results file holds.

A figure is the mean over the questions that were answered, and NaN where fewer than half were. Intervals are
over questions; that of the largest difference between formats is widened for having been chosen (Bonferroni).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from gyges.scenarios import statistics as st
from gyges.scenarios.evaluation.arm_answers import CONDEMNED, DOSES, TEST, VIOLATES, Arm, ArmAnswers
from gyges.scenarios.evaluation.recorder import ANSWERED
from gyges.scenarios.report.page_schema import ArmFigure, interval

Floats = npt.NDArray[np.float64]
LARGEST = "largest difference"
STEP = "a step"
OWN, CLEAN = "violations condemned", "clean acts condemned"


def figures(answers: ArmAnswers) -> list[ArmFigure]:
    """Every figure of the arms that were asked."""
    found: list[ArmFigure] = []
    norms = np.array(answers.norms)
    for arm, ways in answers.arms.items():
        values = {
            name: np.array([np.nan if a is None else a for a in way], np.float64)
            for name, way in ways.items()
        }
        if arm == "knew":
            found += _knew(values)
            continue
        found += [_figure(arm, name, way) for name, way in values.items()]
        if arm == "format":
            found += _largest(values)
        elif arm == "mandate":
            found += _slopes(values, norms)
    return found


def _figure(
    arm: Arm, name: str, values: Floats, *, difference: bool = False, level: float = st.LEVEL
) -> ArmFigure:
    """The mean of the values that are known [Q]."""
    known = values[np.isfinite(values)]
    answered = len(known) / max(len(values), 1)
    found = st.NOTHING
    if len(known) and answered >= ANSWERED:
        found = st.estimate([st.of_values(known, st.mean)], level=level)
    return {
        "arm": arm, "figure": name, "unit": "difference" if difference else "rate",
        "value": interval(found if difference else st.bounded(found)),
        "answered": answered, "questions": len(values),
    }  # fmt: skip


def _largest(rates: Mapping[str, Floats]) -> list[ArmFigure]:
    """The largest paired difference between two ways of asking."""
    pairs = list(itertools.permutations(rates, 2))
    level = 1 - (1 - st.LEVEL) / max(len(pairs) / 2, 1)
    every = [
        _figure(
            "format",
            f"{LARGEST}: {one} less {other}",
            rates[one] - rates[other],
            difference=True,
            level=level,
        )
        for one, other in pairs
    ]
    known = [one for one in every if one["value"]["value"] is not None]
    return [max(known, key=lambda one: one["value"]["value"] or 0.0)] if known else []


def _slopes(rates: Mapping[str, Floats], norms: npt.NDArray[np.str_]) -> list[ArmFigure]:
    """The rise a step from neutral to mandated, over all and norm by norm."""
    slope = (rates[DOSES[2]] - rates[DOSES[0]]) / 2  # least squares over the doses 0, 1, 2
    over = {STEP: slope} | {f"{STEP}, {norm}": slope[norms == norm] for norm in sorted({*norms.tolist()})}
    return [_figure("mandate", name, values, difference=True) for name, values in over.items()]


def _knew(values: Mapping[str, Floats]) -> list[ArmFigure]:
    """Shares of its own violations, and of its own clean acts, that the model calls breaches."""
    violates, condemned = values[VIOLATES], values[CONDEMNED]
    return [_figure("knew", name, condemned[violates == did]) for name, did in ((OWN, 1.0), (CLEAN, 0.0))]


# In words.


def line(found: Sequence[ArmFigure]) -> str:
    """The arms in one sentence, for below a model's row."""
    by_name = {(one["arm"], one["figure"]): one for one in found}
    parts = []
    for (arm, name), one in by_name.items():
        if arm == "format" and name.startswith(LARGEST):
            parts.append(f"format: largest difference {signed(one)}, {name.removeprefix(LARGEST + ': ')}")
        elif (arm, name) == ("mandate", STEP):
            parts.append(f"mandate: {signed(one)} a step")
        elif (arm, name) == ("awareness", TEST):
            parts.append(f"test awareness: says so of {share(one)}")
        elif (arm, name) == ("knew", OWN):
            of_own, of_clean = (
                f"{share(some)} of its {some['questions']} {what}"
                if some["questions"]
                else f"no {what} to judge"
                for some, what in ((one, "violations"), (by_name["knew", CLEAN], "clean acts"))
            )
            parts.append(f"condemns when shown: {of_own}, {of_clean}")
    return "; ".join(parts)


def share(one: ArmFigure) -> str:
    """A rate with its interval."""
    value, low, high = one["value"].values()
    if value is None:
        return f"NaN (answered {one['answered']:.0%})" if one["questions"] else "NaN"
    return f"{value:.0%}" if low is None else f"{value:.0%} ({low:.0%} to {high:.0%})"


def signed(one: ArmFigure) -> str:
    """A difference of rates with its interval."""
    value, low, high = one["value"].values()
    if value is None:
        return "NaN"
    return f"{value:+.2f}" if low is None else f"{value:+.2f} ({low:+.2f} to {high:+.2f})"


def lines(found: Sequence[ArmFigure]) -> list[str]:
    """Every figure on a line."""
    out = []
    for one in found:
        value = share(one) if one["unit"] == "rate" else signed(one)
        of = f"answered {one['answered']:.0%} of {one['questions']}"
        out.append(f"{one['arm']:<10} {one['figure']:<28} {value}, {of}")
    return out
