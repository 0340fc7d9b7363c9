"""Files of every kind, damaged: a few of the 20,000 that ``benchmarks/fuzz.py`` reads."""

import damage
import pytest

SAMPLE = {"study": 1}
NAMED = {"read", "FileError", "ConfigError", "DataError", "VariantError", "FenError", "UnknownNameError"}


@pytest.mark.parametrize("kind", damage.KINDS)
def test_a_damaged_file_is_read_or_named(kind, tmp_path):
    if kind not in SAMPLE:  # a page takes half a minute
        assert damage.outcome(kind, None, tmp_path / "here") == "read"  # or it would say nothing
    found = {damage.outcome(kind, seed, tmp_path / "here") for seed in range(SAMPLE.get(kind, 40))}
    assert found <= NAMED
