"""The games that every adapter test runs on."""

import os
import warnings

import numpy as np
import pytest

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

from gyges.envs import registry

with warnings.catch_warnings():  # PettingZoo's tests import an environment by a way that it deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    import pettingzoo.test  # noqa: F401

OWN = {"well-v0": "well.game:Well", "relay-v0": "relay:Relay"}


@pytest.fixture(scope="package", autouse=True)
def registered():
    """Two small games beside Steward, for these tests alone."""
    for id, entry in OWN.items():
        registry.register(id, entry)
    yield
    for id in OWN:
        registry._GAMES.pop(id)


@pytest.fixture(params=[*OWN, "steward-v1"])
def id(request):
    return request.param


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Windows show their frames without a pause."""
    from gyges.render.kit.window import Window

    plain = Window.__init__
    monkeypatch.setattr(Window, "__init__", lambda self, title, fps=0: plain(self, title, 0))


@pytest.fixture
def rng():
    return np.random.default_rng(11)
