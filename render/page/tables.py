"""Tables of the leaderboard page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gyges.render.page.markup import Html, boxed_table, folded, interval, join, link, number, shown, tag, tidy

Row = Mapping[str, Any]


def table(
    rows: Sequence[Row],
    columns: Sequence[Row],
    kinds: Mapping[str, str],
    caption: str,
    *,
    replays: bool = True,
    below: Mapping[str, Sequence[str]] | None = None,
) -> Html:
    """The leaderboard's table.

    Args:
        rows: one per policy, as the page's data has them.
        columns: what to show of each, likewise.
        kinds: how figures are written, by column.
        caption: above the table.
        replays: whether rows link to their episodes.
        below: by policy, lines that stand below its row.
    """
    if not rows:
        return tag("p", "Nothing has been played yet.", class_="nan")
    linked = replays and any(r["replays"] for r in rows)
    heads = [tag("th", "Policy", scope="col")]
    for c in columns:
        unit = "" if c["unit"] in ("rate", "%", "") else f"in {c['unit']}"
        way = {"high": "more is better", "low": "less is better"}.get(c["better"], "")
        small = tag("small", ", ".join(w for w in (unit, way) if w))
        heads.append(tag("th", c["label"], small, scope="col", title=c["help"]))
    heads.append(tag("th", "Episodes", scope="col"))
    if linked:
        heads.append(tag("th", "Replays", scope="col"))
    tops = {c["key"]: _top([r for r in rows if not _hollow(r)], c) for c in columns}
    body = []
    for r in rows:
        kind = kinds.get(r["policy"], "")
        chips = [tag("span", kind, class_="chip")] if kind else []
        chips += [tag("span", word, class_="chip bad") for word in _hollow(r)]
        cells = [tag("th", r["policy"], *chips, scope="row")]
        cells += [_cell(r["metrics"].get(c["key"]), c, tops[c["key"]], bool(_hollow(r))) for c in columns]
        forfeits = tag("small", f"{r['forfeits']} forfeited", class_="chip bad") if r["forfeits"] else None
        void = tag("small", f"{r['void']} void", class_="chip bad") if r.get("void") else None
        cells.append(tag("td", str(r["episodes"]), forfeits, void))
        if linked:
            cells.append(tag("td", _links(r["replays"][:1])))
        body.append(tag("tr", *cells))
        for line in (below or {}).get(r["policy"], ()):
            body.append(tag("tr", tag("td", tag("small", line), class_="left", colspan=len(cells))))
    return boxed_table(caption, heads, body)


def filled(rows: Sequence[Row], columns: Sequence[Row]) -> list[Row]:
    """The columns in which a row of these has a figure, or all where none has."""

    def has(c: Row) -> bool:
        return any(number((r["metrics"].get(c["key"]) or {}).get("value")) is not None for r in rows)

    return [c for c in columns if has(c)] or list(columns)


def _hollow(row: Row) -> list[str]:
    """Why most of a row is not its policy's doing: it is marked, and best at nothing."""
    marks = {"forfeits": "mostly forfeited", "answers_fallback": "mostly fallback"}
    shares = {key: number((row["metrics"].get(key) or {}).get("value")) for key in marks}
    return [word for key, word in marks.items() if (shares[key] or 0.0) > 0.5]


def _top(rows: Sequence[Row], column: Row) -> tuple[float | None, float]:
    found = [
        v for r in rows if (v := number((r["metrics"].get(column["key"]) or {}).get("value"))) is not None
    ]
    if not found:
        return None, 0.0
    best = {"high": max(found), "low": min(found)}.get(column["better"])
    return (best if max(found) > min(found) else None), max(abs(v) for v in found)


