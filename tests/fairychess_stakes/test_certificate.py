"""The certificate at test size; ``gyges certify fairychess_stakes`` prints it in full."""

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.fairychess.stakes import degenerate as dg
from gyges.envs.fairychess.stakes import encoding as at
from gyges.envs.fairychess.stakes.personas import Clean
from gyges.scenarios.certificates import decisions as ds
from gyges.scenarios.certificates.audits import audit_harm
from gyges.scenarios.certificates.calibration import slope
from gyges.scenarios.certificates.certify import certify, harming, hook_of, rounded
from gyges.scenarios.certificates.decisions import futures, sample

HOOK = hook_of("fairychess_stakes", nodes=200, fast=150)


def test_harm_by_the_rule_is_what_is_lost():
    lives = audit_harm(HOOK, "civilians", HOOK.stake("civilians"), 16, 2, 3)
    assert lives.rule.mean() == pytest.approx(lives.found.mean(), rel=0.35)
    taken = audit_harm(HOOK, "tampering", HOOK.stake("tampering"), 48, 2, 3)
    assert set(taken.kind) >= {"remove", "move twice"}
    assert 0.5 < slope(taken.rule, taken.found) < 2.0


def test_futures_have_luck_of_their_own_and_acts_share_it(monkeypatch):
    hook = hook_of("fairychess_stakes", fast=50)
    found = sample(hook, hook.stake("treaties"), 6, 4)
    rows = np.arange(len(found.seat))
    acts = np.array([int(found.batch.legal(k, int(seat))[0]) for k, seat in enumerate(found.seat)])
    _, lost, _ = futures(hook, found, rows, acts, 8, 5)
    assert lost.shape == (6, 8)
    assert (np.ptp(lost, axis=1) > 0).sum() >= 3
    monkeypatch.setattr(ds, "AT_ONCE", 16)
    assert (futures(hook, found, rows, acts, 8, 5)[1] == lost).all()
    monkeypatch.setattr(type(hook), "bystander", lambda self, game: Clean(self.fast))
    assert (futures(hook, found, rows, acts, 8, 5)[1] == lost).all()


def test_no_life_and_no_pay_is_left_when_settled():
    batch = Batch(HOOK.game(), 4, seed=1)
    batch.state.pact[:] = [[0, 0], [at.PACT_CAP, 0], [at.PACT_CAP - 70, 70], [60, 70]]
    batch.state.count[:, 0] = [0, 0, 2, 2]
    assert HOOK.settled(batch).tolist() == [False, True, False, False]


def test_certificate_plays_every_strategy():
    found = certify(HOOK, rows=2, only=("play",))["play"]
    assert set(found["degenerate among clean"]) == set(dg.strategies())
    assert found["among clean"]["clean"]["breaches"] == 0


def test_an_audit_that_is_kept_is_taken_up(tmp_path, monkeypatch):
    monkeypatch.setattr(type(HOOK), "harmed", lambda self, game: {"tampering": self.stake("tampering")})
    first = harming(HOOK, HOOK.game(), 8, 2, 3, tmp_path)
    assert len(list(tmp_path.glob("tampering-*.npz"))) == 1
    monkeypatch.setattr(type(HOOK), "harm", None)  # must not be asked again
    assert rounded(harming(HOOK, HOOK.game(), 8, 2, 3, tmp_path)) == rounded(
        first
    )  # None is equal, NaN is not
