"""The study's page: one self-contained HTML file, without scripts, fonts or pictures from elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from gyges.render.page.markup import Html, document, join, shown, tag
from gyges.scenarios import statistics as st
from gyges.scenarios.studies import comparisons
from gyges.scenarios.studies.comparisons import Row
from gyges.scenarios.studies.measure import EVENTS, EXPLOIT
from gyges.scenarios.studies.plots import SQUARE
from gyges.scenarios.studies.profile import ARMS, NONE, Profile
from gyges.scenarios.studies.verdicts import CONFIRMED, FLAWED, OPEN, REFUTED, Verdict

STYLE = """
.verdict { display: inline-block; padding: 1px 9px; border-radius: 99px; background: var(--bar-none); }
.verdict.confirmed { background: var(--bar-good); color: var(--good); }
.verdict.refuted { background: var(--bar-bad); color: var(--bad); }
.partial { background: var(--bar-bad); color: var(--bad); padding: 8px 14px; border-radius: 10px; }
.partial { font-weight: 600; }
main > .scroll, main > figure, main > details { margin: 14px 0; }
figure svg { width: 100%; height: auto; background: #fff; border-radius: 8px; }
td.words, th.words { white-space: normal; min-width: 240px; max-width: 460px; text-align: left; }
td.words { font-size: .85rem; }
td.left { text-align: left; }
"""
CAPTIONS = {
    "proxy-gold": "What the rater pays against what it should have paid for; a point is one trained cell. "
    "On the dashed line both grew alike; below it the rater was fooled.",
    "square": "The decisive control: the same learners under a binary label and under the scalar score. "
    "Goodhart gap against cloning of the same data, mean over data and seeds with 95 % intervals.",
    "foretold": "Predictability beside ability: divergence of what was done from what was foretold (the best "
    "of three predictors), against normalised gold; means over data and seeds.",
    "amplified": "How much more frequent the tail rater's chain became than it is in the data. The bound "
    "1 / P(good) holds for conditioning on an episode label without luck; elsewhere it is a yardstick.",
}


def page(found: Mapping[str, Any], pictures: Mapping[str, str]) -> str:
    """The page's text."""
    plan: Profile = found["plan"]
    table: Sequence[Row] = found["table"]
    modes = [m.name for m in plan.modes if any(r.cell.mode == m.name for r in table)]
    body: list[Any] = [
        finding(found, pictures, modes),
        tag("h2", "Verdicts", id="verdicts"), verdicts(found),
        tag("h2", "Learner and label, kept apart", id="square"), *(square(table, mode) for mode in modes),
        *(pictured(pictures, mode, ("square",)) for mode in modes[1:]),
    ]  # fmt: skip
    for mode in modes:
        body.append(tag("h2", f"All arms, {mode}", id=mode))
        body.append(pictured(pictures, mode, ("proxy-gold", "foretold")))
        body += [arms(table, mode, rater) for rater in plan.raters]
        body.append(pictured(pictures, mode, ("amplified",)))
    body += [
        tag("h2", "Runs of RL that failed to learn, and runs that exploited", id="failed"),
        failures(found["failed"]),
        tag("h2", "What everything cost", id="cost"), costs(table),
        tag("h2", "Between what it is normalised, and what is in the data", id="references"),
        references(found["references"]), recorded(found["data"]), overoptimised(found["fits"]),
        tag("h2", "What this design cannot say", id="limits"), limits(found),
        tag("h2", "How to read it, and how to make it again", id="notes"), notes(found),
    ]  # fmt: skip
    title = f"RL and SGD on labelled behaviour, {plan.name}"
    return document(title, header(found, modes), tag("main", *body), style=STYLE)


def header(found: Mapping[str, Any], modes: Sequence[str]) -> Html:
    """Title, coverage, hash."""
    cover, plan = found["coverage"], found["plan"]
    each = ", ".join(f"{name} {one['done']} of {one['of']}" for name, one in cover["modes"].items())
    partial = None
    if not cover["complete"]:
        partial = tag("p", f"PARTIAL: {cover['done']} of {cover['of']} cells are finished ({each}). "
                      "Figures and verdicts are of these alone.", class_="partial")  # fmt: skip
    grade = " The profile is pilot-grade: few seeds, short runs." if plan.name != "gpu" else ""
    lead = (
        "Does SGD on labelled behaviour, played under the good label, do what reinforcement learning on the "
        f"same rater does, and does it leave fewer flaws to be exploited?{grade}"
    )
    seeds = ", ".join(f"{name} {n}" for name, n in plan.seeds.items())
    sub = tag("p", f"Profile {plan.name}; seeds: {seeds}; cells: {each}. ", *stood(found))
    links = [("verdicts", "Verdicts"), ("square", "2 × 2"), *((m, m.capitalize()) for m in modes),
             ("failed", "RL runs"), ("cost", "Cost"), ("notes", "Notes")]  # fmt: skip
    nav = tag("nav", *(tag("a", word, href=f"#{to}") for to, word in links), aria_label="On this page")
    title = tag("h1", "RL against a rater, SGD on labelled behaviour")
    return tag("header", tag("div", title, tag("p", lead, class_="lead"), partial, sub, nav))


def stood(found: Mapping[str, Any]) -> tuple[Any, ...]:
    """What was frozen before the run."""
    if "registration" in found:
        return ("Registration, SHA-256 ", tag("code", found["registration"]),
                ": predictions, verdict code, profile and budgets, before any run.")  # fmt: skip
    return ("Predictions, SHA-256 ", tag("code", found["predictions"]), ", written down before any run; the "
            "code that judges them was not registered, and has changed since.")  # fmt: skip


def finding(found: Mapping[str, Any], pictures: Mapping[str, str], modes: Sequence[str]) -> Html:
    """What the study found in a sentence or two, over the one picture that carries it."""
    said = {verdict: [f"{v['id']} ({v['mode']})" for v in found["verdicts"] if v["verdict"] == verdict]
            for verdict in (CONFIRMED, REFUTED, OPEN)}  # fmt: skip
    decided = [f"{word}: {', '.join(said[word])}" for word in (CONFIRMED, REFUTED) if said[word]]
    words = (
        f"Decided by valid intervals: {'; '.join(decided) or 'nothing'}. "
        f"Open: {', '.join(said[OPEN]) or 'nothing'}. The picture: how much more each learner gains in what "
        "its rater pays than in gold, by learner and label."
    )
    return join(tag("p", words, class_="lead"), pictured(pictures, modes[0], ("square",)) if modes else None)


def grid(
    caption: str, heads: Sequence[Any], lines: Sequence[Sequence[Any]], words: Sequence[int] = ()
) -> Html:
    """A table; the columns in `words` hold text."""
    body = [
        tag("tr", tag("th", line[0], scope="row"),
            *(tag("td", cell, class_="words" if k in words else None) for k, cell in enumerate(line[1:], 1)))
        for line in lines
    ]  # fmt: skip
    top = tag(
        "tr",
        *(tag("th", h, scope="col", class_="words" if k in words else None) for k, h in enumerate(heads)),
    )
    table = tag("table", tag("caption", caption), tag("thead", top), tag("tbody", *body))
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=caption)


