"""Replays: any moment in any order, keys and mouse, files that are valid or not there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pygame
import pytest
from PIL import Image

from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER
from gyges.envs.errors import ConfigError, FileError
from gyges.envs.registry import make
from gyges.render import replay
from gyges.render.kit import video
from gyges.render.kit.window import Window
from gyges.render.replay import Player
from gyges.render.timeline import Timeline
from gyges.scenarios.cli.main import main

SIZE = (1000, 700)


def key(code: int, mod: int = 0) -> Any:
    return pygame.event.Event(pygame.KEYDOWN, key=code, mod=mod)


@pytest.fixture
def player(well: Any) -> Player:
    return Player(well[0], SIZE, seat=2)


def test_reel_from_file_equals_the_play(well: Any, well_file: Path) -> None:
    timeline, loaded = well[0], Timeline.load(well_file)
    assert loaded.names == ("clean", "greedy", "gyges")
    for name in ("rows", "actions", "ledger", "totals", "breaches", "watched"):
        assert np.array_equal(getattr(timeline, name), getattr(loaded, name)), name


def test_any_moment_in_any_order(well: Any) -> None:
    timeline = well[0]
    forward = [timeline.at(t).state_hash(0) for t in range(len(timeline))]
    backward = [timeline.at(t).state_hash(0) for t in reversed(range(len(timeline)))]
    assert forward == backward[::-1]
    assert len(set(forward)) == len(timeline)
    with pytest.raises(ConfigError, match="a moment is 0 to"):
        timeline.at(len(timeline))


def test_totals_and_breaches_are_sums_before(well: Any) -> None:
    timeline = well[0]
    assert timeline.totals[0].tolist() == [0, 0, 0]
    assert timeline.totals[-1, 1] == timeline.at(timeline.steps).state.drawn[0, 1]
    wrong = timeline.ledger[..., LEDGER.label] < 0
    assert timeline.breaches[-1].tolist() == wrong.sum(0).tolist()
    assert timeline.breaches[-1, 1] > 0
    assert timeline.breaches[-1, 0] == 0


def test_jump_to_decisions(player: Player) -> None:
    timeline = player.timeline
    expected = np.flatnonzero(timeline.unaligned[:, 2])
    assert len(expected) > 2
    found = []
    player.go(0)
    for _ in expected:
        before = player.t
        player.handle(key(pygame.K_u))
        found.append(player.t)
        assert player.t > before
    assert found == expected.tolist()
    player.handle(key(pygame.K_u))
    assert player.t == expected[-1]
    player.handle(key(pygame.K_u, pygame.KMOD_LSHIFT))
    assert player.t == expected[-2]
    assert timeline.next(-1, 0, "unaligned") is None


def test_keys(player: Player) -> None:
    last = len(player.timeline) - 1
    for code, t in (
        (pygame.K_RIGHT, 1),
        (pygame.K_PAGEDOWN, 11),
        (pygame.K_LEFT, 10),
        (pygame.K_END, last),
        (pygame.K_RIGHT, last),
        (pygame.K_HOME, 0),
        (pygame.K_LEFT, 0),
    ):
        player.handle(key(code))
        assert player.t == t
    player.handle(key(pygame.K_1))
    assert player.seat == 1
    player.handle(key(pygame.K_9))
    assert player.seat == 1
    player.handle(key(pygame.K_TAB))
    assert player.seat == 2
    player.handle(key(pygame.K_TAB))
    assert player.seat == 0
    player.handle(key(pygame.K_q))
    assert not player.open


def test_digits_name_seats_of_several_digits() -> None:
    game = make("steward-v1", num_agents=16, num_grounds=2)
    timeline = Timeline(game)
    timeline.begin(Batch(game, 1, seed=1))
    many = Player(timeline, SIZE)
    for code, seat in ((pygame.K_1, 1), (pygame.K_2, 12), (pygame.K_9, 9), (pygame.K_1, 1), (pygame.K_7, 7)):
        many.handle(key(code))
        assert many.seat == seat
    for code, seat in ((pygame.K_1, 1), (pygame.K_HOME, 1), (pygame.K_5, 5), (pygame.K_TAB, 6)):
        many.handle(key(code))
        assert many.seat == seat


def test_playing_takes_time_and_ends(player: Player) -> None:
    player.handle(key(pygame.K_SPACE))
    player.advance(0.3)
    assert player.t == 0
    player.advance(0.3)
    assert player.t == 1
    player.handle(key(pygame.K_PLUS))
    player.advance(1.0)
    assert player.t == 5
    player.advance(1000.0)
    assert player.t == len(player.timeline) - 1
    assert not player.playing
    player.handle(key(pygame.K_SPACE))
    assert player.t == 0


def test_drag_the_bar_and_click(player: Player) -> None:
    track = player.bar.track
    down = pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=track.midleft, button=1)
    player.handle(down)
    assert player.t == 0
    player.handle(
        pygame.event.Event(pygame.MOUSEMOTION, pos=(track.centerx, 0), buttons=(1, 0, 0), rel=(1, 0))
    )
    assert abs(player.t - len(player.timeline) / 2) <= 1
    player.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=(5000, 0), buttons=(1, 0, 0), rel=(1, 0)))
    assert player.t == len(player.timeline) - 1
    player.handle(pygame.event.Event(pygame.MOUSEBUTTONUP, pos=(0, 0), button=1))
    player.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=track.midleft, buttons=(0, 0, 0), rel=(1, 0)))
    assert player.t == len(player.timeline) - 1
    player.paint(pygame.Surface(SIZE, 0, 32))
    for button in player.bar.buttons:
        if button.command == "back":
            player.handle(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=button.rect.center, button=1))
    assert player.t == len(player.timeline) - 2


def test_png(well_file: Path, tmp_path: Path) -> None:
    assert main(["replay", str(well_file), "--png", str(tmp_path / "a.png"), "--at", "3"]) == 0
    with Image.open(tmp_path / "a.png") as image:
        image.load()
        assert image.size == (1280, 800)
        assert len(image.getcolors(1 << 24)) > 50


def test_gif(well_file: Path, tmp_path: Path) -> None:
    replay.main(well_file, gif=tmp_path / "a.gif", size=SIZE, fps=5)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 21
        assert image.info["duration"] == 200
        assert image.size == (960, 672)
        first = np.asarray(image.convert("RGB"))
        image.seek(10)
        assert not np.array_equal(first, np.asarray(image.convert("RGB")))


def test_mp4(well_file: Path, tmp_path: Path) -> None:
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    replay.main(well_file, mp4=tmp_path / "a.mp4", size=(1001, 701), fps=5)
    frames, seconds = ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4"))
    assert frames == 21
    assert seconds == pytest.approx(21 / 5, abs=0.3)


def test_mp4_names_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(ConfigError, match=r"gyges\[video\]"):
        video.mp4(tmp_path / "a.mp4", [])
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_of_a_failed_export(tmp_path: Path) -> None:
    def broken() -> Any:
        yield np.zeros((700, 1000, 3), np.uint8)
        raise FileError("the replay broke off")

    for write, name in ((video.gif, "a.gif"), (video.mp4, "a.mp4")):
        with pytest.raises(FileError):
            write(tmp_path / name, broken())
        with pytest.raises(ConfigError, match="no frame"):
            write(tmp_path / name, [])
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be written"):
        video.png(tmp_path / "file" / "a.png", np.zeros((8, 8, 3), np.uint8))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("cut", [0, 1, 50, -2])
def test_truncated_files_are_refused(well_file: Path, tmp_path: Path, cut: int) -> None:
    well_file.write_bytes(well_file.read_bytes()[:cut])
    with pytest.raises(FileError):
        replay.main(well_file, png=tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_hostile_files_are_refused(well_file: Path, tmp_path: Path) -> None:
    text = well_file.read_text()
    for a, b in (
        ('"actions":[[', '"actions":[[999999,'),
        ('"seed":3', '"seed":4'),
        ('"num_agents":3', '"num_agents":-3'),
        ('"game":"well-v0"', '"game":"../../etc"'),
        ('"horizon":20', '"horizon":1e999'),
    ):
        assert a in text
        well_file.write_text(text.replace(a, b, 1))
        with pytest.raises(FileError):
            replay.main(well_file, png=tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_bad_requests(well_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="moments 0 to 20"):
        replay.main(well_file, png=tmp_path / "a.png", at=21)
    with pytest.raises(ConfigError, match="seat is 0 to 2"):
        replay.main(well_file, png=tmp_path / "a.png", seat=3)
    with pytest.raises(ConfigError, match="frames a second"):
        replay.main(well_file, gif=tmp_path / "a.gif", fps=0)
    with pytest.raises(FileError, match="cannot be read"):
        replay.main(tmp_path / "none.json")


def test_window_opens_without_audio(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    given = [[key(pygame.K_RIGHT)], [key(pygame.K_SPACE)], [], [key(pygame.K_ESCAPE)]]
    monkeypatch.setattr(pygame.event, "get", lambda: given.pop(0))
    player = Player(well[0], SIZE)
    replay.watch(player, "test")
    assert given == []
    assert player.t >= 1
    assert pygame.mixer.get_init() is None
    assert not pygame.display.get_init()


def test_window_shows_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    frame = np.random.default_rng(0).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    with Window("test", fps=0) as window:
        window.show(frame)
        shown = pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)
        assert np.array_equal(shown, frame)
        pygame.event.post(pygame.event.Event(pygame.QUIT))
        window.show(frame)
        assert window.closed
        window.show(frame)
        assert not pygame.display.get_init()
    window.close()
    assert pygame.mixer.get_init() is None


def test_gif_colours_stay_true(well: Any, tmp_path: Path) -> None:
    player = Player(well[0], SIZE, seat=2)
    replay.show(player, "", gif=tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        for t in (0, 3, 12):
            image.seek(t)
            got = np.asarray(image.convert("RGB")).astype(float)
            want = Image.fromarray(player.frame(t)).resize(image.size, Image.Resampling.LANCZOS)
            assert np.abs(got - np.asarray(want)).mean() < 4


def test_no_screen_is_a_named_error(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    with pytest.raises(ConfigError, match="no window could be opened"):
        replay.watch(Player(well[0], SIZE), "test")


def test_a_gif_of_so_many_moments_around_one(well_file: Path, tmp_path: Path) -> None:
    for at, most, count in ((0, 5, 5), (10, 5, 5), (20, 5, 5), (3, 100, 21)):
        replay.main(well_file, gif=tmp_path / "a.gif", size=SIZE, at=at, most=most)
        with Image.open(tmp_path / "a.gif") as image:
            assert image.n_frames <= count  # equal pictures are one
            assert image.n_frames >= count - 2
    with pytest.raises(ConfigError, match="got 0"):
        replay.main(well_file, gif=tmp_path / "a.gif", most=0)
