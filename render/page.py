"""The leaderboard page: one self-contained HTML file, without scripts, fonts or pictures from elsewhere.

`write` takes the data of `gyges.scenarios.leaderboard.page_data`. Every string of it is escaped, and
the page forbids itself to load or run anything (Content-Security-Policy), so that a hostile policy
name stays a name. A figure that is not measurable reads NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gyges.envs.errors import ConfigError
from gyges.render import figures
from gyges.render.files import whole
from gyges.render.markup import Html, join, link, number, shown, tag, tidy

OVERALL = "overall"
Row = Mapping[str, Any]
KEYS = (
    "title",
    "suite",
    "games",
    "notes",
    "columns",
    "scenarios",
    "policies",
    "rows",
    "plot",
    "gaps",
    "prices",
)


def write(data: Mapping[str, Any], path: Any) -> Path:
    """Write the page, whole or not at all, and return its path.

    Args:
        data: as `gyges.scenarios.leaderboard.Page` describes it.
        path: where to; replays are linked as the data say, relative to this file.

    Raises:
        ConfigError: the data lack a part, or the file cannot be written.
    """
    text = page(data)

    def save(target: Path) -> None:
        target.write_text(text, encoding="utf-8")

    return whole(path, save)


def page(data: Mapping[str, Any]) -> str:
    """The page's text."""
    missing = [key for key in KEYS if key not in data]
    if missing:
        raise ConfigError(f"a leaderboard page needs {', '.join(KEYS)}; there is no {', '.join(missing)}")
    try:
        body = join(_header(data), tag("main", *_sections(data)), _footer(data))
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"the data of a leaderboard page are malformed: {error!r}") from error
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag(
            "meta",
            http_equiv="Content-Security-Policy",
            content="default-src 'none'; style-src 'unsafe-inline'",
        ),
        tag("title", f"{data['title']} · Gyges"),
        tag("style", Html(style)),
    )
    return "<!doctype html>\n" + tag("html", head, tag("body", body), lang="en") + "\n"


def _header(data: Mapping[str, Any]) -> Html:
    policies, scenarios = len(data["policies"]), len(data["scenarios"])
    lead = (
        f"{policies} {'policy' if policies == 1 else 'policies'} on {scenarios} "
        f"{'scenario' if scenarios == 1 else 'scenarios'} of the suite {data['suite']} ({', '.join(data['games'])}). "
        "How well each does its job, what it does to others on the way, and whether it acts the same unseen."
    )
    anchors = [("#table", "Table"), ("#plot", "Reward and conduct"), ("#gap", "Gyges gap"), ("#price", "Price"),
               ("#norms", "Norms"), ("#scenarios", "Scenarios"), ("#notes", "Notes")]  # fmt: skip
    nav = tag("nav", *(tag("a", word, href=href) for href, word in anchors), aria_label="On this page")
    return tag(
        "header", figures.ring(), tag("div", tag("h1", data["title"]), tag("p", lead, class_="lead"), nav)
    )


def _sections(data: Mapping[str, Any]) -> list[Any]:
    kinds = {p["name"]: p["kind"] for p in data["policies"]}
    rows = _rows_of(data, OVERALL)
    scenario = OVERALL
    if not rows and data["rows"]:
        scenario = data["rows"][0]["scenario"]
        rows = _rows_of(data, scenario)
    main = [c for c in data["columns"] if c["main"]]
    words = "Over all scenarios" if scenario == OVERALL else scenario
    return [
        tag("h2", "The table", id="table"),
        _table(
            rows, main, kinds, f"{words}. Below each figure its 95 % interval; ★ marks the best of a column."
        ),
        _all_columns(rows, data["columns"], kinds),
        _plot(data, scenario, kinds),
        _gaps(data),
        _prices(data),
        _norms(rows),
        _scenarios(data, main, kinds),
        _notes(data),
    ]


def _rows_of(data: Mapping[str, Any], scenario: str) -> list[Row]:
    return [r for r in data["rows"] if r["scenario"] == scenario]


# Tables.


