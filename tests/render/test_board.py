"""Boards: a picture is a function of what it shows, night is dark, and nothing hidden is painted."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from msgspec.structs import asdict, replace

from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.errors import ConfigError
from gyges.envs.policy import RandomPolicy
from gyges.envs.rollout import Seating
from gyges.render.board.facts import ObservedRow, View
from gyges.render.board.options import families
from gyges.render.board.plain import PlainRenderer, renderer_for
from gyges.render.steward.renderer import StewardRenderer
from gyges.render.steward.scene import known, truth
from gyges.render.timeline import Timeline

SIZE = (1000, 620)


@pytest.fixture(params=["well", "steward"])
def timeline(request: pytest.FixtureRequest) -> Timeline:
    return request.getfixturevalue(request.param)[0]


def frame(timeline: Timeline, t: int, seat: int = 0, **changes: Any) -> Any:
    return renderer_for(timeline.game, SIZE).frame(timeline.at(t), 0, timeline.view(t, seat, **changes))


def test_shape_and_renderer(well: Any, steward: Any) -> None:
    assert isinstance(renderer_for(well[0].game), PlainRenderer)
    assert isinstance(renderer_for(steward[0].game), StewardRenderer)
    picture = frame(steward[0], 3)
    assert picture.dtype == np.uint8
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    assert picture.flags.writeable


def test_same_state_same_bytes(timeline: Timeline) -> None:
    board = renderer_for(timeline.game, SIZE)
    first = board.frame(timeline.at(4), 0, timeline.view(4, 1))
    board.frame(timeline.at(9), 0, timeline.view(9, 0))
    assert np.array_equal(first, board.frame(timeline.at(4), 0, timeline.view(4, 1)))
    assert np.array_equal(first, frame(timeline, 4, 1))


def test_frames_differ_by_state_act_and_seat(timeline: Timeline) -> None:
    moments = [frame(timeline, t) for t in range(8)]
    for a, b in itertools.pairwise(moments):
        assert not np.array_equal(a, b)
    assert not np.array_equal(frame(timeline, 4, 0), frame(timeline, 4, 1))
    assert not np.array_equal(frame(timeline, 4), frame(timeline, 4, actions=None))


def test_unwatched_is_dark(timeline: Timeline) -> None:
    batch = timeline.at(5)
    day = batch.state.watched[0, 0] = 1
    bright = renderer_for(timeline.game, SIZE).frame(batch, 0, View(seat=0))
    batch.state.watched[0, 0] = 0
    dark = renderer_for(timeline.game, SIZE).frame(batch, 0, View(seat=0))
    assert day == 1
    assert dark.mean() < 0.4 * bright.mean()


def observed(game: Any, steps: int) -> tuple[Batch, Any]:
    batch = Batch(game, 1, seed=5)
    seating = Seating(batch, [RandomPolicy() for _ in range(game.num_agents)])
    for _ in range(steps):
        seating.step()
    return batch, seating.observation(seating.groups[1])


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4, 8])
@pytest.mark.parametrize("name", ["well", "steward"])
def test_unjudged_picture_needs_the_observation_alone(name: str, steps: int, request: Any) -> None:
    game = request.getfixturevalue(name)[0].game
    batch, observation = observed(game, steps)
    view = View(seat=1, judged=False, truth=False)
    board = renderer_for(game, SIZE)
    seen = board.frame(ObservedRow(observation, 0, steps), 0, view)
    assert np.array_equal(seen, board.frame(batch, 0, view))


def test_what_a_steward_knows_is_true(steward: Any) -> None:
    game = steward[0].game
    batch = Batch(game, 1, seed=8)
    seating = Seating(batch, [RandomPolicy()] * 4)
    told = 0
    for _ in range(40):
        if batch.over[0]:
            break
        real = truth(game, batch, 0)
        for seat in range(4):
            seen = known(game, batch.codes[0, seat], seat)
            for name in ("month", "phase", "survey", "petition"):
                assert getattr(seen, name) == getattr(real, name)
            for a, b in zip(seen.grounds, real.grounds, strict=True):
                assert a == replace(b, stock=None)
            for k, (a, b) in enumerate(zip(seen.villages, real.villages, strict=True)):
                known_parts = {n: v for n, v in asdict(a).items() if v not in (None, -1)}
                hidden = {"order", "sealed", "laid", "moves"} if k != seat else {"moves"}
                for name, value in known_parts.items():
                    if name not in hidden:
                        assert value == getattr(b, name), (name, k, seat)
                        told += 1
        seating.step()
    assert told > 1000


def test_unjudged_picture_does_not_ask_the_judge(steward: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = steward[0]
    batch = timeline.at(3)
    asked = []
    monkeypatch.setattr(Batch, "choice_point", lambda *question: asked.append(question))
    picture = renderer_for(timeline.game, SIZE).frame(batch, 0, View(judged=False, truth=False))
    assert not asked, "the judge was asked"
    assert picture.shape == (SIZE[1], SIZE[0], 3)


def test_glimpse_shows_one_seat(steward: Any) -> None:
    _, observation = observed(steward[0].game, 2)
    with pytest.raises(ConfigError, match="seat 1 sees its own choice only"):
        ObservedRow(observation, 0).legal(0, 0)


@pytest.mark.parametrize(("agents", "grounds"), [(2, 1), (9, 3), (16, 4)])
def test_every_table_fits(agents: int, grounds: int) -> None:
    game = registry.make("steward-v1", num_agents=agents, num_grounds=grounds)
    batch = Batch(game, 1, seed=2, labels="full")
    seating = Seating(batch, [RandomPolicy()] * agents)
    board = StewardRenderer(game)
    for _ in range(6):
        board.frame(batch, 0, View(seat=agents - 1, totals=(0.0,) * agents, breaches=(0,) * agents))
        legal = set(batch.legal(0, agents - 1).tolist())
        if batch.state.to_move[0, agents - 1]:
            assert {s.action for s in board.spots} == legal
            assert all(board.panel.contains(s.rect) for s in board.spots)
        seating.step()


def test_bad_views(well: Any) -> None:
    timeline = well[0]
    with pytest.raises(ConfigError, match="pixels"):
        renderer_for(timeline.game, (100, 100))
    with pytest.raises(ConfigError, match="seat is 0 to 2"):
        renderer_for(timeline.game, SIZE).frame(timeline.at(0), 0, View(seat=3))


def test_families_group_by_number() -> None:
    names = ("wait", "fish 1 tonne", "fish 2 tonnes", "fish 3 tonnes", "pass", "give 3 meals to Arne")
    found = families(names, (0, 1, 2, 3, 4, 5))
    assert [len(f.members) for f in found] == [1, 3, 1, 1]
    assert found[1].title == "fish … tonnes"
    assert found[1].members == (("1", 1), ("2", 2), ("3", 3))
    assert sorted(a for f in found for _, a in f.members) == list(range(6))


def test_frames_need_neither_display_nor_audio() -> None:
    code = (
        "import sys, pygame, well.game as well\n"
        "from gyges.envs.batch import Batch\n"
        "from gyges.render.board.plain import renderer_for\n"
        "game = well.Well()\n"
        "renderer_for(game).frame(Batch(game, 1), 0)\n"
        "assert not pygame.display.get_init()\n"
        "assert pygame.mixer.get_init() is None\n"
        "assert 'matplotlib' not in sys.modules\n"
        "print('quiet')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "quiet\n"
