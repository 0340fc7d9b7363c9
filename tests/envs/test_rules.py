"""Random numbers, packed views and masks, and the stamp that keeps the compiler's cache honest."""

import sys

import numpy as np
import pytest

from gyges.envs import rules
from gyges.envs._runtime import memory, stamps
from gyges.envs._runtime.stamps import rules_hash
from gyges.envs.registry import make

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


def test_words_are_stored_as_int32():
    assert rules.as_int32(0x7FFFFFFF) == 0x7FFFFFFF
    assert rules.as_int32(0xFFFFFFFF) == -1


def test_ints_refuse_what_does_not_fit():
    ints = memory.Ints(np.zeros(2, np.int16))
    ints[0] = 32767
    assert ints[0] + 1 == 32768
    with pytest.raises(OverflowError):
        ints[1] = 32768


def test_the_cache_stamp_covers_every_source():
    from well import rules as well_rules

    names = {path.name for path in stamps.sources(well_rules)}
    assert {
        "rules.py",
        "game.py",
        "random.py",
        "memory.py",
        "kernels.py",
        "kernels_cuda.py",
        "pointers.py",
        "actions.py",
        "observation.py",
        "state.py",
    } <= names
    assert stamps.cache_stamp(well_rules) == stamps.cache_stamp(well_rules)


PROBE = """
from typing import NamedTuple
from gyges.envs.rules import rule

COST = {cost}

class State(NamedTuple):
    {fields}

class Params(NamedTuple):
    horizon: int

@rule
def price(s, x):
    {docstring}
    return x * COST

@rule
def step(s, p, scratch, action, out):
    out.reward[0] = price(s, action[0])  {comment}

@rule
def never_called(s):
    return {unreached}
"""


class Probe:
    """As much of a game as its hash looks at."""

    num_actions = 2
    scratch_size = 0

    def __init__(self, module, horizon, table):
        self.module, self.horizon, self.table = module, horizon, table
        self.State, self.Params = module.State, module.Params

    def rules(self):
        return self.module

    def params(self):
        return (self.horizon,)

    def widths(self):
        return (1, 1)

    def tables(self):
        return np.array(self.table, np.int32), np.array([0, len(self.table)], np.int64)


@pytest.fixture
def probe(tmp_path, monkeypatch):
    made = []

    def make(cost=3, fields="a: int; b: int", docstring='"""One."""', comment="", unreached=1, horizon=9,
             table=(1, 2)):  # fmt: skip
        name = f"stamped_{len(made)}"
        text = PROBE.format(cost=cost, fields=fields, docstring=docstring,
                            comment=comment, unreached=unreached)  # fmt: skip
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        module = __import__(name)
        made.append(module)
        return stamps.cache_stamp(module), stamps.rules_hash(Probe(module, horizon, table))

    yield make
    for module in made:
        sys.modules.pop(module.__name__, None)


def test_words_leave_the_rules_hash_and_change_the_cache_stamp(probe):
    cache, rules_hash = probe()
    for words in ({"docstring": '"""Two."""'}, {"comment": "# why"}, {"unreached": 2}):
        other_cache, same = probe(**words)
        assert same == rules_hash
        assert other_cache != cache


@pytest.mark.parametrize(
    "change",
    [{"cost": 4}, {"fields": "b: int; a: int"}, {"horizon": 10}, {"table": (1, 3)}],
    ids=["a constant", "the order of fields", "a setting", "a table"],
)
def test_what_changes_play_changes_the_rules_hash(probe, change):
    assert probe()[1] != probe(**change)[1]


def test_another_setting_or_variant_is_another_game():
    assert rules_hash(make("steward-v1")) == rules_hash(make("steward-v1"))
    assert rules_hash(make("steward-v1")) != rules_hash(make("steward-v1", growth=0.4))
    assert rules_hash(make("fairychess-v1")) != rules_hash(make("fairychess-v1", variant="gardner"))
