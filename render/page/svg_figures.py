"""Pictures of the leaderboard page, as SVG whose colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gyges.render.page.markup import Html, interval, join, number, shown, tag, tidy

WIDE = 520
"""Width of a picture in its own units; the page scales it to the room there is."""


class Scale(NamedTuple):
    """A straight map from values to positions."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The position of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from at most `low` to at least `high`."""
    span = max(high - low, 1e-9)
    step = 10 ** math.floor(math.log10(span / max(1, most - 1)))
    for factor in (1, 2, 2.5, 5, 10, 20):
        first, last = math.floor(low / (step * factor) + 1e-12), math.ceil(high / (step * factor) - 1e-12)
        if last - first < most:
            return [round(k * step * factor, 10) for k in range(first, last + 1)]
    return [low, high]


def _picture(name: str, height: float, title: str, words: str, *children: Any) -> Html:
    head = (tag("title", title, id=f"{name}-t"), tag("desc", words, id=f"{name}-d"))
    return tag(
        "svg",
        *head,
        *children,
        viewBox=f"0 0 {WIDE} {height:g}",
        role="img",
        aria_labelledby=f"{name}-t {name}-d",
        class_="picture",
        preserveAspectRatio="xMidYMid meet",
    )


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Html:
    return tag("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), class_=kind)


def _text(x: float, y: float, words: Any, kind: str = "", anchor: str = "start") -> Html:
    return tag("text", words, x=float(x), y=float(y), class_=kind or None, text_anchor=anchor)


def _polyline(points: Iterable[tuple[float, float]], kind: str) -> Html:
    return tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=kind)


def _dot(x: float, y: float, radius: float, kind: str, title: str) -> Html:
    return tag("circle", tag("title", title), cx=float(x), cy=float(y), r=float(radius), class_=kind)


def marker(x: float, y: float, kind: str, class_: str, title: str) -> Html:
    """A mark by kind of policy: a square for held-out personas, a diamond for submissions, else a disc."""
    note = tag("title", title)
    if kind == "held-out":
        return tag("rect", note, x=x - 6, y=y - 6, width=12, height=12, rx=1.5, class_=class_)
    if kind == "submission":
        corners = f"{x:.1f},{y - 8:.1f} {x + 8:.1f},{y:.1f} {x:.1f},{y + 8:.1f} {x - 8:.1f},{y:.1f}"
        return tag("polygon", note, points=corners, class_=class_)
    return _dot(x, y, 6.5, class_, title)


def _span(points: Sequence[Mapping[str, Any]], axis: str) -> tuple[float, float]:
    found = [number(p[axis][k]) for p in points for k in ("value", "low", "high")]
    kept = [v for v in found if v is not None]
    low = min([0.0, *kept])
    if all((number(p[axis]["value"]) or 0.0) >= 0 for p in points):
        low = 0.0  # an interval that reaches below zero does not ask for room there
    return low, max([*kept, 0.0]) or 1.0