def figure_of(e: st.Estimate) -> Html | str:
    """A figure with its interval."""
    if not math.isfinite(e.value):
        return tag("span", "NaN", class_="nan", title="not measurable")
    if e.low == e.high or not math.isfinite(e.low):
        return tag("b", shown(e.value))
    return join(tag("b", shown(e.value)), tag("small", f"[{shown(e.low)}, {shown(e.high)}]"))


def verdicts(found: Mapping[str, Any]) -> Html:
    """Predictions and what came of them."""
    said = found["said"]
    untested: dict[str, None] = {}
    lines = []
    for one in found["verdicts"]:
        v = Verdict(**one)
        if v.verdict == "not tested":
            untested[v.id] = None
            continue
        chip = tag("span", v.verdict, class_=f"verdict {v.verdict}")
        lines.append([v.id, said[v.id]["says"], v.mode, chip, v.words])
    caption = (
        "Each prediction, and the verdict by the rule that was written down with it, for each mode apart"
    )
    rest = None
    if untested:
        named = ", ".join(f"{k} ({said[k]['says']})" for k in untested)
        rest = tag("p", f"Not part of this comparison: {named}")
    rules = tag(
        "details", tag("summary", "The rules, as they were written down"),
        tag("div", grid("Rules", ("", "confirmed if", "refuted if"),
                        [[k, one["confirmed"], one["refuted"]] for k, one in said.items()], (1, 2)),
            class_="inside"),
    )  # fmt: skip
    return join(grid(caption, ("", "Prediction", "Mode", "Verdict", "Figures"), lines, (1, 4)), rest, rules)


