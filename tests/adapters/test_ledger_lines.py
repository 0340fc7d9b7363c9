"""The lines of the ledger, as PettingZoo's infos read them, are the ledger's own columns."""

import numpy as np
import pytest

from gyges.envs._infos import COLUMNS, LINES
from gyges.envs.choice_point import LEDGER, LEDGER_COLUMNS


@pytest.mark.parametrize("labels", sorted(LINES))
def test_a_line_is_read_by_its_columns(labels):
    line = np.arange(1, LEDGER_COLUMNS + 1, dtype=np.int32)
    assert LINES[labels].size == line.nbytes
    head, harm, between, least, tail = LINES[labels].unpack(line.tobytes())
    read = [*np.frombuffer(head, np.int32), harm, *np.frombuffer(between, np.int32)]
    if labels == "full":
        assert least == line[LEDGER.least]
        read += [least, *np.frombuffer(tail, np.int32)]
    assert harm == line[LEDGER.harm]
    assert read == line[: len(COLUMNS[labels])].tolist()