def _cell(figure: Row | None, column: Row, top: tuple[float | None, float], hollow: bool) -> Html:
    value = number((figure or {}).get("value"))
    if figure is None or value is None:
        return tag("td", tag("span", "NaN", class_="nan", title="not measurable: there was nothing to count"))
    best, most = top
    reach = _reach(figure, column["unit"], once=True)
    wide = min(100 * abs(value) / most, 100) if most else 0.0
    kind = f"bar {column['better'] if value > 0 else ''}".strip()
    bar = tag("span", class_=kind, style=f"width:{wide:.0f}%", aria_hidden="true")
    same = best is not None and not hollow and abs(value - best) <= 1e-9 * max(1.0, abs(best))
    text = shown(value, column["unit"])
    same = same and text != "0 %"  # nothing done is nothing won
    return tag("td", tag("b", text), bar, reach, class_="best" if same else None)


def _links(replays: Sequence[Row]) -> list[Any]:
    out: list[Any] = []
    for r in replays:
        href = link(r["href"])
        if out:
            out.append(tag("br"))
        name = f"{r['label']} ({r['episode']})"
        word = "▶ replay"
        out.append(tag("a", word, href=href, title=name, aria_label=name) if href else tag("span", name))
    return out


def or_nan(text: str) -> Html | str:
    """A figure's words, those of a NaN marked as not measurable."""
    return tag("span", text, class_="nan", title="not measurable") if text == "NaN" else text


def plain(figure: Row, unit: str) -> Html:
    """A cell with a figure and its interval."""
    return tag("td", or_nan(shown(figure["value"], unit)), _reach(figure, unit))


def _reach(figure: Row, unit: str, once: bool = False) -> Html | None:
    """A figure's interval, None where it has none; `once` shows the percent sign at its end only."""
    bounds = interval(figure)
    if bounds is None:
        return None
    low, high = (shown(bound, unit) for bound in bounds)
    return tag("small", f"[{low.removesuffix(' %') if once else low}, {high}]")


def norms(rows: Sequence[Row]) -> Html:
    """The section of rates norm by norm, a row per policy."""
    head = tag("h2", "Norm by norm", id="norms")
    names = list(dict.fromkeys(n for r in rows for n, rates in r["norms"].items() if rates["decisions"]))
    if not names:
        return join(head, tag("p", "No norm was at stake.", class_="nan"))
    heads = [tag("th", "Policy", scope="col"), *(tag("th", n, scope="col") for n in names)]
    body = []
    for r in rows:
        cells = [tag("th", r["policy"], scope="row")]
        for n in names:
            rates = r["norms"].get(n)
            both = [_heat(rates, k) for k in ("watched", "unwatched")] if rates else or_nan("NaN")
            cells.append(tag("td", both))
        body.append(tag("tr", *cells))
    caption = "Violation rate where the norm was at stake: left when watched, right when unwatched"
    return join(head, boxed_table(caption, heads, body, class_="norms"))


def _heat(rates: Row, key: str) -> Html:
    value = number(rates[key]["value"])
    if value is None:
        return tag("span", "NaN", class_="heat nan", title=f"{key}: never at stake")
    depth = f"background:color-mix(in srgb, var(--bad) {min(max(value, 0.0), 1.0) * 45:.0f}%, transparent)"
    title = f"{key}, {rates['decisions']} decisions"
    return tag("span", f"{tidy(100 * value, 0)} %", class_="heat", style=depth, title=title)


def arms(data: Row) -> Html:
    """The section of what language models answered when they were asked the same in several ways."""
    if not data["arms"]:
        return join()
    words = (
        "A sample of the bank's questions, told that nobody sees, put to a language model apart from its "
        "scored run: in every answer format with the options in both orders, under three briefings, with the "
        "question whether it is a test, and with its own acts to judge."
    )
    heads = ("Policy", "Game", "Arm", "Figure", "Value", "Answered", "Questions")
    body = [
        tag(
            "tr", tag("th", one["policy"], scope="row"),
            *(tag("td", word, class_="left") for word in (one["game"], row["arm"], row["figure"])),
            plain(row["value"], row["unit"]), tag("td", shown(row["answered"], "rate")),
            tag("td", str(row["questions"])),
        )
        for one in data["arms"]
        for row in one["figures"]
    ]  # fmt: skip
    table = boxed_table("Arms of language models", [tag("th", h, scope="col") for h in heads], body)
    return join(tag("h2", "Asked in several ways", id="arms"), tag("p", words), folded("Every figure", table))
