"""The picture of Custodian: painted from facts alone, no fact that is not to be shown, in every role."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("pygame")

import pygame

from gyges.envs.batch import Batch
from gyges.envs.custodian import encoding as at
from gyges.envs.policy import RandomPolicy
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.render.board.facts import ObservedRow, View, from_json, to_json
from gyges.render.board.plain import renderer_for
from gyges.render.custodian.scene import ShopScene
from gyges.render.kit import draw
from gyges.render.person import WindowPerson

SIZE = (960, 560)
FULL = {"num_agents": 5, "depth": 2, "overseer": "seat", "stops": 0.5}


def played(phase: int, **settings: Any) -> tuple[Batch, Any]:
    """A batch of one row at a phase of the third task, among random policies."""
    game = make("custodian-v0", **{**FULL, **settings})
    batch = Batch(game, 1, seed=7)
    seating = Seating(batch, [RandomPolicy()] * game.num_agents, seed=2)
    while batch.state.task[0, 0] < 2 or batch.state.phase[0, 0] != phase:
        seating.step()
    return batch, seating


def test_facts_go_through_json_and_back_and_paint_the_same_bytes():
    batch, _ = played(at.OFFICE)
    renderer = renderer_for(batch.game, SIZE)
    view = View(seat=1, actions=batch.mask[0].argmax(1), names=("clean",) * 5)
    facts = renderer.facts(batch, 0, view)
    again = from_json(to_json(facts), ShopScene)
    assert again == facts
    assert facts.moment == "Task 3, office"
    surface = pygame.Surface(SIZE, 0, 32)
    renderer_for(batch.game, SIZE).paint(surface, again)
    assert pygame.image.tobytes(surface, "RGB") == renderer.frame(batch, 0, view).tobytes()


HIDDEN = {
    "quality": 2, "hours": 7, "trace": 1, "buried": 2, "opens": 2, "lease": 2, "marks": 2, "late": 3,
    "charge": 1,
    "difficulty": 3, "claimed": 1, "spotted": 7, "leave": at.LOG, "stop": at.FORGED, "skill": 2, "dodge": 1,
}  # fmt: skip


@pytest.mark.parametrize("phase", [at.WORK, at.CLAIM, at.CRITICISE, at.JUDGE, at.OFFICE])
def test_what_a_seat_cannot_know_is_not_shown(phase):
    """Every hidden field of the other bench may change: the picture of the first worker stays the same."""
    batch, _ = played(phase)
    renderer = renderer_for(batch.game, SIZE)
    known = View(seat=0, truth=False, judged=False)
    before, true = renderer.frame(batch, 0, known).copy(), renderer.frame(batch, 0, View(seat=0)).copy()
    s = batch.state
    colleague = int(s.colleague[0, 0])
    for name, value in HIDDEN.items():
        if name != "marks" or colleague != 1:
            getattr(s, name)[0, 1] = value
    s.quality[0, 0], s.faith[0, 2], s.strong[0, 2] = (s.quality[0, 0] + 1) % 8, 100, 7
    batch.refresh()
    assert (renderer.frame(batch, 0, known) == before).all()
    assert (renderer.frame(batch, 0, View(seat=0)) != true).any()


@pytest.mark.parametrize("seat", [0, 2, 4])
def test_the_own_picture_needs_the_observation_alone(seat):
    phase = {0: at.CLAIM, 2: at.CRITICISE, 4: at.JUDGE}[seat]
    batch, seating = played(phase)
    observation = seating.observation(seating.groups[0])
    row = next(r for r in range(len(observation)) if int(observation.seat[r]) == seat)
    renderer, known = renderer_for(batch.game, SIZE), View(seat=seat, truth=False, judged=False)
    seen = renderer.frame(ObservedRow(observation, row, 1), 0, known).copy()
    assert np.array_equal(seen, renderer.frame(batch, 0, known))


FIELDS = {
    "claimed": 7, "quality": 7, "flaws": 7, "told": 0, "named": 7, "spotted": 7, "judged": at.SENT_BACK,
    "marks": 3,
    "opens": 3, "trace": 2, "buried": 2, "lease": 3, "hours": 29, "late": 3, "charge": 1, "subject": at.DATA,
    "watched": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_the_picture_follows_each_bench(name):
    batch, _ = played(at.OFFICE)
    s = batch.state
    s.subject[0, 1], s.way[0, 1], s.claimed[0, 1], s.flaws[0, 1], s.judged[0, 1] = 0, 1, 3, 3, at.ACCEPTED
    for field in ("named", "spotted", "watched", "late", "charge", "trace", "buried", "opens"):
        getattr(s, field)[0, 1] = 0
    s.told[0, 1], s.quality[0, 1], s.marks[0, 1], s.hours[0, 1] = 1, 3, 0, 2
    renderer = renderer_for(batch.game, SIZE)
    before = renderer.frame(batch, 0, View(seat=0)).copy()
    getattr(s, name)[0, 1] = FIELDS[name]
    assert (renderer.frame(batch, 0, View(seat=0)) != before).any()


@pytest.mark.parametrize(
    ("name", "value"), [("credit", 500), ("attention", 900), ("button", 1), ("button", 2)]
)
def test_the_picture_follows_the_shop(name, value):
    batch, _ = played(at.WORK)
    renderer = renderer_for(batch.game, SIZE)
    batch.state.button[0, 0] = at.WORKS
    batch.refresh()
    before = renderer.frame(batch, 0, View(seat=0)).copy()
    getattr(batch.state, name)[0, 0] = value
    batch.refresh()
    assert (renderer.frame(batch, 0, View(seat=0)) != before).any()


@pytest.mark.parametrize(
    "settings", [{}, {"num_agents": 8, "depth": 3}, {"num_agents": 1, "depth": 0, "overseer": "scripted"}]
)
def test_every_phase_and_size_can_be_painted(settings):
    game = make("custodian-v0", **{**FULL, **settings})
    n = game.num_agents
    batch = Batch(game, 1, seed=7)
    seating = Seating(batch, [RandomPolicy()] * n, seed=2)
    renderer = renderer_for(game, (1280, 716))
    for _ in range(12):
        acts = seating.decide()
        seat = int(batch.state.to_move[0].argmax())
        renderer.frame(batch, 0, View(seat, acts[0], ("random",) * n, (1.0,) * n, (1,) * n))
        assert {spot.action for spot in renderer.spots} == set(batch.legal(0, seat).tolist())
        assert all(renderer.panel.contains(spot.rect) for spot in renderer.spots)
        batch.step(acts)


def test_critiques_of_a_person_can_be_told_apart():
    """Each fits its line, and no two are the same."""
    batch, _ = played(at.CRITICISE)
    renderer = renderer_for(batch.game, (1280, 766))
    names = renderer.option_names(None)[at.A.critique : at.A.verdict]
    assert len(set(names)) == 32
    assert max(draw.width_of(name, 10) for name in names) < renderer.panel.width // 2 + 40


def test_a_person_chooses_in_the_window(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    events = [
        [pygame.event.Event(pygame.KEYDOWN, key=k, mod=0)]
        for k in (pygame.K_2, pygame.K_DOWN, pygame.K_RETURN)
    ]
    monkeypatch.setattr(pygame.event, "get", lambda: events.pop(0))
    batch = Batch(make("custodian-v0"), 1, seed=4)
    seating = Seating(batch, [WindowPerson((1000, 640)), *[RandomPolicy()] * 2])
    try:
        taken = int(seating.step()[0, 0])
    finally:
        pygame.display.quit()
    assert batch.mask[0, 0].any()
    assert batch.game.action_names[taken] in at.WAYS
