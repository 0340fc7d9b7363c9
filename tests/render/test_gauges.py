"""A game without drawing of its own: its numbers are shown, and what a subclass says of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gyges.envs import registry
from gyges.envs.batch import Batch
from gyges.envs.policy import RandomPolicy
from gyges.envs.rollout import Seating
from gyges.render import Gauge, GaugeRenderer, GaugeScene, Link, View, from_json, to_json
from gyges.render.board.facts import ObservedRow
from gyges.render.kit import draw


class WellRenderer(GaugeRenderer):
    """The well in the middle, households around it."""

    def gauges(self, batch: Any, row: int, view: View) -> GaugeScene:
        if not view.truth:
            return super().gauges(batch, row, view)
        water = Gauge("water", int(batch.state.water[row, 0]), 6 * self.game.num_agents, "buckets")
        drawn = [Gauge("drawn", int(d), 60, "buckets", alarm=bool(d > 9)) for d in batch.state.drawn[row]]
        return GaugeScene(tuple((d,) for d in drawn), (water,), (Link(0, 1, "+3"),))


def played(kind: type[GaugeRenderer], n: int, size: tuple[int, int], truth: bool) -> Any:
    game = registry.make("well-v0", num_agents=n)
    batch = Batch(game, 1, seed=1, labels="full")
    seating = Seating(batch, [RandomPolicy()] * n, seed=1)
    for _ in range(4):
        seating.step()
    board = kind(game, size)
    actions = np.array([int(batch.legal(0, k)[-1]) for k in range(n)])
    view = View(seat=n - 1, actions=actions, names=("x",) * n, totals=(0.0,) * n, breaches=(0,) * n,
                truth=truth, judged=truth)  # fmt: skip
    return batch, board, view


@pytest.mark.parametrize("kind", [GaugeRenderer, WellRenderer])
@pytest.mark.parametrize("n", [2, 3, 8, 16])
@pytest.mark.parametrize("truth", [True, False])
def test_every_table_is_drawn_from_facts(kind: Any, n: int, truth: bool, well: Any) -> None:
    batch, board, view = played(kind, n, (1000, 620), truth)
    frame = board.frame(batch, 0, view)
    facts = board.facts(batch, 0, view)
    surface = draw.canvas((1000, 620))
    kind(board.game, (1000, 620)).paint(surface, from_json(to_json(facts), GaugeScene))
    assert np.array_equal(draw.pixels(surface), frame)
    cards, middle = board._places(facts.scene)
    assert all(board.scene.contains(r) for r in cards)
    assert not any(a.colliderect(b) for j, a in enumerate(cards) for b in [*cards[:j], middle])


def test_what_all_seats_see_alike_is_shown_once(well: Any) -> None:
    batch, board, view = played(GaugeRenderer, 3, (1000, 620), True)
    scene = board.facts(batch, 0, view).scene
    common = {g.name: g.value for g in scene.common}
    assert common["water"] == batch.state.water[0, 0]
    own = [{g.name: g.value for g in gauges} for gauges in scene.seats]
    assert [o["buckets drawn"] for o in own] == batch.state.drawn[0].tolist()
    assert "water" not in own[0]


def test_a_seat_is_shown_what_it_sees_alone(well: Any) -> None:
    game = registry.make("well-v0", num_agents=3)
    batch = Batch(game, 1, seed=1)
    seating = Seating(batch, [RandomPolicy()] * 3, seed=1)
    seating.step()
    observation = seating.observation(seating.groups[0]).take(np.array([1]))
    view = View(seat=1, judged=False, truth=False)
    board = GaugeRenderer(game, (1000, 620))
    seen = board.frame(ObservedRow(observation, 0, 1), 0, view)
    assert np.array_equal(seen, board.frame(batch, 0, view))
    scene = board.facts(batch, 0, view).scene
    assert [len(gauges) for gauges in scene.seats] == [0, len(game.features), 0]