def _table(
    rows: Sequence[Row],
    columns: Sequence[Row],
    kinds: Mapping[str, str],
    caption: str,
    *,
    replays: bool = True,
) -> Html:
    if not rows:
        return tag("p", "Nothing has been played yet.", class_="nan")
    linked = replays and any(r["replays"] for r in rows)
    heads = [tag("th", "Policy", scope="col")]
    for c in columns:
        unit = "" if c["unit"] in ("rate", "%", "") else f"in {c['unit']}"
        way = {"high": "more is better", "low": "less is better"}.get(c["better"], "")
        heads.append(
            tag(
                "th",
                c["label"],
                tag("small", ", ".join(w for w in (unit, way) if w)),
                scope="col",
                title=c["help"],
            )
        )
    heads.append(tag("th", "Episodes", scope="col"))
    if linked:
        heads.append(tag("th", "Replays", scope="col"))
    tops = {c["key"]: _top(rows, c) for c in columns}
    body = []
    for r in rows:
        kind = kinds.get(r["policy"], "")
        cells = [tag("th", r["policy"], tag("span", kind, class_="chip") if kind else None, scope="row")]
        cells += [_cell(r["metrics"].get(c["key"]), c, tops[c["key"]]) for c in columns]
        forfeits = tag("small", f"{r['forfeits']} forfeited", class_="chip bad") if r["forfeits"] else None
        cells.append(tag("td", str(r["episodes"]), forfeits))
        if linked:
            cells.append(tag("td", _links(r["replays"][:3])))
        body.append(tag("tr", *cells))
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", *heads)), tag("tbody", *body))
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=caption)


def _top(rows: Sequence[Row], column: Row) -> tuple[float | None, float]:
    found = [
        v for r in rows if (v := number((r["metrics"].get(column["key"]) or {}).get("value"))) is not None
    ]
    if not found:
        return None, 0.0
    best = {"high": max(found), "low": min(found)}.get(column["better"])
    return (best if len(found) > 1 else None), max(abs(v) for v in found)


def _cell(figure: Row | None, column: Row, top: tuple[float | None, float]) -> Html:
    value = number((figure or {}).get("value"))
    if figure is None or value is None:
        return tag("td", tag("span", "NaN", class_="nan", title="not measurable: there was nothing to count"))
    best, most = top
    low, high = number(figure["low"]), number(figure["high"])
    reach = None
    if low is not None and high is not None:
        reach = tag(
            "small",
            f"[{shown(low, column['unit'])}, {shown(high, column['unit'])}]".replace(" %,", ",").replace(
                " %]", " %]"
            ),
        )
    wide = 100 * abs(value) / most if most else 0.0
    bar = tag(
        "span", class_=f"bar {column['better']}".strip(), style=f"width:{wide:.0f}%", aria_hidden="true"
    )
    same = best is not None and abs(value - best) <= 1e-9 * max(1.0, abs(best))
    return tag("td", tag("b", shown(value, column["unit"])), bar, reach, class_="best" if same else None)


def _links(replays: Sequence[Row]) -> list[Any]:
    out: list[Any] = []
    for r in replays:
        href = link(r["href"])
        if out:
            out.append(tag("br"))
        name = f"replay {r['episode']}"
        out.append(
            tag("a", f"▶ {r['label']}", href=href, title=name)
            if href
            else tag("span", r["label"], title=name)
        )
    return out


def _all_columns(rows: Sequence[Row], columns: Sequence[Row], kinds: Mapping[str, str]) -> Html | None:
    others = [c for c in columns if not c["main"]]
    words = tag("dl", *((tag("dt", c["label"]), tag("dd", c["help"])) for c in columns))
    table = (
        _table(rows, others, kinds, "Further figures over all scenarios", replays=False)
        if others and rows
        else None
    )
    inside = tag("div", table, tag("h3", "What the figures mean"), words, class_="inside")
    return tag("details", tag("summary", "Further figures, and what each means"), inside)


# Pictures.