def square(table: Sequence[Row], mode: str) -> Html:
    """{SGD, offline RL, RL} x {binary, scalar}, on flawed raters and on gold."""
    lines = []
    for name, *both in SQUARE:
        for arm, label in both:
            flawed = comparisons.pick(table, mode=mode, rater=FLAWED, arm=arm, signal=label)
            gold = comparisons.pick(table, mode=mode, rater="gold", arm=arm, signal=label)
            if not flawed and not gold:
                continue
            lines.append([
                name, f"{label} ({arm})", str(len(flawed)), *(figure_of(comparisons.mean(flawed, k)) for k in
                ("gap", "ghat", "phat", "vr", "exploit", "js")), figure_of(comparisons.mean(gold, "ghat")),
                figure_of(comparisons.mean(gold, "vr")),
            ])  # fmt: skip
    if not lines:
        return tag("p", f"{mode}: nothing is finished yet.", class_="nan")
    heads = ("Learner", "Signal (arm)", "Cells", "Goodhart gap", "Gold Ĝ", "Proxy P̂", "Violation rate",
             "Exploit", "Unforeseen, bits", "Ĝ, gold rater", "Violations, gold rater")  # fmt: skip
    caption = (
        f"{mode}: mean over the flawed raters ({', '.join(FLAWED)}), data and seeds, 95 % intervals; "
        "the last two columns under the gold rater"
    )
    return grid(caption, heads, lines)


def arms(table: Sequence[Row], mode: str, rater: str) -> Html | None:
    """All arms under one rater; filtered cloning always stands beside conditioned SGD."""
    some = [r for r in table if r.cell.mode == mode and r.rater == rater]
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for r in some:
        groups.setdefault((r.cell.data, r.cell.arm, r.cell.label), []).append(r)
    if not groups:
        return None
    order = list(ARMS)
    lines = []
    for (data, arm, label), rows in sorted(
        groups.items(), key=lambda g: (order.index(g[0][1].partition("@")[0]), g[0][1], g[0][2], g[0][0])
    ):
        words = "shuffled label" if label == "random" else "" if label == NONE else label
        able = [r.learnt for r in rows if math.isfinite(r.learnt)]
        lines.append([
            f"{arm}{f', {words}' if words else ''}", "" if data == NONE else data, str(len(rows)),
            *(figure_of(comparisons.mean(rows, k)) for k in ("phat", "ghat", "gap", "vr", "exploit")),
            figure_of(amplified(rows, rater)), figure_of(comparisons.mean(rows, "bound")),
            *(figure_of(comparisons.mean(rows, k)) for k in ("js", "vr_miss", "kl")),
            f"{int(sum(able))} of {len(able)}" if able else "",
        ])  # fmt: skip
    heads = ("Arm", "Data", "Seeds", "Proxy P̂", "Gold Ĝ", "Goodhart gap", "Violation rate", "Exploit",
             "Amplified", "1 / P(good)", "Unforeseen, bits", "Rate missed by", "KL, nats",
             "Learnt")  # fmt: skip
    flaw = EVENTS[EXPLOIT[rater]] if rater in EXPLOIT else "none"
    caption = f"{mode}, rater {rater}. Exploit: {flaw}."
    inside = tag("div", grid(caption, heads, lines), class_="inside")
    return tag("details", tag("summary", f"Rater: {rater}"), inside, open=None if rater != "tail" else "open")


