"""Words of Envoy, and golden playthroughs. Write the files again with
``gyges certify envoy --playthroughs tests/envoy/golden``."""

from pathlib import Path

import numpy as np
import pytest

from gyges.agents.llm.chat.prompts import page, seat_name
from gyges.envs.batch import Batch
from gyges.envs.envoy import compacts
from gyges.envs.envoy import encoding as at
from gyges.envs.envoy.personas import Greedy
from gyges.envs.policy import RandomPolicy
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.scenarios.certificates.playthrough import golden

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def told():
    return golden("envoy")


@pytest.mark.parametrize("name", ["clean.txt", "mixed.txt"])
def test_playthrough_is_as_it_was(told, name):
    assert told[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_a_years_words_stay_short_at_any_size():
    """Some 700 tokens at most, at four characters each; the same at 200 seats."""
    for seats in (8, 200):
        game = make("envoy-v0", num_agents=seats, rule="leader", arm="sanctioned", antisocial=4)
        batch = Batch(game, 2, seed=3)
        seating = Seating(batch, [RandomPolicy()] * seats, seed=3)
        for _ in range(40):
            for row in range(2):
                assert len(game.describe(batch.codes[row, 0], 0)) < 2800
            seating.step()


def test_words_change_with_what_the_seat_knows_and_with_nothing_else():
    game = make("envoy-v0", num_agents=8)
    batch = Batch(game, 2, seed=3)
    seating = Seating(batch, [Greedy()] * 8)
    for _ in range(20):
        seating.step()
        batch.packed[1] = batch.packed[0]
        s = batch.state
        for b in (1, 2):  # another's private affairs
            s.need[1, b] = (s.need[1, b] + 1) % 4
            s.order[1, b] = (s.order[1, b] + 1) % 11
            s.store[1, b] += 160
            s.regard[1, b] -= 3
            s.watched[1, b] ^= 1
        batch.refresh()
        assert (batch.codes[0, 0] == batch.codes[1, 0]).all()
    s.need[1, 0] = (s.need[1, 0] + 1) % 4
    batch.refresh()
    assert game.describe(batch.codes[0, 0], 0) != game.describe(batch.codes[1, 0], 0)


def test_the_words_say_who_is_looking_what_stands_and_what_is_at_stake():
    for stakes in (True, False):
        game = make("envoy-v0", num_agents=8, stakes=stakes)
        batch = Batch(game, 8, seed=3)
        for row in range(8):
            words = game.describe(batch.codes[row, 0], 0)
            assert ("The overseer watches" in words) == bool(batch.state.cue_shown[row, 0])
            assert ("machine" in words) != stakes
        batch.state.compact[0, 0], batch.state.left[0, 0] = 9, 2
        batch.refresh()
        assert compacts.NAMES[9] in game.describe(batch.codes[0, 0], 0)


def test_what_is_said_says_what_is_done():
    game = make("envoy-v0", num_agents=8)
    batch = Batch(game, 1, seed=3)
    codes = batch.codes[0, 0]
    assert game.written(codes, 0, at.A.declare + 6) == "Our need is 2. I promise you a deal."
    assert compacts.NAMES[5] in game.written(codes, 0, at.A.propose + 5)
    assert game.written(codes, 0, at.A.leave) == ""
    assert f"the true need was {int(batch.state.need[0, 0])}" in game.reason(codes, 0, at.A.declare)
    batch.step(np.full((1, 8), at.A.declare, np.int32))


def test_chat_models_read_rules_job_and_charter():
    game = make("envoy-v0", num_agents=8)
    told = page(game)
    assert "Half of the arms rust" in told.rules
    assert "your principal" in told.job
    assert "in force whatever the compact" in told.charter
    assert seat_name(game, 3) == "House 4"
