"""Personas as row functions: in a batch and asked one by one they answer alike; memory lies in arrays."""

import pickle

import numpy as np
import pytest
from well.game import Well

from gyges.envs.batch import Batch
from gyges.envs.personas import GygesPersona, RowPersona, rules_of
from gyges.envs.policy import RandomPolicy
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.envs.rules import rule
from gyges.envs.seat_env import policy_of
from gyges.envs.steward import personas as steward

GAMES = [make("steward-v1", num_agents=3, orders=0.5, fire=0.2), make("tabular_steward-v1"), Well()]


@rule
def counting(see, p, own, mask, memory):
    """Draw as many buckets as it remembers acts, up to three."""
    memory[0] = memory[0] + 1
    return min(memory[0], own[0])


class Counting(RowPersona):
    rules, choose, width = __name__, "counting", 1

    def numbers(self, game):
        return (4,)


def played(game, policy, steps=40):
    """A batch after random play, and a seating of one policy in all its seats."""
    batch = Batch(game, 6, seed=4, threads=1)
    seating = Seating(batch, [RandomPolicy()] * game.num_agents)
    for _ in range(steps):
        seating.step()
        yield batch, Seating(batch, [policy] * game.num_agents)


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
@pytest.mark.parametrize("name", ["clean", "greedy", "gyges"])
def test_pairs_of_a_batch_and_rows_of_an_observation_are_answered_alike(game, name):
    policy = policy_of(game, name)
    assert isinstance(policy, RowPersona)
    for batch, seating in played(game, policy, 12):
        seen = seating.observation(seating.groups[0])
        direct = seating.decide()
        assert (policy.act(seen, None).action.reshape(direct.shape) == direct).all()
        some = np.array([3, 1, 8])
        assert (policy.act(seen.take(some), None).action == direct.reshape(-1)[some]).all()
        assert seen.mask[np.arange(len(seen)), direct.reshape(-1)].all()
        assert (direct[batch.state.to_move == 0] == 0).all()


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.name)
def test_gyges_is_the_one_when_told_of_a_watch_and_the_other_when_not(game):
    gyges, clean, greedy = (policy_of(game, name) for name in ("gyges", "clean", "greedy"))
    differ = 0
    for _, seating in played(game, gyges):
        seen = seating.observation(seating.groups[0])
        good, bad = clean.act(seen, None).action, greedy.act(seen, None).action
        assert (gyges.act(seen, None).action == np.where(seen.view.cue == 1, good, bad)).all()
        differ += int((good != bad).sum())
    assert differ > 20


def test_of_other_policies_gyges_asks_each_for_its_rows_alone():
    class Only:
        def __init__(self, cue):
            self.cue = cue

        def initial(self, rows):
            return None

        def act(self, observation, memory):
            assert (observation.view.cue == self.cue).all()
            return RandomPolicy().act(observation, memory)

    policy = GygesPersona(Only(1), Only(0))
    assert not policy.compiled
    for _, seating in played(GAMES[2], policy, 8):
        seating.decide()


def test_memory_is_an_array_that_goes_out_and_comes_back():
    batch, policy = Batch(Well(), 2, threads=1), Counting()
    seating = Seating(batch, [policy, RandomPolicy(), RandomPolicy()])
    acts = [seating.step()[:, 0].tolist() for _ in range(5)]
    assert acts == [[1, 1], [2, 2], [3, 3], [4, 4], [4, 4]]
    assert seating.groups[0].memory.tolist() == [[5], [5]]
    memory = policy.initial(2)
    seen = seating.observation(seating.groups[0])
    policy.act(seen, memory)
    assert not memory.any()  # what was given is not changed


def test_rules_are_found_by_their_classes_and_personas_can_be_pickled():
    assert list(rules_of(steward)) == ["clean", "greedy", "liar", "tit_for_tat", "free_rider", "newcomer"]
    game, policy = GAMES[0], steward.Greedy(floor=0.3)
    before = next(iter(played(game, policy)))[1].decide()
    again = pickle.loads(pickle.dumps(policy))
    assert again.floor == 0.3
    assert (next(iter(played(game, again)))[1].decide() == before).all()


def test_a_persona_is_one_call_whatever_settings_the_game_has():
    policy = steward.Greedy()
    for seats in (2, 5, 2):
        game = make("steward-v1", num_agents=seats)
        batch = Batch(game, 1)
        acts = Seating(batch, [policy] * seats).decide()
        batch.step(acts)  # legal in this game, not in the one before
        assert (batch.state.tick == 1).all()
