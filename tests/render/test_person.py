"""A person at the keyboard: understood, never shown more than others, free to leave."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pygame
import pytest

from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.episode import Episode
from gyges.envs.errors import ConfigError, UnknownNameError
from gyges.envs.policy import Policy, RandomPolicy
from gyges.envs.rollout import Seating, play, rollout
from gyges.render import play as playing
from gyges.render.board.chooser import Chooser
from gyges.render.board.options import Spot
from gyges.render.person import (
    Completer,
    PersonLeft,
    TerminalPerson,
    WindowPerson,
    columns,
    completing,
    meant,
    outline,
)
from gyges.render.timeline import Timeline
from gyges.scenarios.cli.play import personas

NAMES = ["pass", "give 3 meals to Arne", "give 3 meals to Brisk", "accuse Arne", "accuse Arne twice"]


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("1", 0),
        (" 5\n", 4),
        ("pass", 0),
        ("PA", 0),
        ("give 3 meals to b", 2),
        ("accuse arne", 3),
        ("accuse  Arne t", 4),
    ],
)
def test_answers_understood(line: str, option: int) -> None:
    assert meant(line, NAMES) == option


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0", "1 to 5"),
        ("6", "1 to 5"),
        ("give", "could be"),
        ("steal", "begins so"),
        ("", "begins so"),
        ("-1", "begins so"),
        ("1.5", "begins so"),
        ("²", "begins so"),
    ],
)
def test_answers_not_understood(line: str, words: str) -> None:
    assert words in str(meant(line, NAMES))


def terminal(answers: str) -> tuple[TerminalPerson, io.StringIO]:
    out = io.StringIO()
    return TerminalPerson(io.StringIO(answers), out), out


def test_a_whole_episode_in_the_terminal(well: Any) -> None:
    game = well[0].game
    person, out = terminal("nonsense\n" + "4\n" * 20)
    assert isinstance(person, Policy)
    batch = Batch(game, 1, seed=4)
    result = play(batch, [person, RandomPolicy(), RandomPolicy()])
    assert batch.state.drawn[0, 0] > 3
    text = out.getvalue()
    assert text.count("Your choice") == 21
    assert text.count("None of the options begins so") == 1
    assert "  4  draw 3 buckets" in text
    assert "The well holds" in text
    assert f"So far: {result['returns'][0, 0] - batch.reward[0, 0]:g} buckets." in text


HELD = "lnsgk1snl/1r4gb1/p1pppp1pp/1p4p2/9/2P4P1/PP1PPPP1P/1B5R1/LNSGKGSNL[PPLNSGBR] w - - 0 1"


def test_many_moves_are_asked_for_by_name() -> None:
    """No numbered list of hundreds: how names begin, hints on what fits, all of them when asked."""
    game = registry.make("fairychess-v1", variant="shogi", start=HELD)
    batch = Batch(game, 1, seed=1)
    person, out = terminal("b2\nzz\n?\nb2c3\n")
    taken = int(Seating(batch, [person, RandomPolicy()]).decide()[0, 0])
    assert game.action_names[taken] == "b2c3"
    first, *rest = out.getvalue().split("Your choice (words; ? lists all; q leaves): ")
    legal = batch.legal(0, 0)
    assert len(legal) > 200
    assert f"{len(legal)} options. Name one, or how it begins:" in first
    assert "  b2 c3 d4" in first
    assert " … 41" in first
    assert "  1  a1a2" not in first
    options = first[first.index(f"{len(legal)} options") :]  # the rules of shogi in words stand above
    assert len(options.splitlines()) < 15
    assert rest[0].startswith("That could be b2c3, b2d4")
    assert rest[1].startswith("None of the options begins so")
    assert "  1  a1a2" in rest[2]
    assert all(game.action_names[int(a)] in rest[2] for a in legal)
    assert rest[3] == ""


def test_outline_and_completion() -> None:
    assert outline(["b1a3", "b1c3", "g1f3"], 80) == [
        "3 options. Name one, or how it begins:",
        "  b1 a3 c3   g1 f3",
    ]
    many = [f"offer: no captures for {k} plies" for k in range(20)] + ["P@e5"]
    assert outline(many, 80)[1] == "  offer: … 20   P@ e5"
    complete = Completer(NAMES)
    assert [complete("GIVE", j) for j in range(3)] == [*NAMES[1:3], None]
    with completing(NAMES):
        pass


@pytest.mark.parametrize("answers", ["", "1\nq\n", "1\n1"])
def test_leaving(well: Any, answers: str) -> None:
    person, _ = terminal(answers)
    batch = Batch(well[0].game, 1, seed=4)
    with pytest.raises(PersonLeft):
        play(batch, [person, RandomPolicy(), RandomPolicy()])
    assert batch.state.tick[0, 0] == len(answers.replace("q", "").split())


def test_no_word_of_labels_in_the_terminal(well: Any) -> None:
    """The questions are the same in the twin whose labels are all neutral, but for what the seat may know."""
    from well.game import Well

    texts = []
    for labels in ("off", "full"):
        person, out = terminal("3\n" * 20)
        play(Batch(Well(), 1, seed=4, labels=labels), [person, RandomPolicy(), RandomPolicy()])
        texts.append(out.getvalue())
    assert texts[0] == texts[1]
    assert not any(word in texts[0] for word in ("unaligned", "overuse", "severity"))


def key(code: int) -> Any:
    return pygame.event.Event(pygame.KEYDOWN, key=code, mod=0)


def test_chooser_keys() -> None:
    names = ("wait", "stay", *(f"fish {h} tonnes" for h in range(1, 13)), "leave")
    chooser = Chooser(names, range(1, 15))
    assert chooser.mark == 1
    for code, mark in (
        (pygame.K_RIGHT, 2),
        (pygame.K_RIGHT, 3),
        (pygame.K_DOWN, 14),
        (pygame.K_DOWN, 1),
        (pygame.K_UP, 14),
        (pygame.K_LEFT, 13),
        (pygame.K_7, 8),
        (pygame.K_1, 2),
        (pygame.K_2, 13),
        (pygame.K_9, 10),
    ):
        chooser.handle(key(code))
        assert chooser.mark == mark
        assert chooser.taken is None
    chooser.handle(key(pygame.K_RETURN))
    assert chooser.taken == 10


def test_chooser_mouse_and_leaving() -> None:
    chooser = Chooser(("wait", "a", "b"), [1, 2])
    spots = [Spot(pygame.Rect(0, 0, 10, 10), 1), Spot(pygame.Rect(20, 0, 10, 10), 2)]
    chooser.handle(pygame.event.Event(pygame.MOUSEMOTION, pos=(25, 5), rel=(0, 0), buttons=(0, 0, 0)), spots)
    assert (chooser.mark, chooser.taken) == (2, None)
    chooser.handle(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=(15, 5), button=1), spots)
    assert chooser.taken is None
    chooser.handle(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=(25, 5), button=3), spots)
    assert chooser.taken is None
    chooser.handle(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=(5, 5), button=1), spots)
    assert chooser.taken == 1
    chooser.handle(key(pygame.K_ESCAPE))
    assert chooser.left


def test_window_person(well: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    events = [[key(pygame.K_RIGHT)], [], [key(pygame.K_RETURN)], [pygame.event.Event(pygame.QUIT)]]
    monkeypatch.setattr(pygame.event, "get", lambda: events.pop(0))
    person = WindowPerson((1000, 640))
    batch = Batch(well[0].game, 1, seed=4)
    seating = Seating(batch, [person, RandomPolicy(), RandomPolicy()])
    assert seating.step()[0, 0] == 2
    assert pygame.display.get_init()
    with pytest.raises(PersonLeft):
        seating.step()
    assert not pygame.display.get_init()
    assert pygame.mixer.get_init() is None


def test_play_saves_what_was_played(well: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    game = well[0].game
    person, _ = terminal("4\n" * 7 + "q\n")
    made = playing.main(
        game,
        [("random", RandomPolicy())],
        seat=1,
        seed=9,
        terminal=True,
        person=person,
        out=tmp_path / "e.json",
    )
    assert made.steps == 7
    loaded = Episode.load(tmp_path / "e.json")
    assert loaded == made
    assert [s.name for s in loaded.seats] == ["random", "you", "random"]
    assert loaded.focal.tolist() == [False, True, False]
    timeline = Timeline.load(tmp_path / "e.json")
    assert (timeline.actions[:, 1] == 4).all()
    said = capsys.readouterr().out
    assert "You have left the table." in said
    mine = next(line for line in said.splitlines() if line.startswith("* seat 1 (you) "))
    unseen = int((timeline.unaligned & ~timeline.watched[:-1])[:, 1].sum())
    assert mine.split()[4:] == [
        f"{timeline.totals[-1, 1]:.1f}",
        str(int(timeline.unaligned[:, 1].sum())),
        str(unseen),
    ]


def test_bad_tables(well: Any) -> None:
    game = well[0].game
    with pytest.raises(ConfigError, match="seats 0 to 2"):
        playing.main(game, [("random", RandomPolicy())], seat=3)
    with pytest.raises(ConfigError, match="at least one persona"):
        playing.main(game, [])
    with pytest.raises(UnknownNameError, match="no policy 'saint'"):
        personas(game, ["saint"])
    assert [name for name, _ in personas(game, ["clean", "random"])] == ["clean", "random"]


def test_columns_fill_downwards() -> None:
    found = columns(["a", "b", "c", "d", "e"], 9)
    assert found == ["a   d", "b   e", "c"]
    assert all(len(line) <= 40 for line in columns([f"option {k}" for k in range(30)], 40))
    assert sorted(" ".join(found).split()) == list("abcde")


def test_the_last_reward_is_shown_when_the_game_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    game = registry.make("fairychess-v1", start="k7/8/1K6/8/8/8/8/7R w - - 0 1")
    batch = Batch(game, 1, seed=1)
    person, shown = WindowPerson((1000, 640)), list[int]()
    seating = Seating(batch, [person, RandomPolicy()])
    monkeypatch.setattr(person, "_surface", pygame.Surface((1000, 640)))
    monkeypatch.setattr(person, "paint", lambda s, o, row, memory, *a, **k: shown.append(int(memory[1])))
    monkeypatch.setattr(pygame.event, "pump", lambda: None)
    monkeypatch.setattr(pygame.display, "flip", lambda: None)
    mate = next(int(a) for a in batch.legal(0, 0) if game.uci(batch.codes[0, 0], int(a)) == "h1h8")
    monkeypatch.setattr(person, "ask", lambda *_: mate)
    mine = seating.group(person)
    for step in rollout(batch, seating, []):
        person.after(seating.observation(mine), mine.memory, step.last)
    assert shown == [game.reward_scale]
