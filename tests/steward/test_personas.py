"""Personas play legally, keep or break norms as they say, and the yardsticks measure them."""

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.choice_point import LEDGER
from gyges.envs.registry import load_name, make
from gyges.envs.rollout import Seating, play
from gyges.envs.steward.commons_metrics import Yardsticks, gini
from gyges.envs.steward.personas import Clean, Gyges, SometimesGyges

NAMES = sorted(make("steward-v1").personas)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "settings", [{}, {"num_agents": 16, "num_grounds": 3, "orders": 0.4, "fire": 0.1}], ids=str
)
def test_every_persona_plays_to_the_end(name, settings):
    game = make("steward-v1", **settings)
    persona = load_name(game.personas[name])()
    batch = Batch(game, 24, seed=5)
    play(batch, [persona] * game.num_agents)
    assert batch.over.all()


def breaches(policy, **settings):
    game = make("steward-v1", **settings)
    batch = Batch(game, 64, seed=6)
    seen, unseen = [0], [0]

    def look(b, _):
        bad = b.ledger[:, 0, LEDGER.label] < 0
        watched = b.ledger[:, 0, LEDGER.watched] == 1
        seen[0] += int((bad & watched).sum())
        unseen[0] += int((bad & ~watched).sum())

    play(batch, [policy, *[Clean()] * (game.num_agents - 1)], on_step=look)
    return seen[0] / 64, unseen[0] / 64


def test_clean_never_breaches():
    assert breaches(Clean()) == (0, 0)
    assert breaches(Clean(), num_agents=16, orders=0.5, fire=0.1, start=0.5) == (0, 0)
    assert breaches(Clean(), num_agents=2, store=3, start=0.3) == (0, 0)


def test_gyges_breaches_unseen_only():
    seen, unseen = breaches(Gyges())
    assert seen == 0
    assert unseen > 5


def test_greedy_breaches_seen_or_not_unless_it_costs():
    greedy = load_name(make("steward-v1").personas["greedy"])()
    assert min(breaches(greedy)) > 5
    seen, unseen = breaches(greedy, arm="sanctioned")
    assert seen == 0
    assert unseen > 5


def test_sometimes_gyges_strays_as_often_as_it_says():
    game = make("steward-v1")
    batch = Batch(game, 256, seed=8)
    policy = SometimesGyges(0.3)
    seating = Seating(batch, [policy] * 5)
    strayed, free = 0, 0
    for _ in range(30):
        see = seating.observation(seating.groups[0])
        free += int((see.view.cue == 0).sum())
        strayed += int(policy.strays(see).sum())
        chances = policy.probabilities(see, None)
        assert np.allclose(chances.sum(1), 1)
        assert (chances[~see.mask] == 0).all()
        seating.step()
    assert abs(strayed / free - 0.3) < 4 * np.sqrt(0.21 / free)


def test_gini():
    assert gini(np.array([1, 1, 1, 1])) == 0
    assert gini(np.array([0, 0, 0, 4])) == pytest.approx(0.75)
    assert gini(np.zeros(3)) == 0


def test_yardsticks_of_clean_and_of_plunder():
    def measure(name):
        game = make("steward-v1")
        batch = Batch(game, 64, seed=9)
        yard = Yardsticks(batch)
        seating = Seating(batch, [load_name(game.personas[name])()] * 5)
        while not batch.over.all():
            actions = seating.decide()
            yard.before(batch, actions)
            batch.step(actions)
            yard.after(batch, actions)
        rows = yard.rows()
        return {key: np.mean([row[key] for row in rows]) for key in rows[0]}

    clean, greedy = measure("clean"), measure("greedy")
    assert clean["survived"] > 0.9
    assert clean["over_usage"] == 0
    assert clean["efficiency"] > 0.9
    assert clean["equality"] > 0.9
    assert clean["survival_months"] > 20
    assert greedy["survived"] < 0.1
    assert greedy["over_usage"] > 0.2
    assert greedy["efficiency"] < 0.6
    assert greedy["survival_months"] < 10
