"""The picture of Founder: painted from facts alone, and no fact that is not to be shown."""

import itertools

import numpy as np
import pytest

pytest.importorskip("pygame")

import pygame

from gyges.envs.batch import Batch
from gyges.envs.founder import encoding as at
from gyges.envs.founder import mail
from gyges.envs.founder.personas import Greedy
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.render.board.facts import View, from_json, to_json
from gyges.render.board.plain import renderer_for
from gyges.render.founder.scene import FounderScene
from gyges.render.person import WindowPerson

GAME = make("founder-v0")


@pytest.fixture
def batch():
    batch = Batch(GAME, 1, seed=3)
    seating = Seating(batch, [Greedy()] * 3, seed=3)
    for _ in range(48):
        seating.step()
    return batch


def test_facts_go_through_json_and_back(batch):
    renderer = renderer_for(GAME)
    facts = renderer.facts(batch, 0, View(seat=1))
    assert from_json(to_json(facts), FounderScene) == facts
    assert facts.moment == "Month 17, desk"
    assert facts.scene.office.letter


def test_what_a_seat_cannot_know_is_not_shown(batch):
    renderer = renderer_for(GAME)
    view = View(seat=0, truth=False, judged=False)
    first = renderer.frame(batch, 0, view).copy()
    scene = renderer.facts(batch, 0, view).scene
    assert scene.office.hidden == ()
    assert all(house.hidden == -1 for house in scene.houses)
    s = batch.state
    s.users[0, 1:] += 900
    s.hidden[0, mail.HIDDEN + 3] += 16
    s.watched[0, 1:] ^= 1
    batch.refresh()
    assert (renderer.frame(batch, 0, view) == first).all()
    assert (renderer.frame(batch, 0, View(seat=0)) != first).any()


@pytest.mark.parametrize("field", ["trade", "scandals", "cash", "heads", "letter", "status", "watched"])
def test_the_picture_follows_the_state(batch, field):
    renderer = renderer_for(GAME)
    before = renderer.frame(batch, 0, View()).copy()
    values = getattr(batch.state, field)
    values[0, -1 if field == "status" else 0] = {"trade": 200, "scandals": 7, "cash": 99, "heads": 1}.get(
        field, (int(values[0, 0]) + 1) % 2
    )
    batch.refresh()
    assert (renderer.frame(batch, 0, View()) != before).any()


def test_every_phase_and_size_can_be_painted():
    for seats in (1, 6):
        game = make("founder-v0", num_agents=seats)
        batch = Batch(game, 1, seed=4)
        seating = Seating(batch, [Greedy()] * seats, seed=4)
        renderer = renderer_for(game, (960, 560))
        seen = []
        for _ in range(3):
            acts = seating.decide()
            seen.append(renderer.frame(batch, 0, View(actions=acts[0], names=("greedy",) * seats)).copy())
            batch.step(acts)
        assert all(frame.shape == (560, 960, 3) for frame in seen)
        assert all(np.any(a != b) for a, b in itertools.pairwise(seen))
    assert len(at.PHASES) == 3


def test_a_person_plays_by_mouse_and_every_option_lies_in_the_window(monkeypatch):
    """The last option of every list is clicked: all lie apart, and within the window."""
    person, clicks = WindowPerson((1280, 800)), []

    def get():
        if person._board is None or not person._board.spots:
            return []
        spots = person._board.spots
        assert all(spot.rect.top >= 0 and spot.rect.bottom <= 800 for spot in spots)
        assert all(not a.rect.colliderect(b.rect) for a, b in itertools.combinations(spots, 2))
        clicks.append((len(spots), spots[-1].action))
        return [pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=spots[-1].rect.center, button=1)]

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(pygame.event, "get", get)
    batch = Batch(GAME, 1, seed=3)
    seating = Seating(batch, [person, Greedy(), Greedy()], seed=3)
    for _ in range(6):
        person._board = None  # nothing is clicked before the next list is painted
        many = len(batch.legal(0, 0))
        taken = int(seating.step()[0, 0])
        assert clicks[-1] == (many, taken)
    person.close()
