"""A person at a chess window is told how to go on, where a wall may stand, whose seat it is, and the end."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pygame
import pytest

from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.policy import Observation, RandomPolicy
from gyges.envs.rollout import Seating
from gyges.render.fairychess.position import DROP
from gyges.render.kit import draw
from gyges.render.person import OVER, WindowPerson

ROOT = Path(__file__).parents[2]


class Window:
    """A person's window on a position of a variant, and what is written in it."""

    def __init__(self, variant: str, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.game = registry.make("fairychess-v1", variant=variant, start=start)
        self.batch = Batch(self.game, 1, seed=1)
        self.person, self.surface = WindowPerson((1000, 640)), pygame.Surface((1000, 640))
        self.said: list[str] = []
        write = draw.write

        def written(surface: Any, at: Any, words: str, *rest: Any, **more: Any) -> Any:
            self.said.append(words)
            return write(surface, at, words, *rest, **more)

        monkeypatch.setattr(draw, "write", written)
        self.paint()
        self.board: Any = self.person._board
        self.chooser = self.board.chooser(self.seen, 0)

    @property
    def seen(self) -> Observation:
        seating = Seating(self.batch, [RandomPolicy()] * 2)
        return seating.observation(seating.groups[0]).take(np.array([0]))

    def paint(self, pointing: Any = None, hint: str = "") -> list[str]:
        """All that is written on the next picture."""
        self.said.clear()
        self.person.paint(self.surface, self.seen, 0, np.zeros(2, np.int32), None, pointing, hint)
        return list(self.said)

    def prompt(self, *clicked: str) -> str:
        """The sentence that says how to go on, after clicks on squares."""
        for where in clicked:
            square = (int(where[1:]) - 1) * self.game.variant.maxFile + ord(where[0]) - 97
            self.click(self.board.grid.centre(square))
        return next(words for words in self.paint(self.chooser.pointing) if words.startswith("Click"))

    def click(self, at: Any) -> None:
        for kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
            event = pygame.event.Event(kind, pos=tuple(round(v) for v in at), button=1)
            self.chooser.handle(event, self.board.spots)
        self.paint(self.chooser.pointing)

    def play(self, action: int) -> None:
        actions = np.zeros((1, 2), np.int32)
        actions[0, 0] = action
        self.batch.step(actions)


def test_what_enters_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Window("seirawan", "4k3/8/8/8/8/8/8/1N2K3[HE] w B - 0 1", monkeypatch)
    assert "drag it" in window.prompt()
    assert "drag it" in window.prompt("b1")
    assert window.prompt("c3").startswith("Click the piece that enters from the hand, or the one that moves")


def test_what_a_pawn_becomes_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Window("gardner", "4k/P4/5/5/K4 w - - 0 1", monkeypatch)
    assert window.prompt("a4", "a5") == "Click what the piece is to become. Esc lets go."


def test_where_a_piece_is_dropped_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Window("crazyhouse", "4k3/8/8/8/8/8/8/4K3[N] w - - 0 1", monkeypatch)
    window.click(window.board.hands[0].rect.center)
    assert window.prompt() == "Click the square on which it is to stand. Esc lets go."


def test_where_a_wall_may_stand_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Window("duck", "4k3/8/8/8/8/8/8/4K3 w - - 0 1", monkeypatch)
    marked: list[Any] = []
    paint = "gyges.render.fairychess.renderer.paint_position"
    monkeypatch.setattr(paint, lambda *rest: marked.append(rest[-1].targets))
    assert "drag it" in window.prompt()
    window.play(int(window.batch.legal(0, 0)[0]))  # the king has moved, and his wall is to come
    assert window.prompt() == "Click the square on which the wall is to stand."
    assert marked[0] == ()
    assert {target.kind for target in marked[-1]} == {DROP}
    assert len({target.square for target in marked[-1]}) == len(window.batch.legal(0, 0)) > 50


def test_who_plays_and_that_it_is_over_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Window("chess", "k7/8/1K6/8/8/8/8/7R w - - 0 1", monkeypatch)
    assert "First player · you" in window.paint()
    window.play(window.game.action_from_uci(window.batch.codes[0, 0], "h1h8"))
    told = window.paint(hint=OVER)
    assert "First player won: checkmate" in told
    assert "The episode is over." in told
    assert not any("does not move" in words for words in told)


def test_a_game_by_mouse_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`benchmarks/mouse_games.py` raises where a click does not mean what the picture shows."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    spec = importlib.util.spec_from_file_location("mouse_games", ROOT / "benchmarks" / "mouse_games.py")
    assert spec is not None
    assert spec.loader is not None
    games = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(games)
    person = games.played("spartan", tmp_path, 300, 1)
    assert {"opening", "piece", "end"} <= set(person.saved)
    assert person.result in ("first player won", "second player won", "drawn")
    games.sheet([person.saved["end"]] * 3, tmp_path / "sheet.png")
    for file in (*person.saved.values(), tmp_path / "sheet.png"):
        assert file.stat().st_size > 10_000
