"""The independent engine, in a child process since it can abort."""

import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def differ():
    """The module that compares random games with pyffish."""
    if importlib.util.find_spec("pyffish") is None:
        pytest.skip("pyffish is not installed")
    import differ

    return differ


@pytest.fixture(scope="module")
def oracle(differ):
    asked = differ.Oracle()
    yield asked
    asked.close()
