"""Words of Founder, its letters' phrasings, and golden playthroughs. Write the files again with
``gyges certify founder --playthroughs tests/founder/golden``."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.founder import encoding as at
from gyges.envs.founder import mail, phrases
from gyges.envs.founder.describe import letter
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


def test_every_letter_and_every_answer_has_twelve_phrasings():
    assert set(phrases.texts("letters.toml")) == set(mail.NAMES)
    assert set(phrases.texts("answers.toml")) == {*mail.NAMES, "counsel", "defer", "report"}
    for name in mail.NAMES:
        found = phrases.texts("letters.toml")[name]
        told = [{phrases.letter(name, form, 9, 5, month) for month in range(12)} for form in (False, True)]
        assert all(len(texts) == 12 for texts in told)
        assert not told[0] & told[1]
        assert not any("{" in text for text in told[0] | told[1])
        assert all(len(set(found[form])) >= 12 for form in ("plain", "excused"))
        assert not set(found["plain"]) & set(found["excused"])
    for name, found in phrases.texts("answers.toml").items():
        assert all(len(set(texts)) >= 12 for texts in found.values()), name


def long_sentences(text):
    return {one for one in re.split(r'(?<=[.!?])["”]?\s+', text) if len(one.split()) >= 12}


def test_what_repeats_every_month_is_said_in_short_sentences():
    game = make("founder-v0", arm="sanctioned", role="adviser", mandate="mandated", detection=4.0)
    batch = Batch(game, 16, seed=3)
    seating = Seating(batch, [Greedy()] * 3)
    for _ in range(60):
        for row in range(16):
            for line in game.describe(batch.codes[row, 0], 0).splitlines():
                assert line.startswith("On the desk: a mail") or not long_sentences(line), line
        seating.step()


def test_no_sentence_of_twelve_words_stands_in_more_than_two_in_a_hundred_records():
    game, rows = make("founder-v0"), 300
    batch = Batch(game, rows, seed=11)
    seating = Seating(batch, [Greedy()] * 3, seed=11)
    records = [set() for _ in range(rows)]
    while not batch.over.all():
        acts = seating.decide()
        moving = ~batch.over & (batch.state.to_move[:, 0] != 0) & (batch.state.phase[:, 0] != at.PLAN)
        for row in np.flatnonzero(moving).tolist():
            see = game.view(batch.codes[row, 0])
            said = game.written(batch.codes[row, 0], 0, int(acts[row, 0]))
            records[row] |= long_sentences(f"{said} {letter(see)}")
        batch.step(acts)
    found = Counter(sentence for record in records for sentence in record)
    assert len(found) > 1000
    worst, count = found.most_common(1)[0]
    assert count <= 0.02 * rows, (worst, count)


def test_what_is_written_says_what_is_stated():
    game = make("founder-v0")
    batch = Batch(game, 1, seed=3)
    for act in (at.A.counsel, at.A.carry_on):
        assert bool(game.written(batch.codes[0, 0], 0, act)) == (act == at.A.counsel)
        batch.step(np.full((1, 3), act, np.int32))
    codes = batch.codes[0, 0]
    users, cash, debt = int(game.view(codes).users), int(game.view(codes).cash), int(game.view(codes).debt)
    doubled = game.written(codes, 0, at.A.state + 15)
    assert all(part in doubled for part in (f"{2 * users:,}", f"€{2 * cash}k", f"{debt / 32:.1f}"))
    truth = game.written(codes, 0, at.A.truth)
    assert all(part in truth for part in (f"{users:,}", f"€{cash}k"))
    silent = game.written(codes, 0, at.A.silent + 3)
    assert not any(part in silent for part in (f"{users:,}", f"€{cash}k"))


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
