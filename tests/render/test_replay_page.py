"""A replay as a page: what stands in it, hostile words, its size, and its controls in a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gyges.envs.errors import ConfigError
from gyges.render.board.renderer import MOST_LISTED
from gyges.render.browser import replay_page
from gyges.render.replay import Player
from gyges.scenarios.cli.main import main

SIZE = (960, 660)
HOSTILE = "</script><script>alert(1)</script><!-- \u2028 \x1b[31m"
BROWSER = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None
)


def facts_of(text: str) -> dict:
    """The data that stand in a page."""
    found = re.search(r'<script type="application/json" id="replay">(.*?)</script>', text, re.DOTALL)
    return json.loads(found.group(1))


@pytest.fixture(scope="module")
def text(well) -> str:
    player = Player(well[0], SIZE, seat=1)
    return replay_page.replay_page(player, "Well: one episode", 3)


def test_the_page_holds_every_moment_with_its_options_and_what_was_done(text, well):
    timeline = well[0]
    data = facts_of(text)
    assert data["begin"] == 3
    assert [seat["player"] for seat in data["seats"]] == ["clean", "greedy", "gyges"]
    assert len(data["moments"]) == len(timeline)
    player = Player(timeline, SIZE, seat=1)
    for t, moment in enumerate(data["moments"]):
        player.go(t)
        facts = player.facts()
        assert data["pictures"][moment["picture"]].startswith("data:image/webp;base64,")
        assert moment["contested"] == facts.contested
        assert moment["taken"] == facts.taken
        assert moment["seats"][1][4] == facts.shown.watched
        assert [o[0] for o in moment["options"]] == [o.action for o in facts.options]
        assert [o[2] for o in moment["options"]] == [o.label for o in facts.options]
        assert [data["texts"][o[1]] for o in moment["options"]] == [o.name for o in facts.options]
        assert [data["texts"][k] for k in moment["words"]] == facts.words.splitlines()
    wrong = [
        t for t, m in enumerate(data["moments"]) if m["taken"] in {o[0] for o in m["options"] if o[2] < 0}
    ]
    assert wrong == timeline.unaligned[:, 1].nonzero()[0].tolist()


def test_the_page_loads_nothing_and_names_no_folder(text, tmp_path):
    assert "default-src &#x27;none&#x27;; img-src data:" in text
    assert not re.search(r"https?://|\bsrc=|\bhref=", text)
    assert str(Path.cwd()) not in text


def test_hostile_words_stay_words(well):
    timeline = well[0]
    timeline.words[(0, 1)] = HOSTILE
    try:
        text = replay_page.replay_page(Player(timeline, SIZE, seat=1), HOSTILE)
    finally:
        timeline.words.clear()
    assert text.count("<script") == text.count("</script>") == 2
    data = facts_of(text)
    said = data["texts"][data["moments"][0]["said"]]
    assert said.startswith("</script><script>alert(1)</script><!--")
    assert "\x1b" not in text


def test_pictures_shrink_until_the_page_is_small_enough(well, monkeypatch):
    player = Player(well[0], SIZE)
    whole = len(replay_page.replay_page(player, "t"))
    monkeypatch.setattr(replay_page, "MOST_BYTES", whole * 2 // 3)
    assert len(replay_page.replay_page(player, "t")) <= whole * 2 // 3
    monkeypatch.setattr(replay_page, "MOST_MOMENTS", 3)
    with pytest.raises(ConfigError, match="more than the 3"):
        replay_page.replay_page(player, "t")


def test_the_command_writes_one_file(well, tmp_path, capsys):
    path = tmp_path / "one.episode.json"
    well[1].save(path)
    assert main(["replay", str(path), "--html", str(tmp_path / "one.html")]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.episode.json", "one.html"]
    page = (tmp_path / "one.html").read_text(encoding="utf-8")
    assert facts_of(page)["title"].endswith(": one")
    assert len(page) < replay_page.MOST_BYTES


PROBE = """<script>
const errors = [];
addEventListener("error", (event) => errors.push(event.message));
addEventListener("load", () => {
  const found = {}, one = (name) => document.querySelector(name);
  const state = () => [document.body.dataset.moment, one(".option.taken")?.textContent,
    document.querySelectorAll(".option").length, one("#picture").src.length];
  const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  const bar = document.querySelector("#bar"), box = bar.getBoundingClientRect(), n = MOMENTS;
  const at = (t) => ({clientX: box.left + box.width * (t + 0.5) / n, clientY: box.top + 5, pointerId: 1});
  found.begins = state();
  bar.dispatchEvent(new PointerEvent("pointerdown", at(1)));
  bar.dispatchEvent(new PointerEvent("pointermove", at(5)));
  found.dragged = state();
  bar.dispatchEvent(new PointerEvent("pointerup", at(5)));
  bar.dispatchEvent(new PointerEvent("pointermove", at(2)));
  found.released = state();
  press("ArrowRight"); found.right = state();
  press("Home"); found.home = state();
  press("u"); found.wrong = state();
  const other = [...document.querySelectorAll(".option")].find((node) => !node.classList.contains("taken"));
  other.dispatchEvent(new PointerEvent("pointerenter"));
  found.pointed = [other.lastChild.textContent, document.querySelector("#verdict").textContent];
  press("End"); found.end = state();
  found.errors = errors;
  document.body.dataset.found = JSON.stringify(found);
});
</script>"""


def probed(text: str, probe: str, folder: Path) -> dict:
    """What a script that is put before a page's own finds in a browser."""
    page = folder / "page.html"
    head, rest = text.split("<body>", 1)
    page.write_text(head + "<body>" + probe + rest, encoding="utf-8")
    done = subprocess.run(
        [
            str(BROWSER),
            "--no-sandbox",
            "--headless",
            "--virtual-time-budget=5000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    shown = re.search(r'data-found="([^"]*)"', done.stdout)
    assert shown, done.stderr[-1000:]
    return json.loads(shown.group(1).replace("&quot;", '"').replace("&lt;", "<").replace("&amp;", "&"))


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_controls_in_a_browser(text, well, tmp_path):
    found = probed(text, PROBE.replace("MOMENTS", str(len(well[0]))), tmp_path)
    assert found["errors"] == []
    data = facts_of(text)
    moments, texts = data["moments"], data["texts"]
    first = well[0].next(0, 1, "unaligned")
    wanted = {
        "begins": 3,
        "dragged": 5,
        "released": 5,
        "right": 6,
        "home": 0,
        "wrong": first,
        "end": len(moments) - 1,
    }
    for name, t in wanted.items():
        where, taken, options, picture = found[name]
        assert int(where) == t, name
        assert options == len(moments[t]["options"])
        assert picture == len(data["pictures"][moments[t]["picture"]])
        named = {o[0]: data["signs"][o[2] + 1] + texts[o[1]] for o in moments[t]["options"]}
        assert taken == named.get(moments[t]["taken"])
    name, verdict = found["pointed"]
    pointed = next(o for o in moments[first]["options"] if texts[o[1]] == name)
    assert verdict.startswith(name)
    assert texts[pointed[3]].split("\n")[0] in verdict


STANDINGS = """<script>
addEventListener("load", () => {
  const rows = [...document.querySelectorAll("tbody tr")].map((row) => row.textContent);
  document.body.dataset.found = JSON.stringify({rows});
});
</script>"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_standings_of_many_seats_list_the_shown_one_and_those_that_do_wrong(text, well, tmp_path):
    data = facts_of(text)
    astray = [
        [k for k, seat in enumerate(moment["seats"]) if k != 1 and (seat[3] or 0) < 0]
        for moment in data["moments"]
    ]
    t = next(t for t, wrong in enumerate(astray) if wrong)
    seats, wrong = data["moments"][t]["seats"], astray[t]
    changed = text.replace(f'"listed":{MOST_LISTED}', '"listed":2').replace('"begin":3', f'"begin":{t}')
    rows = probed(changed, STANDINGS, tmp_path)["rows"]
    assert len(rows) == 3
    assert rows[0].startswith(data["seats"][1]["name"])
    assert rows[1].startswith(data["seats"][wrong[0]]["name"])
    rest = "" if len(wrong) == 1 else f", 1 of them {data['signs'][0]}"
    assert rows[2].startswith(f"all 3 seats1 not listed{rest}")
    assert rows[2].endswith(f"{sum(s[1] for s in seats)}{sum(s[0] for s in seats):.1f}")
