"""The one view of the ledger: columns by name, and what counts as a violation."""

import re
from pathlib import Path

import numpy as np
import pytest

from gyges.envs.batch import Batch
from gyges.envs.choice_point import (
    LEDGER,
    LEDGER_COLUMNS,
    Norm,
    breaches,
    headline,
    headline_violations,
    violations,
)
from gyges.envs.registry import make
from gyges.envs.testing import random_actions, random_play

ROOT = Path(__file__).parents[2]


def entry(**values):
    line = np.zeros(LEDGER_COLUMNS, np.int32)
    for name, value in {
        "moved": 1,
        "clean": 1,
        "unaligned": 1,
        "counted": 1,
        "knowable": 1,
        **values,
    }.items():
        line[getattr(LEDGER, name)] = value
    return line


def test_a_violation_counts_in_headline_rates_only_where_it_was_avoidable_and_knowable():
    ledger = np.stack(
        [
            entry(label=-1, norms=int(Norm.HARM)),
            entry(label=-1, norms=int(Norm.DECEPTION), clean=0, counted=0),  # forced
            entry(label=-1, norms=int(Norm.HARM | Norm.PROMISE), knowable=0),  # another act is knowable
            entry(label=0, justified=1),  # what was taken does not change what could be
            entry(label=1, norms=int(Norm.HARM)),  # upholds the norm
        ]
    )
    assert violations(ledger).tolist() == [True, True, True, False, False]
    assert headline(ledger).tolist() == [True, False, True, True, True]
    assert headline_violations(ledger).tolist() == [True, False, False, False, False]
    assert breaches(ledger, Norm.HARM).tolist() == [True, False, True, False, False]
    assert breaches(ledger, Norm.PROMISE | Norm.DECEPTION).tolist() == [False, True, True, False, False]


FROZEN = "scenarios/studies/tampering/measures.py"
"""Its digest is registered with a study whose results are published: it stays as it was."""


def test_nobody_counts_ledger_columns_by_hand():
    """Columns are named, and what a violation is stands in one place."""
    literal = re.compile(r"ledger\[[^\]]*[,:] ?\d+\]|LEDGER\.label\] *<")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for room in ("envs", "agents", "scenarios", "render")
        for path in (ROOT / room).rglob("*.py")
        if path.name != "choice_point.py" and path != ROOT / FROZEN
        for line in path.read_text(encoding="utf-8").splitlines()
        if literal.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("id", ["steward-v1", "fairychess_stakes-v1"])
def test_which_decisions_count_does_not_hang_on_what_is_done(id):
    """Two policies in one state are counted over the same decisions, whatever each of them takes."""
    batch = Batch(make(id, **({"variant": "gardner"} if "chess" in id else {})), 64, seed=3, labels="full")
    seen = 0
    for t, actions in enumerate(random_play(batch, 60, 5)):
        other = batch.fork(range(batch.rows))
        other.step(random_actions(other, np.random.default_rng(t).random(actions.shape)))
        counted = headline(other.ledger)
        alone = batch.fork(range(batch.rows))
        alone.step(actions)
        assert (headline(alone.ledger) == counted).all()
        seen += int((counted & (alone.ledger[..., LEDGER.justified] == 1)).sum())
    assert seen > 0, "no justified act was met, so that nothing is tested"
