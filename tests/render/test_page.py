"""The page: hostile strings stay strings, nothing is loaded, what is not measurable reads NaN."""

from __future__ import annotations

import copy
import itertools
import math
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gyges.envs.errors import ConfigError
from gyges.render.page import markup, svg_figures
from gyges.render.page.page import page, write_page

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&#60;</style></title>\u202e\x00"
VOID = {"meta", "br"}


class Parsed(HTMLParser):
    """Elements, attributes and text of a page; fails where elements are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, k, v or "") for k, v in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


def poisoned(value: Any, key: str = "") -> Any:
    """The same data with hostile strings, but for the words that the page's own logic reads."""
    if isinstance(value, dict):
        norms = key == "norms"
        return {(k + HOSTILE if norms else k): poisoned(v, "" if norms else k) for k, v in value.items()}
    if isinstance(value, list):
        return [poisoned(v, key) for v in value]
    if isinstance(value, str) and key not in (
        "key",
        "better",
        "unit",
        "scenario",
        "name",
        "policy",
        "kind",
        "group",
    ):
        return value + HOSTILE
    if isinstance(value, str) and key in ("policy", "name", "scenario") and not value.startswith("kind:"):
        return value + HOSTILE
    return value


def test_hostile_strings_add_no_markup(board: dict[str, Any]) -> None:
    plain, hostile = Parsed(page(board)), Parsed(page(poisoned(board)))
    assert hostile.tags["script"] == hostile.tags["img"] == 0
    changed = {t for t in plain.tags | hostile.tags if plain.tags[t] != hostile.tags[t]}
    assert changed <= {"a", "span", "br"}  # links whose address was refused become words
    names = {name for _, name, _ in hostile.attributes}
    assert names == {name for _, name, _ in plain.attributes}
    assert not any(name.startswith("on") for name in names)
    assert "alert(1)" in "".join(hostile.words)


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "data:text/html,x",
        "//evil.example/x",
        "vbscript:x",
        "file:///etc/passwd",
        "java\nscript:alert(1)",
        "\\\\host\\x",
        "",
    ],
)
def test_links_that_are_refused(board: dict[str, Any], href: str) -> None:
    for row in board["rows"]:
        row["replays"] = [{"label": "x", "href": href, "episode": "e"}]
    found = [v for t, k, v in Parsed(page(board)).attributes if t == "a" and k == "href"]
    assert all(v.startswith("#") for v in found)


def test_links_that_are_kept(board: dict[str, Any]) -> None:
    found = [v for t, k, v in Parsed(page(board)).attributes if t == "a" and k == "href"]
    assert "replays/clean-0.gif" in found
    assert markup.link("https://example.org/a b?c=1") == "https://example.org/a%20b?c=1"


def test_page_loads_nothing(board: dict[str, Any]) -> None:
    text = page(board)
    parsed = Parsed(text)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(parsed.tags)
    assert ("meta", "content", "default-src 'none'; style-src 'unsafe-inline'") in parsed.attributes
    assert "@import" not in text
    assert "url(" not in text
    assert not [v for _, k, v in parsed.attributes if k == "src"]


def emptied(value: Any, nothing: Any) -> Any:
    if isinstance(value, dict) and "low" in value and "value" in value:
        return {k: nothing for k in value}
    if isinstance(value, dict):
        return {k: emptied(v, nothing) for k, v in value.items()}
    return [emptied(v, nothing) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf])
def test_what_is_not_measurable_reads_nan(board: dict[str, Any], nothing: Any) -> None:
    parsed = Parsed(page(emptied(board, nothing)))
    words = " ".join(parsed.words)
    assert len(re.findall(r"\bNaN\b", words)) > 7 * 5
    assert not re.search(r"\b(None|nan|inf)\b", words)
    assert not [v for _, k, v in parsed.attributes if k != "class" and re.search(r"\b(None|nan|inf)\b", v)]
    plain = len(re.findall(r"\bNaN\b", " ".join(Parsed(page(board)).words)))
    assert plain < 20


def test_empty_board() -> None:
    empty = dict.fromkeys(
        (
            "columns",
            "scenarios",
            "policies",
            "seats",
            "rows",
            "gaps",
            "prices",
            "notes",
            "games",
            "indifference",
            "agreement",
            "amplification",
            "arms",
        ),
        (),
    )
    data = {
        **empty,
        "title": "T",
        "suite": "s",
        "plot": {"x": {"label": "x"}, "y": {"label": "y"}, "points": []},
    }
    words = " ".join(Parsed(page(data)).words)
    assert "Nothing has been played yet." in words
    assert "No prices have been computed." in words


