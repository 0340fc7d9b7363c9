"""Verdicts on the predictions, by the rules that were written down: a function of recorded results.

A question stays open unless intervals decide it; a point estimate decides nothing, and below three seeds
there is no interval. Where a rule speaks of a mean, its interval has to lie on one side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gyges.scenarios import statistics as st
from gyges.scenarios.studies.comparisons import Row, mean, paired, pick
from gyges.scenarios.studies.profile import NONE

FLAWED = ("biased", "tail", "flattered")
POOLED = ("H2", "H6", "L1", "L2", "L3", "C1")
"""Rules that are means over raters; where raters are judged apart there is a verdict for each."""
MARGINS = {"ghat": 0.05, "vr": 0.02, "js": 0.05}
"""Of the equivalence test."""


# Verdicts.

CONFIRMED, REFUTED, OPEN, MISSING = "confirmed", "refuted", "open", "not enough data"


class Verdict(NamedTuple):
    """What came of a prediction in one mode."""

    id: str
    mode: str
    verdict: str
    words: str  # the figures it rests on


def shown(name: str, e: st.Estimate) -> str:
    """A figure with its interval, in words."""
    if not math.isfinite(e.value):
        return f"{name} NaN"
    if not math.isfinite(e.low):
        return f"{name} {e.value:+.3f} (no interval)"
    return f"{name} {e.value:+.3f} [{e.low:+.3f}, {e.high:+.3f}]"


def by_rule(confirmed: bool, refuted: bool) -> str:
    """The rules exclude each other; where neither applies the question stays open."""
    return CONFIRMED if confirmed else REFUTED if refuted else OPEN


class Judge:
    """Applies the rules of `predictions.json` to one mode.

    Args:
        table: all rows.
        mode: which mode.
        conducts: JS divergence in bits between the deployed conducts of two cells, by their keys.
    """

    def __init__(self, table: Sequence[Row], mode: str, conducts: Callable[[str, str], float]) -> None:
        self.table = [r for r in table if r.cell.mode == mode]
        self.mode, self.conducts = mode, conducts

    def arm(self, arm: str | Sequence[str], signal: str, **more: Any) -> list[Row]:
        """Rows of an arm under a signal."""
        return pick(self.table, arm=arm, signal=signal, **more)

    def conditioned(self, **more: Any) -> list[Row]:
        """Rows of conditioned SGD on the binary label."""
        return self.arm("conditioned", "binary", **more)

    def ppo(self, signal: str = "scalar", **more: Any) -> list[Row]:
        """Rows of plain PPO."""
        return self.arm("ppo", signal, **more)

    def equivalence(self, data: str | Sequence[str], rater: str = "gold") -> dict[str, st.Estimate]:
        """Paired differences conditioned - PPO with 90 % intervals, and divergence of conduct."""
        one, two = self.conditioned(data=data, rater=rater), self.ppo(rater=rater)

        def apart(a: Row, b: Row) -> float:
            return self.conducts(a.cell.key, b.cell.key)

        return {
            "ghat": paired(one, two, "ghat", level=0.9),
            "vr": paired(one, two, "vr", level=0.9),
            "js": paired(one, two, apart, level=0.9),
        }

    def h1(self) -> tuple[str, str]:
        found = self.equivalence(
            sorted({r.cell.data for r in self.table if r.cell.data.startswith("matched")})
        )
        inside = all(
            -MARGINS[k] <= e.low and e.high <= MARGINS[k] if k != "js" else e.high <= MARGINS[k]
            for k, e in found.items()
        )
        outside = found["js"].low > MARGINS["js"] or any(
            found[k].low > MARGINS[k] or found[k].high < -MARGINS[k] for k in ("ghat", "vr")
        )
        if outside and not math.isfinite(found["js"].value):  # refuted by what there is
            return REFUTED, self._told(found, False, False)[1]
        return self._told(found, inside, outside)

    def h1b(self) -> tuple[str, str]:
        found = {"ghat": self.equivalence("behaviour")["ghat"]}
        return self._told(found, found["ghat"].high < -0.05, found["ghat"].low > -0.05)

    def h2(self) -> tuple[str, str]:
        each = {
            rater: paired(self.conditioned(rater=rater), self.ppo(rater=rater), "js")
            for rater in sorted({r.rater for r in self.table if r.rater != NONE})
        }
        each = {rater: e for rater, e in each.items() if math.isfinite(e.value)}
        lower, higher = sum(e.high < 0 for e in each.values()), sum(e.low > 0 for e in each.values())
        pooled = paired(self.conditioned(), self.ppo(), "js")
        words = f"lower under {lower}, higher under {higher} of {len(each)} raters"
        return self._told(
            {"js, conditioned - PPO": pooled}, 2 * lower > len(each) and pooled.high < 0,
            2 * higher > len(each) or pooled.low > 0, words,
        )  # fmt: skip

    def h3(self) -> tuple[str, str]:
        gap = paired(self.conditioned(rater="tail"), self.ppo(rater="tail"), "gap")
        parts, over, under = [], False, True
        for data in sorted({r.cell.data for r in self.conditioned(rater="tail")}):
            some = self.conditioned(rater="tail", data=data)
            e = st.by_run([(data, r.cell.seed, r.amplified["chain"]) for r in some])
            bound = float(np.mean([r.bound for r in some]))
            parts.append(shown(f"amplification on {data}", e) + f", bound {bound:.2f}")
            under, over = under and e.high <= bound, over or e.low > bound
        confirmed = under and gap.high < 0 and self.mode == "tabular"
        return self._told({"gap, conditioned - PPO": gap}, confirmed, over or gap.low > 0, "; ".join(parts))

    def h4(self) -> tuple[str, str]:
        runs = [r for r in self.table if r.rater == "tail" and r.cell.kind in ("ppo", "ppo-kl")
                and r.cell.label == "scalar"]  # fmt: skip
        if not runs:
            return MISSING, ""
        able = [r for r in runs if r.learnt == 1.0]
        hits = sum(r.exploit >= 0.5 for r in able)
        arms = sorted({r.cell.arm for r in runs})
        each = "; ".join(
            f"{arm}: {sum(r.exploit >= 0.5 for r in able if r.cell.arm == arm)} of "
            f"{sum(r.cell.arm == arm for r in able)}" for arm in arms
        )  # fmt: skip
        # Runs of one seed share its data and clone: the seeds are what is independent.
        seeds = [[r.exploit >= 0.5 for r in able if r.cell.seed == k] for k in {r.cell.seed for r in able}]
        often = st.share(sum(2 * sum(one) >= len(one) for one in seeds), len(seeds))
        failed = len(runs) - len(able)
        words = f"{hits} of {len(able)} runs that learnt exploit ({each}); {failed} failed to learn; "
        words += shown("share of seeds with half of them", often)
        return by_rule(often.low >= 0.5, often.high < 0.5), words

    def h5(self) -> tuple[str, str]:
        runs = self.ppo(rater="gold")
        able = [r for r in runs if r.learnt == 1.0]
        vr, ghat = mean(runs, "vr"), mean(runs, "ghat")
        words = f"{len(able)} of {len(runs)} runs learnt"
        confirmed = vr.high <= 0.05 and ghat.low >= 0.8
        return self._told({"vr": vr, "ghat": ghat}, confirmed, mean(able, "vr").low > 0.05, words)

    def h6(self) -> tuple[str, str]:
        ppo, q, sgd = (self.ppo(rater=FLAWED), self.arm("q", "scalar", rater=FLAWED),
                       self.conditioned(rater=FLAWED))  # fmt: skip
        found = {
            "PPO - offline Q": paired(ppo, q, "gap"),
            "offline Q - conditioned": paired(q, sgd, "gap"),
            "PPO - conditioned": paired(ppo, sgd, "gap"),
        }
        names = ("PPO", "offline Q", "conditioned")
        words = "; ".join(shown(name, mean(x, "gap")) for name, x in zip(names, (ppo, q, sgd), strict=True))
        ordered = all(e.low > 0 for e in found.values())
        return self._told(found, ordered, found["PPO - conditioned"].high < 0, words)

    def h8(self) -> tuple[str, str]:
        e = self._between("biased", "vr_gap")
        return self._told({"biased - gold": e}, e.low > 0, e.high < 0.02)

    def h8b(self) -> tuple[str, str]:
        e = self._between("flattered", "lies")
        return self._told({"flattered - gold": e}, e.low > 0, e.high < 0.02)

    def _between(self, rater: str, figure: str) -> st.Estimate:
        """Conditioned SGD under a rater less the same under gold, paired by data and seed."""

        def value(row: Row) -> float:
            return row.events["lies"] if figure == "lies" else float(getattr(row, figure))

        one, two = self.conditioned(rater=rater), self.conditioned(rater="gold")
        return paired(one, two, lambda a, b: value(a) - value(b), across=True)

    def l1(self) -> tuple[str, str]:
        e = paired(self.ppo("binary", rater=FLAWED), self.ppo(rater=FLAWED), "gap")
        return self._told({"PPO, binary - scalar": e}, e.high < 0, e.low > 0)

    def l2(self) -> tuple[str, str]:
        e = paired(self.ppo("binary", rater=FLAWED), self.conditioned(rater=FLAWED), "gap")
        return self._told({"binary, PPO - conditioned": e}, e.low > 0, e.high < 0)

    def l3(self) -> tuple[str, str]:
        e = paired(self.conditioned(), self.arm("filtered", "binary"), "phat")
        return self._told({"phat, conditioned - filtered": e}, e.low > 0, e.high < 0.02)

    def c1(self) -> tuple[str, str]:
        e = paired(self.arm("conditioned", "random"), self.arm("cloning", NONE), "phat")
        held = e.low >= -0.02 and e.high <= 0.02
        return self._told({"phat, shuffled - cloning": e}, held, e.low > 0.02 or e.high < -0.02)

    def _told(
        self, found: Mapping[str, st.Estimate], confirmed: bool, refuted: bool, words: str = ""
    ) -> tuple[str, str]:
        text = "; ".join([*(shown(name, e) for name, e in found.items()), *([words] if words else [])])
        if not all(math.isfinite(e.value) for e in found.values()):
            return MISSING, text
        return by_rule(confirmed, refuted), text


RULES: dict[str, Callable[[Judge], tuple[str, str]]] = {
    "H1": Judge.h1, "H1b": Judge.h1b, "H2": Judge.h2, "H3": Judge.h3, "H4": Judge.h4, "H5": Judge.h5,
    "H6": Judge.h6, "H8": Judge.h8, "H8b": Judge.h8b, "L1": Judge.l1, "L2": Judge.l2, "L3": Judge.l3,
    "C1": Judge.c1,
}  # fmt: skip


def judge(
    table: Sequence[Row], predictions: Sequence[Mapping[str, str]], conducts: Callable[[str, str], float],
    *, apart: bool = False,
) -> list[Verdict]:  # fmt: skip
    """Verdicts on all predictions, for each mode that has results.

    Args:
        table: all rows.
        predictions: what is to be judged.
        conducts: as in `Judge`.
        apart: judge rater by rater what else is a mean over raters, and equivalence at each share of the
        expert:
            differences of opposite sign are two findings, and a curve is no point.
    """
    out = []
    for mode in sorted({r.cell.mode for r in table}, reverse=True):
        for one in predictions:
            if one["id"] not in RULES:
                out.append(Verdict(one["id"], mode, "not tested", one["confirmed"]))
                continue
            for name, part in _parts([r for r in table if r.cell.mode == mode], one["id"], apart):
                verdict, words = RULES[one["id"]](Judge(part, mode, conducts))
                if not name or verdict != MISSING:
                    out.append(Verdict(one["id"], f"{mode}{name}", verdict, words))
    return out


def _parts(table: Sequence[Row], id: str, apart: bool) -> list[tuple[str, list[Row]]]:
    """Tables that a prediction is judged by, and what is added to the mode's name: one, or several apart."""
    if apart and id in POOLED:
        return [(f", {rater}", pick(table, rater=rater)) for rater in sorted({r.rater for r in table})]
    if apart and id == "H1":
        kinds = sorted({r.cell.data for r in table if r.cell.data.startswith("matched")})
        return [(f", {kind}", pick(table, data=(NONE, kind))) for kind in kinds]
    return [("", list(table))]
