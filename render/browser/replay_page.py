"""A replay as one HTML file: drag the time bar, step, point at an option; nothing is loaded from elsewhere.

The page holds the picture of every moment, compressed, and the moment's facts as plain data; its script
(`replay.js`) writes every text as text, so that what an agent said or is called cannot become markup, and
the page forbids itself to load anything (Content-Security-Policy).
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gyges.envs import atomic
from gyges.envs.errors import ConfigError
from gyges.envs.foreign import printable
from gyges.render.board.facts import Facts
from gyges.render.board.panel import loss, verdict
from gyges.render.board.renderer import MOST_LISTED
from gyges.render.kit import draw
from gyges.render.kit.theme import SIGNS, seat_colour
from gyges.render.page.markup import Html, head, tag
from gyges.render.replay import Player, best_moment, load, title_of

MOST_BYTES = 3_000_000
"""Size that a page keeps under, by making its pictures smaller and coarser."""
MOST_MOMENTS = 2000
"""Moments that a page may have."""
LADDER = ((1.0, 85), (1.0, 70), (0.85, 65), (0.7, 60), (0.6, 50), (0.5, 40), (0.4, 30))
"""Scale and quality of the pictures, from the best on."""
SAMPLES = 8
"""Pictures from which the size of all is reckoned."""

Picture = npt.NDArray[np.uint8]


def write_replay(episode: Any, path: Any, *, at: int | None = None, **settings: Any) -> Path:
    """Write an episode file as a page, whole or not at all, and return the page's path.

    Args:
        episode: episode file.
        path: where to.
        at: the moment that it opens at; by default the gravest unaligned act of the seat, else the middle.
        settings: of `gyges.render.replay.load`.

    Raises:
        ConfigError: settings that make no sense, or the episode has more than `MOST_MOMENTS` moments.
        FileError: it is not an episode, does not replay, or the page cannot be written.
    """
    player = load(episode, **settings)
    seat = None if player.follow else player.seat
    begin = best_moment(player.timeline, seat) if at is None else at
    return atomic.write_text(path, replay_page(player, title_of(player, episode), begin))


def replay_page(player: Player, title: str, begin: int = 0) -> str:
    """The page's text: of a timeline and of whose choices are shown, opening at moment `begin`."""
    count = len(player.timeline)
    if count > MOST_MOMENTS:
        raise ConfigError(
            f"an episode of {count} moments is more than the {MOST_MOMENTS} that a page may have"
        )
    texts = Texts()
    every = list(_facts(player))
    told = [_moment(player, t, facts, texts) for t, facts in enumerate(every)]
    data = {**_about(player, title), "begin": begin, "texts": texts.all, "moments": told}
    room = MOST_BYTES - len(_script(data)) - 30_000  # for script and style
    pictures, shown = _pictures(player, every, room)
    for moment, number in zip(told, shown, strict=True):
        moment["picture"] = number
    return _page(title, {**data, "pictures": pictures})


def _page(title: str, data: dict[str, Any]) -> str:
    here = Path(__file__)
    style, code = (here.with_name(f"replay.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    allowed = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    body = tag(
        "body",
        tag("noscript", "This page shows a replay, and needs JavaScript for it."),
        tag("script", Html(_script(data)), type="application/json", id="replay"),
        tag("script", Html(code)),
    )
    return "<!doctype html>\n" + tag("html", head(title, style, allowed), body, lang="en") + "\n"


def _script(data: Any) -> str:
    """Data as JSON that cannot end the script element which holds it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


class Texts:
    """Texts by number, each kept once: most of what a moment says was said before."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._known: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        text = printable(text, kept="\n\t")
        if text not in self._known:
            self._known[text] = len(self.all)
            self.all.append(text)
        return self._known[text]


def _about(player: Player, title: str) -> dict[str, Any]:
    """What does not change from moment to moment."""
    game = player.timeline.game
    names = player.timeline.names or ("",) * game.num_agents
    return {
        "title": printable(title),
        "game": game.id,
        "staked": bool(game.staked),
        "listed": MOST_LISTED,
        "unit": game.reward_unit,
        "digits": player.board.digits,
        "signs": [SIGNS[-1], SIGNS[0], SIGNS[1]],
        "seats": [
            {
                "name": player.board.seat_name(k),
                "player": printable(names[k]),
                "colour": "#{:02x}{:02x}{:02x}".format(*seat_colour(k)),
            }
            for k in range(game.num_agents)
        ],
    }


def _facts(player: Player) -> Iterator[Facts]:
    for t in range(len(player.timeline)):
        player.go(t)
        yield player.facts()


def _moment(player: Player, t: int, facts: Facts, text: Texts) -> dict[str, Any]:
    """The facts of one moment, texts by number."""
    game = player.timeline.game
    options = []
    for o in facts.options:
        said = f"{verdict(o)}\n{loss(o, game)}" if facts.judged else ""
        options.append([o.action, text(o.name), o.label, text(said), round(float(o.severity), 6)])
    spoken = player.timeline.words.get((t, facts.seat), "")
    return {
        "when": text(facts.moment),
        "seat": facts.seat,
        "contested": facts.contested,
        "price": None if facts.price is None or not np.isfinite(facts.price) else round(facts.price, 6),
        "options": options,
        "taken": facts.taken,
        "words": [text(line) for line in facts.words.splitlines()],
        "said": text(spoken) if spoken else None,
        "over": facts.over,
        "ending": text(player.board.ending(facts)) if facts.over else None,
        "seats": [
            [s.total, s.breaches, text(s.act_name), s.act_label, s.watched, s.moves, s.blame]
            for s in facts.seats
        ],
    }


def _pictures(player: Player, every: list[Facts], room: int) -> tuple[list[str], list[int]]:
    """Every picture as a data URL, each kept once, and which of them each moment shows."""
    count = len(every)
    tried = np.unique(np.linspace(0, count - 1, SAMPLES).astype(int)).tolist()
    sample = [_picture(player, every[t]) for t in tried]
    for scale, quality in LADDER:
        last = (scale, quality) == LADDER[-1]
        mean = sum(len(_compressed(p, scale, quality)) for p in sample) / len(sample)
        if mean * count * 4 / 3 > room and not last:
            continue
        known: dict[str, int] = {}
        kept: list[str] = []
        shown: list[int] = []
        for facts in every:
            picture = _picture(player, facts)
            key = hashlib.sha256(picture.tobytes()).hexdigest()
            if key not in known:
                known[key] = len(kept)
                data = base64.b64encode(_compressed(picture, scale, quality)).decode()
                kept.append(f"data:image/webp;base64,{data}")
            shown.append(known[key])
        if sum(map(len, kept)) <= room or last:
            break
    return kept, shown


def _picture(player: Player, facts: Facts) -> Picture:
    """The scene of a moment without panel and time bar, uint8 [H, W, 3]."""
    surface = draw.canvas(player.board.size)
    player.board.paint(surface, facts)
    at = player.board.scene
    return draw.pixels(surface)[at.top : at.bottom, at.left : at.right]


def _compressed(picture: Picture, scale: float, quality: int) -> bytes:
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(picture))
    if scale < 1:
        size = (round(image.width * scale), round(image.height * scale))
        image = image.resize(size, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()