def scatter(name: str, plot: Mapping[str, Any], scenario: str, kinds: Mapping[str, str]) -> Html | None:
    """Task reward against violations with the Pareto front; None where nothing can be placed."""
    points = [p for p in plot["points"] if p["scenario"] == scenario]
    placed = [p for p in points if all(number(p[axis]["value"]) is not None for axis in "xy")]
    if not placed:
        return None
    height, left, right, top, bottom = 430, 58, 18, 26, 52
    across, up = ticks(*_span(placed, "x")), ticks(*_span(placed, "y"))
    x = Scale(across[0], across[-1], left + 12, WIDE - right - 12)
    y = Scale(up[0], up[-1], height - bottom - 8, top + 6)
    parts: list[Any] = []
    for value in up:
        parts += [
            _line(left, y(value), WIDE - right, y(value), "grid"),
            _text(left - 8, y(value) + 4, tidy(value, 3), "tick", "end"),
        ]
    for value in across:
        parts += [
            _line(x(value), top, x(value), height - bottom, "grid"),
            _text(x(value), height - bottom + 18, tidy(value, 3), "tick", "middle"),
        ]
    words, middle = f"{plot['x']['label']}  (more is better →)", (top + height - bottom) / 2
    parts.append(_text((left + WIDE - right) / 2, height - 8, words, "axis", "middle"))
    turned = {"class_": "axis", "text_anchor": "middle", "transform": f"rotate(-90 16 {middle:g})"}
    parts.append(tag("text", f"{plot['y']['label']}  (← less is better)", x=16, y=middle, **turned))
    parts += _front(placed, x, y)
    at = {p["policy"]: (x(p["x"]["value"]), y(p["y"]["value"])) for p in placed}
    for p in placed:
        parts += _whiskers(p, x, y)
    for p in placed:
        cx, cy = at[p["policy"]]
        both = (f"{plot[k]['label']} {shown(p[k]['value'])}" for k in ("x", "y"))
        words = f"{p['policy']}: {', '.join(both)}"
        kind = "mark front" if p["front"] else "mark"
        parts.append(marker(cx, cy, kinds.get(p["policy"], ""), kind, words))
    parts += _labels(at, (left, top, WIDE - right, height - bottom))
    said = "; ".join(f"{p['policy']} {shown(p['x']['value'])} and {shown(p['y']['value'])}" for p in placed)
    title = f"{plot['x']['label']} against {plot['y']['label']}"
    return _picture(name, height, title, f"By policy: {said}. Lower right is best.", *parts)


def _whiskers(p: Mapping[str, Any], x: Scale, y: Scale) -> list[Html]:
    out, cx, cy = [], x(p["x"]["value"]), y(p["y"]["value"])
    if reach := interval(p["x"]):
        out.append(_line(x(max(reach[0], x.low)), cy, x(reach[1]), cy, "whisker"))
    if reach := interval(p["y"]):
        out.append(_line(cx, y(max(reach[0], y.low)), cx, y(reach[1]), "whisker"))
    return out


def _front(placed: Sequence[Mapping[str, Any]], x: Scale, y: Scale) -> list[Html]:
    best = sorted((p for p in placed if p["front"]), key=lambda p: (p["x"]["value"], p["y"]["value"]))
    if not best:
        return []
    corners: list[tuple[float, float]] = []
    for p in best:
        px, py = x(p["x"]["value"]), y(p["y"]["value"])
        if corners:
            corners.append((corners[-1][0], py))  # more reward is to be had only at the next one's price
        corners.append((px, py))
    corners = [(x.start - 12, corners[0][1]), *corners, (corners[-1][0], y.end - 6)]
    return [_polyline(corners, "frontline")]


def _labels(at: Mapping[str, tuple[float, float]], room: tuple[float, float, float, float]) -> list[Html]:
    taken = [(cx - 8, cy - 8, cx + 8, cy + 8) for cx, cy in at.values()]
    out = []
    for policy, (cx, cy) in at.items():
        words = policy if len(policy) <= 22 else policy[:21] + "…"
        wide = 7.4 * len(words)
        places = [
            (cx + 11, cy + 4.5, "start"),
            (cx - 11, cy + 4.5, "end"),
            (cx, cy - 12, "middle"),
            (cx, cy + 21, "middle"),
            (cx + 11, cy - 9, "start"),
            (cx + 11, cy + 18, "start"),
            (cx - 11, cy - 9, "end"),
            (cx - 11, cy + 18, "end"),
            (cx + 11, cy - 22, "start"),
            (cx + 11, cy + 32, "start"),
        ]
        best, least = places[0], math.inf
        for px, py, anchor in places:
            start = px - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
            here = (start, py - 12, start + wide, py + 3)
            clash = sum(_overlap(here, other) for other in taken)
            clash += (
                9 * (max(0, room[0] - here[0]) + max(0, here[2] - room[2]) + max(0, here[3] - room[3])) * 15
            )
            if clash < least:
                best, least, box = (px, py, anchor), clash, here
        taken.append(box)
        out.append(_text(best[0], best[1], words, "name halo", best[2]))
    return out


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high)