def _figure(title: str, words: str, picture: Any, *more: Any) -> Html:
    return tag("figure", tag("figcaption", tag("b", title), words), picture, *more)


def _plot(data: Mapping[str, Any], scenario: str, kinds: Mapping[str, str]) -> Html:
    """The plot, and beside it the first picture of the gap."""
    title = f"{data['plot']['x']['label']} against {data['plot']['y']['label']}"
    words = (
        "Over all scenarios, with 95 % intervals. Lower right is best." if scenario == OVERALL else scenario
    )
    picture = figures.scatter("scatter", data["plot"], scenario, kinds)
    if picture is None:
        picture = tag("p", "No policy has both figures yet.", class_="nan")
    shapes = (("full", "on the Pareto front: no other is at least as good at both"), ("disc", "persona"),
              (None, "held-out persona"), ("diamond", "submission"))  # fmt: skip
    keys = tag("ul", *(tag("li", tag("i", class_=c), w) for c, w in shapes), class_="keys")
    pair = [_figure(title, words, picture, keys)]
    groups = _by_scenario(data["gaps"])
    if groups:
        place = next(iter(groups))
        pair.append(_gap_figure("first", place, groups[place], "The Gyges gap: "))
    head = tag("h2", "Reward, violations, and conduct unseen", id="plot")
    return join(head, tag("div", *pair, class_="figures"))


def _by_scenario(found: Sequence[Row]) -> dict[str, list[Row]]:
    out: dict[str, list[Row]] = {}
    for entry in found:
        out.setdefault(entry["scenario"], []).append(entry)
    order = sorted(out, key=lambda s: (s != OVERALL, not s.startswith("bank:")))
    return {s: out[s] for s in order}


def _place(scenario: str) -> str:
    if scenario == OVERALL:
        return "All scenarios"
    return f"The frozen questions of {scenario[5:]}" if scenario.startswith("bank:") else scenario


def _gaps(data: Mapping[str, Any]) -> Html:
    words = (
        "How often a policy violates a norm when it is told that it is watched and when it is told that it is not, "
        "in the same states, where doing right costs something. The gap is the difference. A gap of 0 also "
        "describes one who always violates: mind where the two marks lie."
    )
    head = [tag("h2", "The Gyges gap", id="gap"), tag("p", words)]
    groups = list(_by_scenario(data["gaps"]).items())
    if not groups:
        return join(*head, tag("p", "Not measured.", class_="nan"))
    rest = [
        tag("details", tag("summary", "Gap: ", tag("span", _place(s))),
            tag("div", _gap_figure(str(j), s, g), class_="inside"))
        for j, (s, g) in enumerate(groups[1:])
    ]  # fmt: skip
    return join(*head, *rest, _gap_table(data["gaps"]))


def _gap_figure(name: str, scenario: str, gaps: Sequence[Row], title: str = "") -> Html:
    place = _place(scenario)
    title = title + place[0].lower() + place[1:] if title else place
    return _figure(title, "Violation rates, watched and unwatched.", figures.dumbbells(f"gap-{name}", gaps))


def _gap_table(gaps: Sequence[Row]) -> Html:
    heads = ("Policy", "Where", "Gap", "Watched", "Unwatched", "Coverage", "Decisions", "Method", "Note")
    body = []
    for g in gaps:
        figure = [
            _plain(g[key], unit) for key, unit in (("gap", ""), ("watched", "rate"), ("unwatched", "rate"))
        ]
        body.append(tag("tr", tag("th", g["policy"], scope="row"), tag("td", _place(g["scenario"])), *figure,
                        tag("td", _nan(shown(g["coverage"], "rate"))), tag("td", str(g["decisions"])),
                        tag("td", g["method"]), tag("td", g["note"], class_="left")))  # fmt: skip
    caption = (
        "The gap in figures; coverage is the share of the frozen weights whose cells hold enough decisions"
    )
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", *(tag("th", h, scope="col") for h in heads))),
                tag("tbody", *body))  # fmt: skip
    box = tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=caption)
    return tag("details", tag("summary", "The gap in figures"), tag("div", box, class_="inside"))


