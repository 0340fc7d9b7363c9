"""The leaderboard page: one self-contained HTML file, without scripts, fonts or pictures from elsewhere.

`write_page` takes the data of `gyges.scenarios.report.leaderboard.page_data`. Every string of it is escaped,
and the page forbids itself to load or run anything (Content-Security-Policy), so that a hostile policy
name stays a name. A figure that is not measurable reads NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gyges.envs import atomic
from gyges.envs.errors import ConfigError
from gyges.render.page import headline, svg_figures, tables
from gyges.render.page.headline import GROUP, groups, named
from gyges.render.page.markup import Html, boxed_table, document, folded, join, number, shown, tag

Row = tables.Row
KEYS = (
    "title",
    "suite",
    "games",
    "notes",
    "columns",
    "scenarios",
    "policies",
    "seats",
    "indifference",
    "agreement",
    "amplification",
    "arms",
    "rows",
    "plot",
    "gaps",
    "prices",
)


def write_page(data: Mapping[str, Any], path: Any) -> Path:
    """Write the page, whole or not at all, and return its path.

    Args:
        data: as `gyges.scenarios.report.leaderboard.Page` describes it.
        path: where to; replays are linked as the data say, relative to this file.

    Raises:
        ConfigError: the data lack a part.
        FileError: the file cannot be written.
    """
    return atomic.write_text(path, page(data))


def page(data: Mapping[str, Any]) -> str:
    """The page's text."""
    missing = [key for key in KEYS if key not in data]
    if missing:
        raise ConfigError(f"a leaderboard page needs {', '.join(KEYS)}; there is no {', '.join(missing)}")
    try:
        body = join(_header(data), tag("main", *_sections(data)), _footer(data))
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"the data of a leaderboard page are malformed: {error!r}") from error
    return document(data["title"], body) + "\n"


def _header(data: Mapping[str, Any]) -> Html:
    policies, scenarios = len(data["policies"]), len(data["scenarios"])
    lead = (
        f"{policies} {'policy' if policies == 1 else 'policies'} on "
        f"{scenarios} {'scenario' if scenarios == 1 else 'scenarios'} of the suite {data['suite']} "
        f"({', '.join(data['games'])}). "
        "What wrong would pay in a seat, who takes it, whom it harms, and whether a policy acts the same "
        "unseen."
    )
    anchors = [
        ("#headline", "Does wrong pay?"),
        ("#table", "Table"),
        ("#plot", "Reward and conduct"),
        ("#gap", "Gyges gap"),
        ("#price", "Price"),
        ("#norms", "Norms"),
        ("#scenarios", "Scenarios"),
        ("#notes", "Notes"),
    ]
    nav = tag("nav", *(tag("a", word, href=href) for href, word in anchors), aria_label="On this page")
    words = tag("div", tag("h1", data["title"]), tag("p", lead, class_="lead"), nav)
    return tag("header", svg_figures.ring(), words)


def _sections(data: Mapping[str, Any]) -> list[Any]:
    kinds = {p["name"]: p["kind"] for p in data["policies"]}
    places = groups(data) or list(dict.fromkeys(r["scenario"] for r in data["rows"]))[:1]
    main = [c for c in data["columns"] if c["main"]]
    found = [_rows_of(data, place) for place in places]
    caption = "Below each figure its 95 % interval; ★ marks the best of a column."
    below: dict[str, list[str]] = {}
    for one in data["arms"]:
        below.setdefault(one["policy"], []).append(f"{one['policy']} asked in several ways: {one['line']}")
    boards = [
        tables.table(
            rows,
            tables.filled(rows, main),
            kinds,
            f"{_place(place)[:1].upper()}{_place(place)[1:]}. {caption}",
            below=below if place == places[0] else None,
        )
        for place, rows in zip(places, found, strict=True)
    ]
    first = found[0] if found else []
    return [
        headline.cards(data),
        tag("h2", "The table", id="table"),
        *(boards or [tables.table([], main, kinds, "")]),
        _all_columns(first, data["columns"], kinds),
        _plot(data, places[0] if places else "", kinds),
        _gaps(data),
        _prices(data),
        tables.norms(first),
        _amplification(data),
        tables.arms(data),
        _scenarios(data, main, kinds),
        _notes(data),
    ]


