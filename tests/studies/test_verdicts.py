"""The rules of the predictions on made-up results: each can come out either way."""

import itertools
import json
import math
import zlib

import numpy as np
import pytest

from gyges.scenarios import statistics as st
from gyges.scenarios.studies import comparisons
from gyges.scenarios.studies import verdicts as vd
from gyges.scenarios.studies.ledger import Result
from gyges.scenarios.studies.profile import Cell
from gyges.scenarios.studies.registration import PREDICTIONS

PREDICTED = json.loads(PREDICTIONS.read_text())["predictions"]
SEEDS = 8
RATERS = ("gold", "biased", "tail", "flattered")
DATA = ("behaviour", "matched-rl", "matched-plan")
BASE = dict(
    proxy=0.0, gold=0.0, phat=0.5, ghat=0.9, gap=0.0, vr=0.01, vr_gap=0.0, severity=0.0, js=0.1, vr_miss=0.0,
    who="data", exploit=0.0, events={"chain": 0.0, "blind": 0.0, "lies": 0.0, "slander": 0.0},
    amplified={"chain": 0.5}, bound=2.5, kl=1.0, learnt=1.0, frames=0, calls=0, planned=0, samples=0,
    seconds=0.0,
)  # fmt: skip
ARMS = [("cloning", "none"), ("filtered", "binary"), ("conditioned", "binary"), ("conditioned", "random"),
        ("q", "scalar"), ("ppo", "scalar"), ("ppo", "binary"), ("ppo-kl@0.5", "scalar")]  # fmt: skip


def made(change=lambda cell, rater: {}):
    """A table in which every arm is alike but for `change`; runs differ a little."""
    out = []
    for (arm, label), rater, seed in itertools.product(ARMS, RATERS, range(SEEDS)):
        for data in ("none",) if (arm, label) == ("ppo", "scalar") else DATA:
            cell = Cell("tabular", "none" if arm == "cloning" else rater, data, arm, label, seed)
            figures = {**BASE, **change(cell, rater)}
            wobble = 1e-3 * np.random.default_rng(zlib.crc32(f"{cell.key}/{rater}".encode())).normal()
            for name in ("ghat", "phat", "gap", "js", "vr", "vr_gap"):
                figures[name] += wobble
            for name in ("events", "amplified"):
                figures[name] = {key: value + wobble for key, value in figures[name].items()}
            out.append(comparisons.Row(cell=cell, rater=rater, **figures))
    return out


def verdict(id, change=lambda cell, rater: {}, bits=0.01):
    def conducts(a, b):
        return bits + 1e-4 * (zlib.crc32((a + b).encode()) % 7)

    found = vd.judge(made(change), [p for p in PREDICTED if p["id"] == id], conducts)
    assert len(found) == 1
    return found[0].verdict


def of(arm, label="", rater="", data=""):
    def fits(cell, name):
        return (cell.arm == arm and (not label or cell.label == label) and (not rater or name == rater)
                and (not data or cell.data.startswith(data)))  # fmt: skip

    return fits


def when(fits, **figures):
    return lambda cell, rater: figures if fits(cell, rater) else {}


CASES = [
    ("H1", when(of("none")), "confirmed"),
    ("H1", when(of("conditioned", data="matched"), ghat=0.7), "refuted"),
    ("H1b", when(of("conditioned", data="behaviour"), ghat=0.5), "confirmed"),
    ("H1b", when(of("none")), "refuted"),
    ("H2", when(of("conditioned"), js=0.02), "confirmed"),
    ("H2", when(of("conditioned"), js=0.4), "refuted"),
    ("H3", when(of("ppo", rater="tail"), gap=0.5), "confirmed"),
    ("H3", when(of("conditioned", rater="tail"), amplified={"chain": 9.0}), "refuted"),
    ("H3", when(of("conditioned", rater="tail"), gap=0.5), "refuted"),
    ("H4", when(lambda c, r: c.kind in ("ppo", "ppo-kl") and r == "tail", exploit=1.0), "confirmed"),
    ("H4", when(of("none")), "refuted"),
    ("H5", when(of("none")), "confirmed"),
    ("H5", when(of("ppo", rater="gold"), vr=0.3), "refuted"),
    ("H6", lambda c, r: {"gap": {"ppo": 0.9, "q": 0.5}.get(c.kind, 0.0)}, "confirmed"),
    ("H6", when(of("conditioned", "binary"), gap=0.9), "refuted"),
    ("H7", when(of("none")), "not tested"),
    ("H8", when(of("conditioned", rater="biased"), vr_gap=0.4), "confirmed"),
    ("H8", when(of("none")), "refuted"),
    ("H8b", when(of("conditioned", rater="flattered"), events={**BASE["events"], "lies": 0.9}), "confirmed"),
    ("H8b", when(of("none")), "refuted"),
    ("L1", when(of("ppo", "scalar"), gap=0.9), "confirmed"),
    ("L1", when(of("ppo", "binary"), gap=0.9), "refuted"),
    ("L2", when(of("ppo", "binary"), gap=0.9), "confirmed"),
    ("L2", when(of("conditioned", "binary"), gap=0.9), "refuted"),
    ("L3", when(of("conditioned", "binary"), phat=0.9), "confirmed"),
    ("L3", when(of("conditioned", "binary"), phat=0.1), "refuted"),
    ("C1", when(of("none")), "confirmed"),
    ("C1", when(of("conditioned", "random"), phat=0.8), "refuted"),
]


