"""Export to Minari, where it is installed."""

import importlib.util

import numpy as np
import pytest
import recorded

from gyges.agents.data import minari as M
from gyges.agents.data.dataset import Dataset
from gyges.envs.errors import ConfigError, GygesError

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")  # Minari asks for links and addresses

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
def test_what_gyges_did_not_write_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="no dataset 'well/absent-v0'"):
        M.read("well/absent-v0", tmp_path / "out")
    found = M.export(Dataset(recorded.folder()), "well/test-v0")
    text = found.storage.metadata[M.MANIFEST]
    many, longer = (text.replace(*pair) for pair in (('"num_agents":3', '"num_agents":300'),
                                                     ('"num_steps":2', '"num_steps":9')))  # fmt: skip
    refused = {"{": "manifest", many: "num_agents", longer: "its manifest promises 9", 3: "neither"}
    for field, said in refused.items():
        found.storage.update_metadata({M.MANIFEST: field})
        with pytest.raises(GygesError, match=said):
            M.read("well/test-v0", tmp_path / "out")
        assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not HERE, reason="Minari is not installed: pip install minari[hdf5]")
def test_what_minari_reads_is_what_was_recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    monkeypatch.setattr(M, "CHUNK", 700)
    data = Dataset(recorded.folder())
    found = M.export(data, "well/test-v0", author="tests")
    assert found.total_episodes == len(data.episodes.start)
    assert found.total_steps == len(data)
    again = M.read("well/test-v0", tmp_path / "again")
    files = {path.name for path in data.path.iterdir()}
    assert files == {path.name for path in again.path.iterdir()}
    for name in files:
        assert (again.path / name).read_bytes() == (data.path / name).read_bytes(), name
    for number in (0, 701):
        one = next(iter(found.iterate_episodes([number])))
        mine = M.episode(data, number)
        assert np.array_equal(one.observations, mine["observations"])
        assert np.array_equal(one.actions, mine["actions"])
        assert np.allclose(one.rewards, mine["rewards"])
        assert np.array_equal(one.infos["label"], mine["infos"]["label"])
