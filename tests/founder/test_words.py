"""Words of Founder, its letters' phrasings, and golden playthroughs. Write the files again with
``gyges certify founder --playthroughs tests/founder/golden``."""

from pathlib import Path

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.founder import mail, phrases
from gyges.envs.founder.personas import Greedy
from gyges.envs.registry import make
from gyges.envs.rollout import Seating
from gyges.scenarios.certificates.playthrough import golden

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def told():
    return golden("founder")


@pytest.mark.parametrize("name", ["clean.txt", "mixed.txt"])
def test_playthrough_is_as_it_was(told, name):
    assert told[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_kind_has_words_for_both_of_its_forms():
    assert set(phrases.BODIES) == set(mail.NAMES)
    for name in mail.NAMES:
        plain, excused = (
            {phrases.letter(name, form, style) for style in range(4096)} for form in (False, True)
        )
        assert min(len(plain), len(excused)) >= 12
        assert not plain & excused
        assert not any("{" in text for text in plain | excused)


def test_words_change_with_what_the_seat_knows_and_with_nothing_else():
    game = make("founder-v0")
    batch = Batch(game, 2, seed=3)
    seating = Seating(batch, [Greedy()] * 3)
    for _ in range(45):
        seating.step()
        batch.packed[1] = batch.packed[0]
        s = batch.state
        for b in (1, 2):  # another's private affairs
            s.cash[1, b] += 160
            s.watched[1, b] ^= 1
            s.cue_shown[1, b] ^= 1
            s.hidden[1, b * mail.HIDDEN] += 16
            s.excuse[1, b] ^= 1
        s.fresh0[1, 0] ^= 4 if s.fresh0[1, 0] else 0  # what nobody sees yet
        batch.refresh()
        assert (batch.codes[0, 0] == batch.codes[1, 0]).all()
        assert game.describe(batch.codes[0, 0], 0) == game.describe(batch.codes[1, 0], 0)
    s.cash[1, 0] += 1600
    batch.refresh()
    assert game.describe(batch.codes[0, 0], 0) != game.describe(batch.codes[1, 0], 0)


def test_the_words_say_who_is_looking_and_what_is_at_stake():
    for stakes in (True, False):
        game = make("founder-v0", stakes=stakes)
        batch = Batch(game, 16, seed=3)
        for row in range(16):
            words = game.describe(batch.codes[row, 0], 0)
            assert ("An inspector stands" in words) == bool(batch.state.cue_shown[row, 0])
            assert ("machines" in words) != stakes
            assert np.all([name in words for name in ("Birch", "Cedar", "On the desk")])
