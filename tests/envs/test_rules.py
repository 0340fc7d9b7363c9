"""Random numbers, packed views and masks, and the stamp that keeps the compiler's cache honest."""

import numpy as np
import pytest

from gyges.envs import rules

VECTORS = [  # Random123 1.14, kat_vectors: threefry2x32, 20 rounds (key, counter, result)
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("key", "counter", "result"), VECTORS)
def test_threefry_known_answers(key, counter, result):
    assert tuple(rules.threefry(*key, *counter)) == result


def test_mask_bits_match_numpy():
    mask = np.zeros(3, np.uint8)
    for action in (0, 7, 8, 19):
        rules.allow(mask, action)
    bits = np.unpackbits(mask, count=20, bitorder="little")
    assert np.flatnonzero(bits).tolist() == [0, 7, 8, 19]
    assert [bool(rules.allowed(mask, a)) for a in (0, 1, 7, 18, 19)] == [True, False, True, False, True]


def test_signed_words():
    assert rules.signed(0x7FFFFFFF) == 0x7FFFFFFF
    assert rules.signed(0xFFFFFFFF) == -1


def test_ints_refuse_what_does_not_fit():
    ints = rules.Ints(np.zeros(2, np.int16))
    ints[0] = 32767
    assert ints[0] + 1 == 32768
    with pytest.raises(OverflowError):
        ints[1] = 32768


def test_stamp_covers_every_source(tmp_path):
    import well_rules

    names = {path.name for path in rules.sources(well_rules)}
    assert {"well_rules.py", "rules.py", "_launch.py", "_launch_cuda.py"} <= names
    assert rules.stamp(well_rules) == rules.stamp(well_rules)


def test_stamp_follows_an_edit(tmp_path, monkeypatch):
    import sys

    for version in (1, 2):
        (tmp_path / "probe_rules.py").write_text(f"X = {version}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        sys.modules.pop("probe_rules", None)
        module = __import__("probe_rules")
        stamp = rules.stamp(module)
        if version == 1:
            first = stamp
    assert first != stamp
