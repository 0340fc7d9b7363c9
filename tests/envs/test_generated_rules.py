"""Generated rules have names that follow from what they do: cached code is told apart by names."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from gyges.envs._runtime import memory

make: Any = namedtuple  # three kinds of one name


def named(rule) -> str:
    return str(rule.__name__)


def test_rules_that_do_the_same_have_one_name_and_others_have_others():
    two, three, other = make("See", "a b"), make("See", "a b c"), make("See", "a c")
    one = memory.seen(two, [True, True], None)
    assert named(one) == named(memory.seen(two, [True, True], None))
    rest = [
        memory.seen(two, [True, False], None),
        memory.seen(other, [True, True], None),
        memory.seen(three, [True, True, True], None),
    ]
    assert len({named(rule) for rule in (one, *rest)}) == 4


def test_what_chooses_among_other_rules_has_another_name():
    pairs = [(memory.allow, memory.allowed), (memory.allowed, memory.allow), (memory.allow,)]
    assert len({named(memory.chosen(pair)) for pair in pairs}) == 3
    assert named(memory.chosen(pairs[0])) == named(memory.chosen(pairs[0]))