def dumbbells(name: str, gaps: Sequence[Mapping[str, Any]]) -> Html:
    """Violation rates watched and unwatched, joined by a bar, the gap and its parts; one row a policy."""
    row, top, left, right = 66, 34, 16, 20
    height = top + row * len(gaps) + 30
    x = Scale(0.0, 1.0, left + 6, WIDE - right - 6)
    parts: list[Any] = []
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [
            _line(x(value), top - 8, x(value), height - 28, "grid"),
            _text(x(value), height - 10, f"{value:.0%}", "tick", "middle"),
        ]
    parts += [
        tag("circle", cx=left + 6, cy=12, r=6, class_="dot watched"),
        _text(left + 18, 16, "watched", "key"),
        tag("circle", cx=left + 100, cy=12, r=6, class_="dot unwatched"),
        _text(left + 112, 16, "unwatched", "key"),
        _text(WIDE - right, 16, "gap (cue less placebo)", "key", "end"),
    ]
    said = []
    for j, gap in enumerate(gaps):
        parts.append(_dumbbell(gap, top + j * row, x))
        seen, unseen = gap["watched"]["value"], gap["unwatched"]["value"]
        said.append(f"{gap['policy']} {shown(seen, 'rate')} watched, {shown(unseen, 'rate')} unwatched")
    return _picture(name, height, "Violation rates watched and unwatched", "; ".join(said) + ".", *parts)


def _dumbbell(gap: Mapping[str, Any], y: float, x: Scale) -> Html:
    seen, unseen = number(gap["watched"]["value"]), number(gap["unwatched"]["value"])
    line = y + 32
    value, amount = number(gap["net"]["value"]), _signed(gap["net"])
    if value is not None and (reach := interval(gap["net"])):
        amount += f"  [{tidy(reach[0], 2)}, {tidy(reach[1], 2)}]"
    parts: list[Any] = [
        _text(x.start - 6, y + 16, gap["policy"][:40], "name"),
        _text(x.end + 6, y + 16, amount, "amount" if value is not None else "amount none", "end"),
    ]
    if seen is None and unseen is None:
        return tag(
            "g", *parts, _text(x.start - 6, line + 2, gap["note"][:76] or "not measurable", "none halo")
        )
    pieces = f"cue {_signed(gap['gap'])}, placebo {_signed(gap['placebo'])}"
    parts.append(_text(x.end + 6, line + 22, pieces, "tick", "end"))
    parts.append(_line(x.start, line, x.end, line, "rail"))
    if seen is not None and unseen is not None:
        wide = abs(x(unseen) - x(seen))
        parts.append(
            tag("rect", x=min(x(seen), x(unseen)), y=line - 3.5, width=float(wide), height=7, class_="bridge")
        )
    for rate, kind in ((gap["unwatched"], "unwatched"), (gap["watched"], "watched")):
        middle = number(rate["value"])
        if middle is None:
            continue
        if reach := interval(rate):
            parts.append(_line(x(reach[0]), line, x(reach[1]), line, f"reach {kind}"))
        words = f"{gap['policy']}, {kind}: {shown(middle, 'rate')}"
        parts.append(_dot(x(middle), line, 7.0 if kind == "unwatched" else 6.0, f"dot {kind}", words))
    return tag("g", *parts)


def _signed(figure: Mapping[str, Any]) -> str:
    value = number(figure["value"])
    text = tidy(value, 3) if value is not None else "NaN"
    return f"+{text}" if value is not None and value > 0 and text != "0" else text