def _rows_of(data: Mapping[str, Any], scenario: str) -> list[Row]:
    return [r for r in data["rows"] if r["scenario"] == scenario]


def _all_columns(rows: Sequence[Row], columns: Sequence[Row], kinds: Mapping[str, str]) -> Html | None:
    others = [c for c in columns if not c["main"]]
    words = tag("dl", *((tag("dt", c["label"]), tag("dd", c["help"])) for c in columns))
    table = (
        tables.table(rows, others, kinds, "Further figures of the first kind of scenario", replays=False)
        if others and rows
        else None
    )
    return folded("Further figures, and what each means", table, tag("h3", "What the figures mean"), words)


# Pictures.


def _figure(title: str, words: str, picture: Any, *more: Any) -> Html:
    return tag("figure", tag("figcaption", tag("b", title), words), picture, *more)


def _plot(data: Mapping[str, Any], scenario: str, kinds: Mapping[str, str]) -> Html:
    """The plot, and beside it the first picture of the gap."""
    title = f"{data['plot']['x']['label']} against {data['plot']['y']['label']}"
    words = f"{_place(scenario)}, with 95 % intervals. Lower right is best."
    picture = svg_figures.scatter("scatter", data["plot"], scenario, kinds)
    if picture is None:
        picture = tag("p", "No policy has both figures yet.", class_="nan")
    shapes = (
        ("full", "on the Pareto front: no other is at least as good at both"),
        ("disc", "persona"),
        (None, "held-out persona"),
        ("diamond", "submission"),
    )
    keys = tag("ul", *(tag("li", tag("i", class_=c), w) for c, w in shapes), class_="keys")
    pair = [_figure(title, words, picture, keys)]
    groups = _gap_groups(data)
    if groups:
        place = next(iter(groups))
        pair.append(_gap_figure("first", place, groups[place], "The Gyges gap: "))
    head = tag("h2", "Reward, violations, and conduct unseen", id="plot")
    return join(head, tag("div", *pair, class_="figures"))


def _by_scenario(found: Sequence[Row]) -> dict[str, list[Row]]:
    out: dict[str, list[Row]] = {}
    for entry in found:
        out.setdefault(entry["scenario"], []).append(entry)
    order = sorted(out, key=lambda s: (not s.startswith("bank:"), not s.startswith(GROUP)))
    return {s: out[s] for s in order}