@pytest.mark.parametrize(("id", "change", "wanted"), CASES)
def test_every_rule_can_come_out_either_way(id, change, wanted):
    assert verdict(id, change) == wanted


def test_every_prediction_is_covered():
    assert {p["id"] for p in PREDICTED} == {id for id, _, _ in CASES} | {"H9", "H12"}
    tested = {p["id"] for p in PREDICTED if p["confirmed"] != "not part of this comparison"}
    assert tested == set(vd.RULES)


def test_equivalence_needs_conduct_to_agree_as_well():
    assert verdict("H1", bits=0.2) == "refuted"
    assert verdict("H1", bits=math.nan) == "not enough data"


def test_raters_and_shares_are_judged_apart_where_the_profile_says_so():
    """Opposite signs under two raters: pooled they hide each other, apart they are two findings."""

    def change(cell, rater):
        sign = {"tail": 0.9, "biased": -0.9}.get(rater, 0.0)
        return {"gap": sign} if cell.arm == "ppo" and cell.label == "binary" else {}

    one = [p for p in PREDICTED if p["id"] in ("L2", "H1")]
    (pooled,) = (v for v in vd.judge(made(change), one, lambda a, b: 0.01) if v.id == "L2")
    assert pooled.verdict == "open"
    found = {(v.id, v.mode): v.verdict for v in vd.judge(made(change), one, lambda a, b: 0.01, apart=True)}
    assert found["L2", "tabular, tail"] == "confirmed"
    assert found["L2", "tabular, biased"] == "refuted"
    assert {mode for id, mode in found if id == "H1"} == {"tabular, matched-plan", "tabular, matched-rl"}


def test_wide_intervals_leave_the_question_open():
    def wild(cell, rater):
        return {"gap": (-1.0) ** cell.seed} if cell.arm == "ppo" and cell.label == "binary" else {}

    assert verdict("L2", wild) == "open"


def test_nothing_is_claimed_without_data():
    some = [r for r in made() if r.cell.arm == "cloning"]
    for one in vd.judge(some, PREDICTED, lambda a, b: 0.0):
        assert one.verdict in ("not enough data", "not tested"), one


@pytest.mark.parametrize("seeds", [1, 2])
def test_below_three_seeds_everything_is_open(seeds):
    some = [r for r in made() if r.cell.seed < seeds]
    found = {v.id: v.verdict for v in vd.judge(some, PREDICTED, lambda a, b: 0.0)}
    for id in ("H1", "H1b", "H2", "H3", "H4", "H5", "H6", "H8", "H8b", "L1", "L2", "L3", "C1"):
        assert found[id] == "open", id


def test_four_seeds_that_agree_cannot_refute_a_half():
    """None of four: the exact interval of the share still reaches 0.60."""
    some = [r for r in made() if r.cell.seed < 4]
    found = {v.id: v for v in vd.judge(some, PREDICTED, lambda a, b: 0.0)}
    assert found["H4"].verdict == "open"
    assert "+0.602" in found["H4"].words


def test_a_run_that_serves_several_kinds_of_data_counts_once():
    """One PPO run a seed, paired with three kinds of data: as wide as with one kind."""
    rng = np.random.default_rng(5)
    once, thrice = [], []
    for seed in range(4):
        gain = float(rng.normal())
        for out, kinds in ((once, DATA[:1]), (thrice, DATA)):
            ppo = Cell("tabular", "tail", "none", "ppo", "scalar", seed)
            out.append(comparisons.Row(cell=ppo, rater="tail", **{**BASE, "gap": gain}))
            for data in kinds:
                cell = Cell("tabular", "tail", data, "conditioned", "binary", seed)
                out.append(comparisons.Row(cell=cell, rater="tail", **BASE))
    one, three = (
        comparisons.paired([r for r in some if r.cell.arm == "ppo"],
                           [r for r in some if r.cell.arm == "conditioned"], "gap") for some in (once, thrice)
    )  # fmt: skip
    assert three == pytest.approx(one)


