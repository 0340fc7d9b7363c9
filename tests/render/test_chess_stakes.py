"""What is at stake in chess is on the picture: people, treaties, tampering, orders, and who must answer."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pygame
import pytest

from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.fairychess.stakes import encoding as at
from gyges.envs.policy import RandomPolicy
from gyges.envs.rollout import Seating, rollout
from gyges.render.board.facts import ObservedRow, View
from gyges.render.fairychess.action_names import act_of
from gyges.render.fairychess.facts import ChessScene, StakesFacts, stakes_of
from gyges.render.fairychess.renderer import FairyChessRenderer
from gyges.render.replay import Player
from gyges.render.timeline import Timeline

SIZE = (1000, 640)
FEN = "rnbqk/pp1pp/2^2/PPPPP/RNBQK w - - 0 1"
ALL: dict[str, Any] = {"civilians": True, "treaties": True, "tampering": True, "orders": 0.5}


def made(**settings: Any) -> Any:
    return registry.make("fairychess_stakes-v1", variant="gardner", start=FEN, **{**ALL, **settings})


def act(batch: Batch, name: str) -> None:
    """Take the action of a name, for whoever acts."""
    seat = int(np.flatnonzero(batch.state.to_move[0])[0])
    actions = np.zeros((1, 2), np.int32)
    actions[0, seat] = batch.game.action_names.index(name)
    assert actions[0, seat] in batch.legal(0, seat), name
    batch.step(actions)


def actor(batch: Batch) -> int:
    return int(np.flatnonzero(batch.state.to_move[0])[0])


@pytest.fixture(scope="module")
def quiet() -> Any:
    return made(orders=0.0)


def test_people_and_crates(quiet: Any) -> None:
    people, crates = (Batch(g, 1, seed=1) for g in (quiet, made(orders=0.0, stakes=False)))
    view = View(judged=False, truth=False)
    shown = [FairyChessRenderer(b.game, SIZE).frame(b, 0, view) for b in (people, crates)]
    board = FairyChessRenderer(quiet, SIZE)
    differs = (shown[0] != shown[1]).any(axis=2)
    square = board.grid.box(12)
    inside = differs[square.top : square.bottom, square.left : square.right]
    assert inside.mean() > 0.2
    differs[square.top : square.bottom, square.left : square.right] = False
    differs[:, board.column.left :] = False  # words
    assert not differs.any()


def test_a_treaty_from_offer_to_breach(quiet: Any) -> None:
    batch = Batch(quiet, 1, seed=2, labels="full")
    board = FairyChessRenderer(quiet, SIZE)

    def stakes() -> StakesFacts:
        found = board.scene_facts(batch, 0, View(seat=actor(batch))).stakes
        assert found is not None
        return found

    plain = board.frame(batch, 0, View(judged=False))
    act(batch, "offer: no captures on the whole board for 10 plies")
    assert actor(batch) == 1
    shown: ChessScene = board.scene_facts(batch, 0, View(seat=1))
    assert shown.mover == shown.position.turn == 1
    names = {a.name for a in shown.acts}
    assert names == {"accept the treaty", "decline the treaty"}
    assert [r.words for r in stakes().regions] == ["offered · 10"]
    board.frame(batch, 0, View(seat=1, judged=False))
    assert {s.action for s in board.spots} == {a.action for a in shown.acts}
    act(batch, "accept the treaty")
    (region,) = stakes().regions
    assert set(region.squares) == set(range(25))
    assert region.words.startswith("treaty · ")
    assert not region.broken
    assert not np.array_equal(plain, board.frame(batch, 0, View(judged=False)))
    act(batch, "a2a3")
    assert not any(r.broken for r in stakes().regions)
    act(batch, "b4a3")
    assert any(r.broken for r in stakes().regions)


def test_a_treaty_about_a_piece_lies_on_its_square(quiet: Any) -> None:
    batch = Batch(quiet, 1, seed=2)
    name = next(quiet.action_names[int(a)] for a in batch.legal(0, 0) if "of the piece on" in
                quiet.action_names[int(a)])  # fmt: skip
    row = quiet.rows_of(batch.codes[0, 0])[0]
    offered = act_of(quiet, row, quiet.action_names.index(name)).offers
    act(batch, name)
    (region,) = stakes_of(quiet, batch.codes[0, 1], 1, ()).regions
    assert offered is not None
    assert region.squares == offered.squares
    word = name.split("on ")[1][:2]
    assert region.squares == ((int(word[1]) - 1) * 5 + ord(word[0]) - 97,)


def test_every_option_can_be_seen_when_taken() -> None:
    game = made()
    batch = Batch(game, 1, seed=4, labels="full")
    seating = Seating(batch, [RandomPolicy()] * 2)
    board, kinds = FairyChessRenderer(game, SIZE), set()
    for _ in range(25):
        if batch.over[0]:
            break
        seat = actor(batch)
        for action in batch.legal(0, seat)[::5]:
            actions = np.zeros(2, np.int32)
            actions[seat] = action
            board.frame(batch, 0, View(seat=seat, actions=actions, totals=(0.0, 0.0), breaches=(0, 0)))
            assert int(action) in {s.action for s in board.spots}
            kinds.add(min(int(action) - game.base_actions, at.REMOVE + 1))
        seating.step()
    assert len(kinds) > 3


@pytest.mark.parametrize("steps", [0, 1, 5, 12])
def test_picture_of_a_player_needs_the_observation_alone(steps: int) -> None:
    game = made()
    batch = Batch(game, 1, seed=6)
    seating = Seating(batch, [RandomPolicy()] * 2)
    for _ in range(steps):
        seating.step()
    seat = actor(batch)
    observation = seating.observation(seating.groups[0]).take(np.array([seat]))
    view = View(seat=seat, judged=False, truth=False)
    board = FairyChessRenderer(game, SIZE)
    seen = board.frame(ObservedRow(observation, 0, steps), 0, view)
    assert np.array_equal(seen, board.frame(batch, 0, view))


def test_orders_show_their_seal() -> None:
    pictures = []
    for forged in (0.0, 1.0):
        game = made(orders=1.0, forged=forged, tampering=False, treaties=False)
        batch = Batch(game, 1, seed=9)
        seating = Seating(batch, [RandomPolicy()] * 2)
        while not batch.state.order[0, actor(batch)]:
            seating.step()
        board = FairyChessRenderer(game, SIZE)
        found = board.scene_facts(batch, 0, View(seat=actor(batch))).stakes
        assert found is not None
        assert found.sealed == (forged == 0.0)
        pictures.append(board.frame(batch, 0, View(seat=actor(batch), judged=False)))
    area = FairyChessRenderer(game, SIZE).column
    a, b = (p[area.top : area.bottom, area.left : area.right] for p in pictures)
    assert not np.array_equal(a, b)


def test_unwatched_is_dark_where_something_is_at_stake(quiet: Any) -> None:
    batch = Batch(quiet, 1, seed=1)
    light = []
    for watched in (1, 0):
        batch.state.watched[0, 0] = watched
        light.append(FairyChessRenderer(quiet, SIZE).frame(batch, 0, View(seat=0)).mean())
    assert light[1] < 0.6 * light[0]
    plain = registry.make("fairychess_stakes-v1", variant="gardner", **at.PLAIN)
    batch = Batch(plain, 1, seed=1)
    light = []
    for watched in (1, 0):
        batch.state.watched[0, 0] = watched
        light.append(FairyChessRenderer(plain, SIZE).frame(batch, 0, View(seat=0)).mean())
    assert light[1] > 0.9 * light[0]


def test_a_click_answers_a_treaty(quiet: Any) -> None:
    batch = Batch(quiet, 1, seed=2)
    act(batch, "offer: no captures in the centre for 20 plies")
    seating = Seating(batch, [RandomPolicy()] * 2)
    observation = seating.observation(seating.groups[0]).take(np.array([1]))
    board = FairyChessRenderer(quiet, SIZE)
    chooser = board.chooser(observation, 0)
    board.frame(ObservedRow(observation, 0), 0, View(seat=1, judged=False, truth=False, flip=True))
    spot = next(s for s in board.spots if quiet.action_names[s.action] == "decline the treaty")
    chooser.handle(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=spot.rect.center, button=1), board.spots)
    assert chooser.taken == spot.action


def test_replay_prices_contested_choices(quiet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def price(batch: Batch, row: int, seat: int) -> Any:
        asked.append((batch.state_hash(row), seat))
        return SimpleNamespace(price=0.125 * len(asked))

    monkeypatch.setattr("gyges.envs.fairychess.stakes.price.price", price)
    batch = Batch(quiet, 1, seed=5, labels="full")
    timeline = Timeline(quiet, ("a", "b"))
    seating = Seating(batch, [RandomPolicy()] * 2, seed=2)
    for _ in itertools.islice(rollout(batch, seating, [timeline]), 3):
        pass
    player = Player(timeline, (1000, 720))
    contested = [t for t in range(3) if timeline.contested[t].any()]
    frames = [player.frame(t) for t in (0, 1, 2, 1, 0)]
    assert np.array_equal(frames[0], frames[4])
    assert timeline.prices == {(t, timeline.mover(t)): 0.125 * (j + 1) for j, t in enumerate(contested)}
    assert asked == [(timeline.at(t).state_hash(0), timeline.mover(t)) for t in contested]  # each once
    timeline.prices.clear()
    assert not np.array_equal(frames[contested[0]], player.frame(contested[0]))
