"""``gyges replay``: watch an episode, or turn it into pictures."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from gyges.envs.episode import Episode
from gyges.envs.foreign import echo
from gyges.render import replay
from gyges.render.browser.replay_page import write_replay
from gyges.scenarios.counterfactual.blame import blame


@dataclasses.dataclass
class Replay:
    """Watch an episode file, or turn it into pictures."""

    episode: Positional[Path]
    """Episode file."""
    gif: Path | None = None
    """Write an animated GIF instead of opening a window."""
    mp4: Path | None = None
    """Write a video (needs the extra `video`)."""
    png: Path | None = None
    """Write one picture."""
    html: Path | None = None
    """Write a page for the browser: one file, with a time bar to drag and every option to point at."""
    seat: int | None = None
    """Whose choices are shown; the first focal seat by default."""
    at: int | None = None
    """Moment to begin with, and to write as PNG."""
    fps: float = 3.0
    """Moments a second in GIF and MP4."""
    size: tuple[int, int] = (1280, 800)
    """Width and height in pixels."""
    most: int | None = None
    """Moments that GIF and MP4 have at most, those around `at` or around the gravest act; all by default."""
    pieces: Literal["traditional", "western"] = "traditional"
    """Signs of xiangqi, janggi, shogi and makruk pieces: those of their home, or western ones."""
    blame: bool = False
    """Work out what each seat's departures from clean play cost, and show it beside the seats."""
    verify: bool = True
    """Refuse an episode whose rules or states are not those recorded."""


def run(command: Replay) -> int:
    """Show or write; returns the exit status."""
    apart = ("episode", "blame", "html", "gif", "mp4", "png", "fps", "most")
    settings = {f.name: getattr(command, f.name) for f in dataclasses.fields(command) if f.name not in apart}
    if command.blame:
        settings["blame"] = blame(Episode.load(command.episode)).shares.tolist()
    if command.html is not None:
        write_replay(command.episode, command.html, **settings)
    files = {name: getattr(command, name) for name in ("gif", "mp4", "png")}
    if command.html is None or any(path is not None for path in files.values()):
        replay.main(command.episode, **files, fps=command.fps, most=command.most, **settings)
    for path in (command.png, command.gif, command.mp4, command.html):
        if path is not None:
            echo(f"written {path}")
    return 0
