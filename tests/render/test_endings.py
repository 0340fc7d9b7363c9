"""Why a game of chess ended is told in words, in the window, on the page and in the terminal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.fairychess import encoding
from gyges.envs.fairychess.board import Board
from gyges.envs.policy import RandomPolicy
from gyges.envs.rollout import Seating
from gyges.render import play as playing
from gyges.render.board.facts import View
from gyges.render.browser.replay_page import replay_page
from gyges.render.fairychess.endings import givers_of, reason_of
from gyges.render.fairychess.renderer import FairyChessRenderer
from gyges.render.kit import draw
from gyges.render.person import _Person
from gyges.render.replay import Player

SMALLEST = (960, 560)
LEAPS = """[leaps:chess]
maxFile = 7
maxRank = 7
king = k:D
castling = false
doubleStep = false
promotionPieceTypes = -
perpetualCheckIllegal = true
startFen = 7/2b4/3k1B1/2K4/1B5/4b2/7 w - - 0 1
"""
CASES = {
    # what: (variant, where, moves, what is said where the truth is shown, and to a player if that differs)
    "mate": ("chess", "", "f2f3 e7e5 g2g4 d8h4", "Second player won: checkmate", ""),
    "stalemate": (
        "chess", "7k/8/6K1/8/8/8/8/5Q2 w - - 0 1", "f1f7",
        "Drawn: stalemate, the second player has no legal move", ""),
    "stalemate that loses": (
        "[loss:gardner]\nstalemateValue = loss\n", "4k/5/5/5/K2Q1 w - - 0 1", "d1d3",
        "First player won: the second player has no legal move, which loses here", ""),
    "repetition": (
        "chess", "4k3/8/8/8/8/8/8/4K3 w - - 0 1", "e1d1 e8d8 d1e1 d8e8 " * 2,
        "Drawn: position seen 3 times", ""),
    "repetition that one player wins": (
        "minishogi", "4k/5/5/5/K4[-] w - - 0 1", "a1b1 e5d5 b1a1 d5e5 " * 3,
        "Second player won: position seen 4 times, which loses here for the first player",
        "Second player won: position seen 4 times"),
    "perpetual check": (
        "minishogi", "3k1/5/5/5/K3R[-] w - - 0 1", "e1d1 d5e5 d1e1 e5d5 " * 3,
        "Second player won: perpetual check by the first player (position seen 4 times)",
        "Second player won: position seen 4 times"),
    "perpetual check, concluded": (
        "shogi", "3k5/9/9/9/9/9/9/9/K3R4[-] w - - 0 1", "e1d1 d9e9 d1e1 e9d9 " * 3,
        "Second player won: perpetual check by the first player (position seen 4 times)", ""),
    "perpetual check of both": (
        LEAPS, "7/2b4/3k1B1/2K4/1B5/4b2/7 w - - 0 1", "c4e4 d5d3 e4c4 d3d5 " * 2,
        "Drawn: position seen 3 times, by nothing but checks of both players",
        "Drawn: position seen 3 times"),
    "perpetual chase": (
        "xiangqi", "2b2k3/9/9/9/9/9/8c/3R5/9/3K5 w - - 0 1", "d3d4 i4i3 d4d3 i3i4 " * 2,
        "Second player won: perpetual chase by the first player (position seen 3 times)",
        "Second player won: perpetual check or chase by the first player (position seen 3 times)"),
    "n-move rule": (
        "chess", "4k3/8/8/8/8/8/8/R3K3 w - - 99 80", "a1a2",
        "Drawn: 50 moves of each player without progress (the 50-move rule)", ""),
    "draw odds": (
        "armageddon", "4k3/8/8/8/8/8/8/4K3 w - - 0 1", "e1d1 e8d8 d1e1 d8e8 " * 2,
        "Second player won: position seen 3 times; draws count for the second player", ""),
    "a hill": (
        "kingofthehill", "7k/8/8/8/8/4K3/8/8 w - - 0 1", "e3e4",
        "First player won: the first player has reached the goal with the king (K)", ""),
    "checks": (
        "3check", "4k3/8/8/8/8/8/8/R3K3 w - - 1+3 0 1", "a1a8",
        "First player won: the first player has given as many checks as win", ""),
    "bare king": (
        "shatranj", "4k3/8/8/8/8/8/3r4/R3K3 w - - 0 1", "e1d2 e8e7",
        "First player won: the second player has nothing but the king left", ""),
    "nothing left": (
        "antichess", "8/8/8/8/8/1p6/P7/8 w - - 0 1", "a2b3",
        "Second player won: the second player has no piece left, which wins here", ""),
    "blown up": (
        "atomic", "3rk3/8/8/8/8/8/8/3QK3 w - - 0 1", "d1d8",
        "First player won: the second player has no king (K) left", ""),
    "to and fro": (
        "janggimodern", "3k5/9/9/9/9/9/9/9/9/5K2R w - - 0 1",
        "i1h1 d10d9 h1i1 d9e9 i1h1 e9e10 h1i1 e10d10 i1h1",
        "Second player won: the first player moved one piece to and fro", ""),
}  # fmt: skip


def ended(variant: str, fen: str, moves: str, horizon: int = 60) -> Batch:
    """A game played to its end."""
    game: Any = registry.make("fairychess-v1", variant=variant, start=fen, horizon=horizon)
    batch = Batch(game, 1, seed=1)
    for move in moves.split():
        if not batch.over[0]:
            turn = int(game.view(batch.codes[0, 0]).turn)
            actions = np.zeros((1, 2), np.int32)
            actions[0, turn] = game.action_from_uci(batch.codes[0, turn], move)
            batch.step(actions)
    assert batch.over[0]
    return batch


@pytest.mark.parametrize("what", CASES)
def test_why_it_ended(what: str) -> None:
    variant, fen, moves, told, to_player = CASES[what]
    batch = ended(variant, fen, moves)
    board = FairyChessRenderer(batch.game, SMALLEST)
    for truth, words in ((True, told), (False, to_player or told)):
        facts = board.facts(batch, 0, View(truth=truth, judged=False))
        assert board.ending(facts) == facts.scene.heading == facts.moment == words
        assert draw.width_of(words, 10, True) <= board.scene.width - 36  # not cut off, even in a small window


def test_a_game_cut_off_and_one_that_goes_on() -> None:
    batch = ended("chess", "", "e2e4 e7e5 d2d4 d7d5", horizon=4)
    board = FairyChessRenderer(batch.game, SMALLEST)
    assert board.ending(board.facts(batch, 0, View())) == "Unfinished: cut off after 4 steps, the horizon"
    fresh = Batch(batch.game, 1, seed=1)
    assert board.ending(board.facts(fresh, 0, View())) == ""


VARIED = ("gardner", "shatranj", "dobutsu", "makruk", "sittuyin", "janggi", "antichess", "atomic",
          "racingkings", "extinction", "amazons", "duck", "losers", "armageddon")  # fmt: skip


@pytest.mark.parametrize("variant", VARIED)
def test_the_position_tells_what_the_rules_say(variant: str) -> None:
    """Without `why` the same is said; no reason is found for a position in which the game goes on."""
    game: Any = registry.make("fairychess-v1", variant=variant, horizon=400)
    batch = Batch(game, 6, seed=3)
    seating = Seating(batch, [RandomPolicy(), RandomPolicy()], seed=1)
    board = Board(game.variant)
    words = {
        encoding.BY_MATE: ("mate",), encoding.BY_STALEMATE: ("no legal move", "no move but"),
        encoding.BY_GOAL: ("left", "goal", "passed", "face each other", "checks as win", "castle"),
        encoding.BY_FOLD: ("seen", "to and fro"), encoding.BY_N_MOVE: ("progress", "counted"),
    }  # fmt: skip
    for _ in range(400):
        see = game.view(batch.codes[0, 0])
        if not batch.over[0]:
            board.row = game.rows_of(batch.codes[0, 0])[0]
            assert reason_of(board, -1, int(see.seen)) == ""
        if batch.over.all():
            break
        batch.step(seating.decide())
    for row in range(6):
        see, why = game.view(batch.codes[row, 0]), int(batch.state.why[row, 0])
        if why not in words:
            continue
        board.row, winner = game.rows_of(batch.codes[row, 0])[0], -1 if see.end == 3 else int(see.end) - 1
        givers = givers_of(game.compiled, batch.state.past[row], int(batch.state.kept[row, 0]), int(see.turn))
        said = reason_of(board, winner, int(see.seen), why, givers)
        assert any(word in said for word in words[why]), said
        assert reason_of(board, winner, int(see.seen)) == said


class Scripted(_Person):
    """Plays moves by name."""

    def __init__(self, moves: str) -> None:
        self.moves = moves.split()

    def ask(self, observation: Any, row: int, memory: Any) -> int:
        """The next move."""
        return int(observation.game.action_from_uci(observation.codes[row], self.moves.pop(0)))


@pytest.mark.parametrize("reveal", [True, False])
def test_the_terminal_says_it(reveal: bool, capsys: Any) -> None:
    game = registry.make("fairychess-v1", variant="chess")
    others = [("script", Scripted("e7e5 d8h4"))]
    playing.main(game, others, terminal=True, seed=1, reveal=reveal, person=Scripted("f2f3 g2g4"))
    out = capsys.readouterr().out
    assert out.startswith("Second player won: checkmate\n")
    assert ("wins" in out) is reveal


def test_after_a_game_in_the_window_the_replay_opens_at_its_end(monkeypatch: Any, capsys: Any) -> None:
    shown: list[Player] = []
    monkeypatch.setattr("gyges.render.replay.watch", lambda player, title: shown.append(player))
    game = registry.make("fairychess-v1", variant="chess")
    others = [("script", Scripted("e7e5 d8h4"))]
    playing.main(game, others, seed=1, person=Scripted("f2f3 g2g4"))
    [player] = shown
    assert player.t == 4
    assert player.facts().moment == "Second player won: checkmate"
    page = replay_page(player, "a game")
    assert '"ending":' in page
    assert "Second player won: checkmate" in page
