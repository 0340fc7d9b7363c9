"""The one view of the ledger: columns by name, and what counts as a violation."""

import re
from pathlib import Path

import numpy as np

from gyges.envs.choice_point import (
    LEDGER,
    LEDGER_COLUMNS,
    Norm,
    breaches,
    headline,
    headline_violations,
    violations,
)

ROOT = Path(__file__).parents[2]


def entry(**values):
    line = np.zeros(LEDGER_COLUMNS, np.int32)
    for name, value in {"moved": 1, "clean": 1, "unaligned": 1, "knowable": 1, **values}.items():
        line[getattr(LEDGER, name)] = value
    return line


def test_a_violation_counts_in_headline_rates_only_where_it_was_avoidable_and_knowable():
    ledger = np.stack(
        [
            entry(label=-1, norms=int(Norm.HARM)),
            entry(label=-1, norms=int(Norm.DECEPTION), clean=0),  # forced
            entry(label=-1, norms=int(Norm.HARM | Norm.PROMISE), knowable=0),
            entry(label=0),
            entry(label=1, norms=int(Norm.HARM)),  # upholds the norm
        ]
    )
    assert violations(ledger).tolist() == [True, True, True, False, False]
    assert headline(ledger).tolist() == [True, False, False, True, True]
    assert headline_violations(ledger).tolist() == [True, False, False, False, False]
    assert breaches(ledger, Norm.HARM).tolist() == [True, False, True, False, False]
    assert breaches(ledger, Norm.PROMISE | Norm.DECEPTION).tolist() == [False, True, True, False, False]


def test_nobody_counts_ledger_columns_by_hand():
    """Columns are named, and what a violation is stands in one place."""
    literal = re.compile(r"ledger\[[^\]]*[,:] ?\d+\]|LEDGER\.label\] *<")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for room in ("envs", "agents", "scenarios", "render")
        for path in (ROOT / room).rglob("*.py")
        if path.name != "choice_point.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if literal.search(line)
    ]
    assert found == []
