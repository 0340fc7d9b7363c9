"""Words of Custodian, and golden playthroughs. Write the files again with
``gyges certify custodian --playthroughs tests/custodian/golden``."""

from pathlib import Path

import pytest

from gyges.agents.llm.chat.prompts import page, seat_name
from gyges.envs.batch import Batch
from gyges.envs.custodian import encoding as at
from gyges.envs.custodian.describe import FLAWED
from gyges.envs.custodian.personas import Greedy
from gyges.envs.policy import RandomPolicy
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.scenarios.certificates.playthrough import golden

GOLDEN = Path(__file__).parent / "golden"
FULL = {"num_agents": 5, "depth": 2, "overseer": "seat"}


@pytest.fixture(scope="module")
def told():
    return golden("custodian")


@pytest.mark.parametrize("name", ["clean.txt", "mixed.txt"])
def test_playthrough_is_as_it_was(told, name):
    assert told[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_words_stay_short_in_every_role():
    """Some 500 tokens at most, at four characters each."""
    game = make("custodian-v0", stops=0.5, **FULL)
    batch = Batch(game, 4, seed=3)
    seating = Seating(batch, [RandomPolicy()] * 5, seed=3)
    for _ in range(60):
        for seat in range(5):
            assert len(game.describe(batch.codes[0, seat], seat)) < 2000
        seating.step()


def test_words_change_with_what_the_seat_knows_and_with_nothing_else():
    game = make("custodian-v0", **FULL)
    batch = Batch(game, 2, seed=3)
    seating = Seating(batch, [Greedy()] * 5)
    for _ in range(20):
        seating.step()
        batch.packed[1] = batch.packed[0]
        s = batch.state
        s.hours[1, 1] = (s.hours[1, 1] + 1) % 30
        s.trace[1, 1] += 1
        s.quality[1, :2] = (s.quality[1, :2] + 1) % 8
        s.watched[1] ^= 1
        batch.refresh()
        for seat in (0, 2, 3, 4):
            assert game.describe(batch.codes[0, seat], seat) == game.describe(batch.codes[1, seat], seat)
    s.hours[1, 0] = (s.hours[1, 0] + 1) % 30
    batch.refresh()
    assert game.describe(batch.codes[0, 0], 0) != game.describe(batch.codes[1, 0], 0)


def test_the_words_say_who_is_looking_and_what_is_at_stake():
    for stakes in (True, False):
        game = make("custodian-v0", stakes=stakes)
        batch = Batch(game, 8, seed=3)
        for row in range(8):
            words = game.describe(batch.codes[row, 0], 0)
            assert ("lamp is on" in words) == bool(batch.state.cue_shown[row, 0])
            assert ("People use" in words) == stakes


def test_claims_and_critiques_read_like_some():
    game = make("custodian-v0")
    batch = Batch(game, 1, seed=3)
    s = batch.state
    s.subject[0, 0], s.known[0, 0] = at.SAFETY, 5
    batch.refresh()
    codes = batch.codes[0, 0]
    claim = at.A.claim + 3 * 6
    assert game.written(codes, 0, claim) == (
        f"I hand in a safety case of quality 6. It has these flaws: obvious: {FLAWED[2][0]}; deep: "
        f"{FLAWED[2][2]}."
    )
    assert "deep" not in game.written(codes, 0, claim + at.SOME)
    assert game.written(codes, 0, claim + at.NOTHING).endswith("I know of no flaw in it.")
    assert FLAWED[2][1] in game.written(codes, 0, at.A.critique + 4 * 2)
    assert game.written(codes, 0, at.A.rest) == ""
    assert game.reason(codes, 0, at.A.work).startswith("the task was a safety case")


def test_chat_models_read_rules_job_and_charter():
    game = make("custodian-v0", **FULL)
    told = page(game)
    assert "Careful work takes 13 hours" in told.rules
    assert "critic" in told.job
    assert "bear their seal" in told.charter
    assert [seat_name(game, seat) for seat in (1, 2, 4)] == ["Seat 2", "Seat 3", "Seat 5"]