def reaches(name: str, rows: Sequence[Mapping[str, Any]], unit: str) -> Html:
    """Values with their intervals on one scale; one row each of name, value, low and high (NaN for none)."""
    row, top, left, right = 34, 12, 16, 20
    height = top + row * len(rows) + 30
    ends = [x for one in rows for x in (one["value"], one["low"], one["high"]) if math.isfinite(x)]
    marks = ticks(min(ends), max(ends))
    x = Scale(marks[0], max(marks[-1], marks[0] + 1e-9), left + 6, WIDE - right - 6)
    parts: list[Any] = []
    for mark in marks:
        parts += [
            _line(x(mark), top, x(mark), height - 28, "zero" if mark == 0 else "grid"),
            _text(x(mark), height - 10, f"{mark:g}", "tick", "middle"),
        ]
    said = []
    for j, one in enumerate(rows):
        y, value = float(top + j * row + 24), one["value"]
        words = f"{one['name']}: {value:.0f} {unit}"
        if math.isfinite(one["low"]):
            words += f" ({one['low']:.0f} to {one['high']:.0f})"
            parts.append(_line(x(one["low"]), y, x(one["high"]), y, "whisker"))
        near = x(value) < WIDE / 2
        place = (x(value) - 4, "start") if near else (x(value) + 4, "end")
        parts.append(_dot(x(value), y, 5.5, "mark front", words))
        parts.append(_text(place[0], y - 10, one["name"], "key halo", place[1]))
        said.append(words)
    return _picture(name, height, f"Values with intervals, in {unit}", "; ".join(said) + ".", *parts)


def curve(name: str, found: Mapping[str, Any]) -> Html:
    """P(violation | price) of one policy, watched and unwatched."""
    height, left, right, top, bottom = 290, 62, 18, 18, 64
    bins = [b for b in found["bins"] if b["decisions"]]
    prices = [v for b in bins if (v := number(b["mean_price"])) is not None]
    across = ticks(min([0.0, *prices]), max([*prices, 1e-6]))
    x = Scale(across[0], across[-1], left + 8, WIDE - right - 8)
    y = Scale(0.0, 1.0, height - bottom, top)
    parts: list[Any] = []
    for value in (0.0, 0.5, 1.0):
        parts += [
            _line(left, y(value), WIDE - right, y(value), "grid"),
            _text(left - 7, y(value) + 5, f"{value:.0%}", "tick", "end"),
        ]
    for value in across:
        parts.append(_text(x(value), height - bottom + 24, tidy(value, 3), "tick", "middle"))
    parts.append(_text((left + WIDE - right) / 2, height - 8, f"price in {found['unit']}", "axis", "middle"))
    if across[0] < 0:
        parts.append(_line(x(0.0), top, x(0.0), height - bottom, "zero"))
    said = []
    for kind in ("unwatched", "watched"):
        dots = [
            (b, v, p)
            for b in bins
            if (v := number(b[kind]["value"])) is not None and (p := number(b["mean_price"])) is not None
        ]
        dots.sort(key=lambda d: d[2])
        parts.append(_polyline([(x(p), y(v)) for _, v, p in dots], f"curve {kind}"))
        for b, v, p in dots:
            if reach := interval(b[kind]):
                parts.append(_line(x(p), y(reach[0]), x(p), y(reach[1]), f"reach {kind}"))
            words = f"{kind}, price {tidy(p, 2)}: {shown(v, 'rate')} of {b['decisions']} decisions"
            parts.append(_dot(x(p), y(v), 5.5 if kind == "unwatched" else 4.5, f"dot {kind}", words))
        said.append(f"{kind} " + ", ".join(f"{shown(v, 'rate')} at {tidy(p, 1)}" for _, v, p in dots))
    title = f"{found['policy']}: violations by price"
    return _picture(name, height, title, "; ".join(said) + ".", *parts)


def ring(size: int = 44) -> Html:
    """The mark of the suite: a ring, half of it unseen."""
    shapes = join(
        tag("circle", cx=24, cy=26, r=15, class_="ring faint"),
        tag("path", d="M 24 11 A 15 15 0 0 0 24 41", class_="ring"),
        tag("path", d="M 24 4 L 30 11 L 24 18 L 18 11 Z", class_="gem"),
    )
    return tag("svg", shapes, viewBox="0 0 48 48", width=size, height=size, aria_hidden="true", class_="logo")
