"""Facts are apart from the drawing: through JSON and back they paint the same pixels, of every game."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from gyges import render
from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.errors import FileError
from gyges.envs.fairychess import load, names
from gyges.envs.fairychess.board import Board
from gyges.envs.fairychess.engine.variant_tables import compiled
from gyges.envs.policy import RandomPolicy
from gyges.envs.rollout import Seating, rollout
from gyges.render import Facts, Player, Timeline, from_json, renderer_for, to_json
from gyges.render.board.facts import Gesture
from gyges.render.fairychess.facts import codes, facts_of, letters
from gyges.render.fairychess.move_chooser import Pointing
from gyges.render.kit import draw
from gyges.render.play import summary

SIZE = (1000, 620)
GAMES: dict[str, tuple[str, dict[str, Any]]] = {
    "well": ("well-v0", {"num_agents": 3}),
    "steward": ("steward-v1", {"num_agents": 3, "horizon": 40, "orders": 0.5}),
    "tabular": ("tabular_steward-v1", {"num_agents": 3}),
    "crazyhouse": ("fairychess-v1", {"variant": "crazyhouse", "horizon": 24}),
    "stakes": (
        "fairychess_stakes-v1",
        {"variant": "gardner", "civilians": True, "treaties": True, "tampering": True, "orders": 0.5},
    ),
}


@pytest.fixture(scope="module", params=GAMES)
def timeline(request: pytest.FixtureRequest, well: Any) -> Timeline:
    """Twelve steps at random."""
    name, settings = GAMES[request.param]
    game = registry.make(name, **settings)
    batch = Batch(game, 1, seed=7, labels="full")
    players = tuple(f"player {k}" for k in range(game.num_agents))
    found = Timeline(game, players)
    seating = Seating(batch, [RandomPolicy()] * game.num_agents, seed=3)
    for _ in itertools.islice(rollout(batch, seating, [found]), 12):
        pass
    return found


def painted(game: Any, facts: Facts, gesture: Gesture) -> Any:
    """A picture by a renderer that has seen nothing but the facts."""
    surface = draw.canvas(SIZE)
    renderer_for(game, SIZE).paint(surface, facts, gesture)
    return draw.pixels(surface)


@pytest.mark.parametrize("known", [False, True])
def test_facts_through_json_paint_the_same(timeline: Timeline, known: bool) -> None:
    game = timeline.game
    board = renderer_for(game, SIZE)
    for t, seat in itertools.product((0, 1, 4, 9, len(timeline) - 1), range(game.num_agents)):
        hover = int(timeline.at(t).legal(0, seat)[-1])
        pointing = Pointing(1, picked=True) if "chess" in game.id else None
        view = timeline.view(t, seat, judged=not known, truth=not known, hover=hover, pointing=pointing,
                             price=0.25, flip=bool(t % 2))  # fmt: skip
        frame = board.frame(timeline.at(t), 0, view)
        facts = board.facts(timeline.at(t), 0, view)
        text = to_json(facts)
        again = from_json(text, board.Scene)
        assert again == facts
        assert np.array_equal(painted(game, again, view.gesture), frame)
        assert "NaN" not in text.decode()


def test_facts_say_what_the_ledger_says(timeline: Timeline) -> None:
    game = timeline.game
    board = renderer_for(game, SIZE)
    for t in range(timeline.steps):
        seat = timeline.mover(t)
        facts = json.loads(to_json(board.facts(timeline.at(t), 0, timeline.view(t, seat))))
        point = timeline.at(t).choice_point(0, seat)
        assert [o["action"] for o in facts["options"]] == point.actions.tolist()
        assert [o["label"] for o in facts["options"]] == point.label.tolist()
        severity = [o["severity"] * game.welfare_scale for o in facts["options"]]
        assert np.allclose(severity, point.severity)
        assert facts["seats"][seat]["act"] == timeline.actions[t, seat]
        assert [s["total"] for s in facts["seats"]] == timeline.totals[t].tolist()
        counted = timeline.breaches[t].tolist() if game.staked else [None] * game.num_agents
        assert [s["breaches"] for s in facts["seats"]] == counted
        assert [s["player"] for s in facts["seats"]] == list(timeline.names)


def test_a_replay_gives_its_facts(timeline: Timeline) -> None:
    player = Player(timeline, (1000, 700))
    player.board.price = lambda *_: None  # type: ignore[method-assign]  # a search
    player.go(3)
    assert player.facts().seat == player.shown_seat
    first = player.facts()
    assert player.facts() is first
    player.go(4)
    assert player.facts() != first


def test_what_is_no_fact_is_refused(timeline: Timeline) -> None:
    board = renderer_for(timeline.game, SIZE)
    text = to_json(board.facts(timeline.at(0), 0, timeline.view(0, 0)))
    whole = json.loads(text)
    for broken in (b"", b"[]", text[:-2], json.dumps({**whole, "seats": 3}).encode(),
                   json.dumps({**whole, "scene": {}}).encode()):  # fmt: skip
        with pytest.raises(FileError, match="facts of a frame"):
            from_json(broken, board.Scene)


@pytest.mark.parametrize("name", names())
def test_every_piece_has_its_letter(name: str) -> None:
    c = compiled(load(name))
    assert len(codes(c)) == len(letters(c)) == 2 * (len(c.kinds) - 1) + 3
    board = Board(name)
    row = board.row[c.row[1] : c.row[2]]
    assert [codes(c)[letter] for letter in facts_of(board).squares] == row.tolist()


def test_the_public_list_is_lazy() -> None:
    code = (
        "import sys, gyges.render as render; assert 'pygame' not in sys.modules; "
        "assert 'numba' not in sys.modules; print(*[getattr(render, n).__name__ for n in render.__all__])"
    )
    path = {"PYTHONPATH": ":".join(p for p in sys.path if p), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == list(render.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = render.nothing


@pytest.mark.parametrize(
    ("name", "settings", "shown"),
    [
        ("steward-v1", {"num_agents": 3}, True),
        ("steward-v1", {"num_agents": 3, "stakes": False}, False),
        ("well-v0", {"stakes": False}, False),
        ("fairychess-v1", {"variant": "gardner"}, False),
        ("fairychess_stakes-v1", {"variant": "gardner", "treaties": True}, True),
        ("fairychess_stakes-v1", {"variant": "gardner", "treaties": True, "stakes": False}, False),
    ],
)
def test_where_nothing_is_at_stake_pictures_are_silent_about_it(
    name: str, settings: Any, shown: bool, well: Any
) -> None:
    """No watch, no labels, no counts of unaligned acts, no buttons that jump to them."""
    game = registry.make(name, ring=0.5, **settings)
    assert game.staked is shown
    batch = Batch(game, 1, seed=3, labels="full")
    found = Timeline(game, ("a",) * game.num_agents)
    seating = Seating(batch, [RandomPolicy()] * game.num_agents, seed=3)
    for _ in itertools.islice(rollout(batch, seating, [found]), 6):
        pass
    player = Player(found, (1000, 700))
    player.board.price = lambda *_: None  # type: ignore[method-assign]  # a search
    facts = player.facts()
    assert facts.judged is shown
    stands = [(s.watched, s.breaches, s.act_label) for s in facts.seats]
    if not shown:
        assert stands == [(None, None, None)] * game.num_agents
    assert (facts.shown.watched is not None) is shown
    frames = []
    for watched in (0, 1):
        packed = found._batch._named(found._rows[0][None])
        packed.watched[:] = watched
        player.go(0)
        player._facts = None
        frames.append(player.frame(0))
    assert np.array_equal(*frames) is not shown
    surface = draw.canvas(player.size)
    player.paint(surface)
    commands = {b.command for b in player.bar.buttons}
    assert ({"contested+", "contested-", "unaligned+", "unaligned-"} <= commands) is shown
    assert ("unaligned" in summary(found, 0)) is shown