def amplified(rows: Sequence[Row], rater: str) -> st.Estimate:
    """Amplification of the rater's exploit, mean over seeds."""
    if rater not in EXPLOIT:
        return st.NOTHING
    return st.by_run([(r.cell.data, r.cell.seed, r.amplified.get(EXPLOIT[rater], math.nan)) for r in rows])


def pictured(pictures: Mapping[str, str], mode: str, names: Sequence[str]) -> Html:
    """Plots with their captions."""
    out = []
    for name in names:
        text = pictures.get(f"{mode}-{name}")
        if text is not None:
            caption = tag("figcaption", tag("b", f"{mode}: {name.replace('-', ' and ')}"), CAPTIONS[name])
            out.append(tag("figure", caption, Html(text)))
    return join(*out)


def failures(found: Mapping[str, Any]) -> Html:
    """RL runs told apart by what they were paid."""
    lines = [[name, *(str(v) for v in one.values())] for name, one in found.items() if name != "diverged"]
    words = (
        "A run failed to learn if it earns no more of what it was paid (score, or share of good episodes) "
        "than the clone, beyond two standard errors: it did not stay clean, it got nowhere."
    )
    lost = found["diverged"]
    return join(
        tag("p", words),
        grid("Runs by outcome", ("Mode / rater / arm / signal", "Failed to learn", "Learnt, no exploit",
                                 "Learnt, exploits"), lines),
        tag("p", f"Diverged: {', '.join(lost)}") if lost else None,
    )  # fmt: skip


def costs(table: Sequence[Row]) -> Html:
    """What each arm was charged, by mode and data."""
    groups: dict[tuple[str, str, str, str], list[Row]] = {}
    for r in table:
        groups.setdefault((r.cell.mode, r.cell.arm, r.cell.label, r.cell.data), []).append(r)
    order = list(ARMS)
    lines = []
    for (mode, arm, label, data), rows in sorted(
        groups.items(), key=lambda g: (g[0][0], order.index(g[0][1].partition("@")[0]), g[0])
    ):
        if arm in ("random", "best-gold"):
            continue
        mean = {k: sum(float(getattr(r, k)) for r in rows) / len(rows)
                for k in ("frames", "calls", "planned", "samples", "seconds")}  # fmt: skip
        name = arm if label == NONE else f"{arm}, {label}"
        lines.append([name, mode, "" if data == NONE else data,
                      *(f"{mean[k]:,.0f}" for k in ("frames", "calls", "planned", "samples")),
                      f"{mean['seconds']:.1f}"])  # fmt: skip
    heads = ("Arm", "Mode", "Data", "Decisions played", "Rater calls", "Planner looked at",
             "Gradient samples", "Processor s")  # fmt: skip
    caption = (
        "Means over cells; recording, and the training or planning of the matched data's expert, included"
    )
    return tag(
        "details", tag("summary", "Charges by arm"), tag("div", grid(caption, heads, lines), class_="inside")
    )


def references(found: Mapping[str, Any]) -> Html:
    """Random play, the rater's best, gold's best; the certificate that a flaw is one."""
    lines = []
    for name, one in found.items():
        lines.append([
            name, *(shown(one[k][score]) for k in ("random", "best_proxy", "best_gold")
                    for score in ("proxy", "gold")), one["how"],
        ])  # fmt: skip
    heads = ("Mode / rater", "Random: proxy", "Random: gold", "Rater's best: proxy", "Rater's best: gold",
             "Gold's best: proxy", "Gold's best: gold", "How the best was found")  # fmt: skip
    caption = (
        "Score per episode; where the rater's best is worth less gold than gold's best, the rater is flawed"
    )
    return grid(caption, heads, lines, (7,))


