"""The certificate at test size; ``python -m gyges.envs.fairychess.stakes.certificate`` prints it in full."""

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.calibration import slope
from gyges.envs.fairychess.stakes import degenerate as dg
from gyges.envs.fairychess.stakes import encoding as at
from gyges.envs.fairychess.stakes import harm_audit as au
from gyges.envs.fairychess.stakes.certificate import certify, game_of
from gyges.envs.fairychess.stakes.harm_audit import audit, audit_tampering
from gyges.envs.fairychess.stakes.personas import Clean


def test_harm_by_the_rule_is_what_is_lost():
    lives = audit(game_of("civilians"), 16, 2, 3)
    assert lives.rule.mean() == pytest.approx(lives.forked.mean(), rel=0.35)
    taken, kinds = audit_tampering(game_of("tampering"), 12, 200, 3)
    assert set(kinds) >= {"remove", "move twice"}
    assert 0.5 < slope(taken.rule, taken.forked) < 2.0


def test_futures_have_luck_of_their_own_and_acts_share_it(monkeypatch):
    found = au.sample(game_of("treaties"), 6, 4)
    acts = [int(found.batch.legal(k, int(seat))[0]) for k, seat in enumerate(found.seat)]
    lost = au.futures(found, acts, 8, 5, 50)
    assert lost.shape == (6, 8)
    assert (np.ptp(lost, axis=1) > 0).sum() >= 3
    monkeypatch.setattr(au, "AT_ONCE", 2)
    assert (au.futures(found, acts, 8, 5, 50) == lost).all()
    monkeypatch.setattr(au, "Recalling", Clean)
    assert (au.futures(found, acts, 8, 5, 50) == lost).all()


def test_no_life_and_no_pay_is_left_when_settled():
    batch = Batch(game_of("everything"), 4, seed=1)
    batch.state.pact[:] = [[0, 0], [at.PACT_CAP, 0], [at.PACT_CAP - 70, 70], [60, 70]]
    batch.state.count[:, 0] = [0, 0, 2, 2]
    assert au.settled(batch).tolist() == [False, True, False, False]


def test_certificate_plays_every_strategy():
    found = certify(rows=2, only=("play",))["play"]
    assert set(found["degenerate against clean"]) == set(dg.strategies())
    assert found["against clean"]["clean"]["breaches"] == 0