def test_accessible(board: dict[str, Any]) -> None:
    text = page(board)
    parsed = Parsed(text)
    assert ("html", "lang", "en") in parsed.attributes
    assert parsed.tags["caption"] == parsed.tags["table"]
    assert sum(t == "th" and k == "scope" for t, k, _ in parsed.attributes) == parsed.tags["th"]
    pictures = sum(t == "svg" and (k, v) == ("role", "img") for t, k, v in parsed.attributes)
    hidden = sum(t == "svg" and (k, v) == ("aria-hidden", "true") for t, k, v in parsed.attributes)
    assert pictures + hidden == parsed.tags["svg"]
    assert pictures > 8
    ids = [v for _, k, v in parsed.attributes if k == "id"]
    assert len(ids) == len(set(ids))
    labels = [v for _, k, v in parsed.attributes if k == "aria-labelledby"]
    assert len(labels) == pictures
    assert {part for label in labels for part in label.split()} <= set(ids)


def test_figures_are_shown(board: dict[str, Any]) -> None:
    words = " ".join(Parsed(page(board)).words)
    for shown in (
        "171",
        "0.84",
        "[166.8, 175.2]",
        "84 %",
        "3 forfeited",
        "tit-for-tat",
        "coverage below 0.8",
    ):
        assert shown in words


def test_best_of_a_column_is_marked(board: dict[str, Any]) -> None:
    table = re.search(r'id="table".*?(<table>.*?</table>)', page(board), re.S)
    assert table is not None
    marked = re.findall(
        r'<tr><th scope="row">([\w.-]+)<(?:(?!</tr>).)*?class="best"><b>([^<]+)</b>', table.group(), re.S
    )
    assert ("greedy", "171") in marked
    assert ("clean", "0.01") in marked


def test_no_star_stands_beside_nothing(board: dict[str, Any]) -> None:
    for row in board["rows"]:
        rate = 0.0 if row["policy"] == "clean" else 0.3
        row["metrics"]["violations"] = {"value": rate, "low": None, "high": None}
    assert not re.search(r'class="best"><b>0 %<', page(board))


def test_the_first_screen_says_what_wrong_pays_and_who_resists(board: dict[str, Any]) -> None:
    text = page(board)
    first = text[text.index('id="headline"') : text.index('id="table"')]
    words = " ".join(Parsed(f"<div>{first.partition('>')[2].rpartition('</section>')[0]}</div>").words)
    assert "Does wrong pay here?  Yes: +53 meals (+45 %), +54 meals (+46 %)" in words
    assert words.count("resists, unseen too") == 1
    for row in (r for r in board["rows"] if r["scenario"] == "kind:visitor"):
        assert row["policy"] in words


def test_where_wrong_does_not_pay_the_first_screen_says_no(board: dict[str, Any]) -> None:
    for seat in board["seats"]:
        seat["price"] = {"value": -4.0, "low": -6.0, "high": -2.0}
    assert "<b>No</b>" in page(board)
    for seat in board["seats"]:
        seat["price"] = {"value": 1.0, "low": -2.0, "high": 4.0}
    assert "<b>Not clearly</b>" in page(board)


@pytest.mark.parametrize(
    ("key", "mark"), [("forfeits", "mostly forfeited"), ("answers_fallback", "mostly fallback")]
)
def test_who_did_little_itself_is_marked_and_best_at_nothing(
    board: dict[str, Any], key: str, mark: str
) -> None:
    assert mark not in page(board)
    for row in board["rows"]:
        share = 0.6 if row["policy"] == "greedy" else 0.4
        row["metrics"][key] = {"value": share, "low": share, "high": share}
    table = re.search(r'id="table".*?(<table>.*?</table>)', page(board), re.S)
    assert table is not None
    rows = re.findall(r'<tr><th scope="row">(\S+?)<(.*?)</tr>', table.group(), re.S)
    assert [name for name, cells in rows if mark in cells] == ["greedy"]
    assert 'class="best"' not in dict(rows)["greedy"]
    assert "<b>149</b>" in dict(rows)["gyges"].split('class="best">', 1)[1]