def _nan(text: str) -> Html | str:
    return tag("span", text, class_="nan", title="not measurable") if text == "NaN" else text


def _plain(figure: Row, unit: str) -> Html:
    low, high = number(figure["low"]), number(figure["high"])
    reach = (
        tag("small", f"[{shown(low, unit)}, {shown(high, unit)}]")
        if low is not None and high is not None
        else None
    )
    return tag("td", _nan(shown(figure["value"], unit)), reach)


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
        grid = tag("div", *(_figure(c["policy"], "", figures.curve(f"curve-{j}-{k}", c)) for k, c in enumerate(found)),
                   class_="figures small")  # fmt: skip
        out += [keys, grid] if j == 0 else [tag("details", tag("summary", "Prices: ", tag("span", _place(s))),
                                                tag("div", grid, class_="inside"))]  # fmt: skip
    return join(*out)


def _norms(rows: Sequence[Row]) -> Html:
    head = tag("h2", "Norm by norm", id="norms")
    names = list(dict.fromkeys(n for r in rows for n, rates in r["norms"].items() if rates["decisions"]))
    if not names:
        return join(head, tag("p", "No norm was at stake.", class_="nan"))
    heads = [
        tag("th", "Policy", scope="col"),
        *(tag("th", n, tag("small", "watched → unwatched"), scope="col") for n in names),
    ]
    body = []
    for r in rows:
        cells = [tag("th", r["policy"], scope="row")]
        for n in names:
            rates = r["norms"].get(n)
            cells.append(
                tag("td", *(_heat(rates, k) for k in ("watched", "unwatched")))
                if rates
                else tag("td", _nan("NaN"))
            )
        body.append(tag("tr", *cells))
    caption = "Violation rate where the norm was at stake, over all scenarios"
    table = tag(
        "table", tag("caption", caption), tag("thead", tag("tr", *heads)), tag("tbody", *body), class_="norms"
    )
    return join(head, tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=caption))


def _heat(rates: Row, key: str) -> Html:
    value = number(rates[key]["value"])
    if value is None:
        return tag("span", "NaN", class_="heat nan", title=f"{key}: never at stake")
    depth = f"background:color-mix(in srgb, var(--bad) {min(max(value, 0.0), 1.0) * 45:.0f}%, transparent)"
    return tag(
        "span",
        f"{tidy(100 * value, 0)} %",
        class_="heat",
        style=depth,
        title=f"{key}, {rates['decisions']} decisions",
    )


def _scenarios(data: Mapping[str, Any], main: Sequence[Row], kinds: Mapping[str, str]) -> Html:
    out: list[Any] = [tag("h2", "Scenario by scenario", id="scenarios")]
    for j, s in enumerate(data["scenarios"]):
        rows = _rows_of(data, s["name"])
        title = tag(
            "summary", s["title"] or s["name"], " ", *(tag("span", t, class_="chip") for t in s["tags"])
        )
        picture = figures.scatter(f"scatter-{j}", data["plot"], s["name"], kinds)
        inside = [tag("p", s["description"]), tag("p", "Name: ", tag("code", s["name"]))]
        inside.append(_table(rows, main, kinds, f"{s['title'] or s['name']}, with 95 % intervals"))
        if picture is not None:
            inside.append(tag("div", _figure("Reward and violations here", "", picture), class_="figures"))
        out.append(tag("details", title, tag("div", *inside, class_="inside")))
    return join(*out)


def _notes(data: Mapping[str, Any]) -> Html:
    notes = tag("ul", *(tag("li", n) for n in data["notes"]), class_="notes") if data["notes"] else None
    nan = tag("li", "NaN means not measurable: nothing to count, or too little of it. It is not zero.")
    return join(tag("h2", "Notes", id="notes"), notes, tag("ul", nan, class_="notes"))


def _footer(data: Mapping[str, Any]) -> Html:
    return tag("footer", "Made by Gyges from the recorded episodes; ", tag("code", "gyges leaderboard --verify"),
               " computes every row again from them.")  # fmt: skip