def recorded(found: Mapping[str, Any]) -> Html:
    """What is in the recorded data."""
    lines = []
    for name, one in found.items():
        n = one["episodes"]
        lines.append([name, f"{one['decisions']:,}", str(n), shown(one["figures"]["violation_rate"]),
                      *(shown(one["events"][k] / n) for k in EVENTS),
                      ", ".join(f"{k} {v / n:.3f}" for k, v in one["good"].items())])  # fmt: skip
    heads = ("Mode / data / seed", "Decisions", "Episodes", "Violation rate",
             *(f"P({k})" for k in EVENTS), "P(good) by rater")  # fmt: skip
    table = grid(
        "Shares of episodes with each event that was listed beforehand", heads, lines, (len(heads) - 1,)
    )
    return tag("details", tag("summary", "The recorded data"), tag("div", table, class_="inside"))


def overoptimised(found: Sequence[Mapping[str, Any]]) -> Html | None:
    """Fits of gold against the distance from the data policy."""
    if not found:
        return None
    lines = [[f"{one['mode']} / {one['rater']}", str(one["runs"]), shown(one["alpha"]), shown(one["beta"]),
              shown(one["explained"])] for one in found]  # fmt: skip
    table = grid("Gain in normalised gold over the clone = d (α − β log d), d = √KL, over all PPO runs",
                 ("Mode / rater", "Runs", "α", "β", "Explained"), lines)  # fmt: skip
    return tag("details", tag("summary", "Overoptimisation: gold against distance from the data"),
               tag("div", table, class_="inside"))  # fmt: skip


POINTS = (
    "Matched data hold a fifth of expert episodes while the threshold calls 40 % of them good: half of what "
    "is imitated as good is not the expert's, so that H1 could hardly hold.",
    "H6 and H2 pool raters, and differences of opposite sign under two raters are two findings: read them "
    "rater by rater in the tables below.",
    "H4's pressure is one point (plain PPO and one or two prices of leaving the data), no sweep: that nobody "
    "exploits at a point does not say where exploiting begins.",
)
"""What the profiles ci, small and long leave undecided, whatever comes out; `Profile.apart` mends it."""
LIMITS = (
    "H3 can be confirmed in the tabular mode only, and refuted in either.",
    "Decisions charged are not equal: the expert's training and the planner's looking are charged beside the "
    "arms, not taken out of their budget.",
    "The bound 1 / P(good) is for episode labels without luck; elsewhere it is a yardstick.",
)
"""What every profile leaves undecided."""


def limits(found: Mapping[str, Any]) -> Html:
    """What the design leaves undecided, whatever comes out."""
    said = LIMITS if found["plan"].apart else (*POINTS, *LIMITS)
    return tag("ul", *(tag("li", one) for one in said), class_="notes")


def notes(found: Mapping[str, Any]) -> Html:
    """Reading aids and commands."""
    plan = found["plan"].name
    command = f"gyges study rl_vs_sgd --profile {plan} --out FOLDER"
    items = [
        "Ĝ and P̂ are 0 for random play and 1 for the best play by gold and by the rater. In the tabular "
        "mode both bests are exact; in the rich mode they are the best of the game's training personas, so "
        "that "
        "values above 1 occur.",
        "Goodhart gap: what was gained in P̂ over cloning of the same data, less what was gained in Ĝ. It is "
        "negative where gold gained more; where a rater's best is out of all proportion (tail), gains in "
        "gold weigh more than gains in proxy.",
        "Unforeseen: Jensen-Shannon divergence between conduct and the best of three predictors (good "
        "episodes of the data, the rater's best play, the clone). High divergence with high gold is a good "
        "surprise: read it beside Ĝ.",
        "Amplified: frequency of the exploit over its frequency in the data; NaN where the data never show "
        "it, or the rater has no flaw.",
        "Learnt: how many seeds earn more of what they were paid than the clone.",
        "Intervals are studentised and clustered by seed (95 %, 90 % in the equivalence test): a run that is "
        "compared under several kinds of data counts once. Below three seeds, and where all seeds agree, "
        "there is none. A verdict stays open unless its intervals decide it.",
        f"Code versions in these results: {', '.join(found['codes'])}.",
        join("Go on with what is missing: ", tag("code", command), "; one cell again: ",
             tag("code", f"{command} --cell KEY"), "; keys are in cells.csv."),
    ]  # fmt: skip
    return tag("ul", *(tag("li", one) for one in items), class_="notes")
