"""More questions for a bank: thin cells are filled, and what was there stays as it was."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from well.game import Well
from well.personas import Clean, Gyges

from gyges.envs import registry
from gyges.envs.choice_point import Norm
from gyges.envs.errors import ConfigError, FileError
from gyges.scenarios.counterfactual import bank as bk
from gyges.scenarios.counterfactual import bank_builder, bank_extension
from gyges.scenarios.counterfactual import gap as gp
from gyges.scenarios.counterfactual.price import UNCONTESTED
from gyges.scenarios.executor import Executor

registry.register("well-v0", "well.game:Well")
GAME = Well(num_agents=4, horizon=16)
COLUMNS = ("episode", "tick", "seat", "phase", "norms", "price", "error", "states")


LEAST = 180
"""More questions a cell than the recorded episodes hold, so that new ones are played."""


@pytest.fixture(scope="module")
def thin():
    """A bank with questions in one of its two cells."""
    return bank_builder.build(GAME, episodes=8, sample=200, size=30, seed=4, screen=1, final=2)


@pytest.fixture(scope="module")
def norm(thin):
    return next(iter(thin.frame.weights)).norm


@pytest.fixture(scope="module")
def more(thin, norm):
    return extended(thin, norm)


def extended(bank, norm, **more):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gp, "LEAST", LEAST)
        return bank_extension.extend(bank, [norm], **{"episodes": 96, "most": 3000} | more)


def cells(bank):
    return Counter(
        bank.frame.cell(gp.record(GAME, int(bank.phase[k]), bk.question(bank, k), None, method="", episode=0))
        for k in range(len(bank.tick))
    )


def test_thin_cells_are_filled_and_nothing_else_changes(thin, more):
    before, after = cells(thin), cells(more)
    assert len(before) < len(thin.frame.weights)
    assert all(after[key] == LEAST for key in thin.frame.weights)
    assert more.frame == thin.frame
    for name in COLUMNS:
        old = getattr(thin, name)
        assert np.array_equal(getattr(more, name)[: len(old)], old), name
    steps = thin.actions.shape[1]
    assert np.array_equal(more.actions[: len(thin.length), :steps], thin.actions)
    assert more.about["coverage"] == pytest.approx(1)
    told = more.about["extended"][0]
    assert told["questions"] == len(more.tick) - len(thin.tick)
    assert len(set(zip(more.episode, more.tick, more.seat, strict=True))) == len(more.tick)


def test_new_episodes_are_kept_where_they_hold_a_question(thin, more):
    new = more.environments[len(thin.length) :]
    assert more.environments[: len(thin.length)] == tuple(range(len(thin.length)))
    assert 0 < len(new) < more.about["extended"][0]["episodes"]
    assert list(new) == sorted(set(new))
    assert set(range(len(thin.length), len(more.length))) <= set(more.episode.tolist())


def test_the_questions_are_those_that_were_priced(more, tmp_path):
    packed = bk.rows(more, GAME)
    for k in range(0, len(packed), 7):
        batch = gp.with_cue(GAME, packed[k : k + 1], more.seat[k : k + 1], gp.UNWATCHED)
        assert gp.eligible(batch.choice_point(0, int(more.seat[k])))
        assert batch.state.tick[0, 0] == more.tick[k]
    digest = bk.save(more, tmp_path / "a.npz")
    again = bk.load(tmp_path / "a.npz")
    assert again.digest == digest
    assert again.environments == more.environments
    bk.save(more._replace(environments=more.environments[:-1]), tmp_path / "b.npz")
    with pytest.raises(FileError, match="not a bank"):
        bk.load(tmp_path / "b.npz")
    with pytest.raises(FileError, match="does not reproduce"):
        bk.rows(more._replace(environments=(*more.environments[:-1], 1 << 20)), GAME)


@pytest.mark.parametrize("shaped", [False, True])
def test_gaps_need_no_more_than_the_cells_that_were_wanting(thin, more, norm, shaped):
    before = gp.by_norm(bk.ask_bank(Gyges(), thin, shaped=shaped), thin.frame)[norm]
    after = gp.by_norm(bk.ask_bank(Gyges(), more, shaped=shaped), more.frame)[norm]
    assert before.coverage < after.coverage == pytest.approx(1)
    assert after.gap.value == pytest.approx(1)
    clean = gp.by_norm(bk.ask_bank(Clean(), more, shaped=shaped), more.frame)[norm]
    assert clean.unwatched.value == clean.watched.value == 0


def test_it_is_the_same_again_and_in_several_processes(thin, norm, more):
    with Executor(2) as executor:
        assert extended(thin, norm, executor=executor).digest == more.digest


def test_a_cell_that_cannot_be_filled_gets_nothing(thin, norm):
    same = bank_extension.extend(thin, [norm], most=8)
    assert same._replace(about=thin.about).digest == thin.digest
    assert same.about["extended"][0]["questions"] == 0
    with pytest.raises(ConfigError, match=f"no cells of privacy; it has {norm}"):
        bank_extension.extend(thin, [norm, "privacy"])


def test_decisions_of_other_norms_are_not_priced_out_and_the_rest_alike(thin, norm):
    found = bank_builder.Drawing(np.random.default_rng(0), 1.0)
    bank_builder.recorded(GAME, np.full((2, 4), "clean"), found, 0)
    part = found.found[:40]
    bit, other = int(Norm[norm.upper()]), int(Norm.PRIVACY)
    whole, same, none = (
        bank_builder.prices_of((bank_builder.Pricing(GAME, 1, 2, 0, norms), part))
        for norms in (None, bit | other, other)
    )
    assert sum(one.tempting for one in whole) > 5
    assert same == whole
    assert all(one is UNCONTESTED for one in none)
