"""What a policy's process sends is read at one place into a closed set of types, or costs the call."""

import collections
import json

import numpy as np
import pytest
from frames import ROWS, outcome

from gyges.agents.sandbox.answers import Acted, Asked, Failure, read
from gyges.agents.sandbox.protocol import HEAD, encode

ACT = Asked("act", 7, ROWS, 5, 256)
SOUND = {"n": 7, "shape": "none", "leaves": 0}


def said(header, arrays=None):
    """The reading of a frame that a process might send."""
    head, *pieces = encode({**SOUND, **header}, arrays or {"action": np.ones(ROWS, np.int32)})
    return read(head[HEAD.size :], b"".join(pieces), ACT)


def with_kind(kind):
    text = json.dumps({**SOUND, "arrays": [["action", kind, [ROWS]]]}).encode()
    return read(text, bytes(ROWS * 4), ACT)


def test_forged_frames_give_answers_or_failures():
    found = collections.Counter(outcome(seed) for seed in range(3_000))
    assert set(found) == {"Acted", "Remembered", "Loaded", "Probabilities", "Failure"}, found
    assert found["Failure"] > 1_500


def test_a_sound_answer_is_read():
    answer = said({"words": ["good day"] + [None] * (ROWS - 1)})
    assert isinstance(answer, Acted)
    assert answer.action.tolist() == [1] * ROWS
    assert answer.words[:2] == ["good day", None]
    assert isinstance(with_kind("<i4"), Acted)


@pytest.mark.parametrize("kind", ["(1,2i4", "i4", ">i4", "O", "V4", "<M8[s]", "f4,i4", 4, None, ["<i4"]])
def test_kinds_are_of_a_closed_list(kind):
    with pytest.raises(Failure, match="not a frame"):
        with_kind(kind)


@pytest.mark.parametrize(("words", "reason"), [
    (["\udcff"] * ROWS, "half a character"), ("words", "a list"), ([1] * ROWS, "a list"), (["a"], "a list"),
])  # fmt: skip
def test_words_that_no_file_can_hold(words, reason):
    with pytest.raises(Failure, match=reason):
        said({"words": words})


def test_an_error_of_odd_characters_is_said_in_plain_ones():
    with pytest.raises(Failure) as failure:
        said({"error": "\udcff\x1b[31m\n no"})
    assert str(failure.value) == "raised \ufffd\ufffd[31m\ufffd no"


@pytest.mark.parametrize(("value", "kind"), [(255, np.uint8), ((1 << 64) - 1, np.uint64), (-1, np.int8)])
def test_an_action_stays_the_number_that_it_was(value, kind):
    answer = said({}, {"action": np.full(ROWS, value, kind)})
    assert answer.action.tolist() == [min(value, (1 << 63) - 1)] * ROWS


@pytest.mark.parametrize("leaf", [np.full(ROWS, 2, np.uint8), np.full(ROWS, 0x110000, np.uint32)])
def test_bytes_are_values_of_their_kind(leaf):
    kind = "|b1" if leaf.itemsize == 1 else "<U1"
    parts = [["action", "<i4", [ROWS]], ["memory0", kind, [ROWS]]]
    text = json.dumps({"n": 7, "shape": "array", "leaves": 1, "arrays": parts}).encode()
    with pytest.raises(Failure, match=r"truth|character"):
        read(text, bytes(ROWS * 4) + leaf.tobytes(), ACT)
