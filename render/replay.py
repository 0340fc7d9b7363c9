"""Watch an episode: a window with a time bar, or PNG, GIF and MP4 without one.

Keys: space play or pause; left and right one step; page up and down ten; home and end; + and - speed;
tab or digits the seat; C and U the next contested or unaligned decision (with shift the one before);
F turns a board round; T draws its pieces in another style; Q or escape leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pygame

from gyges.envs.errors import ConfigError
from gyges.render.board.facts import Facts, Gesture
from gyges.render.board.plain import renderer_for
from gyges.render.board.timeline_bar import HEIGHT, TimelineBar
from gyges.render.kit import draw, video
from gyges.render.kit.theme import ACCENTS
from gyges.render.kit.window import open_window
from gyges.render.timeline import Timeline

SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
MOST_FRAMES = 2000
"""Most frames that an export writes."""


class Player:
    """A timeline, where it stands and how it answers to keys and mouse; knows no window.

    Args:
        timeline: what is shown.
        size: of the whole picture in pixels.
        seat: whose choices are shown.
        truth: show what the seats cannot know.
    """

    def __init__(
        self, timeline: Timeline, size: tuple[int, int] = (1280, 800), *, seat: int = 0, truth: bool = True
    ) -> None:
        if not 0 <= seat < timeline.game.num_agents:
            raise ConfigError(f"seat is 0 to {timeline.game.num_agents - 1}, not {seat}")
        self.timeline = timeline
        self.size = size
        self.board = renderer_for(timeline.game, (size[0], size[1] - HEIGHT))
        self.bar = TimelineBar(timeline, pygame.Rect(0, size[1] - HEIGHT, size[0], HEIGHT))
        self.bar.turns_round, self.bar.has_styles = self.board.turns_round, bool(self.board.styles)
        self.seat = seat
        self.follow = bool(self.board.follows)
        self.truth = truth
        self.flip = False
        self.pointing: Any = None
        self._facts: tuple[Any, Facts] | None = None
        self._priced: set[tuple[int, int]] = set()
        self.t = 0
        self.playing = False
        self.speed = 2
        self.open = True
        self._clock = 0.0
        self._dragging = False
        self._typed = ""

    # Commands.

    def command(self, name: str) -> None:
        """Do what a button says."""
        last = len(self.timeline) - 1
        if name == "play":
            self.playing = not self.playing
            if self.playing and self.t == last:
                self.t = 0
        elif name in ("back", "forward"):
            self.go(self.t + (1 if name == "forward" else -1))
        elif name in ("slower", "faster"):
            self.speed = min(max(self.speed + (1 if name == "faster" else -1), 0), len(SPEEDS) - 1)
        elif name in ("seat", "seat-"):
            self._turn_seat(1 if name == "seat" else -1)
        elif name == "flip":
            self.flip = not self.flip
        elif name == "style":
            self.board.switch()
        elif name[:-1] in ("contested", "unaligned"):
            seat = None if self.follow else self.seat
            found = self.timeline.next(self.t, seat, name[:-1], 1 if name.endswith("+") else -1)
            if found is not None:
                self.go(found)
        elif name == "leave":
            self.open = False

    def _turn_seat(self, step: int) -> None:
        """The next seat; where seats take turns, whoever moves comes after the last."""
        n = self.timeline.game.num_agents
        if not self.board.follows:
            self.seat = (self.seat + step) % n
            return
        place = (n if self.follow else self.seat) + step
        place %= n + 1
        self.follow = place == n
        self.seat = self.seat if self.follow else place

    @property
    def shown_seat(self) -> int:
        """Whose choice is shown now."""
        return self.timeline.mover(self.t, self.seat) if self.follow else self.seat

    def go(self, t: int) -> None:
        """Stand at a moment, within the timeline, and stop playing."""
        self.t = min(max(t, 0), len(self.timeline) - 1)
        self.playing = False

    def handle(self, event: Any) -> None:
        """Answer to one pygame event."""
        if event.type == pygame.QUIT:
            self.open = False
        elif event.type == pygame.KEYDOWN:
            self._key(event)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            if self.bar.track.inflate(0, 16).collidepoint(event.pos):
                self._dragging = True
                self.go(self.bar.time_at(event.pos[0]))
            for button in self.bar.buttons:
                if button.rect.collidepoint(event.pos):
                    self.command(button.command)
                    break
        elif event.type == pygame.MOUSEMOTION and self._dragging:
            self.go(self.bar.time_at(event.pos[0]))
        elif event.type == pygame.MOUSEMOTION:
            self.pointing = self.board.point(self.facts(), event.pos)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            self._dragging = False

    def _key(self, event: Any) -> None:
        back = bool(getattr(event, "mod", 0) & pygame.KMOD_SHIFT)
        key = event.key
        simple = {
            pygame.K_SPACE: "play",
            pygame.K_LEFT: "back",
            pygame.K_RIGHT: "forward",
            pygame.K_MINUS: "slower",
            pygame.K_PLUS: "faster",
            pygame.K_EQUALS: "faster",
            pygame.K_KP_PLUS: "faster",
            pygame.K_KP_MINUS: "slower",
            pygame.K_q: "leave",
            pygame.K_ESCAPE: "leave",
            pygame.K_TAB: "seat-" if back else "seat",
            pygame.K_f: "flip",
            pygame.K_t: "style",
            pygame.K_c: "contested-" if back else "contested+",
            pygame.K_u: "unaligned-" if back else "unaligned+",
        }
        jumps = {
            pygame.K_HOME: 0,
            pygame.K_END: len(self.timeline) - 1,
            pygame.K_PAGEUP: self.t - 10,
            pygame.K_PAGEDOWN: self.t + 10,
        }
        if key in simple:
            self.command(simple[key])
        elif key in jumps:
            self.go(jumps[key])
        elif pygame.K_0 <= key <= pygame.K_9:
            self._digit(chr(key))
            return
        self._typed = ""

    def _digit(self, digit: str) -> None:
        """Show the seat with the typed number, of several digits where there is such a seat."""
        for typed in (self._typed + digit, digit):
            if int(typed) < self.timeline.game.num_agents:
                self._typed, self.seat, self.follow = typed, int(typed), False
                return
        self._typed = ""

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if not self.playing:
            return
        self._clock += seconds * SPEEDS[self.speed]
        steps, self._clock = int(self._clock), self._clock % 1.0
        self.t = min(self.t + steps, len(self.timeline) - 1)
        if self.t == len(self.timeline) - 1:
            self.playing = False

    # Pictures.

    def facts(self) -> Facts:
        """What the picture of this moment shows."""
        seat = self.shown_seat
        if (self.t, seat) not in self._priced and self.t < self.timeline.steps:
            self._priced.add((self.t, seat))
            found = self.board.price(self.timeline.at(self.t), 0, seat)
            if found is not None:
                self.timeline.prices.setdefault((self.t, seat), found)
        key = (self.t, seat, self.truth, self.timeline.prices.get((self.t, seat)))
        if self._facts is None or self._facts[0] != key:
            view = self.timeline.view(self.t, seat, truth=self.truth)
            self._facts = (key, self.board.facts(self.timeline.at(self.t), 0, view))
        return self._facts[1]

    def paint(self, surface: pygame.Surface, *, idle: bool = False) -> None:
        """Paint board and time bar."""
        facts = self.facts()
        self.board.paint(surface, facts, Gesture(None, self.flip, None if idle else self.pointing))
        speed = SPEEDS[self.speed]
        seat = None if self.follow else self.seat
        self.bar.paint(surface, self.t, seat, playing=self.playing, speed=speed,
                       theme=self.board.theme(facts), idle=idle)  # fmt: skip

    def frame(self, t: int) -> npt.NDArray[np.uint8]:
        """The picture of moment t without buttons, uint8 [H, W, 3]."""
        self.go(t)
        surface = draw.canvas(self.size)
        self.paint(surface, idle=True)
        return draw.pixels(surface)

    def frames(self, first: int = 0, last: int | None = None) -> Iterator[npt.NDArray[np.uint8]]:
        """Pictures of the moments at which someone moves, first to last, and of the end."""
        stop = len(self.timeline) if last is None else min(last + 1, len(self.timeline))
        for t in range(first, stop):
            yield self.frame(t)


def watch(player: Player, title: str) -> None:
    """Show a player in a window until it is closed."""
    surface = open_window(player.size, title)
    clock = pygame.time.Clock()
    try:
        shown: Any = None
        while player.open:
            for event in pygame.event.get():
                player.handle(event)
                if event.type in (pygame.WINDOWEXPOSED, pygame.WINDOWRESIZED):
                    shown = None
            player.advance(clock.tick(60) / 1000)
            now = (player.t, player.seat, player.follow, player.playing, player.speed, player.flip,
                   player.pointing, player.board.style)  # fmt: skip
            if now != shown:
                player.paint(surface)
                shown = now
            pygame.display.flip()
    finally:
        pygame.display.quit()


def load(
    path: Any,
    *,
    seat: int | None = None,
    size: tuple[int, int] = (1280, 800),
    verify: bool = True,
    pieces: str = "",
    prices: dict[tuple[int, int], float] | None = None,
    blame: Sequence[float] = (),
) -> Player:
    """An episode file as something to look at.

    Args:
        path: episode file.
        seat: whose choices to show; the first focal seat by default.
        size: width and height in pixels.
        verify: refuse where the rules or states are not those recorded.
        pieces: style of a board's pieces, where it has several.
        prices: price of the choice (step, seat), in the game's reward unit, where known.
        blame: what each seat cost by the end, in the game's welfare unit, where known.

    Raises:
        FileError: not an episode, or it does not replay.
        ConfigError: settings that make no sense.
    """
    from gyges.envs.episode import Episode

    episode = Episode.load(path)
    game = episode.make_game()
    names = [s.name for s in episode.seats]
    timeline = Timeline.of(episode.replay(verify=verify), game, names)
    timeline.words = {(w.step, w.seat): w.text for w in episode.words}
    timeline.prices.update(prices or {})
    timeline.blame = tuple(blame)
    follow = seat is None
    if seat is None:
        seat = next((k for k, s in enumerate(episode.seats) if s.focal), 0)
    player = Player(timeline, size, seat=seat)
    player.follow = player.follow and follow
    if pieces in player.board.styles:
        player.board.style = pieces
    return player


def title_of(player: Player, path: Any) -> str:
    """What a replay of an episode file is called."""
    return f"{player.timeline.game.title}: {Path(path).name.removesuffix('.episode.json')}"


def main(
    path: Any,
    *,
    gif: Any = None,
    mp4: Any = None,
    png: Any = None,
    at: int | None = None,
    fps: float = 3.0,
    most: int | None = None,
    **settings: Any,
) -> None:
    """Show an episode file, or write it to files when any of gif, mp4 and png is given.

    Args:
        path: episode file.
        gif, mp4, png: files to write instead of opening a window.
        at: the moment to begin with, and the one that the PNG shows (by default the gravest
            unaligned act of the seat, else the middle).
        fps: moments a second in GIF and MP4.
        most: moments that GIF and MP4 have at most, those around `at`; all by default.
        settings: of `load`.

    Raises:
        FileError: not an episode, or it does not replay.
        ConfigError: settings that make no sense, an encoder missing, or no screen.
    """
    player = load(path, **settings)
    show(player, title_of(player, path), gif=gif, mp4=mp4, png=png, at=at, fps=fps, most=most)


def show(
    player: Player,
    title: str,
    *,
    gif: Any = None,
    mp4: Any = None,
    png: Any = None,
    at: int | None = None,
    fps: float = 3.0,
    most: int | None = None,
) -> None:
    """Write a player's pictures to files, or open a window when no file is named."""
    last = len(player.timeline) - 1
    seat = None if player.follow else player.seat
    if most is not None and most < 1:
        raise ConfigError(f"most: expected 1 moment or more, got {most}")
    if at is not None and not 0 <= at <= last:
        raise ConfigError(f"the episode has moments 0 to {last}, not {at}")
    count = min(most or last + 1, last + 1)
    if (gif or mp4) and count > MOST_FRAMES:
        raise ConfigError(f"{count} frames are more than the {MOST_FRAMES} that a file may have")
    moment = best_moment(player.timeline, seat) if at is None else at
    first = min(max(moment - count // 2, 0), last + 1 - count)
    part = first, first + count - 1
    if png:
        video.png(png, player.frame(moment))
    if gif:
        seen = player.timeline.seen(seat)
        samples = [
            player.frame(int(np.argmax(seen == light))) for light in (True, False) if (seen == light).any()
        ]
        video.gif(
            gif, player.frames(*part), fps=fps, samples=samples, colours=(*player.board.accents, *ACCENTS)
        )
    if mp4:
        video.mp4(mp4, player.frames(*part), fps=fps)
    if not (gif or mp4 or png):
        player.go(at or 0)
        watch(player, title)


def best_moment(timeline: Timeline, seat: int | None) -> int:
    """The gravest unaligned act of a seat (of any for None), else its first contested decision, else the
    middle."""
    wrong = timeline.unaligned if seat is None else timeline.unaligned[:, [seat]]
    if wrong.any():
        grave = timeline.severity if seat is None else timeline.severity[:, [seat]]
        return int(np.argmax(np.where(wrong, grave, -np.inf).max(axis=1)))
    first = timeline.next(-1, seat, "contested")
    return len(timeline) // 2 if first is None else first
