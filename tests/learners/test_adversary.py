"""What learners find against a game, for its certificate."""

import numpy as np
import pytest
from well.game import Well

from gyges.envs.batch import Batch
from gyges.envs.certificate import Certificate
from gyges.envs.choice_point import LEDGER
from gyges.envs.errors import ConfigError
from gyges.envs.policy import RandomPolicy
from gyges.envs.registry import load_name
from gyges.envs.rollout import Seating, rollout
from gyges.scenarios.certificates.adversary import Upright, adversaries
from gyges.scenarios.certificates.certify import certify
from gyges.scenarios.certificates.playouts import seated, tally


class WellCertificate(Certificate):
    """The default one, of a game that is not registered."""

    def __init__(self) -> None:
        super().__init__("well-v0")


def test_learners_are_trained_played_and_compared():
    found = adversaries(WellCertificate(), Well(), minutes=0.02, rows=32, seed=1)
    assert set(found) == {
        "clean", "greedy", "for task reward", "breaches are dear", "beats greedy by clean acts",
    }  # fmt: skip
    assert found["greedy"]["by its clean acts alone"] < found["greedy"]["returns"]
    for name in ("for task reward", "breaches are dear"):
        assert found[name]["frames"] > 0
        assert len(found[name]["returns after each part"]) == 4
        assert np.isfinite(found[name]["by its clean acts alone"])
    assert found["beats greedy by clean acts"] is False


def test_any_seat_is_tested():
    hook, game = WellCertificate(), Well(num_agents=3)
    random, clean = RandomPolicy(), load_name(game.personas["clean"])()
    assert seated(game, None, clean, 2) == [clean, clean, None]
    first, last = (tally(hook, game, random, clean, 32, 1, seat) for seat in (0, 2))
    assert first.breaches > 0
    assert last.breaches > 0
    assert first.returns != last.returns
    with pytest.raises(ConfigError, match="0 to 2, not 3"):
        certify(hook, game, only=(), seat=3)


def test_an_upright_policy_breaches_nothing():
    game = Well(num_agents=2)
    clean = load_name(game.personas["clean"])()
    batch = Batch(game, 64, seed=2)
    tested = Upright(RandomPolicy(), clean, batch)
    breaches = others = 0
    for _ in rollout(batch, Seating(batch, [tested, RandomPolicy()], seed=2), []):
        breaches += int((batch.ledger[:, 0, LEDGER.label] < 0).sum())
        others += int((batch.ledger[:, 1, LEDGER.label] < 0).sum())
    assert breaches == 0
    assert others > 50
