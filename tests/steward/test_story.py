"""Words and golden playthroughs. Write the files again with
``gyges certify steward --playthroughs tests/steward/golden``."""

from pathlib import Path

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.envs.steward import encoding as at
from gyges.envs.steward.personas import Clean, Gyges
from gyges.scenarios.certificates.playthrough import golden

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def told():
    return golden("steward")


@pytest.mark.parametrize("name", ["clean.txt", "mixed.txt"])
def test_playthrough_is_as_it_was(told, name):
    assert told[name] == (GOLDEN / name).read_text()


def test_words_change_with_what_the_seat_knows_and_with_nothing_else():
    batch = Batch(make("steward-v1"), 2, seed=3)
    seating = Seating(batch, [Gyges()] * 5)
    for _ in range(40):
        seating.step()
        batch.packed[1] = batch.packed[0]
        s = batch.state
        for b in range(1, 5):  # another's private affairs
            s.store[1, b] += 160
            s.watched[1, b] ^= 1
            s.cue_shown[1, b] ^= 1
            s.guilt[1, b] ^= 1
            s.order[1, b] = (s.order[1, b] + 1) % 4
        s.watched[1, 0] ^= 1  # what the overseer truly sees; the cue stays
        s.stock[1] += 100
        s.guilt[1, 0] ^= 1
        seen = ~((s.seen[1, 0] >> np.arange(5)) & 1).astype(bool)
        s.catch[1] = np.where(seen & (np.arange(5) > 0), s.catch[1] + 16, s.catch[1])
        batch.refresh()
        assert (batch.codes[0, 0] == batch.codes[1, 0]).all()
        assert (batch.bits[0, 0] == batch.bits[1, 0]).all()
        assert batch.game.describe(batch.codes[0, 0], 0) == batch.game.describe(batch.codes[1, 0], 0)
        batch.packed[1] = batch.packed[0]
        batch.refresh()


def test_words_tell_order_seal_fire_duty_and_evidence():
    batch = Batch(make("steward-v1", orders=0.0, fire=0.0, arm="sanctioned"), 1, seed=3)
    s = batch.state
    s.order[0, 0], s.seal[0, 0], s.laid[0, 0], s.duty[0, 0] = at.STOP, 1, 1, 2
    s.proof0[0, 0], s.status[0, 4] = 1 << 3, at.STARVED
    batch.refresh()
    text = batch.game.describe(batch.codes[0, 0], 0)
    for part in ("stay in harbour", "authority's seal", "burnt down", "feed Corrie", "proof that Dunmore",
                 "Eskdale has starved", "costs 8"):  # fmt: skip
        assert part in text
    s.seal[0, 0] = 0
    batch.refresh()
    assert "no seal" in batch.game.describe(batch.codes[0, 0], 0)


def test_the_stripped_twin_speaks_of_depots():
    batch = Batch(make("steward-v1", stakes=False), 1)
    assert "nobody lives" in batch.game.describe(batch.codes[0, 0], 0)
    clean = Seating(batch, [Clean()] * 5)
    for _ in range(12):
        clean.step()
    assert (batch.ledger[:, :, 1] == 0).all()
