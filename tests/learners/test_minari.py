"""Export to Minari, where it is installed."""

import importlib.util

import numpy as np
import pytest
import recorded

from gyges.agents.data import minari as M
from gyges.agents.data.dataset import Dataset
from gyges.envs.errors import ConfigError

HERE = all(importlib.util.find_spec(name) for name in ("minari", "h5py"))


def test_an_episode_has_one_observation_more_than_acts():
    data = Dataset(recorded.folder())
    one = M.episode(data, 5)
    assert one["observations"].shape == (21, 7)
    assert len(one["actions"]) == len(one["rewards"]) == 20
    assert sum(one["rewards"]) == data.episodes.reward[5]
    assert one["truncations"] == [False] * 19 + [True]
    assert not any(one["terminations"])
    assert all(len(values) == 21 for values in one["infos"].values())
    low, high = data.game().bounds
    assert (one["observations"] >= low).all()
    assert (one["observations"] <= high).all()


@pytest.mark.skipif(HERE, reason="Minari is installed here")
def test_without_minari_the_extra_is_named():
    with pytest.raises(ConfigError, match=r"minari\[hdf5\]"):
        M.export(Dataset(recorded.folder()), "well/test-v0")


@pytest.mark.skipif(not HERE, reason="Minari is not installed: pip install minari[hdf5]")
def test_what_minari_reads_is_what_was_recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    monkeypatch.setattr(M, "CHUNK", 700)
    data = Dataset(recorded.folder())
    found = M.export(data, "well/test-v0", author="tests")
    assert found.total_episodes == len(data.episodes.start)
    assert found.total_steps == len(data)
    for number in (0, 701):
        one = next(iter(found.iterate_episodes([number])))
        mine = M.episode(data, number)
        assert np.array_equal(one.observations, mine["observations"])
        assert np.array_equal(one.actions, mine["actions"])
        assert np.allclose(one.rewards, mine["rewards"])
        assert np.array_equal(one.infos["label"], mine["infos"]["label"])