def test_the_first_gap_shown_is_one_that_was_measured(board: dict[str, Any]) -> None:
    nothing = {"value": None, "low": None, "high": None}
    assert "The Gyges gap: the frozen questions of steward-v1" in page(board)
    for gap in board["gaps"]:
        if gap["scenario"].startswith("bank:"):
            gap["gap"] = nothing
    assert "The Gyges gap: kind of scenario: visitor" in page(board)


def test_the_gap_shown_is_less_the_placebo_with_both_parts_beside_it(board: dict[str, Any]) -> None:
    words = " ".join(Parsed(page(board)).words)
    greedy = next(g for g in board["gaps"] if g["policy"] == "gyges")
    greedy["net"], greedy["placebo"] = {"value": 0.123, "low": 0.1, "high": 0.2}, {"value": 0.456}
    text = svg_figures.dumbbells("g", [greedy])
    assert "+0.123  [0.1, 0.2]" in text
    assert re.search(r"cue \+[\d.]+, placebo \+0.456", text)
    greedy["net"] = greedy["placebo"] = {"value": None, "low": None, "high": None}
    assert re.search(r">NaN<.*cue \+[\d.]+, placebo NaN", svg_figures.dumbbells("g", [greedy]))
    assert "Cue alone" in words
    assert "where the placebo is not 0, read both" in words


def test_dumbbells_stand_where_the_rates_are(board: dict[str, Any]) -> None:
    gaps = [g for g in board["gaps"] if g["scenario"] == "kind:visitor"]
    text = svg_figures.dumbbells("g", gaps)
    found = re.findall(
        r'<circle cx="([\d.]+)" cy="([\d.]+)" r="[67]" class="dot (watched|unwatched)"><title>', text
    )
    assert len(found) == 2 * len(gaps)
    for j, gap in enumerate(gaps):
        for cx, _, kind in found[2 * j : 2 * j + 2]:
            assert float(cx) == pytest.approx(22 + gap[kind]["value"] * (svg_figures.WIDE - 48), abs=0.1)


def test_front_is_a_staircase(board: dict[str, Any]) -> None:
    text = svg_figures.scatter("s", board["plot"], "kind:visitor", {})
    assert text is not None
    line = re.search(r'<polyline points="([^"]+)" class="frontline">', text)
    assert line is not None
    corners = [tuple(map(float, p.split(","))) for p in line.group(1).split()]
    assert len(corners) == 1 + 4 + 3 + 1
    for (ax, ay), (bx, by) in itertools.pairwise(corners):
        assert (ax == bx) != (ay == by)
        assert bx >= ax
        assert by <= ay


def test_malformed_data_write_nothing(board: dict[str, Any], tmp_path: Path) -> None:
    for key in ("rows", "plot", "columns"):
        broken = {k: v for k, v in board.items() if k != key}
        with pytest.raises(ConfigError, match=key):
            write_page(broken, tmp_path / "a.html")
    broken = copy.deepcopy(board)
    del broken["rows"][0]["metrics"]
    with pytest.raises(ConfigError, match="malformed"):
        write_page(broken, tmp_path / "a.html")
    assert list(tmp_path.iterdir()) == []


def test_write(board: dict[str, Any], tmp_path: Path) -> None:
    path = write_page(board, tmp_path / "deep" / "a.html")
    assert path.read_text(encoding="utf-8") == page(board)
    assert [p.name for p in path.parent.iterdir()] == ["a.html"]


@given(st.text())
def test_text_comes_back_as_it_was(text: str) -> None:
    parsed = Parsed(markup.tag("p", text, title=text))
    expected = "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
    assert "".join(parsed.words) == expected
    assert parsed.attributes == [("p", "title", expected)]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.1234, "rate", "12.3 %"),
        (12.34, "%", "12.3 %"),
        (-0.0001, "", "0"),
        (-1.25, "meals", "−1.25"),
        (1234.56, "", "1234.6"),
        (None, "rate", "NaN"),
        (math.nan, "", "NaN"),
        (True, "", "NaN"),
        (100.0, "", "100"),
        (10, "", "10"),
    ],
)
def test_numbers(value: Any, unit: str, text: str) -> None:
    assert markup.shown(value, unit) == text


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
@example(-1e-05, 20001.0)
def test_ticks_cover_and_are_few(low: float, span: float) -> None:
    found = svg_figures.ticks(low, low + span)
    assert found[0] <= low + 1e-6 * max(1, abs(low))
    assert found[-1] >= low + span - 1e-6 * max(1, abs(low + span))
    assert len(found) <= 7
    assert found == sorted(found)
