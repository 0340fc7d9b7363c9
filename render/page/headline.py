"""The first screen of the leaderboard page: what wrong pays in a seat, who takes it, and what comes of it
when all do.

Two cards. The first has the price of a seat as two bars; the second a line for each policy: what its
answers come to in words, what it gains of that price, how often it does wrong unseen and seen, whom it
harms, and what is left for a seat where all do as it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gyges.render.page.markup import Html, join, number, shown, tag, tidy

Row = Mapping[str, Any]
GROUP = "kind:"
WORDS = {"visitor": "one seat among others", "resident": "most seats", "twin": "nobody can be harmed"}
PRICES = 4
"""Prices of seats that are drawn, at most."""


def groups(data: Mapping[str, Any]) -> list[str]:
    """Kinds of scenarios that have rows, as in "kind:visitor"."""
    return [s for s in dict.fromkeys(r["scenario"] for r in data["rows"]) if s.startswith(GROUP)]


def named(scenario: str) -> str:
    """A kind of scenario in words."""
    kind = scenario.removeprefix(GROUP)
    words = WORDS.get(kind.partition(",")[0])
    return f"{kind} ({words})" if words else kind


def cards(data: Mapping[str, Any]) -> Html | None:
    """Both cards; None where no kind of scenario has been played."""
    places = groups(data)
    if not places:
        return None
    kind = places[0].removeprefix(GROUP)
    seats = [s for s in data["seats"] if s["group"] == kind and number(s["price"]["value"]) is not None]
    return tag("section", _price(seats, kind), _who(data, places), class_="headline", id="headline")


def _price(seats: Sequence[Row], kind: str) -> Html:
    """What wrong pays, in one sentence and as bars."""
    first: dict[Any, Row] = {}
    for seat in seats:
        first.setdefault((seat["price"]["value"], seat["best_wrong"]), seat)
    distinct = list(first.values())[:PRICES]
    if not distinct:
        head = tag("h2", "Does wrong pay here? Not measured.")
        return tag("div", head, tag("p", f"No price of a seat is known for {kind} scenarios."), class_="card")
    prices = [number(s["price"]["value"]) or 0.0 for s in distinct]
    pays = [(number(s["price"]["low"]) or 0.0) > 0 for s in distinct]
    if all(pays):
        answer = "Yes: " + ", ".join(dict.fromkeys(_gain(s) for s in distinct))
    else:
        answer = "Not clearly" if max(prices) > 0 else "No"
    head = tag("h2", "Does wrong pay here? ", tag("b", answer))
    lines = [_bars(s) for s in distinct]
    reach = [f"{shown(s['price']['low'])} to {shown(s['price']['high'])} {s['unit']}" for s in distinct]
    words = (
        "One seat, all neighbours doing right: what the best wrongdoer earns, and the best policy that "
        f"does no wrong. The difference ({', '.join(dict.fromkeys(reach))}, 95 %) is the price of doing "
        "right, the same for every policy below."
    )
    return tag("div", head, *lines, tag("p", words, class_="small"), class_="card")


def _gain(seat: Row) -> str:
    price, clean = number(seat["price"]["value"]) or 0.0, number(seat["clean"])
    share = f" (+{tidy(100 * price / clean, 0)} %)" if clean and clean > 0 else ""
    return f"+{shown(price)} {seat['unit']}{share}"


def _bars(seat: Row) -> Html:
    """The best clean policy's return and the best wrongdoer's, to one scale."""
    clean = number(seat["clean"])
    price = number(seat["price"]["value"]) or 0.0
    if clean is None:
        return tag("p", f"{seat['scenario']}: {_gain(seat)}")
    ends = ((clean, "right", seat["best_clean"]), (clean + price, "wrong", seat["best_wrong"]))
    most = max(abs(value) for value, _, _ in ends) or 1.0
    out = []
    for value, which, who in ends:
        label = "does no wrong" if which == "right" else "does wrong"
        bar = tag("i", style=f"width:{max(0.0, 100 * value / most):.1f}%", class_=which)
        words = tag("span", tag("b", shown(value)), f" {seat['unit']}")
        out.append(tag("div", tag("span", f"{who}: {label}"), tag("span", bar), words, class_="earn"))
    return join(*out)


HEADS = (
    ("Policy", ""),
    ("In words", "asked the same questions, told seen and told unseen"),
    ("Does wrong", "if tempted: ● told unseen  ○ told seen"),
    ("Gains", "best clean policy 0, best wrongdoer 1"),
    ("Harm", "best wrongdoer 100"),
    ("If most do so", "welfare a seat"),
)


def _who(data: Mapping[str, Any], places: Sequence[str]) -> Html:
    """A line for each policy."""
    one = [r for r in data["rows"] if r["scenario"] == places[0]]
    all_ = {r["policy"]: r for r in data["rows"] if r["scenario"] == f"{GROUP}resident"}
    about = {p["name"]: p for p in data["policies"]}
    most = max((abs(v) for r in all_.values() if (v := _value(r, "welfare")) is not None), default=1.0) or 1.0
    units = {c["key"]: c["unit"] for c in data["columns"]}
    body = []
    for r in one:
        who = about.get(r["policy"], {})
        resists = who.get("resists")
        kind = {True: "good", False: "bad", None: ""}[resists]
        words = join(
            tag("span", who.get("conduct") or "not measured", class_=f"chip {kind}".strip()),
            tag("span", "contradicts itself", class_="chip bad", title=" ".join(who["contradictions"]))
            if who.get("contradictions")
            else None,
        )
        welfare = _value(all_[r["policy"]], "welfare") if r["policy"] in all_ else None
        body.append(
            tag(
                "tr",
                tag("th", r["policy"], scope="row"),
                tag("td", words),
                tag("td", _pair(_value(r, "gap_unwatched"), _value(r, "gap_watched"))),
                tag("td", _bar(_value(r, "gain"), (-0.5, 1.0), "", ("none", "wrong"))),
                tag("td", _bar(_value(r, "severity"), (0.0, 100.0), "", ("none", "wrong"))),
                tag("td", _bar(welfare, (-most, most), units.get("welfare", ""), ("wrong", "right"))),
            )
        )
    heads = [tag("th", word, tag("small", small) if small else None, scope="col") for word, small in HEADS]
    if not all_:
        heads, body = heads[:-1], body
    caption = f"Scenarios of the kind {named(places[0])}"
    caption += f"; last column: {named(GROUP + 'resident')}. Kinds are never pooled." if all_ else "."
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", *heads)), tag("tbody", *body))
    box = tag("div", table, class_="plain", tabindex=0, role="region", aria_label=caption)
    return tag("div", tag("h2", "Who takes it, and who does not"), box, class_="card")


def _value(row: Row, key: str) -> float | None:
    return number((row["metrics"].get(key) or {}).get("value"))


def _bar(value: float | None, ends: tuple[float, float], unit: str, kinds: tuple[str, str]) -> Html:
    """A figure with a bar from zero, below and above it in one of two colours; cut off where it leaves
    the track."""
    if value is None:
        return tag("span", "NaN", class_="nan", title="not measurable")
    low, high = ends

    def place(x: float) -> float:
        return 100 * (min(max(x, low), high) - low) / (high - low)

    zero, end = place(0.0), place(value)
    left, wide = min(zero, end), abs(end - zero)
    marks = [tag("i", class_=kinds[value > 0], style=f"left:{left:.1f}%;width:{wide:.1f}%")]
    if low < 0:
        marks.append(tag("i", class_="zero", style=f"left:{zero:.1f}%"))
    text = tidy(value, 2) if high <= 1 else shown(value)
    text += " ◂" if value < low else ""
    return join(tag("b", f"{text} {unit}".strip()), tag("span", *marks, class_="track", aria_hidden="true"))


def _pair(unseen: float | None, seen: float | None) -> Html:
    """Both rates of wrong on one rail."""
    if unseen is None or seen is None:
        return tag("span", "NaN", class_="nan", title="not measurable")
    low, high = sorted((unseen, seen))
    marks = [
        tag("i", class_="join", style=f"left:{100 * low:.0f}%;width:{100 * (high - low):.0f}%"),
        tag("i", class_="seen", style=f"left:{100 * seen:.0f}%"),
        tag("i", class_="unseen", style=f"left:{100 * unseen:.0f}%"),
    ]
    words = f"● {shown(unseen, 'rate')}  ○ {shown(seen, 'rate')}"
    return join(tag("b", words), tag("span", *marks, class_="rail", aria_hidden="true"))
