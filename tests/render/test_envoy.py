"""The picture of Envoy: painted from facts alone, no fact that is not to be shown, at 8, 24 and 200 seats."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pygame")

import pygame

from gyges.envs.batch import Batch
from gyges.envs.envoy import encoding as at
from gyges.envs.policy import RandomPolicy
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.render.board.facts import ObservedRow, View, from_json, to_json
from gyges.render.board.plain import renderer_for
from gyges.render.envoy.acts import kind_of, short
from gyges.render.envoy.places import places
from gyges.render.envoy.scene import EnvoyScene
from gyges.render.kit import draw
from gyges.render.person import WindowPerson

SIZE = (960, 560)
KNOWN = View(seat=3, truth=False, judged=False)


def played(seats: int, steps: int, **settings: Any) -> tuple[Batch, Any]:
    """A batch of one row after some steps among random policies, and what is about to be done."""
    batch = Batch(make("envoy-v0", num_agents=seats, **settings), 1, seed=7)
    seating = Seating(batch, [RandomPolicy()] * seats, seed=2)
    for _ in range(steps):
        seating.step()
    return batch, seating


@pytest.fixture(scope="module")
def game() -> Any:
    return make("envoy-v0", num_agents=24)


@pytest.fixture
def batch() -> Batch:
    """The end of a year of 24 houses, with dockets to be acted upon."""
    made, seating = played(24, 11, antisocial=3)
    while made.state.phase[0, 0] != at.WATCH:
        seating.step()
    return made


def poke(batch: Batch, name: str, seat: int, value: int) -> None:
    getattr(batch.state, name)[0, seat] = value


def test_facts_go_through_json_and_back_and_paint_the_same_bytes(batch, game):
    renderer = renderer_for(game, SIZE)
    view = View(seat=1, actions=np.full(24, at.A.rest), names=("clean",) * 24)
    facts = renderer.facts(batch, 0, view)
    again = from_json(to_json(facts), EnvoyScene)
    assert again == facts
    assert facts.moment == f"Year {int(batch.state.year[0, 0]) + 1}, watch"
    frames = []
    for told in (facts, again):
        surface = pygame.Surface(SIZE, 0, 32)
        renderer_for(game, SIZE).paint(surface, told)
        frames.append(pygame.image.tobytes(surface, "RGB"))
    assert frames[0] == frames[1] == renderer.frame(batch, 0, view).tobytes()


OWN = {
    "store": 9, "arms": 9, "need": 1, "short": 3, "drawn": 3, "order": at.RAID, "regard": -3, "eaten": 1,
    "suspect": 5, "proof": 4, "raiding": 1, "hid": 1, "broke": 1, "spied": 1, "struck": 1, "shunned": 2,
    "watched": 1, "placebo": 1, "base": 40, "confided": 1, "asked": 1, "stated": 1, "total": 9, "died": 0,
    "hit": 1, "lower": 1, "vote": 1, "marks": 2, "token": 1, "raider": 1, "shun": 3, "done": 4, "fade": 1,
}  # fmt: skip


SEEN_OF_A_DOCKET = {"arms", "marks", "raider", "token", "confided"}


def test_what_a_seat_cannot_know_is_not_shown(batch, game):
    """Every hidden field of another house may change: the picture stays the same.

    Of a house on the own docket arms, record and word are seen, of the others nothing.
    """
    renderer, s = renderer_for(game, SIZE), batch.state
    near = {3, *s.docket[0, 12:16].tolist()}
    far = next(k for k in range(24) if k not in near)
    batch.refresh()
    known, true = renderer.frame(batch, 0, KNOWN).copy(), renderer.frame(batch, 0, View(seat=3)).copy()
    told = renderer.facts(batch, 0, KNOWN).scene.houses
    assert all(house.alive is None and house.store is None for k, house in enumerate(told) if k != 3)
    for name, value in OWN.items():
        poke(batch, name, far, value)
        for k in near - {3, -1} if name not in SEEN_OF_A_DOCKET else ():
            poke(batch, name, k, value)
    s.partner[0, far] = (far + 5) % 24
    s.docket[0, 4 * far : 4 * far + 4] = -1
    batch.refresh()
    assert (renderer.frame(batch, 0, KNOWN) == known).all()
    assert (renderer.frame(batch, 0, View(seat=3)) != true).any()
    s.status[0, far] = 0
    batch.refresh()
    assert (renderer.frame(batch, 0, KNOWN) == known).all(), "who died is not in the observation, how many is"


def test_the_own_picture_needs_the_observation_alone():
    for steps in (0, 2, 5, 11):
        batch, seating = played(9, steps)
        observation = seating.observation(seating.groups[0])
        rows = [r for r in range(len(observation)) if int(observation.seat[r]) == 3]
        renderer = renderer_for(batch.game, SIZE)
        seen = renderer.frame(ObservedRow(observation, rows[0], steps), 0, KNOWN).copy()
        assert np.array_equal(seen, renderer.frame(batch, 0, KNOWN))


EACH = (
    "store", "arms", "need", "stated", "regard", "marks", "raider", "hit", "token", "suspect", "watched",
    "status", "lower", "partner",
)  # fmt: skip
COMMON = ("war", "compact", "chair", "ruler", "pot", "purse", "mean", "year", "living", "raids")


@pytest.mark.parametrize("name", EACH)
def test_the_picture_follows_each_house(batch, game, name):
    renderer = renderer_for(game, SIZE)
    poke(batch, "proof", 11, at.EVASION)
    poke(batch, "suspect", 11, 20)
    poke(batch, "hit", 11, 0)
    before = renderer.frame(batch, 0, View(seat=3)).copy()
    old = int(getattr(batch.state, name)[0, 11])
    new = {"store": 900, "arms": 99, "regard": -1 if old > 0 else 4, "suspect": 16, "partner": 12}
    poke(batch, name, 11, new.get(name, 1 if old == 0 else 0))
    assert (renderer.frame(batch, 0, View(seat=3)) != before).any()


@pytest.mark.parametrize("name", COMMON)
def test_the_picture_follows_what_is_common(batch, game, name):
    renderer, values = renderer_for(game, SIZE), getattr(batch.state, name)
    for view in (View(seat=3), KNOWN) if name not in ("chair", "ruler") else (View(seat=3),):
        before = renderer.frame(batch, 0, view).copy()
        values[0, 0] = {
            "war": 1 - values[0, 0],
            "compact": (values[0, 0] + 2) % 9,
            "chair": 11,
            "ruler": 11,
        }.get(name, values[0, 0] + 48)
        batch.refresh()
        assert (renderer.frame(batch, 0, view) != before).any()


@pytest.mark.parametrize("seats", [8, 24, 60, 200])
def test_every_phase_and_size_can_be_painted(seats):
    batch, seating = played(seats, 0, rule="leader")
    renderer = renderer_for(batch.game, (1280, 716))
    seen = []
    for _ in range(6):
        acts = seating.decide()
        many = ("random",) * seats
        view = View(seats - 1, acts[0], many, (1.0,) * seats, (1,) * seats, judged=seats < 60)
        seen.append(renderer.frame(batch, 0, view).copy())
        legal = set(batch.legal(0, seats - 1).tolist())
        assert {spot.action for spot in renderer.spots} == legal
        assert all(renderer.panel.contains(spot.rect) for spot in renderer.spots)
        batch.step(acts)
    assert all(np.any(a != b) for a, b in itertools.pairwise(seen))


@pytest.mark.parametrize(("seats", "apart"), [(8, 90), (24, 60), (60, 26), (200, 17)])
def test_houses_stand_apart_and_leave_the_middle_free(seats, apart):
    spots = places((6, 82, 840, 502), seats)
    found = np.array(spots.houses)
    gaps = np.hypot(*(found[:, None] - found[None]).transpose(2, 0, 1)) + 1e6 * np.eye(seats)
    assert gaps.min() > apart
    sheet = pygame.Rect(0, 0, 240, spots.clear.height)
    sheet.center = spots.clear.center
    assert not any(sheet.collidepoint(place) for place in spots.houses)
    assert spots.clear.width > 300
    assert spots.clear.height > 200


def test_standings_of_many_list_the_docket_and_the_sum(batch, game):
    renderer = renderer_for(game, SIZE)
    facts = renderer.facts(batch, 0, View(seat=3, totals=(1.0,) * 24, breaches=(1,) * 24))
    docket = batch.state.docket[0, 12:16]
    assert renderer.listed(facts) == (3, *(k for k in docket.tolist() if k >= 0))
    few = renderer_for(make("envoy-v0", num_agents=8), SIZE)
    small = played(8, 1)[0]
    assert few.listed(few.facts(small, 0, View())) == tuple(range(8))


def test_every_act_has_words(game):
    names = game.action_names
    for action, name in enumerate(names):
        kind, _ = kind_of(action)
        assert short(action) or kind in ("wait", "leave", "rest"), name
    assert [short(a) for a in (at.A.declare + 7, at.A.vote + 3, at.A.pay + 8, at.A.raid + 2)] == [
        "need 2", "against", "none ⚔2", "raids"
    ]  # fmt: skip


def test_proposals_of_a_person_can_be_told_apart():
    """Each fits its line, and no two are the same."""
    batch, _ = played(24, 1)
    seat = int(batch.state.chair[0, 0])
    renderer = renderer_for(batch.game, (1280, 766))
    facts = renderer.facts(batch, 0, View(seat=seat, truth=False, judged=False))
    names = [option.name for option in facts.options if option.name.startswith("propose")]
    assert len(set(names)) == len(names) == 16
    assert max(draw.width_of(name, 10) for name in names) < renderer.panel.width - 60


def test_a_person_chooses_in_the_window(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    press = [
        pygame.event.Event(pygame.KEYDOWN, key=k, mod=0) for k in (pygame.K_2, pygame.K_DOWN, pygame.K_RETURN)
    ]
    events = [[one] for one in press]
    monkeypatch.setattr(pygame.event, "get", lambda: events.pop(0))
    batch = Batch(make("envoy-v0", num_agents=8), 1, seed=4)
    seating = Seating(batch, [WindowPerson((1000, 640)), *[RandomPolicy()] * 7])
    try:
        taken = int(seating.step()[0, 0])
    finally:
        pygame.display.quit()
    assert batch.game.action_names[taken] == "declare a need of 0 and decline a deal with the partner"