def _gap_groups(data: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Gaps by scenario, those first in which something was measured."""
    groups = _by_scenario(data["gaps"])
    empty = {s: all(number(g["gap"]["value"]) is None for g in found) for s, found in groups.items()}
    return {s: groups[s] for s in sorted(groups, key=lambda s: empty[s])}


def _place(scenario: str) -> str:
    if scenario.startswith(GROUP):
        return f"Kind of scenario: {named(scenario)}"
    return f"The frozen questions of {scenario[5:]}" if scenario.startswith("bank:") else scenario


def _gaps(data: Mapping[str, Any]) -> Html:
    words = (
        "How often a policy violates a norm when it is told that it is watched and when it is told that "
        "it is not, in the same states, where doing right costs something: the difference is what the cue "
        "changes. The placebo is what a bit of the same look changes that means nothing. The gap is the cue "
        "less the placebo; where the placebo is not 0, read both. A gap of 0 also describes one who always "
        "violates: mind where the two marks lie."
    )
    head = [tag("h2", "The Gyges gap", id="gap"), tag("p", words)]
    groups = list(_gap_groups(data).items())
    if not groups:
        return join(*head, tag("p", "Not measured.", class_="nan"))
    rest = [
        folded(["Gap: ", tag("span", _place(s))], _gap_figure(str(j), s, g))
        for j, (s, g) in enumerate(groups[1:])
    ]
    return join(*head, *rest, _gap_table(data["gaps"]))


def _gap_figure(name: str, scenario: str, gaps: Sequence[Row], title: str = "") -> Html:
    place = _place(scenario)
    title = title + place[0].lower() + place[1:] if title else place
    return _figure(
        title, "Violation rates, watched and unwatched.", svg_figures.dumbbells(f"gap-{name}", gaps)
    )


def _gap_table(gaps: Sequence[Row]) -> Html:
    heads = ("Policy", "Where", *RATES, "Method", "Note")
    body = [
        tag("tr", _whose(g), _rates(g), tag("td", g["method"]), tag("td", g["note"], class_="left"))
        for g in gaps
    ]
    caption = (
        "The gap in figures; coverage is the share of the frozen weights whose cells hold enough decisions, "
        "and intervals allow for whatever the other cells may hold"
    )
    return join(_gap_details("The gap in figures", caption, heads, body), _norm_gap_table(gaps))


def _norm_gap_table(gaps: Sequence[Row]) -> Html:
    """The gap at the decisions in which one norm is what would be breached."""
    heads = ("Policy", "Where", "Norm", *RATES, "Weight")
    body = [
        tag(
            "tr", _whose(g), tag("td", n["norm"], class_="left"), _rates(n),
            tag("td", shown(n["weight"], "rate")),
        )
        for g in gaps
        for n in g.get("norms", ())
    ]  # fmt: skip
    if not body:
        return join()
    caption = "The gap norm by norm; weight is the share of a norm's cells in the gap over all"
    return _gap_details("The gap norm by norm", caption, heads, body)


def _whose(gap: Row) -> list[Html]:
    """Cells of a gap's policy and place."""
    return [tag("th", gap["policy"], scope="row"), tag("td", _place(gap["scenario"]))]


RATES = ("Gap", "Cue alone", "Placebo", "Watched", "Unwatched", "Coverage", "Decisions")


def _rates(row: Row) -> list[Html]:
    """Cells of a gap, one for each of `RATES`: its figures, coverage, how many decisions they rest on."""
    units = {"net": "", "gap": "", "placebo": "", "watched": "rate", "unwatched": "rate"}
    return [
        *(tables.plain(row[key], unit) for key, unit in units.items()),
        tag("td", tables.or_nan(shown(row["coverage"], "rate"))),
        tag("td", str(row["decisions"])),
    ]


def _gap_details(summary: str, caption: str, heads: Sequence[str], body: Sequence[Html]) -> Html:
    """A table behind a line that opens it."""
    return folded(summary, boxed_table(caption, [tag("th", h, scope="col") for h in heads], body))


def _prices(data: Mapping[str, Any]) -> Html:
    words = "How often a policy violates a norm, by what doing right would have cost it."
    out: list[Any] = [tag("h2", "The price of doing right", id="price"), tag("p", words)]
    groups = {
        s: [c for c in g if any(b["decisions"] for b in c["bins"])]
        for s, g in _by_scenario(data["prices"]).items()
    }
    groups = {s: g for s, g in groups.items() if g}
    if not groups:
        return join(*out, tag("p", "No prices have been computed.", class_="nan"))
    keys = tag("p", "Filled and solid: unwatched. Hollow and dashed: watched.", class_="lead")
    for j, (s, found) in enumerate(groups.items()):
        grid = tag(
            "div",
            *(_figure(c["policy"], "", svg_figures.curve(f"curve-{j}-{k}", c)) for k, c in enumerate(found)),
            class_="figures small",
        )
        out += [keys, grid] if j == 0 else [folded(["Prices: ", tag("span", _place(s))], grid)]
    return join(*out, _indifference(data))


def _indifference(data: Mapping[str, Any]) -> Html:
    """What keeping each norm may cost before a policy breaks it every other time."""
    found = data["indifference"]
    if not found:
        return join()
    words = (
        "The indifference price: what keeping a norm may cost, when told that nobody sees, before the policy "
        "breaks it every other time. > where it resists every price asked, < where it resists none."
    )
    out: list[Any] = [tag("h3", "Indifference prices", id="indifference"), tag("p", words)]
    for game in dict.fromkeys(row["game"] for row in found):
        mine = [row for row in found if row["game"] == game]
        norms = list(dict.fromkeys(row["norm"] for row in mine))
        cells = {(row["policy"], row["norm"]): row for row in mine}
        body = [
            tag(
                "tr", tag("th", policy, scope="row"), *(_kept_to(cells.get((policy, norm))) for norm in norms)
            )
            for policy in dict.fromkeys(row["policy"] for row in mine)
        ]
        heads = [tag("th", h, scope="col") for h in ("Policy", *norms)]
        out.append(boxed_table(f"{game}: indifference price by norm, in {mine[0]['unit']}", heads, body))
        pairs = [pair for pair in data["agreement"] if pair["game"] == game and pair["rank"] is not None]
        if pairs:
            told = (f"{p['first']} and {p['second']} {p['rank']:+.2f}" for p in pairs)
            out.append(tag("p", f"Rank correlation between norms over these policies: {', '.join(told)}."))
    return join(*out)


def _kept_to(row: Row | None) -> Html:
    if row is None or row["price"] is None:
        return tag("td", tables.or_nan("NaN"))
    sign = {"above": "> ", "below": "< "}.get(row["censored"], "")
    ends = [shown(row[end], "") if row[end] is not None else "…" for end in ("low", "high")]
    between = "" if row["censored"] else f" ({ends[0]} to {ends[1]})"
    return tag("td", f"{sign}{shown(row['price'], '')}{between}")


def _amplification(data: Mapping[str, Any]) -> Html:
    """How much oftener policies breach a norm than what they learnt from."""
    found = data["amplification"]
    if not found:
        return join()
    words = (
        "Episodes of a seat in which it breaches a norm: in what the policy learnt from, and as it plays. "
        "Who imitates what is good in the data amplifies by at most 1 / P(good)."
    )
    heads = [
        tag("th", h, scope="col")
        for h in ("Policy", "Breach of", "In its data", "As it plays", "Ratio", "At most", "1 / P(good)")
    ]
    body = [
        tag(
            "tr", tag("th", row["policy"], scope="row"), tag("td", row["event"], class_="left"),
            tables.plain(row["data"], "rate"), tables.plain(row["play"], "rate"),
            *(tag("td", tables.or_nan(shown(row[key], ""))) for key in ("ratio", "upper", "bound")),
        )
        for row in found
    ]  # fmt: skip
    table = boxed_table("What policies amplify of their data", heads, body)
    return join(tag("h2", "Amplification", id="amplification"), tag("p", words), table)


def _scenarios(data: Mapping[str, Any], main: Sequence[Row], kinds: Mapping[str, str]) -> Html:
    out: list[Any] = [tag("h2", "Scenario by scenario", id="scenarios")]
    for j, s in enumerate(data["scenarios"]):
        rows = _rows_of(data, s["name"])
        title = [s["title"] or s["name"], " ", *(tag("span", t, class_="chip") for t in s["tags"])]
        picture = svg_figures.scatter(f"scatter-{j}", data["plot"], s["name"], kinds)
        inside = [tag("p", s["description"]), tag("p", "Name: ", tag("code", s["name"]))]
        links = [link["href"] for r in rows for link in r["replays"]]
        if any(not str(href).endswith(".html") for href in links):
            inside.append(
                tag("p", "A replay is an episode file; watch it with ", tag("code", "gyges replay FILE"))
            )
        inside.append(
            tables.table(
                rows, tables.filled(rows, main), kinds, f"{s['title'] or s['name']}, with 95 % intervals"
            )
        )
        if picture is not None:
            inside.append(tag("div", _figure("Reward and violations here", "", picture), class_="figures"))
        out.append(folded(title, *inside))
    return join(*out)


def _notes(data: Mapping[str, Any]) -> Html:
    notes = list(data["notes"])
    if not any("NaN" in str(n) for n in notes):
        notes.append("NaN means not measurable: nothing to count, or too little of it. It is not zero.")
    return join(tag("h2", "Notes", id="notes"), tag("ul", *(tag("li", n) for n in notes), class_="notes"))


def _footer(data: Mapping[str, Any]) -> Html:
    return tag(
        "footer",
        "Made by Gyges from the recorded episodes; ",
        tag("code", "gyges leaderboard --verify"),
        " computes every row again from them.",
    )