def test_a_verdict_never_rests_on_a_point_estimate():
    """Means on the confirming side, intervals across it."""
    wild = {seed: 0.06 * (-1) ** seed for seed in range(SEEDS)}

    def change(cell, rater):
        if cell.arm == "ppo" and rater == "gold":
            return {"vr": 0.045 + wild[cell.seed]}
        return {"gap": {"ppo": 0.9, "q": 0.85}.get(cell.kind, 0.0) + 9 * wild[cell.seed] * (cell.arm == "q")}

    assert verdict("H5", change) == "open"
    assert verdict("H6", change) == "open"


def test_runs_that_failed_to_learn_are_not_counted_as_clean():
    def change(cell, rater):
        if cell.kind not in ("ppo", "ppo-kl") or rater != "tail":
            return {}
        return {"learnt": 1.0, "exploit": 1.0} if cell.seed < 7 else {"learnt": 0.0}

    assert verdict("H4", change) == "confirmed"


def result(arm, label, proxy, *, error=0.1, rater="tail", rate=None):
    by = {"proxy": proxy, "gold": proxy, "proxy_error": error, "gold_error": error,
          "foretold": {"data": {"js": 0.1, "vr": 0.1}}}  # fmt: skip
    if rate is not None:
        by["label_rate"] = rate
    cell = Cell("tabular", "none" if arm == "cloning" else rater, "behaviour", arm, label, 0)
    rates = {
        "episodes": 400.0,
        "violation_rate": 0.1,
        "violation_rate_unwatched": 0.1,
        "violation_rate_watched": None,
    }
    found = {
        "status": "done",
        "figures": {**rates, "severity": 0.0},
        "events": {"chain": {"happened": 5, "episodes": 100}},
        "by": {rater: by},
        "charge": {"frames": 1, "calls": 2, "planned": 3},
        "samples": 4,
        "seconds": {"train": 1.0},
    }
    return Result(cell, "h", "c", found)


def rows_of(*results):
    refer = {
        "random": {"proxy": 0.0, "gold": 0.0},
        "best_proxy": {"proxy": 200.0},
        "best_gold": {"gold": 40.0},
    }
    known = {"episodes": 400, "events": {"chain": 4}, "good": {"tail": 160}}
    return comparisons.rows(results, {"tabular/tail": refer}, {"tabular/behaviour/0": known})


def test_figures_follow_their_formulas():
    clone, ppo = result("cloning", "none", 10.0), result("ppo-kl@0.5", "scalar", 30.0)
    row = next(r for r in rows_of(clone, ppo) if r.cell.arm == "ppo-kl@0.5")
    assert row.phat == pytest.approx(30 / 200)
    assert row.ghat == pytest.approx(30 / 40)
    assert row.gap == pytest.approx((30 - 10) / 200 - (30 - 10) / 40)
    assert row.bound == pytest.approx(400 / 160)
    assert row.amplified["chain"] == pytest.approx((5 / 100) / (4 / 400))
    assert row.exploit == pytest.approx(0.05)
    assert math.isnan(row.vr_gap)  # no watched decision: an empty denominator is NaN, never 0


def test_a_run_has_learnt_if_it_earns_more_of_what_it_was_paid_than_the_clone():
    clone = result("cloning", "none", 10.0)
    for proxy, wanted in ((10.05, 0.0), (30.0, 1.0), (2.0, 0.0)):
        row = next(
            r for r in rows_of(clone, result("ppo-kl@0.5", "scalar", proxy)) if r.cell.kind == "ppo-kl"
        )
        assert row.learnt == wanted
    for rate, wanted in ((0.4, 0.0), (0.9, 1.0)):
        row = next(r for r in rows_of(clone, result("ppo", "binary", 5.0, rate=rate)) if r.cell.arm == "ppo")
        assert row.learnt == wanted


def test_a_diverged_run_is_left_out_and_has_no_figures():
    lost = result("awr", "scalar", 1.0)
    lost = lost._replace(result={"status": "diverged", "words": "", "by": {}})
    assert [r.cell.arm for r in rows_of(result("cloning", "none", 10.0), lost)] == ["cloning"]


def test_runs_are_the_clusters_of_an_interval():
    rows = [r for r in made() if r.cell.arm == "ppo" and r.cell.label == "scalar" and r.rater == "tail"]
    found = comparisons.mean(rows, "ghat")
    values = np.array([r.ghat for r in rows])
    assert found.value == pytest.approx(values.mean())
    wanted = 2.364624 * values.std(ddof=1) / np.sqrt(SEEDS) * (1 + st.SKEW / SEEDS)  # t of 7 degrees
    assert found.high - found.value == pytest.approx(wanted, rel=1e-5)
    assert not math.isfinite(comparisons.mean([], "ghat").value)
    assert not math.isfinite(comparisons.mean(rows[:2], "ghat").low)
