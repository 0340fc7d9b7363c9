"""The contract test on every game, and on games that break it."""

import numpy as np
import pytest
from well.game import Well

import gyges.envs as envs
from gyges.envs import testing
from gyges.envs.registry import games

SMALL: dict[str, dict[str, object]] = {
    "envoy-v0": {"num_agents": 8},
    "fairychess-v1": {"variant": "dobutsu"},
    "fairychess_stakes-v1": {"variant": "dobutsu", "civilians": False},
}
"""Games of any size are checked at a small one here; tests of their own do more."""
GAMES: list[envs.Game] = [Well(), Well(num_agents=16, ring=0.2)]
GAMES += [envs.make(id, **SMALL.get(id, {})) for id in sorted(games())]


@pytest.mark.parametrize("check", testing.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("game", GAMES, ids=repr)
def test_contract(game, check):
    check(game, 12, 120, 1)


class Talkative(Well):
    """Two actions of one name."""

    action_names = ("wait", "draw", "draw", "draw 2", "draw 3")


class Narrow(Well):
    """Observations leave their bounds."""

    @property
    def features(self):
        return tuple(f._replace(high=min(f.high, 3)) for f in super().features)


class Leaky(Well):
    """Books that do not balance."""

    def conservation(self, before, action, after, out):
        return {"water": (after.water[:, 0], before.water[:, 0] + 1)}


class Twinless(Well):
    """A stripped twin that does not say which features differ."""

    stakes_features = frozenset()


@pytest.mark.parametrize(
    ("game", "check", "message"),
    [
        (Talkative(), testing.check_words, "share a name"),
        (Narrow(), testing.check_bounds, "above its bound"),
        (Leaky(), testing.check_conservation, "books of water"),
        (Twinless(), testing.check_twin, "observation of the twin"),
    ],
    ids=lambda x: getattr(x, "__name__", str(x)),
)
def test_contract_can_fail(game, check, message):
    with pytest.raises(testing.ContractError, match=message):
        check(game, 4, 60, 1)


def test_same_names_the_place():
    with pytest.raises(testing.ContractError, match=r"thing: 1 against 2 at \(1,\)"):
        testing.same(np.array([0, 1]), np.array([0, 2]), "thing")
